# SPDX-License-Identifier: ISC
"""Requests without pause, from several threads, while something happens to who answers them."""
import collections
import threading

import requests
from stack import wait_until


class Load:
    """Threads that repeat a request until stopped. Every answer, and every failure to get one, is counted."""

    def __init__(self, request, threads=4):
        self.request = request
        self.statuses = collections.Counter()
        self.answers = []
        self._lock = threading.Lock()
        self._end = threading.Event()
        self._threads = [threading.Thread(target=self._run, daemon=True) for _ in range(threads)]

    def _run(self):
        while not self._end.is_set():
            try:
                answer = self.request()
                status = answer.status_code
            except requests.RequestException as failure:
                answer, status = failure, type(failure).__name__
            with self._lock:
                self.statuses[status] += 1
                self.answers.append((status, answer))

    def __enter__(self):
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_):
        self._end.set()
        for thread in self._threads:
            thread.join(60)

    def count(self):
        with self._lock:
            return sum(self.statuses.values())

    def wait_for_more(self, number=50):
        """Returns when so many more requests were answered."""
        goal = self.count() + number
        wait_until(lambda: self.count() >= goal, f"{number} more answers")

    def except_status(self, *allowed):
        """The answers of other statuses, with their text: for the message of an assertion."""
        with self._lock:
            return [
                (status, getattr(answer, "text", repr(answer))[:300])
                for status, answer in self.answers
                if status not in allowed
            ]


def fresh(api, method, path, **arguments):
    """A request on a connection of its own."""
    return requests.request(
        method,
        api.base + path,
        timeout=60,
        headers={"Authorization": api.headers["Authorization"], "Connection": "close"},
        **arguments,
    )


def fresh_post(api, path, body, content_type="application/json"):
    return requests.post(
        api.base + path,
        data=body,
        timeout=60,
        headers={"Authorization": api.headers["Authorization"], "Content-Type": content_type, "Connection": "close"},
    )
