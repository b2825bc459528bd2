# SPDX-License-Identifier: ISC
"""What ingest does beside counting: it says how far it is, and rotates the log."""
import http.client
import json
import os
import signal
import subprocess
import time

import pytest
from answers import assert_json
from signing import fresh_grant
from stack import DEADLINE, wait_until


def play(town, medium, grant, address="192.0.2.1", **headers):
    connection = http.client.HTTPConnection("127.0.0.1", town.http_port, timeout=DEADLINE)
    connection.request(
        "GET", town.sign(medium, "film.mp4", grant=grant), headers={"X-Forwarded-For": address, **headers}
    )
    answer = connection.getresponse()
    size = len(answer.read())
    connection.close()
    return answer.status, size


def make_medium(town, content=b"film" * 1000):
    return town.media_of_files({"film.mp4": content})


@pytest.fixture(scope="module")
def town(module_stack_with):
    return module_stack_with(trusted_proxies=["127.0.0.1"], log_rotate_size=1, log_retention=0)


def ingest_state(town):
    return assert_json(town.anonymous().get("/readyz"))["ingest"]


def test_readiness_tells_how_far_the_counting_is(town):
    medium = make_medium(town)
    assert ingest_state(town) == {
        "state": "absent",
        "nodes": 0,
        "silent_nodes": 0,
        "unread_bytes": 0,
        "unread_seconds": 0,
        "heard_seconds": 0,
    }
    assert "running: none" in town.mediagate("ingest", "--status").stdout
    play(town, medium, fresh_grant())
    town.start_ingest()
    try:
        wait_until(lambda: ingest_state(town)["state"] == "running", "ingest to say that it runs")
        town.wait_counted()
        wait_until(lambda: ingest_state(town)["unread_bytes"] == 0, "everything to be counted")
        assert "running: 1 of 1 nodes" in town.mediagate("ingest", "--status").stdout
    finally:
        town.stop_ingest()
    town.sql("update ingest_node set seen_at = now() - interval '20 seconds', unread_bytes = 1234, unread_seconds = 56")
    wait_until(lambda: ingest_state(town)["state"] == "silent", "/readyz to look anew")
    silent = ingest_state(town)
    assert (
        silent["state"],
        silent["nodes"],
        silent["silent_nodes"],
        silent["unread_bytes"],
        silent["unread_seconds"],
    ) == ("silent", 1, 1, 1234, 56)
    assert silent["heard_seconds"] >= 20
    play(town, medium, fresh_grant())
    told = town.mediagate("ingest", "--status").stdout
    assert "unread: 0 bytes" not in told and "running: 0 of 1 nodes" in told


def test_a_node_that_is_gone_for_a_day_is_forgotten(town):
    town.sql(
        "insert into ingest_node (node, seen_at, unread_bytes, unread_seconds) values ('gone', now() - interval "
        "'2 days', 1, 1)"
    )
    wait_until(lambda: ingest_state(town)["nodes"] <= 1, "/readyz to look again")
    town.start_ingest()
    try:
        wait_until(lambda: not town.sql("select from ingest_node where node = 'gone'"), "it to be forgotten")
    finally:
        town.stop_ingest()


def test_two_who_count_the_same_log_do_not_fill_their_own(town):
    medium, second = make_medium(town), None
    town.start_ingest()
    before = town.log_text("ingest.log").count("read_elsewhere")
    try:
        second = town.spawn_ingest()
        for number in range(1, 31):
            play(town, medium, fresh_grant())
            # pylint: disable=cell-var-from-loop
            wait_until(
                lambda: town.sql("select count(*) from media_view_log where media_id = %s", medium) >= [(number,)],
                "it to be counted",
            )
        assert town.log_text("ingest.log").count("read_elsewhere") - before <= 2, "each says it once a minute"
    finally:
        town.stop_ingest()
        second.terminate()
        assert second.wait(timeout=DEADLINE) == 0


# --- rotation -----------------------------------------------------------------------------------------------
def rotated(town):
    return sorted((town.root / "log").glob("view.log-*"))


def fill_log(town, medium, lines=1300):
    """More than a MiB of it: a user agent may take 512 bytes of a line. Returns the bytes that were delivered."""
    connection, delivered = http.client.HTTPConnection("127.0.0.1", town.http_port, timeout=DEADLINE), 0
    path, headers = town.sign(medium, "film.mp4", grant=fresh_grant()), {
        "User-Agent": "x" * 512,
        "X-Forwarded-For": "192.0.2.1",
        "Range": "bytes=0-999999",
    }
    for _ in range(lines):
        connection.request("GET", path, headers=headers)
        delivered += len(connection.getresponse().read())
    connection.close()
    return delivered


def bytes_counted(town, medium):
    return town.sql("select coalesce(sum(bytes_sent), 0)::int8 from media_view_log where media_id = %s", medium)[0][0]


@pytest.fixture
def counting(town):
    """A town that counts, with an empty log of nginx's."""
    for path in rotated(town):
        path.unlink()
    town.start_ingest()
    yield town
    town.stop_ingest()


def age(path, hours=1):
    """As if it had been written last an hour ago."""
    then = time.time() - 3600 * hours
    os.utime(path, (then, then))


def test_a_grown_log_is_rotated_counted_and_deleted(counting):
    town, medium = counting, make_medium(counting)
    delivered = fill_log(town, medium)
    [old] = wait_until(lambda: rotated(town), "the log to be rotated")
    wait_until((town.root / "log/view.log").exists, "nginx to open another")
    town.wait_log_left(old)
    delivered += fill_log(town, medium, 3)
    town.wait_counted()
    assert bytes_counted(town, medium) == delivered
    time.sleep(1.2)  # a turn of the rotation
    assert rotated(town) == [old], "nobody wrote to it for too short a time"
    age(old)
    wait_until(
        lambda: not rotated(town) and "log_deleted" in town.log_text("ingest.log"),
        "the counted log to be " "deleted, and that to be " "told",
    )
    assert town.log_text("view.log")


def test_a_log_of_yesterday_is_rotated_though_it_is_small(counting):
    town, medium = counting, make_medium(counting)
    fill_log(town, medium, 2)
    town.wait_counted()
    path = town.root / "log/view.log"
    first = json.loads(path.read_text().splitlines()[0])["time"]
    assert rotated(town) == []
    line = path.read_bytes().splitlines(True)[0]
    path.write_bytes(line.replace(f"{first:.3f}".encode(), f"{first - 90_000:.3f}".encode()) + line)
    wait_until(lambda: rotated(town), "it to be rotated")


def test_what_is_not_counted_or_not_rotated_by_us_is_kept(counting):
    town, medium = counting, make_medium(counting)
    fill_log(town, medium, 2)
    town.wait_counted()
    line = (town.root / "log/view.log").read_bytes().splitlines(True)[-1]
    theirs = town.root / "log/view.log-20200101"
    torn = town.root / "log/view.log-20200101-000001.000000"
    theirs.write_bytes(line.replace(b"GET", b"PUT"))
    torn.write_bytes(line.replace(b"GET", b"HEAD") + line[:100])
    town.give_to_user()
    age(theirs)
    age(torn)
    wait_until(lambda: not torn.exists(), "the counted one to be deleted, whose last line never ended")
    assert theirs.exists()
    theirs.unlink()
    assert town.stop_ingest() == 0
    town.stop_postgres()
    torn.write_bytes(line.replace(b"GET", b"POST"))
    town.give_to_user()
    age(torn)
    town.ingest = town.spawn_ingest()
    time.sleep(2)
    assert torn.exists(), "what is not counted is kept"
    town.start_postgres()
    town.wait_ready()
    wait_until(lambda: not torn.exists(), "it to be counted and deleted")


def test_a_kill_between_rename_and_signal_is_made_up_for(counting):
    """Renamed, and nginx does not know: it is asked by the next ingest, and until then nothing is deleted."""
    town, medium = counting, make_medium(counting)
    delivered = fill_log(town, medium, 5)
    town.stop_ingest(signal.SIGKILL)
    old = town.root / "log/view.log-20201231-235959.000001"
    (town.root / "log/view.log").rename(old)
    delivered += fill_log(town, medium, 5)
    town.nginx.send_signal(signal.SIGSTOP)  # its master hears nothing for now
    try:
        age(old)
        town.start_ingest()
        time.sleep(2.5)
        assert old.exists() and not (town.root / "log/view.log").exists()
    finally:
        town.nginx.send_signal(signal.SIGCONT)
    wait_until((town.root / "log/view.log").exists, "nginx to be asked")
    time.sleep(1.2)
    assert old.exists(), "an empty log proves nothing"
    age(old)
    delivered += fill_log(town, medium, 5)
    wait_until(lambda: not old.exists(), "it to be deleted")
    town.wait_counted()
    assert bytes_counted(town, medium) == delivered


def test_logrotate_at_the_same_time_loses_nothing(counting):
    town, medium = counting, make_medium(counting)
    delivered = 0
    for _ in range(3):
        delivered += fill_log(town, medium, 600)
        town.rotate_view_log()
        delivered += fill_log(town, medium, 600)
    town.wait_counted()
    assert bytes_counted(town, medium) == delivered
    for path in (town.root / "log").glob("view.log.*"):
        path.unlink()


def test_where_nginx_cannot_be_signalled_the_log_says_so_once(make_stack):
    """A process of another user that looks like nginx."""
    if os.geteuid() != 0:
        pytest.skip("needs two users")
    town = make_stack(trusted_proxies=["127.0.0.1"], log_rotate_size=1)
    other = subprocess.Popen(["bash", "-c", "exec -a nginx sleep 600"])
    try:
        (town.root / "run/other.pid").write_text(f"{other.pid}\n")
        town.settings["nginx_pid_file"] = str(town.root / "run/other.pid")
        town.write_settings()
        town.give_to_user()
        medium = make_medium(town)
        town.start_ingest()
        delivered = fill_log(town, medium)
        wait_until(lambda: "rotation_impossible" in town.log_text("ingest.log"), "it to be told")
        town.wait_counted()
        time.sleep(2.2)
        assert town.log_text("ingest.log").count("rotation_impossible") == 1 and "logrotate" in town.log_text(
            "ingest.log"
        )
        assert rotated(town) == [] and bytes_counted(town, medium) == delivered
        town.stop_ingest()
    finally:
        other.kill()
        other.wait()
