# SPDX-License-Identifier: ISC
"""An origin for remote media: a small HTTP server with ranges that remembers what it was asked."""
import contextlib
import http.server
import re
import threading


class Origin(http.server.ThreadingHTTPServer):
    """Serves `files` (path: bytes). Paths below /redirect/ answer 302, below /status/NNN/ that status, below
    /says/ what .says is: status, body, headers as a dictionary or a list of pairs; a Range is ignored there."""

    daemon_threads = True

    def __init__(self):
        super().__init__(("127.0.0.1", 0), Handler)
        self.files = {}
        self.says = (200, b"", {})
        self.asked = []  # (method, path with query, headers)
        self.url = f"http://127.0.0.1:{self.server_address[1]}"

    @contextlib.contextmanager
    def running(self):
        thread = threading.Thread(target=self.serve_forever, daemon=True)
        thread.start()
        try:
            yield self
        finally:
            self.shutdown()
            self.server_close()
            thread.join()


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self):  # pylint: disable=invalid-name
        self.server.asked.append((self.command, self.path, dict(self.headers)))
        path = self.path.split("?")[0]
        if path.startswith("/redirect/"):
            return self._answer(302, b"", {"Location": self.server.url + "/secret/elsewhere.mp4"})
        if path.startswith("/says/"):
            return self._answer(*self.server.says)
        if path.startswith("/status/"):
            return self._answer(
                int(path.split("/")[2]), b"<html>the origin's own words</html>", {"Content-Type": "text/html"}
            )
        content = self.server.files.get(path)
        if content is None:
            return self._answer(404, b"<html>the origin's own words</html>", {"Content-Type": "text/html"})
        headers = {
            "Content-Type": "video/mp4",
            "Accept-Ranges": "bytes",
            "ETag": '"origin"',
            "Set-Cookie": "origin=1",
            "Server": "the-origin",
        }
        wanted = re.fullmatch(r"bytes=(\d+)-(\d*)", self.headers.get("Range", ""))
        if not wanted:
            return self._answer(200, content, headers)
        first, last = int(wanted[1]), min(int(wanted[2] or len(content) - 1), len(content) - 1)
        if first >= len(content):
            return self._answer(416, b"", {"Content-Range": f"bytes */{len(content)}"})
        return self._answer(
            206, content[first : last + 1], {**headers, "Content-Range": f"bytes {first}-{last}/{len(content)}"}
        )

    do_HEAD = do_GET

    def _answer(self, status, body, headers):
        self.send_response_only(status)
        for name, value in headers.items() if isinstance(headers, dict) else headers:
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    def log_message(self, *_):  # pylint: disable=arguments-differ
        pass
