# SPDX-License-Identifier: ISC
"""A stack for the tests of the console, and a browser that runs one script of tests/web/ in it."""
import package_tools
import web_tools
from stack import TOP_BUILD

BROWSERS = ["chromium", "firefox"]


def need_console():
    if not (TOP_BUILD / "web-dist/console/index.html").exists():
        web_tools.missing("the console (./configure --with-web)")


def new_town(module_stack_with, make_media, **settings):
    """A stack with two films, one of them packaged, an owner and an analyst: .packaged, .plain, .owner, .reader."""
    need_console()
    running = module_stack_with(**package_tools.QUICK, **settings)
    running.owner = running.new_admin()
    running.plain = new_film(running, make_media("film"), "A plain film")
    running.packaged = new_film(running, make_media("film"), "A packaged film")
    package_tools.package_by(running, running.owner, running.packaged)
    running.reader = running.new_admin(role="analyst")
    running.reconfigure(signup_policy="invite")
    running.start_ingest()
    return running


def new_film(town, path, title):
    media = town.new_media(town.owner, title=title)["id"]
    assert town.upload(media, path, town.owner).status_code == 201
    return media


def browse(town, script, browser="chromium", **settings):
    """What tests/web/console_<script>.mjs saw, as the owner unless settings name another account."""
    account = {"email": town.owner.email, "password": town.owner.password}
    return web_tools.browse(f"console_{script}", browser=browser, base_url=town.base_url, **{**account, **settings})
