# SPDX-License-Identifier: ISC
"""PostgreSQL with a streaming standby: which of the two is asked, and what a fail-over leaves."""

import pytest
from answers import assert_problem, wait_for_readyz
from stack import Stack
from standby import Standby
from waiting import wait_until


@pytest.fixture
def town():
    with Stack() as stack:
        yield stack


def restart_at(town, database):
    """serve, connected elsewhere. Its nginx stays."""
    town.stop_serve()
    town.settings["database"] = database
    town.write_settings()
    town.start_serve()


def test_a_standby_serves_nothing_and_is_the_primary_once_it_is_promoted(town, make_media):
    admin = town.admin()
    film = town.film(make_media("short"))["id"]
    with Standby(town) as standby:
        standby.caught_up()
        restart_at(town, standby.database)
        wait_for_readyz(town.anonymous(), lambda answer: answer.json().get("checks", {}).get("database", "ok") != "ok")
        for path in ("/media/media/", f"/media/media/{film}", f"/media/media/{film}/stream-url", "/auth/me"):
            assert_problem(admin.get(path), 503)
        assert_problem(admin.post("/media/media/", json={"title": "T", "type": "video"}), 503)
        town.stop_postgres()  # it will not come back as the primary
        standby.promote()
        wait_until(lambda: town.anonymous().get("/readyz").status_code == 200, "it to serve")
        assert admin.get(f"/media/media/{film}/stream-url").status_code == 200
        assert admin.post("/media/media/", json={"title": "T", "type": "video"}).status_code == 201
        town.stop_serve()
        town.settings.pop("database")
        town.write_settings()
        town.start_postgres()
        town.start_serve()


def test_of_several_hosts_the_primary_is_found_whichever_it_is(town):
    with Standby(town) as standby:
        restart_at(town, f"host={standby.host},{town.root}/run dbname=mediagate user=mediagate")
        town.wait_ready()
        admin = town.admin()
        assert admin.post("/media/media/", json={"title": "T", "type": "video"}).status_code == 201
        standby.caught_up()
        town.stop_postgres()
        standby.promote()
        wait_until(
            lambda: admin.post("/media/media/", json={"title": "T", "type": "video"}).status_code == 201,
            "writing to go on",
        )
        assert standby.sql("select count(*) >= 2 from media_asset") == [(True,)]
        town.stop_serve()
        town.settings.pop("database")
        town.write_settings()
        town.start_postgres()
        town.start_serve()


# --- analytics at a standby --------------------------------------------------------------------------------


def views_of(admin, medium):
    answer = admin.get(f"/media/media/{medium}/analytics")
    assert answer.status_code == 200
    return answer.json()["total_views"], answer.headers.get("Analytics-Lag")


def report(admin, medium):
    assert admin.post(f"/media/media/{medium}/view", json={"viewed_by_ip": "192.0.2.1"}).status_code == 201


def test_questions_about_views_go_to_the_standby_and_say_how_old_the_answer_is(town):
    admin = town.admin()
    medium = town.new_media()["id"]
    with Standby(town) as standby, town.changed(analytics_database=standby.database):
        report(admin, medium)
        standby.caught_up()
        views, lag = views_of(admin, medium)
        assert views == 1 and lag is not None and 0 <= int(lag) < 60
        for path in (
            "/analytics/overview",
            "/analytics/top",
            "/analytics/export",
            f"/media/media/{medium}/views",
            f"/media/media/{medium}/retention",
        ):
            answer = admin.get(path)
            assert answer.status_code == 200 and "Analytics-Lag" in answer.headers, (path, answer.text)
        assert "Analytics-Lag" not in admin.get("/analytics/live").headers  # its table is the primary's alone
        standby.stop()
        report(admin, medium)
        assert views_of(admin, medium) == (2, None), "the primary is asked"
        standby.start()
        standby.caught_up()
        wait_until(lambda: views_of(admin, medium)[1] is not None, "the standby to be asked again")


def test_what_the_standby_does_not_have_yet_is_not_missing(town):
    admin = town.admin()
    with Standby(town) as standby, town.changed(analytics_database=standby.database):
        old = town.new_media()["id"]
        standby.caught_up()
        standby.sql("select pg_wal_replay_pause()")
        new = town.new_media()["id"]
        report(admin, new)
        wait_until(lambda: views_of(admin, old)[1] is not None, "the standby to be asked")
        assert views_of(admin, new) == (1, None)  # asked of the primary, not 404
