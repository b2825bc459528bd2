# SPDX-License-Identifier: ISC
"""`mediagate explain`: each delivery of a grant with its verdict, and whether the database agrees."""
import gzip
import http.client
import json

import pytest
from signing import fresh_grant
from stack import DEADLINE


@pytest.fixture
def medium(town):
    return town.media_of_files({"film.mp4": b"film" * 500, "poster.jpg": b"film" * 500})


def ask(town, path, method="GET", address="192.0.2.1", **headers):
    connection = http.client.HTTPConnection("127.0.0.1", town.http_port, timeout=DEADLINE)
    connection.request(method, path, headers={"X-Forwarded-For": address, **headers})
    answer = connection.getresponse()
    answer.read()
    connection.close()
    return answer.status


def told(town, grant, **options):
    """The JSON, and that the text says the same."""
    found = json.loads(town.mediagate("explain", "--json", grant, **options).stdout)
    text = town.mediagate("explain", grant, **options).stdout
    assert all(f"{line['verdict']}: {line['why']}" in text for line in found["deliveries"])
    assert f"{found['counted']['views']} views, {found['counted']['bytes']} bytes" in text
    return found


def ends_of(found):
    return [line for line in found["deliveries"] if line["event"] == "end"]


def test_every_delivery_is_told_with_its_verdict(town, medium):
    grant = fresh_grant()
    film = town.sign(medium, "film.mp4", grant=grant, viewer="u-1")
    asked = [
        ("HEAD", film, {}, "not_a_get"),
        ("GET", film, {"Range": "bytes=0-"}, "counts"),
        ("GET", film, {"Range": "bytes=9999-"}, "refused"),
        ("GET", town.sign(medium, "poster.jpg", grant=grant, viewer="u-1"), {}, "accessory"),
        ("GET", film, {"Range": "bytes=100-199", "User-Agent": 'a "player"'}, "counts"),
    ]
    for method, path, headers, _ in asked:
        ask(town, path, method, **headers)
    ask(town, film, address="2001:db8::7")
    town.wait_counted()
    found = told(town, grant)
    ends = ends_of(found)
    assert [line["verdict"] for line in ends] == [verdict for *_, verdict in asked] + ["counts"]
    assert [line["verdict"] for line in found["deliveries"] if line["event"] == "start"] == ["begins"] * 3
    assert (ends[4]["range"], ends[4]["body_bytes"], ends[4]["status"], ends[4]["user_agent"]) == (
        "bytes 100-199/2000",
        100,
        206,
        'a "player"',
    )
    assert found["counted"] == {"views": 2, "deliveries": 3, "bytes": 4100} and found["agreement"] == "agrees"
    assert sorted((view["viewed_by_ip"], view["bytes_sent"], view["viewer"]) for view in found["views"]) == [
        ("192.0.2.1", 2100, "u-1"),
        ("2001:db8::7", 2000, "u-1"),
    ]
    text = town.mediagate("explain", grant[:8] + "-" + grant[8:12] + "-" + grant[12:].upper()).stdout
    assert "The database agrees." in text and "bytes 100-199/2000, 100 bytes in 0." in text


def test_rotated_and_compressed_logs_are_searched_too(town, medium):
    grant = fresh_grant()
    film = town.sign(medium, "film.mp4", grant=grant)
    for _ in range(2):
        ask(town, film)
        town.wait_counted()
        town.rotate_view_log()
        town.wait_log_left()
    ask(town, film)
    town.wait_counted()
    old = town.root / "log/view.log.2"
    packed = town.root / "log/view.log.2.gz"
    packed.write_bytes(gzip.compress(old.read_bytes()))
    town.give_to_user()
    found = told(town, grant)  # one line stands in two logs: told once
    assert (len(ends_of(found)), found["logs"], found["agreement"]) == (3, 4, "agrees")
    old.unlink()
    assert told(town, grant)["agreement"] == "agrees"
    packed.write_bytes(packed.read_bytes()[:-12])
    found = told(town, grant)
    assert found["damaged_logs"] == 1
    packed.unlink()
    found = told(town, grant)
    assert (len(ends_of(found)), found["agreement"]) == (2, "database_more")


def test_what_is_not_counted_yet_is_said(town, medium):
    grant = fresh_grant()
    assert town.stop_ingest() == 0
    try:
        ask(town, town.sign(medium, "film.mp4", grant=grant))
        town.wait_view_log(lambda line: line["grant"] == grant)
        assert told(town, grant)["agreement"] == "database_less"
        town.stop_postgres()
        alone = town.mediagate("explain", "--json", grant)
        assert (
            json.loads(alone.stdout)["agreement"] == "unknown"
            and json.loads(alone.stdout)["views"] is None
            and alone.stderr
        )
    finally:
        town.start_postgres()
        town.wait_ready()
        town.start_ingest()


def test_a_torn_line_is_said_and_the_one_glued_to_it_told(town, medium):
    grant = fresh_grant()
    ask(town, town.sign(medium, "film.mp4", grant=grant))
    town.wait_counted()
    path = town.root / "log/view.log"
    line = path.read_bytes().splitlines(True)[-1]
    again = line.replace(json.loads(line)["request_id"].encode(), b"f" * 32)
    with open(path, "ab") as log:
        log.write(line[:-40] + again)
    town.wait_counted()
    found = told(town, grant)
    assert (len(ends_of(found)), found["rejected_lines"], found["agreement"]) == (2, 1, "agrees")


def test_what_nobody_knows_fails(town):
    unknown = town.mediagate("explain", fresh_grant(), check=False)
    assert unknown.returncode == 1 and "neither" in unknown.stderr and unknown.stdout == ""
    for arguments in ((), ("xyz",), ("0" * 31,), ("0" * 33,), (fresh_grant(), "more"), ("--yaml", fresh_grant())):
        assert town.mediagate("explain", *arguments, check=False).returncode == 2
