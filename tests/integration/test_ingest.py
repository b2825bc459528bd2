# SPDX-License-Identifier: ISC
"""Views counted from nginx's log: what counts, what does not, and that nothing gets lost or counted twice on the way."""
import collections
import concurrent.futures
import gzip
import http.client
import itertools
import json
import os
import random
import re
import shutil
import signal
import threading
import time

import pytest
import requests
from answers import assert_json
from stack import DEADLINE, TOP_BUILD, wait_until

WITHIN = 2  # seconds from the end of a delivery to its view


@pytest.fixture(scope="module")
def film_bytes():
    return random.Random(4711).randbytes(200_000)


@pytest.fixture
def medium(town, film_bytes):
    """The id of a medium of its own, with a film and what stands around one."""
    return town.media_of_files({"film.mp4": film_bytes, "hls/main.m3u8": b"#EXTM3U\n", "hls/seg-1.m4s": film_bytes[:5000], "poster.jpg": b"jpeg", "empty.mp4": b""})


def grant(number):
    return f"0193550000007{number:03x}800000000000abcd"


def views(town, media):
    """What the API lists, oldest first."""
    return assert_json(town.admin().get(f"/media/media/{media}/views", params={"limit": 200, "bots": "include"}))["items"][::-1]


def wait_views(town, media, count, within=DEADLINE):
    return wait_until(lambda: len(found := views(town, media)) >= count and found, f"{count} views of {media}", timeout=within)


def get(town, path, method="GET", address="192.0.2.1", **headers):
    # The user agent of requests itself is a robot's.
    return requests.request(method, town.base_url + path, headers={"X-Forwarded-For": address, "User-Agent": "Player/1.0", **{k.replace("_", "-"): v for k, v in headers.items()}}, timeout=DEADLINE)


# --- what counts --------------------------------------------------------------------------------------------
def test_a_played_film_is_one_view_within_two_seconds(town, medium, film_bytes):
    """A player's HEAD, its first range, its seeks: one view with all the bytes."""
    path = town.sign(medium, "film.mp4", grant=grant(1), viewer="u-4711")
    before = time.time()
    get(town, path, "HEAD")
    for wanted in ("bytes=0-", "bytes=1000-1999", "bytes=-500"):
        assert get(town, path, Range=wanted, User_Agent="Player/1.0 (Zürich)".encode(), Referer="https://player.example/watch?v=1").status_code == 206
    view = wait_views(town, medium, 1, WITHIN)[0]
    wait_until(lambda: views(town, medium)[0]["bytes_sent"] == len(film_bytes) + 1500, "all bytes to be counted", timeout=WITHIN)
    assert (view["source"], view["viewer"], view["grant_id"], view["viewed_by_ip"]) == ("stream", "u-4711", grant(1), "192.0.2.1")
    assert (view["user_agent"], view["referrer"], view["country"], view["bot"]) == ("Player/1.0 (Zürich)", "player.example", None, False)
    assert view["seconds"] == 0 and len(views(town, medium)) == 1
    [(started, last_seen)] = town.sql('select extract(epoch from "timestamp"), extract(epoch from last_seen_at) from media_view_log where media_id = %s', medium)
    assert before - 1 < started <= last_seen < time.time() + 1


def test_what_is_not_viewing_does_not_count(town, medium):
    def signed(file="film.mp4", **fields):
        return town.sign(medium, file, grant=grant(1), **fields)
    modified = get(town, signed(), "HEAD").headers["Last-Modified"]
    for method, path, headers, status in (
            ("HEAD", signed(), {}, 200), ("POST", signed(), {}, 405), ("GET", signed(), {"If-Modified-Since": modified}, 304),
            ("GET", signed(), {"Range": "bytes=900000-"}, 416), ("GET", signed().replace("/-/", "/forged/"), {}, 403),
            ("GET", signed(expires=int(time.time()) - 5), {}, 410), ("GET", signed("none.mp4"), {}, 404), ("GET", signed("empty.mp4"), {}, 200),
            ("GET", signed("hls/main.m3u8"), {}, 200), ("GET", signed("poster.jpg"), {}, 200), ("GET", "/" + signed(), {}, 400)):
        assert get(town, path, method, **headers).status_code == status, (method, path)
    town.wait_counted()
    assert views(town, medium) == []


def test_a_view_is_a_grant_and_an_address(town, medium):
    for number in (1, 2):
        for address in ("192.0.2.1", "2001:db8::7"):
            for file in ("hls/main.m3u8", "hls/seg-1.m4s", "hls/seg-1.m4s"):
                assert get(town, town.sign(medium, file, grant=grant(number)), address=address).status_code == 200
    town.wait_counted()
    found = views(town, medium)
    assert sorted((view["grant_id"], view["viewed_by_ip"], view["bytes_sent"]) for view in found) == sorted(
        (grant(number), address, 10_000) for number in (1, 2) for address in ("192.0.2.1", "2001:db8::7"))
    totals = assert_json(town.admin().get(f"/media/media/{medium}/analytics"))
    assert (totals["total_views"], totals["unique_ips"], totals["bytes_sent"]) == (4, 2, 40_000)


def test_a_film_that_is_broken_off_counts_what_was_sent(town, medium, film_bytes):
    connection = http.client.HTTPConnection("127.0.0.1", town.http_port, timeout=DEADLINE)
    connection.request("GET", town.sign(medium, "film.mp4", grant=grant(3)))
    assert connection.getresponse().read(1000) == film_bytes[:1000]
    connection.close()
    assert 1000 <= wait_views(town, medium, 1)[0]["bytes_sent"] <= len(film_bytes)


@pytest.mark.parametrize("sent, stored", [
    (b"x" * 600, "x" * 512), (b"Player \xff\xfe", "Player "), (b"\xff\xfe", None), ("ü".encode() * 600, "ü" * 512), ('"},{"time":1.000'.encode(), '"},{"time":1.000'),
    (b"\\u0000\\", "\\u0000\\"), (b"\xed\xa0\x80", None), (b"", None),
], ids=str)
def test_no_user_agent_spoils_its_line(town, medium, sent, stored):
    assert get(town, town.sign(medium, "film.mp4", grant=grant(4)), User_Agent=sent).status_code == 200
    assert wait_views(town, medium, 1)[0]["user_agent"] == stored


def test_a_playlist_in_the_library_knows_how_much_of_it_was_played(town, film_bytes):
    """Its segments are counted when it is registered, behind its master playlist; each of them counts once."""
    show = town.library_dir / "a-show"
    (show / "low").mkdir(parents=True)
    (show / "master.m3u8").write_text("#EXTM3U\n#EXT-X-STREAM-INF:BANDWIDTH=1\nlow/main.m3u8\n", encoding="ascii")
    (show / "low/main.m3u8").write_text("#EXTM3U\n" + "".join(f"#EXTINF:2,\nseg-{n}.m4s\n" for n in range(8)) + "#EXT-X-ENDLIST\n", encoding="ascii")
    for name in ("init.mp4", *(f"seg-{n}.m4s" for n in range(8))):
        (show / "low" / name).write_bytes(film_bytes[:1000])
    town.give_to_user()
    medium = town.new_media(file_url="library:a-show/master.m3u8")["id"]
    [(stored,)] = town.sql("select stored_name from media_asset where id = %s", medium)
    folder = stored.rsplit("/", 1)[0]
    for name in ("master.m3u8", "low/main.m3u8", "low/init.mp4", "low/seg-0.m4s", "low/seg-1.m4s", "low/seg-1.m4s", "low/seg-7.m4s"):
        assert get(town, town.sign(medium, f"{folder}/{name}", grant=grant(9))).status_code == 200
    town.wait_counted()
    assert town.sql("select bytes_sent, delivered_points, delivered_segments::text from media_view_log where media_id = %s", medium) == [(5000, 3750, "{[0,2),[7,8)}")]


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
    bad = [(b"", "empty"), (line[:200], "torn"), (line.replace(b"film.mp4", b"fi\xfflm.mp4"), "utf8"), (line.replace(b"film", b"fi\0m"), "nul"),
           (line.replace(b'"status":200', b'"status":999'), "status"), (line.replace(b"film", b"x" * 20_000), "oversized"), (b"hello", "time")]
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
        assert sorted((line["log"], line["error"]) for line in complaints) == [(str(block), "no line in its first 64 KiB")] + [(str(closed), "Permission denied")] * (town.user is not None)
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
    assert town.sql("select count(*), count(distinct bytes_sent) from media_view_log where media_id = %s", medium) == [(4, 1)]


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
        assert ": 0 bytes counted" in town.run(town.program, "ingest", "--config", town.config, "--import", again).stdout
    assert sorted(view["bytes_sent"] for view in views(town, medium)) == [len(film_bytes)] * 4


def test_what_is_no_log_is_not_imported(town, medium):
    get(town, town.sign(medium, "film.mp4", grant=grant(60)))
    town.wait_counted()
    broken, empty = town.root / "broken.gz", town.root / "empty"
    broken.write_bytes(gzip.compress(town.log_text("view.log").encode())[:-20])
    empty.write_bytes(b"")
    town.give_to_user()
    before = town.sql("select count(*) from delivery_log")
    done = town.run(town.program, "ingest", "--config", town.config, "--import", broken, empty, town.root / "missing", check=False)
    assert done.returncode == 1 and len([line for line in done.stderr.splitlines() if line.startswith("mediagate: ")]) == 3 and done.stdout == ""
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
    slow = make_stack(trusted_proxies=["127.0.0.1"], ingest_statement_timeout=200)
    media = slow.new_media()["id"]
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


# --- exactly once -------------------------------------------------------------------------------------------
SEGMENTS = 10  # of the playlist that the crowd plays
RANGE = re.compile(r"bytes (\d+)-(\d+)/(\d+)")


class Played:
    """What a client got of one view."""

    def __init__(self):
        self.bytes, self.ranges, self.segments = 0, [], set()

    def union(self):
        """The ranges as PostgreSQL shows a multirange."""
        united = []
        for start, end in sorted(self.ranges):
            if united and start <= united[-1][1]:
                united[-1][1] = max(united[-1][1], end)
            else:
                united.append([start, end])
        return united

    def points(self, size):
        """Hundredths of a percent of a medium."""
        of_bytes = sum(end - start for start, end in self.union()) * 10_000 // size if self.ranges else 0
        return max(of_bytes, len(self.segments) * 10_000 // SEGMENTS)


class Crowd:
    """Clients that play, and count themselves what they got. They go on until ingest has rotated `rotated` logs."""

    def __init__(self, town, media, requests_each, clients=8, rotated=0):
        self.town, self.media, self.requests_each, self.clients, self.rotated = town, media, requests_each, clients, rotated
        self.deadline = time.monotonic() + 20 * DEADLINE
        self.lock = threading.Lock()
        self.played, self.counted, self.done = collections.defaultdict(Played), 0, 0

    def play(self, seed):
        dice = random.Random(seed)
        connection = http.client.HTTPConnection("127.0.0.1", self.town.http_port, timeout=DEADLINE)
        for turn in itertools.count():
            if turn >= self.requests_each and (len(rotated_logs(self.town)) >= self.rotated or time.monotonic() > self.deadline):
                break
            media, number, address = dice.choice(self.media), dice.randrange(40), f"192.0.2.{dice.randrange(1, 6)}"
            segment = dice.randrange(SEGMENTS)
            file, method = dice.choice(["film.mp4"] * 5 + [f"hls/seg-{segment}.m4s", "hls/main.m3u8", "none.mp4"]), dice.choice(["GET"] * 7 + ["HEAD"])
            start = dice.randrange(199_000)
            headers = {"X-Forwarded-For": address, "Range": f"bytes={start}-{start + dice.randrange(1000)}"} if file == "film.mp4" else {"X-Forwarded-For": address}
            path = self.town.sign(media, file, grant=grant(number))
            if dice.random() < 0.1:
                path = path.replace("/-/", "/forged/")
            connection.request(method, path, headers=headers)
            answer = connection.getresponse()
            size = len(answer.read())
            with self.lock:
                self.done += 1
                if method == "GET" and answer.status in (200, 206) and not file.endswith(".m3u8"):
                    self.counted += 1
                    view = self.played[media, grant(number), address]
                    view.bytes += size
                    if file == "film.mp4":
                        first = int(RANGE.match(answer.headers["Content-Range"])[1])
                        view.ranges.append((first, first + size))
                    else:
                        view.segments.add(segment)
        connection.close()

    def run(self, disturb):
        with concurrent.futures.ThreadPoolExecutor(self.clients) as pool:
            plays = [pool.submit(self.play, seed) for seed in range(self.clients)]
            disturb(self)
            for play in plays:
                play.result()


class Trouble:
    """What happens while the crowd plays: kills of ingest (sometimes two run), rotations, crashes of PostgreSQL."""

    def __init__(self, kills, rotations, crashes):
        self.kills, self.rotations, self.crashes = kills, rotations, crashes
        self.second = None

    def __call__(self, crowd):
        town, total = crowd.town, crowd.clients * crowd.requests_each
        for step in range(1, self.kills + 1):
            wait_until(lambda goal=step * total // (self.kills + 2): crowd.done >= goal, "the crowd to play on", timeout=20 * DEADLINE)
            self.kill(town)
            if step * self.rotations // self.kills > (step - 1) * self.rotations // self.kills:
                town.rotate_view_log()
            if step * self.crashes // self.kills > (step - 1) * self.crashes // self.kills:
                town.stop_postgres(signal.SIGQUIT)  # immediate: no clean end
                town.start_postgres()
        self.kill(town)

    def kill(self, town):
        for process in filter(None, (town.ingest, self.second)):
            process.kill()
            process.wait()
        town.ingest = town.spawn_ingest()
        self.second = town.spawn_ingest() if random.random() < 0.3 else None

    def end(self, town):
        if self.second:
            self.second.kill()
            self.second.wait()
        town.stop_ingest(signal.SIGKILL)


def rotated_logs(town):
    """Those that ingest rotated itself."""
    return list((town.root / "log").glob("view.log-*"))


def play_in_trouble(town, film_bytes, clients, requests_each, rotated=0, **trouble):
    """The crowd, when every line of its playing is read."""
    media = [town.new_media()["id"] for _ in range(4)]
    for one in media:
        (town.data_dir / f"media/{one}/hls").mkdir(parents=True)
        (town.data_dir / f"media/{one}/film.mp4").write_bytes(film_bytes)
        (town.data_dir / f"media/{one}/hls/main.m3u8").write_bytes(b"#EXTM3U\n")
        for number in range(SEGMENTS):
            (town.data_dir / f"media/{one}/hls/seg-{number}.m4s").write_bytes(film_bytes[:1000 + number])
    town.sql("update media_asset set package_segments = %s", SEGMENTS)  # a film and its package
    town.give_to_user()
    town.start_ingest()
    crowd, troubles = Crowd(town, media, requests_each, clients, rotated), Trouble(**trouble)
    try:
        crowd.run(troubles)
    finally:
        troubles.end(town)
    town.start_ingest()
    town.wait_counted()
    return crowd


def counted(town):
    """(bytes, delivered ranges, delivered segments, points) by medium, grant and address."""
    rows = town.sql("""select media_id, replace(grant_id::text, '-', ''), host(viewed_by_ip), bytes_sent,
        array(select array[lower(r), upper(r)] from unnest(delivered_bytes) r), array(select generate_series(lower(r), upper(r) - 1) from unnest(delivered_segments) r),
        delivered_points from media_view_log""")
    assert len({row[:3] for row in rows}) == len(rows)
    return {row[:3]: (row[3], row[4], set(row[5]), row[6]) for row in rows}


def expected(crowd, film_bytes):
    return {view: (played.bytes, played.union(), played.segments, played.points(len(film_bytes))) for view, played in crowd.played.items()}


ROLLUPS_AGREE = """with raw as (select g.grain, m.media_id, case g.grain when 'quarter' then date_bin('15 minutes', v."timestamp", '2000-01-01Z')
      else date_trunc(g.grain, v."timestamp", 'UTC') end, v.bot, count(*), sum(bytes_sent)::int8, sum(seconds)::int8, sum(coalesce(delivered_points, 0)), count(delivered_points)
    from media_view_log v, (values ('quarter'), ('day'), ('month')) g (grain), lateral (values (v.media_id), (0)) m (media_id) group by 1, 2, 3, 4)
  select (select count(*) from (select * from raw except all select * from view_rollup) d), (select count(*) from (select * from view_rollup except all select * from raw) d)"""


HURRY = {"trusted_proxies": ["127.0.0.1"], "ingest_batch": 50, "ingest_interval": 10}
# `make soak` plays the long form.
LONG, SHORT = {"clients": 16, "requests_each": 12_500, "kills": 100, "rotations": 20, "crashes": 5}, {"clients": 8, "requests_each": 400, "kills": 20, "rotations": 3, "crashes": 1}
SIZE = LONG if os.environ.get("MEDIAGATE_SOAK") else SHORT


def test_every_delivery_counts_exactly_once(make_stack, film_bytes):
    """The clients' own count is the database's, by medium, grant and address: bytes, which of them, segments; and so are the sums."""
    town = make_stack(**HURRY)
    crowd = play_in_trouble(town, film_bytes, **SIZE)
    assert counted(town) == expected(crowd, film_bytes)
    assert town.sql(ROLLUPS_AGREE) == [(0, 0)]
    logs = list((town.root / "log").glob("view.log*"))
    assert len(logs) == SIZE["rotations"] + 1
    written = sum(1 for log in logs if log.stat().st_size > 0)  # the crowd may be done before nginx opens the last one
    assert town.sql("select sum(counted)::int8, sum(rejected)::int8, count(*) from delivery_log") == [(crowd.counted, 0, written)]
    assert not (town.data_dir / "rejected.log").exists()


def test_every_delivery_counts_once_while_ingest_rotates_too(make_stack, film_bytes):
    """Killed between any two steps of a rotation, with logrotate doing the same at times."""
    town = make_stack(**HURRY, log_rotate_size=1, log_retention=0)
    crowd = play_in_trouble(town, film_bytes, **{**SIZE, "requests_each": max(SIZE["requests_each"], 1500), "rotations": 1, "crashes": 0, "rotated": 2})
    assert counted(town) == expected(crowd, film_bytes)
    assert town.sql(ROLLUPS_AGREE) == [(0, 0)]
    assert len(rotated_logs(town)) >= 2 and not (town.data_dir / "rejected.log").exists()


def test_the_proof_can_fail(make_stack, film_bytes):
    """The same with an ingest that commits its position apart from the views: it counts more than was played."""
    apart = TOP_BUILD / "tests/integration/mediagate_apart"
    if not apart.exists():
        pytest.skip("make check builds it")
    town = make_stack(**HURRY)
    town.ingest_program = town.root / "bin/mediagate_apart"
    shutil.copy2(apart, town.ingest_program)
    town.give_to_user()
    crowd = play_in_trouble(town, film_bytes, **SIZE)
    assert sum(row[0] for row in counted(town).values()) > sum(played.bytes for played in crowd.played.values())
