# SPDX-License-Identifier: ISC
"""The PostgreSQL of a stack: a cluster of its own, on a unix socket."""
import contextlib
import hashlib
import ipaddress
import pathlib
import shutil
import signal

import psycopg2
from waiting import DEADLINE, wait_until


def postgres_program(name):
    found = sorted(pathlib.Path("/usr/lib/postgresql").glob(f"*/bin/{name}"), key=lambda p: float(p.parts[4]))
    return str(found[-1]) if found else shutil.which(name)


class PrivatePostgres:
    """Of a Stack: start, stop, ask."""

    postgres_extra = "fsync = off\n"  # tests lose nothing that matters when the machine dies

    def start_postgres(self):
        folder = self.root / "pg"
        if not folder.exists():
            self.run(
                postgres_program("initdb"),
                "-D",
                folder,
                "-U",
                "mediagate",
                "--auth=trust",
                "--encoding=UTF8",
                "--locale=C.UTF-8",
                "--no-sync",
                timeout=4 * DEADLINE,
            )
            with open(folder / "postgresql.conf", "a", encoding="utf-8") as conf:
                conf.write(
                    f"listen_addresses = ''\nunix_socket_directories = "
                    f"'{self.root}/run'\nunix_socket_permissions = 0700\n"
                    f"max_connections = 100\nshared_buffers = 64MB\n{self.postgres_extra}"
                )
        self.postgres = self.spawn([postgres_program("postgres"), "-D", folder], "postgres.log")
        wait_until(self._postgres_answers, "PostgreSQL to start")
        return self

    def stop_postgres(self, sign=signal.SIGINT):
        self.postgres.send_signal(sign)
        self.postgres.wait(timeout=DEADLINE)
        self.postgres = None

    def _postgres_answers(self):
        assert self.postgres.poll() is None, "PostgreSQL ended: see postgres.log"
        try:
            with contextlib.closing(self.connect("postgres")) as connection:
                connection.autocommit = True
                cursor = connection.cursor()
                cursor.execute("SELECT 1 FROM pg_database WHERE datname = 'mediagate'")
                if not cursor.fetchone():
                    cursor.execute("CREATE DATABASE mediagate")
            return True
        except psycopg2.OperationalError:
            return False

    def connect(self, database="mediagate"):
        return psycopg2.connect(host=str(self.root / "run"), dbname=database, user="mediagate")

    def sql(self, statement, *values):
        """Runs one statement in a transaction of its own; the rows, or [] when it gives none."""
        with contextlib.closing(self.connect()) as connection, connection, connection.cursor() as cursor:
            cursor.execute(statement, values)
            return cursor.fetchall() if cursor.description else []

    def add_views(self, rows):
        """Views made by hand, as ingest would have stored them: rows, and what they add to the sums. A row is a
        mapping of columns."""
        rollups = (
            "insert into view_rollup as r (grain, media_id, start, bot, views, plays, bytes_sent, seconds, "
            "watched_seconds, points, points_views, internal)"
            " select grain, m.media_id, case grain when 'quarter' then date_bin('15 minutes', \"timestamp\", "
            "'2000-01-01Z')"
            " else date_trunc(grain, \"timestamp\", 'UTC') end, bot, count(*), count(*) filter (where played), "
            "coalesce(sum(bytes_sent), 0), coalesce(sum(seconds), 0),"
            " coalesce(sum(watched_seconds), 0),"
            " coalesce(sum(delivered_points), 0), count(delivered_points), internal from media_view_log v"
            " cross join (values ('quarter'), ('day'), ('month')) g (grain) cross join lateral (values "
            "(v.media_id), (0)) m (media_id)"
            " where v.id > %s group by 1, 2, 3, bot, internal"
            " on conflict (grain, media_id, start, bot, internal) do update set views "
            "= r.views + excluded.views, plays = r.plays + excluded.plays,"
            " bytes_sent = r.bytes_sent + excluded.bytes_sent, seconds = r.seconds + excluded.seconds, "
            "watched_seconds = r.watched_seconds + excluded.watched_seconds,"
            " points = r.points + excluded.points, points_views = r.points_views + excluded.points_views"
        )
        with contextlib.closing(self.connect()) as connection, connection, connection.cursor() as cursor:
            cursor.execute("select coalesce(max(id), 0) from media_view_log")
            last = cursor.fetchone()
            for month in {str(row["timestamp"])[:7] for row in rows}:
                cursor.execute("select media_view_log_partition(%s)", (month + "-02T00:00:00Z",))
            for row in rows:
                address = ipaddress.ip_address(row["viewed_by_ip"]).packed
                digest = hashlib.sha256(address if len(address) == 4 else address[:8] + bytes(8)).digest()
                columns = {
                    "granted_at": row["timestamp"],
                    "source": "stream",
                    "address_key": digest[:16].hex(),
                    "address_hash": int.from_bytes(digest[16:24], "big") >> 1,
                    **row,
                }
                names = ", ".join(f'"{name}"' for name in columns)
                cursor.execute(
                    f"insert into media_view_log ({names}) values " f"({', '.join(['%s'] * len(columns))})",
                    list(columns.values()),
                )
            cursor.execute(rollups, last)
