# SPDX-License-Identifier: ISC
"""Measuring for `make bench`: one figure of wrk, pgbench or a whole command; pairs taken in turn; a ratio with its
spread."""
import re
import statistics
import subprocess
import time


class Measured(Exception):
    """A run that did not measure what it says (errors, refused answers)."""


def run(arguments, **options):
    done = subprocess.run(arguments, capture_output=True, text=True, **options)
    if done.returncode != 0:
        raise Measured(f"{arguments[0]} ended with {done.returncode}: {done.stderr[-500:]}{done.stdout[-500:]}")
    return done.stdout


MILLISECONDS = {"us": 0.001, "ms": 1.0, "s": 1000.0, "m": 60000.0}


def wrk(url, connections, seconds, headers=(), script=None, arguments=()):
    """Requests a second and p99 in ms; every answer must be 2xx."""
    command = ["wrk", "-t2", f"-c{connections}", f"-d{seconds}s", "--latency", "--timeout", "30s"]
    for header in headers:
        command += ["-H", header]
    if script:
        command += ["-s", str(script)]
    output = run(command + [url] + (["--", *arguments] if arguments else []))
    bad = re.search(r"Non-2xx or 3xx responses: (\d+)", output)
    broken = re.search(r"Socket errors: connect (\d+), read (\d+), write (\d+), timeout (\d+)", output)
    if bad or (broken and any(int(count) for count in broken.groups())):
        raise Measured(f"wrk on {url.split('?')[0]}: {(bad or broken).group(0)}")
    rate = float(re.search(r"Requests/sec:\s+([\d.]+)", output).group(1))
    value, unit = re.search(r"99%\s+([\d.]+)(us|ms|s|m)\b", output).groups()
    return rate, float(value) * MILLISECONDS[unit]


def pgbench(environment, script, clients, seconds, database):
    """Transactions a second of one SQL script, prepared."""
    output = run(
        [
            "pgbench",
            "-n",
            "-M",
            "prepared",
            "-f",
            str(script),
            "-c",
            str(clients),
            "-j",
            "2",
            "-T",
            str(seconds),
            database,
        ],
        env=environment,
    )
    return float(re.search(r"tps = ([\d.]+) \(without initial connection time\)", output).group(1))


def seconds_of(action):
    start = time.monotonic()
    action()
    return time.monotonic() - start


class Row:
    """One row of the table: ours against a ceiling, taken in turn `rounds` times; the ratio is taken pair by pair."""

    def __init__(self, work, against, unit, goal, lower_is_better=False):
        self.work, self.against, self.unit, self.goal, self.lower_is_better = work, against, unit, goal, lower_is_better
        self.ours, self.theirs = [], []

    def measure(self, rounds, ours, theirs):
        for _ in range(rounds):
            self.theirs.append(theirs())
            self.ours.append(ours())
        return self

    def ratios(self):
        return [ours / theirs for ours, theirs in zip(self.ours, self.theirs)]

    def ratio(self):
        return statistics.median(self.ratios())

    def reached(self):
        if self.goal is None:  # for the reader only
            return True
        return self.ratio() <= self.goal if self.lower_is_better else self.ratio() >= self.goal

    def as_json(self):
        return {
            "work": self.work,
            "against": self.against,
            "unit": self.unit,
            "ours": self.ours,
            "against_values": self.theirs,
            "ratio": round(self.ratio(), 3),
            "ratio_min": round(min(self.ratios()), 3),
            "ratio_max": round(max(self.ratios()), 3),
            "goal": self.goal,
            "goal_is": "at most" if self.lower_is_better else "at least",
            "reached": self.reached(),
        }

    def as_markdown(self):
        goal, reached = "–", "–"
        if self.goal is not None:
            goal = f"{'≤' if self.lower_is_better else '≥'} {self.goal}"
            reached = "yes" if self.reached() else "**no**"
        return (
            f"| {self.work} | {self.against} | {statistics.median(self.ours):,.1f} | "
            f"{statistics.median(self.theirs):,.1f} | {self.unit} "
            f"| **{self.ratio():.2f}** ({min(self.ratios()):.2f}–{max(self.ratios()):.2f}) | {goal} | {reached} |"
        )


TABLE_HEAD = (
    "| work | against | ours (median) | against (median) | unit | ratio (min–max) | goal | reached |\n"
    "|---|---|--:|--:|---|--:|--:|---|"
)
