# SPDX-License-Identifier: ISC
"""Guessing passwords is limited, and nobody can lock another out or slow streams down by it."""
import concurrent.futures
import json
import statistics
import time

import pytest
from answers import assert_json, assert_problem
from callers import login


@pytest.fixture(scope="module")
def limited(module_stack_with):
    return module_stack_with(login_account_limit=5, login_address_limit=100000)


def test_fifty_parallel_guesses_count_exactly(limited):
    victim = limited.new_admin()

    def guess(number):
        with limited.anonymous() as api:
            return login(api, victim.email, f"guess number {number}").status_code

    with concurrent.futures.ThreadPoolExecutor(50) as pool:
        statuses = list(pool.map(guess, range(50)))
    assert statuses.count(401) == 5 and statuses.count(429) == 45, statuses
    with limited.anonymous() as api:
        assert_problem(login(api, victim.email), 429)  # the right password, too
        assert_problem(login(api, victim.email.upper()), 429)  # and another spelling
    stranger = limited.new_admin()  # others are not locked out
    assert_json(stranger.get("/auth/me"))
    limited.sql("update rate_limit set window_ends_at = now() - interval '1 second'")
    limited.login(victim.email, victim.password)  # never for ever


def test_a_success_gives_the_attempts_back(limited):
    admin = limited.new_admin()
    with limited.anonymous() as api:
        for _ in range(3):
            for _ in range(4):
                assert_problem(login(api, admin.email, "wrong"), 401)
            assert_json(login(api, admin.email))


def test_an_account_held_at_its_limit_is_open_from_elsewhere(module_stack_with):
    stack = module_stack_with(login_account_limit=3, login_address_limit=100000, trusted_proxies=["127.0.0.1"])
    victim = stack.new_admin()
    stack.sql("delete from login_place")  # where the test's own login came from
    unknown = "nobody.at.all@example.test"

    def guess(api, address, email=victim.email, password="wrong"):
        answer = api.post(
            "/auth/login", json={"email": email, "password": password}, headers={"X-Forwarded-For": address}
        )
        return answer.status_code

    for email in (victim.email, unknown):  # the same whether there is such an account or not
        with stack.anonymous() as api:
            assert [guess(api, f"192.0.2.{n}", email) for n in range(5)] == [401] * 3 + [429] * 2  # one network
            # one /48
            assert [guess(api, f"2001:db8:0:{n << 8:x}::1", email) for n in range(5)] == [401] * 3 + [429] * 2
            assert guess(api, "2001:db8:1::1", email) == 401
    with stack.anonymous() as api:
        assert guess(api, "192.0.2.99", password=victim.password) == 429
        assert guess(api, "192.0.3.1", password=victim.password) == 200
        statuses = [guess(api, f"198.51.{n // 2}.1") for n in range(40)]
        assert statuses == [401] * 23 + [429] * 17  # 30 from all together, the success given back
        assert guess(api, "203.0.113.1", password=victim.password) == 429  # it takes a crowd


def test_strangers_do_not_close_an_account_to_where_it_is_used(module_stack_with):
    stack = module_stack_with(login_account_limit=3, login_address_limit=100000, trusted_proxies=["127.0.0.1"])
    victim, other = stack.new_admin(), stack.new_admin()
    crowd = [f"2001:db8:{n:x}:{m:x}::1" for n in range(12) for m in range(4)] + [
        f"198.51.{n}.{m}" for n in range(12) for m in range(4)
    ]

    def attempt(api, address, email=victim.email, password="wrong"):
        answer = api.post(
            "/auth/login", json={"email": email, "password": password}, headers={"X-Forwarded-For": address}
        )
        return answer.status_code

    with stack.anonymous() as api:
        assert attempt(api, "192.0.2.7", password=victim.password) == 200
        assert attempt(api, "2001:db8:abcd:12::7", password=victim.password) == 200
        assert [attempt(api, address) for address in crowd][-1] == 429
        assert attempt(api, "203.0.113.1", password=victim.password) == 429  # from where nobody logged in lately
        for _ in range(5):  # the attempts of others do not count here
            assert attempt(api, "192.0.2.7", password=victim.password) == 200
            assert attempt(api, "192.0.2.8", password=victim.password) == 200  # the same network
            assert attempt(api, "2001:db8:abcd:12::9", password=victim.password) == 200
            assert attempt(api, "2001:db8:abcd:13::9", password=victim.password) == 200
        assert [attempt(api, "192.0.2.9") for _ in range(4)] == [401] * 3 + [429]  # a neighbour
        assert attempt(api, "192.0.2.7", password=victim.password) == 200  # has not closed this address
        assert [attempt(api, "192.0.2.7") for _ in range(4)] == [401] * 3 + [429]  # and guesses from here count
        tokens = api.post(
            "/auth/login",
            json={"email": other.email, "password": other.password},
            headers={"X-Forwarded-For": "192.0.2.200"},
        ).json()
        for address in crowd:
            attempt(api, address, other.email)
        body = {"current_password": other.password, "new_password": "another password"}
        answer = api.put(
            "/auth/password",
            json=body,
            headers={"X-Forwarded-For": "203.0.113.1", "Authorization": f"Bearer {tokens['access_token']}"},
        )
        assert answer.status_code == 204  # who has a token is no stranger


def test_a_refresh_shows_where_an_account_is_used(module_stack_with):
    stack = module_stack_with(login_account_limit=3, login_address_limit=100000, trusted_proxies=["127.0.0.1"])
    victim = stack.new_admin()
    with stack.anonymous() as api:
        moved = {"X-Forwarded-For": "192.0.2.7"}
        assert_json(api.post("/auth/refresh", json={"refresh_token": victim.tokens["refresh_token"]}, headers=moved))
        for n in range(40):
            login_from = {"X-Forwarded-For": f"198.51.{n}.1"}
            api.post("/auth/login", json={"email": victim.email, "password": "wrong"}, headers=login_from)
        assert_json(api.post("/auth/login", json={"email": victim.email, "password": victim.password}, headers=moved))


def test_ipv4_mapped_addresses_are_ipv4_addresses(module_stack_with):
    stack = module_stack_with(login_account_limit=3, login_address_limit=5, trusted_proxies=["127.0.0.1"])
    victim = stack.new_admin()
    stack.sql("delete from login_place")
    stack.sql("delete from rate_limit")

    def attempt(api, address, email=victim.email, password="wrong"):
        answer = api.post(
            "/auth/login", json={"email": email, "password": password}, headers={"X-Forwarded-For": address}
        )
        return answer.status_code

    with stack.anonymous() as api:
        assert [attempt(api, f"::ffff:198.51.{n}.1") for n in range(8)] == [401] * 8  # eight networks
        assert attempt(api, "::ffff:192.0.2.7", password=victim.password) == 200
        assert [attempt(api, "::ffff:203.0.113.7") for n in range(3)] == [401] * 3
        assert attempt(api, "203.0.113.7") == 429  # the same network, however it is written
        assert stack.serve_events("login_limited")[-1]["address"] == "203.0.113.7"
        assert {event["address"] for event in stack.serve_events("login_refused")} >= {"198.51.0.1", "203.0.113.7"}


def test_logins_are_limited_by_address(make_stack):
    stack = make_stack(login_address_limit=6)
    with stack.anonymous() as api:
        statuses = [login(api, f"nobody{number}@example.test").status_code for number in range(8)]
    assert statuses == [401] * 6 + [429] * 2


def test_open_sign_up_is_limited_by_address_and_in_all(make_stack):
    stack = make_stack(signup_address_limit=3, signup_limit=8, trusted_proxies=["127.0.0.1"])
    made = iter(range(100))

    def sign_up(api, address, **more):
        body = {"email": f"n{next(made)}@example.test", "password": "correct horse battery", **more}
        return api.post("/auth/signup", json=body, headers={"X-Forwarded-For": address})

    with stack.anonymous() as api:
        assert [sign_up(api, "192.0.2.1").status_code for _ in range(5)] == [201] * 3 + [429] * 2
        limited = sign_up(api, "192.0.2.1")
        assert int(limited.headers["Retry-After"]) > 3000 and "address" in limited.json()["detail"]
        assert_problem(sign_up(api, "192.0.2.1", password="short"), 422)  # what is not hashed does not count
        statuses = [sign_up(api, f"2001:db8:0:{n:x}::1").status_code for n in range(1, 6)]
        assert statuses == [201] * 3 + [429] * 2  # one /48 is one address
        statuses = [sign_up(api, f"198.51.100.{n}").status_code for n in range(1, 6)]
        assert statuses == [201] * 2 + [429] * 3  # all together: eight
        assert [event["address"] for event in stack.serve_events("signup_limited")][0] == "192.0.2.1"
    invitation = stack.mediagate(("admin", "invite")).stdout.split()[-1]
    with stack.changed(signup_policy="invite"), stack.anonymous() as api:
        assert sign_up(api, "192.0.2.1", invitation=invitation).status_code == 201  # who is invited is not counted


def test_guesses_at_the_current_password_count_too(limited):
    admin = limited.new_admin()
    body = {"current_password": "wrong", "new_password": "another password"}
    statuses = [admin.put("/auth/password", json=body).status_code for _ in range(7)]
    assert statuses == [403] * 5 + [429] * 2


def test_a_login_flood_does_not_stop_stream_urls(module_stack_with, make_media):
    stack = module_stack_with(argon2_memory=19456, argon2_time=2, login_account_limit=100000)
    film = stack.film(make_media("short"))
    admin = stack.admin()
    stop = time.monotonic() + 4

    def flood(number):
        costs = []
        with stack.anonymous() as api:
            while time.monotonic() < stop:
                started = time.perf_counter()
                assert login(api, f"flood{number}@example.test", "wrong").status_code in (401, 429)
                costs.append(time.perf_counter() - started)
        return costs

    with concurrent.futures.ThreadPoolExecutor(16) as pool:
        floods = [pool.submit(flood, number) for number in range(16)]
        times = []
        while time.monotonic() < stop - 0.5:
            started = time.perf_counter()
            assert_json(admin.get(f"/media/media/{film['id']}/stream-url"))
            times.append(time.perf_counter() - started)
        logins = [seconds for flood in floods for seconds in flood.result()]
    assert len(logins) > 16
    assert statistics.median(times) < statistics.median(logins) / 3, "they would take as long in one queue"
