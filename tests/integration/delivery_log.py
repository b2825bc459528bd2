# SPDX-License-Identifier: ISC
"""The delivery log of a stack: what nginx wrote, whether it is counted, and rotating it as logrotate does."""
import contextlib
import functools
import json
import os
import pathlib
import signal

import signing
from waiting import wait_until


class DeliveryLog:
    """Of a Stack."""

    def view_log(self):
        """The delivery log's lines as dictionaries, but for those of beginnings."""
        return [line for line in self._delivery_lines() if "event" not in line]

    def view_starts(self):
        """The delivery log's lines of deliveries that began."""
        return [line for line in self._delivery_lines() if line.get("event") == "start"]

    def _delivery_lines(self):
        return [json.loads(line) for line in self.log_text("view.log").splitlines()]

    def wait_view_log(self, condition, what="the delivery to be logged"):
        """The lines for which condition(line) holds, once there is one."""
        return wait_until(lambda: [line for line in self.view_log() if condition(line)], what)

    def sign(self, media=7, file="film.mp4", **fields):
        """A stream path of our own making, with the signing key of this stack."""
        kid, secret = signing.stream_keys(self.root / "etc/stream_keys")[0]
        return signing.sign(secret, kid, media, file, **fields)

    def wait_logged(self):
        """Until nginx has written the line of every answer that a client has read to its end: it does so after the
        last byte, before it waits for more."""
        busy = set(self._nginx_children()) if self.nginx else set()

        def all_have_waited():
            busy.difference_update([pid for pid in busy if self._state_of(pid) in "SX"])
            return not busy

        wait_until(all_have_waited, "nginx's workers to wait for events", interval=0.002)

    @staticmethod
    def _state_of(pid):
        """As in proc(5): S sleeps. X: there is none."""
        try:
            return (
                pathlib.Path(f"/proc/{pid}/stat")
                .read_text(encoding="ascii", errors="replace")
                .rpartition(")")[2]
                .split()[0]
            )
        except (FileNotFoundError, ProcessLookupError):
            return "X"

    def wait_counted(self, timeout=None):
        """Until every line of the delivery log is in the database, those of what clients have got by now among them."""
        self.wait_logged()
        wait_until(
            lambda: "unread: 0 bytes" in self.mediagate("ingest", "--status", check=False).stdout,
            "the delivery log to be counted",
            timeout,
            interval=0.2,
        )

    def rotate_view_log(self):
        """As logrotate does: by rename and a signal. The newest old log is view.log.1."""
        logs = self.root / "log"
        for number in range(len(list(logs.glob("view.log.*"))), 0, -1):
            (logs / f"view.log.{number}").rename(logs / f"view.log.{number + 1}")
        wait_until(
            functools.partial(self._rename_view_log, logs / "view.log.1"),
            "a log to rename: ingest may just " "have done so, too",
        )
        self.nginx.send_signal(signal.SIGUSR1)
        wait_until((logs / "view.log").exists, "nginx to open its log again")

    def _rename_view_log(self, name):
        with contextlib.suppress(FileNotFoundError):
            (self.root / "log/view.log").rename(name)
            return True
        return False

    def wait_log_left(self, path=None):
        """Until no worker of nginx writes into view.log.1 (or that one) any more: each opens the new log in its own
        time."""
        old = (path or self.root / "log/view.log.1").stat()
        wait_until(
            lambda: not any(os.path.samestat(old, descriptor) for descriptor in self._open_files()),
            "nginx's workers to leave the old log",
        )

    def _open_files(self):
        for worker in self._nginx_workers():
            for descriptor in pathlib.Path(f"/proc/{worker}/fd").iterdir():
                with contextlib.suppress(FileNotFoundError):
                    yield descriptor.stat()
