# SPDX-License-Identifier: ISC
"""Resumable uploads that break: whatever goes down, what came is there, and the offset that is told was never more
than that."""
import contextlib
import hashlib
import itertools
import os
import random
import shutil
import signal
import socket
import threading
import time

import pytest

import tus_client as tus
import web_tools
from small_disk import stack_on_small_disk
from stack import DEADLINE, options_that_bound_memory, wait_until
from upload_tools import Padded, nothing_completes, peak_kib


@pytest.fixture(scope="module")
def town(module_stack_with):
    return module_stack_with(upload_workers=3, restart_limit=1000, drain_deadline=2)


@pytest.fixture(scope="module")
def body(make_media):
    """A film of some MiB: its index is at the end."""
    return make_media("long").read_bytes()


def file_of(stack, path):
    return stack.data_dir / "uploads" / path.rsplit("/", 1)[1]


def length_of(stack, path):
    return file_of(stack, path).stat().st_size


def holder(stack, path):
    """The worker that has the upload's file open."""
    for pid in stack.workers():
        try:
            if any(os.readlink(fd.path) == str(file_of(stack, path)) for fd in os.scandir(f"/proc/{pid}/fd")):
                return pid
        except OSError:
            continue
    return None


def patch_part(stack, path, at, part, length, extra=""):
    """A PATCH of `length` bytes of which only `part` is sent; returns the connection, still open."""
    token = stack.admin().headers["Authorization"]
    peer = socket.create_connection(("127.0.0.1", stack.http_port), timeout=DEADLINE)
    head = (
        f"PATCH {path} HTTP/1.1\r\nHost: localhost\r\nAuthorization: {token}\r\nTus-Resumable: "
        f"1.0.0\r\nUpload-Offset: {at}\r\n"
        f"Content-Type: application/offset+octet-stream\r\nContent-Length: {length}\r\n{extra}\r\n"
    )
    peer.sendall(head.encode() + part)
    return peer


@contextlib.contextmanager
def dripping(peer, body):
    """The client is alive, however long this takes: a byte now and then. Ends with the list of all that were sent."""
    stop, sent = threading.Event(), []

    def drip():
        while not stop.wait(0.5):
            peer.sendall(body[len(sent) : len(sent) + 1])
            sent.append(1)

    thread = threading.Thread(target=drip)
    thread.start()
    try:
        yield sent
    finally:
        stop.set()
        thread.join()


def offset_when_free(stack, path):
    """The offset, once whoever had the upload has let it go."""

    def ask():
        with stack.admin() as api:
            answer = tus.tell(api, path)
        assert answer.status_code in (200, 423, 502, 503), answer.status_code
        return answer if answer.status_code == 200 else None

    return int(wait_until(ask, "the upload to be free").headers["Upload-Offset"])


def finish(stack, path, body):
    """Sends what is missing; the medium has every byte."""
    with stack.admin() as api:
        at = tus.offset(api, path)
        media = tus.medium(api, tus.append(api, path, at, body[at:]))
    assert media["sha256"] == hashlib.sha256(body).hexdigest()
    assert stack.anonymous().get(stack.stream_path(media["id"])).content == body
    assert not file_of(stack, path).exists()
    return media


@pytest.mark.parametrize("how", ["closed", "reset", "killed", "stopped"])
def test_every_byte_that_arrived_is_kept(town, body, how):
    """Bytes that a worker took are there after the connection broke, the worker was killed, or everything was
    restarted."""
    path = tus.begin(town.admin(), len(body))
    half = len(body) // 2
    peer = patch_part(town, path, 0, body[:half], len(body))
    wait_until(lambda: length_of(town, path) == half, "all that was sent to be written")
    assert town.sql("select offset_bytes from upload where id = %s", path.rsplit("/", 1)[1]) == [(0,)]
    if how == "reset":
        peer.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
    if how == "killed":
        os.kill(holder(town, path), signal.SIGKILL)
    elif how == "stopped":
        town.stop_serve(signal.SIGKILL)
        town.stop_postgres(signal.SIGQUIT)
        town.start_postgres()
        town.start_serve()
        town.wait_ready()
    peer.close()
    assert offset_when_free(town, path) == half
    finish(town, path, body)


def test_a_gibibyte_takes_no_memory(make_stack, make_media, monkeypatch):
    if shutil.disk_usage("/tmp").free < 3 << 30:
        web_tools.missing("3 GiB of disk")
    monkeypatch.setenv("ASAN_OPTIONS", options_that_bound_memory())
    size = 1 << 30
    stack = make_stack(upload_max=2 * size, upload_workers=1)
    stack.film(make_media("film"))  # the worker has looked into a file once
    before = {pid: peak_kib(pid) for pid in stack.workers()}
    path = tus.begin(stack.admin(), size)
    pieces = iter(Padded(make_media("film").read_bytes(), size))
    answer = None
    while request := b"".join(itertools.islice(pieces, 200)):
        answer = tus.append(stack.admin(), path, tus.offset(stack.admin(), path), request)
        assert answer.status_code == 204, answer.text
    assert tus.medium(stack.admin(), answer)["size_bytes"] == size
    growth = {pid: peak_kib(pid) - before[pid] for pid in stack.workers()}
    assert max(growth.values()) < 8 * 1024, growth


def test_unchecked_bytes_of_a_killed_worker_do_not_count(town, body):
    path = tus.begin(town.admin(), len(body))
    assert tus.append(town.admin(), path, 0, body[:1000]).status_code == 204
    peer = patch_part(
        town,
        path,
        1000,
        body[1000:50000],
        len(body) - 1000,
        f"Upload-Checksum: " f"{tus.checksum('sha256', body[1000:])}\r\n",
    )
    wait_until(lambda: length_of(town, path) == 50000, "all that was sent to be written")
    os.kill(holder(town, path), signal.SIGKILL)
    peer.close()
    assert offset_when_free(town, path) == 1000
    assert length_of(town, path) == 1000
    finish(town, path, body)


def test_what_another_run_of_the_machine_left_unsynced_does_not_count(town, body):
    """As after a power failure: the file is longer than what was known to be durable, and nobody knows what is in
    there."""
    path = tus.begin(town.admin(), len(body))
    assert tus.append(town.admin(), path, 0, body[:5000]).status_code == 204
    with open(file_of(town, path), "ab") as file:
        file.write(bytes(3000))
    town.sql("update upload set tail_boot = gen_random_uuid() where id = %s", path.rsplit("/", 1)[1])
    assert tus.offset(town.admin(), path) == 5000
    assert length_of(town, path) == 5000
    finish(town, path, body)


def test_one_writes_and_others_are_told_so(town, body):
    path = tus.begin(town.admin(), len(body))
    peer = patch_part(town, path, 0, body[:1000], len(body))
    wait_until(lambda: length_of(town, path) == 1000, "the first to write")
    with dripping(peer, body[1000:]) as sent:
        answer = tus.append(town.admin(), path, 0, body)
        assert answer.status_code == 423 and answer.headers["Retry-After"], answer.text
        assert tus.end(town.admin(), path).status_code == 423
    wait_until(lambda: length_of(town, path) == 1000 + len(sent), "what dripped to be written")
    peer.close()
    assert offset_when_free(town, path) == 1000 + len(sent)
    finish(town, path, body)


def test_a_client_that_falls_silent_gives_way_by_itself(town, body):
    """Its connection stays, as a phone's that lost its network: nginx ends it, and what came is kept."""
    path = tus.begin(town.admin(), len(body))
    peer = patch_part(town, path, 0, body[:70000], len(body))
    wait_until(lambda: length_of(town, path) == 70000, "what was sent to be written")
    assert offset_when_free(town, path) == 70000
    finish(town, path, body)
    peer.settimeout(DEADLINE)
    with contextlib.suppress(ConnectionResetError):
        answer = peer.recv(4096)
        assert answer == b"" or answer.startswith(b"HTTP/1.1 503"), answer  # nothing that looks final
    peer.close()


def test_a_full_upload_pool_is_503_which_clients_try_again(town, body):
    peers, paths = [], [tus.begin(town.admin(), len(body)) for _ in range(3)]
    for path in paths:
        peers.append(patch_part(town, path, 0, body[:1000], len(body)))
    for path in paths:
        wait_until(lambda p=path: length_of(town, p) == 1000, "each to write")
    answer = tus.create(town.admin(), 100)
    assert answer.status_code == 503 and answer.headers["Retry-After"] and answer.headers["Tus-Resumable"] == "1.0.0"
    asked = tus.tell(town.admin(), paths[0])  # anything but 423 would make clients begin anew
    assert asked.status_code == 423 and asked.headers["Retry-After"]
    for peer in peers:
        peer.close()
    for path in paths:
        assert offset_when_free(town, path) == 1000
        assert tus.end(town.admin(), path).status_code == 204


def test_a_reload_in_the_middle_keeps_what_came(town, body):
    """The drain's deadline passes while a client is slow: what it sent is there, and it goes on with the next
    worker."""
    path = tus.begin(town.admin(), len(body))
    peer = patch_part(town, path, 0, body[:3000], len(body))
    wait_until(lambda: length_of(town, path) == 3000, "what was sent to be written")
    town.reload_serve()
    answer = peer.recv(4096).decode()
    assert answer.startswith("HTTP/1.1 503") and "Upload-Offset: 3000" in answer, answer
    peer.close()
    finish(town, path, body)


def test_the_database_going_away_costs_no_byte(make_stack, body):
    stack = make_stack(upload_workers=2)
    api = stack.admin()
    path = tus.begin(api, len(body))
    peer = patch_part(stack, path, 0, body[:5000], 9000)
    wait_until(lambda: length_of(stack, path) == 5000, "what was sent to be written")
    stack.stop_postgres()
    assert tus.tell(api, path).status_code == 423
    peer.sendall(body[5000:9000])
    answer = peer.recv(4096).decode()
    assert answer.startswith("HTTP/1.1 503"), answer
    peer.close()
    stack.start_postgres()
    stack.wait_ready()
    assert offset_when_free(stack, path) == 9000
    finish(stack, path, body)


def test_what_was_cut_short_after_the_last_byte_is_made_up_for(town, body):
    """The bytes are all there, but the worker died before the medium had them: whoever asks next gets the medium."""
    path = tus.begin(town.admin(), len(body), title="Cut short", type="video")
    peer = patch_part(town, path, 0, body[:-1], len(body))
    wait_until(lambda: length_of(town, path) == len(body) - 1, "all but one byte")
    os.kill(holder(town, path), signal.SIGKILL)
    peer.close()
    assert offset_when_free(town, path) == len(body) - 1
    with open(file_of(town, path), "ab") as file:
        file.write(body[-1:])
    answer = tus.tell(town.admin(), path)
    assert answer.status_code == 200 and int(answer.headers["Upload-Offset"]) == len(body)
    media = tus.medium(town.admin(), answer)
    assert media["sha256"] == hashlib.sha256(body).hexdigest()
    assert town.sql("select count(*) from media_asset where title = 'Cut short'") == [(1,)]


def test_no_medium_without_its_file_is_seen(town, body):
    medium = "select count(*), count(stored_name) from media_asset where title = 'Not yet'"
    path = tus.begin(town.admin(), len(body), title="Not yet", type="video")
    with nothing_completes(town):
        assert tus.append(town.admin(), path, 0, body).status_code == 500
        assert tus.tell(town.admin(), path).status_code == 423
        assert town.sql(medium) == [(0, 0)]
    answer = tus.tell(town.admin(), path)
    assert tus.medium(town.admin(), answer)["sha256"] == hashlib.sha256(body).hexdigest()
    assert town.sql(medium) == [(1, 1)]
    folder = town.data_dir / "media" / answer.headers["Media-Location"].rsplit("/", 1)[1]
    assert len(list(folder.iterdir())) == 1


def test_a_file_that_came_with_the_creation_outlives_what_passes(town, body):
    with nothing_completes(town):
        answer = tus.create(town.admin(), len(body), body)
        assert answer.status_code == 201, answer.text
        assert int(answer.headers["Upload-Offset"]) == len(body) - 1  # else the client believed that all was done
        path = answer.headers["Location"]
    again = tus.append(town.admin(), path, len(body) - 1, body[-1:])
    assert again.status_code == 409 and int(again.headers["Upload-Offset"]) == len(body)
    assert tus.medium(town.admin(), tus.tell(town.admin(), path))["sha256"] == hashlib.sha256(body).hexdigest()


def test_a_file_that_is_older_than_its_row_is_410(town, body):
    """As after a restore of uploads/: it says what is wrong, and does not fail for ever."""
    path = tus.begin(town.admin(), len(body))
    assert tus.append(town.admin(), path, 0, body[:5000]).status_code == 204
    os.truncate(file_of(town, path), 4999)
    assert tus.tell(town.admin(), path).status_code == 410
    assert tus.append(town.admin(), path, 5000, body[5000:]).status_code == 410
    assert town.serve_events("upload_file_missing")
    assert tus.end(town.admin(), path).status_code == 204


class Killer:
    """Kills whoever has one of .paths open, each at a random moment; then lets them live, or a slow machine would
    never end."""

    def __init__(self, stack, dice):
        self.stack, self.dice, self.paths, self.kills, self.stop = stack, dice, [], 0, threading.Event()
        self.thread = threading.Thread(target=self.run)

    def run(self):
        while self.kills < 24 and not self.stop.wait(0.01):
            pid = next((pid for path in list(self.paths) if (pid := holder(self.stack, path))), None)
            if pid and not self.stop.wait(self.dice.random() * 0.15):
                with contextlib.suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGKILL)
                    self.kills += 1

    def __enter__(self):
        self.thread.start()
        return self

    def __exit__(self, *_):
        self.stop.set()
        self.thread.join()


def begin_anyhow(stack, length, **values):
    """A creation that is asked of a worker which is killed just then is 502: the client knows of no upload, and asks
    again."""
    for _ in range(20):
        answer = tus.create(stack.admin(), length, **values)
        if answer.status_code != 502:
            assert answer.status_code == 201, answer.text
            return answer.headers["Location"]
    raise AssertionError("each creation met a killed worker")


def in_pieces(stack, path, film, dice):
    """Goes on until the medium is there, whatever breaks; the answer that names it. No told offset may go back."""
    known, deadline = 0, time.monotonic() + 4 * DEADLINE
    while time.monotonic() < deadline:
        with stack.admin() as api, contextlib.suppress(OSError):
            told = tus.tell(api, path)
            if told.status_code != 200:
                assert told.status_code in (423, 502, 503), told.status_code
                continue
            at = int(told.headers["Upload-Offset"])
            assert at >= known, "an offset that was told went back"
            known = at
            if "Media-Location" in told.headers:
                return told
            answer = tus.append(api, path, at, film[at : at + dice.randrange(1, len(film))])
            assert answer.status_code in (204, 423, 502, 503), answer.text
            if answer.status_code == 204:
                known = int(answer.headers["Upload-Offset"])
    raise AssertionError(f"{path} never ended")


def test_workers_killed_at_any_moment_lose_nothing_and_make_one_medium(town, make_media):
    """At random moments of uploads in pieces: every told offset is true, and each upload ends as one medium."""
    dice = random.Random(23)
    film = make_media("film").read_bytes()
    done = []
    with Killer(town, dice) as killer:
        while killer.kills < 12 or len(done) < 6:
            assert len(done) < 100
            killer.paths.append(begin_anyhow(town, len(film), title=f"Killed {len(done)}", type="video"))
            done.append(in_pieces(town, killer.paths[-1], film, dice))
    town.wait_ready()
    for index, answer in enumerate(done):
        assert tus.medium(town.admin(), answer)["sha256"] == hashlib.sha256(film).hexdigest()
        assert town.sql("select count(*) from media_asset where title = %s", f"Killed {index}") == [(1,)]


@pytest.fixture
def small_disk():
    with stack_on_small_disk("8m", upload_max=64 * 2**20, upload_workers=2) as instance:
        yield instance


def test_a_full_disk_is_507_and_the_upload_goes_on_later(small_disk, make_media):
    film = make_media("film").read_bytes()
    assert tus.create(small_disk.admin(), 9 * 2**20).status_code == 507  # it could not end well
    path = tus.begin(small_disk.admin(), len(film))
    assert tus.append(small_disk.admin(), path, 0, film[:4096]).status_code == 204
    filler = small_disk.data_dir / "filler"
    with open(filler, "wb") as file:
        free = os.statvfs(small_disk.data_dir)
        file.write(bytes(free.f_bavail * free.f_frsize - 16384))
    answer = tus.append(small_disk.admin(), path, 4096, film[4096:])
    assert answer.status_code == 507 and answer.headers["Content-Type"] == "application/problem+json", answer.text
    told = int(answer.headers["Upload-Offset"])
    at = tus.offset(small_disk.admin(), path)
    assert len(film) > at >= told >= 4096
    filler.unlink()
    finish(small_disk, path, film)
