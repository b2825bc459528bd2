# SPDX-License-Identifier: ISC
"""Accounts and invitations for owners, and everybody's own sessions."""
import concurrent.futures
import random

import pytest
from answers import assert_json, assert_problem, parse_time
from callers import login, refresh
from test_api_keys import _make_key  # pylint: disable=unused-import
from waiting import wait_until


def listed(api, path, limit=200):
    """All items of a list, page by page."""
    items, cursor = [], None
    while True:
        page = assert_json(api.get(path, params={"limit": limit, **({"cursor": cursor} if cursor else {})}))
        items += page["items"]
        cursor = page["next_cursor"]
        if cursor is None:
            return items
        assert len(page["items"]) == limit


ALL_SCOPES = (
    "media:read media:write media:delete uploads:write streams:issue streams:revoke packages:write subtitles:write"
    " views:report analytics:read export:read reports:manage accounts:manage keys:manage webhooks:manage audit:read"
    " metrics:read"
).split()


# --- accounts ---


def test_owners_see_all_accounts_newest_first(stack):
    owner, editor = stack.admin(), stack.new_admin()
    pages = listed(owner, "/accounts", 2)
    assert [item["id"] for item in pages] == [item["id"] for item in listed(owner, "/accounts")]
    assert pages[0] == {
        "id": editor.account["id"],
        "email": editor.email,
        "role": "editor",
        "disabled": False,
        "totp": False,
        "created_at": editor.account["created_at"],
    }
    assert assert_json(owner.get(f"/accounts/{editor.account['id']}")) == pages[0]
    for path in ("/accounts/999999999", "/accounts/0", "/accounts/x"):
        assert_problem(owner.get(path), 404)
        assert_problem(owner.patch(path, json={}), 404)


def test_a_change_of_role_and_a_disabling_hold(stack, anonymous):
    owner, other = stack.admin(), stack.new_admin()
    path = f"/accounts/{other.account['id']}"
    assert assert_json(owner.patch(path, json={"role": "analyst"}))["role"] == "analyst"
    wait_until(lambda: other.post("/media/media/", json={}).status_code == 403, "the role to hold", 2)
    assert assert_json(owner.patch(path, json={})) == assert_json(owner.get(path))
    changed = assert_json(owner.patch(path, json={"role": "editor", "disabled": True}))
    assert (changed["role"], changed["disabled"]) == ("editor", True)
    wait_until(lambda: other.get("/auth/me").status_code == 401, "the account to be out", 2)
    assert_problem(login(anonymous, other.email), 401)
    assert_problem(refresh(anonymous, other.tokens["refresh_token"]), 401)
    assert not assert_json(owner.patch(path, json={"disabled": False}))["disabled"]
    assert_json(login(anonymous, other.email))
    assert_problem(refresh(anonymous, other.tokens["refresh_token"]), 401)


@pytest.mark.parametrize(
    "body, pointers",
    [
        ({"role": "king"}, ["/role"]),
        ({"role": 1, "disabled": "yes"}, ["/role", "/disabled"]),
        ({"disabled": 0}, ["/disabled"]),
        ({"email": "x@example.test"}, ["/email"]),
    ],
    ids=str,
)
def test_a_wrong_change_is_named(stack, body, pointers):
    other = stack.new_admin()
    assert_problem(stack.admin().patch(f"/accounts/{other.account['id']}", json=body), 422, pointers)


def test_the_last_owner_stays_one(make_stack):
    stack = make_stack()
    owner = stack.new_admin()
    path = f"/accounts/{owner.account['id']}"
    for body in ({"role": "editor"}, {"disabled": True}, {"role": "analyst", "disabled": True}):
        assert_problem(owner.patch(path, json=body), 409, name="last-owner")
    second = stack.new_admin()
    assert_json(owner.patch(f"/accounts/{second.account['id']}", json={"role": "owner"}))
    assert assert_json(owner.patch(path, json={"role": "editor"}))["role"] == "editor"
    wait_until(lambda: owner.get("/accounts").status_code == 403, "the role to hold", 2)


def test_no_sequence_of_changes_leaves_no_owner(make_stack):
    """Owners demote and disable each other and themselves, all at once, at random."""
    stack = make_stack(api_workers=6)
    owners = [stack.new_admin() for _ in range(4)]
    ids = [owner.account["id"] for owner in owners]
    stack.sql("update admin_user set role = 'owner'")
    changes = [{"role": "owner"}, {"role": "editor"}, {"role": "analyst"}, {"disabled": True}, {"disabled": False}]
    allowed = {200, 401, 403, 409}

    def change(number):
        choose = random.Random(number)
        seen = set()
        for _ in range(40):
            caller = choose.choice(owners)
            if choose.random() < 0.2:  # who was disabled in between comes again with a new token
                with stack.anonymous() as api:
                    answer = login(api, caller.email)
                if answer.status_code == 200:
                    caller.headers["Authorization"] = "Bearer " + answer.json()["access_token"]
            answer = caller.patch(f"/accounts/{choose.choice(ids)}", json=choose.choice(changes))
            seen.add(answer.status_code)
            left = stack.sql("select count(*) from admin_user where role = 'owner' and disabled_at is null")
            assert left[0][0] > 0, "nobody is left"
        return seen

    with concurrent.futures.ThreadPoolExecutor(6) as threads:
        seen = set().union(*threads.map(change, range(6)))
    assert seen <= allowed and {200, 409} & seen, seen


# --- invitations ---


def test_an_invitation_is_made_shown_once_and_good_once(stack, anonymous):
    owner = stack.admin()
    made = assert_json(owner.post("/invitations", json={"role": "analyst", "expires_in": 3600}), 201)
    assert (parse_time(made["expires_at"]) - parse_time(made["created_at"])).total_seconds() == 3600
    shown = {name: value for name, value in made.items() if name != "invitation"}
    assert shown in listed(owner, "/invitations") and made["created_by"] == owner.account["id"]
    assert made["invitation"] not in owner.get("/invitations").text
    assert made["invitation"] not in stack.log_text("serve.log")
    newcomer = {
        "email": f"invited.{made['id']}@example.test",
        "password": "long enough",
        "invitation": made["invitation"],
    }
    with stack.changed(signup_policy="invite"):
        assert assert_json(anonymous.post("/auth/signup", json=newcomer), 201)["role"] == "analyst"
        assert_problem(anonymous.post("/auth/signup", json={**newcomer, "email": "other@example.test"}), 403)
    assert shown not in listed(owner, "/invitations")
    assert_problem(owner.delete(f"/invitations/{made['id']}"), 404)


def test_a_withdrawn_invitation_is_no_good(stack, anonymous):
    owner = stack.admin()
    made = [assert_json(owner.post("/invitations", json={}), 201) for _ in range(3)]
    assert {item["role"] for item in made} == {"editor"}
    mine = [item["id"] for item in made]
    assert [item["id"] for item in listed(owner, "/invitations", 1) if item["id"] in mine] == mine[::-1]
    assert owner.delete(f"/invitations/{mine[0]}").status_code == 204
    for path in (f"/invitations/{mine[0]}", "/invitations/x"):
        assert_problem(owner.delete(path), 404)
    with stack.changed(signup_policy="invite"):
        body = {"email": "late@example.test", "password": "long enough", "invitation": made[0]["invitation"]}
        assert_problem(anonymous.post("/auth/signup", json=body), 403)


@pytest.mark.parametrize(
    "body, pointers",
    [
        ({"role": "king"}, ["/role"]),
        ({"expires_in": 59}, ["/expires_in"]),
        ({"expires_in": 31536001}, ["/expires_in"]),
        ({"expires_in": "60"}, ["/expires_in"]),
        ({"expires_in": 60.5}, ["/expires_in"]),
        ({"email": "x@example.test"}, ["/email"]),
    ],
    ids=str,
)
def test_a_wrong_invitation_is_named(stack, body, pointers):
    assert_problem(stack.admin().post("/invitations", json=body), 422, pointers)


# --- sessions ---


def test_sessions_say_which_is_the_present_one_and_from_where(stack, anonymous):
    admin = stack.new_admin()
    anonymous.headers["User-Agent"] = "a telephone/1.0 " + "x" * 600
    other = assert_json(login(anonymous, admin.email))
    items = listed(admin, "/auth/sessions", 1)
    assert [item["current"] for item in items] == [False, True]
    assert items[0]["client"] == anonymous.headers["User-Agent"][:512] and items[0]["address"] == "127.0.0.1"
    assert items[0]["created_at"] == items[0]["last_used_at"] < items[0]["expires_at"]
    anonymous.headers["User-Agent"] = "a television/2.0"
    assert_json(refresh(anonymous, other["refresh_token"]))
    used = listed(admin, "/auth/sessions")[0]
    assert used["client"] == "a television/2.0" and used["last_used_at"] > used["created_at"] == items[0]["created_at"]
    assert not [item for item in listed(stack.new_admin(), "/auth/sessions") if item["id"] == used["id"]]


def test_a_client_without_a_good_name_has_none(stack):
    admin = stack.new_admin()
    with stack.anonymous() as api:
        api.contract = None
        api.headers["User-Agent"] = b"\xff\xfe"
        assert_json(login(api, admin.email))
        api.headers["User-Agent"] = "é".encode() * 300
        assert_json(login(api, admin.email))
    assert [item["client"] for item in listed(admin, "/auth/sessions")][:2] == ["é" * 256, None]


def test_addresses_of_sessions_are_kept_as_view_ip_says(make_stack):
    stack = make_stack(trusted_proxies=["127.0.0.1"], view_ip="truncated")
    admin = stack.new_admin()
    with stack.anonymous() as api:
        for address in ("192.0.2.77", "2001:db8:1:2:3::7"):
            api.headers["X-Forwarded-For"] = address
            assert_json(login(api, admin.email))
    assert [item["address"] for item in listed(admin, "/auth/sessions")][:2] == ["2001:db8:1::", "192.0.2.0"]


def test_a_session_ends_by_its_id(stack, anonymous):
    admin, stranger = stack.new_admin(), stack.new_admin()
    other = stack.login(admin.email, admin.password)
    mine = {item["current"]: item["id"] for item in listed(admin, "/auth/sessions")}
    assert_problem(stranger.delete(f"/auth/sessions/{mine[False]}"), 404)
    assert admin.delete(f"/auth/sessions/{mine[False]}").status_code == 204
    assert_problem(refresh(anonymous, other.tokens["refresh_token"]), 401)
    wait_until(lambda: other.get("/auth/me").status_code == 401, "its access token to end", 2)
    for session in (mine[False], "7b0d6a1e-2f0c-4b7e-9a53-0f5c1c0e9b2d", "x", "1"):
        admin.contract = None
        assert_problem(admin.delete(f"/auth/sessions/{session}"), 404)
    assert admin.delete(f"/auth/sessions/{mine[True]}").status_code == 204
    wait_until(lambda: admin.get("/auth/me").status_code == 401, "the own access token to end", 2)


def test_all_other_sessions_end_at_once(stack, anonymous):
    admin = stack.new_admin()
    others = [stack.login(admin.email, admin.password) for _ in range(3)]
    assert admin.delete("/auth/sessions").status_code == 204
    assert [item["current"] for item in listed(admin, "/auth/sessions")] == [True]
    for other in others:
        assert_problem(refresh(anonymous, other.tokens["refresh_token"]), 401)
    wait_until(lambda: all(o.get("/auth/me").status_code == 401 for o in others), "their access tokens to end", 2)
    assert_json(refresh(anonymous, admin.tokens["refresh_token"]))


def test_logout_needs_no_access_token(stack, anonymous):
    """Whatever the state of the access token: 204, and that family is over (RFC 7009)."""
    admin = stack.new_admin()
    for bearer in ("Bearer expired.or.foreign", "Basic nonsense", ""):
        session = assert_json(login(anonymous, admin.email))
        answer = anonymous.post(
            "/auth/logout", json={"refresh_token": session["refresh_token"]}, headers={"Authorization": bearer}
        )
        assert answer.status_code == 204
        assert_problem(refresh(anonymous, session["refresh_token"]), 401)


# --- keys ---


def test_a_key_gives_nobody_more_than_it_has(stack, make_key):
    """It could otherwise make an account of its own that may do all."""
    key = make_key("accounts:manage media:read analytics:read export:read")
    other = stack.new_admin(role="analyst")
    path = f"/accounts/{other.account['id']}"
    for role in ("owner", "editor"):
        assert_problem(key.patch(path, json={"role": role}), 403, name="insufficient-scope")
        assert_problem(key.post("/invitations", json={"role": role}), 403, name="insufficient-scope")
    assert assert_json(key.patch(path, json={"role": "analyst"}))["role"] == "analyst"
    assert_json(key.post("/invitations", json={"role": "analyst"}), 201)
    with stack.changed(signup_policy="invite"):
        body = {"email": "by.key@example.test", "password": "long enough"}
        assert_problem(key.post("/auth/signup", json=body), 403, name="insufficient-scope")
    assert key.get("/accounts").status_code == key.get("/invitations").status_code == 200


def test_sessions_are_for_people(stack, make_key):
    key = make_key("accounts:manage")
    for method, path in (
        ("GET", "/auth/sessions"),
        ("DELETE", "/auth/sessions"),
        ("DELETE", "/auth/sessions/7b0d6a1e-2f0c-4b7e-9a53-0f5c1c0e9b2d"),
    ):
        assert_problem(key.request(method, path), 403, name="person-required")


def test_a_restricted_key_lets_nobody_in(stack):
    """Who it let in would have none of its restrictions, and stay when it is gone."""
    other = stack.new_admin()
    for restriction in ({"allowed_networks": ["127.0.0.0/8"]}, {"max_ttl_seconds": 60}, {"require_viewer": True}):
        key = stack.key(ALL_SCOPES, **restriction)
        for answer in (
            key.post("/invitations", json={"role": "analyst", "expires_in": 60}),
            key.patch(f"/accounts/{other.account['id']}", json={"disabled": False}),
        ):
            assert_problem(answer, 403, name="key-beyond-caller")
    free = stack.key(ALL_SCOPES)
    assert_json(free.post("/invitations", json={"role": "analyst", "expires_in": 60}), 201)


def test_a_key_changes_nobody_who_may_do_more(stack):
    owner = stack.new_admin(role="owner")
    key = stack.key(["accounts:manage", "media:read", "analytics:read", "export:read"])
    for change in ({"role": "analyst"}, {"disabled": True}):
        assert_problem(key.patch(f"/accounts/{owner.account['id']}", json=change), 403, name="insufficient-scope")
    assert_json(owner.get("/auth/me"))


def test_an_invitation_counts_where_sign_up_is_open_too(stack, anonymous):
    made = assert_json(stack.admin().post("/invitations", json={"role": "analyst", "expires_in": 600}), 201)
    fields = {"password": "correct horse battery", "invitation": made["invitation"]}
    created = assert_json(anonymous.post("/auth/signup", json={"email": "invited@example.test", **fields}), 201)
    assert created["role"] == "analyst"
    again = anonymous.post("/auth/signup", json={"email": f"second.{made['id']}@example.test", **fields})
    assert_problem(again, 403)
