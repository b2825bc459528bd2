# SPDX-License-Identifier: ISC
"""Upload URLs: whoever has one uploads one file without a token, within its limits; who made it sees how far it is."""
import hashlib
import http.client
import re
import time

import pytest
import tus_client as tus

import web_tools
from answers import assert_json, assert_problem, parse_time
from stack import wait_until
from upload_tools import nothing_completes

TUS = tus.TUS
MEMBERS = {
    "id",
    "title",
    "type",
    "media_id",
    "max_bytes",
    "max_duration_seconds",
    "cors_origin",
    "package",
    "created_at",
    "expires_at",
}


def create(api, **wanted):
    return assert_json(api.post("/upload-urls", json={"title": "From outside", **wanted}), 201)


def path_of(stack, made):
    assert made["upload_url"].startswith(stack.base_url + "/uploads/mgu_")
    return made["upload_url"].removeprefix(stack.base_url)


def begin(browser, path, length, **headers):
    return browser.post(path, headers={**TUS, "Upload-Length": str(length), **headers})


def listed(api, made, **query):
    items = assert_json(api.get("/uploads", params=query))["items"]
    return next((item for item in items if item["id"] == made["id"]), None)


@pytest.fixture
def browser(stack):
    with stack.anonymous() as api:
        yield api


@pytest.fixture
def body(make_media):
    return make_media("film").read_bytes()


# --- the way of a file ------------------------------------------------------------------------------------
def test_a_file_goes_to_its_url_without_a_token(stack, admin, browser, body):
    made = create(admin)
    assert set(made) == MEMBERS | {"upload_url", "expires_in"}
    assert made["expires_in"] == 3600 and made["type"] is None and made["media_id"] is None
    waits = listed(admin, made)
    assert set(waits) == MEMBERS | {"delegated", "state", "received_bytes", "length_bytes", "refusal"}
    assert (waits["state"], waits["received_bytes"], waits["length_bytes"]) == ("waiting", 0, None)
    path = path_of(stack, made)
    assert_problem(browser.head(path, headers=TUS), 404)
    answer = begin(browser, path, len(body), **{"Upload-Metadata": tus.metadata(filename="x.mp4", title="Not this")})
    assert answer.status_code == 201 and answer.headers["Location"] == path
    assert answer.headers["Tus-Resumable"] == "1.0.0" and answer.headers["Upload-Offset"] == "0"
    half = len(body) // 2
    assert tus.append(browser, path, 0, body[:half]).status_code == 204
    assert tus.offset(browser, path) == half
    receives = listed(admin, made)
    assert (receives["state"], receives["received_bytes"], receives["length_bytes"]) == ("receiving", half, len(body))
    done = tus.append(browser, path, half, body[half:])
    assert done.status_code == 204
    medium = tus.medium(admin, done)
    assert (medium["title"], medium["type"]) == ("From outside", "video")
    assert medium["sha256"] == hashlib.sha256(body).hexdigest() and medium["created_by"] == admin.account["id"]
    stored = listed(admin, made)
    assert (stored["state"], stored["media_id"], stored["received_bytes"]) == ("stored", medium["id"], len(body))
    assert tus.tell(browser, path).headers["Media-Location"] == f"/media/media/{medium['id']}"
    assert_problem(begin(browser, path, 10), 409, name="upload-url-used")


def test_with_the_creation_and_without_a_length(stack, admin, browser, body):
    made = create(admin, type="audio")
    answer = browser.post(path_of(stack, made), data=body, headers={**tus.BYTES, "Upload-Length": str(len(body))})
    assert answer.status_code == 201 and tus.medium(admin, answer)["type"] == "video"  # the content decides
    path = path_of(stack, create(admin))
    assert browser.post(path, headers={**TUS, "Upload-Defer-Length": "1"}).status_code == 201
    done = tus.append(browser, path, 0, body, **{"Upload-Length": str(len(body))})
    assert done.status_code == 204 and done.headers["Media-Location"]


def test_a_mediums_file_is_replaced(stack, admin, browser, body):
    medium = stack.new_media()
    path = path_of(stack, create_for(admin, medium["id"]))
    answer = browser.post(path, data=body, headers={**tus.BYTES, "Upload-Length": str(len(body))})
    assert tus.medium(admin, answer)["id"] == medium["id"]


def create_for(api, media_id, **wanted):
    return assert_json(api.post("/upload-urls", json={"media_id": media_id, **wanted}), 201)


def test_a_file_that_begins_anew_takes_the_place_of_what_came(stack, admin, browser, body):
    path = path_of(stack, create(admin))
    begin(browser, path, 1000)
    tus.append(browser, path, 0, b"x" * 700)
    assert begin(browser, path, len(body)).headers["Upload-Offset"] == "0"
    assert tus.offset(browser, path) == 0
    assert tus.medium(admin, tus.append(browser, path, 0, body))["sha256"] == hashlib.sha256(body).hexdigest()


# --- limits ---------------------------------------------------------------------------------------------
def test_too_many_bytes_are_refused_before_they_are_sent(stack, admin, browser, body):
    path = path_of(stack, create(admin, max_bytes=len(body) - 1))
    problem = assert_problem(begin(browser, path, len(body)), 413)
    assert str(len(body) - 1) in problem["detail"]
    assert browser.post(path, headers={**TUS, "Upload-Defer-Length": "1"}).status_code == 201
    assert tus.append(browser, path, 0, body).status_code == 413
    assert tus.append(browser, path, 0, b"x", **{"Upload-Length": str(len(body))}).status_code == 413
    path = path_of(stack, create(admin, max_bytes=len(body)))
    assert begin(browser, path, len(body)).status_code == 201
    assert tus.append(browser, path, 0, body).status_code == 204


def test_a_film_that_is_too_long_is_refused_and_why_is_told(stack, admin, browser, body):
    made = create(admin, max_duration_seconds=1)
    path = path_of(stack, made)
    begin(browser, path, len(body))
    answer = tus.append(browser, path, 0, body)
    assert answer.status_code == 422 and "at most 1 s" in answer.json()["detail"]
    refused = listed(admin, made, state="refused")
    assert "at most 1 s" in refused["refusal"] and refused["media_id"] is None
    assert not list((stack.data_dir / "uploads").glob(made["id"]))
    made = create(admin, max_duration_seconds=60)
    begin(browser, path_of(stack, made), len(body))
    assert tus.append(browser, path_of(stack, made), 0, body).status_code == 204


def test_what_is_no_film_is_refused(stack, admin, browser):
    made = create(admin)
    path = path_of(stack, made)
    begin(browser, path, 7)
    assert tus.append(browser, path, 0, b"no film").status_code == 422
    assert listed(admin, made)["state"] == "refused"
    assert_problem(begin(browser, path, 7), 422)


def test_a_url_expires_before_it_is_used_and_a_file_under_way_goes_on(stack, admin, browser, body):
    unused, used = create(admin, expires_in=60), create(admin, expires_in=60)
    seconds = (parse_time(unused["expires_at"]) - parse_time(unused["created_at"])).total_seconds()
    assert 59 < seconds < 61 and unused["expires_in"] == 60
    begin(browser, path_of(stack, used), len(body))
    stack.sql("update upload set expires_at = now() - interval '1 second' where id = %s", unused["id"])
    for answer in (begin(browser, path_of(stack, unused), 7), tus.append(browser, path_of(stack, unused), 0, b"x")):
        assert_problem(answer, 410, name="upload-url-expired")
    assert listed(admin, unused)["state"] == "expired"
    assert tus.append(browser, path_of(stack, used), 0, body).status_code == 204


def test_a_package_is_asked_for_with_the_file(stack, admin, browser, body):
    made = create(admin, package=True)
    answer = browser.post(path_of(stack, made), data=body, headers={**tus.BYTES, "Upload-Length": str(len(body))})
    assert tus.medium(admin, answer)["package"]["state"] == "queued"


@pytest.mark.parametrize(
    "wanted, pointers",
    [
        ({"title": None}, ["/title"]),
        ({"title": " "}, ["/title"]),
        ({"title": "x" * 301}, ["/title"]),
        ({"media_id": 1}, ["/media_id"]),
        ({"title": None, "media_id": 999999999}, ["/media_id"]),
        ({"title": None, "media_id": 0}, ["/media_id"]),
        ({"title": None, "media_id": 1, "type": "video"}, ["/media_id"]),
        ({"type": "film"}, ["/type"]),
        ({"expires_in": 59}, ["/expires_in"]),
        ({"expires_in": 604801}, ["/expires_in"]),
        ({"max_bytes": 0}, ["/max_bytes"]),
        ({"max_bytes": 2**62}, ["/max_bytes"]),
        ({"max_duration_seconds": 0}, ["/max_duration_seconds"]),
        ({"cors_origin": "example.org"}, ["/cors_origin"]),
        ({"cors_origin": "https://example.org/path"}, ["/cors_origin"]),
        ({"cors_origin": "*"}, ["/cors_origin"]),
        ({"package": 1}, ["/package"]),
        ({"url": "x", "expires_in": "1"}, ["/url", "/expires_in"]),
    ],
    ids=str,
)
def test_what_is_wanted_is_checked(admin, wanted, pointers):
    wanted = {name: value for name, value in {"title": "x", **wanted}.items() if value is not None}
    assert_problem(admin.post("/upload-urls", json=wanted), 422, pointers)


# --- who may ----------------------------------------------------------------------------------------------
def test_a_url_permits_its_upload_and_nothing_else(stack, admin, browser):
    made = create(admin)
    capability = path_of(stack, made).rsplit("/", 1)[1]
    medium = stack.new_media()
    for method, path in (
        ("GET", "/media/media"),
        ("GET", "/uploads"),
        ("POST", "/uploads"),
        ("PUT", f"/media/media/{medium['id']}/file"),
        ("DELETE", f"/upload-urls/{made['id']}"),
        ("HEAD", f"/uploads/{made['id']}"),
        ("POST", "/upload-urls"),
    ):
        for headers in ({}, {"Authorization": f"Bearer {capability}"}, {"Upload-Capability": capability}):
            assert browser.request(method, path, headers={**TUS, **headers}).status_code == 401, (method, path)


@pytest.mark.parametrize(
    "name", ["mgu_" + "A" * 43, "mgu_" + "A" * 42, "mgu_", "mgu_" + "A" * 44, "mgu_%41" + "A" * 42]
)
def test_what_is_no_capability_is_refused_at_the_door(stack, browser, name):
    for method in ("POST", "PATCH", "DELETE", "HEAD"):
        answer = browser.request(method, "/uploads/" + name, headers={**tus.BYTES, "Upload-Offset": "0"})
        assert answer.status_code == 401, method


def test_another_account_neither_sees_nor_cancels_it(stack, admin, browser):
    made, other = create(admin), stack.new_admin()
    assert listed(other, made) is None
    assert_problem(other.delete(f"/upload-urls/{made['id']}"), 404)
    assert begin(browser, path_of(stack, made), 7).status_code == 201


def test_a_cancelled_url_takes_nothing_more(stack, admin, browser):
    for length in (None, 1000):
        made = create(admin)
        path = path_of(stack, made)
        if length is not None:
            begin(browser, path, length)
            tus.append(browser, path, 0, b"x" * 100)
        assert admin.delete(f"/upload-urls/{made['id']}").status_code == 204
        assert begin(browser, path, 7).status_code == 401 and tus.append(browser, path, 100, b"x").status_code == 401
        assert listed(admin, made) is None and not list((stack.data_dir / "uploads").glob(made["id"]))
        assert_problem(admin.delete(f"/upload-urls/{made['id']}"), 404)
    path = path_of(stack, create(admin))
    begin(browser, path, 1000)
    assert tus.end(browser, path).status_code == 204  # who has the URL may end its upload too


def test_a_url_ends_with_its_account(stack, admin, browser):
    api = stack.new_admin()
    path = path_of(stack, create(api))
    stack.sql("update admin_user set disabled_at = now() where id = %s", api.account["id"])
    wait_until(lambda: begin(browser, path, 7).status_code == 401, "the URL to end", 3)


def test_a_bearer_token_begins_nothing_at_an_upload(admin):
    path = tus.begin(admin, 10)
    assert_problem(admin.post(path, headers={**TUS, "Upload-Length": "10"}), 405)
    tus.end(admin, path)


def test_the_list_is_filtered_and_paged(stack):
    api = stack.new_admin()
    made = [create(api, title=f"n {n}")["id"] for n in range(5)]
    own = tus.begin(api, 1000, title="by token", type="video").rsplit("/", 1)[1]
    seen, path = [], "/uploads?limit=2"
    while path is not None:
        answer = api.get(path)
        seen += [(item["id"], item["delegated"]) for item in assert_json(answer)["items"]]
        path = answer.headers["Link"].split(">")[0][1:] if "Link" in answer.headers else None
    assert seen == [(own, False)] + [(name, True) for name in reversed(made)]
    assert [item["id"] for item in assert_json(api.get("/uploads?state=receiving"))["items"]] == [own]
    assert_problem(api.get("/uploads?state=done"), 422, ["?state"])
    assert api.head("/uploads").status_code == 200


def test_urls_that_wait_take_no_share_of_the_account(stack, browser, make_stack):
    town = make_stack(uploads_max=2)
    api = town.admin()
    made = [create(api) for _ in range(4)]
    with town.anonymous() as stranger:
        answers = [begin(stranger, path_of(town, one), 10).status_code for one in made]
        assert answers == [201, 201, 429, 429]
        assert begin(stranger, path_of(town, made[0]), 10).status_code == 201  # anew, in its own place
        tus.end(stranger, path_of(town, made[1]))
        assert begin(stranger, path_of(town, made[2]), 10).status_code == 201


# --- secrets ----------------------------------------------------------------------------------------------
def test_the_secret_is_in_no_log_and_not_in_the_database(stack, admin, browser, body):
    made = create(admin)
    path = path_of(stack, made)
    secret = path.split("mgu_")[1]
    begin(browser, path, len(body))
    tus.append(browser, path, 7, b"x")  # at a wrong offset
    with nothing_completes(stack):
        tus.append(browser, path, 0, body)
    address = re.sub("^http://", "", stack.base_url)
    for headers in ({"Content-Length": "100", **tus.BYTES, "Upload-Offset": "0"}, {"Bad Header": "x"}):
        broken = http.client.HTTPConnection(address, timeout=10)  # a body that breaks off, a request that is none
        broken.putrequest("PATCH", path)
        for name, value in headers.items():
            broken.putheader(name, value)
        try:
            broken.endheaders(b"x")
        finally:
            broken.close()
    stack.stop_serve()  # nginx cannot reach the workers
    assert begin(browser, path, 7).status_code in (502, 503)
    assert tus.tell(browser, path).status_code == 423
    stack.start_serve()
    stack.wait_ready()
    time.sleep(0.2)
    logs = [file for file in (stack.root).rglob("*.log*") if file.is_file()]
    assert len(logs) >= 3
    for file in logs:
        assert secret not in file.read_text(errors="replace"), file
    rows = str(stack.sql("select u.*, e.* from upload u left join event e on e.subject = 'upload:' || u.id"))
    assert made["id"] in rows and secret not in rows
    assert hashlib.sha256(secret.encode()).hexdigest() in str(
        stack.sql("select encode(capability_hash, 'hex') from upload where id = %s", made["id"])
    )


# --- in browsers, from another origin -------------------------------------------------------------------
@pytest.fixture(scope="module")
def page():
    with web_tools.other_origin() as url:
        yield url


def upload_in(browser_name, stack, made, path, page, **settings):
    seen = web_tools.browse(
        "upload_url", browser=browser_name, page_url=page, upload_url=made["upload_url"], path=str(path), **settings
    )
    return seen, stack.admin()


@pytest.mark.parametrize("browser_name", ["chromium", "firefox"])
@pytest.mark.parametrize("client", ["tus", "uppy"])
def test_clients_upload_from_a_page_of_the_urls_origin(stack, admin, make_media, page, browser_name, client):
    """The origin is in no setting: the URL alone permits it."""
    made = create(admin, cors_origin=page)
    seen, api = upload_in(browser_name, stack, made, make_media("film"), page, client=client)
    assert seen["error"] is None and seen["requests"] == ["POST 201", "PATCH 204"], seen
    medium = assert_json(api.get(seen["media"]))
    assert medium["sha256"] == hashlib.sha256(make_media("film").read_bytes()).hexdigest()


def test_a_page_that_was_left_goes_on_with_the_same_url(stack, admin, make_media, page):
    made = create(admin, cors_origin=page)
    seen, api = upload_in("chromium", stack, made, make_media("film"), page, client="tus", again=True)
    assert seen["first"]["requests"][:2] == ["POST 201", "PATCH 204"] and seen["first"]["media"] is None
    assert seen["error"] is None and seen["requests"][0] == "HEAD 200" and "POST 201" not in seen["requests"]
    assert assert_json(api.get(seen["media"]))["title"] == "From outside"


def test_a_page_of_another_origin_may_not(stack, admin, make_media, page):
    for origin in ({}, {"cors_origin": "https://app.example.org"}):
        made = create(admin, **origin)
        seen, _api = upload_in("chromium", stack, made, make_media("film"), page, client="tus")
        assert seen["error"] is not None and seen["media"] is None and seen["requests"] == []
        assert listed(admin, made)["state"] == "waiting"


# --- who made it ------------------------------------------------------------------------------------------
def test_it_ends_with_its_key_and_with_the_right_to_upload(stack, admin, browser):
    key = stack.key(["uploads:write"])
    made = create(key)
    path = path_of(stack, made)
    assert admin.delete(f"/keys/{key.id}").status_code == 204
    assert_problem(begin(browser, path, 7), 401)
    editor = stack.new_admin()
    path = path_of(stack, create(editor))
    assert_json(admin.patch(f"/accounts/{editor.account['id']}", json={"role": "analyst"}))
    wait_until(lambda: begin(browser, path, 7).status_code == 403, "the role to hold", 3)


def test_a_package_needs_its_scope(stack):
    key = stack.key(["uploads:write"])
    assert_problem(key.post("/upload-urls", json={"title": "x", "package": True}), 403, name="insufficient-scope")
    create(key, package=False)


def test_beginning_anew_does_not_prolong_it(stack, admin, browser):
    made = create(admin)
    path = path_of(stack, made)
    assert begin(browser, path, 7).status_code == 201
    first = listed(admin, made)["expires_at"]
    stack.sql("update upload set expires_at = expires_at - interval '1 day' where id = %s", made["id"])
    assert begin(browser, path, 7).status_code == 201
    assert parse_time(listed(admin, made)["expires_at"]) < parse_time(first)


def test_made_up_urls_are_bounded(browser):
    statuses = [browser.head("/uploads/mgu_" + "A" * 43, headers=TUS).status_code for _ in range(120)]
    assert statuses.count(401) >= 1 and set(statuses) <= {401, 423, 429}
