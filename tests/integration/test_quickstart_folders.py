# SPDX-License-Identifier: ISC
"""./quickstart and what is in its folders: what it did not make it leaves alone, and links of the account's lead root
nowhere."""
import hashlib
import os
import pathlib
import pwd
import shutil
import subprocess

import pytest

from private_instance import MARK, PARTS, alive
from stack import TOP_SRC

NEEDS_ROOT = pytest.mark.skipif(os.geteuid() != 0, reason="needs root, which gives rights away")
ACCOUNT = "www-data"
AS_ACCOUNT = ("setpriv", "--reuid", ACCOUNT, "--regid", ACCOUNT, "--clear-groups")


def look(folder):
    """Owner, mode and content of everything in a folder."""
    return {
        path: (path.lstat().st_uid, path.lstat().st_mode, path.read_text() if path.is_file() else None)
        for path in (folder, *folder.rglob("*"))
    }


@pytest.fixture(name="secret")
def fixture_secret(tmp_path):
    """A file of ours that the account shall neither read nor get."""
    path = tmp_path / "secret"
    path.write_text("nobody else's\n")
    path.chmod(0o600)
    yield path
    assert (path.stat().st_uid, path.stat().st_mode & 0o777, path.read_text()) == (
        os.geteuid(),
        0o600,
        "nobody else's\n",
    )


def give(path):
    user = pwd.getpwnam(ACCOUNT)
    os.chown(path, user.pw_uid, user.pw_gid, follow_symlinks=False)


@pytest.fixture(name="anothers")
def fixture_anothers(quickstart):
    """Looks right, but is not marked: a folder of somebody's own instance, or none at all."""
    for name in ("etc", "pg", "run"):
        (quickstart.state / name).mkdir(parents=True)
    (quickstart.state / "etc/mediagate.conf").write_text("signup_policy = \"closed\";")
    (quickstart.state / "thesis.txt").write_text("years of work")
    return quickstart.state


def assert_refused(quickstart, reason):
    before = look(quickstart.state)
    for arguments in (("--detach",), ("--reset", "--yes"), ("--stop",), ("--status",), ("--run", "admin", "list")):
        refused = quickstart(*arguments)
        assert refused.returncode == 1 and reason in refused.stderr and "STATE_DIR" in refused.stderr, arguments
        assert look(quickstart.state) == before, arguments


@pytest.mark.usefixtures("anothers")
def test_a_folder_that_quickstart_did_not_make_is_left_as_it_is(quickstart):
    assert_refused(quickstart, "quickstart did not make it")


def test_an_empty_folder_is_taken_and_deleted_while_it_bears_the_mark(quickstart):
    (quickstart.state / "lost+found").mkdir(parents=True)
    assert quickstart("--detach").returncode == 0
    mark = (quickstart.state / MARK).read_text()
    (quickstart.state / MARK).unlink()
    kept = quickstart("--reset", "--yes")
    assert kept.returncode == 1 and "quickstart did not make it" in kept.stderr and quickstart.ready()
    (quickstart.state / MARK).write_text(mark)
    assert quickstart("--reset", "--yes").returncode == 0
    assert not quickstart.state.exists() and not quickstart.ready()


@NEEDS_ROOT
def test_root_takes_no_folder_that_the_account_filled(quickstart, anothers, secret):
    (anothers / MARK).write_text("quickstart did not write this")
    for name in ("process", "program"):
        (anothers / name).symlink_to(secret.parent)
    for path in (anothers, *anothers.rglob("*")):
        give(path)
    beside = look(secret.parent)
    assert_refused(quickstart, f"belongs to {ACCOUNT}")
    assert look(secret.parent) == beside


@NEEDS_ROOT
def test_links_that_the_account_plants_lead_root_nowhere(quickstart, secret):
    assert quickstart("--detach").returncode == 0
    assert quickstart("--stop").returncode == 0
    state = quickstart.state
    for path in (state, state / "process", state / "program"):
        assert path.stat().st_uid == 0 and not path.stat().st_mode & 0o022, path
    planted = [
        "etc/x",
        "etc/nginx/x",
        "etc/nginx/nginx.conf.new",
        "etc/tls/x",
        "etc/mediagate.conf.new",
        "etc/logrotate.conf.new",
        "log/x",
        "run/stop-requested",
        "run/nginx.process",
        "data/x",
    ]
    for name in planted:
        (state / name).unlink(missing_ok=True)
        subprocess.run([*AS_ACCOUNT, "ln", "-s", secret, state / name], check=True)
    quickstart("--detach")  # what lies in nginx's way may stop it: root's file must not pay
    assert quickstart("--stop").returncode == 0


@NEEDS_ROOT
def test_links_that_the_account_plants_while_root_takes_its_folder_lead_nowhere(tmp_path, secret):
    """An empty folder of the account, which fills it between root's look and root's taking it."""
    state = tmp_path / "state"
    state.mkdir()
    give(state)
    plant = "".join(
        f"ln -s {target} {state}/{name}; "
        for name, target in (("process", tmp_path), ("program", tmp_path), (MARK, tmp_path / "made"))
    )
    script = (
        f"top={TOP_SRC}; . $top/deploy/lib.sh; . $top/deploy/state.sh; state={state}; "
        f"choose_account; check_state; {plant} claim_state; own_folder {state}/program 755"
    )
    beside = {path: row for path, row in look(tmp_path).items() if path != state}
    subprocess.run(["bash", "-euc", script], check=True, env={**os.environ, "TMPDIR": "/tmp"})
    assert {path: row for path, row in look(tmp_path).items() if path != state and state not in path.parents} == beside
    for path in (state, state / "process", state / "program", state / MARK):
        assert not path.is_symlink() and path.stat().st_uid == 0 and not path.stat().st_mode & 0o022, path


@NEEDS_ROOT
def test_the_account_does_not_choose_what_root_kills(quickstart):
    assert quickstart("--detach").returncode == 0
    processes = [quickstart.process(name) for name in PARTS]
    with subprocess.Popen(["sleep", "1000"]) as ours:
        try:
            since = pathlib.Path(f"/proc/{ours.pid}/stat").read_text().rsplit(") ", 1)[1].split()[19]
            write = ["sh", "-c", f'echo {ours.pid} {since} >"$1"', "sh"]
            for name, may in (("run/rotate.process", True), ("process/rotate", False), ("process/new", False)):
                done = subprocess.run([*AS_ACCOUNT, *write, quickstart.state / name], check=False, capture_output=True)
                assert (done.returncode == 0) == may, name
            assert quickstart("--stop").returncode == 0
            assert alive(ours.pid) and not any(map(alive, processes))
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
