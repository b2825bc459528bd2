# SPDX-License-Identifier: ISC
"""What only owners do in the console, and see there: webhooks, the system, who watches now."""
import pytest

import web_tools
from answers import assert_json
from console_tools import BROWSERS, browse, new_film, new_town
from stack import wait_until
from webhook_receiver import Receiver


@pytest.fixture(scope="module", name="town")
def fixture_town(module_stack_with, make_media):
    running = new_town(module_stack_with, make_media, webhook_http=True, webhook_networks=["127.0.0.0/8"])
    running.start_notify()
    return running


@pytest.fixture(scope="module", name="receiver")
def fixture_receiver():
    with Receiver().running() as running:
        yield running


@pytest.fixture(scope="module", params=BROWSERS)
def owners(request, town, receiver):
    """What a browser saw while an owner managed webhooks and looked at the system."""
    web_tools.need_browser(request.param)
    return browse(town, "owners", request.param, receiver=receiver.url)


def test_a_webhook_is_made_tried_and_sent_again(owners, receiver):
    good = owners["good"]
    assert good["refused"] == "must be an https URL"
    assert good["secret"].startswith("whsec_") and good["events"] == "package.*"
    assert good["outcome"].startswith("answered 200 · ")
    assert len(receiver.at("/ok")) >= 2


def test_a_webhook_is_changed_switched_and_gets_a_new_secret(owners):
    changed = owners["changed"]
    assert changed["secret"].startswith("whsec_") and changed["secret"] != owners["good"]["secret"]
    assert (changed["off"], changed["on"]) == ("Disabled", "Enabled")


def test_a_failing_webhook_stands_first_and_says_why(owners):
    failing = owners["failing"]
    assert failing["outcome"].startswith("the receiver answered 500")
    assert (failing["first"], failing["chip"]) == ("broken", "Failing")
    assert failing["words"].startswith("It has been failing")


def test_settings_are_found_with_their_source(owners):
    system = owners["system"]
    assert system["set"] > 10 and (system["database"], system["left"]) == ("File", "Default")
    assert system["found"] == 1
    assert system["links"] == ["/docs/", "/redoc/", "/openapi.json"]


def test_pages_of_owners_keep_to_the_policy(owners):
    seen = owners["seen"]
    assert (seen["violations"], seen["errors"]) == ([], [])


def test_who_watches_now_is_seen_without_a_reload(town, make_media):
    film = new_film(town, make_media("film"), "A live film")
    told = browse(town, "live", medium=film, title="A live film")
    assert (told["before"], told["watching"]) == (0, "1")
    assert told["seen"]["violations"] == []


def test_the_keyboard_alone_makes_a_webhook_and_finds_a_setting(town, receiver):
    told = browse(town, "keys_owners", receiver=receiver.url)
    assert told["made"]["chosen"].startswith("whsec_")  # selected, for who copies by hand
    assert told["made"]["back"] == "New webhook"
    assert told["all"] is True and told["wrong"] == []


@pytest.fixture(name="broken_hook")
def fixture_broken_hook(town, receiver):
    """A webhook of which each delivery fails: its id."""
    hook = assert_json(
        town.owner.post("/webhooks", json={"url": receiver.url + "/status/500", "events": ["*"], "description": "CRM"}),
        201,
    )
    assert town.owner.post(f"/webhooks/{hook['id']}/test").status_code == 202
    wait_until(lambda: assert_json(town.owner.get(f"/webhooks/{hook['id']}"))["failing_since"], "the webhook to fail")
    yield hook["id"]
    town.owner.delete(f"/webhooks/{hook['id']}")


def test_pages_of_owners_are_accessible_and_fit_a_narrow_screen(town, broken_hook):
    found = browse(
        town, "pages", pages={"webhooks": "/webhooks", "webhook": f"/webhooks/{broken_hook}", "system": "/system"}
    )
    assert found["violations"] == []
    assert found["sideways"] == []
