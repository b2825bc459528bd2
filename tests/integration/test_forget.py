# SPDX-License-Identifier: ISC
"""`mediagate views forget`: the person goes from views and logs, what was counted stays."""
import time

import pytest
import requests
from stack import wait_until
from test_audience import CHROME, grant_at, new_film, play, views, wait_views

PERSON, OTHER = "198.51.100.77", "198.51.100.78"


@pytest.fixture(scope="module", params=["full", "truncated", "hashed"])
def town(request, module_stack_with):
    running = module_stack_with(trusted_proxies=["127.0.0.1"], view_ip=request.param)
    running.mode = request.param
    running.start_ingest()
    return running


def forget(stack, *who, check=True):
    return stack.mediagate(("views", "forget"), "--yes", *who, check=check)


def sums(stack):
    return stack.sql(
        "select grain, media_id, start, bot, views, bytes_sent, seconds from view_rollup order by 1, 2, " "3, 4"
    )


def row_sums(stack):
    return stack.sql(
        "select media_id, count(*), sum(bytes_sent), count(distinct address_hash), min(\"timestamp\") "
        "from media_view_log group by 1 order by 1"
    )


def logs_with(stack, text):
    return sorted(
        path.name for path in (stack.root / "log").glob("view.log*") if text in path.read_text(encoding="utf-8")
    )


def everything_stored(stack):
    return str(
        [stack.sql(f"select t::text from {table} t") for table in ("media_view_log", "view_watching", "rate_limit")]
    )


def test_an_address_is_forgotten_and_the_sums_stay(town):
    media, midnight = new_film(town), time.time() // 86400 * 86400
    for address, granted in (
        (PERSON, time.time()),
        (PERSON, midnight - 1),
        (OTHER, time.time()),
        ("2001:db8::7", time.time()),
    ):
        play(town, media, address, grant=grant_at(granted), viewer="u-" + address.replace(".", "_").replace(":", "_"))
    town.admin().post(f"/media/media/{media}/view", json={"viewed_by_ip": PERSON, "viewer": "u-198_51_100_77"})
    before = wait_views(town, media, 5)
    kept, rows = sums(town), row_sums(town)
    told = forget(town, "--ip", PERSON).stdout
    assert "views made nobody's: 3;" in told and "deleted" in told
    after = views(town, media)
    assert [(view["id"], view["timestamp"], view["bytes_sent"], view["country"], view["bot"]) for view in after] == [
        (view["id"], view["timestamp"], view["bytes_sent"], view["country"], view["bot"]) for view in before
    ]
    for old, new in zip(before, after):
        if old["viewer"] == "u-198_51_100_77":
            assert (new["viewed_by_ip"], new["viewer"], new["grant_id"], new["user_agent"], new["referrer"]) == (
                "::",
                None,
                None,
                None,
                None,
            )
        else:
            assert new == old
    assert sums(town) == kept
    if town.mode == "truncated":  # its network was the neighbour's too
        assert [row[:3] for row in row_sums(town)] == [row[:3] for row in rows]
    else:
        assert row_sums(town) == rows
    assert "u-198_51_100_77" not in everything_stored(town) and PERSON not in everything_stored(town)
    assert logs_with(town, PERSON) == []
    assert "views made nobody's: 0;" in forget(town, "--ip", PERSON).stdout


def test_a_viewer_is_forgotten(town):
    media = new_film(town)
    for address, viewer in ((PERSON, "u-7"), (OTHER, "u-7"), (OTHER, "u-8")):
        play(town, media, address, viewer=viewer)
    wait_views(town, media, 3)
    kept = sums(town)
    assert "views made nobody's: 2;" in forget(town, "--viewer", "u-7").stdout
    assert sorted(view["viewer"] or "" for view in views(town, media)) == ["", "", "u-8"]
    assert sums(town) == kept and logs_with(town, '"u-7"') == []
    play(town, media, OTHER, viewer="u-9", user_agent=CHROME)  # nginx writes on, and all of it counts
    assert len(wait_views(town, media, 4)) == 4


def test_views_of_a_destroyed_salt_are_told_as_lost(town):
    lost = town.mode != "full"  # a whole address is found without a salt
    media = new_film(town)
    play(town, media, PERSON)
    wait_views(town, media, 1)
    town.stop_ingest()
    town.sql("delete from address_salt returning day")
    told = forget(town, "--ip", PERSON, check=False)
    assert (told.returncode, "nobody can tell" in told.stdout) == ((1, True) if lost else (0, False))
    assert [view["viewed_by_ip"] == "::" for view in views(town, media)] == [not lost]
    town.start_ingest()


def test_what_is_not_counted_yet_stays_and_is_named(town):
    media = new_film(town)
    town.stop_ingest()
    path = town.sign(media, "film.mp4", grant=grant_at(time.time()), viewer="u-late")
    assert requests.get(town.base_url + path, headers={"X-Forwarded-For": PERSON}, timeout=10).status_code == 200
    wait_until(lambda: logs_with(town, '"u-late"'), "the delivery to be logged")
    told = forget(town, "--viewer", "u-late", check=False)
    assert told.returncode == 1 and "is not counted to its end" in told.stdout and len(logs_with(town, '"u-late"')) == 1
    town.start_ingest()
    wait_views(town, media, 1)
    assert "views made nobody's: 1;" in forget(town, "--viewer", "u-late").stdout
    assert logs_with(town, '"u-late"') == []


def test_it_asks_and_says_what_it_wants(town):
    asked = town.mediagate(("views", "forget"), "--viewer", "u-8", check=False)
    assert asked.returncode == 1 and "--yes" in asked.stderr
    for wrong in (
        (),
        ("--ip", "198.51.100"),
        ("--viewer", "not a viewer"),
        ("--ip", PERSON, "--viewer", "u-8"),
        ("--ip",),
    ):
        assert town.mediagate(("views", "forget"), "--yes", *wrong, check=False).returncode == 2, wrong
