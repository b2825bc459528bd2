# SPDX-License-Identifier: ISC
"""An instance that ./quickstart runs with the program that is built already, in a state folder of its own."""
import contextlib
import os
import pathlib
import re
import signal
import subprocess

import requests

from ports import free_port
from stack import DEADLINE, TOP_BUILD, TOP_SRC, wait_until

MARK = ".mediagate-quickstart"  # in a state folder that quickstart made
PARTS = ("postgres", "serve", "ingest", "package", "nginx", "rotate")


def readme_tour():
    """The one copy of the tour, which quickstart prints too."""
    text = (TOP_SRC / "README.md").read_text(encoding="utf-8")
    return re.search(r"## Tour\n.*?```sh\n(.*?)```", text, re.DOTALL)[1]


def alive(pid):
    try:
        return pathlib.Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] != "Z"
    except FileNotFoundError:
        return False


class Quickstart:
    def __init__(self, state):
        self.state = pathlib.Path(state)
        self.port, self.https_port = free_port(), free_port()

    def environment(self, **more):
        return {
            **os.environ,
            "PATH": "/usr/local/bin:/usr/bin:/bin",
            "BUILD": "no",
            "BUILD_DIR": str(TOP_BUILD),
            "STATE_DIR": str(self.state),
            "PORT": str(self.port),
            "HTTPS_PORT": str(self.https_port),
            "MEDIAGATE_UPLOAD_WORKERS": "2",
            **more,
        }

    def __call__(self, *arguments, answer="", **more):
        return subprocess.run(
            [TOP_SRC / "quickstart", *arguments],
            input=answer,
            capture_output=True,
            text=True,
            check=False,
            cwd="/",
            env=self.environment(**more),
            timeout=4 * DEADLINE,
        )

    @contextlib.contextmanager
    def foreground(self):
        """Runs until it is told to end; it has printed its tour, and is never left behind."""
        # A runner may ignore SIGINT, and a shell cannot trap what was ignored when it began.
        with subprocess.Popen(
            [TOP_SRC / "quickstart"],
            env=self.environment(),
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            cwd="/",
            preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
        ) as process:
            try:
                wait_until(self.ready, "the foreground instance", timeout=2 * DEADLINE)
                wait_until((self.state / "process/addresses").exists, "the tour")
                yield process
            finally:
                if process.poll() is None:
                    process.kill()

    def ready(self):
        with contextlib.suppress(requests.ConnectionError):
            return requests.get(f"http://127.0.0.1:{self.port}/readyz", timeout=DEADLINE).status_code == 200
        return False

    def process(self, name):
        return int((self.state / f"process/{name}").read_text().split()[0])
