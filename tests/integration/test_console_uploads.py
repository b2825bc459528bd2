# SPDX-License-Identifier: ISC
"""Uploads and packages in the console when things go wrong: the network is cut, a package fails."""
import collections

import pytest

import package_tools
import web_tools
from answers import assert_json
from console_tools import BROWSERS, browse, need_console, new_film
from cutting_network import CuttingNetwork

FILES = 10
CUT_SECONDS = 1


@pytest.fixture(scope="module", name="town")
def fixture_town(module_stack_with):
    need_console()
    running = module_stack_with(**package_tools.QUICK)
    running.owner = running.new_admin()
    return running


def media_of(town, start):
    found = assert_json(town.owner.get("/media/media/", params={"q": start, "limit": 200}))["items"]
    return sorted(found, key=lambda medium: medium["title"])


@pytest.mark.parametrize("browser", BROWSERS)
def test_ten_dropped_files_arrive_though_the_network_is_cut_in_their_middle(town, browser, make_media, tmp_path):
    web_tools.need_browser(browser)
    film = make_media("film").read_bytes()
    files = [tmp_path / f"{browser} {number}.mp4" for number in range(FILES)]
    for file in files:
        file.write_bytes(film)
    with CuttingNetwork(town.http_port, [int(2.5 * len(film)), int(4.2 * len(film))], CUT_SECONDS) as network:
        told = web_tools.browse(
            "console_drop",
            browser=browser,
            base_url=network.url,
            email=town.owner.email,
            password=town.owner.password,
            files=[str(file) for file in files],
        )
    assert network.cuts == 2
    assert (told["queued"], told["failed"], told["path"]) == (FILES, 0, "/console/uploads")
    assert told["seen"]["violations"] == [] and told["seen"]["errors"] == []
    media = media_of(town, browser)
    assert [medium["title"] for medium in media] == [file.stem for file in files]
    assert collections.Counter(medium["size_bytes"] for medium in media) == {len(film): FILES}


def test_a_failed_package_says_what_helps_and_is_tried_again(town, tmp_path):
    """ffmpeg gets too little memory, then enough: the page shows the reason, the remedy and the log."""
    heavy = "-f lavfi -i color=black:s=8192x8192:r=1:d=3 -c:v libx264 -preset ultrafast"
    media = new_film(town, package_tools.make(tmp_path / "in.mp4", heavy), "A heavy film")
    assert_json(town.owner.post(f"/media/media/{media}/package"), 202)
    with town.changed(package_memory=512):
        package_tools.work(town)
    told = browse(town, "retry", title="A heavy film", medium=media)
    assert "package_memory" in told["remedy"] and told["error"]
    assert told["error"] in told["log"]
    assert told["after"] == "Waiting"
    package_tools.work(town)
    assert package_tools.state(town, media)[0] == "ready"
