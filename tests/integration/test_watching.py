# SPDX-License-Identifier: ISC
"""Who watches just now: from the line of a delivery's beginning to that of its end."""
import http.client
import os

import pytest
from answers import assert_json
from signing import fresh_grant
from stack import DEADLINE, wait_until


@pytest.fixture
def medium(town):
    """A film far longer than what the sockets hold."""
    media = town.media_of_files({"film.mp4": b""})
    os.truncate(town.data_dir / f"media/{media}/film.mp4", 64 << 20)
    return media


def begin(town, medium, grant, start=0):
    """A player that has the header and reads no more."""
    connection = http.client.HTTPConnection("127.0.0.1", town.http_port, timeout=DEADLINE)
    connection.request(
        "GET",
        town.sign(medium, "film.mp4", grant=grant, viewer="u-1"),
        headers={"X-Forwarded-For": "192.0.2.1", "Range": f"bytes={start}-"},
    )
    assert connection.getresponse().status == 206
    return connection


def watching(town, medium):
    return town.sql(
        "select viewer, bot, open_request is not null, started_at <= last_seen_at from view_watching where "
        "media_id = %s",
        medium,
    )


def test_a_film_that_plays_is_watched_until_it_ends(town, medium):
    connection = begin(town, medium, fresh_grant())
    assert wait_until(lambda: watching(town, medium), "the beginning to be seen") == [("u-1", False, True, True)]
    live = assert_json(town.admin().get("/analytics/live"))
    assert [item["watching"] for item in live["items"] if item["media_id"] == medium] == [1]
    assert town.sql("select count(*) from media_view_log where media_id = %s", medium) == [
        (0,)
    ], "a beginning is no view"
    connection.close()
    wait_until(lambda: watching(town, medium) == [("u-1", False, False, True)], "the end to be seen")
    assert town.sql("select count(*), min(viewer) from media_view_log where media_id = %s", medium) == [(1, "u-1")]
    assert town.sql(
        "select w.address_key = v.address_key from view_watching w join media_view_log v using (grant_id, "
        "media_id) where media_id = %s",
        medium,
    ) == [(True,)]


def test_one_who_seeks_is_one_watcher(town, medium):
    grant = fresh_grant()
    first = begin(town, medium, grant)
    wait_until(lambda: watching(town, medium), "the beginning to be seen")
    second = begin(town, medium, grant, 1 << 20)
    first.close()
    town.wait_counted()
    wait_until(
        lambda: town.sql("select count(*) from media_view_log where media_id = %s", medium) == [(1,)],
        "the first delivery to be counted",
    )
    assert watching(town, medium) == [("u-1", False, True, True)]
    second.close()
    wait_until(lambda: watching(town, medium) == [("u-1", False, False, True)], "the end to be seen")


def test_a_delivery_that_is_over_when_it_is_read_leaves_nobody_open(town, medium):
    assert town.stop_ingest() == 0
    begin(town, medium, fresh_grant()).close()
    town.wait_view_log(lambda line: line["media"] == str(medium))
    town.start_ingest()
    town.wait_counted()
    wait_until(lambda: watching(town, medium) == [("u-1", False, False, True)], "it to be counted")


def test_who_went_is_forgotten(town, medium):
    for ago, request in (("3 minutes", None), ("1 minute", None), ("3 minutes", "a" * 32), ("13 hours", "b" * 32)):
        town.sql(
            "insert into view_watching (grant_id, media_id, address_key, bot, started_at, last_seen_at, "
            "open_request)"
            " values (gen_random_uuid(), %s, gen_random_uuid(), false, now() - %s::interval, now() - "
            "%s::interval, %s)",
            medium,
            ago,
            ago,
            request,
        )
    assert town.stop_ingest() == 0
    town.start_ingest()
    wait_until(lambda: len(watching(town, medium)) == 2, "two of them to be swept")
