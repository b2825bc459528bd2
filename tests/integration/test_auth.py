# SPDX-License-Identifier: ISC
"""Accounts and sessions: every line of the contract, success and each error."""
import base64
import concurrent.futures
import hashlib
import hmac
import json
import statistics
import time

import pytest
from answers import assert_json, assert_problem, parse_time
from callers import Api
from stack import wait_until

PASSWORD = "correct horse battery"


@pytest.fixture
def newcomer(stack):
    """A fresh e-mail address."""
    newcomer.serial = getattr(newcomer, "serial", 0) + 1
    return f"newcomer{newcomer.serial}.{id(stack)}@example.test"


def login(api, email, password=PASSWORD):
    return api.post("/auth/login", json={"email": email, "password": password})


# --- sign up ---------------------------------------------------------------------------------------
def test_signup_answers_the_account_and_no_secret(anonymous, newcomer):
    account = assert_json(anonymous.post("/auth/signup", json={"email": newcomer, "password": PASSWORD}), 201)
    assert set(account) == {"id", "email", "created_at"}
    assert account["email"] == newcomer and account["id"] > 0
    parse_time(account["created_at"])


def test_email_is_trimmed_and_unique_in_any_case(anonymous, newcomer):
    first = anonymous.post("/auth/signup", json={"email": f"  {newcomer.upper()}  ", "password": PASSWORD})
    assert assert_json(first, 201)["email"] == newcomer
    for other in (newcomer, newcomer.capitalize(), f"\u0020{newcomer}"):
        assert_problem(anonymous.post("/auth/signup", json={"email": other, "password": PASSWORD}), 409)
    assert_json(login(anonymous, newcomer.upper()))


@pytest.mark.parametrize("body, pointers", [
    ({}, ["/email", "/password"]),
    ({"email": "x@example.test"}, ["/password"]),
    ({"email": None, "password": None}, ["/email", "/password"]),
    ({"email": 1, "password": True}, ["/email", "/password"]),
    ({"email": [], "password": {}}, ["/email", "/password"]),
    ({"email": "nobody", "password": PASSWORD}, ["/email"]),
    ({"email": "", "password": PASSWORD}, ["/email"]),
    ({"email": "a@b", "password": PASSWORD}, ["/email"]),
    ({"email": "a@b@example.test", "password": PASSWORD}, ["/email"]),
    ({"email": "a" * 250 + "@example.test", "password": PASSWORD}, ["/email"]),
    ({"email": "x@example.test", "password": "1234567"}, ["/password"]),
    ({"email": "x@example.test", "password": "x" * 1025}, ["/password"]),
    ({"email": "x@example.test", "password": PASSWORD, "admin": True}, ["/admin"]),
    ({"email": "x", "password": "x", "invitation": 3, "more": 1}, ["/email", "/password", "/invitation", "/more"]),
], ids=str)
def test_signup_names_every_wrong_field(anonymous, body, pointers):
    assert_problem(anonymous.post("/auth/signup", json=body), 422, pointers)


@pytest.mark.parametrize("password", ["12345678", "x" * 1024, "pässwörter", "\u2603" * 341, "tab\tand\nline", " blanks "], ids=len)
def test_passwords_are_taken_whole(anonymous, newcomer, password):
    email = hashlib.sha256(password.encode()).hexdigest()[:10] + newcomer
    assert_json(anonymous.post("/auth/signup", json={"email": email, "password": password}), 201)
    assert_json(login(anonymous, email, password))
    assert_json(anonymous.post("/auth/login", data={"username": email, "password": password}))
    assert_problem(login(anonymous, email, password[:-1]), 401)


def test_signup_by_invitation_only(module_stack_with):
    stack = module_stack_with(signup_policy="open")
    admin = stack.admin()
    with stack.changed(signup_policy="invite"), stack.anonymous() as api:
        def sign_up(email, session=api, **more):
            return session.post("/auth/signup", json={"email": email, "password": PASSWORD, **more})

        assert_problem(sign_up("a@example.test"), 403)
        assert_problem(sign_up("a@example.test", invitation="x" * 43), 403)
        assert_problem(sign_up("a@example.test", invitation="nonsense"), 403)
        answer = api.post("/auth/signup", json={"email": "a@example.test", "password": PASSWORD}, headers={"Authorization": "Bearer x.y.z"})
        assert_problem(answer, 401)

        made = assert_json(sign_up("a@example.test", session=admin), 201)
        assert stack.sql("select created_by from admin_user where id = %s", made["id"]) == [(admin.account["id"],)]

        invitation = stack.mediagate(("admin", "invite")).stdout.split()[-1]
        assert_problem(sign_up("a@example.test", invitation=invitation), 409)  # the invitation stays good
        assert_json(sign_up("b@example.test", invitation=invitation), 201)
        assert_problem(sign_up("c@example.test", invitation=invitation), 403)
        expired = stack.mediagate(("admin", "invite")).stdout.split()[-1]
        stack.sql("update invitation set created_at = now() - interval '2 days', expires_at = now() - interval '1 day' where spent_at is null")
        assert_problem(sign_up("c@example.test", invitation=expired), 403)
    with stack.changed(signup_policy="closed"), stack.anonymous() as api:
        assert_problem(sign_up("d@example.test", session=api), 403)
        assert_problem(sign_up("d@example.test", session=admin), 403)


# --- log in ----------------------------------------------------------------------------------------
def test_login_gives_tokens(stack, anonymous):
    admin = stack.new_admin()
    tokens = assert_json(login(anonymous, admin.email))
    assert set(tokens) == {"access_token", "token_type", "expires_in", "refresh_token"}
    assert tokens["token_type"] == "bearer" and tokens["expires_in"] == 900
    assert tokens["access_token"].count(".") == 2 and len(tokens["refresh_token"]) == 43
    assert tokens["refresh_token"] not in stack.log_text("serve.log")
    assert tokens["access_token"] not in stack.log_text("serve.log")
    assert stack.sql("select count(*) from refresh_token where token_hash = %s",
                     hashlib.sha256(tokens["refresh_token"].encode()).digest()) == [(1,)]


@pytest.mark.parametrize("more", [
    {},
    {"grant_type": "password", "scope": "", "client_id": "swagger", "client_secret": ""},
    {"something": "else"},
])
def test_login_takes_oauth_forms(stack, anonymous, more):
    admin = stack.new_admin()
    assert_json(anonymous.post("/auth/login", data={"username": admin.email, "password": admin.password, **more}))
    assert_problem(anonymous.post("/auth/login", data={"username": admin.email, "password": "wrong", **more}), 401)


@pytest.mark.parametrize("body, status, pointers", [
    ("username=a%40example.test", 422, ["/password"]),
    ("password=x", 422, ["/username"]),
    ("", 422, ["/username", "/password"]),
    ("username=nobody&password=x", 422, ["/username"]),
    ("username=a%40example.test&password=" + "x" * 1025, 422, ["/password"]),
    ("username=a%40example.test&password=%zz", 400, None),
    ("username=a%40example.test&password=%00", 400, None),
    ("username=a%40example.test&password=%ff", 400, None),
    ("username=" + "x" * 20000, 413, None),
], ids=lambda value: str(value)[:40])
def test_login_forms_are_read_strictly(anonymous, body, status, pointers):
    answer = anonymous.post("/auth/login", data=body, headers={"Content-Type": "application/x-www-form-urlencoded; charset=utf-8"})
    assert_problem(answer, status, pointers)


@pytest.mark.parametrize("body, pointers", [
    ({}, ["/email", "/password"]),
    ({"email": "a@example.test", "password": ""}, ["/password"]),
    ({"email": "a@example.test", "password": PASSWORD, "remember": True}, ["/remember"]),
    ({"email": "nobody", "password": PASSWORD}, ["/email"]),
    ({"username": "a@example.test", "password": PASSWORD}, ["/email", "/username"]),
], ids=str)
def test_login_names_every_wrong_field(anonymous, body, pointers):
    assert_problem(anonymous.post("/auth/login", json=body), 422, pointers)


@pytest.mark.parametrize("content_type", ["text/plain", "multipart/form-data; boundary=x", "application/jsonx", "", "application/x-www-form-urlencoded; charset=utf-16"])
def test_login_refuses_other_media_types(anonymous, content_type):
    answer = anonymous.post("/auth/login", data=b'{"email":"a@example.test","password":"x"}', headers={"Content-Type": content_type})
    assert_problem(answer, 415)


def test_unknown_email_wrong_password_and_disabled_account_answer_alike(stack, anonymous):
    disabled, known = stack.new_admin(), stack.new_admin()
    stack.sql("update admin_user set disabled_at = now(), token_epoch = token_epoch + 1 where email = %s", disabled.email)
    answers = [login(anonymous, "unknown@example.test"), login(anonymous, known.email, "wrong password"), login(anonymous, disabled.email)]
    bodies = [assert_problem(answer, 401) for answer in answers]
    for body in bodies:
        body.pop("request_id")
    assert bodies[0] == bodies[1] == bodies[2]
    assert len({a.headers["WWW-Authenticate"] for a in answers}) == 1


def test_unknown_email_costs_the_same_time(module_stack_with):
    stack = module_stack_with(argon2_memory=19456, argon2_time=2, login_account_limit=100000)
    admin = stack.new_admin()

    def cost(api, email):
        started = time.perf_counter()
        assert_problem(login(api, email, "wrong password"), 401)
        return time.perf_counter() - started

    with stack.anonymous() as api:  # in turns, and the best of each: what else the machine does must not decide
        known = unknown = float("inf")
        for attempt in range(100):
            known, unknown = min(known, cost(api, admin.email)), min(unknown, cost(api, "unknown@example.test"))
            if attempt >= 11 and 0.6 < unknown / known < 1.6:
                return
    pytest.fail(f"an unknown e-mail costs {unknown:.4f} s, a known one {known:.4f} s")


def test_hashes_are_renewed_at_login(make_stack):
    stack = make_stack(argon2_memory=1024, argon2_time=1)
    admin = stack.new_admin()

    def stored():
        return stack.sql("select hashed_password from admin_user where email = %s", admin.email)[0][0]

    assert "m=1024,t=1,p=1" in stored()
    with stack.changed(argon2_time=2):
        stack.login(admin.email, admin.password)
        assert "m=1024,t=2,p=1" in stored()
    assert_json(admin.get("/auth/me"))  # a new hash of the same password ends no session


# --- limits ------------------------------------------------------------------------------------------
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
    unknown = "nobody.at.all@example.test"

    def guess(api, address, email=victim.email, password="wrong"):
        answer = api.post("/auth/login", json={"email": email, "password": password}, headers={"X-Forwarded-For": address})
        return answer.status_code

    for email in (victim.email, unknown):  # the same whether there is such an account or not
        with stack.anonymous() as api:
            assert [guess(api, f"192.0.2.{n}", email) for n in range(5)] == [401] * 3 + [429] * 2  # one network
            assert [guess(api, f"2001:db8:0:{n:x}::1", email) for n in range(5)] == [401] * 3 + [429] * 2
            assert guess(api, "2001:db8:0:100::1", email) == 401
    with stack.anonymous() as api:
        assert guess(api, "192.0.2.99", password=victim.password) == 429
        assert guess(api, "192.0.3.1", password=victim.password) == 200
        statuses = [guess(api, f"198.51.{n // 2}.1") for n in range(40)]
        assert statuses == [401] * 23 + [429] * 17  # 30 from all together, the success given back
        assert guess(api, "203.0.113.1", password=victim.password) == 429  # it takes a crowd


def test_logins_are_limited_by_address(make_stack):
    stack = make_stack(login_address_limit=6)
    with stack.anonymous() as api:
        statuses = [login(api, f"nobody{number}@example.test").status_code for number in range(8)]
    assert statuses == [401] * 6 + [429] * 2


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
        count = 0
        with stack.anonymous() as api:
            while time.monotonic() < stop:
                assert login(api, f"flood{number}@example.test", "wrong").status_code in (401, 429)
                count += 1
        return count

    with concurrent.futures.ThreadPoolExecutor(16) as pool:
        floods = [pool.submit(flood, number) for number in range(16)]
        times = []
        while time.monotonic() < stop - 0.5:
            started = time.perf_counter()
            assert_json(admin.get(f"/media/media/{film['id']}/stream-url"))
            times.append(time.perf_counter() - started)
        assert sum(f.result() for f in floods) > 16
    assert len(times) > 50 and statistics.median(times) < 0.1, (len(times), statistics.median(times))


# --- refresh and log out ------------------------------------------------------------------------------
def refresh(api, token):
    return api.post("/auth/refresh", json={"refresh_token": token})


def test_refresh_rotates(stack, anonymous):
    admin = stack.new_admin()
    tokens = admin.tokens
    for _ in range(3):
        renewed = assert_json(refresh(anonymous, tokens["refresh_token"]))
        assert set(renewed) == set(tokens)
        assert renewed["refresh_token"] != tokens["refresh_token"]
        bearer = {"Authorization": "Bearer " + renewed["access_token"]}
        assert assert_json(anonymous.get("/auth/me", headers=bearer))["email"] == admin.email
        tokens = renewed


def test_a_lost_reply_is_forgiven_for_a_while(stack, anonymous):
    admin = stack.new_admin()
    first = assert_json(refresh(anonymous, admin.tokens["refresh_token"]))
    again = assert_json(refresh(anonymous, admin.tokens["refresh_token"]))
    assert first["refresh_token"] != again["refresh_token"]
    assert_json(refresh(anonymous, again["refresh_token"]))


def test_reuse_ends_the_whole_session(stack, anonymous):
    admin = stack.new_admin()
    other = stack.login(admin.email, admin.password)
    spent = admin.tokens["refresh_token"]
    current = assert_json(refresh(anonymous, spent))["refresh_token"]
    stack.sql("update refresh_token set spent_at = spent_at - interval '1 hour' where token_hash = %s", hashlib.sha256(spent.encode()).digest())
    assert_problem(refresh(anonymous, spent), 401)
    assert_problem(refresh(anonymous, current), 401)
    assert_json(refresh(anonymous, other.tokens["refresh_token"]))  # another session of the account lives


def test_expired_and_disabled_refresh_tokens(stack, anonymous):
    expired, disabled = stack.new_admin(), stack.new_admin()
    stack.sql("update refresh_token set created_at = now() - interval '2 days', expires_at = now() - interval '1 day' where token_hash = %s",
              hashlib.sha256(expired.tokens["refresh_token"].encode()).digest())
    stack.sql("update admin_user set disabled_at = now(), token_epoch = token_epoch + 1 where email = %s", disabled.email)
    assert_problem(refresh(anonymous, expired.tokens["refresh_token"]), 401)
    assert_problem(refresh(anonymous, disabled.tokens["refresh_token"]), 401)


@pytest.mark.parametrize("token", ["x", "A" * 43, "A" * 42 + "=", "A" * 256, "../../etc/passwd", "ä" * 20])
def test_other_refresh_tokens_are_refused(anonymous, token):
    assert_problem(refresh(anonymous, token), 401)


@pytest.mark.parametrize("body, pointers", [
    ({}, ["/refresh_token"]), ({"refresh_token": ""}, ["/refresh_token"]), ({"refresh_token": 7}, ["/refresh_token"]),
    ({"refresh_token": "x" * 257}, ["/refresh_token"]), ({"refresh_token": "x", "scope": "all"}, ["/scope"]),
], ids=str)
def test_refresh_and_logout_name_wrong_fields(stack, anonymous, body, pointers):
    assert_problem(anonymous.post("/auth/refresh", json=body), 422, pointers)
    assert_problem(stack.admin().post("/auth/logout", json=body), 422, pointers)


def test_logout_ends_the_session(stack, anonymous):
    admin = stack.new_admin()
    other = stack.new_admin()
    body = {"refresh_token": admin.tokens["refresh_token"]}
    assert other.post("/auth/logout", json=body).status_code == 204  # another's session is left alone
    assert_json(refresh(anonymous, admin.tokens["refresh_token"]))
    answer = admin.post("/auth/logout", json=body)
    assert answer.status_code == 204 and answer.content == b""
    assert_problem(refresh(anonymous, admin.tokens["refresh_token"]), 401)
    assert_problem(anonymous.post("/auth/logout", json=body), 401)
    assert other.post("/auth/logout", json={"refresh_token": "unknown"}).status_code == 204


# In each pool: fast, api, auth and upload. None of these does anything.
CALLS = [("GET", "/auth/me"), ("GET", "/media/media/"), ("PUT", "/auth/password"), ("PUT", "/media/media/999999999/file")]


def refused_everywhere(api):
    """Does every worker refuse this access token? Each is asked often enough."""
    return all(api.request(method, path).status_code == 401 for method, path in CALLS for _ in range(12))


def test_an_ended_session_ends_its_access_tokens_within_two_seconds(stack, anonymous):
    admin = stack.new_admin()
    stays = stack.login(admin.email, admin.password)
    refreshed = stack.login(admin.email, admin.password)
    second = assert_json(refresh(anonymous, refreshed.tokens["refresh_token"]))
    with Api(stack.base_url, stack.certificate, second["access_token"]) as reused:
        for api in (admin, stays, refreshed, reused):  # every worker has looked
            for method, path in CALLS * 12:
                assert api.request(method, path).status_code != 401
        assert admin.post("/auth/logout", json={"refresh_token": admin.tokens["refresh_token"]}).status_code == 204
        wait_until(lambda: refused_everywhere(admin), "the token of an ended session to be refused", timeout=4)
        assert "invalid_token" in admin.get("/auth/me").headers["WWW-Authenticate"]
        stack.sql("update refresh_token set spent_at = now() - interval '1 hour' where spent_at is not null")
        assert_problem(refresh(anonymous, refreshed.tokens["refresh_token"]), 401)  # reuse
        wait_until(lambda: refused_everywhere(refreshed) and refused_everywhere(reused), "the tokens of a stolen session to be refused", timeout=4)
    assert stays.get("/auth/me").status_code == 200 and not refused_everywhere(stays)


# --- access tokens ------------------------------------------------------------------------------------
def segment(data):
    raw = data if isinstance(data, bytes) else json.dumps(data, separators=(",", ":")).encode()
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def claims_of(token):
    part = token.split(".")[1]
    return json.loads(base64.urlsafe_b64decode(part + "=" * (-len(part) % 4)))


def forge(stack, token, **changes):
    """The same token with other claims, signed with the real key."""
    line = next(l for l in (stack.root / "etc/jwt_keys").read_text().splitlines() if l and not l.startswith("#"))
    secret = line.split()[1].rstrip(";")
    key = base64.urlsafe_b64decode(secret + "=" * (-len(secret) % 4))
    claims = {k: v for k, v in {**claims_of(token), **changes}.items() if v is not ...}
    signed = token.split(".")[0] + "." + segment(claims)
    return signed + "." + segment(hmac.new(key, signed.encode(), hashlib.sha256).digest())


def test_a_forged_token_of_the_same_claims_is_taken(stack, admin):
    """So that the refusals below are for what was changed."""
    assert_json(stack.anonymous().get("/auth/me", headers={"Authorization": "Bearer " + forge(stack, admin.tokens["access_token"])}))


@pytest.mark.parametrize("changes", [
    {"exp": 1}, {"exp": 1795000000}, {"exp": ...}, {"exp": "9999999999"}, {"exp": None}, {"exp": -1}, {"iss": "other"}, {"aud": "other"},
    {"sub": ...}, {"sub": "999999999"}, {"sub": 999999999}, {"sub": "0"}, {"sub": "1 or 1=1"}, {"nbf": 9999999999},
], ids=str)
def test_tokens_with_other_claims_are_refused(stack, admin, anonymous, changes):
    answer = anonymous.get("/auth/me", headers={"Authorization": "Bearer " + forge(stack, admin.tokens["access_token"], **changes)})
    assert_problem(answer, 401)
    assert 'error="invalid_token"' in answer.headers["WWW-Authenticate"]


def test_tampered_tokens_are_refused(admin, anonymous):
    head, body, signature = admin.tokens["access_token"].split(".")
    none = segment({"alg": "none", "typ": "JWT"})
    for token in (f"{head}.{body}.", f"{head}.{body}", f"{none}.{body}.", f"{none}.{body}.{signature}", f"{head}.{body}.{signature}x",
                  f"{head}.{body}x.{signature}", f"{head}.{body}.{signature[:-4]}AAAA", "." * 2, "x" * 4000, f"{head}.{body}.{signature}."):
        answer = anonymous.get("/auth/me", headers={"Authorization": "Bearer " + token})
        assert_problem(answer, 401)
        assert 'error="invalid_token"' in answer.headers["WWW-Authenticate"]


@pytest.mark.parametrize("header", [None, "", "Basic YTpi", "Token x", "Bearer", "bearertoken"])
def test_no_token_is_a_challenge_without_an_error(anonymous, header):
    answer = anonymous.get("/auth/me", headers={"Authorization": header} if header is not None else {})
    assert_problem(answer, 401)
    assert ("error=" in answer.headers["WWW-Authenticate"]) == (header == "Bearer")


def test_a_disabled_account_stops_within_two_seconds(stack):
    admin = stack.new_admin()
    assert_json(admin.get("/auth/me"))  # cached now
    stack.sql("update admin_user set disabled_at = now(), token_epoch = token_epoch + 1 where email = %s", admin.email)
    wait_until(lambda: admin.get("/auth/me").status_code == 401, "the account to be refused", timeout=2)
    assert_problem(admin.get("/media/media/"), 401)


# --- the account ---------------------------------------------------------------------------------------
def test_me(stack):
    admin = stack.new_admin()
    assert assert_json(admin.get("/auth/me")) == admin.account
    assert assert_json(admin.get("/auth/me/")) == admin.account
    head = admin.head("/auth/me")
    assert head.status_code == 200 and head.content == b"" and int(head.headers["Content-Length"]) > 0


def test_a_new_password_ends_every_session(stack, anonymous):
    admin = stack.new_admin()
    other = stack.login(admin.email, admin.password)
    body = {"current_password": admin.password, "new_password": "staple the horse twice"}
    answer = admin.put("/auth/password", json=body)
    assert answer.status_code == 204 and answer.content == b""
    for session in (admin, other):
        wait_until(lambda api=session: api.get("/auth/me").status_code == 401, "the access token to end", timeout=2)
        assert_problem(refresh(anonymous, session.tokens["refresh_token"]), 401)
    assert_problem(login(anonymous, admin.email, admin.password), 401)
    assert_json(login(anonymous, admin.email, "staple the horse twice"))


def test_password_changes_are_checked(stack, anonymous):
    admin = stack.new_admin()
    put = admin.put
    assert_problem(put("/auth/password", json={"current_password": "wrong", "new_password": "long enough"}), 403)
    assert_problem(put("/auth/password", json={}), 422, ["/current_password", "/new_password"])
    assert_problem(put("/auth/password", json={"current_password": admin.password, "new_password": "short"}), 422, ["/new_password"])
    assert_problem(put("/auth/password", json={"current_password": admin.password, "new_password": "x" * 1025}), 422, ["/new_password"])
    assert_problem(put("/auth/password", json={"current_password": admin.password, "new_password": "long enough", "x": 1}), 422, ["/x"])
    assert_problem(anonymous.put("/auth/password", json={"current_password": admin.password, "new_password": "long enough"}), 401)
    assert_json(login(anonymous, admin.email))
