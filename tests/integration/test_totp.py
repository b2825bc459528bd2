# SPDX-License-Identifier: ISC
"""The second factor: enrolment, logins with codes and recovery codes, limits of guessing, and keys that encrypt it."""
import concurrent.futures
import re
import xml.etree.ElementTree as ElementTree

import pytest
from answers import assert_json, assert_problem
from callers import login, refresh
from second_factor import code_of, enrol, forget_codes, log_in, present_step, wrong_code
from test_api_keys import _make_key  # pylint: disable=unused-import
from test_scopes import ask, routes
from waiting import wait_until


def statuses_at_once(count, call):
    with concurrent.futures.ThreadPoolExecutor(count) as threads:
        return sorted(answer.status_code for answer in threads.map(call, range(count)))


# --- enrolment ---


def test_enrolment_shows_secret_uri_and_image_once(stack):
    admin = stack.new_admin()
    begun = assert_json(admin.post("/auth/totp"), 201)
    assert re.fullmatch("[A-Z2-7]{32}", begun["secret"])
    issuer = "mediagate%20" + stack.base_url.split("//")[1].replace(":", "%3A")
    assert begun["otpauth_uri"].startswith(f"otpauth://totp/{issuer}:admin")
    assert f"secret={begun['secret']}&issuer={issuer}&algorithm=SHA1&digits=6&period=30" in begun["otpauth_uri"]
    image = ElementTree.fromstring(begun["qr_svg"])
    assert image.tag == "{http://www.w3.org/2000/svg}svg"
    assert {child.tag.split("}")[1] for child in image} == {"rect", "path"}
    again = assert_json(admin.post("/auth/totp"), 201)
    assert again["secret"] != begun["secret"]
    old = admin.post("/auth/totp/confirm", json={"code": code_of(begun["secret"], present_step())})
    assert_problem(old, 403, name="otp-refused")
    codes = assert_json(admin.post("/auth/totp/confirm", json={"code": code_of(again["secret"], present_step())}))[
        "recovery_codes"
    ]
    assert len(set(codes)) == 10
    assert_problem(admin.post("/auth/totp"), 409)
    assert_problem(admin.post("/auth/totp/confirm", json={"code": "000000"}), 409)
    wait_until(lambda: admin.get("/auth/me").json()["totp"], "the account to tell it", 2)
    assert assert_json(stack.admin().get(f"/accounts/{admin.account['id']}"))["totp"]


def test_nothing_is_asked_for_before_the_confirmation(stack, anonymous):
    admin = stack.new_admin()
    assert admin.account["totp"] is False
    assert_problem(admin.post("/auth/totp/confirm", json={"code": "000000"}), 409)
    assert_problem(admin.delete("/auth/totp", json={"password": admin.password, "otp": "000000"}), 409)
    assert_json(admin.post("/auth/totp"), 201)
    assert_json(log_in(anonymous, admin.email))
    assert_json(log_in(anonymous, admin.email, "whatever"))
    assert_problem(admin.delete("/auth/totp", json={"password": admin.password, "otp": "000000"}), 409)


@pytest.mark.parametrize(
    "method, path, body, pointers",
    [
        ("POST", "/auth/totp/confirm", {}, ["/code"]),
        ("POST", "/auth/totp/confirm", {"code": 123456}, ["/code"]),
        ("POST", "/auth/totp/confirm", {"code": "1" * 65, "otp": "1"}, ["/code", "/otp"]),
        ("DELETE", "/auth/totp", {"password": "x"}, ["/otp"]),
        ("DELETE", "/auth/totp", {"otp": "000000"}, ["/password"]),
        ("POST", "/auth/login", {"email": "a@example.test", "password": "x", "otp": 123456}, ["/otp"]),
        ("POST", "/auth/login", {"email": "a@example.test", "password": "x", "otp": ""}, ["/otp"]),
    ],
    ids=str,
)
def test_wrong_fields_are_named(stack, method, path, body, pointers):
    assert_problem(stack.new_admin().request(method, path, json=body), 422, pointers)


def test_it_is_removed_with_password_and_code(stack, anonymous):
    admin = enrol(stack, stack.new_admin())
    code = code_of(admin.secret, present_step())
    assert_problem(admin.delete("/auth/totp", json={"password": "wrong", "otp": code}), 403)
    wrong = {"password": admin.password, "otp": wrong_code(admin.secret)}
    assert_problem(admin.delete("/auth/totp", json=wrong), 403, name="otp-refused")
    assert_problem(log_in(anonymous, admin.email), 401, name="otp-required")
    assert admin.delete("/auth/totp", json={"password": admin.password, "otp": code}).status_code == 204
    assert_json(log_in(anonymous, admin.email))
    enrol(stack, admin)
    body = {"password": admin.password, "otp": admin.recovery_codes[0]}
    assert admin.delete("/auth/totp", json=body).status_code == 204


def test_it_is_for_people(stack, make_key):
    key = make_key("accounts:manage")
    for method, path in (("POST", "/auth/totp"), ("POST", "/auth/totp/confirm"), ("DELETE", "/auth/totp")):
        assert_problem(key.request(method, path, json={}), 403, name="person-required")


# --- logins ---


def test_a_login_needs_a_code_that_was_not_used(stack, anonymous):
    admin = enrol(stack, stack.new_admin())
    code = code_of(admin.secret, present_step(10))
    assert assert_problem(log_in(anonymous, admin.email), 401, name="otp-required")["error"] == "invalid_grant"
    refused = assert_problem(log_in(anonymous, admin.email, wrong_code(admin.secret)), 401, name="otp-refused")
    assert refused["error"] == "invalid_grant"
    tokens = assert_json(log_in(anonymous, admin.email, code))
    assert_json(refresh(anonymous, tokens["refresh_token"]))  # no code for this
    assert_problem(log_in(anonymous, admin.email, code), 401, name="otp-refused")
    forget_codes(stack)
    form = {"grant_type": "password", "username": admin.email, "password": admin.password}
    assert_problem(anonymous.post("/auth/login", data=form), 401, name="otp-required")
    assert_json(anonymous.post("/auth/login", data={**form, "otp": code}))


def test_nothing_is_told_before_the_password_fits(stack, anonymous):
    admin = enrol(stack, stack.new_admin())
    code = code_of(admin.secret, present_step())
    answers = [
        log_in(anonymous, email, otp, "a wrong password")
        for email in (admin.email, "nobody.here@example.test")
        for otp in (None, code, "000000")
    ]
    told = [{**assert_problem(answer, 401), "request_id": None} for answer in answers]
    assert all(problem == told[0] for problem in told)
    assert len({answer.headers["WWW-Authenticate"] for answer in answers}) == 1
    assert_json(log_in(anonymous, admin.email, code))  # and the code was not spent


def test_a_clock_may_be_wrong_by_one_step(stack, anonymous):
    admin = enrol(stack, stack.new_admin())
    for off, good in ((-2, False), (2, False), (-1, True), (0, True), (1, True)):
        answer = log_in(anonymous, admin.email, code_of(admin.secret, present_step() + off))
        if good:
            assert_json(answer)
        else:
            assert_problem(answer, 401, name="otp-refused")
    for off in (-1, 0, 1):  # the last one was taken, so the earlier ones are no good either
        answer = log_in(anonymous, admin.email, code_of(admin.secret, present_step() + off - 1))
        assert_problem(answer, 401, name="otp-refused")


def test_of_parallel_logins_with_one_code_one_wins(module_stack_with):
    stack = module_stack_with(auth_workers=4, login_account_limit=100000)
    admin = enrol(stack, stack.new_admin())
    with stack.anonymous() as api:
        for code in (code_of(admin.secret, present_step()), admin.recovery_codes[0]):
            statuses = statuses_at_once(8, lambda _, code=code: log_in(api, admin.email, code))
            assert statuses == [200] + [401] * 7


def test_each_recovery_code_is_good_once(stack, anonymous):
    admin = enrol(stack, stack.new_admin())
    for number, code in enumerate(admin.recovery_codes):
        typed = code.upper().replace("-", " ") if number % 2 else code
        assert_json(log_in(anonymous, admin.email, typed))
        assert_problem(log_in(anonymous, admin.email, code), 401, name="otp-refused")
    assert stack.sql(
        "select count(*) from recovery_code where account_id = %s and spent_at is null", admin.account["id"]
    ) == [(0,)]
    assert_json(log_in(anonymous, admin.email, code_of(admin.secret, present_step())))
    other = enrol(stack, stack.new_admin())
    assert_problem(log_in(anonymous, admin.email, other.recovery_codes[0]), 401, name="otp-refused")


# --- limits ---


@pytest.fixture(scope="module")
def limited(module_stack_with):
    return module_stack_with(login_account_limit=5, login_address_limit=100000, trusted_proxies=["127.0.0.1"])


@pytest.mark.parametrize("known", [True, False], ids=["from a known place", "from elsewhere"])
def test_twenty_parallel_guesses_are_limited(limited, known):
    admin = enrol(limited, limited.new_admin())
    wrong, right = wrong_code(admin.secret), code_of(admin.secret, present_step())
    if not known:
        limited.sql("delete from login_place")
    with limited.anonymous() as api:
        assert statuses_at_once(20, lambda _: log_in(api, admin.email, wrong)) == [401] * 5 + [429] * 15
        assert_problem(log_in(api, admin.email, right), 429)
        limited.sql("update rate_limit set window_ends_at = now() - interval '1 second'")
        assert_json(log_in(api, admin.email, right))


def test_logins_without_a_code_give_no_guesses_back(limited):
    """Who knows the password could otherwise guess on and on."""
    admin = enrol(limited, limited.new_admin())
    wrong = wrong_code(admin.secret)
    with limited.anonymous() as api:
        statuses = [log_in(api, admin.email, otp).status_code for otp in (wrong, None) * 4]
    assert statuses == [401] * 5 + [429] * 3


def test_guesses_from_many_networks_share_a_limit_and_do_not_close_a_known_place(limited):
    admin = enrol(limited, limited.new_admin())
    wrong, right = wrong_code(admin.secret), code_of(admin.secret, present_step())
    with limited.anonymous() as api:
        statuses = []
        for number in range(12):
            api.headers["X-Forwarded-For"] = f"198.51.{number}.1"
            statuses.append(log_in(api, admin.email, wrong).status_code)
        assert statuses == [401] * 5 + [429] * 7
        assert_problem(log_in(api, admin.email, right), 429)
        del api.headers["X-Forwarded-For"]
        assert_json(log_in(api, admin.email, right))


def test_guesses_at_a_removal_and_a_confirmation_are_limited(limited):
    admin = enrol(limited, limited.new_admin())
    body = {"password": admin.password, "otp": wrong_code(admin.secret)}
    assert statuses_at_once(20, lambda _: admin.delete("/auth/totp", json=body)) == [403] * 5 + [429] * 15
    other = limited.new_admin()
    secret = assert_json(other.post("/auth/totp"), 201)["secret"]
    body = {"code": wrong_code(secret)}
    assert statuses_at_once(20, lambda _: other.post("/auth/totp/confirm", json=body)) == [403] * 5 + [429] * 15


# --- required ---


def test_required_leaves_nothing_but_enrolment(make_stack, make_media):
    stack = make_stack(totp="required")
    admin = stack.new_admin()
    film = make_media("short")
    for method, path, caller, _scope in routes(stack):
        if caller in ("administrator", "person"):
            answer = ask(admin, method, path)
            problem = assert_problem(answer, 403, name="enrolment-required")
            assert problem is None or "POST /auth/totp" in problem["detail"]
            assert 'error="insufficient_user_authentication"' in answer.headers["WWW-Authenticate"]
    assert {(m, p) for m, p, caller, _ in routes(stack) if caller == "enrolling"} == {
        ("POST", "/auth/totp"),
        ("POST", "/auth/totp/confirm"),
    }
    assert_problem(stack.upload(1, film, admin), 403, name="enrolment-required")
    enrol(stack, admin)
    assert assert_json(admin.get("/auth/me"))["totp"]  # at once
    medium = stack.new_media(admin)
    assert stack.upload(medium["id"], film, admin).status_code == 201
    with stack.anonymous() as api:
        assert_problem(log_in(api, admin.email), 401, name="otp-required")
    body = {"email": "by.token@example.test", "password": "long enough"}
    newcomer = stack.new_admin()
    with stack.changed(signup_policy="invite"):
        assert_problem(newcomer.post("/auth/signup", json=body), 403, name="enrolment-required")
        assert_json(admin.post("/auth/signup", json=body), 201)
        assert_json(admin.get("/auth/sessions"))


# --- operators and keys ---


def test_an_operator_resets_it(stack, anonymous):
    admin = enrol(stack, stack.new_admin())
    assert "has no second factor any more" in stack.mediagate(("admin", "reset-totp"), admin.email).stdout
    assert "has no second factor\n" in stack.mediagate(("admin", "reset-totp"), admin.email).stdout
    assert_json(log_in(anonymous, admin.email))
    enrol(stack, admin)


def test_no_secret_stands_in_the_database_or_a_log(stack, anonymous):
    admin = enrol(stack, stack.new_admin())
    used = admin.recovery_codes[0]
    assert_json(log_in(anonymous, admin.email, used))
    assert_problem(log_in(anonymous, admin.email, used), 401, name="otp-refused")
    rows = str(stack.sql("select * from totp")) + str(stack.sql("select * from recovery_code"))
    logs = "".join(path.read_text(errors="replace") for path in stack.root.rglob("*.log"))
    for secret in (admin.secret, *admin.recovery_codes):
        assert secret not in rows and secret not in logs
    assert "recovery_code_used" in stack.log_text("serve.log")


def test_a_secret_is_bound_to_its_account(stack, anonymous):
    """Whoever writes to the database cannot give an account another one's codes."""
    admin, thief = enrol(stack, stack.new_admin()), enrol(stack, stack.new_admin())
    stack.sql(
        "update totp set sealed = (select sealed from totp where account_id = %s) where account_id = %s",
        thief.account["id"],
        admin.account["id"],
    )
    assert_problem(log_in(anonymous, admin.email, code_of(thief.secret, present_step())), 500)
    assert "totp_secret_unreadable" in stack.log_text("serve.log")


def keys_of(stack):
    lines = stack.mediagate(("keys", "list"), "--totp").stdout.splitlines()
    return [line.split()[1] for line in lines]


def test_its_key_is_rotated_and_retired(make_stack):
    stack = make_stack()
    first, second = enrol(stack, stack.new_admin()), enrol(stack, stack.new_admin())
    (old,) = keys_of(stack)
    stack.mediagate(("keys", "rotate"), "--totp")
    new, retired = keys_of(stack)
    assert retired == old
    third = enrol(stack, stack.new_admin())

    def sealed_under():
        return [row[0] for row in stack.sql("select split_part(sealed, '.', 1) from totp order by account_id")]

    assert sealed_under() == [old, old, new]
    with stack.anonymous() as api:
        assert_json(log_in(api, first.email, code_of(first.secret, present_step())))  # the old key decrypts
        assert sealed_under() == [new, old, new]
        refused = stack.mediagate(("keys", "retire"), "--totp", old, check=False)
        assert refused.returncode == 1 and "reseal-totp" in refused.stderr
        stack.mediagate(("keys", "retire"), "--totp")  # nothing that may be needed goes by itself
        assert keys_of(stack) == [new, old]
        assert "1 secrets are encrypted under key " + new in stack.mediagate(("admin", "reseal-totp")).stdout
        assert sealed_under() == [new] * 3
        stack.mediagate(("keys", "retire"), "--totp", "--force", old)
        assert keys_of(stack) == [new]
        forget_codes(stack)
        for admin in (first, second, third):
            assert_json(log_in(api, admin.email, code_of(admin.secret, present_step())))


def test_a_lost_key_is_told_and_asks_for_a_reset(make_stack):
    stack = make_stack()
    admin = enrol(stack, stack.new_admin())
    stack.mediagate(("keys", "rotate"), "--totp")
    new, old = keys_of(stack)
    stack.mediagate(("keys", "retire"), "--totp", "--force", old)
    with stack.anonymous() as api:
        assert_problem(log_in(api, admin.email, code_of(admin.secret, present_step())), 500)
        assert "reset-totp" in stack.log_text("serve.log")
        failed = stack.mediagate(("admin", "reseal-totp"), check=False)
        assert failed.returncode == 1 and "does not hold its key" in failed.stderr
        assert_json(log_in(api, admin.email, admin.recovery_codes[0]))  # these need no key
        stack.mediagate(("admin", "reset-totp"), admin.email)
        assert_json(login(api, admin.email))
    assert keys_of(stack) == [new]
