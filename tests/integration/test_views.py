# SPDX-License-Identifier: ISC
"""Reported views, their list, and what they add up to."""
import datetime

import pytest
from answers import assert_json, assert_problem, parse_time

VIEW_MEMBERS = {
    "id",
    "media_id",
    "viewed_by_ip",
    "timestamp",
    "viewer",
    "grant_id",
    "user_agent",
    "country",
    "referrer",
    "bytes_sent",
    "seconds",
    "watched_seconds",
    "delivered_percent",
    "source",
    "bot",
    "internal",
    "played",
    "renditions",
}


@pytest.fixture
def medium(stack):
    return f"/media/media/{stack.new_media()['id']}"


def insert(stack, path, timestamp, address, **columns):
    """A view at a time of its own."""
    stack.add_views(
        [{"media_id": int(path.rsplit("/", 1)[1]), "timestamp": timestamp, "viewed_by_ip": address, **columns}]
    )


# --- report ----------------------------------------------------------------------------------------------
def test_a_report_without_a_body_takes_the_callers_address(admin, medium):
    view = assert_json(admin.post(medium + "/view"), 201)
    assert set(view) == {"id", "media_id", "viewed_by_ip", "timestamp"}
    assert medium.endswith(f"/{view['media_id']}") and view["viewed_by_ip"] == "127.0.0.1"
    age = datetime.datetime.now(datetime.timezone.utc) - parse_time(view["timestamp"])
    assert abs(age.total_seconds()) < 60


@pytest.mark.parametrize(
    "sent, stored",
    [
        ("203.0.113.7", "203.0.113.7"),
        ("2001:DB8:0:0::7", "2001:db8::7"),
        ("::ffff:203.0.113.7", "203.0.113.7"),
        ("::1", "::1"),
    ],
)
def test_addresses_are_stored_in_one_spelling(admin, medium, sent, stored):
    assert (
        assert_json(admin.post(medium + "/view", json={"viewed_by_ip": sent, "viewer": "u-4711"}), 201)["viewed_by_ip"]
        == stored
    )
    listed = assert_json(admin.get(medium + "/views"))["items"][0]
    assert listed["viewed_by_ip"] == stored and listed["viewer"] == "u-4711"


def test_empty_objects_and_nulls_are_defaults(admin, medium):
    assert_json(admin.post(medium + "/view", json={}), 201)
    assert_json(admin.post(medium + "/view/", json={"viewer": None, "viewed_by_ip": None}), 201)


@pytest.mark.parametrize(
    "body, pointers",
    [
        ({"viewed_by_ip": "nonsense"}, ["/viewed_by_ip"]),
        ({"viewed_by_ip": "203.0.113.7/24"}, ["/viewed_by_ip"]),
        ({"viewed_by_ip": "203.0.113.07"}, ["/viewed_by_ip"]),
        ({"viewed_by_ip": ""}, ["/viewed_by_ip"]),
        ({"viewed_by_ip": 7}, ["/viewed_by_ip"]),
        ({"viewer": "a b"}, ["/viewer"]),
        ({"viewer": "x" * 65}, ["/viewer"]),
        ({"viewer": "-"}, ["/viewer"]),
        ({"viewer": "ä"}, ["/viewer"]),
        ({"viewer": ""}, ["/viewer"]),
        ({"timestamp": "2026-01-01T00:00:00Z"}, ["/timestamp"]),
        ({"viewer": "a@b", "viewed_by_ip": "x", "more": 1}, ["/viewer", "/viewed_by_ip", "/more"]),
    ],
    ids=str,
)
def test_reports_are_checked(admin, medium, body, pointers):
    assert_problem(admin.post(medium + "/view", json=body), 422, pointers)


def test_reports_are_limited_per_medium_and_address(admin, medium, stack):
    body = {"viewed_by_ip": "203.0.113.50"}
    statuses = [admin.post(medium + "/view", json=body).status_code for _ in range(7)]
    assert statuses == [201] * 5 + [429] * 2
    assert_problem(admin.post(medium + "/view", json=body), 429)
    assert_json(admin.post(medium + "/view", json={"viewed_by_ip": "203.0.113.51"}), 201)
    assert_json(admin.post(f"/media/media/{stack.new_media()['id']}/view", json=body), 201)
    assert len(assert_json(admin.get(medium + "/views"))["items"]) == 6


def test_the_players_user_agent_is_kept_not_the_callers(admin, medium):
    for sent, stored in ((None, None), ("Player/1.0 (Zürich)", "Player/1.0 (Zürich)"), ("x" * 512, "x" * 512)):
        body = {} if sent is None else {"user_agent": sent}
        assert_json(admin.post(medium + "/view", json=body, headers={"User-Agent": "Backend/1.0"}), 201)
        assert assert_json(admin.get(medium + "/views"))["items"][0]["user_agent"] == stored
    for wrong in ("", "x" * 513, 7):
        assert_problem(admin.post(medium + "/view", json={"user_agent": wrong}), 422)


# --- list ------------------------------------------------------------------------------------------------
def test_views_are_listed_newest_first(admin, medium, stack):
    for day in range(1, 8):
        insert(
            stack,
            medium,
            f"2026-11-{day:02}T10:00:00Z",
            f"192.0.2.{day}",
            bytes_sent=day,
            seconds=2,
            country="DE",
            delivered_points=day * 1025 if day > 5 else None,
        )
    seen, cursor = [], None
    while True:
        page = assert_json(admin.get(medium + "/views", params={"limit": 3, **({"cursor": cursor} if cursor else {})}))
        assert all(set(item) == VIEW_MEMBERS for item in page["items"])
        seen += page["items"]
        cursor = page["next_cursor"]
        if cursor is None:
            break
    assert [view["bytes_sent"] for view in seen] == [7, 6, 5, 4, 3, 2, 1]
    assert [view["delivered_percent"] for view in seen] == [71.75, 61.5] + [None] * 5
    assert (
        seen[0]["timestamp"] == "2026-11-07T10:00:00Z" and seen[0]["country"] == "DE" and seen[0]["source"] == "stream"
    )
    assert seen[0]["viewer"] is None and seen[0]["grant_id"] is None


def test_views_of_the_same_moment_are_paged_without_loss(admin, medium, stack):
    for number in range(5):
        insert(stack, medium, "2026-11-01T10:00:00Z", f"192.0.2.{number}")
    first = assert_json(admin.get(medium + "/views", params={"limit": 2}))
    second = assert_json(admin.get(medium + "/views", params={"limit": 3, "cursor": first["next_cursor"]}))
    ids = [view["id"] for view in first["items"] + second["items"]]
    assert ids == sorted(ids, reverse=True) and len(set(ids)) == 5 and second["next_cursor"] is None


def test_robots_are_listed_when_asked_for(admin, medium, stack):
    for day in range(1, 8):
        insert(stack, medium, f"2026-11-{day:02}T10:00:00Z", f"192.0.2.{day}", bytes_sent=day, bot=day in (3, 6, 7))

    def page(**query):
        answer = assert_json(admin.get(medium + "/views", params=query))
        return [(view["bytes_sent"], view["bot"]) for view in answer["items"]], answer["next_cursor"]

    people, robots = [(day, False) for day in (5, 4, 2, 1)], [(day, True) for day in (7, 6, 3)]
    assert page() == page(bots="exclude") == (people, None)
    assert page(bots="include") == (sorted(people + robots, reverse=True), None)
    first, cursor = page(limit=3)
    second, end = page(limit=3, cursor=cursor)
    assert first + second == people and end is None
    first, cursor = page(bots="include", limit=4)
    second, end = page(bots="include", limit=4, cursor=cursor)
    assert first + second == sorted(people + robots, reverse=True) and end is None
    assert_problem(admin.get(medium + "/views", params={"limit": 4, "cursor": cursor}), 422, ["?cursor"])


@pytest.mark.parametrize(
    "query, pointers",
    [
        ("bots=only", ["?bots"]),
        ("bots=yes&limit=0", ["?bots", "?limit"]),
        ("limit=0", ["?limit"]),
        ("cursor=x", ["?cursor"]),
        ("q=x", ["?q"]),
        ("limit=x&cursor=y", ["?limit", "?cursor"]),
    ],
)
def test_queries_of_lists_are_checked(admin, medium, query, pointers):
    assert_problem(admin.get(f"{medium}/views?{query}"), 422, pointers)


# --- analytics ----------------------------------------------------------------------------------------------
@pytest.fixture
def watched(stack, medium):
    """Six views by three addresses on three of five days, one robot."""
    for timestamp, address in (
        ("2026-03-27T12:00:00Z", "192.0.2.1"),
        ("2026-03-27T23:30:00Z", "192.0.2.1"),
        ("2026-03-28T12:00:00Z", "192.0.2.2"),
        ("2026-03-31T00:10:00Z", "192.0.2.1"),
        ("2026-03-31T00:50:00Z", "192.0.2.3"),
        ("2026-03-31T01:00:00Z", "192.0.2.3"),
    ):
        insert(stack, medium, timestamp, address, bytes_sent=100)
    insert(stack, medium, "2026-03-29T12:00:00Z", "192.0.2.9", bytes_sent=100, bot=True)
    return medium


def test_everything_adds_up(admin, watched):
    answer = assert_json(admin.get(watched + "/analytics"))
    assert set(answer) == {
        "media_id",
        "from",
        "to",
        "interval",
        "tz",
        "bots",
        "internal",
        "sums",
        "total_views",
        "total_plays",
        "unique_ips",
        "uniques",
        "views_per_day",
        "bytes_sent",
        "seconds",
        "watched_seconds",
        "delivered_percent",
        "series",
        "top",
    }
    assert answer["total_views"] == 6 and answer["unique_ips"] == 3 and answer["bytes_sent"] == 600
    assert answer["interval"] == "day" and answer["tz"] == "UTC" and answer["from"] is None and answer["to"] is None
    assert answer["views_per_day"] == {
        "2026-03-27": 2,
        "2026-03-28": 1,
        "2026-03-29": 0,
        "2026-03-30": 0,
        "2026-03-31": 3,
    }
    assert answer["series"][0] == {
        "start": "2026-03-27",
        "views": 2,
        "plays": 0,
        "unique_ips": 1,
        "unique_ips_error": 0,
        "bytes_sent": 200,
        "seconds": 0,
        "watched_seconds": 0,
        "delivered_percent": None,
    }
    assert (answer["series"][4]["views"], answer["series"][4]["unique_ips"]) == (3, 2)
    assert [bucket["views"] for bucket in answer["series"]] == [2, 1, 0, 0, 3]


def test_a_medium_without_views_adds_up_to_nothing(admin, medium):
    answer = assert_json(admin.get(medium + "/analytics/"))
    assert (
        answer["total_views"],
        answer["unique_ips"],
        answer["bytes_sent"],
        answer["views_per_day"],
        answer["series"],
    ) == (0, 0, 0, {}, [])


def test_bounds_include_from_and_exclude_to(admin, watched):
    answer = assert_json(
        admin.get(watched + "/analytics", params={"from": "2026-03-27T23:30:00Z", "to": "2026-03-31T00:50:00Z"})
    )
    assert (
        answer["total_views"] == 3
        and answer["from"] == "2026-03-27T23:30:00Z"
        and answer["to"] == "2026-03-31T00:50:00Z"
    )
    answer = assert_json(admin.get(watched + "/analytics", params={"from": "2026-03-26", "to": "2026-03-30"}))
    assert answer["views_per_day"] == {"2026-03-26": 0, "2026-03-27": 2, "2026-03-28": 1, "2026-03-29": 0}
    answer = assert_json(admin.get(watched + "/analytics", params={"from": "2026-03-31T02:10:00+02:00"}))
    assert answer["total_views"] == 3 and answer["from"] == "2026-03-31T00:10:00Z" and answer["to"] is None
    assert assert_json(admin.get(watched + "/analytics", params={"to": "2026-03-28"}))["total_views"] == 2


def test_days_follow_the_time_zone_through_its_changes(admin, watched):
    """Berlin went to summer time on 29 March 2026; 23:30 UTC is the next day there."""
    answer = assert_json(admin.get(watched + "/analytics", params={"tz": "Europe/Berlin"}))
    assert answer["views_per_day"] == {
        "2026-03-27": 1,
        "2026-03-28": 2,
        "2026-03-29": 0,
        "2026-03-30": 0,
        "2026-03-31": 3,
    }
    hours = assert_json(
        admin.get(
            watched + "/analytics",
            params={
                "tz": "Europe/Berlin",
                "interval": "hour",
                "from": "2026-03-28T22:00:00Z",
                "to": "2026-03-29T03:00:00Z",
            },
        )
    )
    starts = [bucket["start"] for bucket in hours["series"]]
    assert starts == [
        "2026-03-28T23:00:00+01:00",
        "2026-03-29T00:00:00+01:00",
        "2026-03-29T01:00:00+01:00",
        "2026-03-29T03:00:00+02:00",
        "2026-03-29T04:00:00+02:00",
    ]


def test_hours_and_months(admin, watched):
    hours = assert_json(
        admin.get(
            watched + "/analytics",
            params={"interval": "hour", "from": "2026-03-31T00:00:00Z", "to": "2026-03-31T02:00:00Z"},
        )
    )
    assert [(b["views"], b["unique_ips"]) for b in hours["series"]] == [(2, 2), (1, 1)]
    assert hours["views_per_day"] == {"2026-03-31": 3}
    months = assert_json(
        admin.get(watched + "/analytics", params={"interval": "month", "from": "2026-02-01", "to": "2026-05-01"})
    )
    assert [(b["start"], b["views"], b["unique_ips"]) for b in months["series"]] == [
        ("2026-02", 0, 0),
        ("2026-03", 6, 3),
        ("2026-04", 0, 0),
    ]


@pytest.mark.parametrize(
    "query, pointers",
    [
        ("from=yesterday", ["?from"]),
        ("to=2026-13-01", ["?to"]),
        ("from=2026-02-30", ["?from"]),
        ("from=2026-03-01&to=2026-03-01", ["?to"]),
        ("from=2026-03-02&to=2026-03-01", ["?to"]),
        ("to=1970-01-01", ["?to"]),
        ("from=2026-03-01&to=1970-01-01T00:00:00Z", ["?to"]),
        ("interval=week", ["?interval"]),
        ("interval=", ["?interval"]),
        ("tz=Mars/Olympus", ["?tz"]),
        ("tz=", ["?tz"]),
        ("tz=" + "x" * 65, ["?tz"]),
        ("tz=Europe/Berlin'--", ["?tz"]),
        ("from=x&to=y&interval=z", ["?from", "?to", "?interval"]),
        ("since=2026-03-01", ["?since"]),
        ("interval=hour&from=1990-01-01&to=2026-01-01", ["?interval"]),
        ("from=2026-03-01T00:00", ["?from"]),
        ("from=1", ["?from"]),
    ],
)
def test_questions_are_checked(admin, watched, query, pointers):
    assert_problem(admin.get(f"{watched}/analytics?{query}"), 422, pointers)
