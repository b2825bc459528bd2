# SPDX-License-Identifier: ISC
"""Clients that play and count themselves what they got, and what happens to ingest meanwhile: for the proof that each
delivery counts once."""
import collections
import concurrent.futures
import http.client
import itertools
import math
import os
import random
import re
import signal
import threading
import time

from stack import DEADLINE, wait_until

# What is random is so by this: MEDIAGATE_SEED=… plays the same requests and kills again, as far as the machine does.
SEED = int(os.environ.get("MEDIAGATE_SEED") or random.SystemRandom().randrange(1, 1 << 31))
SEGMENTS = 10  # of the playlist that the crowd plays
RANGE = re.compile(r"bytes (\d+)-(\d+)/(\d+)")


def grant(number):
    return f"0193550000007{number:03x}800000000000abcd"


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
    """Clients that play, and count themselves what they got. They go on until ingest has rotated `rotated` logs, and
    wait where the trouble that they are to
    have does not keep up with them."""

    def __init__(self, town, media, requests_each, clients=8, rotated=0):
        self.town, self.media, self.requests_each, self.clients, self.rotated = (
            town,
            media,
            requests_each,
            clients,
            rotated,
        )
        self.deadline = time.monotonic() + 20 * DEADLINE
        self.lock = threading.Condition()
        self.played, self.counted, self.done = collections.defaultdict(Played), 0, 0
        self.limit = requests_each * clients  # of `done`, until the trouble is over

    def play_until(self, limit):
        with self.lock:
            self.limit = limit
            self.lock.notify_all()

    def play(self, client):
        dice = random.Random(f"{SEED} {client}")
        connection = http.client.HTTPConnection("127.0.0.1", self.town.http_port, timeout=DEADLINE)
        for turn in itertools.count():
            if turn >= self.requests_each and (
                len(rotated_logs(self.town)) >= self.rotated or time.monotonic() > self.deadline
            ):
                break
            with self.lock:
                self.lock.wait_for(lambda: self.done < self.limit, timeout=20 * DEADLINE)
            media, number, address = dice.choice(self.media), dice.randrange(40), f"192.0.2.{dice.randrange(1, 6)}"
            segment = dice.randrange(SEGMENTS) + 1  # as packages number them
            file, method = dice.choice(
                ["film.mp4"] * 5 + [f"hls/seg-{segment}.m4s", "hls/main.m3u8", "none.mp4"]
            ), dice.choice(["GET"] * 7 + ["HEAD"])
            start = dice.randrange(199_000)
            headers = (
                {"X-Forwarded-For": address, "Range": f"bytes={start}-{start + dice.randrange(1000)}"}
                if file == "film.mp4"
                else {"X-Forwarded-For": address}
            )
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
            plays = [pool.submit(self.play, client) for client in range(self.clients)]
            try:
                disturb(self)
            finally:
                self.play_until(math.inf)
            for play in plays:
                play.result()


class Trouble:
    """What happens while the crowd plays: kills of ingest (sometimes two run), rotations, crashes of PostgreSQL, each
    after a random number of requests and a
    random time. A quarter of a second is some batches long, or as long as a start."""

    def __init__(self, kills, rotations, crashes):
        self.dice, self.kills = random.Random(SEED), kills
        self.rotations, self.crashes = set(self.dice.sample(range(kills), rotations)), set(
            self.dice.sample(range(kills), crashes)
        )
        self.missed = set(sorted(self.rotations)[::2])  # nobody counts meanwhile
        self.second, self.ready = None, 0

    def __call__(self, crowd):
        town, total = crowd.town, crowd.clients * crowd.requests_each
        for step, goal in enumerate(sorted(self.dice.sample(range(total), self.kills))):
            crowd.play_until(goal + 3 * total // self.kills)  # not to its end before the last kill
            wait_until(lambda goal=goal: crowd.done >= goal, "the crowd to play on", timeout=20 * DEADLINE)
            self.let_it_count(town)
            self.kill(town)
            if step in self.missed:
                self.leave_lines(crowd, total)
                town.rotate_view_log()
                self.leave_lines(crowd, total)
            self.start(town)
            if step in self.rotations - self.missed:
                town.rotate_view_log()
            if step in self.crashes:
                town.stop_postgres(signal.SIGQUIT)  # immediate: no clean end
                town.start_postgres()
        self.let_it_count(town)
        self.kill(town)
        self.start(town)

    @staticmethod
    def leave_lines(crowd, total):
        """That nobody reads: the next ingest finds some in a log of another name, and others in nginx's."""
        goal = min(crowd.done + 20, total)
        crowd.play_until(goal + crowd.clients)
        wait_until(lambda: crowd.done >= goal, "the crowd to play while nobody counts")

    def let_it_count(self, town):
        """For a random time since its start, or, on every other turn, since it is ready: a busy machine would see
        kills of starting programs alone."""
        if self.dice.random() < 0.5:
            wait_until(lambda: self.starts(town) > self.ready, "ingest to be ready")
        time.sleep(self.dice.uniform(0, 0.25))

    @staticmethod
    def starts(town):
        return town.log_text("ingest.log").count('"ready"')

    def kill(self, town):
        for process in filter(None, (town.ingest, self.second)):
            process.kill()
            process.wait()
        self.ready = self.starts(town)

    def start(self, town):
        town.ingest = town.spawn_ingest()
        self.second = town.spawn_ingest() if self.dice.random() < 0.3 else None

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
    print(f"MEDIAGATE_SEED={SEED} repeats these kills")
    media = [town.new_media()["id"] for _ in range(4)]
    for one in media:
        (town.data_dir / f"media/{one}/hls").mkdir(parents=True)
        (town.data_dir / f"media/{one}/film.mp4").write_bytes(film_bytes)
        (town.data_dir / f"media/{one}/hls/main.m3u8").write_bytes(b"#EXTM3U\n")
        for number in range(1, SEGMENTS + 1):
            (town.data_dir / f"media/{one}/hls/seg-{number}.m4s").write_bytes(film_bytes[: 1000 + number])
    town.sql("update media_asset set package_segments = %s", SEGMENTS)  # a film and its package
    town.give_to_user()
    town.start_ingest()
    crowd, troubles = Crowd(town, media, requests_each, clients, rotated), Trouble(**trouble)
    try:
        crowd.run(troubles)
    finally:
        troubles.end(town)
    town.start_ingest()
    town.wait_counted(timeout=DEADLINE + crowd.done / 500)  # the crowd waits for kills, not for the counting
    return crowd
