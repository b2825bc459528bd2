# SPDX-License-Identifier: ISC
"""A worker that dies before each single step of an upload and of a deletion: what a kill -9 leaves is never a medium
that names a file
which is not there, and the sweep makes the rest whole.

The steps are the calls that dying_calls.c counts: those that change files, send a statement or an answer, or hear of
it.
"""
import contextlib
import hashlib
import itertools
import mmap
import struct

import pytest
import requests

import web_tools
from stack import TOP_BUILD
from upload_tools import age_notes, put, spool, stored

PROGRAM = "tests/integration/mediagate_dying"


class Plan:
    """Which worker dies before which of its calls: shared memory with the program."""

    def __init__(self, path):
        path.write_bytes(bytes(24))
        with open(path, "r+b") as file:
            self.shared = mmap.mmap(file.fileno(), 24)

    def kill(self, pool, call):
        self.shared[:24] = struct.pack("16sq", f"mg:{pool}".encode(), call)

    def survived(self):
        """Did the request end before that call? From now on nobody dies."""
        left = struct.unpack("16sq", self.shared[:24])[1]
        self.shared[:24] = bytes(24)
        return left > 0


@pytest.fixture(scope="module", name="town")
def fixture_town(module_stack_with):
    if not (TOP_BUILD / PROGRAM).exists():
        web_tools.missing(f"{PROGRAM} (make check builds it)")
    town = module_stack_with(upload_workers=1, api_workers=1, restart_limit=1000)
    town.plan = Plan(town.root / "dying")
    town.stop_serve()
    town.environment["MEDIAGATE_DYING"] = str(town.root / "dying")
    town.install_program(TOP_BUILD / PROGRAM)
    town.give_to_user()
    town.start_serve()
    town.wait_ready()
    return town


def sha256(data):
    return hashlib.sha256(data).hexdigest()


def row_of(town, media_id):
    """Of a medium that is not deleted: its file's name and sum."""
    rows = town.sql("select stored_name, sha256 from media_asset where id = %s and deleted_at is null", media_id)
    return rows[0] if rows else None


def file_is_the_rows(town, media_id):
    """At any moment what the row says is there, as it was sent, and plays."""
    name, digest = row_of(town, media_id)
    if name is not None:
        data = (town.data_dir / "media" / str(media_id) / name).read_bytes()
        assert sha256(data) == digest
        with town.anonymous() as viewer:
            assert viewer.get(town.stream_path(media_id)).content == data


def swept(town, media_id):
    """Nothing is left but what the row names."""
    age_notes(town)
    town.mediagate("sweep", "--full")
    row = row_of(town, media_id)
    assert stored(town, media_id) == ([row[0]] if row and row[0] else [])
    for folder in ("trash", "pending"):
        assert not list((town.data_dir / folder).iterdir())
    assert not spool(town)
    assert bool(row) or not (town.data_dir / "media" / str(media_id)).exists()


def status_of(call):
    """0: the connection broke without an answer."""
    with contextlib.suppress(requests.ConnectionError):
        return call().status_code
    return 0


def kill_before_each_step(town, pool, prepare, check):
    """Makes the request that prepare(step) returns with a worker that dies before that step, until it lives;
    check(step, status) after each.
    The number of steps."""
    for step in itertools.count(1):
        request = prepare(step)
        town.plan.kill(pool, step)
        status = status_of(request)
        lived = town.plan.survived()
        check(step, status)
        if lived:
            return step - 1


def test_an_upload_heals_whichever_step_was_its_last(town, make_media):
    bodies = [make_media("short").read_bytes(), make_media("webm").read_bytes()]
    media_id = town.new_media()["id"]
    seen = set()

    def prepare(step):
        town.admin()
        return lambda: put(town, media_id, bodies[step % 2])

    def check(step, status):
        file_is_the_rows(town, media_id)
        digest = row_of(town, media_id)[1]
        assert digest in {None, *map(sha256, bodies)}
        if status in (200, 201):
            assert digest == sha256(bodies[step % 2])
        swept(town, media_id)
        file_is_the_rows(town, media_id)
        seen.add((status, digest == sha256(bodies[step % 2])))

    steps = kill_before_each_step(town, "upload", prepare, check)
    assert steps > 15
    assert {(502, False), (502, True), (200, True)} <= seen, seen


def test_a_deletion_heals_whichever_step_was_its_last(town, make_media):
    """Before the row's commit nothing has happened, after it the medium is gone: no new URL at once, no old one after
    the sweep."""
    media_ids, urls, seen = [], {}, set()

    def prepare(_):
        if not media_ids or row_of(town, media_ids[-1]) is None:
            media_ids.append(town.film(make_media("short"))["id"])
            urls[media_ids[-1]] = town.stream_path(media_ids[-1])
        admin = town.admin()
        return lambda: admin.delete(f"/media/media/{media_ids[-1]}")

    def check(_, status):
        media_id = media_ids[-1]
        deleted = row_of(town, media_id) is None
        if deleted:
            assert town.admin().get(f"/media/media/{media_id}/stream-url").status_code == 404
        else:
            assert status != 204
            file_is_the_rows(town, media_id)
        swept(town, media_id)
        with town.anonymous() as viewer:
            assert viewer.get(urls[media_id]).status_code == (404 if deleted else 200)
        seen.add((status, deleted))

    steps = kill_before_each_step(town, "api", prepare, check)
    assert steps > 5
    assert {(502, False), (502, True), (204, True)} <= seen, seen
