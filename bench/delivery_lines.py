# SPDX-License-Identifier: ISC
"""Traffic for measuring ingest: lines as nginx writes them, and the same deliveries as rows for COPY.

A crowd of 2,000 views at a time, over 1,000 media of which few are watched by most; half of the views are progressive
films asked for
by ranges, half are HLS with its playlist and segments. Of a hundred lines about five count nothing (playlists, HEAD,
refused).
"""
import random
import time
import uuid

MEDIA = 1000
CROWD = 2000
TABLE = """drop table if exists bench_delivery; create table bench_delivery (time timestamptz, request_id uuid,
media_id bigint, grant_id uuid,
  viewer text, file text, address inet, method text, status integer, body_bytes bigint, content_range text, seconds
  double precision,
  complete boolean, user_agent text, referrer_host text)"""
AGENTS = [
    f"Mozilla/5.0 (X11; Linux x86_64; rv:{number}.0) AppleWebKit/537.{number} (KHTML, like Gecko) "
    f"Player/{number}.{minor}"
    for number in range(60, 130)
    for minor in range(4)
]
LINE = (
    '{"time":%.3f,"request_id":"%s","media":"%d","grant":"%s","viewer":"%s","flags":"n","file":"%s",'
    '"address":"%s","method":"%s","status":%d,'
    '"body_bytes":%d,"content_range":"%s","seconds":%.3f,"completion":"OK","user_agent":"%s","referrer_host":"%s"}\n'
)
ROW = "%s\t%s\t%d\t%s\t%s\t%s\t%s\t%s\t%d\t%d\t%s\t%.3f\tt\t%s\t%s\n"


class View:
    def __init__(self, dice, clock, deliveries, first_media):
        self.grant = f"{int(clock * 1000):012x}7{dice.getrandbits(12):03x}8{dice.getrandbits(60):015x}"
        self.media = first_media + min(int(dice.paretovariate(0.7)) - 1, MEDIA - 1)
        self.viewer = f"u-{dice.randrange(10**6)}"
        self.address = f"{dice.randrange(1, 224)}.{dice.randrange(256)}.{dice.randrange(256)}.{dice.randrange(1, 255)}"
        self.agent, self.referrer = dice.choice(AGENTS), f"site{dice.randrange(50)}.example"
        self.hls, self.size = dice.random() < 0.5, dice.randrange(10**7, 10**9)
        self.left = deliveries if deliveries == 1 else max(1, min(40, int(dice.expovariate(1 / deliveries) + 0.5)))
        self.next = 0

    def deliver(self, dice):
        """file, method, status, body bytes, content range of its next delivery."""
        self.left, number = self.left - 1, self.next
        self.next += 1
        if dice.random() < 0.05:
            return (
                ("main.m3u8", "GET", 200, 4000, "")
                if self.hls
                else dice.choice([("film.mp4", "HEAD", 200, 0, ""), ("film.mp4", "GET", 410, 300, "")])
            )
        if self.hls:
            return f"seg-{number}.m4s", "GET", 200, dice.randrange(10**5, 10**6), ""
        start, size = number * self.size // 40, dice.randrange(10**5, 10**6)
        return "film.mp4", "GET", 206, size, f"bytes {start}-{start + size - 1}/{self.size}"


def write(log_path, rows_path, lines, deliveries, first_media, seed):
    """Writes both files; `deliveries` of a view on average, 1 exactly one."""
    dice = random.Random(seed)
    clock = 1795000000 + seed * 86400
    crowd = [View(dice, clock, deliveries, first_media) for _ in range(CROWD)]
    with open(log_path, "w", encoding="ascii") as log, open(rows_path, "w", encoding="ascii") as rows:
        for _ in range(lines):
            clock += dice.random() * 0.01
            place = dice.randrange(CROWD)
            view = crowd[place]
            file, method, status, size, content_range = view.deliver(dice)
            request, seconds = f"{dice.getrandbits(128):032x}", dice.random() * 5
            log.write(
                LINE
                % (
                    clock,
                    request,
                    view.media,
                    view.grant,
                    view.viewer,
                    file,
                    view.address,
                    method,
                    status,
                    size,
                    content_range,
                    seconds,
                    view.agent,
                    view.referrer,
                )
            )
            rows.write(
                ROW
                % (
                    time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(clock)),
                    uuid.UUID(request),
                    view.media,
                    view.grant,
                    view.viewer,
                    file,
                    view.address,
                    method,
                    status,
                    size,
                    content_range,
                    seconds,
                    view.agent,
                    view.referrer,
                )
            )
            if view.left <= 0:
                crowd[place] = View(dice, clock, deliveries, first_media)
