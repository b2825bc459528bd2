# SPDX-License-Identifier: ISC
"""Views counted from nginx's log: what counts, what does not, and that nothing is lost or counted twice."""
import gzip
import http.client
import json
import os
import random
import re
import subprocess
import time

import pytest
import requests
from answers import assert_json
from stack import DEADLINE, wait_until

WITHIN = 2  # seconds from the end of a delivery to its view


@pytest.fixture(scope="module")
def film_bytes():
    return random.Random(4711).randbytes(200_000)


@pytest.fixture
def medium(town, film_bytes):
    """The id of a medium of its own, with a film and what stands around one."""
    return town.media_of_files(
        {
            "film.mp4": film_bytes,
            "hls/main.m3u8": b"#EXTM3U\n",
            "hls/seg-1.m4s": film_bytes[:5000],
            "poster.jpg": b"jpeg",
            "empty.mp4": b"",
        }
    )


def grant(number):
    return f"0193550000007{number:03x}800000000000abcd"


def views(town, media):
    """What the API lists, oldest first."""
    return assert_json(town.admin().get(f"/media/media/{media}/views", params={"limit": 200, "bots": "include"}))[
        "items"
    ][::-1]


def wait_views(town, media, count):
    return wait_until(lambda: len(found := views(town, media)) >= count and found, f"{count} views of {media}")


def get(town, path, method="GET", address="192.0.2.1", **headers):
    # The user agent of requests itself is a robot's.
    return requests.request(
        method,
        town.base_url + path,
        headers={
            "X-Forwarded-For": address,
            "User-Agent": "Player/1.0",
            **{k.replace("_", "-"): v for k, v in headers.items()},
        },
        timeout=DEADLINE,
    )


# --- what counts --------------------------------------------------------------------------------------------
def test_a_played_film_is_one_view(town, medium, film_bytes):
    """A player's HEAD, its first range, its seeks: one view with all the bytes."""
    path = town.sign(medium, "film.mp4", grant=grant(1), viewer="u-4711")
    before = time.time()
    get(town, path, "HEAD")
    for wanted in ("bytes=0-", "bytes=1000-1999", "bytes=-500"):
        assert (
            get(
                town,
                path,
                Range=wanted,
                User_Agent="Player/1.0 (Zürich)".encode(),
                Referer="https://player.example/watch?v=1",
            ).status_code
            == 206
        )
    wait_until(
        lambda: (found := views(town, medium)) and found[0]["bytes_sent"] == len(film_bytes) + 1500,
        "all bytes to be counted",
    )
    view = views(town, medium)[0]
    assert (view["source"], view["viewer"], view["grant_id"], view["viewed_by_ip"]) == (
        "stream",
        "u-4711",
        grant(1),
        "192.0.2.1",
    )
    assert (view["user_agent"], view["referrer"], view["country"], view["bot"]) == (
        "Player/1.0 (Zürich)",
        "player.example",
        None,
        False,
    )
    assert len(views(town, medium)) == 1
    [(started, last_seen)] = town.sql(
        'select extract(epoch from "timestamp"), extract(epoch from last_seen_at) from '
        'media_view_log where media_id = %s',
        medium,
    )
    assert before - 1 < started <= last_seen < time.time() + 1 and view["seconds"] == int(last_seen - started)


def test_a_delivery_is_a_view_within_two_seconds(town, medium):
    """A busy machine may be late, but not each time."""
    took = []
    for number in range(90, 95):
        get(town, town.sign(medium, "film.mp4", grant=grant(number)))
        ended = time.monotonic()
        wait_views(town, medium, number - 89)
        took.append(time.monotonic() - ended)
        if took[-1] < WITHIN:
            return
    pytest.fail(f"seconds from a delivery to its view: {took}")


def test_what_is_not_viewing_does_not_count(town, medium):
    def signed(file="film.mp4", **fields):
        return town.sign(medium, file, grant=grant(1), **fields)

    modified = get(town, signed(), "HEAD").headers["Last-Modified"]
    for method, path, headers, status in (
        ("HEAD", signed(), {}, 200),
        ("POST", signed(), {}, 405),
        ("GET", signed(), {"If-Modified-Since": modified}, 304),
        ("GET", signed(), {"Range": "bytes=900000-"}, 416),
        ("GET", signed().replace("/-/", "/forged/"), {}, 403),
        ("GET", signed(expires=int(time.time()) - 5), {}, 410),
        ("GET", signed("none.mp4"), {}, 404),
        ("GET", signed("empty.mp4"), {}, 200),
        ("GET", signed("hls/main.m3u8"), {}, 200),
        ("GET", signed("poster.jpg"), {}, 200),
        ("GET", "/" + signed(), {}, 400),
    ):
        assert get(town, path, method, **headers).status_code == status, (method, path)
    town.wait_counted()
    assert views(town, medium) == []


def test_forged_urls_are_no_bad_lines(town, medium):
    """What anybody may write into a URL is refused by nginx; it neither fills the reject file nor alarms anybody."""
    good = town.sign(medium, "film.mp4", grant=grant(1))
    rejected = town.sql("select coalesce(sum(rejected), 0)::int8 from delivery_log")
    for path, method, status in (
        (good.replace(grant(1), "f" * 32), "GET", 403),
        (good.replace(grant(1), "0" * 32), "GET", 403),
        (good.replace(f"/{medium}/", "/9999999999999999999/"), "GET", 403),
        (good, "GETGETGETGETGETGET", 405),
        (good, "X" * 4000, 405),
    ):
        assert get(town, path, method).status_code == status, (method, path)
    get(town, good)
    town.wait_counted()
    assert town.sql("select coalesce(sum(rejected), 0)::int8 from delivery_log") == rejected
    assert [view["grant_id"] for view in views(town, medium)] == [grant(1)]


def test_a_view_is_a_grant_and_an_address(town, medium):
    for number in (1, 2):
        for address in ("192.0.2.1", "2001:db8::7"):
            for file in ("hls/main.m3u8", "hls/seg-1.m4s", "hls/seg-1.m4s"):
                assert get(town, town.sign(medium, file, grant=grant(number)), address=address).status_code == 200
    town.wait_counted()
    found = views(town, medium)
    assert sorted((view["grant_id"], view["viewed_by_ip"], view["bytes_sent"]) for view in found) == sorted(
        (grant(number), address, 10_000) for number in (1, 2) for address in ("192.0.2.1", "2001:db8::7")
    )
    totals = assert_json(town.admin().get(f"/media/media/{medium}/analytics"))
    assert (totals["total_views"], totals["unique_ips"], totals["bytes_sent"]) == (4, 2, 40_000)


def test_the_addresses_of_one_ipv6_network_are_one_viewer(town, medium):
    """One subscriber has 2**64 addresses; a URL fetched from a thousand of them was a thousand views."""
    path = town.sign(medium, "film.mp4", grant=grant(80))
    for host in range(1, 41):
        assert get(town, path, address=f"2001:db8:0:64::{host:x}", Range="bytes=0-0").status_code == 206
        if host % 20 == 0:
            town.wait_counted()  # in two batches, or more
    assert get(town, path, address="2001:db8:0:65::1", Range="bytes=0-0").status_code == 206
    town.wait_counted()
    assert sorted((view["viewed_by_ip"], view["bytes_sent"]) for view in views(town, medium)) == [
        ("2001:db8:0:64::1", 40),
        ("2001:db8:0:65::1", 1),
    ]
    totals = assert_json(town.admin().get(f"/media/media/{medium}/analytics"))
    assert (totals["total_views"], totals["unique_ips"]) == (2, 2)


def test_deliveries_of_one_grant_are_limited_where_that_is_set(make_stack, film_bytes):
    slow = make_stack(trusted_proxies=["127.0.0.1"], grant_delivery_limit=2)
    slow.start_ingest()
    film = slow.media_of_files({"film.mp4": film_bytes})
    path, other = slow.sign(film, "film.mp4", grant=grant(81)), slow.sign(film, "film.mp4", grant=grant(82))
    answers = [get(slow, path, address=f"198.51.100.{host}", Range="bytes=0-0") for host in range(40)]
    played = [answer for answer in answers if answer.status_code == 206]
    assert 3 <= len(played) < 20 and {answer.status_code for answer in answers} == {206, 429}
    assert (
        next(answer for answer in answers if answer.status_code == 429).headers["Content-Type"]
        == "application/problem+json"
    )
    forged = path.replace("/-/", "/forged/")
    assert {get(slow, forged).status_code for _ in range(10)} == {403}  # what is refused is not counted
    assert get(slow, other, Range="bytes=0-0").status_code == 206  # each grant has its own
    assert slow.admin().get("/auth/me").status_code == 200
    slow.wait_counted()
    assert len(views(slow, film)) == len(played) + 1


def test_a_film_that_is_broken_off_counts_what_was_sent(town, medium, film_bytes):
    connection = http.client.HTTPConnection("127.0.0.1", town.http_port, timeout=DEADLINE)
    connection.request("GET", town.sign(medium, "film.mp4", grant=grant(3)))
    assert connection.getresponse().read(1000) == film_bytes[:1000]
    connection.close()
    assert 1000 <= wait_views(town, medium, 1)[0]["bytes_sent"] <= len(film_bytes)


@pytest.mark.parametrize(
    "sent, stored",
    [
        (b"x" * 600, "x" * 512),
        (b"Player \xff\xfe", "Player "),
        (b"\xff\xfe", None),
        ("ü".encode() * 600, "ü" * 512),
        ('"},{"time":1.000'.encode(), '"},{"time":1.000'),
        (b"\\u0000\\", "\\u0000\\"),
        (b"\xed\xa0\x80", None),
        (b"", None),
    ],
    ids=str,
)
def test_no_user_agent_spoils_its_line(town, medium, sent, stored):
    assert get(town, town.sign(medium, "film.mp4", grant=grant(4)), User_Agent=sent).status_code == 200
    assert wait_views(town, medium, 1)[0]["user_agent"] == stored


def test_a_playlist_in_the_library_knows_how_much_of_it_was_played(town, film_bytes):
    """Its segments are counted when it is registered, behind its master playlist; each of them counts once."""
    show = town.library_dir / "a-show"
    (show / "low").mkdir(parents=True)
    (show / "master.m3u8").write_text("#EXTM3U\n#EXT-X-STREAM-INF:BANDWIDTH=1\nlow/main.m3u8\n", encoding="ascii")
    (show / "low/main.m3u8").write_text(
        "#EXTM3U\n" + "".join(f"#EXTINF:2,\nseg-{n}.m4s\n" for n in range(8)) + "#EXT-X-ENDLIST\n", encoding="ascii"
    )
    for name in ("init.mp4", *(f"seg-{n}.m4s" for n in range(8))):
        (show / "low" / name).write_bytes(film_bytes[:1000])
    town.give_to_user()
    medium = town.new_media(file_url="library:a-show/master.m3u8")["id"]
    [(stored,)] = town.sql("select stored_name from media_asset where id = %s", medium)
    folder = stored.rsplit("/", 1)[0]
    for name in (
        "master.m3u8",
        "low/main.m3u8",
        "low/init.mp4",
        "low/seg-0.m4s",
        "low/seg-1.m4s",
        "low/seg-1.m4s",
        "low/seg-7.m4s",
    ):
        assert get(town, town.sign(medium, f"{folder}/{name}", grant=grant(9))).status_code == 200
    town.wait_counted()
    assert town.sql(
        "select bytes_sent, delivered_points, delivered_segments::text from media_view_log where media_id " "= %s",
        medium,
    ) == [(5000, 3750, "{[0,2),[7,8)}")]


def test_views_beyond_retention_are_dropped_and_not_counted_anew(make_stack, film_bytes):
    """The grants of these tests are of November 2024: with one month kept they are too old, their sums stay."""
    old = make_stack(trusted_proxies=["127.0.0.1"])
    media = old.new_media()["id"]
    (old.data_dir / f"media/{media}").mkdir(parents=True)
    (old.data_dir / f"media/{media}/film.mp4").write_bytes(film_bytes)
    old.give_to_user()
    old.start_ingest()
    get(old, old.sign(media, "film.mp4", grant=grant(1)))
    old.wait_counted()
    assert old.sql("select count(*) from media_view_log") == [(1,)]
    assert old.stop_ingest() == 0
    old.reconfigure(restart=True, view_retention=1)
    wait_until(lambda: old.sql("select count(*) from media_view_log") == [(0,)], "the month to be dropped")
    old.start_ingest()
    get(old, old.sign(media, "film.mp4", grant=grant(1)))
    old.wait_counted()
    assert old.sql("select count(*) from media_view_log") == [(0,)]
    assert old.sql("select views from view_rollup where grain = 'month' and media_id = 0") == [(1,)]
    assert "views_expired" in old.log_text("serve.log")


def test_late_lines_of_a_deleted_medium_do_no_harm(town, medium, film_bytes):
    assert town.stop_ingest() == 0
    get(town, town.sign(medium, "film.mp4", grant=grant(5)))
    other = town.media_of_files({"film.mp4": film_bytes})
    get(town, town.sign(other, "film.mp4", grant=grant(5)))
    assert town.admin().delete(f"/media/media/{medium}").status_code == 204
    town.start_ingest()
    assert wait_views(town, other, 1)[0]["bytes_sent"] == len(film_bytes)


# --- lines that are none ------------------------------------------------------------------------------------
def test_bad_lines_are_kept_with_their_reason_and_their_neighbours_count(town, medium):
    """nginx's own line, mistreated as disks and hostile clients would, between lines that must count."""
    get(town, town.sign(medium, "film.mp4", grant=grant(6)))
    town.wait_counted()
    line = town.log_text("view.log").splitlines()[-1].encode()
    number = iter(range(7, 100))

    def fresh():
        return line.replace(grant(6).encode(), grant(next(number)).encode())

    bad = [
        (b"", "empty"),
        (line[:200], "torn"),
        (line.replace(b"film.mp4", b"fi\xfflm.mp4"), "utf8"),
        (line.replace(b"film", b"fi\0m"), "nul"),
        (line.replace(b'"status":200', b'"status":999'), "status"),
        (line.replace(b"film", b"x" * 20_000), "oversized"),
        (b"hello", "time"),
    ]
    lines = [fresh()]
    for content, _ in bad:
        lines += [content, fresh()]
    lines += [line[:150] + fresh(), fresh()]  # torn, and the next one glued to it: that one counts
    before = len(town.log_text("../data/rejected.log").splitlines())
    with open(town.root / "log/view.log", "ab") as log:
        log.write(b"\n".join(lines) + b"\n")
    town.wait_counted()
    assert len(views(town, medium)) == 1 + 1 + len(bad) + 2
    kept = [json.loads(entry) for entry in town.log_text("../data/rejected.log").splitlines()][before:]
    assert [entry["reason"] for entry in kept] == [reason for _, reason in bad] + ["glued"]
    assert kept[1]["line"] == line[:200].decode() and len(kept[5]["line"]) <= 8192 < kept[5]["size"]
    assert "rejected" in town.mediagate("ingest", "--status").stdout


def test_the_reject_file_of_an_import_by_root_is_the_services(town, medium):
    """Or else that could keep no bad line any more, and would count nothing."""
    get(town, town.sign(medium, "film.mp4", grant=grant(70)))
    town.wait_counted()
    rejects, line, log = town.data_dir / "rejected.log", town.log_text("view.log").splitlines()[-1], town.root / "old"
    rejects.unlink(missing_ok=True)
    log.write_text(line.replace(grant(70), grant(71)) + "\nno line\n", encoding="utf-8")
    subprocess.run([town.program, "ingest", "--config", town.config, "--import", log], check=True, capture_output=True)
    with open(town.root / "log/view.log", "a", encoding="utf-8") as following:
        following.write("none either\n" + line.replace(grant(70), grant(72)) + "\n")
    wait_views(town, medium, 3)
    assert [json.loads(entry)["line"] for entry in rejects.read_text(encoding="utf-8").splitlines()] == [
        "no line",
        "none either",
    ]


def test_a_reject_file_that_cannot_be_written_is_named_once(town, medium):
    get(town, town.sign(medium, "film.mp4", grant=grant(73)))
    town.wait_counted()
    rejects, line = town.data_dir / "rejected.log", town.log_text("view.log").splitlines()[-1]
    rejects.unlink(missing_ok=True)
    rejects.mkdir()
    with open(town.root / "log/view.log", "a", encoding="utf-8") as log:
        log.write("no line\n" + line.replace(grant(73), grant(74)) + "\n")
    wait_until(lambda: "rejects_failed" in town.log_text("ingest.log"), "ingest to say so")
    time.sleep(1)  # in which it tries again
    rejects.rmdir()
    wait_views(town, medium, 2)
    [told] = [json.loads(line) for line in town.log_text("ingest.log").splitlines() if "rejects_failed" in line]
    assert (told["file"], told["reason"]) == (str(rejects), "Is a directory")


def test_a_log_that_cannot_be_read_is_named_and_the_others_count(town, medium):
    closed, block = town.root / "log/view.log.bak", town.root / "log/view.log.2"
    get(town, town.sign(medium, "film.mp4", grant=grant(80)))
    town.wait_counted()
    closed.write_bytes((town.root / "log/view.log").read_bytes())
    closed.chmod(0)
    block.write_bytes(bytes(70_000) + b"\n")
    try:
        get(town, town.sign(medium, "film.mp4", grant=grant(81)))
        wait_views(town, medium, 2)
        complaints = [json.loads(line) for line in town.log_text("ingest.log").splitlines() if "log_unreadable" in line]
        assert sorted((line["log"], line["error"]) for line in complaints) == [
            (str(block), "no line in its first 64 " "KiB")
        ] + [(str(closed), "Permission denied")] * (town.user is not None)
        assert f"not readable: {len(complaints)} logs" in town.mediagate("ingest", "--status").stdout
    finally:
        closed.unlink()
        block.unlink()


def test_a_log_that_lost_its_end_is_followed_from_there(town, medium):
    """A disk that forgets what it was told to keep: the last line and a half are gone, and nginx writes on."""
    for number in (82, 83, 84):
        get(town, town.sign(medium, "film.mp4", grant=grant(number)))
    town.wait_counted()
    log = town.root / "log/view.log"
    lines = log.read_bytes().splitlines(keepends=True)
    os.truncate(log, sum(map(len, lines)) - len(lines[-1]) - len(lines[-2]) // 2)
    wait_until(lambda: "log_shortened" in town.log_text("ingest.log"), "the loss to be noticed")
    get(town, town.sign(medium, "film.mp4", grant=grant(85)))
    assert len(wait_views(town, medium, 4)) == 4
    assert town.sql(
        "select count(*), count(distinct bytes_sent) from media_view_log where media_id = " "%s", medium
    ) == [(4, 1)]


# --- old logs -----------------------------------------------------------------------------------------------
def test_old_logs_are_imported_once(town, medium, film_bytes):
    """A log that was rotated and compressed while nobody looked, given by hand, twice, beside one that is followed."""
    assert town.stop_ingest() == 0
    for number in range(3):
        get(town, town.sign(medium, "film.mp4", grant=grant(40 + number)))
    town.rotate_view_log()
    town.wait_log_left()
    packed, plain = town.root / "log/view.log.1.gz", town.root / "old"
    plain.write_bytes((town.root / "log/view.log.1").read_bytes())
    packed.write_bytes(gzip.compress(plain.read_bytes()))
    (town.root / "log/view.log.1").unlink()
    town.start_ingest()
    town.give_to_user()
    get(town, town.sign(medium, "film.mp4", grant=grant(50)))
    town.wait_counted()
    assert len(views(town, medium)) == 1

    first = town.run(town.program, "ingest", "--config", town.config, "--import", packed)
    assert re.search(r"view\.log\.1\.gz: [1-9]\d* bytes counted, \d+ were before, 0 are left", first.stdout)
    assert sorted(view["bytes_sent"] for view in views(town, medium)) == [len(film_bytes)] * 4
    for again in (packed, plain):
        assert (
            ": 0 bytes counted" in town.run(town.program, "ingest", "--config", town.config, "--import", again).stdout
        )
    assert sorted(view["bytes_sent"] for view in views(town, medium)) == [len(film_bytes)] * 4


def test_an_import_shows_its_progress_on_a_terminal(town, medium):
    get(town, town.sign(medium, "film.mp4", grant=grant(55)))
    town.wait_counted()
    line, log = town.log_text("view.log").splitlines()[-1], town.root / "old"
    log.write_text(line.replace(grant(55), grant(56)) + "\n", encoding="utf-8")
    town.give_to_user()
    leader, follower = os.openpty()
    subprocess.run(
        [town.program, "ingest", "--config", town.config, "--import", log],
        check=True,
        stdout=subprocess.DEVNULL,
        stderr=follower,
    )
    os.close(follower)
    assert f"\r{log}: [{'#' * 30}] 100 %" in os.read(leader, 65536).decode()
    os.close(leader)


def test_what_is_no_log_is_not_imported(town, medium):
    get(town, town.sign(medium, "film.mp4", grant=grant(60)))
    town.wait_counted()
    broken, empty = town.root / "broken.gz", town.root / "empty"
    broken.write_bytes(gzip.compress(town.log_text("view.log").encode())[:-20])
    empty.write_bytes(b"")
    town.give_to_user()
    before = town.sql("select count(*) from delivery_log")
    done = town.run(
        town.program, "ingest", "--config", town.config, "--import", broken, empty, town.root / "missing", check=False
    )
    assert (
        done.returncode == 1
        and len([line for line in done.stderr.splitlines() if line.startswith("mediagate: ")]) == 3
        and done.stdout == ""
    )
    assert town.sql("select count(*) from delivery_log") == before
    for arguments in (("--import",), ("--status", "more"), ("more",)):
        assert town.mediagate("ingest", *arguments, check=False).returncode == 2


# --- outages ------------------------------------------------------------------------------------------------
def test_a_database_that_was_away_is_caught_up_with(town, medium):
    town.stop_postgres()
    for number in range(20):
        get(town, town.sign(medium, "film.mp4", grant=grant(300 + number)))
    wait_until(lambda: "ingest_failed" in town.log_text("ingest.log"), "the outage to be told")
    town.start_postgres()
    town.wait_ready()
    assert len(wait_views(town, medium, 20)) == 20
    assert town.log_text("ingest.log").count("ingest_recovered") >= 1


def test_a_database_that_is_too_slow_gets_less_at_a_time(make_stack, film_bytes):
    """Somebody holds the lock of those who count for longer than a statement may take."""
    slow = make_stack(trusted_proxies=["127.0.0.1"], ingest_statement_timeout=500)
    media = slow.new_media()["id"]
    slow.sql("select media_view_log_partition('2024-11-22T00:00:00Z')")  # a statement less that must be done in time
    (slow.data_dir / f"media/{media}").mkdir(parents=True)
    (slow.data_dir / f"media/{media}/film.mp4").write_bytes(film_bytes)
    slow.give_to_user()
    with slow.connect() as connection, connection.cursor() as cursor:
        cursor.execute("select pg_advisory_xact_lock(7235412097710211329)")
        for number in range(8):
            get(slow, slow.sign(media, "film.mp4", grant=grant(number)))
        slow.start_ingest()
        wait_until(lambda: "ingest_failed" in slow.log_text("ingest.log"), "not even one line to be stored in time")
        assert slow.sql("select count(*) from media_view_log") == [(0,)]
    slow.wait_counted()
    assert slow.sql("select count(*), sum(bytes_sent)::int8 from media_view_log") == [(8, 8 * len(film_bytes))]


def test_terminated_ingest_ends_cleanly_and_says_so(town):
    assert town.stop_ingest() == 0
    events = [json.loads(line)["event"] for line in town.log_text("ingest.log").splitlines()]
    assert events[-1] == "stopped" and "ready" in events
    town.start_ingest()


def test_ingest_refuses_a_schema_that_it_does_not_know(town):
    assert town.stop_ingest() == 0
    town.sql("update schema_migration set oldest_program = 1000000")
    try:
        done = town.mediagate("ingest", check=False)
        assert done.returncode == 1 and "schema_incompatible" in done.stderr
    finally:
        town.sql("update schema_migration set oldest_program = 1")
        town.start_ingest()
