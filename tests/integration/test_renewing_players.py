# SPDX-License-Identifier: ISC
"""The recipes of docs/players.md in Chromium: a film that is longer than its URL lives plays to its end."""
import re

import package_tools
import pytest
import web_tools
from stack import DEADLINE, TOP_SRC, wait_until

SECONDS, TTL = 24, 6


@pytest.fixture(scope="module")
def allowed():
    with web_tools.other_origin() as origin:
        yield origin


@pytest.fixture(scope="module")
def studio(module_stack_with, allowed):
    stack = module_stack_with(cors_origins=[allowed], **package_tools.QUICK)
    stack.start_ingest()
    return stack


@pytest.fixture(scope="module")
def film(studio, tmp_path_factory):
    source = package_tools.make(
        tmp_path_factory.mktemp("film") / "in.mp4",
        f"-f lavfi -i testsrc2=s=320x180:r=25:d={SECONDS} -f lavfi -i sine=d={SECONDS} "
        "-c:v libx264 -preset ultrafast -pix_fmt yuv420p -c:a aac",
    )
    media = studio.film(source, title="Longer than its URL")
    assert package_tools.package(studio, media["id"])["state"] == "ready"
    package_tools.streams(studio, media["id"])
    return media


def recipe(name):
    """The block of docs/players.md that is marked so."""
    text = (TOP_SRC / "docs/players.md").read_text(encoding="utf-8")
    return re.search(rf"^```js {re.escape(name)}\n(.*?)^```$", text, re.M | re.S).group(1)


def play(studio, film, allowed, player, renew=True):
    key = studio.key(["streams:issue"], max_ttl_seconds=TTL)
    seen = web_tools.browse(
        "renewing",
        page_url=allowed,
        api_url=studio.base_url,
        key=key.key,
        player=player,
        recipe=recipe("renewing") + recipe(player),
        media_id=film["id"],
        ttl_seconds=TTL,
        renew=renew,
        timeout_ms=int(3 * DEADLINE * 1000),
    )
    grant = seen["grant"]
    assert grant["expires_in"] == TTL
    asked = [request for request in seen["seen"]["requests"] if f"/{grant['grant_id']}/" in request["url"]]
    return seen, grant, asked


@pytest.mark.parametrize("player", ["hls.js", "shaka", "video.js"])
def test_a_film_longer_than_its_url_plays_through(studio, film, allowed, player):
    seen, grant, asked = play(studio, film, allowed, player)
    told = {**seen, "seen": seen["seen"]["console"], "asked": asked}
    assert seen["problems"] == [] and seen["ended"] and seen["state"]["time"] > SECONDS - 1, told
    assert seen["renewals"] >= 3
    assert {request["status"] for request in asked} <= {200, 206, 0}
    assert len({request["url"].split("/stream/")[1].split("/")[4] for request in asked}) >= 3  # expiries

    def views():
        rows = studio.sql(
            "select viewer from media_view_log where replace(grant_id::text, '-', '') = %s", grant["grant_id"]
        )
        return rows == [("u-1",)]

    wait_until(views, "its one view")


def test_without_renewing_it_does_not(studio, film, allowed):
    _, _, asked = play(studio, film, allowed, "hls.js", renew=False)
    assert 410 in {request["status"] for request in asked}
