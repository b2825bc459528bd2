# SPDX-License-Identifier: ISC
"""./quickstart with the program that is built already: starts, tells, keeps, stops, and has a remedy for what can go
wrong."""
import contextlib
import os
import pathlib
import re
import signal
import socket
import subprocess

import pytest
import requests

from private_instance import MARK, PARTS, alive, readme_tour
from stack import DEADLINE, TOP_SRC, wait_until


def test_detach_status_second_run_stop_and_reset(quickstart):
    assert quickstart("--status").returncode == 3
    started = quickstart("--detach")
    assert started.returncode == 0, started.stdout + started.stderr
    assert f"http://127.0.0.1:{quickstart.port}" in started.stdout
    tour = readme_tour().replace("127.0.0.1:8080", f"127.0.0.1:{quickstart.port}")
    assert (
        "".join(f"  {line}\n" for line in tour.splitlines()) in started.stdout
    ), "the tour of the README, for this port"
    assert quickstart.ready()
    assert requests.get(
        f"https://localhost:{quickstart.https_port}/livez",
        verify=str(quickstart.state / "etc/tls/certificate.pem"),
        timeout=DEADLINE,
    ).ok
    assert quickstart("--status").returncode == 0
    again = quickstart("--detach")
    assert again.returncode == 0 and "already running" in again.stdout
    assert roles(quickstart) == "mediagate|f|f|f", "its own database is all that the program's role has"

    url = f"http://127.0.0.1:{quickstart.port}"
    account = {"email": "kept@example.org", "password": "a long enough password"}
    assert requests.post(url + "/auth/signup", json=account, timeout=DEADLINE).status_code == 201
    wait_until((quickstart.state / "log/rotation").exists, "the first look of logrotate")
    processes = [quickstart.process(name) for name in PARTS]
    assert quickstart("--stop").returncode == 0
    assert not any(map(alive, processes)) and not quickstart.ready()

    assert quickstart("--detach").returncode == 0
    assert requests.post(url + "/auth/login", json=account, timeout=DEADLINE).status_code == 200, "the data is kept"
    kept = quickstart("--reset", answer="n\n")
    assert kept.returncode == 1 and quickstart.ready()
    assert quickstart("--reset", answer="y\n").returncode == 0
    assert not quickstart.state.exists() and not quickstart.ready()


def roles(quickstart):
    """Who the program is in its database, as the account of the instance; and nobody else may log in."""
    settings = (quickstart.state / "etc/mediagate.conf").read_text(encoding="utf-8")
    host = re.search('database = "host=([^ "]+)', settings).group(1)
    account = (quickstart.state / "pg").owner()
    psql = ["psql", "-h", host, "-XAtq"]
    if os.geteuid() == 0:
        psql = ["setpriv", f"--reuid={account}", f"--regid={account}", "--init-groups", "--", *psql]
    for other in (["-U", "postgres", "-d", "mediagate"], ["-U", "mediagate", "-d", "postgres"]):
        assert (
            subprocess.run([*psql, *other, "-c", "SELECT 1"], capture_output=True, check=False, cwd="/").returncode != 0
        )
    return subprocess.run(
        [
            *psql,
            "-U",
            "mediagate",
            "-d",
            "mediagate",
            "-c",
            "SELECT rolname, rolsuper, rolcreatedb, " "rolcreaterole FROM pg_roles WHERE " "rolname = current_user",
        ],
        capture_output=True,
        text=True,
        check=True,
        cwd="/",
    ).stdout.strip()


def children(pid):
    return [
        int(child) for child in pathlib.Path(f"/proc/{pid}/task/{pid}/children").read_text(encoding="ascii").split()
    ]


def test_operators_run_commands_as_the_instance_does(quickstart, tmp_path):
    assert quickstart("--run").returncode == quickstart("--stop", "--run", "admin").returncode == 2
    nothing = quickstart("--run", "admin", "list")
    assert nothing.returncode == 1 and "--detach" in nothing.stderr
    assert quickstart("--detach").returncode == 0
    made = quickstart("--run", "admin", "create", "you@example.org", answer="correct horse battery\n")
    assert made.returncode == 0, made.stderr
    assert "you@example.org" in quickstart("--run", "admin", "list", TMPDIR=str(tmp_path)).stdout and not list(
        tmp_path.iterdir()
    )
    assert quickstart("--run", "keys", "rotate").returncode == 0
    assert "unread: 0 bytes" in quickstart("--run", "ingest", "--status").stdout
    assert quickstart("--run", "keys", "steal").returncode == 2
    assert quickstart("--status").stdout.count("signs") == 2
    login = requests.post(
        f"http://127.0.0.1:{quickstart.port}/auth/login",
        json={"email": "you@example.org", "password": "correct horse battery"},
        timeout=DEADLINE,
    )
    assert login.status_code == 200


def test_a_bad_setting_is_told_before_anything_starts(quickstart):
    assert quickstart("--detach").returncode == 0
    assert quickstart("--stop").returncode == 0
    config = quickstart.state / "etc/mediagate.conf"
    config.write_text(config.read_text(encoding="utf-8") + "stream_ttl_mx = 5;\n", encoding="utf-8")
    log = (quickstart.state / "log/postgres.log").stat().st_size
    done = quickstart("--detach")
    assert done.returncode == 1 and "stream_ttl_max" in done.stderr and str(config) in done.stderr
    assert (quickstart.state / "log/postgres.log").stat().st_size == log
    done = quickstart("--detach", MEDIAGATE_UPLOAD_MAX="plenty")
    assert done.returncode == 1 and "MEDIAGATE_UPLOAD_MAX" in done.stderr


@pytest.mark.parametrize("part", ["ingest", "package", "notify"])
def test_a_part_that_may_die_is_started_again_and_ends_with_the_rest(quickstart, part):
    assert quickstart("--detach").returncode == 0
    log = quickstart.state / f"log/{part}.log"
    wait_until(lambda: log.exists() and log.read_text().count('"ready"') == 1, f"{part} to be ready")
    [first] = children(quickstart.process(part))
    os.kill(first, signal.SIGKILL)
    wait_until(lambda: log.read_text().count('"ready"') == 2, f"{part} to be started again")
    [second] = children(quickstart.process(part))
    assert quickstart("--status").returncode == 0
    assert quickstart("--stop").returncode == 0
    assert not alive(second) and '"stopped"' in log.read_text().splitlines()[-1], "it was asked to stop, and did"


def test_detach_beside_a_running_instance_starts_the_parts_that_ended(quickstart):
    assert quickstart("--detach").returncode == 0
    serve = quickstart.process("serve")
    ended = {name: quickstart.process(name) for name in ("ingest", "package", "notify", "rotate")}
    for pid in ended.values():
        os.kill(pid, signal.SIGKILL)
    again = quickstart("--detach")
    assert again.returncode == 0 and "already running" in again.stdout, again.stdout + again.stderr
    assert "started again: ingest package notify rotate\n" in again.stdout
    for name, pid in ended.items():
        assert quickstart.process(name) != pid and alive(quickstart.process(name))
    assert quickstart("--status").returncode == 0 and quickstart.process("serve") == serve
    assert "had ended" not in quickstart("--detach").stdout
    processes = [quickstart.process(name) for name in PARTS]
    assert quickstart("--stop").returncode == 0 and not any(map(alive, processes))


@pytest.mark.parametrize(
    "arguments, named",
    [
        (["--bogus"], ["--bogus"]),
        (["--stop", "now"], ["now"]),
        (["--detach", "--stop"], ["--detach", "--stop"]),
        (["--reset", "--yes", "--status"], ["--reset", "--status"]),
        (["--stop", "--run", "admin"], ["--stop", "--run"]),
        (["--run"], ["--run"]),
    ],
)
def test_words_that_are_wrong_are_named_and_nothing_is_done(quickstart, arguments, named):
    refused = quickstart(*arguments)
    assert refused.returncode == 2 and not quickstart.state.exists()
    first = refused.stderr.splitlines()[0].split()
    assert set(named) <= set(first), first


def test_nothing_listens_beyond_loopback_and_nothing_runs_as_root(quickstart):
    assert quickstart("--detach").returncode == 0
    group = []
    for name in PARTS:
        pid = quickstart.process(name)
        group += [pid] + [int(child) for child in pathlib.Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]
    for pid in group:
        with contextlib.suppress(FileNotFoundError):  # a short-lived child
            uid = int(re.search(r"^Uid:\s+(\d+)", pathlib.Path(f"/proc/{pid}/status").read_text(), re.M)[1])
            assert uid == os.geteuid() if os.geteuid() else uid != 0
    listening = subprocess.run(["ss", "-Hltnp"], capture_output=True, text=True, check=True).stdout.splitlines()
    ours = [line.split()[3] for line in listening if any(f"pid={pid}," in line for pid in group)]
    assert sorted(ours) == sorted({f"127.0.0.1:{quickstart.port}", f"127.0.0.1:{quickstart.https_port}"})


def test_foreground_stops_everything_on_ctrl_c(quickstart):
    with quickstart.foreground() as process:
        processes = [quickstart.process(name) for name in ("postgres", "serve", "nginx")]
        process.send_signal(signal.SIGINT)
        output, _ = process.communicate(timeout=2 * DEADLINE)
    assert process.returncode in (0, 130), output
    assert not any(map(alive, processes))


def test_a_part_that_dies_ends_the_foreground_instance_with_its_name(quickstart):
    with quickstart.foreground() as process:
        os.kill(quickstart.process("nginx"), signal.SIGKILL)
        output, _ = process.communicate(timeout=2 * DEADLINE)
    assert process.returncode == 1 and "nginx ended by itself" in output
    assert quickstart("--status").returncode == 3


@pytest.mark.parametrize("which", ["PORT", "HTTPS_PORT"])
def test_a_taken_port_is_named_with_a_remedy(quickstart, which):
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]
        refused = quickstart("--detach", **{which: str(port)})
    assert refused.returncode == 1
    assert f"port {port} on 127.0.0.1 is taken" in refused.stderr and f"{which}=" in refused.stderr


def test_stale_process_files_and_killed_parts_do_not_hinder_a_start(quickstart):
    assert quickstart("--detach").returncode == 0
    for name in ("serve", "postgres", "nginx"):
        os.kill(quickstart.process(name), signal.SIGKILL)
    # The id of another's process, as after a restart of the machine.
    (quickstart.state / "process/serve").write_text(f"{os.getpid()} 1\n")
    again = quickstart("--detach")
    assert again.returncode == 0, again.stdout + again.stderr
    assert quickstart.ready()


def test_an_interrupted_first_run_is_completed(quickstart):
    (quickstart.state / "pg.new").mkdir(parents=True)
    (quickstart.state / MARK).write_text("made by an earlier run")
    (quickstart.state / "pg.new/base").write_text("half")
    started = quickstart("--detach")
    assert started.returncode == 0, started.stdout + started.stderr


def test_a_half_made_database_is_told_with_a_remedy(quickstart):
    (quickstart.state / "pg").mkdir(parents=True)
    (quickstart.state / MARK).write_text("made by an earlier run")
    refused = quickstart("--detach")
    assert refused.returncode == 1 and "half-made" in refused.stderr and "--reset" in refused.stderr


def test_a_deep_state_folder_has_its_sockets_elsewhere(quickstart):
    quickstart.state = quickstart.state.parent.joinpath(*["deep"] * 30)
    started = quickstart("--detach")
    assert started.returncode == 0, started.stdout + started.stderr
    assert quickstart.ready() and not (quickstart.state / "run").exists()
    assert quickstart("--reset", "--yes").returncode == 0


@pytest.mark.skipif(os.geteuid() != 0, reason="needs root to mount a small disk")
def test_a_full_disk_is_told_with_a_remedy(quickstart):
    quickstart.state.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=20m", "small", quickstart.state], check=True)
    try:
        refused = quickstart("--detach")
        assert refused.returncode == 1 and "disk is full" in refused.stderr and "STATE_DIR" in refused.stderr
    finally:
        subprocess.run(["umount", "-l", quickstart.state], check=True)


@pytest.mark.skipif(os.geteuid() != 0, reason="needs root, whose folders others cannot enter")
def test_a_state_folder_that_the_account_cannot_reach_is_placed_elsewhere(quickstart):
    os.chmod(quickstart.state.parent, 0o700)
    started = quickstart("--detach")
    assert started.returncode == 0, started.stdout + started.stderr
    assert "cannot reach" in started.stdout and quickstart.state.is_symlink() and quickstart.ready()
    elsewhere = quickstart.state.resolve()
    assert quickstart("--reset", "--yes").returncode == 0
    assert not elsewhere.exists() and not quickstart.state.is_symlink()


def test_a_failure_while_starting_leaves_nothing_running(quickstart):
    assert quickstart("--detach").returncode == 0
    assert quickstart("--stop").returncode == 0
    key = quickstart.state / "etc/tls/key.pem"
    key.unlink()
    key.with_name("certificate.pem").unlink()
    (key / "in the way").mkdir(parents=True)
    refused = quickstart("--detach")
    assert refused.returncode == 1 and "openssl made no certificate" in refused.stderr
    assert "nothing runs here" in quickstart("--status").stdout
    assert not list(quickstart.state.glob("run/.s.PGSQL.*")), "PostgreSQL was stopped"


def test_asking_leaves_no_temporary_file(quickstart, tmp_path):
    assert quickstart("--status", TMPDIR=str(tmp_path)).returncode == 3
    assert not list(tmp_path.iterdir())


def test_who_may_install_nothing_goes_on_without_pages_and_is_told_all_that_is_missing(tmp_path):
    (tmp_path / "deploy").mkdir()
    (tmp_path / "deploy/packages").write_text("no-such-database run\nno-such-pages pages  # web\nno-such-test test\n")
    script = (
        f'top={tmp_path}; . {TOP_SRC}/deploy/lib.sh; id() {{ echo 1000; }}; sudo() {{ return 1; }}; '
        'install_packages pages || say without; ask_for_packages run pages'
    )
    done = subprocess.run(
        ["bash", "-euc", script],
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, "TMPDIR": str(tmp_path)},
    )
    assert done.returncode == 1 and "without" in done.stdout.splitlines()
    assert "no-such-database no-such-pages\n" in done.stderr and "no-such-test" not in done.stderr
