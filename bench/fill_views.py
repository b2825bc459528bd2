#!/usr/bin/env python3
# SPDX-License-Identifier: ISC
"""Fills a database with made views, straight by SQL: rows, rollups and indexes as ingest would have left them.

One film has `hot` views in the last month; `rest` views are of the other media, few of them seen much and most seen
little, over the
last `months`. Each month is written without indexes, then attached, which builds them. Prints what that takes on the
disk.

    DATABASE="dbname=bench" bench/fill_views.py --hot 10000000 --rest 90000000 --media 5000 --months 6
"""
import argparse
import concurrent.futures
import datetime
import os
import time

import psycopg2

HOT_MEDIUM = 1
USER_AGENTS = 300

MEDIA = """
insert into media_asset (id, title, type, size_bytes, duration_seconds) overriding system value
  select n, 'Film ' || n, case when n %% 5 = 0 then 'audio' else 'video' end, 1000000000, 2000 from generate_series(1,
  %(media)s) n
  on conflict do nothing;
select setval(pg_get_serial_sequence('media_asset', 'id'), greatest(%(media)s, (select max(id) from media_asset)));
insert into user_agent (id, text, device, system, browser) overriding system value
  select n, 'Mozilla/5.0 (made; rv:' || n || ') Gecko/20100101 Firefox/' || n,
    (array['desktop', 'phone', 'tablet', 'television'])[1 + n %% 4], (array['Windows', 'Android', 'iOS'])[1 + n %% 3],
    (array['Firefox', 'Chrome', 'Safari'])[1 + n %% 3] from generate_series(1, %(agents)s) n on
  conflict do nothing;
select setval(pg_get_serial_sequence('user_agent', 'id'), greatest(%(agents)s, (select max(id) from user_agent)));
"""

# As `create table … (like …)` of media_view_log_partition, but without the indexes, which attaching builds.
APART = "create table {table} (like media_view_log including defaults including constraints) with (fillfactor = 85)"
ATTACH = "alter table media_view_log attach partition {table} for values from (%(start)s) to (%(stop)s)"

# In the order of time, as views come in. An address is one of `addresses`, the low numbers more often.
VIEWS = """
insert into {table} (id, granted_at, media_id, viewed_by_ip, "timestamp", last_seen_at, grant_id, address_key,
address_hash, bytes_sent,
    seconds, watched_seconds, user_agent_id, file_bytes, delivered_points, bot, played, source, country, viewer,
    referrer, delivered_bytes)
  select %(first_id)s + n, t, case when hot then 1 else 2 + (power(r1, 3) * (%(media)s - 1))::int end, '10.0.0.0'::inet
  + address,
    t, t + interval '20 minutes',
    (lpad(to_hex((extract(epoch from t) * 1000)::int8), 12, '0') || '70008' || lpad(to_hex(%(first_id)s + n), 15,
    '0'))::uuid,
    lpad(to_hex(address), 32, '0')::uuid,
    hashint8extended(address, 42) & 9223372036854775807, bytes, (bytes / 1000000)::int8, (bytes / 500000)::int8, 1 +
    (power(r2, 4) * (%(agents)s - 1))::int,
    1000000000, (bytes / 100000)::int, r3 < 0.05, bytes > 2000000, 'stream',
    (array['DE','US','FR','IN','BR','JP','GB','IT','NP','AU', null])[1 + (power(r4, 2) * 10)::int],
    case when r3 > 0.4 then 'viewer-' || (power(r1, 2) * 100000)::int end,
    case when r4 > 0.5 then 'site-' || (power(r2, 3) * 200)::int || '.example.org' end, int8multirange(int8range(0,
    bytes))
  from (select n, %(start)s::timestamptz + (n - 1 + random()) * (%(stop)s::timestamptz - %(start)s::timestamptz) /
  %(views)s as t,
      random() as r1, random() as r2, random() as r3, random() as r4, random() < %(hot_share)s as hot,
      (power(random(), 1.5) * %(addresses)s)::int8 as address, 1 + (power(random(), 0.7) * 999999999)::int8 as bytes
    from generate_series(1, %(views)s) n) made
"""

QUARTERS = """
insert into view_rollup (grain, media_id, start, bot, views, plays, bytes_sent, seconds, watched_seconds, points,
points_views)
  select 'quarter', media_id, date_bin('15 minutes', "timestamp", '2000-01-01Z'), bot, count(*), count(*) filter (where
  played), sum(bytes_sent), sum(seconds),
    sum(watched_seconds), sum(delivered_points), count(delivered_points) from {table} group by media_id, 3, bot
"""
COARSER = """
insert into view_rollup (grain, media_id, start, bot, views, plays, bytes_sent, seconds, watched_seconds, points,
points_views)
  select %(coarse)s, media_id, date_trunc(%(coarse)s, start, 'UTC'), bot, sum(views), sum(plays), sum(bytes_sent),
  sum(seconds), sum(watched_seconds), sum(points),
    sum(points_views) from view_rollup where grain = %(fine)s and media_id > 0 group by media_id, 3, bot
"""
ALL_MEDIA = """
insert into view_rollup (grain, media_id, start, bot, views, plays, bytes_sent, seconds, watched_seconds, points,
points_views)
  select grain, 0, start, bot, sum(views), sum(plays), sum(bytes_sent), sum(seconds), sum(watched_seconds),
  sum(points), sum(points_views) from view_rollup
    where media_id > 0 group by grain, start, bot
"""
ROLLUP_INDEX = "create index view_rollup_start_idx on view_rollup (grain, start, media_id)"
ROLLUP_KEY = (
    "alter table view_rollup add constraint view_rollup_pkey primary key (grain, media_id, start, bot, internal)"
)
SIZES = """
select 'view rows', sum(pg_table_size(inhrelid)) from pg_inherits where inhparent = 'media_view_log'::regclass
union all select 'index ' || i.relname, sum(pg_relation_size(p.inhrelid)) from pg_index x join pg_class i on i.oid =
x.indexrelid
  join pg_inherits p on p.inhparent = i.oid where x.indrelid = 'media_view_log'::regclass group by i.relname
union all select 'rollups with their indexes', pg_total_relation_size('view_rollup')
"""


def month_start(back):
    today = datetime.datetime.now(datetime.timezone.utc)
    index = today.year * 12 + today.month - 1 - back
    return datetime.datetime(index // 12, index % 12 + 1, 1, tzinfo=datetime.timezone.utc)


class Filling:
    """What to make, by month; the last month is the one that ended last, so that none of its views lies ahead."""

    def __init__(self, database, hot=1_000_000, rest=0, media=1, months=1, addresses=2_000_000):
        self.database, self.hot, self.rest, self.media, self.months, self.addresses = (
            database,
            hot,
            rest,
            media,
            months,
            addresses,
        )

    def connect(self):
        connection = psycopg2.connect(self.database)
        connection.autocommit = True
        cursor = connection.cursor()
        for setting in (
            "synchronous_commit = off",
            "work_mem = '512MB'",
            "maintenance_work_mem = " "'1GB'",
            "jit = off",
            "timezone = 'UTC'",
        ):
            cursor.execute(f"set {setting}")
        return connection, cursor

    def last_month(self):
        return month_start(1), month_start(0)

    def fill_month(self, back):
        """Rows and quarters of one month, in one transaction, so that a server with wal_level = minimal writes them
        once."""
        connection, cursor = self.connect()
        start, stop = month_start(back), month_start(back - 1)
        hot = self.hot if back == 1 else 0
        views = hot + self.rest // self.months
        values = {
            "first_id": back * 1_000_000_000,
            "start": start,
            "stop": stop,
            "views": views,
            "hot_share": hot / max(views, 1),
            "media": max(self.media, 2),
            "agents": USER_AGENTS,
            "addresses": self.addresses,
        }
        table = f"media_view_log_{start:%Y%m}"
        if views == 0:
            return
        connection.autocommit = False
        cursor.execute(APART.format(table=table))
        cursor.execute(VIEWS.format(table=table), values)
        cursor.execute(QUARTERS.format(table=table))
        connection.commit()
        connection.autocommit = True
        cursor.execute(ATTACH.format(table=table), values)
        connection.close()

    def fill(self, processes=2):
        """Seconds that it took."""
        begun = time.monotonic()
        connection, cursor = self.connect()
        cursor.execute(MEDIA, {"media": max(self.media, 2), "agents": USER_AGENTS})
        cursor.execute("alter table view_rollup drop constraint view_rollup_pkey; drop index view_rollup_start_idx")
        with concurrent.futures.ThreadPoolExecutor(processes) as pool:
            list(pool.map(self.fill_month, range(1, self.months + 1)))
        for fine, coarse in (("quarter", "day"), ("day", "month")):
            cursor.execute(COARSER, {"fine": fine, "coarse": coarse})
        cursor.execute(ALL_MEDIA)
        cursor.execute(ROLLUP_KEY)
        cursor.execute(ROLLUP_INDEX)
        cursor.execute("select setval('media_view_log_id_seq', 1000000000000)")
        for table in ("media_view_log", "view_rollup", "media_asset", "user_agent"):
            cursor.execute(f"vacuum (analyze, freeze) {table}")
        connection.close()
        return time.monotonic() - begun

    def sizes(self):
        connection, cursor = self.connect()
        cursor.execute(SIZES)
        sizes = [(name, int(size)) for name, size in cursor.fetchall()]
        connection.close()
        return sizes

    def print_sizes(self):
        sizes, millions = self.sizes(), (self.hot + self.rest) / 1e6
        print("| on the disk | MiB | MiB a million views |\n|---|--:|--:|")
        for name, size in sizes + [("all", sum(size for _, size in sizes))]:
            print(f"| {name} | {size / 2**20:,.0f} | {size / 2**20 / millions:,.1f} |")


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    for name, default in (
        ("hot", 1_000_000),
        ("rest", 0),
        ("media", 1000),
        ("months", 1),
        ("addresses", 2_000_000),
        ("processes", 2),
    ):
        parser.add_argument(f"--{name}", type=int, default=default)
    wanted = parser.parse_args()
    filling = Filling(os.environ["DATABASE"], wanted.hot, wanted.rest, wanted.media, wanted.months, wanted.addresses)
    print(f"{wanted.hot + wanted.rest:,} views in {filling.fill(wanted.processes):,.0f} s")
    filling.print_sizes()


if __name__ == "__main__":
    main()
