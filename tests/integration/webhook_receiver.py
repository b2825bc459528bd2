# SPDX-License-Identifier: ISC
"""A receiver of webhooks that does what its path says, and remembers what it got."""
import contextlib
import http.server
import threading
import time


class Receiver(http.server.ThreadingHTTPServer):
    """Paths: /ok, /status/NNN, /slow/SECONDS, /redirect, /endless, /lies, /after/N (503 with Retry-After: N), /hold
    (answers when `released` is set)."""

    daemon_threads = True
    request_queue_size = 100

    def __init__(self):
        super().__init__(("127.0.0.1", 0), _Handler)
        self.got = []  # (path, headers, body)
        self.lock = threading.Lock()
        self.released = threading.Event()
        self.url = f"http://127.0.0.1:{self.server_address[1]}"

    @contextlib.contextmanager
    def running(self):
        thread = threading.Thread(target=self.serve_forever, daemon=True)
        thread.start()
        try:
            yield self
        finally:
            self.released.set()
            self.shutdown()
            self.server_close()
            thread.join()

    def at(self, path):
        with self.lock:
            return [(headers, body) for asked, headers, body in self.got if asked == path]


class _Handler(http.server.BaseHTTPRequestHandler):
    def do_POST(self):  # pylint: disable=invalid-name
        body = self.rfile.read(int(self.headers["Content-Length"])).decode()
        with self.server.lock:
            self.server.got.append((self.path, {k.lower(): v for k, v in self.headers.items()}, body))
        kind, _, value = self.path[1:].partition("/")
        with contextlib.suppress(OSError):
            getattr(self, "_" + kind)(value)

    def do_GET(self):  # pylint: disable=invalid-name
        with self.server.lock:
            self.server.got.append(("GET " + self.path, {}, ""))
        self._answer(200)

    def _answer(self, status, **headers):
        self.send_response(status)
        for name, text in headers.items():
            self.send_header(name.replace("_", "-"), text)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def _ok(self, _):
        self._answer(200)

    def _status(self, value):
        self._answer(int(value))

    def _slow(self, value):
        time.sleep(float(value))
        self._answer(200)

    def _hold(self, _):
        self.server.released.wait(60)
        self._answer(200)

    def _redirect(self, _):
        self._answer(302, Location=self.server.url + "/secret")

    def _after(self, value):
        self._answer(503, Retry_After=value)

    def _endless(self, _):
        self.send_response(200)
        self.end_headers()
        while True:
            self.wfile.write(b"x" * 65536)

    def _lies(self, _):  # an answer that is none
        self.wfile.write(b"\x00\xff no HTTP at all\r\n\r\n")

    def log_message(self, *_):  # pylint: disable=arguments-differ
        pass
