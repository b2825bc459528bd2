# SPDX-License-Identifier: ISC
"""Cross-check by a program that is not ours: GoAccess reads the same delivery log and agrees on hits and bytes."""
import collections
import http.client
import json
import random
import shutil

import web_tools
from stack import DEADLINE

# As in its manual for JSON logs; the time is in seconds, its fraction is left out.
FORMAT = '{"time":"%x.%^","file":"%U","address":"%h","method":"%m","status":"%s","body_bytes":"%b","user_agent":"%u"}'
SIZE = 100_000


def play(town, media, count):
    """Ranges open and closed, HEAD, forgeries and what is not there. What the clients got of films, by file: hits,
    bytes."""
    dice, got = random.Random(7), collections.defaultdict(lambda: [0, 0])
    connection = http.client.HTTPConnection("127.0.0.1", town.http_port, timeout=DEADLINE)
    for _ in range(count):
        medium, start = dice.choice(media), dice.randrange(SIZE)
        file = dice.choice([f"film-{medium}.mp4"] * 5 + ["none.mp4"])
        path = town.sign(medium, file, grant=f"0193550000007{dice.randrange(64):03x}8000000000007777")
        method, asked = dice.choice(["GET"] * 6 + ["HEAD"]), dice.choice(
            [None, f"bytes={start}-", f"bytes={start}-{start + 999}", "bytes=999999-"]
        )
        headers = {
            "X-Forwarded-For": f"192.0.2.{dice.randrange(1, 20)}",
            "User-Agent": dice.choice(["Mozilla/5.0 (X11; Linux x86_64)", "VLC/3.0", "Zürich".encode()]),
        }
        connection.request(
            method,
            path.replace("/-/", "/forged/") if dice.random() < 0.1 else path,
            headers=headers | ({"Range": asked} if asked else {}),
        )
        answer = connection.getresponse()
        size = len(answer.read())
        if method == "GET" and answer.status in (200, 206):
            got[file][0] += 1
            got[file][1] += size
    connection.close()
    return {file: tuple(sums) for file, sums in got.items()}


def goaccess(town):
    """Hits and bytes of GETs, by file."""
    report = town.root / "goaccess.json"
    town.run(
        "goaccess",
        town.root / "log/view.log",
        "--no-global-config",
        "--log-format",
        FORMAT,
        "--datetime-format",
        "%s",
        "--date-format",
        "%s",
        "--time-format",
        "%s",
        "--no-progress",
        *(f"--ignore-status={status}" for status in (400, 403, 404, 405, 410, 416)),
        "-o",
        report,
    )
    found = json.loads(report.read_text())
    assert found["general"]["failed_requests"] == 0, "it reads every line"
    return {
        entry["data"]: (entry["hits"]["count"], entry["bytes"]["count"])
        for entry in found["static_requests"]["data"]
        if entry["method"] == "GET"
    }


def test_goaccess_agrees_on_hits_and_bytes(make_stack):
    if shutil.which("goaccess") is None:
        web_tools.missing("goaccess")
    town = make_stack(trusted_proxies=["127.0.0.1"])
    media = [town.new_media()["id"] for _ in range(4)]
    for medium in media:
        (town.data_dir / f"media/{medium}").mkdir(parents=True)
        (town.data_dir / f"media/{medium}/film-{medium}.mp4").write_bytes(bytes(SIZE))
    town.give_to_user()
    town.start_ingest()
    got = play(town, media, 1500)
    town.wait_counted()
    theirs = goaccess(town)
    assert theirs == got
    assert town.sql("select media_id, sum(bytes_sent)::int8 from media_view_log group by 1 order by 1") == [
        (medium, theirs[f"film-{medium}.mp4"][1]) for medium in media
    ]
    assert town.sql("select sum(counted)::int8 from delivery_log") == [(sum(hits for hits, _ in theirs.values()),)]
