# SPDX-License-Identifier: ISC
"""An export of a million rows: in constant memory of worker and nginx, however slow the client, and the same when it
was broken off."""
import hashlib
import os
import pathlib
import signal
import sys
import time

import pytest
from answers import assert_problem
from stack import TOP_SRC, options_that_bound_memory, wait_until

sys.path.insert(0, str(TOP_SRC / "bench"))
from fill_views import Filling  # noqa: E402  pylint: disable=wrong-import-position

ROWS = int(os.environ.get("EXPORT_ROWS", "1000000"))
ASKED = {"to": "2100-01-01", "bots": "include"}


@pytest.fixture(scope="module")
def filled(module_stack_with):
    """Two api workers: one may export. Whoever does not beat for eight seconds is killed."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("ASAN_OPTIONS", options_that_bound_memory())
        stack = module_stack_with(
            api_workers=2,
            request_deadline=8,
            fast_statement_timeout=4000,
            auth_statement_timeout=4000,
            api_statement_timeout=4000,
        )
    Filling(f"host={stack.root}/run dbname=mediagate user=mediagate", hot=ROWS).fill(1)
    return stack


def processes(stack):
    nginx = pathlib.Path(f"/proc/{stack.nginx.pid}/task/{stack.nginx.pid}/children").read_text(encoding="ascii").split()
    return [int(pid) for pid in [*stack.workers(), *nginx]]


def peak_mib(pid):
    text = pathlib.Path(f"/proc/{pid}/status").read_text(encoding="ascii")
    return int(text.split("VmHWM:")[1].split()[0]) / 1024


class Rows:
    """What has arrived: a digest of the rows, and the last one that is whole."""

    def __init__(self):
        self.digest, self.count, self.rest, self.last = hashlib.sha256(), 0, b"", b""

    def take(self, chunk):
        *rows, self.rest = (self.rest + chunk).split(b"\r\n")
        for row in rows:
            if not row.startswith(b"id,"):
                self.digest.update(row)
                self.last, self.count = row, self.count + 1

    def cursor(self):
        return self.last.rsplit(b",", 1)[1].decode("ascii")


@pytest.fixture(scope="module")
def whole():
    """Filled by the first test."""
    return Rows()


def test_memory_stays_bounded_and_a_slow_client_is_waited_for(filled, whole):
    before = {pid: peak_mib(pid) for pid in processes(filled)}
    with filled.new_admin() as api, api.get("/analytics/export", params=ASKED, stream=True) as answer:
        chunks = answer.iter_content(1 << 16)
        whole.take(next(chunks))
        assert_problem(api.get("/analytics/export", params=ASKED), 429)
        time.sleep(10)  # longer than a worker may be silent
        for chunk in chunks:
            whole.take(chunk)
    assert whole.cursor() == "complete" and whole.count == ROWS + 1
    after = {pid: peak_mib(pid) for pid in processes(filled)}
    assert after.keys() == before.keys(), "a worker was killed"
    grown = {pid: after[pid] - before[pid] for pid in after}
    assert max(grown.values()) < 24, grown
    assert not list((filled.root / "nginx").rglob("fastcgi/*/*")), "nginx wrote a temporary file"


def test_a_broken_export_goes_on_and_adds_up_to_the_whole(filled, whole):
    def export(rows, breaking, **more):
        """Ends as the server ends it; `breaking` is called once, after the first chunk."""
        with filled.new_admin() as api, api.get("/analytics/export", params={**ASKED, **more}, stream=True) as answer:
            assert answer.status_code == 200, answer.text
            for chunk in answer.iter_content(1 << 16):
                rows.take(chunk)
                if breaking:
                    breaking()
                    breaking = None

    parts = Rows()

    def kill_workers():
        for pid in filled.workers():
            os.kill(int(pid), signal.SIGKILL)

    export(parts, kill_workers)  # nginx ends it as if it were whole
    assert 0 < parts.count < ROWS and parts.cursor() != "complete"
    filled.wait_ready()
    parts.rest = b""
    wait_until(lambda: filled.new_admin().head("/analytics/export").status_code == 200, "the workers to be back")
    export(parts, None, cursor=parts.cursor())
    assert (parts.count, parts.digest.digest()) == (whole.count, whole.digest.digest())
    assert parts.cursor() == "complete"


def test_a_client_that_is_gone_gives_its_place_back(filled):
    with filled.new_admin() as api:
        with api.get("/analytics/export", params=ASKED, stream=True) as answer:
            next(answer.iter_content(1 << 16))
        with filled.new_admin() as other:
            wait_until(
                lambda: other.get("/analytics/export", params={"to": "2020-01-01"}).status_code == 200,
                "the place to be free",
            )
