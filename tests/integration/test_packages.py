# SPDX-License-Identifier: ISC
"""Packages: HLS and DASH made of uploads, served under the stream URL's grant, never half-made."""
import pytest
from answers import assert_json, assert_problem
from package_tools import ask, package, probe, streams, wait_package, work


@pytest.fixture(scope="module")
def studio(module_stack_with):
    """A stack whose packages are small and quick to make."""
    return module_stack_with(package_max_height=240, package_preset="ultrafast")


@pytest.fixture
def film(studio, make_media):
    return studio.film(make_media("film"), title="A film to package")


def stream_url(studio, media, **query):
    return assert_json(studio.admin().get(f"/media/media/{media}/stream-url", params=query))


def test_a_film_is_packaged_and_plays_under_one_grant(studio, film):
    before = stream_url(studio, film["id"])
    assert (
        before["stream_url"] == before["streams"]["progressive"]
        and before["streams"]["hls"] is None
        and film["package"] is None
    )
    assert package(studio, film["id"]) == {
        "state": "ready",
        "served": True,
        "progress_percent": 100,
        "seconds_left": None,
        "error": None,
    }
    answer = streams(studio, film["id"])
    urls = answer["streams"]
    assert answer["stream_url"] == urls["hls"] and all(answer["grant_id"] in url for url in urls.values())
    with studio.anonymous() as viewer:
        assert viewer.get(urls["hls"]).headers["Content-Type"] == "application/vnd.apple.mpegurl"
        assert viewer.get(urls["dash"]).headers["Content-Type"] == "application/dash+xml"
        assert viewer.get(urls["poster"]).content.startswith(b"\xff\xd8")
        assert viewer.get(urls["progressive"]).status_code == 200
    assert {stream["codec_type"] for stream in probe(urls["hls"])["streams"]} == {"video", "audio"}


def test_a_download_is_always_the_file(studio, film):
    package(studio, film["id"])
    streams(studio, film["id"])
    answer = stream_url(studio, film["id"], download="true")
    assert answer["stream_url"].split("?")[0].endswith("/A-film-to-package.mp4") and set(
        answer["streams"].values()
    ) == {None}


def test_what_cannot_be_packaged_is_409(studio):
    assert_problem(studio.admin().post(f"/media/media/{studio.new_media()['id']}/package"), 409)
    assert_problem(studio.admin().post("/media/media/999999999/package"), 404)


def test_a_package_is_removed_and_made_again(studio, film):
    package(studio, film["id"])
    assert studio.admin().delete(f"/media/media/{film['id']}/package").status_code == 204
    assert wait_package(studio, film["id"])["served"] is False
    assert package(studio, film["id"])["state"] == "ready"


def test_a_repeat_is_cancelled_and_the_package_stays(studio, film):
    package(studio, film["id"])
    ask(studio, film["id"])
    path = f"/media/media/{film['id']}/package"
    assert_problem(studio.admin().delete(path, params={"keep": "yes"}), 422)
    assert studio.admin().delete(path, params={"keep": "true"}).status_code == 204
    said = wait_package(studio, film["id"])
    assert said["state"] == "ready" and said["served"]
    work(studio)
    assert studio.sql("select state from package_job where media_id = %s order by id", film["id"]) == [
        ("done",),
        ("cancelled",),
    ]


def test_a_new_file_forgets_the_package(studio, film, make_media):
    package(studio, film["id"])
    assert studio.upload(film["id"], make_media("film")).status_code == 200
    assert wait_package(studio, film["id"])["state"] is None
