# SPDX-License-Identifier: ISC
"""The console in Chromium and Firefox: what people do there, on a stack of its own, under the page's own policy."""
import json
import re
import subprocess

import pytest

import web_tools
from console_tools import BROWSERS, browse, new_town
from stack import DEADLINE, TOP_SRC

FIRST_VIEW_BYTES = 100 * 1024
FIRST_VIEW_MS = 1000
READER_SEES = ["Overview", "Live", "Media", "Packages", "System", "Account"]


@pytest.fixture(scope="module")
def town(module_stack_with, make_media):
    """A stack as console_tools has it, with a view of the plain film that was delivered, and two that were reported."""
    running = new_town(module_stack_with, make_media)
    with running.anonymous() as viewer:
        assert viewer.get(running.stream_path(running.plain, running.owner)).status_code == 200
    running.wait_counted()
    for viewer in ("u-1", "u-2"):
        assert running.owner.post(f"/media/media/{running.plain}/view", json={"viewer": viewer}).status_code == 201
    return running


@pytest.fixture(scope="module", params=BROWSERS)
def flows(request, town, make_media):
    """What a browser saw of all flows, one after the other."""
    web_tools.need_browser(request.param)
    return browse(town, "flows", request.param, file=str(make_media("film")), packaged=town.packaged, plain=town.plain)


def test_a_wrong_password_is_told(flows):
    assert flows["refused"] == "E-mail and password do not fit together."


def test_cards_choose_the_graph_and_all_of_it_stands_in_the_address(flows):
    overview = flows["overview"]
    assert overview["before"].startswith("Views, ") and overview["graph"].startswith("Plays, ")
    assert "show=plays" in overview["address"] and "compare=previous" in overview["address"]
    assert (overview["columns"], overview["rows"]) == (2, 30)  # two periods, thirty days


def test_a_search_finds_and_opens(flows):
    assert flows["found"] == "A packaged film"


def test_a_package_plays_by_hls_and_a_file_by_itself(flows, town):
    assert flows["packaged"]["source"].startswith("blob:")
    assert f"{town.base_url}/stream/" in flows["plain"]["source"]
    assert "Speed" in flows["plain"]["choices"]


def test_nothing_is_loaded_before_somebody_plays(flows):
    assert (flows["packaged"]["before"], flows["plain"]["before"]) == (0, 0)


def test_a_chapter_is_jumped_to(flows):
    assert [" ".join(words.split()) for words in flows["chapters"]] == ["0:00 Opening", "0:03 End"]


def test_a_shared_url_plays_until_it_is_revoked(flows):
    share = flows["share"]
    assert (share["good"], share["revoked"]) == (200, 403)
    assert "/u-4711/" in share["url"] and share["forms"]["curl"].startswith("curl -o ")
    assert share["url"] in share["forms"]["<video>"] and share["url"] in share["forms"]["iframe"]


def test_an_upload_becomes_a_medium(flows, make_media):
    assert flows["uploaded"] == make_media("film").stem


def test_a_logout_loses_no_typed_text(flows):
    assert flows["kept"] == {"hidden": True, "typed": "Half a thought"}
    assert flows["after"] == "Media"


def test_there_is_a_second_language(flows):
    assert flows["language"] == "de"


def test_the_policy_is_never_violated_and_nothing_else_is_asked(flows, town):
    seen = flows["seen"]
    assert seen["violations"] == [] and seen["errors"] == []
    assert [line for line in seen["console"] if "Content" in line and "Policy" in line] == []
    asked = [request.split(" ", 1)[1] for request in seen["requests"]]
    assert [url for url in asked if not url.startswith((town.base_url, f"blob:{town.base_url}", "data:"))] == []


def test_the_first_account_is_made_in_the_page(make_stack):
    stack = make_stack(signup_policy="open")
    seen = web_tools.browse(
        "console_first", base_url=stack.base_url, email="first@example.test", password="correct horse battery"
    )
    assert "8" in seen["wrong"]
    assert seen["who"].split() == ["first@example.test", "Owner"]
    assert seen["heading"] == "Overview"


@pytest.fixture(scope="module", params=BROWSERS)
def managed(request, town):
    """What a browser saw while an owner managed people, keys, sessions and media."""
    web_tools.need_browser(request.param)
    return browse(town, "manage", request.param, plain=town.plain, guest=f"{request.param}@example.test")


def test_an_invitation_lets_somebody_in_with_its_role_and_stays_out_of_logs(managed, town):
    guest = managed["guest"]
    assert guest["nav"] == READER_SEES and guest["violations"] == []
    assert "#invitation=" in managed["link"] and "invitation" not in guest["address"]
    assert "invitation=" not in town.log_text("view.log") + town.log_text("error.log")


def test_a_key_is_made_rotated_and_revoked(managed):
    assert managed["keys"] == {"before": 200, "differ": True}


def test_an_upload_url_is_made_listed_and_ended(managed, town):
    assert managed["uploadUrl"].startswith(f"{town.base_url}/uploads/mgu_")


def test_all_other_sessions_are_ended(managed):
    assert managed["sessions"] == 1


def test_many_media_are_tagged_found_by_the_tag_and_deleted(managed):
    assert managed["many"] is True


def test_each_delivery_of_a_view_has_its_verdict(managed):
    assert "counts" in managed["explained"]
    assert set(managed["explained"]) <= {"begins", "counts", "refused"}  # the newest may be the one that was revoked


def test_owners_see_jobs_events_and_health(managed):
    pages = managed["owners"]
    assert "A packaged film" in pages["Packages"] and "Done" in pages["Packages"]
    assert "key.revoked" in pages["Events"]
    assert "Database\nanswers" in pages["System"]


def test_a_row_is_a_filter_and_its_chip_takes_it_away(managed):
    assert managed["filter"]["chip"] == "Viewer id: u-1" and managed["filter"]["after"] != "1"


@pytest.fixture(scope="module", params=BROWSERS)
def left(request, town):
    """What a browser saw while somebody typed and the session ended, and another person came."""
    web_tools.need_browser(request.param)
    reader = {"email": town.reader.email, "password": town.reader.password}
    return browse(town, "leave", request.param, medium=town.plain, reader=reader)


def test_a_logout_keeps_what_was_typed_out_of_the_document(left):
    assert left["left"] == {"gone": True, "email": "", "typed": "pt-BR"}


def test_a_session_that_expires_in_a_form_loses_nothing(left):
    assert left["expired"] == {"gone": True, "email": True, "saved": "A plain film, second thoughts"}


def test_another_person_never_sees_what_was_typed(left):
    assert left["another"] == {"gone": True, "stored": False, "path": "/console/", "after": ""}


@pytest.mark.parametrize("browser", BROWSERS)
def test_tabs_share_a_session_and_refresh_once_for_all(town, browser):
    web_tools.need_browser(browser)
    seen = browse(town, "tabs", browser)
    assert seen["logins"] == 1 and seen["refreshes"] == 1


def test_a_second_factor_is_set_up_asked_for_and_removed(town):
    seen = browse(town, "totp")
    assert seen["codes"] == 10 and seen["width"] > 0
    assert seen["seen"]["violations"] == []


def test_the_keyboard_alone_leads_to_a_shared_url(town):
    seen = browse(town, "keys", title="A plain film")
    assert seen["url"].startswith(f"{town.base_url}/stream/")
    assert seen["back"] == "Share"  # the focus is where it was before the dialog
    assert seen["wrong"] == []


def test_each_page_is_accessible_and_fits_a_narrow_screen(town):
    pages = {
        "overview": "/",
        "overview-compared": "/?compare=previous&show=viewers",
        "live": "/live",
        "media": "/media",
        "medium": f"/media/{town.packaged}",
        "uploads": "/uploads",
        "keys": "/keys",
        "packages": "/packages",
        "events": "/events",
        "people": "/people",
        "account": "/account",
        "missing": "/nothing",
    }
    found = browse(town, "pages", pages=pages)
    assert found["violations"] == []
    assert found["sideways"] == []


def test_the_first_view_is_small_and_quick(town):
    seen = browse(town, "budget")
    assert seen["bytes"] < FIRST_VIEW_BYTES
    assert seen["ms"] < FIRST_VIEW_MS


def test_an_analyst_is_offered_nothing_that_changes(town):
    seen = browse(town, "reader", email=town.reader.email, password=town.reader.password, medium=town.plain)
    assert seen["nav"] == READER_SEES
    assert seen["buttons"] == []


def test_files_are_packed_named_by_content_and_under_the_policy(town):
    with town.anonymous() as api:
        page = api.get("/console/")
        assert page.headers["Cache-Control"] == "no-cache"
        policy = page.headers["Content-Security-Policy"]
        assert "default-src 'none'" in policy and "require-trusted-types-for 'script'" in policy
        assert "unsafe" not in policy and "data:" not in policy
        assert not re.search(r"<style|style=|<script(?! type=\"module\" src=\"/)|\son\w+=", page.text)
        for path in re.findall(r'(?:src|href)="(/console/[^"]+)"', page.text):
            file = api.get(path, headers={"Accept-Encoding": "gzip"})
            assert file.status_code == 200, path
            assert file.headers["Content-Encoding"] == "gzip" and "immutable" in file.headers["Cache-Control"]
            assert file.headers["Content-Security-Policy"] == policy
        assert api.get("/console/assets/none.js").status_code == 404


def test_every_language_has_every_message():
    web_tools.need_tools()
    done = subprocess.run(
        ["node", TOP_SRC / "tests/web/console_texts.mjs", json.dumps({"source": str(TOP_SRC / "web/console")})],
        capture_output=True,
        text=True,
        timeout=DEADLINE,
        check=True,
    )
    told = json.loads(done.stdout)
    english = told["languages"]["en"]
    for name, messages in told["languages"].items():
        assert messages == english, name  # the same keys, and in each the same values
    assert sorted(set(told["needed"]) - set(english)) == []
    unused = [
        key for key in english if key not in told["asked"] and not any(key.startswith(start) for start in told["begun"])
    ]
    assert unused == []
