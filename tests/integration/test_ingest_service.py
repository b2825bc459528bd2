# SPDX-License-Identifier: ISC
"""What ingest says of itself."""
import http.client
import itertools

import pytest
from answers import assert_json
from stack import DEADLINE, wait_until

numbers = itertools.count(1)


def fresh_grant():
    return f"0193550000007{next(numbers):03x}8000000000007777"


def play(town, medium, grant, address="192.0.2.1", **headers):
    connection = http.client.HTTPConnection("127.0.0.1", town.http_port, timeout=DEADLINE)
    connection.request("GET", town.sign(medium, "film.mp4", grant=grant), headers={"X-Forwarded-For": address, **headers})
    answer = connection.getresponse()
    size = len(answer.read())
    connection.close()
    return answer.status, size


def make_medium(town, content=b"film" * 1000):
    media = town.new_media()["id"]
    (town.data_dir / f"media/{media}").mkdir()
    (town.data_dir / f"media/{media}/film.mp4").write_bytes(content)
    town.give_to_user()
    return media


@pytest.fixture(scope="module")
def town(module_stack_with):
    return module_stack_with(trusted_proxies=["127.0.0.1"])


def ingest_state(town):
    return assert_json(town.anonymous().get("/readyz"))["ingest"]


def test_readiness_tells_how_far_the_counting_is(town):
    medium = make_medium(town)
    assert ingest_state(town) == {"state": "absent", "nodes": 0, "silent_nodes": 0, "unread_bytes": 0, "unread_seconds": 0, "heard_seconds": 0}
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
    silent = ingest_state(town)
    assert (silent["state"], silent["nodes"], silent["silent_nodes"], silent["unread_bytes"], silent["unread_seconds"]) == ("silent", 1, 1, 1234, 56)
    assert silent["heard_seconds"] >= 20
    play(town, medium, fresh_grant())
    told = town.mediagate("ingest", "--status").stdout
    assert "unread: 0 bytes" not in told and "running: 0 of 1 nodes" in told


def test_a_node_that_is_gone_for_a_day_is_forgotten(town):
    town.sql("insert into ingest_node (node, seen_at, unread_bytes, unread_seconds) values ('gone', now() - interval '2 days', 1, 1)")
    assert ingest_state(town)["nodes"] <= 1
    town.start_ingest()
    try:
        wait_until(lambda: not town.sql("select from ingest_node where node = 'gone'"), "it to be forgotten")
    finally:
        town.stop_ingest()
