# SPDX-License-Identifier: ISC
"""What views add up to, held against slow and obvious SQL over the rows; rankings, and who watches."""
import datetime
import itertools
import json
import random
import uuid

import pytest
from answers import assert_json, assert_problem

ZONES = [
    "UTC",
    "Asia/Kolkata",
    "Asia/Kathmandu",
    "Australia/Lord_Howe",
    "Europe/Berlin",
    "America/New_York",
    "Pacific/Chatham",
    "America/Havana",
    "Africa/Cairo",
]
# Around these the clocks change somewhere in ZONES.
CHANGES = [
    "2026-03-08",
    "2026-03-29",
    "2026-04-05",
    "2026-04-24",
    "2026-09-27",
    "2026-10-04",
    "2026-10-25",
    "2026-10-30",
    "2026-11-01",
]
FORMATS = {"day": "YYYY-MM-DD", "month": "YYYY-MM"}


def moment(text):
    return datetime.datetime.fromisoformat(text).replace(tzinfo=datetime.timezone.utc)


def rfc3339(time):
    return time.isoformat().replace("+00:00", "Z")


@pytest.fixture(scope="module")
def crowd(stack):
    """Two media with some 2,000 views around the changes of the clocks, many of them at the very edges of quarters."""
    chance = random.Random(20261122)
    media = [stack.new_media()["id"] for _ in range(2)]
    rows = []
    for number in range(2000):
        time = moment(chance.choice(CHANGES)) + datetime.timedelta(seconds=chance.uniform(-2, 2) * 86400)
        if chance.random() < 0.3:
            time = time.replace(minute=chance.choice((0, 15, 30, 45)), second=0, microsecond=0) - datetime.timedelta(
                microseconds=chance.randint(0, 1)
            )
        row = {
            "media_id": media[chance.random() < 0.3],
            "timestamp": time,
            "viewed_by_ip": f"192.0.2.{int(chance.paretovariate(1)) % 250}",
            "bot": chance.random() < 0.1,
            "internal": chance.random() < 0.2,
            "bytes_sent": chance.randint(0, 10**9),
            "seconds": chance.choice((None, chance.randint(0, 999))),
            "watched_seconds": chance.choice((None, chance.randint(0, 999))),
            "played": chance.random() < 0.5,
        }
        if chance.random() < 0.7:
            row.update(
                country=chance.choice(("DE", "NP", "IN")),
                viewer=f"viewer-{number % 7}",
                delivered_points=chance.randint(0, 10000),
            )
        rows.append(row)
    stack.add_views(rows)
    return media


def near_a_robot(stack, chance):
    """A moment within a quarter of an hour of one, not on a quarter: what is between is counted from rows."""
    [(time,)] = stack.sql(
        "select \"timestamp\" from media_view_log where bot order by id offset %s limit 1", chance.randrange(100)
    )
    return time + datetime.timedelta(seconds=chance.uniform(-300, 300))


def of_kinds(kinds):
    """The condition on a view, as SQL: robots' and internal ones are left out unless they are asked for."""
    internal = {"include": "true", "only": "internal"}.get(kinds.get("internal"), "not internal")
    return f"{internal} and {'true' if kinds.get('bots') == 'include' else 'not bot'}"


def some_kinds(chance):
    return {
        name: value
        for name, value in (
            ("bots", chance.choice((None, "include", "exclude"))),
            ("internal", chance.choice((None, "include", "only", "exclude"))),
        )
        if value
    }


def obvious(stack, media_id, low, high, interval, zone, kinds):
    """The same numbers, slowly: each view is looked at."""
    where = f"media_id = any (%s) and \"timestamp\" >= %s and \"timestamp\" < %s and {of_kinds(kinds)}"
    values = ([media_id] if media_id else [row[0] for row in stack.sql("select id from media_asset")], low, high)
    totals = stack.sql(
        "select count(*), count(distinct address_hash), coalesce(sum(bytes_sent), 0)::bigint, "
        "coalesce(sum(seconds), 0)::bigint,"
        " count(*) filter (where played), coalesce(sum(watched_seconds), 0)::bigint,"
        f" avg(delivered_points) / 100 from media_view_log where {where}",
        *values,
    )[0]
    key = f"to_char(\"timestamp\" at time zone '{zone}', '{FORMATS.get(interval, 'YYYY-MM-DD')}')"
    if interval == "hour":  # the hour's beginning in local time, and which of two when the clocks go back
        local = f"\"timestamp\" at time zone '{zone}'"
        key = f"date_trunc('hour', {local})::text || ' ' || ({local} - \"timestamp\" at time zone 'UTC')::text"
    steps = stack.sql(
        f"select {key}, count(*), count(distinct address_hash), sum(bytes_sent)::bigint, count(*) filter "
        f"(where played), coalesce(sum(watched_seconds), 0)::bigint from media_view_log where {where}"
        " group by 1 order by min(\"timestamp\")",
        *values,
    )
    return totals, steps


def assert_agrees(stack, admin, media_id, low, high, interval, zone, kinds):
    path = f"/media/media/{media_id}/analytics" if media_id else "/analytics/overview"
    asked = {"from": rfc3339(low), "to": rfc3339(high), "interval": interval, "tz": zone, **kinds}
    answer = assert_json(admin.get(path, params=asked))
    assert (answer["bots"], answer["internal"]) == tuple(kinds.get(name, "exclude") for name in ("bots", "internal"))
    totals, steps = obvious(stack, media_id, low, high, interval, zone, kinds)
    assert answer["uniques"]["exact"] and answer["from"] == rfc3339(low) and answer["to"] == rfc3339(high)
    assert (
        answer["total_views"],
        answer["unique_ips"],
        answer["bytes_sent"],
        answer["seconds"],
        answer["total_plays"],
        answer["watched_seconds"],
    ) == totals[:6], asked
    assert answer["delivered_percent"] == (
        None if totals[6] is None else pytest.approx(float(totals[6]), abs=0.006)
    ), asked
    filled = [step for step in answer["series"] if step["views"]]
    assert [(s["views"], s["unique_ips"], s["bytes_sent"], s["plays"], s["watched_seconds"]) for s in filled] == [
        tuple(step[1:]) for step in steps
    ], asked
    names = [
        s["start"] if interval in FORMATS else s["start"].replace("T", " ")[: len("2026-11-01 00")] for s in filled
    ]
    assert names == [step[0] if interval in FORMATS else step[0][: len("2026-11-01 00")] for step in steps], asked
    days = obvious(stack, media_id, low, high, "day", zone, kinds)[1]
    assert {day: views for day, views in answer["views_per_day"].items() if views} == {
        day[0]: day[1] for day in days
    }, asked
    starts = [step["start"] for step in answer["series"]]
    assert len(set(starts)) == len(starts)


@pytest.mark.parametrize("seed", range(6))
def test_sums_are_those_of_slow_and_obvious_sql(stack, admin, crowd, seed):
    chance = random.Random(seed)
    for _ in range(12):
        zone, interval, kinds = chance.choice(ZONES), chance.choice(("hour", "day", "month")), some_kinds(chance)
        low = moment(chance.choice(CHANGES)) + datetime.timedelta(seconds=chance.uniform(-3, 3) * 86400)
        high = low + datetime.timedelta(
            seconds=chance.choice((chance.uniform(1, 900), chance.uniform(1, 86400), chance.uniform(1, 60 * 86400)))
        )
        if chance.random() < 0.3:
            low = near_a_robot(stack, chance)
            high = low + datetime.timedelta(seconds=chance.choice((600, 86400)))
        elif chance.random() < 0.5:
            low, high = (time.replace(minute=time.minute // 15 * 15, second=0, microsecond=0) for time in (low, high))
        if low == high:
            continue
        assert_agrees(stack, admin, chance.choice((crowd[0], crowd[1], None)), low, high, interval, zone, kinds)


@pytest.mark.parametrize("zone", ZONES)
def test_no_change_of_the_clocks_moves_a_view(stack, admin, crowd, zone):
    """Each change, wherever the clocks change that day: chance alone seldom asks a zone for the hours of its own."""
    for change, interval in itertools.product(CHANGES, ("hour", "day")):
        low, high = (moment(change) + datetime.timedelta(hours=hours) for hours in (-36, 36))
        assert_agrees(stack, admin, crowd[0], low, high, interval, zone, {"bots": "include", "internal": "include"})


def local_count(stack, media_id, low, high, zone):
    """Views whose wall clock shows a time from low to high: the zone's days, seen from the other side."""
    return stack.sql(
        "select count(*) from media_view_log where media_id = %s and not bot and not internal"
        f" and (\"timestamp\" at time zone '{zone}') >= %s::timestamp"
        f" and (\"timestamp\" at time zone '{zone}') < %s::timestamp",
        media_id,
        low,
        high,
    )[0][0]


@pytest.mark.parametrize("zone", ZONES)
def test_dates_are_days_of_the_zone(stack, admin, crowd, zone):
    """Not of UTC: a day of Kathmandu was two half days, a month of New York two months."""
    for change in CHANGES:
        next_day = (datetime.date.fromisoformat(change) + datetime.timedelta(days=1)).isoformat()
        asked = {"from": change, "to": next_day, "tz": zone, "interval": "month"}
        expected = local_count(stack, crowd[0], change, next_day, zone)
        answer = assert_json(admin.get(f"/media/media/{crowd[0]}/analytics", params=asked))
        assert answer["total_views"] == expected and list(answer["views_per_day"]) == [change], asked
        assert [step["start"] for step in answer["series"]] == [change[:7]], asked
        top = assert_json(admin.get("/analytics/top", params={name: asked[name] for name in ("from", "to", "tz")}))
        assert [item["views"] for item in top["items"] if item["media_id"] == crowd[0]] == (
            [expected] if expected else []
        ) and top["tz"] == zone
        rows = admin.get(
            "/analytics/export",
            params={"from": change, "to": next_day, "tz": zone, "media_id": crowd[0], "format": "ndjson"},
        ).text.splitlines()
        assert json.loads(rows[-1]) == {"views": expected, "cursor": "complete"}, asked
    overview = assert_json(
        admin.get(
            "/analytics/overview", params={"from": "2026-11-01", "to": "2026-12-01", "tz": zone, "interval": "month"}
        )
    )
    assert [step["start"] for step in overview["series"]] == ["2026-11"]


@pytest.mark.parametrize(
    "tz, local, absolute",
    [
        ("Asia/Kathmandu", "2026-11-22T17:00:00", "2026-11-22T11:15:00Z"),
        ("UTC", "2026-11-22T17:00:00", "2026-11-22T17:00:00Z"),
        (None, "2026-11-22", "2026-11-22T00:00:00Z"),
        ("America/New_York", "2026-07-04T12:00:00.5", "2026-07-04T16:00:00.500000Z"),
        ("America/New_York", "2026-11-01T01:30:00", "2026-11-01T05:30:00Z"),  # comes twice: the first
        ("Australia/Lord_Howe", "2026-04-05T01:45:00", "2026-04-04T14:45:00Z"),  # the same, by half an hour
        ("America/New_York", "2026-03-08T02:30:00", "2026-03-08T07:30:00Z"),  # passed over
        ("Africa/Cairo", "2026-04-24", "2026-04-23T22:00:00Z"),  # midnight is passed over: the day begins at 1
        ("America/Havana", "2026-11-01", "2026-11-01T04:00:00Z"),  # midnight comes twice
        ("America/Santiago", "2026-09-06", "2026-09-06T04:00:00Z"),
        ("Pacific/Apia", "2011-12-30", "2011-12-30T10:00:00Z"),
        ("Pacific/Apia", "2011-12-31", "2011-12-30T10:00:00Z"),
    ],
)
def test_a_time_without_an_offset_is_one_of_the_zones_clocks(admin, tz, local, absolute):
    for path in ("/analytics/overview", "/analytics/top"):
        answer = assert_json(
            admin.get(path, params={"from": local, "to": "2027-06-01T00:00:00Z", **({"tz": tz} if tz else {})})
        )
        assert answer["from"] == absolute, path
        answer = assert_json(
            admin.get(path, params={"from": "2001-01-01T00:00:00Z", "to": local, **({"tz": tz} if tz else {})})
        )
        assert answer["to"] == absolute, path


def test_hours_of_an_old_medium_become_days_unless_a_beginning_is_given(stack, admin):
    media_id = stack.new_media()["id"]
    stack.add_views(
        [
            {"media_id": media_id, "timestamp": time, "viewed_by_ip": "192.0.2.1"}
            for time in ("2024-01-01T10:03:00Z", "2025-06-10T10:00:00Z")
        ]
    )
    path = f"/media/media/{media_id}/analytics"
    answer = assert_json(admin.get(path, params={"interval": "hour"}))
    assert (answer["interval"], answer["total_views"], len(answer["series"]), answer["series"][0]["start"]) == (
        "day",
        2,
        527,
        "2024-01-01",
    )
    answer = assert_json(admin.get(path, params={"interval": "hour", "to": "2025-01-01"}))
    assert (answer["interval"], answer["total_views"]) == ("hour", 1)
    assert_problem(
        admin.get(path, params={"interval": "hour", "from": "2024-01-01", "to": "2026-01-01"}), 422, ["?interval"]
    )
    answer = assert_json(admin.get(path, params={"interval": "hour", "from": "2025-06-01", "to": "2025-07-01"}))
    assert (answer["interval"], answer["total_views"], len(answer["series"])) == ("hour", 1, 720)


@pytest.mark.parametrize(
    "low, high, expected, steps",
    [
        ("2026-03-01T00:30:00Z", "2026-03-01T01:00:00Z", "hour", 1),
        ("2026-03-01T00:00:00Z", "2026-03-04T00:00:00Z", "hour", 72),
        ("2026-03-01T00:00:00Z", "2026-03-04T00:00:01Z", "day", 4),
        ("2025-01-01T12:00:00Z", "2026-02-03T12:00:00Z", "day", 399),
        ("2025-01-01T12:00:00Z", "2026-02-04T12:00:00Z", "month", 14),
        ("2000-01-01T00:00:00Z", "2026-12-01T00:00:00Z", "month", 323),
    ],
)
def test_without_an_interval_the_steps_are_fewer_than_400(admin, crowd, low, high, expected, steps):
    for path in (f"/media/media/{crowd[0]}/analytics", "/analytics/overview"):
        answer = assert_json(admin.get(path, params={"from": low, "to": high}))
        assert (answer["interval"], len(answer["series"])) == (expected, steps)


def test_rankings_are_those_of_slow_and_obvious_sql(stack, admin, crowd):
    chance = random.Random(7)
    for turn in range(40):
        low = (
            near_a_robot(stack, chance)
            if turn % 2
            else moment("2026-02-20") + datetime.timedelta(seconds=chance.uniform(0, 260) * 86400)
        )
        high = low + datetime.timedelta(seconds=chance.uniform(60, 90 * 86400))
        by, column = chance.choice(
            (
                ("views", "count(*)"),
                ("bytes", "coalesce(sum(bytes_sent), 0)::bigint"),
                ("plays", "count(*) filter (where played)"),
                ("seconds", "coalesce(sum(watched_seconds), 0)::bigint"),
            )
        )
        kinds = some_kinds(chance)
        asked = {"from": rfc3339(low), "to": rfc3339(high), "by": by, "limit": chance.choice((1, 2, 10)), **kinds}
        answer = assert_json(admin.get("/analytics/top", params=asked))
        expected = stack.sql(
            f"select media_id, {column} from media_view_log where \"timestamp\" >= %s and "
            f"\"timestamp\" < %s and {of_kinds(kinds)}"
            f" group by 1 having {column} > 0 order by 2 desc, 1 limit %s",
            low,
            high,
            asked["limit"],
        )
        name = {"views": "views", "plays": "plays", "bytes": "bytes_sent", "seconds": "watched_seconds"}[by]
        assert [(item["media_id"], item[name]) for item in answer["items"]] == expected, asked


def test_what_most_views_have_in_common(admin, stack):
    media_id = stack.new_media()["id"]
    stack.add_views(
        [
            {
                "media_id": media_id,
                "timestamp": f"2026-05-0{1 + n % 9}T10:00:00Z",
                "viewed_by_ip": f"198.51.100.{n}",
                "country": "DE" if n < 6 else "NP",
                "viewer": f"u-{n}",
                "referrer": "www.example.org" if n % 2 else None,
                "bot": n == 3,
            }
            for n in range(9)
        ]
    )
    top = assert_json(admin.get(f"/media/media/{media_id}/analytics"))["top"]
    assert top["exact"] and top["sample"] == 1
    assert top["countries"] == [
        {"name": "DE", "views": 5, "standard_error": 0},
        {"name": "NP", "views": 3, "standard_error": 0},
    ]
    assert (
        top["referrers"] == [{"name": "www.example.org", "views": 3, "standard_error": 0}] and top["user_agents"] == []
    )
    assert [viewer["name"] for viewer in top["viewers"]] == [f"u-{n}" for n in range(9) if n != 3]


def test_of_dropped_months_the_sums_stay_and_the_answer_says_what_it_knows(make_stack):
    stack = make_stack()
    media_id = stack.new_media()["id"]
    stack.add_views(
        [
            {"media_id": media_id, "timestamp": time, "viewed_by_ip": "192.0.2.1", "bytes_sent": 10}
            for time in ("2026-01-10T10:03:00Z", "2026-01-10T10:20:00Z", "2026-02-10T10:00:00Z")
        ]
    )
    stack.sql("select media_view_log_expire('2026-02-15Z')")
    with stack.new_admin() as api:
        answer = assert_json(api.get(f"/media/media/{media_id}/analytics"))
        assert (answer["total_views"], answer["bytes_sent"], answer["unique_ips"]) == (3, 30, 1)
        assert answer["uniques"]["known_since"] == "2026-02-08T00:00:00Z"
        answer = assert_json(
            api.get(
                f"/media/media/{media_id}/analytics",
                params={"from": "2026-01-10T10:04:00Z", "to": "2026-01-10T10:20:00Z"},
            )
        )
        assert (answer["from"], answer["to"], answer["total_views"]) == (
            "2026-01-10T10:00:00Z",
            "2026-01-10T10:15:00Z",
            1,
        )
        answer = assert_json(api.get(f"/media/media/{media_id}/analytics", params={"from": "2026-02-08"}))
        assert answer["uniques"]["known_since"] is None and answer["total_views"] == 1


def test_who_watches_just_now(stack, admin):
    media = [stack.new_media()["id"] for _ in range(2)]
    watching = [
        (media[0], "0 s", None, False),
        (media[0], "50 s", None, False),
        (media[0], "2 h", "request-1", False),
        (media[0], "70 s", None, False),
        (media[1], "1 s", None, False),
        (media[1], "1 s", None, True),
        (media[1], "1 s", None, None),  # an internal view
    ]
    stack.sql("delete from view_watching")
    for media_id, ago, request, bot in watching:
        stack.sql(
            "insert into view_watching (grant_id, media_id, address_key, bot, internal, started_at, last_seen_at, "
            "open_request)"
            " values (%s, %s, %s, %s, %s, now() - interval '3 h', now() - %s::interval, %s)",
            str(uuid.uuid4()),
            media_id,
            str(uuid.uuid4()),
            bool(bot),
            bot is None,
            ago,
            request,
        )
    live = assert_json(admin.get("/analytics/live"))
    assert (live["watching"], live["media"]) == (4, 2)
    assert [(item["media_id"], item["watching"]) for item in live["items"]] == [(media[0], 3), (media[1], 1)]
    live = assert_json(admin.get("/analytics/live", params={"bots": "include", "limit": 1}))
    assert live["watching"] == 5 and len(live["items"]) == 1
    for internal, expected in (("only", 1), ("include", 5), ("exclude", 4)):
        assert assert_json(admin.get("/analytics/live", params={"internal": internal}))["watching"] == expected
    stack.sql("delete from view_watching")
    live = assert_json(admin.get("/analytics/live"))
    assert (live["watching"], live["media"], live["items"]) == (0, 0, [])


@pytest.mark.parametrize(
    "path, query, pointers",
    [
        ("overview", "interval=week&bots=yes&internal=yes", ["?interval", "?bots", "?internal"]),
        ("top", "by=fame&limit=0", ["?by", "?limit"]),
        ("top", "interval=day", ["?interval"]),
        ("top", "limit=101", ["?limit"]),
        ("live", "limit=x", ["?limit"]),
        ("live", "from=2026-01-01", ["?from"]),
        ("overview", "tz=Mars/Phobos", ["?tz"]),
        ("export", "format=xml&media_id=0&cursor=x", ["?format", "?media_id", "?cursor"]),
        ("export", "from=2026-01-02&to=2026-01-01", ["?to"]),
        ("export", "tz=Mars/Phobos", ["?tz"]),
        ("top", "tz=Mars/Phobos&from=2026-01-01", ["?tz"]),
        ("export", "tz=EDT5&to=2026-01-01", ["?tz"]),
        ("top", "tz=Asia/Kathmandu&from=2026-01-02&to=2026-01-01T18:15:00Z", ["?to"]),
        ("overview", "from=2026-01-02T10:00&to=x", ["?from", "?to"]),
    ],
)
def test_questions_are_checked(admin, path, query, pointers):
    assert_problem(admin.get(f"/analytics/{path}?{query}"), 422, pointers)


@pytest.mark.parametrize("path", ["overview", "top", "live", "export"])
def test_only_administrators_ask(anonymous, path):
    assert_problem(anonymous.get(f"/analytics/{path}"), 401)
