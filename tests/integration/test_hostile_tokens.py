# SPDX-License-Identifier: ISC
"""Every hostile token gets its status and nothing else: no 500, no dead worker, nothing of it in a log."""
import json

import pytest

import raw_http
from hostile_tokens import HOSTILE_TOKENS, Forge


@pytest.fixture(scope="module")
def forge(stack):
    return Forge(stack, stack.new_admin().tokens["access_token"])


def ask(stack, token, method=b"GET", path=b"/auth/me"):
    token = token if isinstance(token, bytes) else token.encode()
    return raw_http.get(stack, path, method, [b"Authorization: Bearer " + token])


@pytest.mark.parametrize("description, make, expected", HOSTILE_TOKENS, ids=[row[0] for row in HOSTILE_TOKENS])
def test_token(stack, forge, description, make, expected):
    workers = stack.workers()
    status, headers, body = ask(stack, make(forge))
    assert status == expected, (description, body)
    if status != 200:
        assert headers["Content-Type"] == "application/problem+json"
        assert json.loads(body)["status"] == expected
    if status == 401:
        assert 'error="invalid_token"' in headers["WWW-Authenticate"]
    assert stack.workers() == workers


def test_every_refusal_reads_the_same(stack, forge):
    """A bearer does not learn which check failed."""
    details = {
        json.loads(ask(stack, make(forge))[2])["detail"] for _, make, expected in HOSTILE_TOKENS if expected == 401
    }
    assert len(details) == 1


@pytest.mark.parametrize(
    "authorization", ["", "Bearer", "Bearer ", "Basic YTpi", "Token {}", "bearer{}", "{}", "Digest a=b", "Bearer: {}"]
)
def test_other_authorization_headers(stack, forge, authorization):
    status, headers, _ = raw_http.get(
        stack, b"/auth/me", headers=[b"Authorization: " + authorization.format(forge.good).encode()]
    )
    assert status == 401
    assert headers["WWW-Authenticate"].startswith("Bearer")


def test_the_scheme_is_case_insensitive(stack, forge):
    assert raw_http.get(stack, b"/auth/me", headers=[b"authorization: bEARER " + forge.good.encode()])[0] == 200


def test_a_token_elsewhere_does_not_count(stack, forge):
    token = forge.good.encode()
    assert raw_http.get(stack, b"/media/media/?access_token=" + token)[0] in (401, 422)
    assert raw_http.get(stack, b"/auth/me", headers=[b"Cookie: access_token=" + token])[0] == 401
    assert raw_http.get(stack, b"/auth/me", headers=[b"X-Authorization: Bearer " + token])[0] == 401


def test_two_authorization_headers_are_refused(stack, forge):
    good = b"Authorization: Bearer " + forge.good.encode()
    bad = b"Authorization: Bearer x"
    for headers in ([good, bad], [bad, good]):
        assert raw_http.get(stack, b"/auth/me", headers=headers)[0] in (400, 401)


def test_nothing_of_a_token_is_logged(stack, forge):
    ask(stack, forge.good)
    ask(stack, forge.with_claims(sub="0"))
    logs = "".join(stack.log_text(name) for name in ("serve.log", "error.log", "view.log", "nginx.log"))
    assert forge.signature not in logs
    assert forge.payload not in logs
    assert forge.secret.hex() not in logs
