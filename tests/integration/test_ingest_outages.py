# SPDX-License-Identifier: ISC
"""Counting when something is full, away, or between: disks, the database, PgBouncer."""
import collections
import contextlib
import http.client
import json
import os
import pathlib
import shutil
import signal
import time

import pytest
import web_tools
from signing import fresh_grant
from small_disk import mounted
from stack import DEADLINE, Stack, options_that_bound_memory, wait_until

FILM = b"film" * 500


def make_medium(town):
    return town.media_of_files({"film.mp4": FILM})


def play(town, medium, grants, **headers):
    """Each grant once; every answer is whole, and leaves one line, since so short a range has none of its beginning."""
    connection = http.client.HTTPConnection("127.0.0.1", town.http_port, timeout=DEADLINE)
    for grant in grants:
        connection.request(
            "GET",
            town.sign(medium, "film.mp4", grant=grant),
            headers={"X-Forwarded-For": "192.0.2.1", "Range": f"bytes=0-{len(FILM) - 1}", **headers},
        )
        answer = connection.getresponse()
        assert (answer.status, answer.read()) == (206, FILM)
    connection.close()


def counted(town, medium):
    """Bytes by grant, as the database has them."""
    return dict(
        town.sql(
            "select replace(grant_id::text, '-', ''), bytes_sent from media_view_log where media_id = " "%s", medium
        )
    )


def fill(folder, leave):
    """All of the disk but so many bytes. Returns what to delete."""
    free = os.statvfs(folder)
    filler = pathlib.Path(folder) / "filler"
    filler.write_bytes(bytes(free.f_bavail * free.f_frsize - leave))
    return filler


# --- full disks ---------------------------------------------------------------------------------------------
def written_lines(path):
    """The independent count: whole lines of a log, and those that a torn one was glued to."""
    found = collections.Counter()
    for line in path.read_bytes().split(b"\n")[:-1]:
        for begin in (0, line.rfind(b'{"time":')):
            with contextlib.suppress(ValueError):
                entry = json.loads(line[begin:])
                found[entry["grant"]] += entry["body_bytes"]
                break
    return dict(found)


def test_a_full_log_disk_costs_no_line_that_was_written():
    town = Stack(trusted_proxies=["127.0.0.1"])
    town.nginx_log_dir = town.root / "views"
    town.nginx_log_dir.mkdir()
    with mounted(town.nginx_log_dir, "1m"), town:
        medium = make_medium(town)
        town.start_ingest()
        before, during, after = ([fresh_grant() for _ in range(count)] for count in (20, 200, 20))
        play(town, medium, before)
        filler = fill(town.nginx_log_dir, 60_000)
        play(town, medium, during, **{"User-Agent": "x" * 512})
        log = town.nginx_log_dir / "view.log"
        assert log.read_bytes()[-1:] != b"\n", "the disk's end is in the middle of a line"
        filler.unlink()
        time.sleep(1.1)  # for the rest of the second nginx does not try again
        play(town, medium, after)
        expected = written_lines(log)
        assert set(before) < set(expected) and set(after) < set(expected) and 40 < len(expected) < 240
        town.wait_counted()
        assert counted(town, medium) == expected
        assert town.sql("select sum(rejected)::int8 from delivery_log") == [(1,)], "the torn line"


def test_a_full_disk_for_rejects_stops_the_counting_until_there_is_room():
    town = Stack(trusted_proxies=["127.0.0.1"])
    with mounted(town.data_dir, "4m"), town:
        medium = make_medium(town)
        town.start_ingest()
        first, second, third = (fresh_grant() for _ in range(3))
        play(town, medium, [first])
        town.wait_counted()
        filler = fill(town.data_dir, 0)
        with open(town.root / "log/view.log", "ab") as log:
            log.write(b"no line\n")
        play(town, medium, [second])
        wait_until(
            lambda: "rejects_failed" in town.log_text("ingest.log"), "ingest to say that it cannot keep the " "line"
        )
        assert counted(town, medium) == {first: len(FILM)}
        filler.unlink()
        play(town, medium, [third])
        wait_until(
            lambda: counted(town, medium) == dict.fromkeys((first, second, third), len(FILM)), "it to go on by itself"
        )
        kept = [json.loads(line) for line in (town.data_dir / "rejected.log").read_text().splitlines()]
        assert [entry["line"] for entry in kept] == ["no line"]
        assert "ingest_recovered" in town.log_text("ingest.log")


# --- a backlog ----------------------------------------------------------------------------------------------
def memory_kib(process, name):
    for line in pathlib.Path(f"/proc/{process.pid}/status").read_text(encoding="ascii").splitlines():
        if line.startswith(name + ":"):
            return int(line.split()[1])
    raise AssertionError(name)


def test_a_backlog_is_worked_off_in_bounded_memory(make_stack):
    """300,000 lines of 30,000 views, gathered while the database was away."""
    town = make_stack(trusted_proxies=["127.0.0.1"])
    medium, lines, views = make_medium(town), 300_000, 30_000
    grant = fresh_grant()
    play(town, medium, [grant])
    [line] = [entry for entry in town.wait_view_log(lambda line: line["grant"] == grant)]
    assert line["status"] == 206
    raw = (town.root / "log/view.log").read_bytes().splitlines(True)[-1]
    head, tail = raw.split(grant.encode())
    town.stop_postgres()
    with open(town.root / "log/view.log", "ab") as log:
        for start in range(0, lines, 10_000):
            log.write(
                b"".join(
                    head + b"01935500%04x7000800000000000%04x" % (number % views >> 8, number % views & 255) + tail
                    for number in range(start, start + 10_000)
                )
            )
    town.environment["ASAN_OPTIONS"] = options_that_bound_memory()
    town.ingest = town.spawn_ingest()
    wait_until(lambda: "database_away" in town.log_text("ingest.log"), "ingest to wait for the database")
    idle = memory_kib(town.ingest, "VmRSS")
    town.start_postgres()

    def read():
        return town.sql("select coalesce(sum(lines), 0)::int8 from delivery_log")[0][0]

    wait_until(lambda: read() >= lines // 4, "a quarter of it to be counted", timeout=6 * DEADLINE)
    early = memory_kib(town.ingest, "VmHWM")
    wait_until(lambda: read() == lines + 1, "all of it to be counted", timeout=12 * DEADLINE)
    peak = memory_kib(town.ingest, "VmHWM")
    assert town.sql("select count(*), sum(bytes_sent)::int8 from media_view_log") == [
        (views + 1, (lines + 1) * len(FILM))
    ]
    assert peak - early < 32 * 1024 and peak - idle < 192 * 1024, (idle, early, peak)


# --- PgBouncer ----------------------------------------------------------------------------------------------
@pytest.fixture
def pooled(make_stack):
    """Ingest and its commands reach the database through PgBouncer in transaction mode, with two connections."""
    program = shutil.which("pgbouncer", path=os.environ["PATH"] + ":/usr/sbin")
    if program is None:
        web_tools.missing("pgbouncer")
    town = make_stack(trusted_proxies=["127.0.0.1"], ingest_batch=20, log_rotate_size=1)
    folder = town.root / "pool"
    folder.mkdir()
    (folder / "pgbouncer.ini").write_text(
        f"[databases]\nmediagate = host={town.root}/run dbname=mediagate user=mediagate "
        f"pool_size=2\n[pgbouncer]\nlisten_port = 6432\nlisten_addr =\n"
        f"unix_socket_dir = {folder}\nauth_type = any\npool_mode = transaction\nlogfile = {folder}/log\n"
    )
    town.give_to_user()
    pool = town.spawn([program, folder / "pgbouncer.ini"], "pgbouncer.log")
    try:
        wait_until((folder / ".s.PGSQL.6432").exists, "PgBouncer to listen")
        town.settings.update(database=f"host={folder} port=6432 dbname=mediagate user=mediagate", prepared=False)
        town.write_settings()
        yield town
    finally:
        pool.kill()
        pool.wait()


def test_everything_of_ingest_works_through_pgbouncer(pooled):
    town, medium = pooled, make_medium(pooled)
    second, grants = None, [fresh_grant() for _ in range(60)]
    town.start_ingest()
    try:
        for number in range(6):
            play(town, medium, grants[number * 10 :][:30])
            if second:
                second.kill()
                second.wait()
            second = town.spawn_ingest()
            town.ingest.send_signal(signal.SIGKILL)
            town.ingest.wait()
            town.ingest = town.spawn_ingest()
        town.wait_counted()
    finally:
        second.kill()
        second.wait()
    expected = collections.Counter(grant for number in range(6) for grant in grants[number * 10 :][:30])
    assert counted(town, medium) == {grant: times * len(FILM) for grant, times in expected.items()}
    wait_until(
        lambda: "running: 1 of 1 nodes" in town.mediagate("ingest", "--status").stdout, "ingest to say how far " "it is"
    )
    assert json.loads(town.mediagate("explain", "--json", grants[0]).stdout)["agreement"] == "agrees"
    old = town.root / "old.log"
    old.write_bytes((town.root / "log/view.log").read_bytes().replace(b'"status":200', b'"status":206'))
    town.give_to_user()
    assert "0 are left" in town.run(town.program, "ingest", "--config", town.config, "--import", old).stdout
    assert town.stop_ingest() == 0
