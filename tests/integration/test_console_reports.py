# SPDX-License-Identifier: ISC
"""Shared reports in the console: shared by an owner, read without an account, and withdrawn."""
import datetime
import itertools

import pytest

import web_tools
from answers import assert_json
from console_tools import BROWSERS, browse, need_console, new_film

SECRET = "a horse for the readers"
AGENTS = {"desktop": ("Windows", "Firefox"), "phone": ("iOS", "Mobile Safari"), "tablet": ("Android", "Chrome")}


@pytest.fixture(scope="module", name="town")
def fixture_town(module_stack_with, make_media):
    """Two films with views of the last thirty days: from two countries, on three kinds of devices."""
    need_console()
    running = module_stack_with()
    running.owner = running.new_admin()
    running.films = [new_film(running, make_media("film"), f"A shared film {number}") for number in range(2)]
    size = assert_json(running.owner.get(f"/media/media/{running.films[0]}"))["size_bytes"]
    agents = [
        running.sql(
            "insert into user_agent (text, device, system, browser) values (%s, %s, %s, %s) returning id",
            device,
            device,
            *facts,
        )[0][0]
        for device, facts in AGENTS.items()
    ]
    now = datetime.datetime.now(datetime.timezone.utc)
    running.add_views(
        [
            {
                "media_id": film,
                "timestamp": now - datetime.timedelta(days=day, minutes=day % 7),
                "viewed_by_ip": f"192.0.2.{day}",
                "bytes_sent": 10**7,
                "watched_seconds": 40 + day,
                "played": True,
                "country": country,
                "viewer": "u-4711",
                "referrer": "www.example.org",
                "user_agent_id": agent,
                "file_bytes": size,
                "delivered_bytes": "{[0,%d)}" % (size * (30 + day) // 60),
            }
            for film, day, country, agent in itertools.product(running.films, range(0, 30, 2), ("DE", "NP"), agents)
            if (day + film) % 3
        ]
    )
    return running


@pytest.fixture(scope="module", params=BROWSERS)
def seen(request, town):
    """What a browser saw while an owner shared reports, and two strangers read them."""
    web_tools.need_browser(request.param)
    return browse(town, "reports", request.param, medium=town.films[0], secret=SECRET)


def test_a_report_is_shared_from_what_the_page_shows(seen, town):
    medium, every, fixed = (seen["shared"][name] for name in ("medium", "all", "fixed"))
    assert medium["named"] == "A shared film 0" and every["named"] == "All media"
    assert medium["wrong"]
    assert medium["times"][0] == "Always the last 90 days" and medium["times"][1].startswith("As shown: ")
    assert every["times"][0] == "Always today" and len(fixed["times"]) == 1
    for one in (medium, every, fixed):
        assert one["link"].startswith(f"{town.base_url}/console/report#mgr_")


def test_the_list_says_what_each_report_shows(seen):
    january, every, film = seen["listed"]
    assert "1 Jan 2026 – 31 Jan 2026" in january and "Always today" in every
    assert "A shared film 0" in film and "Country: Germany" in film and "with a password" in film


def test_a_reader_says_the_password_and_sees_the_report_alone(seen, town):
    reader = seen["readers"]["medium"]
    assert reader["refused"] == "The password is not that of this report."
    assert (reader["title"], reader["nav"], reader["fixed"]) == ("A film in Germany", 0, ["Country: Germany"])
    wanted = town.sql("select count(*) from media_view_log where media_id = %s and country = 'DE'", town.films[0])
    assert reader["views"] == str(wanted[0][0])
    assert {"How far they come", "Countries", "Devices"} <= set(reader["panels"])
    assert not {"Viewer ids", "Latest views", "Export"} & set(reader["panels"])


def test_a_reader_filters_further_and_keeps_the_link(seen):
    reader = seen["readers"]["medium"]
    assert int(reader["filtered"]) * 3 == int(reader["views"]) and reader["kept"]


def test_a_reader_of_all_media_sees_the_ranking_without_ways_out(seen):
    reader = seen["readers"]["all"]
    assert reader["title"] == "Everything" and reader["links"] == 0
    assert set(reader["names"]) <= {"A shared film 0", "A shared film 1"}


def test_a_withdrawn_and_a_broken_link_say_so(seen):
    assert seen["readers"]["over"]["heading"] == "This report is over"
    assert seen["readers"]["none"]["heading"] == "This link shows nothing"


def test_a_link_reaches_no_log_and_a_reader_asks_for_the_report_alone(seen, town):
    for reader in seen["readers"].values():
        assert reader["errors"] == [] and reader["violations"] == []
        paths = [request.split(" ", 1)[1].removeprefix(town.base_url).split("?")[0] for request in reader["requests"]]
        assert [path for path in paths if not path.startswith(("/console/", "/report"))] == []
    secret = seen["shared"]["medium"]["link"].split("#")[1]
    for log in ("serve.log", "view.log", "error.log"):
        assert secret not in town.log_text(log)
    assert seen["seen"]["violations"] == [] and seen["seen"]["errors"] == []


@pytest.mark.parametrize("width", [1280, 320])
def test_each_page_of_reports_is_accessible_and_fits_the_screen(town, width):
    def share(**fields):
        url = assert_json(town.owner.post("/reports", json={"tz": "Europe/Berlin", **fields}), 201)["report_url"]
        return url.removeprefix(f"{town.base_url}/console")

    film = {"media_id": town.films[0], "last_days": 30}
    found = browse(
        town,
        "pages",
        widths=[width],
        pages={"reports": "/reports"},
        dialogs={"report-share": [f"/media/{town.films[0]}/analytics?country=DE&bots=include", "Share report"]},
        readers={
            "report-medium": share(title="A film, last month", **film, filter={"country": "DE"}),
            "report-all": share(title="All films of the last month", last_days=30),
            "report-locked": share(title="Locked", password=SECRET, **film),
            "report-none": "/report#mgr_1_nothing",
        },
    )
    assert found["violations"] == []
    assert found["sideways"] == []
