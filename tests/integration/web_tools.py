# SPDX-License-Identifier: ISC
"""The npm tools of the tests (`make web-tools` installs them) and Chromium.

Without them the tests that need them skip on a user's machine, and fail where CI=true.
"""
import json
import os
import pathlib
import shutil
import subprocess

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


def tool(name):
    """The command line of one tool."""
    need_tools()
    return [str(TOOLS / "node_modules/.bin" / name)]


def browse(script, **settings):
    """Runs tests/web/<script>.mjs with these settings; what it saw."""
    need_tools()
    if shutil.which("chromium") is None:
        missing("chromium")
    SCREENSHOTS.mkdir(parents=True, exist_ok=True)
    settings = {"screenshots": str(SCREENSHOTS), "timeout_ms": int(DEADLINE * 1000), **settings}
    done = subprocess.run(["node", str(TOP_SRC / f"tests/web/{script}.mjs"), json.dumps(settings)], capture_output=True, text=True,
                          timeout=6 * DEADLINE, env={**os.environ, "WEB_TOOLS": str(TOOLS)}, check=False)
    assert done.returncode == 0, done.stderr + done.stdout
    return json.loads(done.stdout)
