# SPDX-License-Identifier: ISC
"""Packages in what people play them with, and the views that come of it."""
import hashlib
import re
import threading
import time

import pytest

import package_tools
import web_tools
from package_tools import make, probe, streams
from stack import DEADLINE, wait_until
from test_players import run

SECONDS = 48


@pytest.fixture(scope="module")
def allowed():
    with web_tools.other_origin() as origin:
        yield origin


@pytest.fixture(scope="module")
def studio(module_stack_with, allowed):
    stack = module_stack_with(cors_origins=[allowed], **{**package_tools.QUICK, "package_max_height": 480})
    stack.start_ingest()
    return stack


@pytest.fixture(scope="module")
def film(studio, tmp_path_factory):
    source = make(
        tmp_path_factory.mktemp("film") / "in.mp4",
        f"-f lavfi -i testsrc2=s=854x480:r=25:d={SECONDS} -f "
        f"lavfi -i sine=d={SECONDS} "
        "-c:v libx264 -preset ultrafast -pix_fmt yuv420p -c:a aac",
    )
    media = studio.film(source, title="A packaged film")
    assert package_tools.package(studio, media["id"])["state"] == "ready"
    streams(studio, media["id"])
    return media


def prefix(url):
    """All that a grant may be asked for begins so."""
    return re.match(r"https?://[^/]+(/stream/(?:[^/]+/){7})", url).group(1)


def assert_stays_below(studio, seen, answer, page):
    """Not one request of the player's left the grant's prefix, and none but page and prefix was asked at all."""
    below = studio.base_url + prefix(answer["stream_url"])
    others = [
        request["url"]
        for request in seen["seen"]["requests"]
        if not request["url"].startswith((below, page, f"blob:{page}"))
    ]
    assert others == []
    assert {request["status"] for request in seen["seen"]["requests"] if request["url"].startswith(below)} <= {
        200,
        206,
        0,
    }


def play(studio, script, film, allowed, kind):
    answer = streams(studio, film["id"])
    seen = web_tools.browse(script, page_url=allowed, stream_url=answer["streams"][kind])
    assert_stays_below(studio, seen, answer, allowed)
    return seen, answer


def test_hls_js_changes_quality_and_seeks(studio, film, allowed):
    seen, _ = play(studio, "abr", film, allowed, "hls")
    assert not [problem for problem in seen["problems"] if problem["fatal"]] and not seen["state"]["error"]
    assert sorted(level["height"] for level in seen["levels"]) == [240, 360, 480]
    assert {240, 480} <= set(seen["heights"])
    rates = [level["bitrate"] for level in sorted(seen["levels"], key=lambda level: level["height"])]
    assert rates == sorted(set(rates))


def test_shaka_plays_dash_and_changes_quality(studio, film, allowed):
    seen, _ = play(studio, "shaka", film, allowed, "dash")
    assert seen["problems"] == [] and sorted(variant["height"] for variant in seen["variants"]) == [240, 360, 480]
    assert abs(seen["state"]["duration"] - SECONDS) < 0.5


def test_shaka_plays_hls(studio, film, allowed):
    seen, _ = play(studio, "shaka", film, allowed, "hls")
    assert seen["problems"] == []


def test_chromium_plays_hls_by_itself(studio, film, allowed):
    """Without any script, from version 142 on: it picks the quality, seeks, stays below the prefix, and is one view."""
    seen, answer = play(studio, "native", film, allowed, "hls")
    if not seen["can"]:
        pytest.skip(f"Chromium {seen['version']} plays no HLS by itself: canPlayType says so")
    assert abs(seen["sought"]["duration"] - SECONDS) < 0.5 and not seen["sought"]["error"]
    assert len(set(seen["heights"])) > 1 and max(seen["heights"]) == 480
    wait_counted(studio, answer["grant_id"], 1)
    rows = studio.sql(
        "select delivered_points from media_view_log where replace(grant_id::text, '-', '') = " "%s", answer["grant_id"]
    )
    assert len(rows) == 1 and 0 < rows[0][0] <= 10000


def test_chromium_shows_the_poster(studio, film):
    seen = web_tools.browse("page", stream_url=streams(studio, film["id"])["streams"]["poster"], tag="img")
    assert seen["state"]["width"] == 854


@pytest.mark.parametrize("kind", ["hls", "dash"])
def test_ffmpeg_decodes_all_of_it(studio, film, kind):
    url = streams(studio, film["id"])["streams"][kind]
    found = probe(url)
    assert sum(stream["codec_type"] == "video" for stream in found["streams"]) == 3
    decoded = run(
        "ffmpeg", "-v", "error", "-nostdin", "-i", url, "-map", "0:v:0", "-map", "0:a:0", "-f", "framemd5", "-"
    ).decode()
    frames = [line for line in decoded.splitlines() if line.startswith("0,")]
    assert abs(len(frames) - 25 * SECONDS) <= 1


def test_a_grant_that_expires_during_play_answers_410(studio, film, allowed):
    """Asked for once the browser stands ready, so that its time is spent on playing."""
    seen = web_tools.browse(
        "cut_off",
        page_url=allowed,
        ask_url=f"{studio.base_url}/media/media/{film['id']}/stream-url?ttl_seconds=15",
        authorization=studio.admin().headers["Authorization"],
    )
    assert set(seen["refused"]) == {410}
    assert 200 in {request["status"] for request in seen["seen"]["requests"] if ".m4s" in request["url"]}


def test_a_grant_that_is_revoked_during_play_answers_403(studio, film, allowed):
    answer = streams(studio, film["id"])

    def revoke():
        wait_until(
            lambda: any(line["grant"] == answer["grant_id"] and "/seg-" in line["file"] for line in studio.view_log()),
            "the player to begin",
            timeout=2 * DEADLINE,
        )
        time.sleep(1)
        assert studio.admin().delete(f"/media/grants/{answer['grant_id']}").status_code == 204

    ending = threading.Thread(target=revoke)
    ending.start()
    try:
        seen = web_tools.browse("cut_off", page_url=allowed, stream_url=answer["streams"]["hls"])
    finally:
        ending.join()
    assert set(seen["refused"]) == {403}


# --- views ---------------------------------------------------------------------------------------


def fetch(studio, base, names):
    with studio.anonymous() as viewer:
        for name in names:
            assert viewer.get(f"{base}/{name}").status_code == 200, name


def names_of(text):
    return re.findall(r"^[^#\n].*$", text, re.M) + re.findall(r'URI="([^"]+)"', text)


def watch(studio, film, share):
    """As a player does that changes its rendition with each segment, up to a share of the film. Its grant."""
    answer = streams(studio, film["id"])
    base = answer["streams"]["hls"].rsplit("/", 1)[0]
    with studio.anonymous() as viewer:
        named = set(names_of(viewer.get(f"{base}/master.m3u8").text))
        playlists = sorted(name for name in named if name.startswith("media_"))
        lists = [names_of(viewer.get(f"{base}/{playlist}").text) for playlist in playlists]
    *pictures, sound = [sorted(name for name in names if name.startswith("seg-")) for names in lists]
    fetch(studio, base, [name for names in lists for name in names if name.startswith("init-")])
    names = [
        names[number]
        for number in range(round(len(pictures[0]) * share))
        for names in (pictures[number % len(pictures)], pictures[(number + 1) % len(pictures)], sound)
    ]
    names += sound[len(pictures[0]) :] if share == 1 else []
    fetch(studio, base, names)
    return answer["grant_id"], len(names)


def wait_counted(studio, grant, segments):
    """Until nginx has written these deliveries' lines, and ingest has counted them."""
    studio.wait_view_log(lambda line: line["grant"] == grant, "the deliveries to be logged")
    wait_until(
        lambda: sum(line["grant"] == grant and "/seg-" in line["file"] for line in studio.view_log()) >= segments,
        "all of them to be logged",
    )
    studio.wait_counted()


@pytest.mark.parametrize("share", [1, 0.5, 0.25])
def test_several_renditions_are_one_view_and_its_percent_is_right(studio, film, share):
    grant, segments = watch(studio, film, share)
    wait_counted(studio, grant, segments)
    rows = studio.sql(
        "select delivered_points, bytes_sent from media_view_log where replace(grant_id::text, '-', '') " "= %s", grant
    )
    assert len(rows) == 1, rows
    assert abs(rows[0][0] / 100 - 100 * share) <= 2, rows


def test_a_browser_with_several_renditions_is_one_view(studio, film, allowed):
    _, answer = play(studio, "abr", film, allowed, "hls")
    wait_counted(studio, answer["grant_id"], 1)
    rows = studio.sql(
        "select delivered_points from media_view_log where replace(grant_id::text, '-', '') = " "%s", answer["grant_id"]
    )
    assert len(rows) == 1 and 0 < rows[0][0] < 10000


def test_segments_are_what_was_packaged(studio, film):
    """What nginx serves is what lies there, whole."""
    answer = streams(studio, film["id"])
    name = package_tools.state(studio, film["id"])[2]
    with studio.anonymous() as viewer:
        for entry in sorted((studio.data_dir / f"media/{film['id']}" / name).iterdir())[:8]:
            got = viewer.get(answer["streams"]["hls"].replace("master.m3u8", entry.name))
            assert hashlib.sha256(got.content).digest() == hashlib.sha256(entry.read_bytes()).digest()
