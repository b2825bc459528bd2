# SPDX-License-Identifier: ISC
"""A database host that swallows packets: nothing is refused, nothing is reset, nothing comes."""
import time

import pytest
from silent_network import SilentNetwork
from stack import Stack, wait_until

STATEMENT_MS = 1500
CONNECT_S = 2  # what libpq is given
SLACK_S = 2.5  # our own deadline is a second behind the server's; a worker may be busy with the request before
REQUEST_DEADLINE_S = 6  # the watchdog's


@pytest.fixture(scope="module", name="network")
def fixture_network():
    with SilentNetwork() as network:
        yield network


@pytest.fixture(scope="module", name="town")
def fixture_town(network):
    """A stack whose every way to the database leads through the network."""
    timeouts = {f"{pool}_statement_timeout": STATEMENT_MS for pool in ("fast", "auth", "api", "upload")}
    stack = Stack(
        database=f"host=127.0.0.1 port={network.port} dbname=mediagate user=mediagate",
        request_deadline=REQUEST_DEADLINE_S,
        upload_deadline=REQUEST_DEADLINE_S,
        log_level="info",
        **timeouts,
    )
    network.target = stack.root / "run/.s.PGSQL.5432"
    with stack:
        yield stack


def timed(api, method, path, **arguments):
    begun = time.monotonic()
    answer = api.request(method, path, **arguments)
    return answer, time.monotonic() - begun


@pytest.mark.parametrize("handshake", [True, False], ids=["nobody answers", "nobody connects"])
def test_a_silent_database_costs_503_in_time_and_no_worker(town, network, make_media, handshake):
    api = town.admin()
    media = town.film(make_media("short"))
    stream = town.stream_path(media["id"])
    workers = set(town.workers())
    events = len(town.serve_events())
    requests = [
        ("GET", "/auth/me", {}),
        ("GET", f"/media/media/{media['id']}/stream-url", {}),
        ("GET", "/media/media/?limit=1", {}),
        ("POST", "/media/media/", {"json": {"title": "Lost", "type": "video"}}),
        ("POST", "/auth/login", {"json": {"email": api.email, "password": api.password}}),
        ("PUT", f"/media/media/{media['id']}/file", {"data": make_media("short").read_bytes()}),
    ]
    network.fall_silent(handshake)
    silent_since = time.monotonic()
    try:
        time.sleep(2.1)  # until no cached row is good any more: that is promised
        while time.monotonic() < silent_since + 2 * REQUEST_DEADLINE_S:
            for method, path, arguments in requests:
                answer, seconds = timed(api, method, path, **arguments)
                assert answer.status_code == 503 and "Retry-After" in answer.headers, (
                    method,
                    path,
                    answer.status_code,
                    answer.text,
                )
                assert seconds < max(STATEMENT_MS / 1000, CONNECT_S) + SLACK_S, (method, path, seconds)
            answer, seconds = timed(api, "GET", "/livez")
            assert answer.status_code == 200 and seconds < CONNECT_S + SLACK_S
            assert api.get(stream).status_code == 200, "who has a stream URL plays on"
    finally:
        network.heal()
    healed = time.monotonic()
    for method, path, arguments in requests:
        wait_until(
            lambda method=method, path=path, arguments=arguments: api.request(method, path, **arguments).status_code
            < 300,
            f"{method} {path} to work again",
            timeout=5,
        )
    assert time.monotonic() - healed < 8, "by itself"
    assert set(town.workers()) == workers
    assert not [event for event in town.serve_events()[events:] if event["event"] in ("worker_killed", "worker_died")]
