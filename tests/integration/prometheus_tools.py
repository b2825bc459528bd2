# SPDX-License-Identifier: ISC
"""promtool (`make prometheus-tools` takes it out of Debian's package), and what a scrape says.

Without it the tests that need it skip on a user's machine, and fail where CI=true.
"""
import os
import pathlib
import re
import shutil
import subprocess

import pytest

from stack import TOP_BUILD

SERIES = re.compile(r"^([a-zA-Z_:][a-zA-Z0-9_:]*)(?:\{(.*)\})? (\S+)$")
LABEL = re.compile(r'([a-z_]+)="((?:[^"\\]|\\.)*)"')
TYPE = "text/plain; version=0.0.4; charset=utf-8"


def promtool(*arguments, **options):
    """Runs promtool; fails with what it says."""
    own = TOP_BUILD / "prometheus-tools/promtool"
    program = str(own) if own.exists() else shutil.which("promtool")
    if program is None:
        if os.environ.get("CI") == "true":
            pytest.fail("promtool is missing: make prometheus-tools")
        pytest.skip("promtool is missing: make prometheus-tools")
    done = subprocess.run([program, *map(str, arguments)], capture_output=True, text=True, check=False, **options)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


class Scrape:
    """The text of one scrape: .series is {(name, labels as sorted pairs): value}, .types {name: type}."""

    def __init__(self, text):
        self.text, self.series, self.types = text, {}, {}
        for line in text.splitlines():
            if line.startswith("# TYPE "):
                _, _, name, kind = line.split()
                self.types[name] = kind
            elif not line.startswith("#"):
                name, labels, value = SERIES.match(line).groups()
                key = (name, tuple(sorted(LABEL.findall(labels or ""))))
                assert key not in self.series, f"twice: {line}"
                self.series[key] = float(value)

    def value(self, name, **labels):
        """The sum of the series of this name that have these labels; None: there are none."""
        found = [v for (n, pairs), v in self.series.items() if n == name and labels.items() <= dict(pairs).items()]
        return sum(found) if found else None

    def counters(self):
        """{series: value} of all that may never fall."""

        def family(name):
            base = re.sub(r"_(bucket|sum|count)$", "", name)
            return self.types.get(name) or self.types.get(base)

        return {key: value for key, value in self.series.items() if family(key[0]) in ("counter", "histogram")}

    def names(self):
        return {name for name, _ in self.series} | set(self.types)


def scrape(stack, **arguments):
    with stack.anonymous() as api:
        answer = api.get("/metrics", **arguments)
    assert answer.status_code == 200, answer.text
    assert answer.headers["Content-Type"] == TYPE and answer.headers["Cache-Control"] == "no-store"
    return Scrape(answer.text)


def names_in(expression):
    """The metrics that an expression of PromQL names."""
    bare = re.sub(r'"[^"]*"|\{[^}]*\}|\[[^]]*\]', "", expression)
    bare = re.sub(r"\b(by|without|on|ignoring)\s*\([^)]*\)", "", bare)
    return set(re.findall(r"\b(?:mediagate|process)_[a-z_]+\b", bare))


def board_expressions(board):
    return [target["expr"] for panel in board["panels"] for target in panel.get("targets", [])]


def write(path, text):
    pathlib.Path(path).write_text(text, encoding="utf-8")
    return path
