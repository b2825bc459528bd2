# SPDX-License-Identifier: ISC
"""RateLimit-Policy and RateLimit (draft-ietf-httpapi-ratelimit-headers), where a limit of the settings applies."""
import re

import pytest

from answers import assert_json, assert_problem

LEFT = re.compile(r'"([a-z-]+)";r=0;t=([0-9]+)')


@pytest.fixture(scope="module", name="town")
def fixture_town(module_stack_with):
    return module_stack_with(
        signup_policy="open",
        signup_address_limit=3,
        signup_limit=50,
        login_account_limit=2,
        login_address_limit=40,
        login_window=100,
        view_report_limit=2,
    )


def assert_limited(answer, name):
    assert_problem(answer, 429)
    told, seconds = LEFT.fullmatch(answer.headers["RateLimit"]).groups()
    assert told == name and seconds == answer.headers["Retry-After"]


def test_each_limit_is_told_and_its_end_too(town):
    with town.anonymous() as api:

        def sign_up(number):
            return api.post("/auth/signup", json={"email": f"n{number}@example.test", "password": "long enough yes"})

        def log_in(password):
            return api.post("/auth/login", json={"email": "n0@example.test", "password": password})

        for number in range(3):
            answer = sign_up(number)
            assert_json(answer, 201)
            assert answer.headers["RateLimit-Policy"] == '"signup";q=3;w=3600, "signup-all";q=50;w=3600'
            assert "RateLimit" not in answer.headers
        assert_limited(sign_up(9), "signup")
        tokens = log_in("long enough yes")
        assert tokens.headers["RateLimit-Policy"] == '"login";q=2;w=100, "login-address";q=40;w=100'
        wrong = [log_in("wrong") for _ in range(3)]
        assert [answer.status_code for answer in wrong] == [401, 401, 429]
        assert "RateLimit" not in wrong[0].headers and "RateLimit-Policy" in wrong[0].headers
        assert_limited(wrong[2], "login")
        bearer = {"Authorization": f"Bearer {assert_json(tokens)['access_token']}"}
        medium = assert_json(api.post("/media/media", json={"title": "x"}, headers=bearer), 201)
        views = [api.post(f"/media/media/{medium['id']}/view", json={}, headers=bearer) for _ in range(3)]
        assert views[0].headers["RateLimit-Policy"] == '"view";q=2;w=60' and "RateLimit" not in views[1].headers
        assert_limited(views[2], "view")
        change = {"current_password": "wrong", "new_password": "another one entirely"}
        changes = [api.put("/auth/password", json=change, headers=bearer) for _ in range(3)]
        assert changes[0].headers["RateLimit-Policy"] == '"password";q=2;w=100'
        assert_limited(changes[2], "password")
        assert "RateLimit-Policy" not in api.get("/media/media", headers=bearer).headers
