# SPDX-License-Identifier: ISC
"""Sessions: refresh tokens that are good once, logout, and what access tokens are taken."""
import base64
import hashlib
import hmac
import json

import pytest
from answers import assert_json, assert_problem
from callers import Api, login, refresh
from stack import wait_until


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
    assert first["refresh_token"] == again["refresh_token"]
    assert_json(refresh(anonymous, again["refresh_token"]))


def test_a_replay_within_the_window_is_noticed(stack, anonymous):
    """Who copied a token gets no branch of its own: the two of them share a chain, in which one uses a spent token."""
    admin = stack.new_admin()
    stolen = admin.tokens["refresh_token"]
    owner = assert_json(refresh(anonymous, stolen))["refresh_token"]
    successors = {assert_json(refresh(anonymous, stolen))["refresh_token"] for _ in range(20)}
    assert successors == {owner}
    assert stack.sql(
        "select count(*) from refresh_token t join login_session s on s.id = t.session_id where " "s.account_id = %s",
        admin.account["id"],
    ) == [(2,)]
    thief = assert_json(refresh(anonymous, owner))["refresh_token"]
    stack.sql(
        "update refresh_token set spent_at = spent_at - interval '1 hour' where token_hash = " "%s",
        hashlib.sha256(owner.encode()).digest(),
    )
    assert_problem(refresh(anonymous, owner), 401)
    assert_problem(refresh(anonymous, thief), 401)


def test_a_session_ends_by_its_age(stack, anonymous):
    admin = stack.new_admin()
    stack.sql(
        "update login_session set created_at = created_at - interval '7775900 seconds' where account_id = " "%s",
        admin.account["id"],
    )
    tokens = assert_json(refresh(anonymous, admin.tokens["refresh_token"]))
    assert 60 < tokens["expires_in"] <= 100  # no token outlives the session
    assert 60 < claims_of(tokens["access_token"])["exp"] - claims_of(tokens["access_token"])["iat"] <= 100
    stack.sql(
        "update login_session set created_at = created_at - interval '100 seconds' where account_id = " "%s",
        admin.account["id"],
    )
    assert_problem(refresh(anonymous, tokens["refresh_token"]), 401)


def test_reuse_ends_the_whole_session(stack, anonymous):
    admin = stack.new_admin()
    other = stack.login(admin.email, admin.password)
    spent = admin.tokens["refresh_token"]
    current = assert_json(refresh(anonymous, spent))["refresh_token"]
    stack.sql(
        "update refresh_token set spent_at = spent_at - interval '1 hour' where token_hash = " "%s",
        hashlib.sha256(spent.encode()).digest(),
    )
    assert_problem(refresh(anonymous, spent), 401)
    assert_problem(refresh(anonymous, current), 401)
    assert_json(refresh(anonymous, other.tokens["refresh_token"]))  # another session of the account lives


def test_expired_and_disabled_refresh_tokens(stack, anonymous):
    expired, disabled = stack.new_admin(), stack.new_admin()
    stack.sql(
        "update refresh_token set created_at = now() - interval '2 days', expires_at = now() - interval '1 day' "
        "where token_hash = %s",
        hashlib.sha256(expired.tokens["refresh_token"].encode()).digest(),
    )
    stack.sql(
        "update admin_user set disabled_at = now(), token_epoch = token_epoch + 1 where email = " "%s", disabled.email
    )
    assert_problem(refresh(anonymous, expired.tokens["refresh_token"]), 401)
    assert_problem(refresh(anonymous, disabled.tokens["refresh_token"]), 401)


@pytest.mark.parametrize("token", ["x", "A" * 43, "A" * 42 + "=", "A" * 256, "../../etc/passwd", "ä" * 20])
def test_other_refresh_tokens_are_refused(anonymous, token):
    assert_problem(refresh(anonymous, token), 401)


@pytest.mark.parametrize(
    "body, pointers",
    [
        ({}, ["/refresh_token"]),
        ({"refresh_token": ""}, ["/refresh_token"]),
        ({"refresh_token": 7}, ["/refresh_token"]),
        ({"refresh_token": "x" * 257}, ["/refresh_token"]),
        ({"refresh_token": "x", "scope": "all"}, ["/scope"]),
    ],
    ids=str,
)
def test_refresh_and_logout_name_wrong_fields(stack, anonymous, body, pointers):
    assert_problem(anonymous.post("/auth/refresh", json=body), 422, pointers)
    assert_problem(stack.admin().post("/auth/logout", json=body), 422, pointers)


def test_logout_ends_the_session(stack, anonymous):
    admin = stack.new_admin()
    other = stack.login(admin.email, admin.password)
    body = {"refresh_token": admin.tokens["refresh_token"]}
    answer = admin.post("/auth/logout", json=body)
    assert answer.status_code == 204 and answer.content == b""
    assert_problem(refresh(anonymous, admin.tokens["refresh_token"]), 401)
    assert anonymous.post("/auth/logout", json=body).status_code == 204  # again
    assert anonymous.post("/auth/logout", json={"refresh_token": "unknown"}).status_code == 204
    assert_json(refresh(anonymous, other.tokens["refresh_token"]))  # another session of the account lives


@pytest.mark.parametrize("form", [False, True], ids=["json", "form"])
@pytest.mark.parametrize("bearer", [None, "expired"])
def test_the_refresh_token_suffices_to_log_out(stack, anonymous, form, bearer):
    """RFC 7009: an access token that has expired keeps no session alive."""
    admin = stack.new_admin()
    body = {"refresh_token": admin.tokens["refresh_token"]}
    headers = {"Authorization": "Bearer " + forge(stack, admin.tokens["access_token"], exp=1)} if bearer else {}
    answer = anonymous.post("/auth/logout", headers=headers, **{"data" if form else "json": body})
    assert answer.status_code == 204 and answer.content == b""
    assert_problem(refresh(anonymous, admin.tokens["refresh_token"]), 401)
    assert stack.serve_events("logout")[-1]["address"] == "127.0.0.1"


def test_refresh_takes_oauth_forms(stack, anonymous):
    admin = stack.new_admin()
    tokens = admin.tokens
    for more in (
        {"grant_type": "refresh_token", "client_id": "swagger", "scope": ""},
        {"grant_type": "refresh_token"},
        {},
    ):
        tokens = assert_json(anonymous.post("/auth/refresh", data={"refresh_token": tokens["refresh_token"], **more}))
    refused = [
        assert_problem(
            anonymous.post("/auth/refresh", data={"grant_type": "refresh_token", "refresh_token": "A" * 43}), 401
        ),
        assert_problem(refresh(anonymous, "A" * 43), 401),
    ]
    assert [problem["error"] for problem in refused] == ["invalid_grant"] * 2
    other_grant = anonymous.post(
        "/auth/refresh", data={"grant_type": "password", "refresh_token": tokens["refresh_token"]}
    )
    assert assert_problem(other_grant, 400)["error"] == "unsupported_grant_type"
    none = anonymous.post("/auth/refresh", data={"grant_type": "refresh_token"})
    assert assert_problem(none, 422, ["/refresh_token"])["error"] == "invalid_request"
    twice = anonymous.post(
        "/auth/refresh",
        data=f"refresh_token={tokens['refresh_token']}&refresh_token=x",
        headers={"Content-Type": "application/x-www-form-urlencoded"},
    )
    assert_problem(twice, 422, [""])
    assert_json(refresh(anonymous, tokens["refresh_token"]))  # none of these spent it


# In each pool: fast, api, auth and upload. None of these does anything.
CALLS = [
    ("GET", "/auth/me"),
    ("GET", "/media/media/"),
    ("PUT", "/auth/password"),
    ("PUT", "/media/media/999999999/file"),
]


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
        wait_until(
            lambda: refused_everywhere(refreshed) and refused_everywhere(reused),
            "the tokens of a stolen " "session to be refused",
            timeout=4,
        )
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
    assert_json(
        stack.anonymous().get(
            "/auth/me", headers={"Authorization": "Bearer " + forge(stack, admin.tokens["access_token"])}
        )
    )


@pytest.mark.parametrize(
    "changes",
    [
        {"exp": 1},
        {"exp": 1795000000},
        {"exp": ...},
        {"exp": "9999999999"},
        {"exp": None},
        {"exp": -1},
        {"iss": "other"},
        {"aud": "other"},
        {"sub": ...},
        {"sub": "999999999"},
        {"sub": 999999999},
        {"sub": "0"},
        {"sub": "1 or 1=1"},
        {"nbf": 9999999999},
    ],
    ids=str,
)
def test_tokens_with_other_claims_are_refused(stack, admin, anonymous, changes):
    answer = anonymous.get(
        "/auth/me", headers={"Authorization": "Bearer " + forge(stack, admin.tokens["access_token"], **changes)}
    )
    assert_problem(answer, 401)
    assert 'error="invalid_token"' in answer.headers["WWW-Authenticate"]


def test_tampered_tokens_are_refused(admin, anonymous):
    head, body, signature = admin.tokens["access_token"].split(".")
    none = segment({"alg": "none", "typ": "JWT"})
    for token in (
        f"{head}.{body}.",
        f"{head}.{body}",
        f"{none}.{body}.",
        f"{none}.{body}.{signature}",
        f"{head}.{body}.{signature}x",
        f"{head}.{body}x.{signature}",
        f"{head}.{body}.{signature[:-4]}AAAA",
        "." * 2,
        "x" * 4000,
        f"{head}.{body}.{signature}.",
    ):
        answer = anonymous.get("/auth/me", headers={"Authorization": "Bearer " + token})
        assert_problem(answer, 401)
        assert 'error="invalid_token"' in answer.headers["WWW-Authenticate"]


@pytest.mark.parametrize("header", [None, "", "Basic YTpi", "Token x", "Bearer", "bearertoken"])
def test_no_token_is_a_challenge_without_an_error(anonymous, header):
    answer = anonymous.get("/auth/me", headers={"Authorization": header} if header is not None else {})
    assert_problem(answer, 401)
    assert ("error=" in answer.headers["WWW-Authenticate"]) == (header in ("Bearer", "Basic YTpi"))  # a key


def test_a_disabled_account_stops_within_two_seconds(stack):
    admin = stack.new_admin()
    assert_json(admin.get("/auth/me"))  # cached now
    stack.sql("update admin_user set disabled_at = now(), token_epoch = token_epoch + 1 where email = %s", admin.email)
    wait_until(lambda: admin.get("/auth/me").status_code == 401, "the account to be refused", timeout=2)
    assert_problem(admin.get("/media/media/"), 401)
