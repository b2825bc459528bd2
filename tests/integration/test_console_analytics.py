# SPDX-License-Identifier: ISC
"""The analytics of one medium in the console: the map, the storyboard and its hotspots, filters, comparing."""
import datetime

import pytest

import country_file
import package_tools
import web_tools
from answers import assert_json
from console_tools import BROWSERS, browse, need_console, new_film

COUNTRIES = {
    "DE": 5,
    "AT": 3,
    "FR": 2,
    "US": 2,
    "BR": 1,
    "JP": 1,
    "MT": 1,
}  # views of each; Malta is too small for the map
AGENTS = [
    "Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0",
    "Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/17.5"
    " Mobile/15E148 Safari/604.1",
]


@pytest.fixture(scope="module", name="town")
def fixture_town(module_stack_with, make_media):
    """A stack with one packaged film that was watched from many countries, by some from its middle on: .film."""
    need_console()
    running = module_stack_with(trusted_proxies=["127.0.0.1"], package_nice=0, **package_tools.QUICK)
    running.owner = running.new_admin()
    running.film = new_film(running, make_media("film"), "A film of six seconds")
    database = running.data_dir / "country.mmdb"
    country_file.write(database, {f"198.51.{i}.0/24": code for i, code in enumerate(COUNTRIES)})
    running.reconfigure(restart=True, country_database=str(database))
    running.start_ingest()
    size = assert_json(running.owner.get(f"/media/media/{running.film}"))["size_bytes"]
    for i, (code, count) in enumerate(COUNTRIES.items()):
        for view in range(count):
            _watch(running, f"198.51.{i}.{view + 1}", f"{code}-{view}", AGENTS[view % 2], size // 2 if view % 2 else 0)
    running.wait_logged()
    running.wait_counted()
    package_tools.package_by(running, running.owner, running.film)
    return running


def _watch(town, address, viewer, agent, start):
    headers = {"X-Forwarded-For": address, "User-Agent": agent, "Range": f"bytes={start}-"}
    with town.anonymous() as api:
        path = town.stream_path(town.film, town.owner, viewer=viewer)
        assert api.get(path, headers=headers).status_code == 206


@pytest.fixture(scope="module", params=BROWSERS)
def seen(request, town):
    """What a browser saw of the film's analytics."""
    web_tools.need_browser(request.param)
    return browse(town, "analytics", request.param, medium=town.film)


def test_the_map_is_loaded_for_its_page_alone_and_has_words(seen):
    assert seen["early"] == 0 and seen["map"]["requests"] == 1
    assert seen["map"]["words"] == "Most views came from Germany: 5. The list has 7 countries."
    assert seen["map"]["caption"].endswith("1 is too small for the map.")
    assert seen["map"]["drawn"] == len(COUNTRIES) - 1
    assert seen["map"]["pointed"] == "Austria: 3 views"


def test_a_country_on_the_map_is_a_filter_as_in_the_list(seen):
    assert seen["filter"] == {"chip": "Country: Austria", "views": "3", "left": 1}


def test_the_film_stands_under_its_curve_with_marks_where_people_jump_to(seen):
    film = seen["film"]
    assert film["tiles"] >= 4 and film["sheets"] == 1
    assert film["loaded"] > 0  # the sheet is a picture
    assert film["marks"] == film["listed"] >= 1


def test_one_medium_is_compared_with_the_year_before(seen):
    first, second = seen["compare"]["key"]
    year = datetime.date.today().year
    assert str(year) in first and str(year - 1) in second
    assert "compare=year" in seen["compare"]["address"]
    assert seen["compare"]["change"] == "from 0"


def test_the_policy_holds_on_these_pages(seen, town):
    told = seen["seen"]
    assert (told["violations"], told["errors"]) == ([], [])
    asked = [request.split(" ", 1)[1] for request in told["requests"]]
    assert [url for url in asked if not url.startswith((town.base_url, f"blob:{town.base_url}", "data:"))] == []


def test_analytics_are_accessible_and_fit_a_narrow_screen(town):
    medium = f"/media/{town.film}/analytics"
    pages = {
        "analytics": medium,
        "analytics-filtered": f"{medium}?viewer=DE-1&range=7d",
        "analytics-compared": f"{medium}?compare=year&show=watched",
    }
    found = browse(town, "pages", pages=pages)
    assert found["violations"] == []
    assert found["sideways"] == []
