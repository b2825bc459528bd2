# SPDX-License-Identifier: ISC
"""Media files in a bucket: what comes into it, what plays out of it, what is left when parts fail. The tests of streams
in test_streams.py run here too, on the same stack; with `make bucket` all of them."""
# pylint: disable=redefined-outer-name,unused-import,wildcard-import,unused-wildcard-import
import contextlib
import os
import signal
import socket
import threading

import pytest
import requests
import tus_client as tus
from answers import assert_json, assert_problem
from object_gateway import ObjectGateway, can_run
from object_stack import ObjectStack
from package_tools import package
from stack import DEADLINE, wait_until
from upload_tools import Padded, put
from web_tools import missing

if os.environ.get("MEDIAGATE_TEST_OBJECTS") == "whole":
    from test_streams import *
else:
    from test_streams import (
        content,
        test_a_download_is_saved_under_its_title,
        test_a_revoked_grant_is_403_at_once,
        test_conditional_requests,
        test_expired_is_410,
        test_forged_urls_are_refused,
        test_head_has_no_body,
        test_other_files_of_the_medium_are_404,
        test_other_methods_are_405,
        test_play,
        test_ranges,
        test_ranges_outside_are_416,
        test_the_old_file_plays_on_after_a_new_upload,
        viewer,
    )

MIB = 1 << 20


@pytest.fixture(scope="session")
def gateway():
    if not can_run():
        missing("ceph-mon, ceph-osd or radosgw (Debian packages of these names)")
    with ObjectGateway() as running:
        yield running


@pytest.fixture(scope="session")
def stack(gateway):
    with ObjectStack(gateway, package_max_height=240, package_preset="ultrafast", upload_expiry=86400) as running:
        yield running


@pytest.fixture(scope="module")
def film(stack, make_media):
    """That of this stack: the session's film may have been made on the other one."""
    return stack.film(make_media("film"), title="The shared film")


@pytest.fixture
def short(make_media):
    return make_media("short").read_bytes()


def url_of(stack, media, **query):
    return assert_json(stack.admin().get(f"/media/media/{media}/stream-url", params=query))["stream_url"]


def notes(stack, media):
    return stack.sql("select entry, intent from file_note where media_id = %s order by entry", media)


def age_notes(stack):
    """As if longer than any URL lives had gone by since the notes were made."""
    stack.sql("update file_note set noted_at = noted_at - interval '9 days'")


def sweep(stack, *arguments):
    return stack.mediagate("sweep", *arguments).stdout


@contextlib.contextmanager
def gateway_gone(gateway):
    gateway.stop_gateway()
    try:
        yield
    finally:
        gateway.start_gateway()


@contextlib.contextmanager
def gateway_silent(gateway):
    """It takes connections, and says nothing."""
    gateway.processes["gateway"].send_signal(signal.SIGSTOP)
    try:
        yield
    finally:
        gateway.processes["gateway"].send_signal(signal.SIGCONT)


# --- what comes in ---------------------------------------------------------------------------------------
def test_an_upload_is_a_whole_object_and_nothing_else_is_left(stack, gateway, make_media):
    body = make_media("short").read_bytes()
    media = stack.film(make_media("short"))["id"]
    (name,) = stack.keys(media)
    assert stack.sql("select stored_name from media_asset where id = %s", media) == [(name,)]
    found = gateway.ask("GET", f"media/{media}/{name}")
    assert found.content == body and found.headers["Content-Type"] == "video/mp4"
    assert notes(stack, media) == [] and not list((stack.data_dir / "spool").iterdir())
    assert not (stack.data_dir / f"media/{media}").exists()


def test_a_large_film_goes_in_parts_and_plays_across_slices(stack, gateway, short, viewer):
    body = b"".join(Padded(short, 37 * MIB))
    media = stack.new_media()["id"]
    assert put(stack, media, Padded(short, len(body))).status_code == 201
    (name,) = stack.keys(media)
    assert gateway.ask("HEAD", f"media/{media}/{name}").headers["ETag"].endswith('-3"')
    assert not gateway.uploads()
    url = url_of(stack, media)
    for first, last in (
        (0, 10),
        (MIB - 5, MIB + 4),
        (5 * MIB, 9 * MIB),
        (MIB, 2 * MIB - 1),
        (37 * MIB - 9, 37 * MIB - 1),
    ):
        for _ in range(2):  # out of the bucket, then out of the cache
            part = viewer.get(url, headers={"Range": f"bytes={first}-{last}"})
            assert part.status_code == 206 and part.content == body[first : last + 1]
            assert part.headers["Content-Range"] == f"bytes {first}-{last}/{len(body)}"
    assert viewer.get(url).content == body


def test_what_is_no_film_never_reaches_the_bucket(stack, gateway):
    media = stack.new_media()["id"]
    assert_problem(put(stack, media, b"no film at all" * 1000), 422)
    assert stack.keys(media) == [] and not gateway.uploads()
    assert notes(stack, media) == []


def test_a_package_with_all_that_belongs_to_it_plays_out_of_the_bucket(stack, gateway, make_media, viewer):
    media = stack.film(make_media("film"))["id"]
    said = package(stack, media)
    assert (said["state"], said["served"]) == ("ready", True)
    admin = stack.admin()
    subtitles = b"WEBVTT\n\n00:01.000 --> 00:02.000\nHello\n"
    assert_json(admin.put(f"/media/media/{media}/subtitles/en", data=subtitles, headers={"Content-Type": "text/vtt"}))
    chapters = b"WEBVTT\n\n00:00.000 --> 00:02.000\nBegin\n"
    assert_json(admin.put(f"/media/media/{media}/chapters", data=chapters, headers={"Content-Type": "text/vtt"}))
    assert_json(admin.put(f"/media/media/{media}/poster?time_seconds=2"), 202)
    stack.mediagate("package", "--once", timeout=4 * DEADLINE)
    assert b"Begin" in admin.get(f"/media/media/{media}/chapters").content

    def streams():
        return assert_json(admin.get(f"/media/media/{media}/stream-url"))["streams"]

    def hls():
        return viewer.get(streams()["hls"])

    wait_until(lambda: 'LANGUAGE="en"' in hls().text, "the master to name the subtitles")
    answer = hls()
    assert answer.headers["Content-Type"] == "application/vnd.apple.mpegurl"
    lists = [line for line in answer.text.splitlines() if line.endswith(".m3u8")]
    base = answer.url.rsplit("/", 1)[0]
    playlist = viewer.get(f"{base}/{lists[0]}")
    segments = [line for line in playlist.text.splitlines() if line.endswith(".m4s")]
    first = viewer.get(f"{playlist.url.rsplit('/', 1)[0]}/{segments[0]}")
    assert first.status_code == 200 and first.headers["Content-Type"].endswith("/iso.segment")
    assert viewer.get(streams()["poster"]).content.startswith(b"\xff\xd8")
    assert not list((stack.data_dir / "packaging").iterdir()) and not list((stack.data_dir / "spool").iterdir())
    names = stack.sql("select package_name, master_name, poster_name from media_asset where id = %s", media)[0]
    assert {key.split("/")[0] for key in stack.keys(media) if "/" in key} == set(names)
    assert not [entry for entry, intent in notes(stack, media) if intent and entry in names]


# --- deleting and replacing ------------------------------------------------------------------------------
def test_a_deleted_medium_is_404_at_once_though_it_is_cached(stack, make_media, viewer):
    media = stack.film(make_media("short"))["id"]
    url = url_of(stack, media)
    assert viewer.get(url).status_code == 200
    assert stack.admin().delete(f"/media/media/{media}").status_code == 204
    assert_problem(viewer.get(url), 404)
    assert (stack.data_dir / f"revoked/m{media}").exists()
    assert stack.sql("select count(*) from revoked_grant where name = %s", f"m{media}") == [(1,)]
    sweep(stack)
    assert not stack.keys(media) and not notes(stack, media)
    (stack.data_dir / f"revoked/m{media}").unlink()  # as on another node, or after a crash
    stack.stop_serve()
    stack.start_serve()
    assert (stack.data_dir / f"revoked/m{media}").exists()
    stack.wait_ready()
    assert_problem(viewer.get(url), 404)


def test_a_replaced_file_goes_when_no_url_can_name_it(stack, make_media):
    media = stack.film(make_media("short"))["id"]
    (old,) = stack.keys(media)
    assert stack.upload(media, make_media("film")).status_code == 200
    assert old in stack.keys(media) and (old, False) in notes(stack, media)
    sweep(stack)
    assert old in stack.keys(media)
    age_notes(stack)
    assert " 0 replaced" not in sweep(stack)
    assert [(name,) for name in stack.keys(media)] == stack.sql(
        "select stored_name from media_asset where id = %s", media
    )
    assert notes(stack, media) == []


def test_a_full_sweep_notes_strays_and_leaves_what_it_does_not_know(stack, gateway, make_media):
    media = stack.film(make_media("short"))["id"]
    stray, unknown = f"media/{media}/{'0' * 32}.mp4", f"media/999999999/{'0' * 32}.mp4"
    gateway.ask("PUT", stray, body=b"stray")
    gateway.ask("PUT", unknown, body=b"unknown")
    assert "1 newly noted" in sweep(stack, "--full")
    sweep(stack, "--full")
    age_notes(stack)
    sweep(stack, "--full")
    assert stray not in gateway.keys() and unknown in gateway.keys() and len(stack.keys(media)) == 1
    gateway.ask("DELETE", unknown)


# --- the bucket is away ----------------------------------------------------------------------------------
def test_without_the_bucket_cached_films_play_and_the_rest_is_503(stack, gateway, make_media, viewer):
    cached, other = (stack.film(make_media("short"))["id"] for _ in range(2))
    cached_url, other_url, revoked = url_of(stack, cached), url_of(stack, other), url_of(stack, cached)
    body = viewer.get(cached_url).content
    with gateway_gone(gateway):
        assert viewer.get(cached_url).content == body
        assert viewer.get(cached_url, headers={"Range": "bytes=5-9"}).content == body[5:10]
        answer = viewer.get(other_url)
        assert_problem(answer, 503)
        assert int(answer.headers["Retry-After"]) > 0
        grant = revoked.split("/")[7]
        assert stack.admin().delete(f"/media/grants/{grant}").status_code == 204
        assert_problem(viewer.get(revoked), 403)
        ready = assert_json(viewer.get(f"{stack.base_url}/readyz"))
        wait_until(
            lambda: assert_json(viewer.get(f"{stack.base_url}/readyz"))["checks"]["store"] != "ok", "readyz to say so"
        )
        assert ready["status"] == "ready"
    assert viewer.get(other_url).status_code == 200
    with gateway_silent(gateway):
        assert viewer.get(cached_url).content == body
        third = url_of(stack, cached, download="true")
        assert viewer.get(third).content == body  # one cache for all grants
    wait_until(
        lambda: assert_json(viewer.get(f"{stack.base_url}/readyz"))["checks"]["store"] == "ok", "readyz to say so"
    )


def test_a_silent_bucket_is_told_soon(stack, gateway, make_media, viewer):
    url = url_of(stack, stack.film(make_media("short"))["id"])
    with gateway_silent(gateway):
        answer = viewer.get(url)
    assert_problem(answer, 503)
    line = stack.wait_view_log(lambda entry: entry["status"] == 503 and entry["file"] in url)[0]
    assert line["seconds"] < 2  # s3_timeout is 0.9 s
    assert viewer.get(url).status_code == 200


def test_an_upload_without_the_bucket_is_503_and_nothing_is_left(stack, gateway, short):
    media = stack.new_media()["id"]
    with gateway_gone(gateway):
        answer = put(stack, media, short)
        assert_problem(answer, 503)
        assert int(answer.headers["Retry-After"]) > 0
        assert_problem(
            stack.admin().put(
                f"/media/media/{media}/subtitles/en",
                data=b"WEBVTT\n\n00:01.000 --> 00:02.000\nHello\n",
                headers={"Content-Type": "text/vtt"},
            ),
            503,
        )
    assert stack.sql("select stored_name from media_asset where id = %s", media) == [(None,)]
    assert put(stack, media, short).status_code == 201
    wait_until(lambda: not list((stack.data_dir / "spool").iterdir()), "the spool to be empty")


def test_a_resumable_upload_loses_no_byte_while_the_bucket_is_away(stack, gateway, short):
    admin = stack.admin()
    path = tus.begin(admin, len(short), title="Kept", type="video")
    assert tus.append(admin, path, 0, short[:1000]).status_code == 204
    with gateway_gone(gateway):
        answer = tus.append(admin, path, 1000, short[1000:])
        assert answer.status_code == 503 and answer.headers["Retry-After"]
    wait_until(lambda: tus.tell(admin, path).status_code == 200, "the upload to be complete")
    answer = tus.append(admin, path, len(short), b"")
    media = tus.medium(admin, answer)
    assert len(stack.keys(media["id"])) == 1
    assert stack.anonymous().get(url_of(stack, media["id"])).content == short


# --- a crash in the middle -------------------------------------------------------------------------------
def uploading_worker(stack):
    """The worker that has a file of the spool open and a connection to the bucket."""
    for pid in stack.workers():
        with contextlib.suppress(OSError):
            links = [os.readlink(fd.path) for fd in os.scandir(f"/proc/{pid}/fd")]
            if any("/spool/" in link for link in links):
                return pid
    return None


def test_a_worker_killed_while_it_puts_parts_leaves_a_note_that_is_swept(stack, gateway, short):
    media = stack.new_media()["id"]
    body = b"".join(Padded(short, 37 * MIB))

    def kill():
        wait_until(gateway.uploads, "the parts to begin", interval=0.005)
        os.kill(uploading_worker(stack), signal.SIGKILL)

    killer = threading.Thread(target=kill)
    killer.start()
    with contextlib.suppress(requests.RequestException):
        assert put(stack, media, body).status_code in (502, 503)
    killer.join()
    assert stack.sql("select stored_name from media_asset where id = %s", media) == [(None,)]
    ((entry, intent),) = notes(stack, media)
    assert intent and gateway.uploads() == [f"media/{media}/{entry}"]
    sweep(stack)
    assert gateway.uploads()  # somebody may still be at work
    age_notes(stack)
    sweep(stack)
    assert not gateway.uploads() and notes(stack, media) == [] and stack.keys(media) == []
    assert put(stack, media, short).status_code == 201


def test_keys_that_do_not_fit_are_told_in_the_log_and_never_shown(gateway, short):
    with ObjectStack(gateway) as other:
        (other.root / "etc/s3_key").write_text(
            f"access_key {gateway.key};\nsecret_key not/the+secret;\n", encoding="ascii"
        )
        other.give_to_user()
        other.stop_serve()
        other.start_serve()
        other.wait_ready()
        media = other.new_media()["id"]
        assert_problem(put(other, media, short), 503)
        text = other.log_text("serve.log")
        assert "SignatureDoesNotMatch" in text and "not/the+secret" not in text and gateway.secret not in text


# --- moving an installation ------------------------------------------------------------------------------
def test_a_running_installation_moves_into_the_bucket_and_back(gateway, make_media, viewer):
    copy, there, back = ("store", "copy"), ("--from", "file", "--to", "s3"), ("--from", "s3", "--to", "file")
    gateway.empty()
    with ObjectStack(gateway) as moving:
        moving.reconfigure(restart=True, media_store="file", s3_endpoint=by_name(gateway))
        film = moving.film(make_media("film"))["id"]
        moving.media_of_files({f"{'0' * 32}/{n}.m4s": b"segment %d" % n for n in range(20)})
        large = moving.new_media()["id"]
        assert put(moving, large, Padded(make_media("short").read_bytes(), 18 * MIB)).status_code == 201
        old_url = url_of(moving, film)
        files = {str(path.relative_to(moving.data_dir)) for path in stored_files(moving)}
        assert f"copied: {len(files)} files" in moving.mediagate(copy, *there).stdout
        assert set(gateway.keys()) == files
        gateway.ask("DELETE", sorted(files)[0])
        later = moving.film(make_media("short"))["id"]
        moving.reconfigure(restart=True, media_store="s3")
        new = moving.film(make_media("short"))["id"]
        done = moving.mediagate(copy, *there, "--verify").stdout
        assert "copied: 2 files" in done and f"compared: {len(files) + 1}" in done
        for path in stored_files(moving):
            path.unlink()
        bodies = {media: viewer.get(url_of(moving, media)).content for media in (large, later, new)}
        assert bodies[later] == make_media("short").read_bytes() and len(bodies[large]) == 18 * MIB
        assert viewer.get(old_url).status_code == 200
        found = moving.mediagate("doctor", "--nginx-dir", moving.root / "etc/nginx", check=False).stdout
        assert "films can be listed" in found and "the service has the same time" in found
        moving.mediagate(copy, *back, "--verify")
        moving.reconfigure(restart=True, media_store="file")
        assert {media: viewer.get(url_of(moving, media)).content for media in bodies} == bodies
        assert viewer.get(old_url).status_code == 200
        assert moving.mediagate(copy, "--from", "s3", "--to", "s3", check=False).returncode == 2


def by_name(gateway):
    """The endpoint by this machine's name, where that is an address of loopback: names are resolved in a thread."""
    name = socket.gethostname()
    with contextlib.suppress(OSError):
        if socket.gethostbyname(name) == "127.0.0.1":
            return f"http://{name}:{gateway.port}"
    return gateway.endpoint


def stored_files(stack):
    return [path for path in stack.data_dir.glob("media/**/*") if path.is_file()]
