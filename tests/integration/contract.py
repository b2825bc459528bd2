# SPDX-License-Identifier: ISC
"""Holds what the tests see against docs/openapi.yaml: their API calls go through Prism, a validating proxy.

Prism rewrites bodies that it can read and breaks those that it cannot, so only what it passes on unchanged takes that
way: no
body, a form, or plain JSON. What it says of a *request* is ignored: tests send wrong ones on purpose.
"""
import json
import subprocess

import requests

import web_tools
from ports import free_port
from stack import DEADLINE, TOP_SRC, wait_until

DOCUMENT = TOP_SRC / "docs/openapi.yaml"


def _survives_javascript(value):
    """Does this JSON come out of JSON.parse and JSON.stringify as it went in?"""
    if isinstance(value, dict):
        return all(
            not key.isdigit() and key != "__proto__" and _survives_javascript(item) for key, item in value.items()
        )
    if isinstance(value, list):
        return all(map(_survives_javascript, value))
    return not isinstance(value, float) and (not isinstance(value, int) or abs(value) < 2**53)


class Contract:
    """A running proxy before base_url. Use as a context manager."""

    def __init__(self, base_url, document=DOCUMENT):
        self.upstream, self.document = base_url, document
        port = free_port()
        self.base_url = f"http://127.0.0.1:{port}"
        self.checked = set()  # (method, path, status) of every answer that was held against the document
        self._command = [
            *web_tools.tool("prism"),
            "proxy",
            "--cors=false",
            "--verboseLevel=error",
            "--port",
            str(port),
            str(document),
            base_url,
        ]
        self._process = None

    def __enter__(self):
        self._process = subprocess.Popen(
            self._command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
        wait_until(self._answers, "the validating proxy to start", timeout=4 * DEADLINE)
        return self

    def __exit__(self, *_):
        self._process.terminate()
        self._process.wait()

    def _answers(self):
        assert self._process.poll() is None, "the validating proxy ended"
        try:
            with requests.Session() as session:
                session.trust_env = False
                session.get(self.base_url + "/livez", timeout=5)
            return True
        except requests.ConnectionError:
            return False

    @staticmethod
    def carries(method, url, arguments):
        """Does the proxy pass this request on unchanged?"""
        if (
            method.upper() not in ("GET", "POST", "PUT", "PATCH", "DELETE")
            or "://" in url
            or "%" in url
            or url.startswith("/stream/")
        ):
            return False
        if arguments.get("stream") or arguments.get("files"):
            return False
        headers = {name.lower() for name in arguments.get("headers") or {}}
        if headers & {"host", "content-type", "content-length", "transfer-encoding", "expect", "connection"}:
            return False
        data = arguments.get("data")
        return (data is None or isinstance(data, dict)) and _survives_javascript(arguments.get("json"))

    def check(self, answer):
        """Fails the test when the answer breaks the document."""
        violations = json.loads(answer.headers.get("sl-violations", "[]"))
        if any("route not found" in violation["message"] for violation in violations):
            return
        self.checked.add((answer.request.method, answer.request.path_url.split("?")[0], answer.status_code))
        broken = [violation for violation in violations if violation["location"][0] == "response"]
        assert not broken, (
            f"{answer.request.method} {answer.request.path_url} answered {answer.status_code} {answer.text!r}, which "
            f"breaks "
            f"openapi.yaml: {broken}"
        )
