# SPDX-License-Identifier: ISC
"""Accounts and sessions: every line of the contract, success and each error."""
import hashlib
import json
import re
import socket
import time

import pytest
from answers import assert_json, assert_problem, parse_time
from callers import PASSWORD, login, refresh
from stack import can_sandbox, wait_until


@pytest.fixture
def newcomer(stack):
    """A fresh e-mail address."""
    newcomer.serial = getattr(newcomer, "serial", 0) + 1
    return f"newcomer{newcomer.serial}.{id(stack)}@example.test"


# --- sign up ---------------------------------------------------------------------------------------
def test_signup_answers_the_account_and_no_secret(anonymous, newcomer):
    account = assert_json(anonymous.post("/auth/signup", json={"email": newcomer, "password": PASSWORD}), 201)
    assert set(account) == {"id", "email", "role", "totp", "created_at"}
    assert account["email"] == newcomer and account["id"] > 0
    parse_time(account["created_at"])


def test_email_is_trimmed_and_unique_in_any_case(anonymous, newcomer):
    first = anonymous.post("/auth/signup", json={"email": f"  {newcomer.upper()}  ", "password": PASSWORD})
    assert assert_json(first, 201)["email"] == newcomer
    for other in (newcomer, newcomer.capitalize(), f"\u0020{newcomer}"):
        assert_problem(anonymous.post("/auth/signup", json={"email": other, "password": PASSWORD}), 409)
    assert_json(login(anonymous, newcomer.upper()))


@pytest.mark.parametrize(
    "body, pointers",
    [
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
    ],
    ids=str,
)
def test_signup_names_every_wrong_field(anonymous, body, pointers):
    assert_problem(anonymous.post("/auth/signup", json=body), 422, pointers)


@pytest.mark.parametrize(
    "password", ["kx7-wq2z", "x" * 1024, "pässwörter", "\u2603" * 341, "tab\tand\nline", " blanks "], ids=len
)
def test_passwords_are_taken_whole(anonymous, newcomer, password):
    email = hashlib.sha256(password.encode()).hexdigest()[:10] + newcomer
    assert_json(anonymous.post("/auth/signup", json={"email": email, "password": password}), 201)
    assert_json(login(anonymous, email, password))
    assert_json(anonymous.post("/auth/login", data={"username": email, "password": password}))
    assert_problem(login(anonymous, email, password[:-1]), 401)


def test_common_passwords_and_ones_own_name_are_refused(stack, anonymous, newcomer):
    local_part = newcomer.split("@")[0]
    refused = [
        "password",
        "12345678",
        "PassWord",
        "qwertyuiop",
        "Mediagate2026!",
        newcomer,
        newcomer.upper(),
        local_part + "1!",
    ]
    for password in refused:
        assert_problem(
            anonymous.post("/auth/signup", json={"email": newcomer, "password": password}), 422, ["/password"]
        )
        command = stack.mediagate(("admin", "create"), newcomer, stdin=password + "\n", check=False)
        assert command.returncode == 1 and "the password is " in command.stderr and command.stdout == ""
    admin = stack.new_admin()
    for password in ("password", admin.email):
        body = {"current_password": admin.password, "new_password": password}
        assert_problem(admin.put("/auth/password", json=body), 422, ["/new_password"])
        command = stack.mediagate(("admin", "reset-password"), admin.email, stdin=password + "\n", check=False)
        assert command.returncode == 1 and "the password is " in command.stderr
    assert_json(admin.get("/auth/me"))
    assert stack.mediagate(("admin", "create"), newcomer, stdin="kx7-wq2z\n").returncode == 0


def test_admin_commands_leave_a_line_in_the_system_log(stack, newcomer):
    """The real /dev/log is the machine's, so the command sees another /dev."""
    if not can_sandbox():
        pytest.skip("no namespaces here")
    log = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
    path = stack.root / "run/syslog"
    log.bind(str(path))
    path.chmod(0o777)
    log.settimeout(10)
    bwrap = [
        "bwrap",
        "--dev-bind",
        "/",
        "/",
        "--dev",
        "/dev",
        "--bind",
        path,
        "/dev/log",
        "--setenv",
        "SUDO_USER",
        "ada",
    ]

    def run(action, *email, stdin=""):
        command = stack.run(*bwrap, stack.program, "admin", action, *email, "--config", stack.config, stdin=stdin)
        return command, log.recv(4096).decode()

    _, line = run("create", newcomer, stdin="kx7-wq2z\n")
    account = stack.sql("select id from admin_user where email = %s", newcomer)[0][0]
    assert re.search(rf"mediagate\[\d+\]: admin_create account_id={account} uid=\d+ sudo_user=ada$", line), line
    for action, stdin in (("disable", ""), ("enable", ""), ("reset-password", "kx7-wq2y\n"), ("revoke-grants", "")):
        _, line = run(action, newcomer, stdin=stdin)
        assert f"admin_{action.replace('-', '_')} account_id={account} " in line
    invited, line = run("invite")
    assert "admin_invite " in line and invited.stdout.strip() not in line
    log.close()


def test_signup_by_invitation_only(module_stack_with):
    stack = module_stack_with(signup_policy="open")
    admin = stack.admin()
    with stack.changed(signup_policy="invite"), stack.anonymous() as api:

        def sign_up(email, session=api, **more):
            return session.post("/auth/signup", json={"email": email, "password": PASSWORD, **more})

        assert_problem(sign_up("a@example.test"), 403)
        assert_problem(sign_up("a@example.test", invitation="x" * 43), 403)
        assert_problem(sign_up("a@example.test", invitation="nonsense"), 403)
        answer = api.post(
            "/auth/signup",
            json={"email": "a@example.test", "password": PASSWORD},
            headers={"Authorization": "Bearer x.y.z"},
        )
        assert_problem(answer, 401)

        made = assert_json(sign_up("a@example.test", session=admin), 201)
        assert stack.sql("select created_by from admin_user where id = %s", made["id"]) == [(admin.account["id"],)]

        invitation = stack.mediagate(("admin", "invite")).stdout.split()[-1]
        assert_problem(sign_up("a@example.test", invitation=invitation), 409)  # the invitation stays good
        assert_json(sign_up("b@example.test", invitation=invitation), 201)
        assert_problem(sign_up("c@example.test", invitation=invitation), 403)
        expired = stack.mediagate(("admin", "invite")).stdout.split()[-1]
        stack.sql(
            "update invitation set created_at = now() - interval '2 days', expires_at = now() - interval '1 day' "
            "where spent_at is null"
        )
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
    assert stack.sql(
        "select count(*) from refresh_token where token_hash = %s",
        hashlib.sha256(tokens["refresh_token"].encode()).digest(),
    ) == [(1,)]


@pytest.mark.parametrize(
    "more",
    [
        {},
        {"grant_type": "password", "scope": "", "client_id": "swagger", "client_secret": ""},
        {"something": "else"},
        {"grant_type": "password"},
    ],
)
def test_login_takes_oauth_forms(stack, anonymous, more):
    admin = stack.new_admin()
    assert_json(anonymous.post("/auth/login", data={"username": admin.email, "password": admin.password, **more}))
    assert_problem(anonymous.post("/auth/login", data={"username": admin.email, "password": "wrong", **more}), 401)


def test_refused_logins_have_oauths_error(stack, anonymous):
    admin = stack.new_admin()
    assert assert_problem(login(anonymous, admin.email, "wrong"), 401)["error"] == "invalid_grant"
    for grant_type in ("client_credentials", "refresh_token", "authorization_code", "Password", ""):
        answer = anonymous.post(
            "/auth/login", data={"grant_type": grant_type, "username": admin.email, "password": admin.password}
        )
        assert assert_problem(answer, 400)["error"] == "unsupported_grant_type"
    answer = anonymous.post("/auth/login", data={"grant_type": "password", "username": admin.email})
    assert assert_problem(answer, 422, ["/password"])["error"] == "invalid_request"
    assert "error" not in assert_problem(anonymous.post("/auth/login", json={"email": admin.email}), 422)
    events = [event for name in ("login", "login_refused", "account_created") for event in stack.serve_events(name)]
    assert events and {event["address"] for event in events} == {"127.0.0.1"}


@pytest.mark.parametrize(
    "body, status, pointers",
    [
        ("username=a%40example.test", 422, ["/password"]),
        ("password=x", 422, ["/username"]),
        ("", 422, ["/username", "/password"]),
        ("username=nobody&password=x", 422, ["/username"]),
        ("username=a%40example.test&password=" + "x" * 1025, 422, ["/password"]),
        ("username=a%40example.test&password=%zz", 400, None),
        ("username=a%40example.test&password=%00", 400, None),
        ("username=a%40example.test&password=%ff", 400, None),
        ("username=" + "x" * 20000, 413, None),
    ],
    ids=lambda value: str(value)[:40],
)
def test_login_forms_are_read_strictly(anonymous, body, status, pointers):
    answer = anonymous.post(
        "/auth/login", data=body, headers={"Content-Type": "application/x-www-form-urlencoded; " "charset=utf-8"}
    )
    assert_problem(answer, status, pointers)


@pytest.mark.parametrize(
    "body, pointers",
    [
        ({}, ["/email", "/password"]),
        ({"email": "a@example.test", "password": ""}, ["/password"]),
        ({"email": "a@example.test", "password": PASSWORD, "remember": True}, ["/remember"]),
        ({"email": "nobody", "password": PASSWORD}, ["/email"]),
        ({"username": "a@example.test", "password": PASSWORD}, ["/email", "/username"]),
    ],
    ids=str,
)
def test_login_names_every_wrong_field(anonymous, body, pointers):
    assert_problem(anonymous.post("/auth/login", json=body), 422, pointers)


@pytest.mark.parametrize(
    "content_type",
    [
        "text/plain",
        "multipart/form-data; boundary=x",
        "application/jsonx",
        "",
        "application/x-www-form-urlencoded; charset=utf-16",
    ],
)
def test_login_refuses_other_media_types(anonymous, content_type):
    answer = anonymous.post(
        "/auth/login", data=b'{"email":"a@example.test","password":"x"}', headers={"Content-Type": content_type}
    )
    assert_problem(answer, 415)


def test_unknown_email_wrong_password_and_disabled_account_answer_alike(stack, anonymous):
    disabled, known = stack.new_admin(), stack.new_admin()
    stack.sql(
        "update admin_user set disabled_at = now(), token_epoch = token_epoch + 1 where email = " "%s", disabled.email
    )
    answers = [
        login(anonymous, "unknown@example.test"),
        login(anonymous, known.email, "wrong password"),
        login(anonymous, disabled.email),
    ]
    bodies = [assert_problem(answer, 401) for answer in answers]
    for body in bodies:
        body.pop("request_id")
    assert bodies[0] == bodies[1] == bodies[2]
    assert len({a.headers["WWW-Authenticate"] for a in answers}) == 1


def assert_logins_cost_the_same(stack, email):
    """A wrong password of this account, and one of an unknown e-mail."""

    def cost(api, email):
        started = time.perf_counter()
        assert_problem(login(api, email, "wrong password"), 401)
        return time.perf_counter() - started

    with stack.anonymous() as api:  # in turns, and the best of each: what else the machine does must not decide
        known = unknown = float("inf")
        for attempt in range(100):
            known, unknown = min(known, cost(api, email)), min(unknown, cost(api, "unknown@example.test"))
            if attempt >= 11 and 0.6 < unknown / known < 1.6:
                return
    pytest.fail(f"an unknown e-mail costs {unknown:.4f} s, a known one {known:.4f} s")


def test_unknown_email_costs_the_same_time(module_stack_with):
    stack = module_stack_with(
        argon2_memory=19456, argon2_time=2, login_account_limit=100000, login_address_limit=1000000
    )
    admin = stack.new_admin()
    assert_logins_cost_the_same(stack, admin.email)
    # what is stored stays dear, and cheap when that is changed back
    with stack.changed(argon2_memory=4096, argon2_time=1):
        assert_logins_cost_the_same(stack, admin.email)
        cheap = stack.new_admin()
    assert_logins_cost_the_same(stack, cheap.email)
    assert_logins_cost_the_same(stack, admin.email)


def test_passwords_compare_in_one_unicode_form(stack, anonymous, newcomer):
    """A Mac types decomposed letters and no-break spaces where Windows does not."""
    composed, decomposed = "pässwort für zwei", "pa\u0308sswort\u00a0fu\u0308r zwei"
    assert_json(anonymous.post("/auth/signup", json={"email": newcomer, "password": decomposed}), 201)
    for password in (composed, decomposed):
        assert_json(login(anonymous, newcomer, password))
        assert_json(anonymous.post("/auth/login", data={"username": newcomer, "password": password}))
    assert_problem(login(anonymous, newcomer, "passwort fur zwei"), 401)
    api = stack.login(newcomer, composed)
    assert (
        api.put(
            "/auth/password", json={"current_password": decomposed, "new_password": "\u1112\u1161\u11ab" * 4}
        ).status_code
        == 204
    )
    assert_json(login(anonymous, newcomer, "\ud55c" * 4))


def test_a_hash_of_the_password_as_typed_is_renewed(stack, anonymous):
    admin = stack.new_admin()
    old = "$argon2id$v=19$m=64,t=1,p=1$c29tZXNhbHRzb21lc2FsdA$dSWJVF/xnXAiUfIFCa6cHwDVSF8dGIMaRynh72mlA/I"
    stack.sql("update admin_user set hashed_password = %s where email = %s", old, admin.email)
    assert_problem(login(anonymous, admin.email, "p\u00e4ssword"), 401)
    assert_json(login(anonymous, admin.email, "pa\u0308ssword"))
    assert_json(login(anonymous, admin.email, "p\u00e4ssword"))


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
    assert_problem(
        put("/auth/password", json={"current_password": admin.password, "new_password": "short"}),
        422,
        ["/new_password"],
    )
    assert_problem(
        put("/auth/password", json={"current_password": admin.password, "new_password": "x" * 1025}),
        422,
        ["/new_password"],
    )
    assert_problem(
        put("/auth/password", json={"current_password": admin.password, "new_password": "long enough", "x": 1}),
        422,
        ["/x"],
    )
    assert_problem(
        anonymous.put("/auth/password", json={"current_password": admin.password, "new_password": "long enough"}), 401
    )
    assert_json(login(anonymous, admin.email))


def test_a_page_learns_who_may_make_an_account(make_stack):
    stack = make_stack(signup_policy="open", password_min=10)

    def told():
        with stack.anonymous() as api:
            return assert_json(api.get("/auth/signup"))

    assert told() == {"policy": "open", "first": True, "password_min": 10}
    stack.new_admin()
    assert told() == {"policy": "open", "first": False, "password_min": 10}
    for policy in ("invite", "closed"):
        with stack.changed(signup_policy=policy):
            assert told() == {"policy": policy, "first": False, "password_min": 10}
