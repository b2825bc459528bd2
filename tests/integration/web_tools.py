# SPDX-License-Identifier: ISC
"""The npm tools of the tests (`make web-tools` installs them) and Chromium.

Without them the tests that need them skip on a user's machine, and fail where CI=true.
"""
import contextlib
import http.server
import json
import os
import pathlib
import shutil
import subprocess
import threading

import pytest

from stack import DEADLINE, TOP_BUILD, TOP_SRC

TOOLS = pathlib.Path(os.environ.get("WEB_TOOLS", TOP_BUILD / "web-tools"))
SCREENSHOTS = TOP_BUILD / "tests/integration/screenshots"


def missing(what):
    if os.environ.get("CI") == "true":
        pytest.fail(f"{what} is missing")
    pytest.skip(f"{what} is missing")


def have_tools():
    return (TOOLS / "node_modules/.bin/prism").exists() and shutil.which("node") is not None


def need_tools():
    if not have_tools():
        missing("`make web-tools`")


def need_browser(name):
    """chromium, or firefox: Debian's firefox-esr."""
    program = {"chromium": "chromium", "firefox": "firefox-esr"}[name]
    if shutil.which(program) is None:
        missing(program)


def tool(name):
    """The command line of one tool."""
    need_tools()
    return [str(TOOLS / "node_modules/.bin" / name)]


def browse(script, **settings):
    """Runs tests/web/<script>.mjs with these settings; what it saw."""
    need_tools()
    need_browser(settings.get("browser", "chromium"))
    SCREENSHOTS.mkdir(parents=True, exist_ok=True)
    settings = {"screenshots": str(SCREENSHOTS), "timeout_ms": int(DEADLINE * 1000), **settings}
    done = subprocess.run(
        ["node", str(TOP_SRC / f"tests/web/{script}.mjs"), json.dumps(settings)],
        capture_output=True,
        text=True,
        timeout=6 * DEADLINE,
        env={**os.environ, "WEB_TOOLS": str(TOOLS)},
        check=False,
    )
    assert done.returncode == 0, done.stderr + done.stdout
    return json.loads(done.stdout)


PAGE = (
    b'<!DOCTYPE html><html lang="en"><title>A page with a player</title>'
    b'<video muted playsinline width="640"></video></html>'
)


class _Page(http.server.BaseHTTPRequestHandler):
    def do_GET(self):  # pylint: disable=invalid-name
        self.send_response(200)
        self.send_header("Content-Type", "text/html")
        self.send_header("Content-Length", str(len(PAGE)))
        self.end_headers()
        self.wfile.write(PAGE)

    def log_message(self, *_):  # pylint: disable=arguments-differ
        pass


@contextlib.contextmanager
def other_origin():
    """A web site of somebody else's, with a <video> and nothing more."""
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), _Page) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_address[1]}"
        server.shutdown()
