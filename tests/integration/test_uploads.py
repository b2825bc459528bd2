# SPDX-License-Identifier: ISC
"""Uploads: what is kept, what is refused, and that a broken one leaves nothing behind."""
import contextlib
import hashlib
import http.client
import os
import pathlib
import random
import shutil
import signal
import socket
import subprocess
import threading
import time
import zipfile

import pytest

from stack import DEADLINE, Stack, wait_until


def spool(stack):
    return list((stack.data_dir / "spool").iterdir())


def stored(stack, media_id):
    folder = stack.data_dir / "media" / str(media_id)
    return sorted(entry.name for entry in folder.iterdir()) if folder.exists() else []


def nothing_is_left(stack, media_id):
    wait_until(lambda: not spool(stack), "the spool to be empty")
    assert not stored(stack, media_id)
    assert stack.sql("select stored_name from media_asset where id = %s", media_id) == [(None,)]


def spooling_worker(stack):
    """The worker that holds a file of the spool open; None when there is none."""
    for pid in stack.workers():
        try:
            for fd in os.scandir(f"/proc/{pid}/fd"):
                if "/data/spool/" in os.readlink(fd.path):
                    return pid
        except OSError:
            continue
    return None


def children(pid):
    try:
        return pathlib.Path(f"/proc/{pid}/task/{pid}/children").read_text(encoding="ascii").split()
    except OSError:
        return []


def probes(stack):
    """What of bwrap and ffprobe looks at a file of this stack."""
    found = []
    for folder in pathlib.Path("/proc").glob("[0-9]*"):
        try:
            program = folder.joinpath("cmdline").read_bytes().split(b"\0")[0].decode()
            if os.path.basename(program) in ("bwrap", "ffprobe") and os.readlink(folder / "fd/0").startswith(f"{stack.root}/"):
                found.append((int(folder.name), program))
        except OSError:
            continue
    return found


def put(stack, media_id, body, **headers):
    with stack.admin() as api:
        return api.put(f"/media/media/{media_id}/file", data=body, headers=headers)


def bearer(stack):
    return stack.admin().headers["Authorization"]


# --- what is kept --------------------------------------------------------------------------------
@pytest.mark.parametrize("name, kind, content_type", [
    ("film", "video", "video/mp4"), ("webm", "video", "video/webm"), ("sound", "audio", "audio/mpeg"), ("ogg", "audio", "audio/ogg"),
    ("wav", "audio", "audio/wav")])
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
    entry, = stored(stack, media["id"])
    assert entry.endswith(path.suffix)
    played = stack.anonymous().get(stack.stream_path(media["id"]))
    assert played.content == path.read_bytes()
    assert played.headers["Content-Type"] == content_type
    assert not spool(stack)
    assert not list((stack.data_dir / "pending").glob(f"{media['id']}-*"))


def test_cover_art_does_not_make_a_video_of_a_song(stack, make_media, tmp_path):
    song = tmp_path / "song.mp3"
    subprocess.run(["ffmpeg", "-v", "error", "-i", make_media("sound"), "-i", make_media("picture"), "-map", "0", "-map", "1", "-c:a", "copy",
                    "-c:v", "copy", "-disposition:v", "attached_pic", song], check=True)
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
            curl = subprocess.run(["curl", "-s", "--http2", "--cacert", stack.certificate, *arguments, "-H", f"Authorization: {bearer(stack)}",
                                   "-w", "\n%{http_code} %{http_version}", f"{stack.https_url}/media/media/{media['id']}/file"],
                                  stdin=body, capture_output=True, text=True, check=True, timeout=2 * DEADLINE)
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
    return data[:len(data) // 2]


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
    "an mp4 head and no more": lambda make, folder: b"\0\0\0\x20ftypisom\0\0\2\0isomiso2avc1mp41",
    "a sound for a video": lambda make, folder: make("sound").read_bytes(),
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


def test_a_film_for_audio_is_refused(stack, make_media):
    media = stack.new_media(type="audio")
    answer = stack.upload(media["id"], make_media("film"))
    assert answer.status_code == 422
    assert "video" in answer.json()["detail"]
    nothing_is_left(stack, media["id"])


def test_a_part_or_a_compressed_file_does_not_replace_the_whole(stack, make_media):
    medium = stack.film(make_media("film"))
    for headers, status in (({"Content-Range": "bytes 0-99/2000"}, 400), ({"Content-Range": "nonsense"}, 400), ({"Content-Encoding": "gzip"}, 415)):
        answer = put(stack, medium["id"], make_media("film").read_bytes(), **headers)
        assert answer.status_code == status and "Send the" in answer.json()["detail"]
    assert stack.admin().get(f"/media/media/{medium['id']}").json() == medium
    assert put(stack, medium["id"], make_media("film").read_bytes(), **{"Content-Encoding": "Identity"}).status_code == 200


def test_an_invalid_replacement_changes_nothing(stack, make_media):
    media = stack.film(make_media("film"))
    assert put(stack, media["id"], b"no film").status_code == 422
    assert stack.admin().get(f"/media/media/{media['id']}").json() == media
    assert stack.anonymous().get(stack.stream_path(media["id"])).content == make_media("film").read_bytes()
    assert len(stored(stack, media["id"])) == 1


def test_unknown_media_and_strangers_are_answered_before_the_body(stack):
    known = f"/media/media/{stack.new_media()['id']}/file"
    for path, authorization, status in (("/media/media/999999999/file", bearer(stack), 404), ("/media/media/x/file", bearer(stack), 404), (known, "Bearer nonsense", 401),
                                        (known, "", 401), (known, f"{bearer(stack)}\r\nContent-Range: bytes 0-1/2", 400), (known, f"{bearer(stack)}\r\nContent-Encoding: br", 415)):
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
    peer.sendall(f"PUT /media/media/{media_id}/file HTTP/1.1\r\nHost: localhost\r\nAuthorization: {bearer(stack)}\r\n{head}\r\n\r\n".encode() + part)
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
    curl = subprocess.Popen(["curl", "-s", "--http2", "--cacert", stack.certificate, "-T", "-", *head, "-H", f"Authorization: {bearer(stack)}",
                             f"{stack.https_url}/media/media/{media['id']}/file"], stdin=subprocess.PIPE, stdout=subprocess.DEVNULL)
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


# --- full disks, big files, dead workers -----------------------------------------------------------
@pytest.fixture
def small_disk():
    """A stack whose data lie on a file system of 3 MiB."""
    instance = Stack(upload_workers=2)
    mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=3m", "tmpfs", instance.data_dir], check=False, capture_output=True)
    if mounted.returncode != 0:
        instance.remove()
        pytest.skip("needs to mount a tmpfs: " + mounted.stderr.decode().strip())
    try:
        with instance:
            yield instance
    finally:
        subprocess.run(["umount", "-l", instance.data_dir], check=False)
        instance.remove()


def test_a_full_disk_is_507_and_leaves_nothing(small_disk, make_media):
    media = small_disk.new_media()
    answer = put(small_disk, media["id"], bytes(6 * 1024 * 1024))
    assert answer.status_code == 507, answer.text
    nothing_is_left(small_disk, media["id"])
    assert small_disk.upload(media["id"], make_media("short")).status_code == 201


class Padded:
    """A film, then a box that readers skip, up to a size: valid, large, and made as it is sent."""

    def __init__(self, film, size):
        self.film, self.size = film, size

    def __iter__(self):
        yield self.film
        left = self.size - len(self.film) - 16
        yield b"\0\0\0\1free" + (left + 16).to_bytes(8, "big")
        block = bytes(1 << 20)
        while left > 0:
            yield block[:min(left, len(block))]
            left -= len(block)

    def __len__(self):
        return self.size


def peak_kib(pid):
    for line in pathlib.Path(f"/proc/{pid}/status").read_text(encoding="ascii").splitlines():
        if line.startswith("VmHWM:"):
            return int(line.split()[1])
    raise AssertionError("no VmHWM")


def test_a_gibibyte_takes_no_memory(make_stack, make_media):
    if shutil.disk_usage("/tmp").free < 3 << 30:
        pytest.skip("needs 3 GiB of disk")
    stack = make_stack(upload_max=2 << 30, upload_workers=1)
    media = stack.film(make_media("film"))  # the worker has looked into a file once
    before = {pid: peak_kib(pid) for pid in stack.workers()}
    body = Padded(make_media("film").read_bytes(), 1 << 30)
    connection = http.client.HTTPConnection("127.0.0.1", stack.http_port, timeout=4 * DEADLINE)
    connection.request("PUT", f"/media/media/{media['id']}/file", body=iter(body),
                       headers={"Authorization": bearer(stack), "Content-Length": str(len(body))})
    answer = connection.getresponse()
    said = answer.read()
    assert answer.status == 200, said
    connection.close()
    growth = {pid: peak_kib(pid) - before[pid] for pid in stack.workers()}
    assert max(growth.values()) < 8 * 1024, growth
    entry = stack.sql("select stored_name, size_bytes from media_asset where id = %s", media["id"])[0]
    assert entry[1] == 1 << 30
    assert (stack.data_dir / "media" / str(media["id"]) / entry[0]).stat().st_size == 1 << 30


def age_notes(stack):
    """As if a day had gone by since whatever is under way was noted."""
    old = time.time() - 2 * 86400 - 1800
    for folder in ("pending", "spool"):
        for path in (stack.data_dir / folder).iterdir():
            os.utime(path, (old, old))


def rows_and_files_agree(stack, ids, sums):
    for media_id in ids:
        rows = stack.sql("select stored_name, sha256 from media_asset where id = %s and deleted_at is null", media_id)
        if not rows:
            assert not stored(stack, media_id), "a deleted medium has files"
        elif rows[0][0] is None:
            assert not stored(stack, media_id)
        else:
            assert stored(stack, media_id) == [rows[0][0]]
            data = (stack.data_dir / "media" / str(media_id) / rows[0][0]).read_bytes()
            assert hashlib.sha256(data).hexdigest() == rows[0][1]
            assert rows[0][1] in sums
    assert not spool(stack)
    assert not list((stack.data_dir / "trash").iterdir())
    assert not list((stack.data_dir / "pending").iterdir())


def test_workers_killed_at_any_moment_of_uploads_and_deletions(make_stack, make_media):
    stack = make_stack(upload_workers=2, api_workers=2, restart_limit=1000)
    bodies = [make_media("short").read_bytes(), make_media("webm").read_bytes(), make_media("film").read_bytes()]
    sums = {hashlib.sha256(body).hexdigest() for body in bodies}
    dice = random.Random(11)
    ids = [stack.new_media()["id"] for _ in range(6)]
    outcomes = []

    def act(media_id, body):
        try:
            if body is None:
                answer = stack.admin().delete(f"/media/media/{media_id}")
            else:
                answer = put(stack, media_id, body)
            outcomes.append(answer.status_code)
            if answer.status_code in (200, 201):
                promised[media_id] = answer.json()["sha256"]
        except OSError:
            outcomes.append(0)

    promised, dead = {}, []
    for step in range(40):
        media_id = dice.choice(ids)
        deletes = step % 8 == 7
        promised.pop(media_id, None)
        thread = threading.Thread(target=act, args=[media_id, None if deletes else dice.choice(bodies)])
        thread.start()
        deadline = time.monotonic() + 2
        victim = None
        while not deletes and victim is None and thread.is_alive() and time.monotonic() < deadline:
            victim = spooling_worker(stack)
        time.sleep(dice.random() * 0.2)
        victims = [] if step % 4 == 1 else [victim] if victim else stack.workers() if deletes else []
        for pid in victims:
            try:
                os.kill(pid, signal.SIGKILL)
            except ProcessLookupError:
                pass
        thread.join()
        if deletes:  # whatever came of it
            stack.wait_ready()
            ids.append(stack.new_media()["id"])
            dead.append(media_id)
            ids.remove(media_id)
    stack.wait_ready()
    assert {200, 201} & set(outcomes) and {0, 502, 503} & set(outcomes), outcomes  # some lived, some died
    assert set(outcomes) <= {0, 200, 201, 204, 502, 503}, outcomes
    for media_id, sha256 in promised.items():
        assert stack.sql("select sha256 from media_asset where id = %s", media_id) == [(sha256,)]

    def swept():
        age_notes(stack)
        stack.mediagate("sweep", "--full")
        return not spool(stack)

    wait_until(swept, "the sweep to take the spool")  # a dead worker's ffprobe may hold its input for a moment
    rows_and_files_agree(stack, ids + dead, sums)


def test_workers_killed_at_any_moment_of_a_probe_leave_no_sandbox(make_stack, make_media):
    """bwrap forks before it knows whether its parent lives: killed with the worker, it used to leave a child that waited for it for ever."""
    stack = make_stack(upload_workers=2, restart_limit=1000)
    body = make_media("short").read_bytes()
    media_id = stack.new_media()["id"]
    dice = random.Random(5)
    killed = 0

    def act():
        with contextlib.suppress(OSError):
            put(stack, media_id, body)

    for _ in range(40):
        workers = stack.workers()
        thread = threading.Thread(target=act)
        thread.start()
        victim = None
        while victim is None and thread.is_alive():
            victim = next((pid for pid in workers if children(pid)), None)
        if victim:
            time.sleep(dice.random() * 0.005)  # about what bwrap takes to begin
            with contextlib.suppress(ProcessLookupError):
                os.kill(victim, signal.SIGKILL)
                killed += 1
        thread.join()
    assert killed > 20
    wait_until(lambda: not probes(stack), "the probes of killed workers to end")


def test_a_lost_reply_to_the_commit_loses_no_file(make_stack, make_media):
    """The connection breaks while the row is being written: nobody can say whether it was. The file must outlast the doubt."""
    stack = make_stack(upload_workers=1)
    media = stack.film(make_media("short"))
    stack.sql("create function slowly() returns trigger language plpgsql as $$ begin perform pg_sleep(30); return new; end $$")
    stack.sql("create trigger slowly before update of stored_name on media_asset for each row execute function slowly()")
    answers = []
    thread = threading.Thread(target=lambda: answers.append(stack.upload(media["id"], make_media("webm"))))
    thread.start()
    busy = "select pid from pg_stat_activity where wait_event = 'PgSleep'"
    pid = wait_until(lambda: stack.sql(busy), "the row to be written")[0][0]
    stack.sql("select pg_terminate_backend(%s)", pid)
    thread.join()
    assert answers[0].status_code == 503, answers[0].text
    stack.sql("drop trigger slowly on media_asset")
    assert stack.anonymous().get(stack.stream_path(media["id"])).content == make_media("short").read_bytes()
    age_notes(stack)
    stack.mediagate("sweep")
    rows_and_files_agree(stack, [media["id"]], {media["sha256"]})
    answer = stack.upload(media["id"], make_media("webm"))
    assert answer.status_code == 200, answer.text


def test_a_deletion_cut_short_is_finished_by_the_sweep(stack, make_media):
    """What a kill -9 between the commit of the row and the end leaves, made by hand."""
    media = stack.film(make_media("short"))
    url = stack.stream_path(media["id"])
    (stack.data_dir / "pending" / str(media["id"])).touch()
    stack.sql("update media_asset set deleted_at = now() where id = %s", media["id"])
    stack.mediagate("sweep")
    assert not stored(stack, media["id"])
    assert stack.anonymous().get(url).status_code == 404


# --- the library -----------------------------------------------------------------------------------
def library(stack, source, name):
    target = stack.library_dir / name
    target.parent.mkdir(parents=True, exist_ok=True)
    (shutil.copytree if source.is_dir() else shutil.copy)(source, target)
    for path in (target.parent, target, *target.rglob("*")):
        path.chmod(0o755 if path.is_dir() else 0o644)
    return f"library:{name}"


def test_a_library_file_plays_without_a_copy(stack, make_media):
    url = library(stack, make_media("film"), "films/My film (1).mp4")
    media = stack.new_media(file_url=url)
    assert media["file_url"] == url
    assert media["size_bytes"] == make_media("film").stat().st_size
    assert media["duration_seconds"] > 5
    entry, = stored(stack, media["id"])
    link = stack.data_dir / "media" / str(media["id"]) / entry
    assert link.is_symlink()
    path = stack.stream_path(media["id"])
    assert stack.anonymous().get(path).content == make_media("film").read_bytes()
    assert stack.admin().delete(f"/media/media/{media['id']}").status_code == 204
    assert stack.anonymous().get(path).status_code == 404
    assert (stack.library_dir / "films/My film (1).mp4").exists()


def test_a_library_path_that_cannot_be_used_is_422_in_words(stack, make_media):
    library(stack, make_media("sound"), "sound.mp3")
    (stack.library_dir / "text.mp4").write_text("no film")
    if not (stack.library_dir / "passwd.mp4").is_symlink():
        (stack.library_dir / "passwd.mp4").symlink_to("/etc/passwd")
    for name in ("missing.mp4", "../data/spool", "/etc/passwd", "a//b.mp4", "passwd.mp4", "text.mp4", "sound.mp3", ".", ""):
        answer = stack.admin().post("/media/media/", json={"title": "x", "type": "video", "file_url": f"library:{name}"})
        assert answer.status_code == 422, (name, answer.text)
        assert answer.json()["errors"][0]["pointer"] == "/file_url"


def test_an_hls_folder_plays_under_one_grant(stack, make_media, tmp_path):
    library(stack, make_media("hls").parent, "hls film")
    media = stack.new_media(file_url="library:hls film/hls.m3u8")
    url = stack.base_url + stack.stream_path(media["id"])
    probe = subprocess.run(["ffprobe", "-v", "error", "-show_entries", "format=duration", "-of", "csv=p=0", url],
                           capture_output=True, text=True, check=True, timeout=2 * DEADLINE)
    assert 5.5 < float(probe.stdout) < 6.5
    copy = tmp_path / "copy.mp4"
    subprocess.run(["ffmpeg", "-v", "error", "-i", url, "-c", "copy", copy], check=True, timeout=2 * DEADLINE)
    assert copy.stat().st_size > 10000
    segments = sorted(path.name for path in make_media("hls").parent.glob("*.m4s"))
    for name in segments:
        answer = stack.anonymous().get(url.rsplit("/", 1)[0] + "/" + name)
        assert answer.status_code == 200
        assert answer.headers["Content-Type"] == "video/iso.segment"
    assert stack.admin().delete(f"/media/media/{media['id']}").status_code == 204
    assert stack.anonymous().get(url).status_code == 404
    assert (stack.library_dir / "hls film/hls.m3u8").exists()
