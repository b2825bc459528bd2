# SPDX-License-Identifier: ISC
"""Events: each change has one, whoever made it, whatever was killed; and the list of them skips none."""
import contextlib
import json
import os
import random
import signal
import threading
import time

import pytest
import requests
import tus_client
from answers import assert_json, assert_problem
from stack import wait_until

VTT = "WEBVTT\n\n00:01.000 --> 00:02.000\nHi\n"


def newest(api):
    """A cursor behind all events."""
    return assert_json(api.get("/events", params={"after": "now"}))["after"]


def since(api, cursor, **filters):
    return assert_json(api.get("/events", params={"after": cursor, "limit": 1000, **filters}))["items"]


def types_since(api, cursor):
    return sorted(event["type"] for event in since(api, cursor))


@pytest.fixture(scope="module", name="stack")
def fixture_stack(module_stack_with):
    """Of this module alone, so that nobody else's events are in between."""
    return module_stack_with()


# --- what an event says ---


def test_an_event_tells_who_did_what_from_where(stack):
    owner, editor = stack.admin(), stack.new_admin()
    cursor = newest(owner)
    medium = stack.new_media(editor, title="A film")
    [event] = since(owner, cursor)
    assert event["type"] == "media.created" and event["subject"] == f"medium:{medium['id']}"
    assert event["actor"] == f"account:{editor.account['id']}" and event["address"] == "127.0.0.1"
    assert event["data"] == {"title": "A film", "type": "video"}
    key = stack.key(["media:write"], owner)
    cursor = newest(owner)
    key.patch(f"/media/media/{medium['id']}", json={"title": "Another"})
    [event] = since(owner, cursor)
    assert event["type"] == "media.updated" and event["data"] == {"changed": ["title"]}
    assert event["actor"].startswith("key:")
    cursor = newest(owner)
    stack.mediagate(("admin", "disable"), editor.email)
    [event] = since(owner, cursor)
    assert (event["type"], event["actor"], event["address"]) == ("account.disabled", "operator:admin-disable", None)


def test_what_is_refused_has_no_event(stack):
    owner = stack.admin()
    cursor = newest(owner)
    assert_problem(owner.post("/media/media", json={"title": ""}), 422)
    assert_problem(owner.patch("/media/media/999999999", json={"title": "x"}), 404)
    assert_problem(owner.delete("/media/media/999999999"), 404)
    assert types_since(owner, cursor) == []


def test_the_address_is_masked_as_view_ip_says(make_stack):
    town = make_stack(view_ip="truncated")
    owner = town.admin()
    cursor = newest(owner)
    town.new_media(owner)
    assert [event["address"] for event in since(owner, cursor)] == ["127.0.0.0"]


def test_filters_order_and_pages(stack):
    owner = stack.admin()
    cursor = newest(owner)
    media = [stack.new_media(owner)["id"] for _ in range(3)]
    owner.delete(f"/media/media/{media[0]}")
    of_first = since(owner, cursor, subject=f"medium:{media[0]}")
    assert [event["type"] for event in of_first] == ["media.created", "media.deleted"]
    assert len(since(owner, cursor, type="media.*")) == 4 and len(since(owner, cursor, type="media.deleted")) == 1
    assert since(owner, cursor, type="session.*") == [] and since(owner, cursor, actor="key:1") == []
    assert len(since(owner, cursor, actor=f"account:{owner.account['id']}")) == 4
    everything = since(owner, cursor)
    walked, after = [], cursor
    while True:
        page = assert_json(owner.get("/events", params={"after": after, "limit": 1}))
        walked += page["items"]
        assert page["after"] == (page["items"] or [{"cursor": after}])[-1]["cursor"]
        if page["next_cursor"] is None:
            break
        after = page["next_cursor"]
    assert walked == everything
    backwards = assert_json(owner.get("/events", params={"order": "desc", "limit": 4}))["items"]
    assert backwards == everything[::-1]
    for wrong in ({"after": "7"}, {"type": "A"}, {"order": "up"}, {"limit": 1001}, {"actor": "a b"}, {"after": "0-x"}):
        assert_problem(owner.get("/events", params=wrong), 422, pointers=["?" + next(iter(wrong))])


def test_all_as_lines(stack):
    owner = stack.admin()
    cursor = newest(owner)
    for _ in range(3):
        stack.new_media(owner)
    answer = owner.get("/events/export", params={"after": cursor, "type": "media.created"})
    assert answer.status_code == 200 and answer.headers["Content-Type"] == "application/x-ndjson"
    *lines, last = [json.loads(line) for line in answer.text.splitlines()]
    assert lines == since(owner, cursor) and last == {"complete": True, "events": 3}
    assert owner.head("/events/export").status_code == 200


# --- the cursor ---


def test_a_cursor_skips_no_event_of_a_transaction_that_commits_late(stack):
    """Writers hold their transactions open for a while, so that they commit in another order than they began."""
    owner = stack.admin()
    cursor = newest(owner)
    committed, lock = set(), threading.Lock()

    def write(number):
        rng = random.Random(number)
        with contextlib.closing(stack.connect()) as connection:
            for turn in range(25):
                name = f"test:{number}-{turn}"
                with connection.cursor() as statement:
                    statement.execute(
                        "insert into event (position, type, actor, subject) select base +"
                        " pg_current_xact_id()::text::int8, 'test.slow', 'system', %s from event_base",
                        (name,),
                    )
                    statement.execute("select pg_sleep(%s)", (rng.choice((0, 0.001, 0.02, 0.1)),))
                if rng.random() < 0.2:
                    connection.rollback()
                else:
                    connection.commit()
                    with lock:
                        committed.add(name)

    writers = [threading.Thread(target=write, args=(number,)) for number in range(8)]
    for writer in writers:
        writer.start()
    seen = []
    while True:
        alive = any(writer.is_alive() for writer in writers)
        page = assert_json(owner.get("/events", params={"after": cursor, "limit": 7, "type": "test.*"}))
        seen += [event["subject"] for event in page["items"]]
        cursor = page["after"]
        if not alive and not page["items"]:
            break
    assert len(seen) == len(set(seen)) and set(seen) == committed


def test_an_open_transaction_holds_back_what_comes_behind_it(stack):
    owner = stack.admin()
    cursor = newest(owner)
    with contextlib.closing(stack.connect()) as connection:
        connection.cursor().execute(
            "insert into event (position, type, actor, subject) select base + pg_current_xact_id()::text::int8,"
            " 'test.late', 'system', 'test:1' from event_base"
        )
        stack.new_media(owner)
        assert types_since(owner, cursor) == []
        connection.commit()
    assert [event["type"] for event in since(owner, cursor)] == ["test.late", "media.created"]


# --- each route that changes something ---

# A call of each, and the events that it must have. What has none says why.
WITHOUT = {
    ("POST", "/auth/refresh"): "a session that goes on",
    ("POST", "/media/media/{id}/view"): "views have a table of their own",
    ("POST", "/media/media/{id}/grants"): "stream URLs are events where event_grants is set",
    ("POST", "/media/stream-urls"): "stream URLs are events where event_grants is set",
    ("POST", "/media/grants/{grant_id}/renew"): "stream URLs are events where event_grants is set",
    ("POST", "/uploads/{upload_id}"): "stands for PATCH, HEAD or DELETE",
    ("POST", "/report/session"): "a reader's token is computed, not stored",
    ("OPTIONS", "/uploads"): "changes nothing",
    ("OPTIONS", "/uploads/{upload_id}"): "changes nothing",
}


def calls(stack, make_media):  # pylint: disable=too-many-locals
    """(route, how to call it, types). Each is called once, in this order."""
    owner = stack.admin()
    api = stack.new_admin(role="owner")
    medium = stack.new_media(api)
    other = [stack.new_media(api)["id"] for _ in range(2)]
    path = f"/media/media/{medium['id']}"
    film = make_media("short").read_bytes()
    made = {}

    def keep(name, answer):
        made[name] = answer
        return answer

    def signup():
        with stack.anonymous() as nobody:
            return nobody.post("/auth/signup", json={"email": "new@example.org", "password": "correct horse battery"})

    def login():
        made["again"] = stack.login(api.email, api.password)
        return None

    def grant():
        return api.get(path + "/stream-url").json()["grant_id"]

    yield ("POST", "/auth/signup"), signup, ["account.created"]
    yield ("POST", "/auth/login"), login, ["session.started"]
    yield ("DELETE", "/auth/sessions/{session_id}"), lambda: api.delete(
        "/auth/sessions/" + made["again"].get("/auth/sessions").json()["items"][0]["id"]
    ), ["session.ended"]
    made["spare"] = stack.login(api.email, api.password)
    yield ("DELETE", "/auth/sessions"), lambda: api.delete("/auth/sessions"), ["session.ended"]
    made["spare"] = stack.login(api.email, api.password)
    yield ("POST", "/auth/logout"), lambda: api.post(
        "/auth/logout", json={"refresh_token": made["spare"].tokens["refresh_token"]}
    ), ["session.ended"]
    account = stack.new_admin()
    yield ("PATCH", "/accounts/{id}"), lambda: owner.patch(
        f"/accounts/{account.account['id']}", json={"role": "analyst"}
    ), ["account.role_changed"]
    yield ("PUT", "/auth/password"), lambda: account.put(
        "/auth/password", json={"current_password": account.password, "new_password": "another horse entirely"}
    ), ["account.password_changed"]
    yield ("POST", "/invitations"), lambda: keep("invitation", owner.post("/invitations", json={})), [
        "invitation.created"
    ]
    yield ("DELETE", "/invitations/{id}"), lambda: owner.delete(f"/invitations/{made['invitation'].json()['id']}"), [
        "invitation.removed"
    ]
    yield ("POST", "/media/media"), lambda: keep("medium", stack.new_media(api)), ["media.created"]
    yield ("PATCH", "/media/media/{id}"), lambda: api.patch(path, json={"title": "Another"}), ["media.updated"]
    yield ("PUT", "/media/media/{id}/file"), lambda: stack.upload(medium["id"], make_media("short"), api), [
        "media.file_stored"
    ]
    yield ("POST", "/media/media/{id}/package"), lambda: api.post(path + "/package"), ["package.requested"]
    yield ("DELETE", "/media/media/{id}/package"), lambda: api.delete(path + "/package"), ["package.removed"]
    yield ("PUT", "/media/media/{id}/subtitles/{lang}"), lambda: api.put(
        path + "/subtitles/en", data=VTT, headers={"Content-Type": "text/vtt"}
    ), ["subtitles.stored"]
    yield ("DELETE", "/media/media/{id}/subtitles/{lang}"), lambda: api.delete(path + "/subtitles/en"), [
        "subtitles.removed"
    ]
    yield ("PUT", "/media/media/{id}/chapters"), lambda: api.put(
        path + "/chapters", data=VTT, headers={"Content-Type": "text/vtt"}
    ), ["chapters.stored"]
    yield ("DELETE", "/media/media/{id}/chapters"), lambda: api.delete(path + "/chapters"), ["chapters.removed"]
    yield ("PUT", "/media/media/{id}/poster"), lambda: api.put(path + "/poster", params={"time_seconds": 0}), [
        "poster.chosen"
    ]
    yield ("DELETE", "/media/media/{id}/poster"), lambda: api.delete(path + "/poster"), ["poster.removed"]
    yield ("POST", "/upload-urls"), lambda: keep("url", api.post("/upload-urls", json={"title": "A film"})), [
        "upload.created"
    ]
    yield ("DELETE", "/upload-urls/{upload_id}"), lambda: api.delete("/upload-urls/" + made["url"].json()["id"]), [
        "upload.cancelled"
    ]
    made["grant"] = grant()
    yield ("DELETE", "/media/grants/{grant_id}"), lambda: api.delete(f"/media/grants/{made['grant']}"), [
        "grant.revoked"
    ]
    yield ("POST", "/uploads"), lambda: keep("upload", tus_client.begin(api, len(film))), ["upload.created"]
    yield ("PATCH", "/uploads/{upload_id}"), lambda: tus_client.append(api, made["upload"], 0, film), [
        "media.created",
        "media.file_stored",
    ]
    made["upload"] = tus_client.begin(api, 100)
    yield ("DELETE", "/uploads/{upload_id}"), lambda: tus_client.end(api, made["upload"]), ["upload.cancelled"]
    yield ("PATCH", "/media/media"), lambda: api.patch("/media/media", json={"ids": other, "tags": ["many"]}), [
        "media.updated",
        "media.updated",
    ]
    yield ("DELETE", "/media/media"), lambda: api.delete("/media/media", params={"ids": ",".join(map(str, other))}), [
        "media.deleted",
        "media.deleted",
    ]
    yield ("DELETE", "/media/media/{id}"), lambda: api.delete(path), ["media.deleted"]
    asked = {"url": "https://hooks.example.org/", "events": ["test.*"]}
    yield ("POST", "/webhooks"), lambda: keep("hook", api.post("/webhooks", json=asked)), ["webhook.created"]
    hook = f"/webhooks/{made['hook'].json()['id']}"
    yield ("PATCH", "/webhooks/{id}"), lambda: api.patch(hook, json={"events": ["*"]}), ["webhook.updated"]
    yield ("POST", "/webhooks/{id}/rotate"), lambda: api.post(hook + "/rotate"), ["webhook.rotated"]
    yield ("POST", "/webhooks/{id}/test"), lambda: keep("sent", api.post(hook + "/test")), ["webhook.tested"]
    again = f"{hook}/deliveries/{made['sent'].json()['id']}/resend"
    yield ("POST", "/webhooks/{id}/deliveries/{delivery_id}/resend"), lambda: api.post(again), ["webhook.resent"]
    yield ("DELETE", "/webhooks/{id}"), lambda: api.delete(hook), ["webhook.deleted"]
    yield ("POST", "/reports"), lambda: keep("report", api.post("/reports", json={"title": "All"})), ["report.created"]
    report = f"/reports/{made['report'].json()['id']}"
    yield ("DELETE", "/reports/{id}"), lambda: api.delete(report), ["report.deleted"]


# Routes whose events others add.
OTHERS = ("/keys", "/auth/totp")


def test_each_changing_route_writes_its_events_once(make_stack, make_media):
    town = make_stack(signup_policy="open")
    owner = town.admin()
    known = set(WITHOUT)
    for route, call, types in calls(town, make_media):
        cursor = newest(owner)
        answer = call()
        assert not isinstance(answer, requests.Response) or answer.status_code < 300, (route, answer.text)
        # A transaction that is open elsewhere (autovacuum's, say) holds events back for a moment.
        wait_until(lambda: types_since(owner, cursor) == sorted(types), f"the events of {route}")  # noqa: B023
        known.add(route)
    for line in town.run(town.program, "routes").stdout.splitlines():
        method, path = line.split()[:2]
        if method not in ("GET", "HEAD") and not path.startswith(OTHERS):
            assert (method, path) in known, f"{method} {path} changes something: which event does it write?"


def test_refused_logins_become_one_event_with_their_number(stack):
    owner, victim = stack.admin(), stack.new_admin()
    cursor = newest(owner)
    with stack.anonymous() as nobody:
        for _ in range(3):
            assert_problem(nobody.post("/auth/login", json={"email": victim.email, "password": "wrong horse"}), 401)
    with contextlib.closing(stack.connect()) as connection:
        connection.autocommit = True
        connection.cursor().execute("update login_refusal set began_at = began_at - interval '1 minute'")
    wait_until(lambda: since(owner, cursor, type="login.refused"), "the event", timeout=30)
    [event] = since(owner, cursor, type="login.refused")
    assert event["data"]["refused"] == 3 and event["data"]["accounts"] == [victim.account["id"]]
    assert event["actor"] == "anyone" and event["address"] == "127.0.0.1"


def test_a_reload_and_a_rotation_are_events(make_stack):
    town = make_stack()
    owner = town.admin()
    cursor = newest(owner)
    town.reload_serve()
    wait_until(lambda: types_since(owner, cursor) == ["settings.reloaded"], "the event of the reload", timeout=30)
    town.mediagate(("keys", "rotate"), "--access")
    rotated = [event for event in since(owner, cursor) if event["type"] == "keys.rotated"]
    assert len(rotated) == 1 and rotated[0]["data"] == {"kind": "access"}
    assert rotated[0]["subject"].startswith("signing-key:") and rotated[0]["actor"] == "operator:keys-rotate"


def test_stream_urls_are_events_where_the_setting_says_so(make_stack, make_media):
    town = make_stack(event_grants=True)
    owner = town.admin()
    medium = town.film(make_media("short"))["id"]
    cursor = newest(owner)
    grant = assert_json(owner.get(f"/media/media/{medium}/stream-url", params={"viewer": "u-1"}))
    [event] = since(owner, cursor)
    assert (event["type"], event["subject"]) == ("grant.issued", f"grant:{grant['grant_id']}")
    assert event["data"]["media_id"] == medium and event["data"]["viewer"] == "u-1"
    assert event["address"] == "127.0.0.1" and event["actor"] == f"account:{owner.account['id']}"


# --- kills ---

KILLS = 100 if "MEDIAGATE_SOAK" in os.environ else 12


def test_events_under_kills_each_committed_change_has_exactly_one(make_stack):
    """Workers and backends of the database die at random while media are made, changed and deleted."""
    town = make_stack(restart_limit=1000)
    owner = town.admin()
    stop = threading.Event()

    def change(number):
        with town.login(owner.email, owner.password) as api:
            turn = 0
            while not stop.is_set():
                turn += 1
                with contextlib.suppress(requests.RequestException):
                    answer = api.post("/media/media", json={"title": f"{number}-{turn}-0", "type": "video"})
                    if answer.status_code == 201:
                        path = f"/media/media/{answer.json()['id']}"
                        api.patch(path, json={"title": f"{number}-{turn}-1"})
                        if turn % 3 == 0:
                            api.delete(path)

    threads = [threading.Thread(target=change, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    for turn in range(KILLS):
        time.sleep(0.2)
        if turn % 2 == 0:
            workers = town.workers()
            with contextlib.suppress(ProcessLookupError, IndexError):
                os.kill(random.choice(workers), signal.SIGKILL)
        else:
            with contextlib.closing(town.connect()) as connection:
                connection.autocommit = True
                connection.cursor().execute(
                    "select pg_terminate_backend(pid) from (select pid from pg_stat_activity where backend_type ="
                    " 'client backend' and pid <> pg_backend_pid() order by random() limit 2) b"
                )
    stop.set()
    for thread in threads:
        thread.join()
    with contextlib.closing(town.connect()) as connection:
        rows = connection.cursor()
        rows.execute(
            "select m.id, m.title, m.deleted_at is not null,"
            " count(*) filter (where e.type = 'media.created'), count(*) filter (where e.type = 'media.updated'),"
            " count(*) filter (where e.type = 'media.deleted')"
            " from media_asset m left join event e on e.subject = 'medium:' || m.id group by m.id"
        )
        media = rows.fetchall()
        rows.execute(
            "select count(*) from event where type like 'media.%' and not exists"
            " (select from media_asset m where subject = 'medium:' || m.id)"
        )
        assert rows.fetchone() == (0,)
    assert len(media) > 20
    for _id, title, deleted, created, updated, gone in media:
        assert (created, updated, gone) == (1, int(title.endswith("-1")), int(deleted)), (title, created, updated, gone)
