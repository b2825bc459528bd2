# SPDX-License-Identifier: ISC
"""Exports of views: whole, safe to open in a spreadsheet, and going on behind any row."""
import csv
import io
import json
import re

import pytest
from answers import assert_json, assert_problem


@pytest.fixture(scope="module")
def hostile(stack):
    """Views whose texts a spreadsheet, or a careless reader of CSV, would take for something else."""
    media_id = stack.new_media()["id"]
    agents = [
        '=cmd|"/C calc"!A0',
        "+1",
        "-1",
        "@SUM(A1)",
        'a "quoted", word',
        "two\nlines",
        " blank ",
        "ünï",
        "plain",
        "Mozilla/5.0 (X11;=cmd|'/C calc'!A0; +1)",
        "a\t@b;;+c",
        "＝1+1",
        "＋1",
        "－1",
        "＠SUM(A1)",
        "b;＝1;＄1",
    ]
    for number, agent in enumerate(agents):
        stack.sql("insert into user_agent (id, text) values (%s, %s)", 900 + number, agent)
    stack.add_views(
        [
            {
                "media_id": media_id,
                "timestamp": "2026-06-01T10:00:00Z" if n < 5 else f"2026-06-{n:02}T10:00:00.5Z",
                "viewed_by_ip": "2001:db8::1",
                "user_agent_id": 900 + n,
                "viewer": "-u-1",
                "bytes_sent": n,
                "delivered_points": 1234,
                "bot": False,
            }
            for n in range(len(agents))
        ]
    )
    return media_id, agents


def test_csv_is_safe_and_whole(admin, hostile):
    media_id, agents = hostile
    answer = admin.get("/analytics/export", params={"media_id": media_id})
    assert answer.status_code == 200 and answer.headers["Content-Type"] == "text/csv; charset=utf-8; header=present"
    assert (
        answer.headers["Content-Disposition"] == 'attachment; filename="views.csv"'
        and answer.headers["Cache-Control"] == "no-store"
    )
    text = answer.content.decode("utf-8")
    rows = list(csv.reader(io.StringIO(text, newline=""), strict=True))
    assert rows[0][:3] == ["id", "media_id", "timestamp"] and {len(row) for row in rows} == {19}
    assert rows[-1] == [""] * 18 + ["complete"] and text.endswith("\r\n")
    assert [row[8] for row in rows[1:-1]] == [re.sub(r"(^|(?<=[;\t]))(?=[=+@\t＝＋－＠-])", "'", agent) for agent in agents]
    assert not re.search(r"(^|[;\t])[=+@＝＋－＠-]", text, re.M)
    assert {row[4] for row in rows[1:-1]} == {"'-u-1"} and {row[12] for row in rows[1:-1]} == {"12.34"}
    assert all(cell[:1] not in ("=", "+", "-", "@", "＝", "＋", "－", "＠") for row in rows for cell in row)


def test_ndjson_has_every_text_as_it_is(admin, hostile):
    media_id, agents = hostile
    lines = [
        json.loads(line)
        for line in admin.get("/analytics/export", params={"media_id": media_id, "format": "ndjson"}).text.split("\n")[
            :-1
        ]
    ]
    assert [line["user_agent"] for line in lines[:-1]] == agents and lines[-1] == {
        "views": len(agents),
        "cursor": "complete",
    }
    assert lines[0]["viewer"] == "-u-1" and lines[0]["delivered_percent"] == 12.34


def test_an_export_goes_on_behind_any_row(admin, hostile):
    media_id, _ = hostile
    for kind in ("csv", "ndjson"):
        asked = {"media_id": media_id, "format": kind, "to": "2026-07-01"}
        whole = admin.get("/analytics/export", params=asked).text
        records = (
            list(csv.reader(io.StringIO(whole, newline="")))[1:]
            if kind == "csv"
            else [[json.loads(line)["cursor"]] for line in whole.splitlines()]
        )
        for record in records[:-1]:
            rest = admin.get("/analytics/export", params={**asked, "cursor": record[-1]}).text
            behind = whole[whole.index(record[-1]) + len(record[-1]) :].split("\n", 1)[1]
            assert (rest if kind == "csv" else rest.rsplit("{", 1)[0]) == (
                behind if kind == "csv" else behind.rsplit("{", 1)[0]
            )
        assert_problem(
            admin.get("/analytics/export", params={**asked, "to": "2026-07-02", "cursor": records[0][-1]}),
            422,
            ["?cursor"],
        )


def test_robots_and_internal_views_are_exported_when_asked_for(admin, stack):
    media_id = stack.new_media()["id"]
    stack.add_views(
        [
            {
                "media_id": media_id,
                "timestamp": f"2026-06-01T10:00:0{n}Z",
                "viewed_by_ip": "192.0.2.1",
                "bot": n == 1,
                "internal": n == 2,
                "viewer": f"u-{n}",
            }
            for n in range(4)
        ]
    )
    for kinds, expected in (
        ({}, [0, 3]),
        ({"bots": "exclude", "internal": "exclude"}, [0, 3]),
        ({"bots": "include"}, [0, 1, 3]),
        ({"internal": "include"}, [0, 2, 3]),
        ({"internal": "only"}, [2]),
        ({"internal": "include", "bots": "include"}, [0, 1, 2, 3]),
    ):
        asked = {"media_id": media_id, **kinds}
        lines = admin.get("/analytics/export", params={**asked, "format": "ndjson"}).text.splitlines()
        rows = [json.loads(line) for line in lines[:-1]]
        assert [(row["viewer"], row["bot"], row["internal"]) for row in rows] == [
            (f"u-{n}", n == 1, n == 2) for n in expected
        ]
        table = csv.DictReader(io.StringIO(admin.get("/analytics/export", params=asked).text))
        assert [(row["bot"], row["internal"]) for row in table if row["id"]] == [
            (str(n == 1).lower(), str(n == 2).lower()) for n in expected
        ]


def test_an_export_of_nothing_is_complete(admin):
    assert admin.get("/analytics/export", params={"to": "2020-01-01"}).text.splitlines()[1:] == ["," * 18 + "complete"]
    head = admin.head("/analytics/export")
    assert head.status_code == 200 and head.headers["Content-Type"].startswith("text/csv") and head.content == b""
