# SPDX-License-Identifier: ISC
"""Filters of questions about views: each of them and several at once, held against slow and obvious SQL; and the
devices that real user agents are."""
import collections
import csv
import datetime
import io
import itertools
import json
import random

import pytest

from answers import assert_json, assert_problem
from stack import wait_until
from test_players import run, url_of

AGENTS = {
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:132.0) Gecko/20100101 Firefox/132.0": (
        "desktop",
        "Windows",
        "Firefox",
    ),
    "Mozilla/5.0 (iPhone; CPU iPhone OS 18_1 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.1 "
    "Mobile/15E148 Safari/604.1": ("phone", "iOS", "Mobile Safari"),
    "curl/7.88.1": ("other", "other", "curl"),
}
COLUMNS = {"country": "country", "referrer": "referrer", "viewer": "viewer", "source": "source"}
COLUMNS.update({name: f"(select {name} from user_agent a where a.id = user_agent_id)" for name in ("device", "system")})
COLUMNS["browser"] = "(select browser from user_agent a where a.id = user_agent_id)"
RENDITIONS = ("0", "1", "2", "3", "4", "5", "6", "7", "other", "source")
CHOICES = {
    "country": ["DE", "NP", "AQ"],
    "referrer": ["www.example.org", "nobody.example"],
    "viewer": ["u-1", "u-2", "u-99"],
    "source": ["stream", "reported"],
    "device": ["desktop", "phone", "watch"],
    "system": ["Windows", "iOS"],
    "browser": ["Firefox", "curl"],
    "rendition": ["0", "source", "7"],
}
BEGIN = datetime.datetime(2026, 3, 1, tzinfo=datetime.timezone.utc)


@pytest.fixture(scope="module")
def crowd(stack):
    """Two media with views of all kinds over ten days."""
    chance = random.Random(20261130)
    agents = [
        stack.sql(
            "insert into user_agent (text, device, system, browser) values (%s, %s, %s, %s) on conflict (text) do"
            " update set device = excluded.device, system = excluded.system, browser = excluded.browser returning id",
            text,
            *facts,
        )[0][0]
        for text, facts in AGENTS.items()
    ]
    media = [stack.new_media(title=f"A film with an audience {n}")["id"] for n in range(2)]
    stack.add_views(
        [
            {
                "media_id": media[chance.random() < 0.3],
                "timestamp": BEGIN + datetime.timedelta(seconds=chance.uniform(0, 864000)),
                "viewed_by_ip": f"192.0.2.{chance.randrange(200)}",
                "bot": chance.random() < 0.1,
                "bytes_sent": chance.randint(0, 10**9),
                "seconds": chance.randint(0, 999),
                "watched_seconds": chance.randint(0, 999),
                "played": chance.random() < 0.5,
                "source": chance.choice(CHOICES["source"]),
                "country": chance.choice(("DE", "NP", None)),
                "viewer": chance.choice(("u-1", "u-2", None)),
                "referrer": chance.choice(("www.example.org", "other.example", None)),
                "user_agent_id": chance.choice((*agents, None)),
                "renditions": chance.randrange(1 << len(RENDITIONS)) & ~(1 << 7),
            }
            for _ in range(1500)
        ]
    )
    return media


def condition(name, value):
    if name == "rendition":
        return f"(renditions >> {RENDITIONS.index(value)}) & 1 = 1"
    return f"{COLUMNS[name]} = %s"


def obvious(stack, media, wanted, columns):
    where = "".join(f" and {condition(name, value)}" for name, value in wanted.items())
    return stack.sql(
        f"select {columns} from media_view_log where media_id = any (%s) and not bot and not internal"
        f" and \"timestamp\" >= %s and \"timestamp\" < %s{where}",
        media,
        BEGIN,
        BEGIN + datetime.timedelta(days=10),
        *(value for name, value in wanted.items() if name != "rendition"),
    )


def filters():
    """Each value of each by itself, and 25 heaps of them."""
    chance = random.Random(1)
    yield from ({name: value} for name, values in CHOICES.items() for value in values)
    for _ in range(25):
        names = chance.sample(sorted(CHOICES), chance.choice((2, 3)))
        yield {name: chance.choice(CHOICES[name][:2]) for name in names}


SUMS = (
    "count(*), count(*) filter (where played), count(distinct address_hash), coalesce(sum(bytes_sent), 0)::bigint,"
    " coalesce(sum(seconds), 0)::bigint, coalesce(sum(watched_seconds), 0)::bigint"
)
NAMES = ("total_views", "total_plays", "unique_ips", "bytes_sent", "seconds", "watched_seconds")
TIME = {"from": "2026-03-01", "to": "2026-03-11"}


def test_sums_are_those_of_slow_and_obvious_sql(stack, admin, crowd):
    for wanted, interval in zip(filters(), itertools.cycle(("hour", "day", "month"))):
        for path, media in ((f"/media/media/{crowd[0]}/analytics", crowd[:1]), ("/analytics/overview", None)):
            if media is None:
                media = [row[0] for row in stack.sql("select id from media_asset")]
            answer = assert_json(admin.get(path, params={**TIME, **wanted, "interval": interval}))
            [sums] = obvious(stack, media, wanted, SUMS)
            assert tuple(answer[name] for name in NAMES) == sums, wanted
            assert answer["sums"] == {"exact": True, "sample": 1, "standard_error": 0}
            assert sum(step["views"] for step in answer["series"]) == sums[0]
            assert sum(answer["views_per_day"].values()) == sums[0]


def test_tops_fit_the_filter(stack, admin, crowd):
    answer = assert_json(
        admin.get(f"/media/media/{crowd[0]}/analytics", params={**TIME, "device": "phone", "country": "NP"})
    )
    top = answer["top"]
    assert [entry["name"] for entry in top["devices"]] == ["phone"]
    assert [entry["name"] for entry in top["countries"]] == ["NP"]
    assert [(entry["name"], entry["views"]) for entry in top["systems"]] == [("iOS", answer["total_views"])]
    everything = assert_json(admin.get(f"/media/media/{crowd[0]}/analytics", params=TIME))["top"]
    for kind, name in (("devices", "device"), ("systems", "system"), ("browsers", "browser")):
        counted = obvious(stack, crowd[:1], {}, f"{COLUMNS[name]}")
        values = [value for (value,) in counted if value is not None]
        assert {entry["name"]: entry["views"] for entry in everything[kind]} == {
            value: values.count(value) for value in set(values)
        }


def by_hand(stack, media, wanted, by, most):
    """The groups of a series of days, from the rows: name, other, sums, and views a day."""
    rows = obvious(
        stack,
        media,
        wanted,
        f"coalesce({COLUMNS[by]}, ''), to_char(\"timestamp\" at time zone 'UTC', 'DD')::int - 1, played::int,"
        " bytes_sent, seconds, watched_seconds",
    )
    sizes = collections.Counter(row[0] for row in rows)
    largest = sorted(sizes, key=lambda name: (-sizes[name], name))
    groups = []
    for number, names in enumerate([[name] for name in largest[:most]] + [largest[most:]]):
        of_group = [row for row in rows if row[0] in names]
        days = [sum(row[1] == day for row in of_group) for day in range(10)]
        sums = [len(of_group), *(sum(row[column] or 0 for row in of_group) for column in range(2, 6))]
        if names:
            other = number == len(largest[:most])
            groups.append((None if other else names[0] or None, other, sums, days))
    return groups


@pytest.mark.parametrize("by", ["country", "referrer", "device", "system", "browser"])
def test_groups_over_time_are_those_of_the_rows(stack, admin, crowd, by):
    for wanted, most in (({}, None), ({}, 1), ({"country": "DE"}, 2), ({"rendition": "0", "source": "stream"}, 3)):
        for path, media in ((f"/media/media/{crowd[0]}/analytics", crowd[:1]), ("/analytics/overview", None)):
            media = media or [row[0] for row in stack.sql("select id from media_asset")]
            asked = {**TIME, **wanted, "group_by": by, "interval": "day", "groups": most}
            answer = assert_json(admin.get(path, params=asked))
            groups = answer["groups"]
            assert (groups["by"], groups["exact"], groups["sample"]) == (by, True, 1)
            found = [
                (
                    item["name"],
                    item["other"],
                    [item[name] for name in ("views", "plays", "bytes_sent", "seconds", "watched_seconds")],
                    item["series"]["views"],
                )
                for item in groups["items"]
            ]
            assert found == by_hand(stack, media, wanted, by, most or 10), asked
            assert {item["standard_error"] for item in groups["items"]} <= {0}
            for name in ("views", "plays", "bytes_sent", "watched_seconds"):  # the groups are all of the series
                steps = [sum(values) for values in zip(*(item["series"][name] for item in groups["items"]))]
                assert steps == [step[name] for step in answer["series"]], asked


def test_groups_are_asked_for_and_bounded(admin, crowd):
    path = f"/media/media/{crowd[0]}/analytics"
    assert "groups" not in assert_json(admin.get(path, params=TIME))
    for query, pointers in (
        ("group_by=viewer", ["?group_by"]),
        ("group_by=country&groups=21", ["?groups"]),
        ("group_by=country&groups=0", ["?groups"]),
        ("group_by=country&interval=hour&from=2026-03-01&to=2026-03-20", ["?interval"]),
    ):
        assert_problem(admin.get(f"{path}?{query}"), 422, pointers)
    answer = assert_json(admin.get(path, params={"group_by": "country", "to": "2020-01-01"}))
    assert answer["groups"]["items"] == []


def test_lists_exports_and_rankings_fit_the_filter(stack, admin, crowd):
    for wanted in (
        {"country": "DE"},
        {"device": "desktop", "viewer": "u-1"},
        {"source": "reported"},
        {"rendition": "source"},
    ):
        path, asked, seen = f"/media/media/{crowd[1]}/views", {**wanted, "limit": 50}, []
        while True:
            page = assert_json(admin.get(path, params=asked))
            seen += [item["id"] for item in page["items"]]
            if page["next_cursor"] is None:
                break
            asked["cursor"] = page["next_cursor"]
        expected = sorted(row[0] for row in obvious(stack, crowd[1:], wanted, "id"))
        assert sorted(seen) == expected
        assert all(wanted["rendition"] in item["renditions"] for item in page["items"] if "rendition" in wanted)
        text = admin.get("/analytics/export", params={**TIME, **wanted, "media_id": crowd[1], "format": "csv"}).text
        rows = [row for row in csv.DictReader(io.StringIO(text)) if row["id"].isdigit()]
        assert sorted(int(row["id"]) for row in rows) == expected
        items = assert_json(admin.get("/analytics/top", params={**TIME, **wanted, "by": "bytes", "limit": 100}))[
            "items"
        ]
        for item in items:
            [sums] = obvious(stack, [item["media_id"]], wanted, SUMS)
            assert (item["views"], item["plays"], item["bytes_sent"]) == (sums[0], sums[1], sums[3])
        assert [item["bytes_sent"] for item in items] == sorted((item["bytes_sent"] for item in items), reverse=True)
        assert {item["media_id"] for item in items} >= set(crowd)


def test_a_cursor_belongs_to_its_filter(admin, crowd):
    path = f"/media/media/{crowd[0]}/views"
    cursor = assert_json(admin.get(path, params={"country": "DE", "limit": 1}))["next_cursor"]
    assert_problem(admin.get(path, params={"country": "NP", "limit": 1, "cursor": cursor}), 422)


@pytest.mark.parametrize(
    "name, value",
    [("country", "de"), ("country", "DEU"), ("country", ""), ("viewer", "a b"), ("source", "nginx"), ("device", "tv")]
    + [("referrer", ""), ("system", "x" * 256), ("browser", ""), ("rendition", "8"), ("rendition", "")],
)
def test_odd_filters_are_refused(admin, crowd, name, value):
    for path in (f"/media/media/{crowd[0]}/analytics", f"/media/media/{crowd[0]}/views", "/analytics/overview"):
        problem = assert_problem(admin.get(path, params={name: value}), 422)
        assert [error["pointer"] for error in problem["errors"]] == [f"?{name}"]


def test_a_sample_tells_its_error_and_too_much_is_refused(stack, admin):
    medium = stack.new_media(title="A film that very many watched")["id"]
    stack.sql(
        "with v as (insert into media_view_log (media_id, viewed_by_ip, granted_at, \"timestamp\", address_key,"
        " address_hash, source, country, bytes_sent) select %s, '192.0.2.1', '2026-03-20Z',"
        " '2026-03-20Z'::timestamptz + n * interval '0.2 second', gen_random_uuid(),"
        " hashint8extended(n, 1) & 9223372036854775807, 'stream',"
        " case when hashint8(n) & 3 = 0 then 'AT' else 'DE' end, 10 from generate_series(1::bigint, 210000) n"
        " returning 1)"
        " insert into view_rollup select g, m, date_trunc(g, '2026-03-20Z'::timestamptz, 'UTC'), false, count(*), 0,"
        " 0, 0, 0, 0, 0 from v, (values ('day'), ('month')) a (g), (values (0), (%s)) b (m) group by g, m"
        " on conflict (grain, media_id, start, bot, internal) do update"
        " set views = view_rollup.views + excluded.views returning 1",
        medium,
        medium,
    )
    asked = {"from": "2026-03-20", "to": "2026-03-21", "country": "AT"}
    answer = assert_json(admin.get(f"/media/media/{medium}/analytics", params=asked))
    [(truth,)] = stack.sql("select count(*) from media_view_log where media_id = %s and country = 'AT'", medium)
    assert not answer["sums"]["exact"] and answer["sums"]["sample"] == 16
    assert 0 < answer["sums"]["standard_error"] < 0.03
    assert abs(answer["total_views"] - truth) <= 5 * answer["sums"]["standard_error"] * truth
    assert abs(answer["unique_ips"] - truth) <= 5 * answer["uniques"]["standard_error"] * truth
    groups = assert_json(
        admin.get(
            f"/media/media/{medium}/analytics", params={"from": "2026-03-20", "to": "2026-03-21", "group_by": "country"}
        )
    )["groups"]
    assert (groups["exact"], groups["sample"]) == (False, 16)
    [austria] = [item for item in groups["items"] if item["name"] == "AT"]
    assert abs(austria["views"] - truth) <= 5 * austria["standard_error"] * truth
    problem = assert_problem(
        admin.get("/analytics/overview", params={"from": "2026-03-20", "to": "2026-03-21", "group_by": "device"}), 422
    )
    assert "200000 views" in problem["detail"]
    for path in ("/analytics/overview", "/analytics/top"):
        problem = assert_problem(admin.get(path, params=asked), 422)
        assert "200000 views" in problem["detail"]
        assert_json(admin.get(path, params={**asked, "to": "2026-03-20T01:00:00Z", "from": "2026-03-19"}))


def test_a_page_of_a_rare_filter_looks_at_so_many_views_and_no_more(stack, admin):
    """A medium of 45,000 views of which one fits, the oldest: the pages before are empty and go on."""
    medium = stack.new_media(title="A film that one man in a red hat watched")["id"]
    stack.sql("select media_view_log_partition('2023-05-20Z')")
    stack.sql(
        "insert into media_view_log (media_id, viewed_by_ip, granted_at, \"timestamp\", address_key, address_hash,"
        " source, viewer) select %s, '192.0.2.1', '2023-05-20Z', '2023-05-20Z'::timestamptz + n * interval '0.1 s',"
        " gen_random_uuid(), n, 'stream', case when n = 1 then 'red-hat' else 'u-' || n %% 9 end"
        " from generate_series(1, 45000) n",
        medium,
    )
    pages, asked = [], {"viewer": "red-hat"}
    while "cursor" not in asked or asked["cursor"]:
        page = assert_json(admin.get(f"/media/media/{medium}/views", params=asked))
        pages.append([view["viewer"] for view in page["items"]])
        asked["cursor"] = page["next_cursor"]
    assert pages == [[], [], ["red-hat"]]
    often = assert_json(admin.get(f"/media/media/{medium}/views", params={"viewer": "u-1", "limit": 200}))
    assert len(often["items"]) == 200 and often["next_cursor"]
    time = {"from": "2023-05-20", "to": "2023-05-21", "format": "ndjson"}
    for viewer, expected in (("red-hat", 1), ("u-1", 4999), ("nobody", 0)):
        for of_medium in ({"media_id": medium}, {}):
            asked = {**time, **of_medium, "viewer": viewer}
            lines = admin.get("/analytics/export", params=asked).text.splitlines()
            assert json.loads(lines[-1]) == {"views": expected, "cursor": "complete"} and len(lines) == expected + 1


def test_ingest_tells_devices_by_their_user_agents(module_stack_with, make_media):
    stack = module_stack_with()
    stack.start_ingest()
    film = stack.film(make_media("film"))
    for agent in AGENTS:
        run("curl", "-sSf", "-o", "/dev/null", "-A", agent, url_of(stack, film))
    stack.wait_logged()
    stack.wait_counted()
    if not (stack.root / "share/audience/devices.list").exists():
        pytest.skip("this build has no list of devices (configure --with-web)")

    def described():
        return stack.sql("select text, device, system, browser from user_agent where device is not null")

    wait_until(lambda: len(described()) == len(AGENTS), "ingest to look at the user agents")
    assert {text: tuple(facts) for text, *facts in described()} == AGENTS
    with stack.new_admin() as api:
        top = assert_json(api.get(f"/media/media/{film['id']}/analytics"))["top"]
        assert {entry["name"] for entry in top["devices"]} == {"desktop", "phone", "other"}
        assert (
            assert_json(api.get(f"/media/media/{film['id']}/analytics", params={"device": "phone"}))["total_views"] == 1
        )
