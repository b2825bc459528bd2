# SPDX-License-Identifier: ISC
"""GET /metrics: what it says, to whom, and that no counter falls whoever is killed."""
import json
import os
import signal
import time

import pytest
from answers import assert_problem
from prometheus_tools import Scrape, board_expressions, names_in, promtool, scrape
from stack import TOP_SRC
from waiting import wait_until

PROMETHEUS = TOP_SRC / "deploy/prometheus"
STREAM_URL = "/media/media/{id}/stream-url"
STRANGER = {"X-Forwarded-For": "203.0.113.9"}  # what any proxy on this machine adds


@pytest.fixture(scope="module", name="town")
def fixture_town(module_stack_with):
    return module_stack_with(restart_limit=100)


def fallen(before, after):
    """Counters that are less than they were, or gone."""
    return {key: (value, after.get(key)) for key, value in before.items() if after.get(key, -1) < value}


def scrape_with_platform(stack):
    """The first scrapes after a start may come before anybody asked the database."""
    return wait_until(lambda: (lambda s: s if s.value("mediagate_media") is not None else None)(scrape(stack)), "media")


def test_a_scrape_is_well_formed_and_counts(town, make_media, tmp_path):
    medium = town.film(make_media("short"))
    before = scrape_with_platform(town)
    api = town.admin()
    for _ in range(7):
        town.stream_path(medium["id"], api)
    assert api.get("/media/media/999999999/stream-url").status_code == 404
    after = scrape(town)

    def more(name, **labels):
        return after.value(name, **labels) - (before.value(name, **labels) or 0)

    labels = {"pool": "fast", "route": STREAM_URL, "method": "GET"}
    assert more("mediagate_http_requests_total", **labels, code="200") == 7
    assert more("mediagate_http_requests_total", **labels, code="404") == 1
    assert more("mediagate_http_request_duration_seconds_count", **labels) == 8
    assert more("mediagate_http_request_duration_seconds_bucket", **labels, le="+Inf") == 8
    assert more("mediagate_grants_issued_total") == 7
    assert more("mediagate_grants_refused_total", reason="no_medium") == 1
    assert after.value("mediagate_uploads_total", kind="put", result="stored") >= 1
    assert after.value("mediagate_upload_received_bytes_total", kind="put") >= make_media("short").stat().st_size
    assert after.value("mediagate_logins_total", result="ok") >= 1
    assert after.value("mediagate_row_cache_lookups_total") > 0
    assert after.value("mediagate_database_up") == 1
    assert after.value("mediagate_workers", pool="api") == after.value("mediagate_workers_configured", pool="api") == 2
    assert after.value("process_resident_memory_bytes") > 1e6 and after.value("process_open_fds") > 10
    assert 0 < after.value("mediagate_data_free_bytes") <= after.value("mediagate_data_size_bytes")
    assert 0 <= after.value("mediagate_stream_key_age_seconds") < 600
    with open(tmp_path / "scrape", "w+", encoding="utf-8") as file:
        file.write(after.text)
        file.seek(0)
        promtool("check", "metrics", stdin=file)


def test_the_values_of_the_database_are_seconds_old(town):
    media = scrape_with_platform(town).value("mediagate_media", type="audio")
    town.new_media(type="audio")
    wait_until(lambda: scrape(town).value("mediagate_media", type="audio") == media + 1, "the count of media", 12)
    assert scrape(town).value("mediagate_database_values_age_seconds") < 12


def test_the_rules_and_the_board_name_metrics_of_a_scrape(town):
    promtool("check", "rules", PROMETHEUS / "rules.yml")
    promtool("test", "rules", PROMETHEUS / "rules_test.yml")
    names = scrape_with_platform(town).names()
    names |= {"mediagate_last_backup_timestamp_seconds"}  # test_backup.py sees it
    names |= {f"{name}{end}" for name in names for end in ("_bucket", "_sum", "_count")}
    board = json.loads((TOP_SRC / "deploy/grafana/mediagate.json").read_text(encoding="utf-8"))
    expressions = board_expressions(board)
    assert len(expressions) > 30
    for expression in [*expressions, (PROMETHEUS / "rules.yml").read_text(encoding="utf-8")]:
        assert names_in(expression) <= names, names_in(expression) - names
    text = "groups: [{name: board, rules: [\n" + ",\n".join(
        json.dumps({"record": "x", "expr": expression.replace("$__rate_interval", "5m")}) for expression in expressions
    )
    rules = town.root / "board.yml"
    rules.write_text(text + "]}]", encoding="utf-8")
    promtool("check", "rules", "--lint=none", rules)


def test_the_documents_list_every_metric(town):
    text = (TOP_SRC / "docs/metrics.md").read_text(encoding="utf-8")
    told = {name for name in scrape_with_platform(town).types if f"| `{name}` |" not in text}
    assert not told


def test_killed_workers_take_no_count_with_them(town):
    medium = town.new_media()
    api = town.admin()
    seen = scrape(town).counters()
    for _ in range(4):
        for _ in range(20):
            assert api.get(f"/media/media/{medium['id']}").status_code == 200
        before = scrape(town).counters()
        assert not fallen(seen, before)
        old = set(town.workers())
        for pid in old:
            os.kill(pid, signal.SIGKILL)
        wait_until(lambda gone=old: not gone & set(town.workers()), "the workers to be replaced")
        town.wait_ready()
        seen = scrape(town).counters()
        assert not fallen(before, seen)
    route = {"route": "/media/media/{id}", "method": "GET", "code": "200"}
    assert scrape(town).value("mediagate_http_requests_total", **route) >= 80
    assert scrape(town).value("mediagate_worker_exits_total", reason="crash") >= 4 * 5


def test_a_reload_takes_no_count_with_it_and_is_told(town):
    before = scrape(town)
    town.reload_serve()
    after = wait_until(
        lambda: (lambda s: s if s.value("mediagate_worker_exits_total", reason="drain") >= 5 else None)(scrape(town)),
        "the exits to be counted",
    )
    assert not fallen(before.counters(), after.counters())
    assert after.value("mediagate_config_last_reload_successful") == 1
    config = town.config.read_text(encoding="utf-8")
    town.config.write_text(config + "nonsense = 1;\n", encoding="utf-8")
    town.serve.send_signal(signal.SIGHUP)
    wait_until(lambda: scrape(town).value("mediagate_config_last_reload_successful") == 0, "the refused reload")
    town.config.write_text(config, encoding="utf-8")
    town.reload_serve()
    assert scrape(town).value("mediagate_config_last_reload_successful") == 1


def test_a_flood_of_unknown_paths_makes_no_series(town):
    with town.anonymous() as api:
        before = set(scrape(town).series)
        for i in range(300):
            api.get(f"/nowhere/{i}")
            api.get(f"/media/media/{i}x/elsewhere")
            api.get(f"/media/media/{10**12 + i}", headers={"Authorization": "Bearer x"})
            api.request(f"M{i}", "/metrics")
        new = {name for name, labels in set(scrape(town).series) - before}
    assert len(set(scrape(town).series) - before) < 60, new
    assert all("elsewhere" not in str(key) and "nowhere" not in str(key) for key in scrape(town).series)


def test_deliveries_are_told_by_kind_and_status(make_stack, make_media):
    stack = make_stack()
    stack.start_ingest()
    medium = stack.film(make_media("short"))
    path = stack.stream_path(medium["id"])
    folder = "0123456789abcdef" * 2
    package = stack.media_of_files(
        {f"{folder}/seg-0-00001.m4s": b"x" * 5000, f"{folder}/seg-1-00001.m4s": b"y" * 700, f"{folder}/a.m3u8": b"#"}
    )
    with stack.anonymous() as api:
        whole = len(api.get(path).content)
        assert api.get(path, headers={"Range": "bytes=0-99"}).status_code == 206
        assert api.get(path.replace("/stream/", "/stream/x")).status_code == 403
        for name in ("seg-0-00001.m4s", "seg-0-00001.m4s", "seg-1-00001.m4s", "a.m3u8"):
            assert api.get(stack.sign(package, f"{folder}/{name}")).status_code == 200
        assert api.get(stack.sign(package, f"{folder}/seg-0-00009.m4s")).status_code == 404
    stack.wait_counted()
    seen = wait_until(
        lambda: (lambda s: s if s.value("mediagate_deliveries_total", kind="playlist") else None)(scrape(stack)),
        "the deliveries to be told",
    )
    assert seen.value("mediagate_deliveries_total", kind="file", code="200") == 1
    assert seen.value("mediagate_deliveries_total", kind="file", code="206") == 1
    assert seen.value("mediagate_deliveries_total", kind="file", code="403") == 1
    assert seen.value("mediagate_deliveries_total", kind="segment", code="200") == 3
    assert seen.value("mediagate_deliveries_total", kind="segment", code="404") == 1
    assert seen.value("mediagate_delivered_bytes_total", kind="segment") >= 10700
    assert seen.value("mediagate_delivered_bytes_total", kind="file") >= whole + 100
    assert seen.value("mediagate_segments_delivered_total", rendition="0") == 2
    assert seen.value("mediagate_segments_delivered_total", rendition="1") == 1
    assert seen.value("mediagate_deliveries_slow_total") == 0
    assert seen.value("mediagate_ingest_up") == 1 and seen.value("mediagate_ingest_lines_total", result="counted") >= 4
    # ingest is another process, with a page of its own
    assert seen.value("mediagate_database_statements_total", pool="ingest", result="ok") > 0
    before = scrape(stack).counters()
    stack.ingest.kill()
    stack.ingest.wait()
    stack.start_ingest()
    wait_until(lambda: scrape(stack).value("mediagate_ingest_up") == 1, "ingest's return")
    assert not fallen(before, scrape(stack).counters())
    own = Scrape(stack.mediagate("metrics").stdout)
    assert own.value("mediagate_database_statements_total", pool="ingest", result="ok") > 0


def test_who_may_scrape(town):
    owner, analyst = town.admin(), town.new_admin(role="analyst")
    with town.anonymous() as api:
        assert api.get("/metrics").status_code == 200  # this machine itself
        for header in ("X-Forwarded-For", "Forwarded", "Via", "X-Real-IP"):
            assert_problem(api.get("/metrics", headers={header: "203.0.113.9"}), 401)
        assert_problem(api.get("/metrics", headers={"X-Forwarded-For": "127.0.0.1"}), 401)
        assert_problem(api.post("/metrics"), 405)
    assert_problem(analyst.get("/metrics", headers=STRANGER), 403, name="insufficient-scope")
    assert Scrape(owner.get("/metrics", headers=STRANGER).text).value("mediagate_build_info") == 1


def test_a_database_that_is_away_is_told_within_a_second(make_stack):
    stack = make_stack()
    before = scrape_with_platform(stack)
    stack.stop_postgres()

    def is_away():
        """A busy machine may be late, but not each time."""
        begun = time.monotonic()
        after = scrape(stack)
        seconds = time.monotonic() - begun
        assert not fallen(before.counters(), after.counters())
        return after.value("mediagate_database_up") == 0 and seconds < 1

    wait_until(is_away, "the database's absence to be told")
    stack.start_postgres()
    wait_until(lambda: scrape(stack).value("mediagate_database_up") == 1, "the database's return")
