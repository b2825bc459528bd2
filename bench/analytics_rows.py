# SPDX-License-Identifier: ISC
"""The rows of `make bench` that ask about many views: BENCH_HOT of one film in the last month (10 million), BENCH_REST
of BENCH_MEDIA others
in the last three (20 million). Each figure is of whole requests through nginx, and is held against a time that it must
not exceed."""
import os
import pathlib
import statistics
import time

from fill_views import HOT_MEDIUM, Filling
from measure import Measured, Row, run, seconds_of

HOT = int(os.environ.get("BENCH_HOT", "10000000"))
REST = int(os.environ.get("BENCH_REST", "20000000"))
MEDIA = int(os.environ.get("BENCH_MEDIA", "4000"))
REQUESTS = 15
EXPORTED = 1_000_000


def million(number):
    return f"{number / 1e6:g} million"


def peak_mib(stack):
    """The largest a worker of ours has been, and the largest of nginx's."""

    def most(pids):
        texts = [pathlib.Path(f"/proc/{pid}/status").read_text(encoding="ascii") for pid in pids]
        return max(int(text.split("VmHWM:")[1].split()[0]) for text in texts) / 1024

    nginx = pathlib.Path(f"/proc/{stack.nginx.pid}/task/{stack.nginx.pid}/children").read_text(encoding="ascii").split()
    return most(stack.workers()), most(nginx)


def rows(stack, rounds, fresh_bearer):
    """Yields the rows; prints first what the views take on the disk, and at last what memory was taken."""
    filling = Filling(
        f"host={stack.root}/run dbname=mediagate user=mediagate", hot=HOT, rest=REST, media=MEDIA, months=3
    )
    print(
        f"\n{million(HOT)} views of one medium in a month, {million(HOT + REST)} in all, made in "
        f"{filling.fill(1):,.0f} s\n",
        flush=True,
    )
    filling.print_sizes()
    print(flush=True)
    start, stop = (f"{time_of_month:%Y-%m-%d}" for time_of_month in filling.last_month())
    month = f"from={start}&to={stop}"
    bearer = fresh_bearer()

    def median_ms(path):
        def measure():
            with stack.anonymous() as api:
                api.headers["Authorization"] = bearer.split(": ", 1)[1]
                times = []
                for _ in range(REQUESTS):
                    begun = time.monotonic()
                    answer = api.get(path)
                    times.append((time.monotonic() - begun) * 1000)
                    if answer.status_code != 200:
                        raise Measured(f"{path}: {answer.status_code} {answer.text}")
            return statistics.median(times)

        return measure

    medium = f"/media/media/{HOT_MEDIUM}"
    for work, path, most in (
        (f"analytics of a month, UTC, {million(HOT)} views of the medium", f"{medium}/analytics?{month}", 20),
        ("the same, days of Europe/Berlin", f"{medium}/analytics?{month}&tz=Europe/Berlin", 20),
        ("the same, bounds between quarter hours", f"{medium}/analytics?from={start}T07:03:11Z&to={stop}", None),
        (f"top of a month, {million(HOT + REST)} views", f"/analytics/top?{month}", 50),
        ("top of 32 days that are no months", f"/analytics/top?from={start}T07:15:00Z&to={stop}T05:30:00Z", 50),
        (f"overview of a month, {million(HOT + REST)} views", f"/analytics/overview?{month}&tz=Europe/Berlin", 50),
        ("overview of all", "/analytics/overview", 50),
        ("a page of 50 views of the medium", f"{medium}/views", 10),
        ("analytics of the month with one filter, country", f"{medium}/analytics?{month}&country=NP", 100),
        ("the same, device", f"{medium}/analytics?{month}&device=phone", 100),
        ("the same, by country over time", f"{medium}/analytics?{month}&group_by=country", 100),
        ("the same, by device over time", f"{medium}/analytics?{month}&group_by=device", 100),
        ("retention of the month", f"{medium}/retention?{month}", 200),
        ("the same with one filter, country", f"{medium}/retention?{month}&country=NP", 200),
        ("a page of views of which none fits", f"{medium}/views?viewer=nobody", 200),
    ):
        yield Row(
            work, "at most" if most else "for the reader", "ms", 1.0 if most else None, lower_is_better=True
        ).measure(
            rounds, median_ms(path), lambda: most or 20
        )  # noqa: B023
    yield export_row(stack, rounds, bearer, stop)
    print("\nPeak memory: %.0f MiB of a worker, %.0f MiB of an nginx worker\n" % peak_mib(stack), flush=True)


def export_row(stack, rounds, bearer, stop):
    """A million views as CSV, against COPY of the same columns."""
    environment = {**os.environ, "PGHOST": str(stack.root / "run"), "PGUSER": "mediagate"}
    begin = stack.sql(
        'select "timestamp" from media_view_log where media_id = %s order by "timestamp" desc offset %s ' 'limit 1',
        HOT_MEDIUM,
        EXPORTED,
    )
    since = begin[0][0] if begin else stack.sql("select min(\"timestamp\") from media_view_log")[0][0]
    first = since.isoformat().replace("+00:00", "Z")
    url = f"{stack.base_url}/analytics/export?bots=include&media_id={HOT_MEDIUM}&from={first}&to={stop}"
    copy = (
        "\\copy (select v.id, media_id, \"timestamp\", viewed_by_ip, viewer, grant_id, country, referrer, a.text, "
        "bytes_sent, seconds, watched_seconds, delivered_points,"
        f" source, bot, played from media_view_log v left join user_agent a on a.id = user_agent_id where media_id "
        f"= {HOT_MEDIUM} and \"timestamp\" >= '{since}'"
        f" and \"timestamp\" < '{stop}' order by \"timestamp\", v.id) to /dev/null csv"
    )
    count = min(EXPORTED, HOT)
    return Row("export of a million views as CSV", "psql's COPY of the same columns to CSV", "rows/s", None).measure(
        rounds,
        lambda: count / seconds_of(lambda: run(["curl", "-sSf", "-o", "/dev/null", "-H", bearer, url])),
        lambda: count / seconds_of(lambda: run(["psql", "-Xqd", "mediagate", "-c", copy], env=environment)),
    )
