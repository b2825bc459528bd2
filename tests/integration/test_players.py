# SPDX-License-Identifier: ISC
"""Stream URLs in what people play them with: ffprobe, ffmpeg, curl, and Chromium on a page of another origin."""
import functools
import hashlib
import json
import os
import shutil
import subprocess

import pytest

import web_tools
from answers import assert_problem
from stack import DEADLINE


@pytest.fixture(scope="module")
def allowed():
    with web_tools.other_origin() as origin:
        yield origin


@pytest.fixture(scope="module")
def players(module_stack_with, allowed):
    """A stack whose CORS list names one of the two sites."""
    return module_stack_with(cors_origins=[allowed])


@pytest.fixture(scope="module")
def long_film(players, make_media):
    source = make_media("long")
    return source, players.film(source, title="A long film")


def test_a_url_opened_as_a_page_of_its_own_plays(players, long_film):
    seen = web_tools.browse("page", stream_url=url_of(players, long_film[1]))
    assert seen["state"]["time"] > 0.5 and seen["state"]["width"] == 640 and not seen["state"]["error"]
    assert [line for line in seen["seen"]["console"] if "Security" in line] == []


def test_a_picture_opened_as_a_page_of_its_own_shows(players, hls):
    run(
        "ffmpeg",
        "-v",
        "error",
        "-nostdin",
        "-f",
        "lavfi",
        "-i",
        "testsrc=s=320x180",
        "-frames:v",
        "1",
        players.library_dir / "shows/one/poster.jpg",
    )
    seen = web_tools.browse("page", stream_url=url_of(players, hls).rsplit("/", 1)[0] + "/poster.jpg", tag="img")
    assert seen["state"]["width"] == 320
    assert [line for line in seen["seen"]["console"] if "Security" in line] == []


@pytest.fixture(scope="module")
def hls(players, make_media):
    """An HLS folder in the library, as one medium."""
    shutil.copytree(make_media("hls").parent, players.library_dir / "shows/one")
    return players.new_media(title="A show", file_url="library:shows/one/hls.m3u8")


def test_a_playlist_is_no_download(players, hls):
    assert_problem(players.admin().get(f"/media/media/{hls['id']}/stream-url", params={"download": "true"}), 409)


def url_of(stack, medium, **query):
    return stack.admin().get(f"/media/media/{medium['id']}/stream-url", params=query).json()["stream_url"]


def run(*argv, **options):
    return subprocess.run(
        [str(a) for a in argv],
        check=True,
        capture_output=True,
        timeout=4 * DEADLINE,
        env={k: v for k, v in os.environ.items() if not k.lower().endswith("_proxy")},
        **options,
    ).stdout


def sha256(data):
    return hashlib.sha256(data).hexdigest()


def test_ffprobe_reads_what_the_medium_says(players, long_film):
    _, medium = long_film
    found = json.loads(
        run("ffprobe", "-v", "error", "-show_format", "-show_streams", "-of", "json", url_of(players, medium))
    )
    video = next(stream for stream in found["streams"] if stream["codec_type"] == "video")
    assert (video["width"], video["height"]) == (medium["width"], medium["height"]) == (640, 360)
    assert abs(float(found["format"]["duration"]) - medium["duration_seconds"]) < 0.1
    assert int(found["format"]["size"]) == medium["size_bytes"]


def test_curl_downloads_identical_bytes_whole_resumed_and_over_http2(players, long_film, tmp_path):
    source, medium = long_film
    url, expected = url_of(players, medium), sha256(source.read_bytes())
    assert medium["sha256"] == expected
    assert sha256(run("curl", "-sSf", url)) == expected
    part = tmp_path / "part.mp4"
    part.write_bytes(source.read_bytes()[:100_000])
    run("curl", "-sSf", "-C", "-", "-o", part, url)
    assert sha256(part.read_bytes()) == expected
    secure = url.replace(players.base_url, players.https_url)
    assert sha256(run("curl", "-sSf", "--http2", "--cacert", players.certificate, secure)) == expected


def test_ffmpeg_copies_identical_packets(players, long_film):
    source, medium = long_film
    packets = functools.partial(run, "ffmpeg", "-v", "error", "-nostdin")
    arguments = ("-map", "0", "-c", "copy", "-f", "streamhash", "-")
    assert packets("-i", url_of(players, medium), *arguments) == packets("-i", source, *arguments)


@pytest.fixture(scope="module")
def film_seen(players, long_film, allowed):
    return web_tools.browse("film", page_url=allowed, stream_url=url_of(players, long_film[1]), seek_to=30)


def test_chromium_plays_and_seeks(long_film, film_seen):
    played, sought = film_seen["played"], film_seen["sought"]
    assert (played["width"], played["height"]) == (640, 360)
    assert abs(played["duration"] - long_film[1]["duration_seconds"]) < 0.2
    assert sought["time"] > 30 and not sought["error"]
    streamed = [request for request in film_seen["seen"]["requests"] if "/stream/" in request["url"]]
    # 0: the player broke a range off because it was asked to seek.
    assert len(streamed) >= 2 and {request["status"] for request in streamed} <= {206, 0}
    assert any(request["range"] not in (None, "bytes=0-") for request in streamed)


def test_the_player_asks_nothing_of_another_host(players, film_seen, allowed):
    asked = [request["url"] for request in film_seen["seen"]["requests"]]
    assert [url for url in asked if not url.startswith((allowed, players.base_url))] == []


def test_chromium_stops_at_an_expired_url(players, long_film, allowed):
    _, medium = long_film
    url = url_of(players, medium)
    kid = url.split("/stream/")[1].split("/")
    kid[4] = "1700000000"
    with players.anonymous() as api:
        assert api.get("/stream/" + "/".join(kid)).status_code == 403  # the expiry is signed
    seen = web_tools.browse("cors", page_url=allowed, url=players.base_url + "/stream/" + "/".join(kid), token="none")
    assert seen["answer"].get("status") == 403


def test_hls_plays_in_chromium_through_one_grant(players, hls, allowed):
    url = url_of(players, hls)
    seen = web_tools.browse("hls", page_url=allowed, stream_url=url)
    assert seen["problems"] == []
    assert seen["state"]["time"] > 4 and not seen["state"]["error"]
    prefix = url.rsplit("/", 1)[0]
    streamed = [request["url"] for request in seen["seen"]["requests"] if "/stream/" in request["url"]]
    assert len(streamed) >= 5 and all(asked.startswith(prefix) for asked in streamed)


def test_hls_plays_in_ffmpeg_through_one_grant(players, hls, make_media):
    arguments = ("-map", "0", "-c", "copy", "-f", "streamhash", "-")
    assert run("ffmpeg", "-v", "error", "-nostdin", "-i", url_of(players, hls), *arguments) == run(
        "ffmpeg", "-v", "error", "-nostdin", "-i", make_media("hls"), *arguments
    )


def test_a_site_that_is_not_on_the_list_cannot_read(players, hls, long_film):
    with web_tools.other_origin() as stranger:
        seen = web_tools.browse("hls", page_url=stranger, stream_url=url_of(players, hls), expect_failure=True)
        assert any(problem["fatal"] for problem in seen["problems"])
        token = players.admin().headers["Authorization"].split()[1]
        refused = web_tools.browse(
            "cors", page_url=stranger, url=f"{players.base_url}/media/media/{long_film[1]['id']}", token=token
        )
        assert "refused" in refused["answer"]


def test_a_site_on_the_list_calls_the_api(players, long_film, allowed):
    token = players.admin().headers["Authorization"].split()[1]
    seen = web_tools.browse(
        "cors", page_url=allowed, url=f"{players.base_url}/media/media/{long_film[1]['id']}", token=token
    )
    assert seen["answer"]["status"] == 200
    assert seen["answer"]["body"]["id"] == long_film[1]["id"]
    assert seen["answer"]["request_id"]  # exposed to the page
