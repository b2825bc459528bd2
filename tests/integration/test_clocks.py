# SPDX-License-Identifier: ISC
"""Machines whose clocks differ: what plays can be revoked, and the log says what is wrong."""
import shutil

import pytest
import requests
from answers import assert_json, assert_problem
from stack import TOP_BUILD, wait_until

import web_tools

PROGRAM = "tests/integration/mediagate_ahead"


@pytest.fixture(scope="module", name="town")
def fixture_town(module_stack_with):
    if not (TOP_BUILD / PROGRAM).exists():
        web_tools.missing(f"{PROGRAM} (make check builds it)")
    return module_stack_with()


def restart(town, ahead):
    """serve again, on a machine whose clock is so many seconds ahead; None: a right one."""
    town.stop_serve()
    true_program = town.root / "mediagate.true"
    if not true_program.exists():
        shutil.copy2(town.program, true_program)
    town.install_program(true_program if ahead is None else TOP_BUILD / PROGRAM)
    town.environment["CLOCK_AHEAD"] = str(ahead or 0)
    town.give_to_user()
    town.start_serve()
    town.wait_ready()


def bearer(api):
    return {"Authorization": api.headers["Authorization"]}


@pytest.mark.parametrize("ahead", [600, -600, 40 * 86400])
def test_what_plays_can_be_revoked_whatever_clock_issued_it(town, make_media, ahead):
    film = town.film(make_media("short"))
    restart(town, ahead)
    with town.new_admin() as api:
        headers = bearer(api)
        grant = assert_json(api.get(f"/media/media/{film['id']}/stream-url", params={"ttl_seconds": 86400}))
        assert requests.get(grant["stream_url"], timeout=30).status_code == 200
        wait_until(
            lambda: any(abs(event["ahead_seconds"] - ahead) < 60 for event in town.serve_events("clocks_differ")),
            "the log to say so",
        )
    restart(town, None)
    with town.anonymous() as api:
        refused = api.get("/auth/me", headers=headers)
        if ahead > 0:  # a token of a machine that is behind has not expired yet
            assert_problem(refused, 401)
            wait_until(
                lambda: any(
                    "clocks differ" in event["reason"] and abs(event["issued_at"] - event["now"] - ahead) < 60
                    for event in town.serve_events("token_refused")
                ),
                "the log to name both clocks",
            )
    with town.new_admin() as api:
        assert api.delete(f"/media/grants/{grant['grant_id']}").status_code == 204
        wait_until(lambda: requests.get(grant["stream_url"], timeout=30).status_code == 403, "the grant to be revoked")
        expires = town.sql(
            "select extract(epoch from expires_at)::int8 from revoked_grant where name = " "%s", grant["grant_id"]
        )[0][0]
        assert expires > int(grant["stream_url"].split("/")[8]) + 86400 - 3600


def test_every_refused_token_has_its_reason_in_the_log(town):
    restart(town, None)
    with town.new_admin() as admin, town.anonymous() as api:
        good = bearer(admin)["Authorization"]

        def reason(authorization):
            before = len(town.serve_events("token_refused"))
            assert_problem(api.get("/auth/me", headers={"Authorization": authorization}), 401)
            return wait_until(lambda: town.serve_events("token_refused")[before:], "the reason in the log")[0]["reason"]

        assert "bearer" in reason("Bearer a b")
        assert "form" in reason("Bearer abc")
        assert "signature" in reason(good[:-2] + ("AA" if good[-2:] != "AA" else "BA"))
        town.mediagate("admin", "disable", admin.email)
        assert "disabled" in wait_until(
            lambda: api.get("/auth/me", headers={"Authorization": good}).status_code == 401 and reason(good),
            "the account to be disabled",
        )
        # a right clock is no news
        assert all(abs(event["ahead_seconds"]) > 60 for event in town.serve_events("clocks_differ"))
        assert good[20:] not in town.log_text("serve.log")
