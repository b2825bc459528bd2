# SPDX-License-Identifier: ISC
"""Who views: robots and players, countries, and what is kept of an address in each mode of view_ip."""
import datetime
import ipaddress
import itertools
import time

import country_file
import pytest
import requests
import web_tools
from answers import assert_json
from stack import DEADLINE, TOP_BUILD, wait_until

CHROME = "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/131.0.0.0 Safari/537.36"
GOOGLEBOT = "Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)"
DAY = 86400
numbers = itertools.count(1)


def grant_at(moment):
    """A grant issued then: a UUIDv7 whose time it is."""
    return f"{int(moment * 1000):012x}7{next(numbers):03x}800000000000abcd"


def noon():
    """Of yesterday: a day whose grants may play yet."""
    return time.time() // DAY * DAY - DAY / 2


def start(stack_with, **settings):
    running = stack_with(trusted_proxies=["127.0.0.1"], **settings)
    running.start_ingest()
    return running


def new_film(stack):
    return stack.media_of_files({"film.mp4": b"film" * 250})


def play(stack, media, address="192.0.2.1", user_agent=CHROME, grant=None, viewer="-"):
    path = stack.sign(media, "film.mp4", grant=grant or grant_at(time.time()), viewer=viewer)
    answer = requests.get(
        stack.base_url + path, headers={"X-Forwarded-For": address, "User-Agent": user_agent}, timeout=DEADLINE
    )
    assert answer.status_code == 200
    stack.wait_counted()


def views(stack, media):
    return assert_json(stack.admin().get(f"/media/media/{media}/views", params={"limit": 200, "bots": "include"}))[
        "items"
    ][::-1]


def wait_views(stack, media, count):
    return wait_until(lambda: len(found := views(stack, media)) >= count and found, f"{count} views", timeout=DEADLINE)


def keys(stack, media):
    return stack.sql("select address_key, address_hash from media_view_log where media_id = %s order by id", media)


@pytest.fixture(autouse=True)
def no_midnight():
    """The day does not change under a test that speaks of today and yesterday."""
    left = DAY - time.time() % DAY
    if left < 60:
        time.sleep(left + 30)


# --- robots and players ---------------------------------------------------------------------------------------
@pytest.fixture(scope="module")
def town(module_stack_with):
    return start(module_stack_with)


@pytest.mark.parametrize(
    "user_agent, robot",
    [
        (GOOGLEBOT, True),
        ("Mozilla/5.0 (compatible; bingbot/2.0; +http://www.bing.com/bingbot.htm)", True),
        (CHROME, False),
        ("VLC/3.0.20 LibVLC/3.0.20", False),
        ("Lavf/59.27.100", False),
        ("mpv 0.35.1", False),
        ("curl/7.88.1", False),
        ("", False),
    ],
)
def test_robots_are_kept_and_marked_players_count(town, user_agent, robot):
    if not (TOP_BUILD / "robots.list").exists():
        web_tools.missing("the list of robots (./configure --with-web)")
    media = new_film(town)
    play(town, media, user_agent=user_agent)
    [view] = wait_views(town, media, 1)
    assert (view["bot"], view["user_agent"], view["bytes_sent"]) == (robot, user_agent or None, 1000)
    assert assert_json(town.admin().get(f"/media/media/{media}/analytics"))["total_views"] == (0 if robot else 1)


def test_the_opening_delivery_decides(town):
    if not (TOP_BUILD / "robots.list").exists():
        web_tools.missing("the list of robots (./configure --with-web)")
    media, grant = new_film(town), grant_at(time.time())
    play(town, media, grant=grant)
    wait_views(town, media, 1)
    play(town, media, grant=grant, user_agent=GOOGLEBOT)
    [view] = wait_until(lambda: (found := views(town, media))[0]["bytes_sent"] == 2000 and found, "the second delivery")
    assert (view["bot"], view["user_agent"]) == (False, CHROME)


def test_the_operators_list_decides_for_deliveries_and_reports(make_stack):
    stack = make_stack(trusted_proxies=["127.0.0.1"])
    path = stack.data_dir / "robots.own"
    path.write_text("# ours\n^OurMonitor/\n!Googlebot\n", encoding="utf-8")
    stack.reconfigure(restart=True, robot_list=str(path))
    stack.start_ingest()
    media = new_film(stack)
    for user_agent in ("OurMonitor/1.0", GOOGLEBOT, "python-requests/2.32.3"):
        play(stack, media, user_agent=user_agent)
    assert [view["bot"] for view in wait_views(stack, media, 3)] == [True, False, False]
    assert_json(stack.admin().post(f"/media/media/{media}/view", json={"user_agent": "OurMonitor/2.0"}), 201)
    assert views(stack, media)[-1]["bot"] is True
    stack.stop_ingest()
    path.write_text("good\n(bad\n", encoding="utf-8")
    stack.start_ingest()
    play(stack, media, user_agent="OurMonitor/1.0")
    assert wait_views(stack, media, 5)[-1]["bot"] is False
    assert "robots.own:2: " in stack.log_text("ingest.log")


def test_internal_views_are_kept_and_marked_and_not_counted(make_stack):
    """By network and by viewer, of deliveries, reports and beginnings; a view stays what it was when it was opened."""
    house = start(make_stack, internal_networks=["198.51.100.0/24", "2001:db8:7::/48"], internal_viewers=["boss"])
    media, admin, grant = new_film(house), house.admin(), grant_at(time.time())
    for address, viewer in (("198.51.100.9", "-"), ("2001:db8:7::1", "-"), ("192.0.2.1", "boss"), ("192.0.2.2", "-")):
        play(house, media, address=address, viewer=viewer)
    play(house, media, address="203.0.113.5", viewer="qa-1", grant=grant)
    for viewer, address in (("boss", "192.0.2.7"), ("u-1", "198.51.100.1"), ("u-1", "192.0.2.7")):
        assert_json(admin.post(f"/media/media/{media}/view", json={"viewer": viewer, "viewed_by_ip": address}), 201)
    wait_until(lambda: house.sql("select count(*) from media_view_log") == [(8,)], "all views", timeout=DEADLINE)

    def counted(**asked):
        answer = assert_json(admin.get(f"/media/media/{media}/analytics", params=asked))
        listed = assert_json(admin.get(f"/media/media/{media}/views", params=asked))["items"]
        export = admin.get("/analytics/export", params={"format": "ndjson", "media_id": media, **asked}).text
        top = assert_json(admin.get("/analytics/top", params=asked))["items"]
        overview = assert_json(admin.get("/analytics/overview", params=asked))
        live = assert_json(admin.get("/analytics/live", params=asked))
        retention = assert_json(admin.get(f"/media/media/{media}/retention", params=asked))
        numbers = {
            answer["total_views"],
            len(listed),
            export.count("\n") - 1,
            sum(item["views"] for item in top),
            overview["total_views"],
            retention["total_views"],
        }
        assert len(numbers) == 1, (asked, numbers)
        assert answer["internal"] == retention["internal"] == overview["internal"] == asked.get("internal", "exclude")
        assert all(view["internal"] for view in listed) or asked.get("internal") != "only"
        return numbers.pop(), live["watching"]

    assert counted() == counted(internal="exclude") == (3, 2)
    assert counted(internal="only") == (5, 3)
    assert counted(internal="include") == (8, 5)
    [listed] = assert_json(admin.get("/media/media", params={"sort": "views", "limit": 1}))["items"]
    assert listed["id"] == media
    # Later settings leave what was counted, also of a view that goes on.
    house.stop_ingest()
    house.reconfigure(restart=True, internal_networks=["203.0.113.0/24"], internal_viewers=[])
    house.start_ingest()
    play(house, media, address="203.0.113.5", viewer="qa-1", grant=grant)
    play(house, media, address="203.0.113.6")
    wait_until(lambda: counted(internal="include")[0] == 9, "the new view")
    assert counted() == (3, 2) and counted(internal="only") == (6, 4)
    assert house.sql("select bytes_sent from media_view_log where viewer = 'qa-1'") == [(2000,)]


def test_without_a_list_of_robots_ingest_says_so_and_counts(make_stack):
    lonely = make_stack(trusted_proxies=["127.0.0.1"])
    (lonely.root / "share/audience/robots.list").unlink(missing_ok=True)
    lonely.start_ingest()
    media = new_film(lonely)
    play(lonely, media, user_agent=GOOGLEBOT)
    assert wait_views(lonely, media, 1)[0]["bot"] is False
    assert "robots count as viewers" in lonely.log_text("ingest.log")


# --- countries ------------------------------------------------------------------------------------------------
def test_countries_come_from_the_operators_database_and_it_may_be_replaced(make_stack):
    stack = make_stack(trusted_proxies=["127.0.0.1"])
    path = stack.data_dir / "country.mmdb"
    stack.reconfigure(restart=True, country_database=str(path))
    stack.start_ingest()
    media = new_film(stack)
    play(stack, media, "192.0.2.1")
    assert [view["country"] for view in wait_views(stack, media, 1)] == [None]
    assert "country_database: " in stack.log_text("ingest.log")

    country_file.write(
        path,
        {
            "192.0.2.0/25": "AT",
            "198.51.100.0/24": {"country": "CH"},
            "2001:db8::/32": {"country_code": "DE"},
            "203.0.113.0/24": "narnia",
        },
    )
    time.sleep(1.1)  # ingest looks once a second
    for address in ("192.0.2.1", "192.0.2.200", "198.51.100.9", "2001:db8::7", "203.0.113.1", "2001:db9::1"):
        play(stack, media, address)
    assert [view["country"] for view in wait_views(stack, media, 7)] == [None, "AT", None, "CH", "DE", None, None]
    assert_reported(stack, media, "192.0.2.1", "AT")

    path.with_suffix(".bad").write_bytes(b"no database")
    path.with_suffix(".bad").rename(path)
    time.sleep(1.1)
    play(stack, media, "192.0.2.1")
    country_file.write(path, {"192.0.2.0/25": "FI"})
    time.sleep(1.1)
    play(stack, media, "192.0.2.1")
    assert [view["country"] for view in wait_views(stack, media, 9)][-2:] == ["AT", "FI"]


def assert_reported(stack, media, address, country):
    answer = stack.admin().post(f"/media/media/{media}/view", json={"viewed_by_ip": address, "user_agent": "Player/1"})
    assert_json(answer, 201)
    [view] = [view for view in views(stack, media) if view["source"] == "reported"]
    assert (view["country"], view["user_agent"]) == (country, "Player/1")
    stack.sql("delete from media_view_log where source = 'reported' returning id")


# --- view_ip ----------------------------------------------------------------------------------------------------
@pytest.fixture(scope="module", params=["truncated", "hashed"])
def masked(request, module_stack_with):
    running = start(module_stack_with, view_ip=request.param)
    running.mode = request.param
    return running


def test_a_masked_address_is_not_stored(masked):
    media = new_film(masked)
    play(masked, media, "198.51.100.77")
    play(masked, media, "2001:db8:aaaa:bbbb::77")
    answer = assert_json(masked.admin().post(f"/media/media/{media}/view", json={"viewed_by_ip": "198.51.100.77"}), 201)
    shown = [view["viewed_by_ip"] for view in wait_views(masked, media, 3)]
    if masked.mode == "truncated":
        assert shown == ["198.51.100.0", "2001:db8:aaaa::", "198.51.100.0"]
    else:
        assert all(ipaddress.ip_address(address) in ipaddress.ip_network("fd6d:6761:7465::/48") for address in shown)
        assert len(set(shown)) == 2 and shown[0] == shown[2]
    assert answer["viewed_by_ip"] == shown[2]
    (first, second, third) = keys(masked, media)
    assert first == third != second
    for table in ("media_view_log", "view_watching", "rate_limit"):
        assert "198.51.100.77" not in str(masked.sql(f"select t::text from {table} t"))


def test_uniques_are_networks_or_addresses_of_a_day(masked):
    media = new_film(masked)
    yesterday, today = noon(), time.time()
    for address, granted in (
        ("192.0.2.1", yesterday),
        ("192.0.2.1", yesterday),
        ("192.0.2.1", today),
        ("192.0.2.2", today),
    ):
        play(masked, media, address, grant=grant_at(granted))
    wait_views(masked, media, 4)
    hashes = [row[1] for row in keys(masked, media)]
    assert len(set(hashes)) == {"truncated": 1, "hashed": 3}[masked.mode]
    assert len({row[0] for row in keys(masked, media)}) == 3  # addresses of a day, in both
    said = assert_json(masked.admin().get(f"/media/media/{media}/analytics"))
    assert (said["unique_ips"], said["uniques"]["of"]) == {
        "truncated": (1, "networks"),
        "hashed": (3, "addresses per day"),
    }[masked.mode]


def test_a_view_across_midnight_is_one_view(masked):
    """Its grant was issued yesterday, a second before midnight: yesterday's salt masks all that it plays."""
    media, grant = new_film(masked), grant_at(time.time() // DAY * DAY - 1)
    play(masked, media, grant=grant)
    wait_views(masked, media, 1)
    assert masked.stop_ingest() == 0  # and nothing of it is only in memory
    masked.start_ingest()
    play(masked, media, grant=grant)
    [view] = wait_until(
        lambda: (found := views(masked, media))[0]["bytes_sent"] == 2000 and found, "the second delivery"
    )
    assert view["grant_id"] == grant
    yesterday = datetime.datetime.now(datetime.timezone.utc).date() - datetime.timedelta(days=1)
    assert masked.sql("select count(*) from address_salt where day = %s", yesterday) == [(1,)]


def test_a_salt_is_destroyed_when_no_grant_of_its_day_can_play(masked):
    today = int(time.time() // DAY)
    masked.sql(
        "insert into address_salt select date '1970-01-01' + d, decode(repeat('ab', 32), 'hex') from "
        "generate_series(%s, %s) d on conflict do nothing returning day",
        today - 10,
        today,
    )
    masked.stop_ingest()
    masked.start_ingest()
    # It is kept for a day of playing (stream_ttl_max) and a day for deliveries that end late.
    wait_until(
        lambda: masked.sql("select min(day) - date '1970-01-01' from address_salt") == [(today - 2,)],
        "old salts to be destroyed",
    )
