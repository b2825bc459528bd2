# SPDX-License-Identifier: ISC
"""Packages: HLS and DASH made of uploads, served under the stream URL's grant, never half-made."""
import re
import subprocess

import pytest
from answers import assert_json, assert_problem
from package_tools import ask, make, package, probe, state, streams, wait_package, work
from stack import wait_until


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
    said = package(studio, film["id"])
    assert said.pop("size_bytes") > 10000
    assert said == {
        "state": "ready",
        "served": True,
        "progress_percent": 100,
        "seconds_left": None,
        "error": None,
        "remedy": None,
        "copied": True,
        "codecs": ["h264"],
        "hdr": False,
        "storyboard": True,
        "chapters": 0,
        "subtitles": [],
        "left_out": [],
    }
    answer = streams(studio, film["id"])
    urls = answer["streams"]
    assert answer["stream_url"] == urls["hls"] and all(answer["grant_id"] in url for url in urls.values() if url)
    with studio.anonymous() as viewer:
        assert viewer.get(urls["hls"]).headers["Content-Type"] == "application/vnd.apple.mpegurl"
        assert viewer.get(urls["dash"]).headers["Content-Type"] == "application/dash+xml"
        assert viewer.get(urls["poster"]).content.startswith(b"\xff\xd8")
        assert viewer.get(urls["progressive"]).status_code == 200
    assert {stream["codec_type"] for stream in probe(urls["hls"])["streams"]} == {"video", "audio"}


def luma(picture, crop="iw:ih:0:0"):
    """The mean brightness of a part of a JPEG."""
    done = subprocess.run(
        ["ffmpeg", "-v", "error", "-i", "-", "-vf", f"crop={crop},scale=1:1,format=gray", "-f", "rawvideo", "-"],
        input=picture,
        check=True,
        capture_output=True,
    )
    return done.stdout[0]


def test_a_storyboard_shows_the_film(studio, tmp_path):
    """A film that grows bright: so do the small pictures, each at its time."""
    source = make(
        tmp_path / "in.mp4",
        ["-f", "lavfi", "-i", "color=black:s=320x180:r=25:d=12,geq=lum='20+16*floor(T)':cb=128:cr=128"],
        "-c:v libx264 -preset ultrafast -pix_fmt yuv420p",
    )
    media = studio.film(source)["id"]
    assert package(studio, media)["storyboard"]
    answer = streams(studio, media)
    with studio.anonymous() as viewer:
        told = viewer.get(answer["streams"]["storyboard"])
        assert told.headers["Content-Type"].startswith("text/vtt")
        cues = re.findall(r"(\S+) --> (\S+)\n(\S+)#xywh=(\d+),(\d+),(\d+),(\d+)\n", told.text)
        assert [cue[0] for cue in cues] == [f"00:00:{second:02}.000" for second in range(12)]
        sheet = viewer.get(answer["streams"]["storyboard"].replace("storyboard.vtt", cues[0][2])).content
        levels = [luma(sheet, f"{w}:{h}:{x}:{y}") for _, _, _, x, y, w, h in cues]
        assert levels == sorted(levels) and levels[11] - levels[0] > 150
        for name, width in (("poster", 320), ("poster_640", 320), ("poster_320", 320)):
            assert probe_picture(viewer.get(answer["streams"][name]).content) == width
        master = viewer.get(answer["streams"]["hls"]).text
        assert '#EXT-X-IMAGE-STREAM-INF:' in master and "thumbnail_tile" in viewer.get(answer["streams"]["dash"]).text


def probe_picture(content):
    done = subprocess.run(
        ["ffprobe", "-v", "error", "-show_entries", "stream=width", "-of", "csv=p=0", "-"],
        input=content,
        check=True,
        capture_output=True,
    )
    return int(done.stdout)


def test_the_poster_is_not_black_when_the_film_is_not(studio, tmp_path):
    """Bright for its first half second only, with one key picture and with many."""
    for number, keys in enumerate(("-g 9999", "-g 5")):
        source = make(
            tmp_path / f"{number}.mp4",
            ["-f", "lavfi", "-i", "color=black:s=320x180:r=25:d=8,drawbox=t=fill:c=white:enable='between(t,0.3,0.5)'"],
            "-c:v libx264 -preset ultrafast -pix_fmt yuv420p",
            keys,
        )
        media = studio.film(source)["id"]
        package(studio, media)
        with studio.anonymous() as viewer:
            assert luma(viewer.get(streams(studio, media)["streams"]["poster"]).content) > 200


def test_a_poster_is_chosen_by_time_or_uploaded(studio, tmp_path):
    """A film that is white from its fourth second on; a grey image."""
    source = make(
        tmp_path / "in.mp4",
        ["-f", "lavfi", "-i", "color=gray:s=320x180:r=25:d=6,drawbox=t=fill:c=white:enable='gte(t,4)'"],
        "-c:v libx264 -preset ultrafast -pix_fmt yuv420p",
    )
    media = studio.film(source)["id"]
    path = f"/media/media/{media}/poster"
    assert_problem(studio.admin().delete(path), 404)

    def poster():
        url = stream_url(studio, media)["streams"]["poster"]
        with studio.anonymous() as viewer:
            return luma(viewer.get(url).content) if url else None

    assert poster() is None
    said = assert_json(studio.admin().put(path, params={"time_seconds": "4.5"}), 202)
    assert said["poster"] == {"from": "time", "time_seconds": 4.5, "made": False, "error": None}
    work(studio)
    wait_until(lambda: (poster() or 0) > 240, "the white picture, without a package")
    package(studio, media)
    streams(studio, media)
    assert poster() > 240, "what was chosen goes before the package's"

    image = make(tmp_path / "in.png", "-f lavfi -i color=black:s=1400x700 -frames:v 1").read_bytes()
    assert studio.admin().put(path, data=image, headers={"Content-Type": "image/png"}).status_code == 202
    work(studio)
    wait_until(lambda: poster() < 30, "the image")
    studio.mediagate("sweep", "--full")
    with studio.anonymous() as viewer:
        urls = stream_url(studio, media)["streams"]
        widths = [probe_picture(viewer.get(urls[name]).content) for name in ("poster", "poster_640", "poster_320")]
    assert widths == [1280, 640, 320]

    assert_json(studio.admin().put(path, params={"time_seconds": "99"}), 202)
    work(studio)
    said = wait_until(
        lambda: (told := assert_json(studio.admin().get(f"/media/media/{media}"))["poster"])["error"] and told,
        "the error",
    )
    assert said["made"] is False and "no picture at this time" in said["error"]
    assert studio.admin().delete(path).status_code == 204
    wait_until(lambda: 90 < poster() < 160, "the package's own")

    for wrong in ({"time_seconds": "x"}, {"time_seconds": "-1"}, {"time_seconds": "86401"}):
        assert_problem(studio.admin().put(path, params=wrong), 422)
    assert_problem(studio.admin().put(path, data=b"GIF89a", headers={"Content-Type": "image/png"}), 415)
    assert_problem(studio.admin().put("/media/media/999999999/poster", params={"time_seconds": 1}), 404)


def test_jobs_are_listed_in_their_order(studio, make_media):
    first, second, third = (studio.film(make_media("film"), title=f"Film {number}")["id"] for number in range(3))
    for media, query in ((first, {}), (second, {"priority": -5}), (third, {"priority": 50})):
        assert_json(studio.admin().post(f"/media/media/{media}/package", params=query), 202)
    for wrong in ("high", "101", "-101", "1.5", ""):
        assert_problem(studio.admin().post(f"/media/media/{first}/package", params={"priority": wrong}), 422)
    waiting = assert_json(studio.admin().get("/packages", params={"state": "queued"}))["items"]
    assert [(job["media_id"], job["position"], job["priority"]) for job in waiting] == [
        (third, 1, 50),
        (second, 3, -5),
        (first, 2, 1),
    ]
    assert waiting[0]["title"] == "Film 2" and waiting[0]["node"] is None and waiting[0]["error"] is None
    work(studio)
    done = assert_json(studio.admin().get("/packages", params={"state": "done", "limit": 2}))
    assert [job["media_id"] for job in done["items"]] == [third, second] and done["items"][0]["node"]
    more = assert_json(
        studio.admin().get("/packages", params={"state": "done", "limit": 2, "cursor": done["next_cursor"]})
    )
    assert more["items"][0]["media_id"] == first
    began = {job["media_id"]: job["started_at"] for job in done["items"] + more["items"]}
    assert began[third] <= began[first] <= began[second]
    assert_problem(studio.admin().get("/packages", params={"state": "ready"}), 422)


def test_a_job_tells_what_it_did_and_what_to_do(studio, film, tmp_path):
    path = f"/media/media/{film['id']}/package/log"
    assert_problem(studio.admin().get(path), 404)
    package(studio, film["id"])
    said = assert_json(studio.admin().get(path))
    assert said["state"] == "done" and said["attempts"] == 1 and said["remedy"] is None
    assert "ffprobe" in said["log"] and "-f dash" in said["log"] and "ended with code 0" in said["log"]
    assert str(studio.root) not in said["log"] and "bwrap" not in said["log"]

    source = make(tmp_path / "in.mp4", "-f lavfi -i color=black:s=8192x8192:r=1:d=3 -c:v libx264 -preset ultrafast")
    media = studio.film(source)["id"]
    with studio.changed(package_memory=512):
        said = package(studio, media)
    assert said["state"] == "failed" and "package_memory" in said["remedy"]
    told = assert_json(studio.admin().get(f"/media/media/{media}/package/log"))
    assert told["error"] == said["error"] and told["remedy"] == said["remedy"] and said["error"] in told["log"]
    [failed] = assert_json(studio.admin().get("/packages", params={"state": "failed"}))["items"]
    assert failed["media_id"] == media and failed["remedy"] == said["remedy"]


def test_it_works_at_a_lower_priority_than_its_own(studio, make_media):
    """Started by somebody who is nicer than package_nice says: it cannot take that back, and need not."""
    media = studio.film(make_media("short"))["id"]
    ask(studio, media)
    done = studio.run("nice", "-n", "19", studio.program, "package", "--once", "--config", studio.config)
    assert '"event":"priority_kept"' in done.stdout + done.stderr
    assert state(studio, media)[0] == "ready"


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
