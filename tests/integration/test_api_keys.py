# SPDX-License-Identifier: ISC
"""API keys as callers: what they may do, what they are restricted to, and how soon their end holds."""
import base64
import hashlib
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
