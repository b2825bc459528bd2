# SPDX-License-Identifier: ISC
"""Every tampered stream URL gets its status; every other spelling is refused, or plays and is logged exactly once."""
import json

import pytest

import raw_http
import signing
from hostile_urls import OTHER_SPELLINGS, TAMPERED_URLS, Good
from stack import wait_until


@pytest.fixture(scope="module")
def good(stack, film):
    return Good(stack.stream_path(film["id"], viewer="alice"), signing.stream_keys(stack.root / "etc/stream_keys"))


def delivered(stack):
    """How many deliveries the log holds."""
    return sum(line["status"] in (200, 206) for line in stack.view_log())


def fetch(stack, target, **arguments):
    return raw_http.get(stack, target if isinstance(target, bytes) else target.encode(), **arguments)


def wait_logged(stack, path):
    """A delivery of our own as a marker: nginx writes a line before the next request of the same connection, so all
    are there."""
    before = len(stack.view_log())
    assert fetch(stack, path)[0] == 200
    wait_until(lambda: len(stack.view_log()) > before, "the marker's line")


@pytest.mark.parametrize("description, make, expected", TAMPERED_URLS, ids=[row[0] for row in TAMPERED_URLS])
def test_tampered(stack, good, description, make, expected):
    before = delivered(stack)
    status, headers, body = fetch(stack, make(good))
    assert status == expected, (description, body[:300])
    if status == 200:
        wait_until(lambda: delivered(stack) == before + 1, "exactly one line")
    else:
        assert headers["Content-Type"] == "application/problem+json"
        assert json.loads(body)["status"] == expected
        assert delivered(stack) == before


@pytest.mark.parametrize("description, make, expected", OTHER_SPELLINGS, ids=[row[0] for row in OTHER_SPELLINGS])
def test_other_spelling(stack, good, description, make, expected):
    wait_logged(stack, good.path)
    before = delivered(stack)
    status, _, body = fetch(stack, make(good))
    assert status == expected, (description, body[:300])
    wait_logged(stack, good.path)
    played = status in (200, 206)
    assert delivered(stack) == before + played + 1, "played and logged must agree"


@pytest.mark.parametrize(
    "method, expected",
    [
        ("HEAD", 200),
        ("POST", 405),
        ("PUT", 405),
        ("DELETE", 405),
        ("PATCH", 405),
        ("OPTIONS", 405),
        ("PROPFIND", 405),
        ("TRACE", 405),
        ("get", 400),
    ],
)
def test_methods(stack, good, method, expected):
    assert fetch(stack, good.path, method=method.encode())[0] == expected


def test_a_revoked_grant_is_403_also_when_expired(stack, film):
    path = stack.stream_path(film["id"])
    revoked = Good(path, signing.stream_keys(stack.root / "etc/stream_keys"))
    assert fetch(stack, path)[0] == 200
    assert stack.admin().delete(f"/media/grants/{revoked.grant}").status_code == 204
    assert fetch(stack, path)[0] == 403
    assert fetch(stack, revoked.with_(file="other.mp4"))[0] == 403
    assert fetch(stack, revoked.signed(expires=1600000000))[0] == 403


def test_no_refusal_tells_a_secret(stack, good):
    secrets = [good.signature, *good.keys.values()]
    for _, make, expected in TAMPERED_URLS + OTHER_SPELLINGS:
        if expected != 200:
            answer = fetch(stack, make(good))[2].decode(errors="replace")
            assert not [secret for secret in secrets if secret in answer]
    for log in ("error.log", "view.log", "serve.log", "nginx.log"):
        assert not [secret for secret in secrets if secret in stack.log_text(log)], log


def test_one_grant_does_not_reach_another_medium(stack, good, make_media):
    other = stack.film(make_media("sound"), type="audio")
    name = Good(stack.stream_path(other["id"]), []).file
    assert fetch(stack, good.with_(media=other["id"], file=name))[0] == 403
    assert fetch(stack, good.with_(file=f"../{other['id']}/{name}"))[0] == 400
