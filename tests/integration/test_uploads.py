# SPDX-License-Identifier: ISC
"""Uploads: what is kept, what is refused, and that a broken one leaves nothing behind. Faults:
test_upload_faults.py."""
import hashlib
import http.client
import pathlib
import random
import socket
import subprocess
import threading
import zipfile

import pytest

from answers import assert_json
from stack import DEADLINE, wait_until
from upload_tools import age_notes, bearer, nothing_is_left, put, spool, stored


# --- what is kept --------------------------------------------------------------------------------
@pytest.mark.parametrize(
    "name, kind, content_type",
    [
        ("film", "video", "video/mp4"),
        ("webm", "video", "video/webm"),
        ("sound", "audio", "audio/mpeg"),
        ("ogg", "audio", "audio/ogg"),
        ("wav", "audio", "audio/wav"),
    ],
)
def test_a_file_is_kept_and_described(stack, make_media, name, kind, content_type):
    path = make_media(name)
    media = stack.new_media(type=kind)
    answer = stack.upload(media["id"], path)
    assert answer.status_code == 201, answer.text
    said = answer.json()
    assert said["content_type"] == content_type
    assert said["size_bytes"] == path.stat().st_size
    assert said["sha256"] == hashlib.sha256(path.read_bytes()).hexdigest()
    assert said["duration_seconds"] > 0.5
    assert (said["width"] is not None) == (kind == "video")
    (entry,) = stored(stack, media["id"])
    assert entry.endswith(path.suffix)
    played = stack.anonymous().get(stack.stream_path(media["id"]))
    assert played.content == path.read_bytes()
    assert played.headers["Content-Type"] == content_type
    assert not spool(stack)
    assert not list((stack.data_dir / "pending").glob(f"{media['id']}-*"))


def test_cover_art_does_not_make_a_video_of_a_song(stack, make_media, tmp_path):
    song = tmp_path / "song.mp3"
    subprocess.run(
        [
            "ffmpeg",
            "-v",
            "error",
            "-i",
            make_media("sound"),
            "-i",
            make_media("picture"),
            "-map",
            "0",
            "-map",
            "1",
            "-c:a",
            "copy",
            "-c:v",
            "copy",
            "-disposition:v",
            "attached_pic",
            song,
        ],
        check=True,
    )
    media = stack.new_media(type="audio")
    answer = stack.upload(media["id"], song)
    assert answer.status_code == 201, answer.text
    assert answer.json()["width"] is None


def test_a_chunked_body_and_http_2_are_taken(stack, make_media):
    path = make_media("film")
    media = stack.new_media()
    with open(path, "rb") as body:  # a generator has no length
        answer = put(stack, media["id"], iter(lambda: body.read(10000), b""))
    assert answer.status_code == 201, answer.text
    assert answer.json()["sha256"] == hashlib.sha256(path.read_bytes()).hexdigest()
    for arguments in (["-T", str(path)], ["-T", "-", "-H", "Expect:"]):
        with open(path, "rb") as body:
            curl = subprocess.run(
                [
                    "curl",
                    "-s",
                    "--http2",
                    "--cacert",
                    stack.certificate,
                    *arguments,
                    "-H",
                    f"Authorization: {bearer(stack)}",
                    "-w",
                    "\n%{http_code} %{http_version}",
                    f"{stack.https_url}/media/media/{media['id']}/file",
                ],
                stdin=body,
                capture_output=True,
                text=True,
                check=True,
                timeout=2 * DEADLINE,
            )
        assert curl.stdout.splitlines()[-1] == "200 2", curl.stdout
    assert len(stored(stack, media["id"])) == 3  # the replaced ones serve on until they are swept


def test_a_replaced_file_serves_on_for_those_who_play_it(stack, make_media):
    media = stack.film(make_media("film"))
    viewer = stack.anonymous()
    before = stack.stream_path(media["id"])
    answer = stack.upload(media["id"], make_media("short"))
    assert answer.status_code == 200, answer.text
    assert viewer.get(before).content == make_media("film").read_bytes()
    assert viewer.get(stack.stream_path(media["id"])).content == make_media("short").read_bytes()
    stack.mediagate("sweep", "--full")
    assert viewer.get(before).status_code == 200  # a grant may still live
    age_notes(stack)
    stack.mediagate("sweep")
    assert viewer.get(before).status_code == 404
    assert viewer.get(stack.stream_path(media["id"])).content == make_media("short").read_bytes()


def test_two_uploads_to_one_medium_do_not_mix(stack, make_media):
    media = stack.new_media()
    paths = [make_media("film"), make_media("webm"), make_media("film"), make_media("webm")]
    answers = [None] * len(paths)

    def upload(index):
        answers[index] = stack.upload(media["id"], paths[index])

    threads = [threading.Thread(target=upload, args=[i]) for i in range(len(paths))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    sums = {hashlib.sha256(path.read_bytes()).hexdigest(): path for path in paths}
    for answer, path in zip(answers, paths):
        assert answer.status_code in (200, 201), answer.text
        assert answer.json()["sha256"] == hashlib.sha256(path.read_bytes()).hexdigest()
    last = stack.admin().get(f"/media/media/{media['id']}").json()
    assert stack.anonymous().get(stack.stream_path(media["id"])).content == sums[last["sha256"]].read_bytes()


# --- what is refused -----------------------------------------------------------------------------
def cut(path):
    data = path.read_bytes()
    return data[: len(data) // 2]


def archive(folder):
    path = folder / "films.zip"
    with zipfile.ZipFile(path, "w") as packed:
        packed.writestr("a.txt", "a" * 1000)
    return path.read_bytes()


HLS_TO_ELSEWHERE = b"#EXTM3U\n#EXT-X-TARGETDURATION:10\n#EXTINF:10,\nhttp://127.0.0.1:1/secret.ts\n#EXT-X-ENDLIST\n"
INVALID = {
    "empty": lambda make, folder: b"",
    "text": lambda make, folder: b"just some text\n" * 50,
    "html": lambda make, folder: b"<!DOCTYPE html><html><script>alert(1)</script></html>",
    "json": lambda make, folder: b'{"title": "film"}',
    "a playlist as mp4": lambda make, folder: HLS_TO_ELSEWHERE,
    "a playlist behind a BOM": lambda make, folder: b"\xef\xbb\xbf" + HLS_TO_ELSEWHERE,
    "a dash manifest": lambda make, folder: b'<?xml version="1.0"?><MPD xmlns="urn:mpeg:dash:schema:mpd:2011"></MPD>',
    "a concat list": lambda make, folder: b"ffconcat version 1.0\nfile /etc/passwd\n",
    "zip": lambda make, folder: archive(folder),
    "a picture": lambda make, folder: make("picture").read_bytes(),
    "a program": lambda make, folder: pathlib.Path("/bin/true").read_bytes(),
    "random": lambda make, folder: random.Random(7).randbytes(200000),
    "zeros": lambda make, folder: bytes(100000),
    "mp4 with its index first, cut": lambda make, folder: cut(make("film")),
    "mp4 with its index last, cut": lambda make, folder: cut(make("long")),
    "webm, cut": lambda make, folder: cut(make("webm")),
    "wav, cut": lambda make, folder: cut(make("wav")),
    "mp4 with a text behind it": lambda make, folder: make("film").read_bytes() + b"Downloaded from a site of films\n",
    "an mp4 head and no more": lambda make, folder: b"\0\0\0\x20ftypisom\0\0\2\0isomiso2avc1mp41",
}


@pytest.mark.parametrize("what", INVALID)
def test_what_is_not_a_film_is_refused_in_words(stack, make_media, tmp_path, what):
    body = INVALID[what](make_media, tmp_path)
    media = stack.new_media()
    answer = put(stack, media["id"], body)
    assert answer.status_code == 422, answer.text
    assert answer.headers["Content-Type"] == "application/problem+json"
    assert len(answer.json()["detail"]) > 30
    assert str(stack.root) not in answer.text
    nothing_is_left(stack, media["id"])


def test_the_reason_tells_what_was_appended_from_what_was_cut(stack, make_media):
    film, media = make_media("film").read_bytes(), stack.new_media()
    assert (
        f"from byte {len(film)} on"
        in put(stack, media["id"], film + b"Downloaded from a site of " b"films\n").json()["detail"]
    )
    assert "cut off" in put(stack, media["id"], film[:-100]).json()["detail"]


def test_the_content_of_the_file_decides_the_type(admin, stack, make_media):
    untold = assert_json(admin.post("/media/media", json={"title": "Untold"}), 201)
    assert untold["type"] is None
    for medium in (untold, stack.new_media(type="audio")):
        for name, kind, status in (("film", "video", 201), ("sound", "audio", 200), ("film", "video", 200)):
            assert assert_json(stack.upload(medium["id"], make_media(name)), status)["type"] == kind
    assert assert_json(admin.get(f"/media/media/{untold['id']}"))["type"] == "video"


def test_a_part_or_a_compressed_file_does_not_replace_the_whole(stack, make_media):
    medium = stack.film(make_media("film"))
    for headers, status in (
        ({"Content-Range": "bytes 0-99/2000"}, 400),
        ({"Content-Range": "nonsense"}, 400),
        ({"Content-Encoding": "gzip"}, 415),
    ):
        answer = put(stack, medium["id"], make_media("film").read_bytes(), **headers)
        assert answer.status_code == status and "Send the" in answer.json()["detail"]
    assert stack.admin().get(f"/media/media/{medium['id']}").json() == medium
    assert (
        put(stack, medium["id"], make_media("film").read_bytes(), **{"Content-Encoding": "Identity"}).status_code == 200
    )


@pytest.mark.parametrize("name", ["short", "sound"])
def test_a_form_around_a_file_is_no_file(stack, make_media, name):
    """mp3, aac and ts are found wherever they begin: the form's envelope was kept with them."""
    path = make_media(name)
    medium = stack.new_media(type="audio" if name == "sound" else "video")
    with open(path, "rb") as file:
        answer = stack.admin().put(f"/media/media/{medium['id']}/file", files={"file": ("x.mp3", file)})
    assert answer.status_code == 415 and "curl -T" in answer.json()["detail"]
    nothing_is_left(stack, medium["id"])
    # curl --data-binary
    assert (
        put(stack, medium["id"], path.read_bytes(), **{"Content-Type": "application/x-www-form-urlencoded"}).status_code
        == 201
    )


def test_an_invalid_replacement_changes_nothing(stack, make_media):
    media = stack.film(make_media("film"))
    assert put(stack, media["id"], b"no film").status_code == 422
    assert stack.admin().get(f"/media/media/{media['id']}").json() == media
    assert stack.anonymous().get(stack.stream_path(media["id"])).content == make_media("film").read_bytes()
    assert len(stored(stack, media["id"])) == 1


def test_unknown_media_and_strangers_are_answered_before_the_body(stack):
    known = f"/media/media/{stack.new_media()['id']}/file"
    for path, authorization, status in (
        ("/media/media/999999999/file", bearer(stack), 404),
        ("/media/media/x/file", bearer(stack), 404),
        (known, "Bearer nonsense", 401),
        (known, "", 401),
        (known, f"{bearer(stack)}\r\nContent-Range: bytes " f"0-1/2", 400),
        (known, f"{bearer(stack)}\r\nContent-Encoding: br", 415),
    ):
        connection = http.client.HTTPConnection("127.0.0.1", stack.http_port, timeout=DEADLINE)
        connection.putrequest("PUT", path)
        connection.putheader("Content-Length", "10000000")
        if authorization:
            for header in f"Authorization: {authorization}".split("\r\n"):
                connection.putheader(*header.split(": "))
        connection.endheaders(b"only the beginning")
        assert connection.getresponse().status == status
        connection.close()
    wait_until(lambda: not spool(stack), "the spool to be empty")


def test_too_large_is_413_with_a_length_and_without(stack):
    media = stack.new_media()
    with stack.changed(upload_max=100000):
        declared = put(stack, media["id"], bytes(100001))
        assert declared.status_code == 413
        assert declared.headers["Content-Type"] == "application/problem+json"
        with stack.admin() as api:
            try:
                chunked = api.put(f"/media/media/{media['id']}/file", data=iter([bytes(50000)] * 3))
                assert chunked.status_code == 413
            except OSError:
                pass  # the connection was closed under a client that did not look for an answer while it sent
        nothing_is_left(stack, media["id"])
        assert put(stack, media["id"], bytes(100000)).status_code == 422  # read whole, and no film


# --- broken connections --------------------------------------------------------------------------
def begin(stack, media_id, head, part):
    peer = socket.create_connection(("127.0.0.1", stack.http_port), timeout=DEADLINE)
    peer.sendall(
        f"PUT /media/media/{media_id}/file HTTP/1.1\r\nHost: localhost\r\nAuthorization: "
        f"{bearer(stack)}\r\n{head}\r\n\r\n".encode() + part
    )
    wait_until(lambda: spool(stack), "the upload to be under way")
    return peer


def test_more_uploads_than_workers_are_told_at_once(stack, make_media):
    """Each holds a worker; one more is 429 now, not a gateway's time-out a minute later."""
    media, film = stack.new_media(), make_media("film").read_bytes()
    peers = [begin(stack, media["id"], "Content-Length: 1000000", b"x" * 1000)]
    while len(peers) < stack.settings["upload_workers"]:
        peers.append(begin(stack, media["id"], "Content-Length: 1000000", b"x" * 1000))
    answers = []
    wait_until(lambda: answers.append(put(stack, media["id"], film)) or answers[-1].status_code == 429, "a refusal")
    refused = answers[-1]
    assert refused.headers["Content-Type"] == "application/problem+json"
    assert int(refused.headers["Retry-After"]) > 0
    for peer in peers:
        peer.close()
    wait_until(lambda: put(stack, media["id"], film).ok, "a free worker")


@pytest.mark.parametrize("close", ["end", "reset"])
@pytest.mark.parametrize("how", ["length", "chunked"])
def test_a_broken_connection_leaves_nothing(stack, make_media, how, close):
    media = stack.new_media()
    half = cut(make_media("film"))
    if how == "length":
        peer = begin(stack, media["id"], f"Content-Length: {2 * len(half)}", half)
    else:
        peer = begin(stack, media["id"], "Transfer-Encoding: chunked", b"%x\r\n" % len(half) + half + b"\r\n")
    if close == "reset":
        peer.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
    peer.close()
    nothing_is_left(stack, media["id"])


@pytest.mark.parametrize("length", [True, False])
def test_a_broken_http_2_stream_leaves_nothing(stack, make_media, length):
    media = stack.new_media()
    path = make_media("film")
    head = ["-H", f"Content-Length: {path.stat().st_size}"] if length else []
    curl = subprocess.Popen(
        [
            "curl",
            "-s",
            "--http2",
            "--cacert",
            stack.certificate,
            "-T",
            "-",
            *head,
            "-H",
            f"Authorization: {bearer(stack)}",
            f"{stack.https_url}/media/media/{media['id']}/file",
        ],
        stdin=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
    )
    curl.stdin.write(cut(path))
    curl.stdin.flush()
    wait_until(lambda: spool(stack), "the upload to be under way")
    curl.kill()
    curl.wait()
    curl.stdin.close()
    nothing_is_left(stack, media["id"])


def test_a_medium_deleted_meanwhile_takes_no_file(stack, make_media):
    media = stack.new_media()
    data = make_media("film").read_bytes()
    peer = begin(stack, media["id"], f"Content-Length: {len(data)}", data[:-1])
    assert stack.admin().delete(f"/media/media/{media['id']}").status_code == 204
    peer.sendall(data[-1:])
    assert b" 404 " in peer.recv(4096).split(b"\r\n")[0]
    peer.close()
    wait_until(lambda: not spool(stack), "the spool to be empty")
    assert not stored(stack, media["id"])
