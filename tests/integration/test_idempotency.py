# SPDX-License-Identifier: ISC
"""Idempotency-Key: the same request again has the same answer and changes nothing, whatever dies in between."""
import concurrent.futures
import contextlib
import itertools
import json
import uuid

import pytest
import requests
import tus_client as tus

import web_tools
from answers import assert_json, assert_problem
from stack import TOP_BUILD, wait_until
from test_kill_steps import PROGRAM, Plan

KEY = "Idempotency-Key"
REPLAYED = "Idempotent-Replayed"


def post(api, path, body, key, **headers):
    return api.post(path, json=body, headers={KEY: key, **headers})


def titles(stack, title):
    return stack.sql("select count(*) from media_asset where title = %s", title)[0][0]


# --- the same again --------------------------------------------------------------------------------------
def test_the_same_request_again_has_the_same_answer(stack, admin):
    key, title = str(uuid.uuid4()), uuid.uuid4().hex
    first = post(admin, "/media/media", {"title": title}, key)
    medium = assert_json(first, 201)
    assert REPLAYED not in first.headers
    for spelling in (key, f'"{key}"'):
        again = post(admin, "/media/media", {"title": title}, spelling)
        assert assert_json(again, 201) == medium and again.headers[REPLAYED] == "true"
        for name in ("Location", "ETag"):
            assert again.headers[name] == first.headers[name]
        assert again.headers["X-Request-Id"] != first.headers["X-Request-Id"]
    assert titles(stack, title) == 1


def test_another_request_with_the_same_key_is_refused(stack, admin):
    key, title = str(uuid.uuid4()), uuid.uuid4().hex
    medium = assert_json(post(admin, "/media/media", {"title": title}, key), 201)
    for path, body in (
        ("/media/media", {"title": title + "!"}),
        ("/media/media", {"title": title, "type": "video"}),
        (f"/media/media/{medium['id']}/view", {}),
    ):
        assert_problem(post(admin, path, body, key), 422, name="idempotency-key-reused")
    assert titles(stack, title) == 1


def test_keys_of_different_callers_are_different(stack, admin):
    key, title = str(uuid.uuid4()), uuid.uuid4().hex
    ids = {
        assert_json(post(api, "/media/media", {"title": title}, key), 201)["id"] for api in (admin, stack.new_admin())
    }
    assert len(ids) == 2 and titles(stack, title) == 2


def test_what_failed_may_be_sent_again(stack, admin):
    key, title = str(uuid.uuid4()), uuid.uuid4().hex
    external_id = uuid.uuid4().hex
    first = assert_json(admin.post("/media/media", json={"title": "x", "external_id": external_id}), 201)
    body = {"title": title, "external_id": external_id}
    for _ in range(2):
        assert_problem(post(admin, "/media/media", body, key), 409, name="external-id-taken")
    assert_problem(post(admin, "/media/media", {"title": ""}, key), 422, ["/title"])
    assert titles(stack, title) == 0
    admin.delete(f"/media/media/{first['id']}")
    answer = post(admin, "/media/media", body, key)
    assert_json(answer, 201)
    assert REPLAYED not in answer.headers
    assert_problem(post(admin, "/media/media", {"title": ""}, key), 422, name="idempotency-key-reused")


def test_a_view_is_reported_once(stack, admin):
    medium, key = stack.new_media(), str(uuid.uuid4())
    path = f"/media/media/{medium['id']}/view"
    views = [assert_json(post(admin, path, {"viewer": "v1"}, key), 201) for _ in range(3)]
    assert views[0] == views[1] == views[2]
    assert stack.sql("select count(*) from media_view_log where media_id = %s", medium["id"])[0][0] == 1
    assert (
        stack.sql("select sum(views) from view_rollup where media_id = %s and grain = 'day'", medium["id"])[0][0] == 1
    )


def test_an_upload_is_created_once(stack, admin):
    key, title = str(uuid.uuid4()), uuid.uuid4().hex
    headers = {"Tus-Resumable": "1.0.0", "Upload-Length": "7", "Upload-Metadata": tus.metadata(title=title), KEY: key}
    first, again = (admin.post("/uploads", headers=headers) for _ in range(2))
    assert first.status_code == again.status_code == 201
    assert first.headers["Location"] == again.headers["Location"]
    assert again.headers[REPLAYED] == "true" and again.headers["Upload-Offset"] == "0"
    assert again.headers["Tus-Resumable"] == "1.0.0"
    assert stack.sql("select count(*) from upload where title = %s", title)[0][0] == 1
    other = admin.post("/uploads", headers={**headers, "Upload-Length": "8"})
    assert_problem(other, 422, name="idempotency-key-reused")
    with_bytes = {**headers, KEY: str(uuid.uuid4()), "Content-Type": "application/offset+octet-stream"}
    assert_problem(admin.post("/uploads", headers=with_bytes, data=b"1234567"), 400)
    assert admin.delete(first.headers["Location"], headers={"Tus-Resumable": "1.0.0"}).status_code == 204


def test_a_webhook_is_made_once(stack, admin):
    key, body = str(uuid.uuid4()), {"url": "https://hooks.example.org/once", "events": ["media.*"]}
    made = [assert_json(post(admin, "/webhooks", body, key), 201) for _ in range(2)]
    assert made[0] == made[1] and made[0]["secret"].startswith("whsec_")
    assert stack.sql("select count(*) from webhook where url = %s", body["url"]) == [(1,)]


def test_a_secret_that_was_lost_with_the_answer_comes_again(stack, admin):
    key = str(uuid.uuid4())
    made = [assert_json(post(admin, "/keys", {"name": "n", "scopes": ["media:read"]}, key), 201) for _ in range(2)]
    assert made[0] == made[1] and made[0]["key"].startswith("mgk_")
    with stack.anonymous() as api:
        assert_json(api.get("/media/media", headers={"Authorization": f"Bearer {made[1]['key']}"}))


@pytest.mark.parametrize("key", ['""', "a b", "ä", "x" * 256, 'a"b', "a,b", "a\\b"])
def test_keys_are_checked(admin, key):
    assert_problem(admin.post("/media/media", json={"title": "x"}, headers={KEY: key.encode("latin-1")}), 400)
    assert_json(post(admin, "/media/media", {"title": "x"}, uuid.uuid4().hex + "x" * 223), 201)


def test_a_key_on_another_route_does_nothing(admin, stack):
    medium = stack.new_media()
    for title in ("a", "b"):
        answer = admin.patch(f"/media/media/{medium['id']}", json={"title": title}, headers={KEY: "same"})
        assert assert_json(answer)["title"] == title


def test_answers_are_sealed_at_rest(stack, admin):
    title, key = uuid.uuid4().hex, str(uuid.uuid4())
    post(admin, "/media/media", {"title": title}, key)
    rows = json.dumps([list(map(str, row)) for row in stack.sql("select * from idempotent_request")])
    assert rows and title not in rows and key not in rows and "Location" not in rows
    assert key not in stack.log_text("serve.log")


def test_old_answers_are_forgotten(stack, admin):
    key, title = str(uuid.uuid4()), uuid.uuid4().hex
    post(admin, "/media/media", {"title": title}, key)
    stack.sql("update idempotent_request set created_at = now() - interval '25 hours'")
    stack.stop_serve()
    stack.start_serve()  # its chores begin at once
    stack.wait_ready()
    wait_until(lambda: stack.sql("select count(*) from idempotent_request")[0][0] == 0, "the answers to go")
    assert REPLAYED not in post(admin, "/media/media", {"title": title}, key).headers


# --- at once, and cut off ----------------------------------------------------------------------------------
def test_of_many_at_once_one_is_done(stack, admin):
    title, key = uuid.uuid4().hex, str(uuid.uuid4())

    def send(_number):
        with requests.Session() as session:
            session.trust_env = False
            return session.post(
                stack.base_url + "/media/media",
                json={"title": title},
                headers={KEY: key, "Authorization": admin.headers["Authorization"]},
            )

    with concurrent.futures.ThreadPoolExecutor(12) as crowd:
        answers = list(crowd.map(send, range(36)))
    assert titles(stack, title) == 1
    made = [answer for answer in answers if answer.status_code == 201]
    assert len({answer.json()["id"] for answer in made}) == 1
    assert sum(REPLAYED not in answer.headers for answer in made) == 1
    for answer in answers:
        if answer.status_code != 201:
            assert_problem(answer, 409, name="idempotency-key-in-use")
            assert answer.headers["Retry-After"] == "1"


def test_one_under_way_is_told(stack, admin):
    title, key = uuid.uuid4().hex, str(uuid.uuid4())
    with contextlib.closing(stack.connect()) as blocker, concurrent.futures.ThreadPoolExecutor(1) as other:
        blocker.cursor().execute("lock table media_asset in exclusive mode")
        first = other.submit(post, stack.admin(), "/media/media", {"title": title}, key)
        wait_until(
            lambda: stack.sql("select count(*) from pg_locks where locktype = 'advisory' and objsubid = 2")[0][0] == 1,
            "the first to begin",
        )
        with requests.Session() as session:
            session.trust_env = False
            headers = {KEY: key, "Authorization": admin.headers["Authorization"]}
            answer = session.post(stack.base_url + "/media/media", json={"title": title}, headers=headers)
        assert_problem(answer, 409, name="idempotency-key-in-use")
        blocker.rollback()
        assert first.result().status_code == 201
    assert post(admin, "/media/media", {"title": title}, key).headers[REPLAYED] == "true"


@pytest.fixture(scope="module", name="town")
def fixture_town(module_stack_with):
    if not (TOP_BUILD / PROGRAM).exists():
        web_tools.missing(f"{PROGRAM} (make check builds it)")
    town = module_stack_with(upload_workers=1, api_workers=1, restart_limit=1000)
    town.plan = Plan(town.root / "dying")
    town.stop_serve()
    town.environment["MEDIAGATE_DYING"] = str(town.root / "dying")
    town.install_program(TOP_BUILD / PROGRAM)
    town.give_to_user()
    town.start_serve()
    town.wait_ready()
    return town


def outlive(town, api, call):
    """A request whose worker dies before this call of its own, and the same once more. None: it ended before that; else
    whether the first had been stored."""
    title, key = uuid.uuid4().hex, str(uuid.uuid4())
    town.plan.kill("api", call)
    answer = post(api, "/media/media", {"title": title}, key)
    if town.plan.survived():
        assert_json(answer, 201)
        return None
    assert answer.status_code == 502
    again = wait_until(
        lambda: (lambda last: last.status_code == 201 and last)(post(api, "/media/media", {"title": title}, key)),
        "the dead worker's transaction to end",
    )
    assert titles(town, title) == 1
    assert assert_json(api.get(f"/media/media/{again.json()['id']}"))["title"] == title
    return again.headers.get(REPLAYED) == "true"


def test_a_worker_that_dies_anywhere_leaves_one_medium_after_a_retry(town):
    """kill -9 before each step of the request, between the commit and the answer too. The steps of a worker's own, such
    as connecting, are counted too: so some rounds may pass the last steps over."""
    api = town.admin()
    stored = []
    for _round in range(5):
        for call in itertools.count(1):
            outcome = outlive(town, api, call)
            if outcome is None:
                break
            stored.append(outcome)
        if any(stored):
            break
    assert len(stored) > 5 and any(stored) and not all(stored)
