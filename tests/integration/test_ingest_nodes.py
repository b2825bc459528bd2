# SPDX-License-Identifier: ISC
"""Several who count into one database: on one host, far from it, and where its standby is slow."""
import contextlib
import threading
import time

import pytest
from distant_network import DistantNetwork
from signing import fresh_grant
from stack import Stack, wait_until
from test_ingest_outages import counted, make_medium, play

TURN = "select pg_advisory_xact_lock(7235412097710211329)"
AWAY = 0.15  # seconds, one way


@pytest.fixture
def town():
    with Stack() as stack:
        yield stack


def longest_turn(town, over):
    """Seconds for which somebody else had the turn at most, until `over` is set."""
    longest = 0
    with contextlib.closing(town.connect()) as connection:
        while not over.is_set():
            begun = time.monotonic()
            with connection, connection.cursor() as cursor:
                cursor.execute(TURN)
            longest = max(longest, time.monotonic() - begun)
            time.sleep(0.005)
    return longest


def test_who_counts_from_far_away_holds_up_nobody(town):
    """The turn is of the whole cluster. Six round trips of it would be two seconds."""
    medium = make_medium(town)
    with DistantNetwork(town.root / "run/.s.PGSQL.5432", AWAY) as network:
        town.settings["database"] = f"host=127.0.0.1 port={network.port} dbname=mediagate user=mediagate"
        near = town.config.read_text(encoding="utf-8")
        town.write_settings()
        town.start_ingest()
        grants, found = [], []
        for _ in range(3):
            over = threading.Event()
            watcher = threading.Thread(target=lambda over=over: found.append(longest_turn(town, over)))
            watcher.start()
            grants += [fresh_grant() for _ in range(20)]
            play(town, medium, grants[-20:])
            wait_until(lambda: len(counted(town, medium)) == len(grants), "all to be counted")
            over.set()
            watcher.join()
        assert town.stop_ingest() == 0
        town.config.write_text(near, encoding="utf-8")
    # A busy machine may be late, but not each time.
    assert min(found) < 2 * AWAY + 0.2, "one round trip at most, and not even that"


def test_two_who_count_on_one_host_are_two_nodes(town):
    medium = make_medium(town)
    town.settings["node_name"] = "edge-1"
    town.write_settings()
    town.start_ingest()
    other_log = town.root / "log-of-another"
    town.run("mkdir", other_log)
    other = town.root / "etc/other.conf"
    text = town.config.read_text(encoding="utf-8")
    other.write_text(
        text.replace("edge-1", "edge-2").replace(f'log_dir = "{town.nginx_log_dir}"', f'log_dir = "{other_log}"'),
        encoding="utf-8",
    )
    second = town.spawn([town.program, "ingest", "--config", other], "ingest-2.log")
    try:
        play(town, medium, [fresh_grant()])
        wait_until(lambda: len(counted(town, medium)) == 1, "the first to count")
        town.run("sh", "-c", f"echo no line >{other_log}/view.log")
        wait_until((town.data_dir / "rejected-edge-2.log").exists, "the second to reject what is no line")
        assert not (town.data_dir / "rejected.log").exists()
        wait_until(
            lambda: town.sql("select array_agg(node order by node) from ingest_node") == [(["edge-1", "edge-2"],)],
            "both to be heard of",
        )
    finally:
        second.terminate()
        second.wait()
        town.settings.pop("node_name")
        town.write_settings()


def alter_system(town, what):
    with contextlib.closing(town.connect()) as connection:
        connection.autocommit = True
        connection.cursor().execute(f"alter system {what}")
        connection.cursor().execute("select pg_reload_conf()")


def test_counting_does_not_wait_for_a_standby(town):
    """What it loses is in the log still, and its position is lost with it."""
    medium = make_medium(town)
    town.start_ingest()
    play(town, medium, [fresh_grant()])
    wait_until(lambda: len(counted(town, medium)) == 1, "the first to be counted")
    alter_system(town, "set synchronous_standby_names = 'nobody'")
    try:
        wait_until(lambda: town.sql("show synchronous_standby_names") == [("nobody",)], "the setting to hold")
        time.sleep(0.2)  # PostgreSQL's checkpointer tells the others a moment later
        play(town, medium, [fresh_grant()])
        wait_until(lambda: len(counted(town, medium)) == 2, "views to be counted as before")
    finally:
        alter_system(town, "reset synchronous_standby_names")
