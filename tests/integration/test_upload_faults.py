# SPDX-License-Identifier: ISC
"""Uploads when the disk is full, the file big, and workers or the database die in the middle."""
import contextlib
import hashlib
import http.client
import os
import random
import shutil
import signal
import threading
import time

import pytest

import web_tools
from small_disk import stack_on_small_disk
from stack import DEADLINE, wait_until
from upload_tools import (
    Padded,
    age_notes,
    bearer,
    children,
    nothing_is_left,
    peak_kib,
    probes,
    put,
    spool,
    spooling_worker,
    stored,
)


@pytest.fixture
def small_disk():
    """A stack whose data lie on a file system of 3 MiB."""
    with stack_on_small_disk("3m", upload_workers=2) as instance:
        yield instance


def test_a_full_disk_is_507_and_leaves_nothing(small_disk, make_media):
    media = small_disk.new_media()
    answer = put(small_disk, media["id"], bytes(6 * 1024 * 1024))
    assert answer.status_code == 507, answer.text
    nothing_is_left(small_disk, media["id"])
    assert small_disk.upload(media["id"], make_media("short")).status_code == 201


def test_a_gibibyte_takes_no_memory(make_stack, make_media):
    if shutil.disk_usage("/tmp").free < 3 << 30:
        web_tools.missing("3 GiB of disk")
    stack = make_stack(upload_max=2 << 30, upload_workers=1)
    media = stack.film(make_media("film"))  # the worker has looked into a file once
    before = {pid: peak_kib(pid) for pid in stack.workers()}
    body = Padded(make_media("film").read_bytes(), 1 << 30)
    connection = http.client.HTTPConnection("127.0.0.1", stack.http_port, timeout=4 * DEADLINE)
    connection.request(
        "PUT",
        f"/media/media/{media['id']}/file",
        body=iter(body),
        headers={"Authorization": bearer(stack), "Content-Length": str(len(body))},
    )
    answer = connection.getresponse()
    said = answer.read()
    assert answer.status == 200, said
    connection.close()
    growth = {pid: peak_kib(pid) - before[pid] for pid in stack.workers()}
    assert max(growth.values()) < 8 * 1024, growth
    entry = stack.sql("select stored_name, size_bytes from media_asset where id = %s", media["id"])[0]
    assert entry[1] == 1 << 30
    assert (stack.data_dir / "media" / str(media["id"]) / entry[0]).stat().st_size == 1 << 30


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
    """bwrap forks before it knows whether its parent lives: killed with the worker, it used to leave a child that
    waited for it for ever."""
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
    """The connection breaks while the row is being written: nobody can say whether it was. The file must outlast the
    doubt."""
    stack = make_stack(upload_workers=1)
    media = stack.film(make_media("short"))
    stack.sql(
        "create function slowly() returns trigger language plpgsql as $$ begin perform pg_sleep(30); return new; "
        "end $$"
    )
    stack.sql(
        "create trigger slowly before update of stored_name on media_asset for each row execute function " "slowly()"
    )
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
