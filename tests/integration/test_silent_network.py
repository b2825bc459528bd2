# SPDX-License-Identifier: ISC
"""A database host that swallows packets: nothing is refused, nothing is reset, nothing comes."""
import pytest
from prometheus_tools import scrape
from silent_network import SilentNetwork
from stack import Stack, wait_until

STATEMENT_MS = 1500
REQUEST_DEADLINE_S = 6  # the watchdog's
ROUNDS = 2  # the first one has connections that stood before, the second has none


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


def waits_in_vain(stack, pool):
    """Statements that got no answer, and connections that did not come about. The auth pool has none of its own."""
    seen = scrape(stack)
    names = ("mediagate_database_statements_total", "mediagate_database_connects_total")
    return sum(seen.value(name, pool=pool, result="failed") or 0 for name in names)


def is_refused(answer):
    return answer.status_code == 503 and "Retry-After" in answer.headers


@pytest.mark.parametrize("handshake", [True, False], ids=["nobody answers", "nobody connects"])
def test_a_silent_database_costs_503_after_one_wait_and_no_worker(town, network, make_media, handshake):
    api = town.admin()
    media = town.film(make_media("short"))
    stream = town.stream_path(media["id"])
    workers = set(town.workers())
    events = len(town.serve_events())
    login = ("POST", "/auth/login", {"json": {"email": api.email, "password": api.password}})
    requests = [
        ("GET", "/auth/me", {}),
        ("GET", f"/media/media/{media['id']}/stream-url", {}),
        ("GET", "/media/media/?limit=1", {}),
        ("POST", "/media/media/", {"json": {"title": "Lost", "type": "video"}}),
        ("PUT", f"/media/media/{media['id']}/file", {"data": make_media("short").read_bytes()}),
        login,
    ]
    network.fall_silent(handshake)
    try:
        wait_until(lambda: is_refused(api.get("/auth/me")), "the last cached row to be too old")
        before = waits_in_vain(town, "auth")
        for _ in range(ROUNDS):
            for method, path, arguments in requests:
                answer = api.request(method, path, **arguments)
                assert is_refused(answer), (method, path, answer.status_code, answer.text)
            for _ in range(3):
                waited = waits_in_vain(town, "auth")
                assert is_refused(api.request(login[0], login[1], **login[2]))
                assert waits_in_vain(town, "auth") <= waited + 1  # none in the pause after the one before
            assert waits_in_vain(town, "auth") > before, "they are counted"
            assert api.get("/livez").status_code == 200
            assert api.get(stream).status_code == 200, "who has a stream URL plays on"
    finally:
        network.heal()
    for method, path, arguments in requests:
        wait_until(
            lambda method=method, path=path, arguments=arguments: api.request(method, path, **arguments).status_code
            < 300,
            f"{method} {path} to work again",
        )
    assert set(town.workers()) == workers
    assert not [event for event in town.serve_events()[events:] if event["event"] in ("worker_killed", "worker_died")]
