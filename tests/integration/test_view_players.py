# SPDX-License-Identifier: ISC
"""What real players leave behind: curl with ranges, ffmpeg over HLS, Chromium seeking in a film are one view each, and
how much of the medium
they got is right within two points."""
import re
import shutil

import pytest

import web_tools
from stack import wait_until
from test_players import run, url_of

POINTS = 2  # of a hundred


@pytest.fixture(scope="module")
def allowed():
    with web_tools.other_origin() as origin:
        yield origin


@pytest.fixture(scope="module")
def cinema(module_stack_with, allowed):
    stack = module_stack_with(cors_origins=[allowed])
    stack.start_ingest()
    return stack


@pytest.fixture(scope="module")
def film(cinema, make_media):
    return cinema.film(make_media("long"), title="A film to watch")


@pytest.fixture(scope="module")
def show(cinema, make_media):
    """An HLS folder of the library, and its segments in their order."""
    folder = make_media("hls").parent
    shutil.copytree(folder, cinema.library_dir / "shows/two")
    segments = re.findall(r"^[^#\n].*$", (folder / "hls.m3u8").read_text(encoding="utf-8"), re.M)
    return cinema.new_media(title="A show to watch", file_url="library:shows/two/hls.m3u8"), segments


def grant_of(url):
    return url.split("/stream/")[1].split("/")[3]


def lines_of(cinema, grant):
    return [
        line
        for line in cinema.view_log()
        if line["grant"] == grant and line["status"] in (200, 206) and line["body_bytes"] > 0
    ]


def percent_of_view(cinema, grant):
    """Of the one view that there is, once every line is counted."""
    cinema.wait_view_log(lambda line: line["grant"] == grant)
    cinema.wait_counted()
    rows = cinema.sql(
        "select delivered_points, bytes_sent from media_view_log where replace(grant_id::text, '-', '') " "= %s", grant
    )
    assert len(rows) == 1, rows
    assert rows[0][1] == sum(
        line["body_bytes"] for line in lines_of(cinema, grant) if not line["file"].endswith(".m3u8")
    )
    return rows[0][0] / 100


def percent_of_lines(cinema, grant, size):
    """The same from nginx's lines, byte by byte."""
    got = bytearray(size)
    for line in lines_of(cinema, grant):
        start = int(re.match(r"bytes (\d+)-", line["content_range"] or "bytes 0-").group(1))
        got[start : start + line["body_bytes"]] = b"\1" * min(line["body_bytes"], size - start)
    return 100 * sum(got) / size


def test_curl_with_ranges(cinema, film):
    url, size = url_of(cinema, film), film["size_bytes"]
    for first, last in ((0, size // 10 - 1), (size // 20, size // 5 - 1), (size // 2, size // 2 + size // 10 - 1)):
        run("curl", "-sSf", "-o", "/dev/null", "-r", f"{first}-{last}", url)
    wait_until(lambda: len(lines_of(cinema, grant_of(url))) == 3, "three deliveries to be logged")
    assert abs(percent_of_view(cinema, grant_of(url)) - 30) <= POINTS


def played_of(cinema, grant):
    return cinema.sql("select played from media_view_log where replace(grant_id::text, '-', '') = %s", grant)


def test_a_page_that_loads_metadata_has_views_and_no_plays(cinema, film, make_media, allowed):
    """In a browser, which loads megabytes at once. Beside it one who plays, and one who pauses for three hours, which
    is no time watched and ranks nobody."""
    loaded = cinema.film(make_media("long"), title="A film that nobody plays")
    for medium, play_to in ((loaded, 0), (film, 4)):
        url = url_of(cinema, medium)
        web_tools.browse("preload", page_url=allowed, stream_url=url, play_to=play_to)
        wait_until(lambda: played_of(cinema, grant_of(url)) == [(play_to > 0,)], "the view to be counted")  # noqa: B023
    paused = cinema.film(make_media("long"), title="A film that is paused")
    url = url_of(cinema, paused)
    run("curl", "-sSf", "-o", "/dev/null", "-r", "0-1023", url)
    wait_until(lambda: played_of(cinema, grant_of(url)), "the view to be counted")
    cinema.sql("update media_view_log set seconds = 10800 where media_id = %s returning id", paused["id"])
    cinema.sql("update view_rollup set seconds = 10800 where media_id = %s returning media_id", paused["id"])
    everybody = {"bots": "include"}  # the browser says that nobody sits before it
    with cinema.new_admin() as api:
        answers = {
            medium["id"]: api.get(f"/media/media/{medium['id']}/analytics", params=everybody).json()
            for medium in (loaded, film, paused)
        }
        assert [
            (answers[medium["id"]]["total_views"], answers[medium["id"]]["total_plays"]) for medium in (loaded, paused)
        ] == [(1, 0), (1, 0)]
        assert answers[film["id"]]["total_plays"] >= 1 and answers[film["id"]]["watched_seconds"] >= 4
        assert (answers[paused["id"]]["seconds"], answers[paused["id"]]["watched_seconds"]) == (10800, 0)
        items = [
            item["media_id"]
            for item in api.get("/analytics/top", params={"by": "seconds", **everybody}).json()["items"]
        ]
        assert film["id"] in items and paused["id"] not in items
        assert loaded["id"] not in [
            item["media_id"] for item in api.get("/analytics/top", params={"by": "plays", **everybody}).json()["items"]
        ]
        [view] = api.get(f"/media/media/{paused['id']}/views").json()["items"]
        assert (view["played"], view["watched_seconds"]) == (False, 0)


@pytest.mark.parametrize("whole", [True, False])
def test_ffmpeg_over_hls(cinema, show, whole):
    medium, segments = show
    url = url_of(cinema, medium)
    run(
        "ffmpeg", "-v", "error", "-nostdin", *([] if whole else ["-t", "1"]), "-i", url, "-c", "copy", "-f", "null", "-"
    )
    cinema.wait_logged()
    fetched = {line["file"].rsplit("/", 1)[-1] for line in lines_of(cinema, grant_of(url))} & set(segments)
    assert fetched == set(segments) if whole else fetched
    assert abs(percent_of_view(cinema, grant_of(url)) - 100 * len(fetched) / len(segments)) <= POINTS


def test_chromium_seeking_in_a_film(cinema, film, allowed):
    url = url_of(cinema, film)
    seen = web_tools.browse("film", page_url=allowed, stream_url=url, seek_to=30)
    assert seen["sought"]["time"] > 30
    wait_until(
        lambda: len(lines_of(cinema, grant_of(url))) >= 2, "a delivery before and one after the seek to be " "logged"
    )
    percent = percent_of_view(cinema, grant_of(url))
    assert 0 < percent <= 100
    assert abs(percent - percent_of_lines(cinema, grant_of(url), film["size_bytes"])) <= POINTS
