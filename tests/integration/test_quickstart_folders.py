# SPDX-License-Identifier: ISC
"""./quickstart and what is in its folders: what it did not make it leaves alone, and links of the account's lead root nowhere."""
import hashlib
import os
import pathlib
import pwd
import shutil
import signal
import subprocess

import pytest

from private_instance import MARK, alive

NEEDS_ROOT = pytest.mark.skipif(os.geteuid() != 0, reason="needs root, which gives rights away")
ACCOUNT = "www-data"


def look(folder):
    """Owner, mode and content of everything in a folder."""
    return {path: (path.lstat().st_uid, path.lstat().st_mode, path.read_text() if path.is_file() else None) for path in (folder, *folder.rglob("*"))}


@pytest.fixture(name="secret")
def fixture_secret(tmp_path):
    """A file of ours that the account shall neither read nor get."""
    path = tmp_path / "secret"
    path.write_text("nobody else's\n")
    path.chmod(0o600)
    yield path
    assert (path.stat().st_uid, path.stat().st_mode & 0o777, path.read_text()) == (os.geteuid(), 0o600, "nobody else's\n")


def give(path):
    user = pwd.getpwnam(ACCOUNT)
    os.chown(path, user.pw_uid, user.pw_gid, follow_symlinks=False)


def make_it_of_an_older_quickstart(state):
    """As they were before the mark: everything the account's, and process files beside the sockets."""
    (state / MARK).unlink()
    for name in (state / "process").iterdir():
        if name.name in ("lock", "addresses"):
            name.rename(state / name.name)
        elif name.name != "stop-requested":
            name.rename(state / "run" / (name.name + ".process"))
    shutil.rmtree(state / "process")
    if os.geteuid() == 0:
        # (of a running instance: files come and go meanwhile, which chown complains of)
        subprocess.run(["chown", "--no-dereference", "--recursive", f"{ACCOUNT}:", state], check=False, stderr=subprocess.DEVNULL)


def test_a_folder_that_quickstart_did_not_make_is_left_as_it_is(quickstart):
    (quickstart.state / "etc").mkdir(parents=True)
    (quickstart.state / "thesis.txt").write_text("years of work")
    before = look(quickstart.state)
    for arguments in (("--detach",), ("--reset", "--yes"), ("--stop",), ("--status",), ("--run", "admin", "list")):
        refused = quickstart(*arguments)
        assert refused.returncode == 1 and "quickstart did not make it" in refused.stderr and "STATE_DIR" in refused.stderr, arguments
        assert look(quickstart.state) == before


def test_an_empty_folder_is_taken_and_one_of_an_older_quickstart_too(quickstart):
    quickstart.state.mkdir()
    assert quickstart("--detach").returncode == 0
    assert (quickstart.state / MARK).exists()
    processes = [quickstart.process(name) for name in ("postgres", "serve", "nginx")]
    make_it_of_an_older_quickstart(quickstart.state)
    running = quickstart("--status")
    assert running.returncode == 0 and "serve runs" in running.stdout, running.stdout + running.stderr
    make_it_of_an_older_quickstart(quickstart.state)
    assert quickstart("--stop").returncode == 0
    assert not any(map(alive, processes))
    make_it_of_an_older_quickstart(quickstart.state)
    started = quickstart("--detach")
    assert started.returncode == 0 and quickstart.ready(), started.stdout + started.stderr
    assert quickstart("--reset", "--yes").returncode == 0 and not quickstart.state.exists()


@NEEDS_ROOT
def test_links_that_the_account_plants_lead_root_nowhere(quickstart, secret):
    assert quickstart("--detach").returncode == 0
    assert quickstart("--stop").returncode == 0
    state = quickstart.state
    for path in (state, state / "process", state / "program"):
        assert path.stat().st_uid == 0 and not path.stat().st_mode & 0o022, path
    planted = ["etc/x", "etc/nginx/x", "etc/nginx/nginx.conf.new", "etc/tls/x", "etc/mediagate.conf.new", "etc/logrotate.conf.new", "log/x", "run/stop-requested",
               "run/nginx.process", "data/x"]
    for name in planted:
        (state / name).unlink(missing_ok=True)
        subprocess.run(["setpriv", "--reuid", ACCOUNT, "--regid", ACCOUNT, "--clear-groups", "ln", "-s", secret, state / name], check=True)
    quickstart("--detach")  # what lies in nginx's way may stop it: root's file must not pay
    assert quickstart("--stop").returncode == 0


@NEEDS_ROOT
def test_links_in_a_folder_that_was_all_the_accounts_lead_root_nowhere(quickstart, secret):
    assert quickstart("--detach").returncode == 0
    assert quickstart("--stop").returncode == 0
    state = quickstart.state
    shutil.rmtree(state / "program")
    make_it_of_an_older_quickstart(state)
    (state / "lock").unlink(missing_ok=True)
    (state / "addresses").unlink(missing_ok=True)
    for name in ("lock", "addresses", "process", "program", MARK):
        (state / name).symlink_to(secret.parent / "made" if name == MARK else secret.parent if name in ("process", "program") else secret)
        give(state / name)
    before = look(secret.parent)
    started = quickstart("--detach")
    assert started.returncode == 0 and quickstart.ready(), started.stdout + started.stderr
    assert look(secret.parent) == before


@NEEDS_ROOT
def test_the_account_does_not_choose_what_root_kills(quickstart):
    assert quickstart("--detach").returncode == 0
    with subprocess.Popen(["sleep", "1000"]) as ours:
        try:
            since = pathlib.Path(f"/proc/{ours.pid}/stat").read_text().rsplit(") ", 1)[1].split()[19]
            make_it_of_an_older_quickstart(quickstart.state)
            told = quickstart.state / "run/rotate.process"
            rotating = int(told.read_text().split()[0])  # which nobody knows of from now on
            told.write_text(f"{ours.pid} {since}\n")
            assert quickstart("--stop").returncode == 0
            assert alive(ours.pid)
            os.kill(rotating, signal.SIGKILL)
        finally:
            ours.kill()


@NEEDS_ROOT
def test_a_folder_for_sockets_that_is_anothers_is_refused_and_left(quickstart):
    quickstart.state = quickstart.state.parent.joinpath(*["deep"] * 30)
    run = pathlib.Path(f"/tmp/mediagate-0-{hashlib.sha256(str(quickstart.state).encode()).hexdigest()[:8]}")
    run.mkdir()
    try:
        (run / "nginx.process").write_text("1 1\n")
        for path in (run, run / "nginx.process"):
            shutil.chown(path, "daemon", "daemon")
        before = look(run)
        for arguments in (("--detach",), ("--stop",), ("--reset", "--yes")):
            done = quickstart(*arguments)
            assert look(run) == before, arguments
            assert arguments != ("--detach",) or done.returncode == 1 and str(run) in done.stderr
    finally:
        shutil.rmtree(run)
