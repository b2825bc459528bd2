# SPDX-License-Identifier: ISC
"""Each delivery counts exactly once, whatever is killed, rotated or crashes meanwhile; and the proof of it can fail."""
import json
import os
import random
import shutil

import pytest
from crowd import play_in_trouble, rotated_logs
from stack import TOP_BUILD


@pytest.fixture(scope="module")
def film_bytes():
    return random.Random(4711).randbytes(200_000)


def counted(town):
    """(bytes, delivered ranges, delivered segments, points) by medium, grant and address."""
    rows = town.sql(
        """select media_id, replace(grant_id::text, '-', ''), host(viewed_by_ip), bytes_sent,
        array(select array[lower(r), upper(r)] from unnest(delivered_bytes) r), array(select generate_series(lower(r),
        upper(r) - 1) from unnest(delivered_segments) r),
        delivered_points from media_view_log"""
    )
    assert len({row[:3] for row in rows}) == len(rows)
    return {row[:3]: (row[3], row[4], set(row[5]), row[6]) for row in rows}


def expected(crowd, film_bytes):
    return {
        view: (played.bytes, played.union(), played.segments, played.points(len(film_bytes)))
        for view, played in crowd.played.items()
    }


def logged_sums(logs):
    """(deliveries, bytes, broken off) that the logs hold."""
    lines = [json.loads(line) for log in logs for line in log.read_text(encoding="utf-8").splitlines()]
    ends = [line for line in lines if "event" not in line]
    broken = [line for line in ends if line["status"] in (200, 206) and not line["completion"]]
    return len(ends), sum(line["body_bytes"] for line in ends), len(broken)


ROLLUPS_AGREE = """with raw as (select g.grain, m.media_id, case g.grain when 'quarter' then date_bin('15 minutes',
v."timestamp", '2000-01-01Z')
      else date_trunc(g.grain, v."timestamp", 'UTC') end, v.bot, count(*), count(*) filter (where played),
      sum(bytes_sent)::int8, sum(seconds)::int8,
      sum(coalesce(watched_seconds, 0))::int8, sum(coalesce(delivered_points, 0)), count(delivered_points), v.internal
    from media_view_log v, (values ('quarter'), ('day'), ('month')) g (grain), lateral (values (v.media_id), (0)) m
    (media_id) group by 1, 2, 3, v.bot, v.internal)
  select (select count(*) from (select * from raw except all select * from view_rollup) d), (select count(*) from
  (select * from view_rollup except all select * from raw) d)"""


HURRY = {"trusted_proxies": ["127.0.0.1"], "ingest_batch": 50, "ingest_interval": 10}
# `make soak` plays the long form.
LONG, SHORT = {"clients": 16, "requests_each": 12_500, "kills": 100, "rotations": 20, "crashes": 5}, {
    "clients": 8,
    "requests_each": 400,
    "kills": 20,
    "rotations": 3,
    "crashes": 1,
}
SIZE = LONG if os.environ.get("MEDIAGATE_SOAK") else SHORT


def test_every_delivery_counts_exactly_once(make_stack, film_bytes):
    """The clients' own count is the database's, by medium, grant and address: bytes, which of them, segments; and so
    are the sums."""
    town = make_stack(**HURRY)
    crowd = play_in_trouble(town, film_bytes, **SIZE)
    assert counted(town) == expected(crowd, film_bytes)
    assert town.sql(ROLLUPS_AGREE) == [(0, 0)]
    logs = list((town.root / "log").glob("view.log*"))
    assert len(logs) == SIZE["rotations"] + 1
    assert town.sql("select sum(deliveries)::int8, sum(bytes_sent)::int8, sum(broken_off)::int8 from delivery_sum") == [
        logged_sums(logs)
    ]
    written = sum(1 for log in logs if log.stat().st_size > 0)  # the crowd may be done before nginx opens the last one
    assert town.sql("select sum(counted)::int8, sum(rejected)::int8, count(*) from delivery_log") == [
        (crowd.counted, 0, written)
    ]
    assert not (town.data_dir / "rejected.log").exists()


def test_every_delivery_counts_once_while_ingest_rotates_too(make_stack, film_bytes):
    """Killed between any two steps of a rotation, with logrotate doing the same at times."""
    town = make_stack(**HURRY, log_rotate_size=1, log_retention=0)
    crowd = play_in_trouble(
        town,
        film_bytes,
        **{**SIZE, "requests_each": max(SIZE["requests_each"], 1500), "rotations": 1, "crashes": 0, "rotated": 2},
    )
    assert counted(town) == expected(crowd, film_bytes)
    assert town.sql(ROLLUPS_AGREE) == [(0, 0)]
    assert len(rotated_logs(town)) >= 2 and not (town.data_dir / "rejected.log").exists()


def test_the_proof_can_fail(make_stack, film_bytes):
    """The same with an ingest that commits its position apart from the views: it counts more than was played."""
    apart = TOP_BUILD / "tests/integration/mediagate_apart"
    if not apart.exists():
        pytest.skip("make check builds it")
    # it sleeps after each: what the long form plays must be counted some time
    town = make_stack(**{**HURRY, "ingest_batch": 1000})
    town.ingest_program = town.root / "bin/mediagate_apart"
    shutil.copy2(apart, town.ingest_program)
    town.give_to_user()
    crowd = play_in_trouble(town, film_bytes, **SIZE)
    assert sum(row[0] for row in counted(town).values()) > sum(played.bytes for played in crowd.played.values())
