# SPDX-License-Identifier: ISC
"""Who may do what: every route of the table by every role, how a refusal looks, and how soon a change of role holds."""
import pytest
from answers import assert_json, assert_problem
from waiting import wait_until

ROLES = {
    "owner": None,  # everything
    "editor": {
        "media:read",
        "media:write",
        "media:delete",
        "uploads:write",
        "streams:issue",
        "streams:revoke",
        "packages:write",
        "subtitles:write",
        "views:report",
        "analytics:read",
        "export:read",
        "reports:manage",
    },
    "analyst": {"media:read", "analytics:read", "export:read"},
}
PARAMETERS = {
    "{id}": "999999999",
    "{grant_id}": "0" * 32,
    "{upload_id}": "0" * 32,
    "{lang}": "en",
    "{delivery_id}": "999999999",
    "{session_id}": "0" * 32,
}


def routes(stack):
    """(method, path, caller, scope) of every route that a client can reach."""
    for line in stack.run(stack.program, "routes").stdout.splitlines():
        method, path, _pool, caller, scope = line.split()
        for name, value in PARAMETERS.items():
            path = path.replace(name, value)
        assert "{" not in path, path
        if not path.startswith("/internal/"):
            yield method, path, caller, scope


def ask(api, method, path):
    """A request that no handler can fulfil, so that it changes nothing."""
    body = None if method in ("GET", "HEAD", "OPTIONS", "DELETE") else b"no JSON, no film"
    return api.request(
        method, path, data=body, headers={"Content-Type": "application/octet-stream", "Tus-Resumable": "1.0.0"}
    )


def assert_missing(answer, scope):
    problem = assert_problem(answer, 403, name="insufficient-scope")
    assert (
        answer.headers["WWW-Authenticate"] == f'Bearer realm="mediagate", error="insufficient_scope", scope="{scope}"'
    )
    assert problem is None or scope in problem["detail"]


def is_refused(answer):
    return "insufficient_scope" in answer.headers.get("WWW-Authenticate", "")


@pytest.mark.parametrize("role", ROLES)
def test_each_route_by_each_role(stack, role):
    api = stack.new_admin(role=role)
    refused = set()
    for method, path, caller, scope in routes(stack):
        if path in ("/auth/logout", "/auth/login", "/auth/signup", "/auth/refresh"):
            continue  # no scope is asked for there, and the login limits count
        answer = ask(api, method, path)
        if caller != "anyone" and scope != "-" and ROLES[role] is not None and scope not in ROLES[role]:
            assert_missing(answer, scope)
            refused.add(scope)
        elif caller in ("reader", "link"):
            assert_problem(answer, 401)  # it has no link of a report
        else:
            assert not is_refused(answer) and answer.status_code != 401, (method, path, answer.text)
    assert bool(refused) == (role != "owner")


SCOPES = sorted(ROLES["editor"] | {"accounts:manage", "keys:manage", "webhooks:manage", "audit:read", "metrics:read"})


def test_each_route_by_a_key_with_each_scope(stack):
    for scope in SCOPES:
        key = stack.key([scope])
        for method, path, caller, wanted in routes(stack):
            if caller == "anyone":
                continue
            answer = ask(key, method, path)
            if caller in ("person", "enrolling"):
                assert_problem(answer, 403, name="person-required")
            elif caller in ("reader", "link"):
                assert_problem(answer, 401)
            elif wanted != scope:
                assert_missing(answer, wanted)
            else:
                assert answer.status_code not in (401, 403), (method, path, answer.text)
    assert {scope for _, _, _, scope in routes(stack)} <= {"-", *SCOPES}


def test_every_route_that_needs_a_caller_says_which_scope(stack):
    without = {
        (method, path) for method, path, caller, scope in routes(stack) if caller == "administrator" and scope == "-"
    }
    assert not without


def test_a_refused_upload_is_not_read(stack, make_media):
    owner, analyst = stack.admin(), stack.new_admin(role="analyst")
    medium = stack.new_media(owner)
    answer = stack.upload(medium["id"], make_media("film"), analyst)
    assert_missing(answer, "uploads:write")
    assert_missing(analyst.post("/uploads", headers={"Tus-Resumable": "1.0.0", "Upload-Length": "10"}), "uploads:write")
    assert assert_json(owner.get(f"/media/media/{medium['id']}"))["size_bytes"] is None


def test_a_role_is_told_and_its_change_holds_within_two_seconds(stack):
    stack.admin()
    caller = stack.new_admin()
    assert caller.account["role"] == "editor" and assert_json(caller.get("/auth/me"))["role"] == "editor"
    stack.mediagate(("admin", "set-role"), caller.email, "analyst")
    wait_until(
        lambda: all(is_refused(caller.get("/media/media/999999999/stream-url")) for _ in range(8)),
        "the new role to hold",
        2,
    )
    assert assert_json(caller.get("/auth/me"))["role"] == "analyst"
    stack.mediagate(("admin", "set-role"), caller.email, "editor")
    wait_until(
        lambda: all(caller.get("/media/media/999999999/stream-url").status_code == 404 for _ in range(8)),
        "the old role to hold",
        2,
    )


def test_the_role_of_who_signs_up(make_stack):
    stack = make_stack(signup_policy="open", signup_role="analyst")
    first, second = stack.new_admin(), stack.new_admin()
    assert (first.account["role"], second.account["role"]) == ("owner", "analyst")
    with stack.changed(signup_policy="invite", signup_role="editor"), stack.anonymous() as api:

        def sign_up(session, email, **more):
            return session.post("/auth/signup", json={"email": email, "password": "long enough", **more})

        assert_missing(sign_up(second, "a@example.test"), "accounts:manage")
        assert assert_json(sign_up(first, "a@example.test"), 201)["role"] == "editor"
        invitation = stack.mediagate(("admin", "invite"), "--role", "analyst").stdout.split()[-1]
        assert assert_json(sign_up(api, "b@example.test", invitation=invitation), 201)["role"] == "analyst"
