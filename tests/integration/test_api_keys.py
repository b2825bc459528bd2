# SPDX-License-Identifier: ISC
"""API keys as callers: what they may do, what they are restricted to, and how soon their end holds."""
import base64
import hashlib
import re
import secrets
import string
import zlib

import pytest
from answers import assert_json, assert_problem
from callers import Api
from waiting import wait_until

ALPHABET = string.ascii_uppercase + string.ascii_lowercase + string.digits


def key_text(key_id, secret):
    """As the program writes it: with the CRC-32 of all before it, in base 62."""
    text, check = f"mgk_{key_id}_{secret}", ""
    crc = zlib.crc32(text.encode())
    for _ in range(6):
        crc, digit = divmod(crc, len(ALPHABET))
        check = ALPHABET[digit] + check
    return text + check


@pytest.fixture(name="make_key")
def _make_key(stack):
    """make_key(scopes, column=value …): an Api that calls with a new key of the shared owner, with .key_id and
    .secret."""

    def make(scopes, account=None, **columns):
        secret = "".join(secrets.choice(ALPHABET) for _ in range(43))
        values = {
            "name": "test",
            "account_id": (account or stack.admin()).account["id"],
            "scopes": scopes,
            "issuer_tag": secrets.randbits(32),
            "secret_hash": hashlib.sha256(secret.encode()).digest(),
            **columns,
        }
        key_id = stack.sql(
            f"insert into api_key ({', '.join(values)}) values ({', '.join(['%s'] * len(values))}) returning id",
            *values.values(),
        )[0][0]
        api = Api(stack.base_url, stack.certificate, key_text(key_id, secret))
        api.key_id, api.secret = key_id, secret
        return api

    return make


def stream_url(api, film, **query):
    return api.get(f"/media/media/{film['id']}/stream-url", params=query)


def test_a_key_has_its_own_scopes_and_tag(stack, make_key, film):
    key = make_key("streams:issue")
    tag = stack.sql("select lpad(to_hex(issuer_tag), 8, '0') from api_key where id = %s", key.key_id)[0][0]
    assert assert_json(stream_url(key, film))["grant_id"].endswith(tag)
    assert_problem(key.get("/media/media/"), 403, name="insufficient-scope")
    wait_until(
        lambda: stack.sql("select last_used_at from api_key where id = %s", key.key_id)[0][0], "its use to be noted"
    )


def test_a_key_has_no_more_than_the_role_of_its_account(stack, make_key, film):
    key = make_key("streams:issue media:read", account=stack.new_admin(role="analyst"))
    assert_json(key.get("/media/media/"))
    assert_problem(stream_url(key, film), 403, name="insufficient-scope")


def test_a_key_is_taken_as_basic_too(stack, make_key):
    key = make_key("media:read")
    for password in (key_text(key.key_id, key.secret), key_text(key.key_id, key.secret).split("_", 2)[2]):
        with stack.anonymous() as api:
            pair = base64.b64encode(f"{key.key_id}:{password}".encode()).decode()
            assert_json(api.get("/media/media/", headers={"Authorization": f"Basic {pair}"}))
            other = base64.b64encode(f"{key.key_id + 1}:{password}".encode()).decode()
            assert_problem(api.get("/media/media/", headers={"Authorization": f"Basic {other}"}), 401)


def test_a_wrong_secret_and_an_unknown_key_are_401(stack, make_key):
    key = make_key("media:read")
    for text in (
        key_text(key.key_id, "A" * 43),
        key_text(key.key_id + 1000, key.secret),
        key_text(key.key_id, key.secret)[:-1],
        "mgk_",
        "mgk_1_",
    ):
        with Api(stack.base_url, stack.certificate, text) as api:
            assert_problem(api.get("/media/media/"), 401)
    assert key.secret not in stack.log_text("serve.log")


def test_the_restrictions_of_a_key(stack, make_key, film):
    key = make_key("streams:issue", max_ttl_seconds=60, require_viewer=True)
    assert_problem(stream_url(key, film), 422, ["?viewer"])
    assert_problem(stream_url(key, film, viewer="v", ttl_seconds=61), 422, ["?ttl_seconds"])
    assert assert_json(stream_url(key, film, viewer="v"))["expires_in"] == 60
    assert_json(stream_url(make_key("streams:issue", networks="127.0.0.0/8"), film))
    assert_problem(stream_url(make_key("streams:issue", networks="192.0.2.0/24 2001:db8::/32"), film), 401)
    assert_problem(stream_url(make_key("streams:issue", expires_at="2020-01-01"), film), 401)


@pytest.mark.parametrize(
    "end",
    [
        "update api_key set revoked_at = now() where id = %s",
        "update admin_user set disabled_at = now() where id = (select account_id from api_key where id = %s)",
    ],
)
def test_the_end_of_a_key_holds_within_two_seconds(stack, make_key, film, end):
    stack.admin()
    key = make_key("streams:issue", account=stack.new_admin())
    wait_until(lambda: all(stream_url(key, film).status_code == 200 for _ in range(8)), "the key to be cached")
    stack.sql(end, key.key_id)
    wait_until(lambda: all(stream_url(key, film).status_code == 401 for _ in range(8)), "each worker to know", 2)


def test_a_rotated_secret_holds_at_once_and_the_old_one_for_its_overlap(stack, make_key, film):
    key = make_key("streams:issue")
    assert_json(stream_url(key, film))
    new = "B" * 43
    stack.sql(
        "update api_key set previous_hash = secret_hash, previous_expires_at = now() + interval '1 hour',"
        " secret_hash = %s where id = %s",
        hashlib.sha256(new.encode()).digest(),
        key.key_id,
    )
    with Api(stack.base_url, stack.certificate, key_text(key.key_id, new)) as api:
        assert_json(stream_url(api, film))
    assert_json(stream_url(key, film))
    stack.sql("update api_key set previous_expires_at = now() where id = %s", key.key_id)
    wait_until(lambda: stream_url(key, film).status_code == 401, "the overlap to be over", 2)


# --- made, listed, rotated and revoked over HTTP ---


def make(api, status=201, name="test", scopes=("media:read",), **fields):
    return assert_json(api.post("/keys", json={"name": name, "scopes": list(scopes), **fields}), status)


def test_a_key_is_made_shown_once_and_listed(stack):
    owner = stack.admin()
    wanted = {
        "expires_at": "2099-01-01T00:00:00Z",
        "allowed_networks": ["127.0.0.0/8", "2001:db8::1"],
        "max_ttl_seconds": 60,
        "require_viewer": True,
    }
    answer = owner.post("/keys", json={"name": " shop ", "scopes": ["streams:issue", "media:read"], **wanted})
    made = assert_json(answer, 201)
    assert answer.headers["Location"] == f"/keys/{made['id']}"
    assert re.fullmatch(rf"mgk_{made['id']}_[A-Za-z0-9]{{49}}", made["key"])
    secret = made["key"].split("_")[2][:43]
    assert made.pop("key") == key_text(made["id"], secret)
    assert made == {
        "id": made["id"],
        "name": "shop",
        "scopes": ["media:read", "streams:issue"],
        **wanted,
        "allowed_networks": ["127.0.0.0/8", "2001:db8::1/128"],
        "created_by": owner.account["id"],
        "created_by_key": None,
        "created_at": made["created_at"],
        "last_used_at": None,
        "previous_secret_until": None,
    }
    assert assert_json(owner.get(f"/keys/{made['id']}")) == made
    assert assert_json(owner.get("/keys"))["items"][0] == made
    assert secret not in stack.log_text("serve.log")
    stored = stack.sql("select secret_hash from api_key where id = %s", made["id"])[0][0]
    assert bytes(stored) == hashlib.sha256(secret.encode()).digest()


def test_the_events_of_a_key_name_who_acted(stack):
    owner, manager = stack.admin(), stack.key(MANAGER)
    made = make(manager)
    assert owner.post(f"/keys/{made['id']}/rotate", json={"overlap_seconds": 60}).status_code == 200
    assert manager.delete(f"/keys/{made['id']}/grants").status_code == 204
    assert owner.delete(f"/keys/{made['id']}").status_code == 204
    account, key = f"account:{owner.account['id']}", f"key:{manager.id}"
    assert stack.sql("select type, actor from event where subject = %s order by position, id", f"key:{made['id']}") == [
        ("key.created", key),
        ("key.rotated", account),
        ("key.grants_revoked", key),
        ("key.revoked", account),
    ]
    assert made["key"][10:40] not in str(stack.sql("select * from event"))


def test_keys_are_listed_by_pages(stack):
    owner = stack.admin()
    ids = [make(owner)["id"] for _ in range(5)]
    seen, cursor = [], None
    while True:
        page = assert_json(owner.get("/keys", params={"limit": 2, **({"cursor": cursor} if cursor else {})}))
        seen += [key["id"] for key in page["items"]]
        cursor = page["next_cursor"]
        if cursor is None:
            break
    assert seen == sorted(seen, reverse=True) and seen[:5] == ids[::-1]
    assert_problem(owner.get("/keys", params={"cursor": "x"}), 422, ["?cursor"])


@pytest.mark.parametrize(
    "fields,pointers",
    [
        ({}, ["/name", "/scopes"]),
        ({"name": "  ", "scopes": ["media:read"]}, ["/name"]),
        ({"name": "n" * 101, "scopes": ["media:read"]}, ["/name"]),
        ({"name": "n", "scopes": []}, ["/scopes"]),
        ({"name": "n", "scopes": "media:read"}, ["/scopes"]),
        ({"name": "n", "scopes": ["media:read", "media:eat"]}, ["/scopes/1"]),
        ({"name": "n", "scopes": ["media:read"], "expires_at": "2020-01-01T00:00:00Z"}, ["/expires_at"]),
        ({"name": "n", "scopes": ["media:read"], "allowed_networks": ["192.0.2.1/24"]}, ["/allowed_networks/0"]),
        ({"name": "n", "scopes": ["media:read"], "allowed_networks": ["::1"] * 17}, ["/allowed_networks"]),
        ({"name": "n", "scopes": ["media:read"], "max_ttl_seconds": 0}, ["/max_ttl_seconds"]),
        ({"name": "n", "scopes": ["media:read"], "max_ttl_seconds": 604801}, ["/max_ttl_seconds"]),
        ({"name": "n", "scopes": ["media:read"], "require_viewer": 1}, ["/require_viewer"]),
        ({"name": "n", "scopes": ["media:read"], "account_id": 1}, ["/account_id"]),
    ],
)
def test_wrong_fields_make_no_key(stack, fields, pointers):
    assert_problem(stack.admin().post("/keys", json=fields), 422, pointers)


def test_only_owners_manage_keys(stack):
    stack.admin()
    for role in ("editor", "analyst"):
        caller = stack.new_admin(role=role)
        for method, path in (("GET", "/keys"), ("POST", "/keys"), ("GET", "/keys/1"), ("DELETE", "/keys/1")):
            assert_problem(caller.request(method, path), 403, name="insufficient-scope")


def test_a_revoked_key_ends_on_every_worker_within_two_seconds(stack, film):
    owner, key = stack.admin(), stack.key(["streams:issue"])
    wait_until(lambda: all(stream_url(key, film).status_code == 200 for _ in range(8)), "the key to be cached")
    assert owner.delete(f"/keys/{key.id}").status_code == 204
    wait_until(lambda: all(stream_url(key, film).status_code == 401 for _ in range(8)), "each worker to know", 2)
    for method, path in (("GET", ""), ("DELETE", ""), ("POST", "/rotate")):
        answer = owner.request(method, f"/keys/{key.id}{path}", json={"overlap_seconds": 0} if path else None)
        assert_problem(answer, 404)


def test_a_rotated_key_keeps_its_old_secret_for_the_overlap(stack, film):
    owner, old = stack.admin(), stack.key(["streams:issue"])
    for body in ({}, {"overlap_seconds": -1}, {"overlap_seconds": 604801}, {"overlap_seconds": "1"}):
        assert_problem(owner.post(f"/keys/{old.id}/rotate", json=body), 422, ["/overlap_seconds"])
    rotated = assert_json(owner.post(f"/keys/{old.id}/rotate", json={"overlap_seconds": 3600}))
    new = stack.with_key(rotated)
    assert new.id == old.id and new.key != old.key and rotated["previous_secret_until"]
    assert_json(stream_url(new, film))
    assert_json(stream_url(old, film))
    third = stack.with_key(assert_json(owner.post(f"/keys/{old.id}/rotate", json={"overlap_seconds": 0})))
    assert_json(stream_url(third, film))
    wait_until(
        lambda: all(stream_url(api, film).status_code == 401 for api in (old, new) for _ in range(8)),
        "both old secrets to end",
        2,
    )
    assert third.key.split("_")[2][:43] not in stack.log_text("serve.log")


MANAGER = ("keys:manage", "media:read", "streams:issue")
RESTRICTIONS = {
    "expires_at": "2098-01-01T00:00:00Z",
    "allowed_networks": ["127.0.0.0/16", "::1/128"],
    "max_ttl_seconds": 100,
    "require_viewer": True,
}


@pytest.mark.parametrize(
    "looser",
    [
        {"scopes": ["media:write"]},
        {"scopes": ["keys:manage", "media:read", "accounts:manage"]},
        {"expires_at": "2098-01-01T00:00:01Z"},
        {"allowed_networks": []},
        {"allowed_networks": ["127.0.0.0/15"]},
        {"allowed_networks": ["127.0.0.0/24", "192.0.2.0/24"]},
        {"max_ttl_seconds": 101},
        {"require_viewer": False},
    ],
)
def test_a_key_makes_and_rotates_no_key_with_more_than_it_has(stack, looser):
    owner, manager = stack.admin(), stack.key(MANAGER, **RESTRICTIONS)
    field = next(iter(looser))
    problem = assert_problem(
        manager.post("/keys", json={"name": "n", "scopes": ["media:read"], **looser}), 403, name="key-beyond-caller"
    )
    assert field in problem["detail"]
    other = make(owner, **{"scopes": ["media:read"], **RESTRICTIONS, **looser})
    before = stack.sql("select secret_hash from api_key where id = %s", other["id"])
    assert_problem(
        manager.post(f"/keys/{other['id']}/rotate", json={"overlap_seconds": 0}), 403, name="key-beyond-caller"
    )
    assert stack.sql("select secret_hash from api_key where id = %s", other["id"]) == before


def test_a_key_makes_keys_with_what_it_has_and_less(stack):
    manager = stack.key(MANAGER, **RESTRICTIONS)
    same = make(manager, scopes=["streams:issue", "media:read"])
    assert same["created_by_key"] == manager.id
    assert {name: same[name] for name in RESTRICTIONS} == RESTRICTIONS
    less = make(
        manager,
        expires_at="2097-01-01T00:00:00Z",
        allowed_networks=["127.0.0.1"],
        max_ttl_seconds=1,
        require_viewer=True,
    )
    assert less["allowed_networks"] == ["127.0.0.1/32"]
    assert assert_json(manager.post(f"/keys/{less['id']}/rotate", json={"overlap_seconds": 0}))["key"]
    assert manager.delete(f"/keys/{less['id']}").status_code == 204


def test_a_key_sees_and_changes_the_keys_of_its_own_account_only(stack):
    stack.admin()
    other_owner = stack.new_admin(role="owner")
    manager, foreign = stack.key(MANAGER), make(other_owner)
    assert foreign["id"] not in {key["id"] for key in assert_json(manager.get("/keys"))["items"]}
    for method, path in (("GET", ""), ("DELETE", ""), ("POST", "/rotate"), ("DELETE", "/grants")):
        answer = manager.request(
            method, f"/keys/{foreign['id']}{path}", json={"overlap_seconds": 0} if path == "/rotate" else None
        )
        assert_problem(answer, 404)
    assert assert_json(stack.admin().get(f"/keys/{foreign['id']}"))["created_by"] == other_owner.account["id"]


def test_a_key_whose_account_lost_a_scope_makes_no_key_with_it(stack):
    stack.admin()
    maker = stack.new_admin(role="owner")
    manager = stack.key([*MANAGER, "accounts:manage"], maker)
    stack.sql("update admin_user set role = 'editor' where id = %s", maker.account["id"])
    wait_until(lambda: manager.get("/keys").status_code == 403, "the key to lose what its account lost", 2)


def test_all_grants_of_a_key_end_with_one_call_also_after_it(stack, film):
    owner, key, other = stack.admin(), stack.key(["streams:issue"]), stack.key(["streams:issue"])

    def play(api):
        return assert_json(stream_url(api, film))["stream_url"]

    with stack.anonymous() as viewer:
        urls, others = [play(key) for _ in range(3)], [play(other), play(owner)]
        assert owner.delete(f"/keys/{key.id}/grants").status_code == 204
        assert all(viewer.get(url).status_code == 403 for url in urls)
        assert all(viewer.get(url).status_code == 200 for url in others)
        wait_until(lambda: viewer.get(play(key)).status_code == 200, "the key to issue new ones", 2)
        last = play(key)
        assert owner.delete(f"/keys/{key.id}").status_code == 204
        assert viewer.get(last).status_code == 200
        assert owner.delete(f"/keys/{key.id}/grants").status_code == 204
        assert viewer.get(last).status_code == 403
    assert_problem(owner.delete("/keys/999999999/grants"), 404)


def test_a_key_uploads_and_is_told_so_where_it_may_not(stack, make_media):
    medium = stack.new_media()
    answer = stack.upload(medium["id"], make_media("film"), stack.key(["media:read"]))
    assert_problem(answer, 403, name="insufficient-scope")
    assert_json(stack.upload(medium["id"], make_media("film"), stack.key(["uploads:write"])), 201)
    with Api(stack.base_url, stack.certificate, key_text(1, "A" * 43)) as stranger:
        assert "API key" in assert_problem(stack.upload(medium["id"], make_media("film"), stranger), 401)["detail"]


def test_what_is_an_accounts_own_refuses_keys(stack):
    owner = stack.key(["accounts:manage", "keys:manage"])
    assert_problem(owner.get("/auth/me"), 403, name="person-required")
    change = {"current_password": stack.admin().password, "new_password": "another long one"}
    assert_problem(owner.put("/auth/password", json=change), 403, name="person-required")


def test_made_up_keys_cost_few_looks_into_the_database(stack, film):
    """Nobody can keep the workers of the fast pool busy with keys that do not exist, and a good key is served on."""
    key = stack.key(["streams:issue"])
    wait_until(lambda: all(stream_url(key, film).status_code == 200 for _ in range(8)), "the key to be cached")
    statuses = set()
    with Api(stack.base_url, stack.certificate) as stranger:
        for number in range(1500):
            stranger.headers["Authorization"] = f"Bearer {key_text(10**9 + number, 'A' * 43)}"
            answer = stream_url(stranger, film)
            statuses.add(answer.status_code)
            if answer.status_code == 429:
                break
    assert statuses == {401, 429}
    assert stream_url(key, film).status_code == 200
    new = stack.key(["streams:issue"])
    wait_until(lambda: all(stream_url(new, film).status_code == 200 for _ in range(8)), "new keys to be looked for", 2)
