# SPDX-License-Identifier: ISC
"""A streaming standby of a stack's PostgreSQL, made by pg_basebackup."""
import contextlib
import signal

import psycopg2
from private_postgres import postgres_program
from waiting import DEADLINE, wait_until


class Standby:
    """Use as a context manager. `host` is its socket's folder, for connection strings."""

    def __init__(self, stack, delay=None):
        self.stack, self.delay = stack, delay
        self.folder, self.host = stack.root / "standby", stack.root / "standby-run"
        self.process = None

    @property
    def database(self):
        return f"host={self.host} dbname=mediagate user=mediagate"

    def __enter__(self):
        stack = self.stack
        stack.run("mkdir", "-m", "0700", self.host)
        stack.run(
            postgres_program("pg_basebackup"),
            *("-h", stack.root / "run", "-U", "mediagate", "-D", self.folder, "-R", "-X", "stream", "-c", "fast"),
            "--no-sync",
            timeout=4 * DEADLINE,
        )
        with open(self.folder / "postgresql.conf", "a", encoding="utf-8") as conf:
            conf.write(f"unix_socket_directories = '{self.host}'\n")
            if self.delay:
                conf.write(f"recovery_min_apply_delay = '{self.delay}'\n")
        self.start()
        return self

    def start(self):
        self.process = self.stack.spawn([postgres_program("postgres"), "-D", self.folder], "standby.log")
        wait_until(self._answers, "the standby to start")

    def _answers(self):
        assert self.process.poll() is None, "the standby ended: see standby.log"
        with contextlib.suppress(psycopg2.OperationalError):
            return self.sql("select pg_is_in_recovery()") != []
        return False

    def sql(self, statement, *values):
        with contextlib.closing(psycopg2.connect(self.database)) as connection, connection.cursor() as cursor:
            cursor.execute(statement, values)
            return cursor.fetchall() if cursor.description else []

    def caught_up(self):
        """Waits until it has all that the primary has."""
        ((at,),) = self.stack.sql("select pg_current_wal_lsn()::text")
        wait_until(lambda: self.sql("select pg_last_wal_replay_lsn() >= %s::pg_lsn", at) == [(True,)], "it to catch up")

    def promote(self):
        self.stack.run(postgres_program("pg_ctl"), "promote", "-D", self.folder, "-w")

    def stop(self, sign=signal.SIGINT):
        if self.process:
            self.process.send_signal(sign)
            self.process.wait(timeout=DEADLINE)
            self.process = None

    def __exit__(self, kind, value, trace):
        self.stop()
        self.stack.run("rm", "-rf", self.folder, self.host)
