# SPDX-License-Identifier: ISC
"""What processes can do that are closed up: by `mediagate doctor --sandbox` from inside, and of running workers."""
import os
import pathlib
import signal

import pytest
from stack import Stack, can_confine, can_sandbox, landlock_version
from waiting import wait_until

pytestmark = pytest.mark.skipif(not can_confine(), reason="this kernel or this build closes nothing up")
DUTIES = {"fast", "auth", "api", "upload", "housekeeping", "ingest", "package", "notify"}


@pytest.fixture(scope="module", name="closed")
def fixture_closed():
    with Stack() as stack:
        yield stack


def status(pid):
    lines = pathlib.Path(f"/proc/{pid}/status").read_text(encoding="ascii").splitlines()
    return dict(line.split(":\t", 1) for line in lines if ":\t" in line)


def doctor(stack, *more):
    done = stack.mediagate("doctor", "--sandbox", *more, check=False)
    return done.returncode, done.stdout.splitlines(), done.stderr


@pytest.mark.skipif(not can_sandbox(), reason="no namespaces here")
def test_the_doctor_finds_each_duty_closed_and_able(closed):
    code, lines, errors = doctor(closed)
    assert (code, [line for line in lines if not line.startswith("ok")][:-1], errors) == (0, [], ""), lines
    told = {line.split()[1].rstrip(":") for line in lines if line.startswith("ok")}
    assert told >= DUTIES
    for duty in DUTIES:
        mine = [line for line in lines if line.startswith(f"ok {duty}:") or line.split()[1] == f"{duty}:"]
        for what in ("running a program", "reading the key files", "tracing a process", "mounting", "a packet socket"):
            found = [line for line in mine if f" {what}: " in line]
            assert len(found) == 1 and "works" not in found[0], (duty, what, mine)
        assert any("asking the database: works" in line for line in mine), duty
    assert doctor(closed, "--quiet")[:2] == (0, [])


def test_the_doctor_says_when_nothing_is_closed(closed):
    with closed.changed(confinement="off"):
        code, lines, _ = doctor(closed, "--quiet")
        assert code == 1 and len(lines) == 1 and "confinement" in lines[0]


def test_running_workers_have_a_filter_and_no_new_privileges(closed):
    closed.start_ingest()
    closed.start_notify()
    names = {}
    for pid in [*closed.workers(), closed.serve.pid, closed.ingest.pid, closed.notify.pid]:
        found = status(pid)
        names.setdefault(found["Name"], []).append(pid)
        assert (found["Seccomp"], found["NoNewPrivs"]) == ("2", "1"), found["Name"]
    assert set(names) >= {"mg:fast", "mg:auth", "mg:api", "mg:upload", "mg:housekeeping"}
    told = closed.serve_events("confined")
    assert told and told[0]["landlock"] == landlock_version()


def test_a_worker_that_makes_a_forbidden_call_is_told_of(closed):
    """SIGSYS is what the kernel ends it by."""
    victim = next(pid for pid in closed.workers() if status(pid)["Name"] == "mg:auth")
    os.kill(victim, signal.SIGSYS)
    wait_until(lambda: victim not in closed.workers(), "the worker to be gone")
    died = wait_until(
        lambda: [line for line in closed.serve_events("worker_died") if line["worker"] == victim], "a line of it"
    )
    assert "SIGSYS" in died[0]["why"] and "1326" in died[0]["why"]
    wait_until(lambda: closed.anonymous().get("/readyz").status_code == 200, "another to take its place")


def launchers(stack):
    """Of the workers that start programs."""
    found = []
    for worker in stack.workers():
        children = pathlib.Path(f"/proc/{worker}/task/{worker}/children").read_text(encoding="ascii").split()
        found += [int(child) for child in children if status(child)["Name"] == "mg:launcher"]
    return found


def test_a_worker_whose_launcher_was_killed_begins_anew(closed):
    before = launchers(closed)
    assert len(before) == 6  # two of api, four of upload
    os.kill(before[0], signal.SIGKILL)
    wait_until(lambda: len(launchers(closed)) == 6 and before[0] not in launchers(closed), "another launcher")
    assert closed.serve_events("launcher_gone")
    assert not closed.serve_events("restart_limit_reached")
