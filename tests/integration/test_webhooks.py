# SPDX-License-Identifier: ISC
"""Webhooks: what receivers get, what they may do, and what becomes of it."""
import contextlib
import json
import os
import signal
import subprocess
import time

import pytest
import web_tools
from answers import assert_json, assert_problem
from stack import TOP_SRC, wait_until
from webhook_receiver import Receiver

SETTINGS = {"webhook_http": True, "webhook_networks": ["127.0.0.0/8"]}


@pytest.fixture(scope="module", name="town")
def fixture_town(module_stack_with):
    running = module_stack_with(**SETTINGS)
    running.start_notify()
    return running


@pytest.fixture(name="receiver")
def fixture_receiver():
    with Receiver().running() as running:
        yield running


@contextlib.contextmanager
def hooked(town, url, events=("media.created",)):
    """A webhook of an owner: (its JSON, the owner)."""
    owner = town.admin()
    hook = assert_json(owner.post("/webhooks", json={"url": url, "events": list(events)}), 201)
    try:
        yield hook, owner
    finally:
        owner.delete(f"/webhooks/{hook['id']}")


def deliveries(owner, hook):
    return assert_json(owner.get(f"/webhooks/{hook['id']}/deliveries"))["items"]


def wait_for(owner, hook, condition, what):
    """The newest delivery, as soon as it is like that."""
    wait_until(lambda: [d for d in deliveries(owner, hook)[:1] if condition(d)], what, timeout=40)
    return deliveries(owner, hook)[0]


def verify(*messages):
    """What the library of Standard Webhooks says to (secret, headers, body)."""
    web_tools.need_tools()
    asked = [{"secret": secret, "headers": headers, "body": body} for secret, headers, body in messages]
    done = subprocess.run(
        ["node", str(TOP_SRC / "tests/web/webhook.mjs"), json.dumps(asked)],
        capture_output=True,
        text=True,
        check=True,
        env={**os.environ, "WEB_TOOLS": str(web_tools.TOOLS)},
    )
    return json.loads(done.stdout)


# --- the contract of the routes ---


def test_a_webhook_is_made_found_changed_and_deleted(town):
    owner = town.admin()
    url = "https://hooks.example.org/in?x=1"
    answer = owner.post("/webhooks", json={"url": url, "events": ["media.*", "package.ready"], "description": "shop"})
    made = assert_json(answer, 201)
    path = f"/webhooks/{made['id']}"
    assert answer.headers["Location"] == path
    secret = made.pop("secret")
    assert secret.startswith("whsec_") and len(secret) == 50
    assert made["url"] == url and made["events"] == ["media.*", "package.ready"] and made["description"] == "shop"
    assert made["enabled"] is True and made["failing_since"] is None and made["previous_secret_until"] is None
    assert assert_json(owner.get(path)) == made
    assert made in assert_json(owner.get("/webhooks"))["items"]
    changed = assert_json(owner.patch(path, json={"events": ["*"], "enabled": False, "description": ""}))
    assert (changed["events"], changed["enabled"], changed["description"]) == (["*"], False, None)
    rotated = assert_json(owner.post(path + "/rotate", json={"overlap_seconds": 60}))
    assert rotated["secret"] != secret and rotated["previous_secret_until"] is not None
    assert owner.delete(path).status_code == 204
    assert_problem(owner.get(path), 404)
    assert_problem(owner.delete(path), 404)
    assert_problem(owner.post(path + "/test"), 404)
    assert_problem(owner.get(path + "/deliveries"), 404)


@pytest.mark.parametrize(
    "fields, pointer",
    [
        ({"url": "ftp://a.example"}, "/url"),
        ({"url": "https://user:word@a.example/"}, "/url"),
        ({"url": "https://a.example/#part"}, "/url"),
        ({"url": "https://"}, "/url"),
        ({"url": "https://a.example/ b"}, "/url"),
        ({"events": []}, "/events"),
        ({"events": ["Media.created"]}, "/events"),
        ({"events": ["media"]}, "/events"),
        ({"events": ["media.*.*"]}, "/events"),
        ({"secret": "whsec_x"}, "/secret"),
    ],
)
def test_what_does_not_fit_is_refused(town, fields, pointer):
    asked = {"url": "https://a.example/", "events": ["*"], **fields}
    assert_problem(town.admin().post("/webhooks", json=asked), 422, pointers=[pointer])


def test_http_is_a_setting(make_stack):
    town = make_stack()
    asked = {"url": "http://a.example/", "events": ["*"]}
    assert_problem(town.admin().post("/webhooks", json=asked), 422, pointers=["/url"])


# --- what a receiver gets ---


def test_a_receiver_can_verify_what_it_gets(town, receiver):
    with hooked(town, receiver.url + "/ok") as (hook, owner):
        medium = town.new_media(owner, title="A film: \u00fc")
        wait_until(lambda: receiver.at("/ok"), "the webhook")
        [(headers, body)] = receiver.at("/ok")
        [seen, forged, other] = verify(
            (hook["secret"], headers, body),
            (hook["secret"], headers, body + " "),
            ("whsec_" + "A" * 43 + "=", headers, body),
        )
        assert seen["type"] == "media.created" and seen["subject"] == f"medium:{medium['id']}"
        assert (
            seen["data"] == {"title": "A film: \u00fc", "type": "video"} and "refused" in forged and "refused" in other
        )
        [event] = assert_json(owner.get("/events", params={"subject": f"medium:{medium['id']}"}))["items"]
        assert headers["webhook-id"] == event["id"] == seen["id"] and seen["timestamp"] == event["time"]
        assert abs(int(headers["webhook-timestamp"]) - time.time()) < 30
        assert headers["content-type"] == "application/json"
        delivery = wait_for(owner, hook, lambda d: d["state"] == "delivered", "the delivery to be noted")
        assert delivery["status"] == 200 and delivery["attempts"] == 1 and delivery["latency_ms"] >= 0
        assert delivery["event_id"] == event["id"] and delivery["next_attempt_at"] is None


def test_while_a_secret_is_rotated_both_verify(town, receiver):
    with hooked(town, receiver.url + "/ok") as (hook, owner):
        path = f"/webhooks/{hook['id']}"
        new = assert_json(owner.post(path + "/rotate", json={"overlap_seconds": 3600}))["secret"]
        town.new_media(owner)
        wait_until(lambda: receiver.at("/ok"), "the webhook")
        headers, body = receiver.at("/ok")[0]
        assert len(headers["webhook-signature"].split(" ")) == 2
        assert not [seen for seen in verify((hook["secret"], headers, body), (new, headers, body)) if "refused" in seen]
        newest = assert_json(owner.post(path + "/rotate", json={"overlap_seconds": 0}))["secret"]
        town.new_media(owner)
        wait_until(lambda: len(receiver.at("/ok")) == 2, "the next webhook")
        headers, body = receiver.at("/ok")[1]
        old, good = verify((new, headers, body), (newest, headers, body))
        assert "refused" in old and "refused" not in good


def test_only_events_of_the_filter_since_its_making_are_sent(town, receiver):
    owner = town.admin()
    before = town.new_media(owner)
    with hooked(town, receiver.url + "/ok", ["media.deleted", "subtitles.*"]) as (hook, _):
        medium = town.new_media(owner)
        owner.put(
            f"/media/media/{medium['id']}/subtitles/en",
            data="WEBVTT\n\n00:01.000 --> 00:02.000\nHi\n",
            headers={"Content-Type": "text/vtt"},
        )
        owner.delete(f"/media/media/{medium['id']}")
        owner.delete(f"/media/media/{before['id']}")
        wait_until(lambda: len(receiver.at("/ok")) == 3, "three webhooks")
        assert sorted(json.loads(body)["type"] for _, body in receiver.at("/ok")) == [
            "media.deleted",
            "media.deleted",
            "subtitles.stored",
        ]
        assert len(deliveries(owner, hook)) == 3


def test_a_test_goes_to_this_webhook_alone(town, receiver):
    with hooked(town, receiver.url + "/ok") as (hook, owner), hooked(town, receiver.url + "/status/204", ["*"]):
        made = assert_json(owner.post(f"/webhooks/{hook['id']}/test"), 202)
        delivery = wait_for(owner, hook, lambda d: d["state"] == "delivered", "the test")
        assert delivery["id"] == made["id"] and delivery["type"] == "webhook.tested"
        assert [json.loads(body)["type"] for _, body in receiver.at("/ok")] == ["webhook.tested"]
        assert not [body for _, body in receiver.at("/status/204") if json.loads(body)["type"] == "webhook.tested"]


def test_a_delivery_is_sent_again(town, receiver):
    with hooked(town, receiver.url + "/ok") as (hook, owner):
        town.new_media(owner)
        first = wait_for(owner, hook, lambda d: d["state"] == "delivered", "the delivery")
        path = f"/webhooks/{hook['id']}/deliveries"
        assert_json(owner.post(f"{path}/{first['id']}/resend"), 202)
        wait_until(lambda: len(receiver.at("/ok")) == 2, "the second one")
        (one, body), (two, same) = receiver.at("/ok")
        assert one["webhook-id"] == two["webhook-id"] and body == same
        assert_problem(owner.post(f"{path}/999999999/resend"), 404)


# --- receivers that are no good ---


@pytest.mark.parametrize(
    "path, status, error",
    [
        ("/status/500", 500, "the receiver answered 500"),
        ("/redirect", 302, "the receiver answered 302"),
        ("/lies", None, ""),
    ],
)
def test_what_is_no_success_is_tried_again(town, receiver, path, status, error):
    with hooked(town, receiver.url + path) as (hook, owner):
        town.new_media(owner)
        delivery = wait_for(owner, hook, lambda d: d["attempts"] >= 1 and d["error"], "the failure")
        assert delivery["state"] == "waiting" and delivery["status"] == status and error in delivery["error"]
        assert delivery["next_attempt_at"] is not None
        wait_until(lambda: len(receiver.at(path)) >= 2, "the second attempt", timeout=20)
        one, two = (headers["webhook-id"] for headers, _ in receiver.at(path)[:2])
        assert one == two and not receiver.at("GET /secret") and not receiver.at("/secret")
        assert assert_json(owner.get(f"/webhooks/{hook['id']}"))["failing_since"] is not None


def test_an_answer_without_end_is_cut(town, receiver):
    with hooked(town, receiver.url + "/endless") as (hook, owner):
        town.new_media(owner)
        assert wait_for(owner, hook, lambda d: d["state"] == "delivered", "the delivery")["latency_ms"] < 10000


def test_retry_after_is_honoured(town, receiver):
    with hooked(town, receiver.url + "/after/3600") as (hook, owner):
        town.new_media(owner)
        wait_for(owner, hook, lambda d: d["status"] == 503, "the failure")
        with contextlib.closing(town.connect()) as connection:
            rows = connection.cursor()
            rows.execute(
                "select next_at > now() + interval '50 minutes' from webhook_delivery where webhook_id = %s",
                (hook["id"],),
            )
            assert rows.fetchall() == [(True,)]


def test_410_disables_with_an_event(town, receiver):
    with hooked(town, receiver.url + "/status/410") as (hook, owner):
        town.new_media(owner)
        assert wait_for(owner, hook, lambda d: d["status"] == 410, "the failure")["state"] == "failed"
        found = assert_json(owner.get(f"/webhooks/{hook['id']}"))
        assert found["enabled"] is False and "410" in found["disabled_reason"]
        asked = {"subject": f"webhook:{hook['id']}", "type": "webhook.disabled"}
        [event] = assert_json(owner.get("/events", params=asked))["items"]
        assert event["actor"] == "system:notify"
        town.new_media(owner)
        enabled = assert_json(owner.patch(f"/webhooks/{hook['id']}", json={"enabled": True}))
        assert enabled["enabled"] is True and enabled["disabled_reason"] is None


def test_what_fails_for_three_days_is_disabled_with_an_event(town, receiver):
    with hooked(town, receiver.url + "/status/500") as (hook, owner):
        town.new_media(owner)
        wait_for(owner, hook, lambda d: d["status"] == 500, "the failure")
        with contextlib.closing(town.connect()) as connection:
            connection.autocommit = True
            connection.cursor().execute("update webhook set failing_since = now() - interval '73 hours'")
            connection.cursor().execute("update webhook_delivery set next_at = now() where state = 'waiting'")
        wait_until(
            lambda: not assert_json(owner.get(f"/webhooks/{hook['id']}"))["enabled"], "the end of it", timeout=20
        )
        asked = {"subject": f"webhook:{hook['id']}", "type": "webhook.disabled"}
        assert len(assert_json(owner.get("/events", params=asked))["items"]) == 1


def test_private_addresses_are_not_reached(make_stack, receiver):
    town = make_stack(webhook_http=True)
    town.start_notify()
    with hooked(town, receiver.url.replace("127.0.0.1", "localhost") + "/ok") as (hook, owner):
        town.new_media(owner)
        delivery = wait_for(owner, hook, lambda d: d["error"], "the refusal")
        assert "may not be reached" in delivery["error"] and delivery["status"] is None
    assert not receiver.got


def test_a_slow_receiver_delays_no_other(town, receiver):
    with hooked(town, receiver.url + "/hold") as (_slow, owner), hooked(town, receiver.url + "/ok") as (hook, _):
        for _ in range(20):
            town.new_media(owner)
        wait_until(lambda: len(receiver.at("/ok")) == 20, "the other's webhooks", timeout=20)
        assert len(receiver.at("/hold")) <= 4
        assert len(deliveries(owner, hook)) == 20
        receiver.released.set()


def test_no_proxy_is_used(make_stack, receiver):
    town = make_stack(**SETTINGS)
    town.environment.update({"http_proxy": "http://127.0.0.1:9", "ALL_PROXY": "http://127.0.0.1:9"})
    town.start_notify()
    with hooked(town, receiver.url + "/ok") as (_, owner):
        town.new_media(owner)
        wait_until(lambda: receiver.at("/ok"), "the webhook")


# --- kills ---


def test_a_kill_between_sending_and_noting_sends_the_same_id_again(make_stack, receiver):
    town = make_stack(**SETTINGS)
    town.start_notify()
    with hooked(town, receiver.url + "/hold") as (hook, owner):
        town.new_media(owner)
        wait_until(lambda: receiver.at("/hold"), "the first sending")
        town.notify.send_signal(signal.SIGKILL)
        town.notify.wait()
        receiver.released.set()
        town.start_notify()
        with contextlib.closing(town.connect()) as connection:
            connection.autocommit = True  # the lease lasts half a minute
            connection.cursor().execute("update webhook_delivery set lease_until = now()")
        delivery = wait_for(owner, hook, lambda d: d["state"] == "delivered", "the delivery")
        (one, body), (two, same) = receiver.at("/hold")
        assert one["webhook-id"] == two["webhook-id"] and body == same and delivery["attempts"] == 2


def test_two_at_once_send_each_event_once(make_stack, receiver):
    town = make_stack(**SETTINGS)
    town.start_notify()
    other = town.spawn([town.program, "notify", "--config", town.config], "notify-2.log")
    try:
        with hooked(town, receiver.url + "/ok") as (_, owner):
            for _ in range(40):
                town.new_media(owner)
            wait_until(lambda: len(receiver.at("/ok")) >= 40, "the webhooks", timeout=30)
            ids = [headers["webhook-id"] for headers, _ in receiver.at("/ok")]
            assert len(ids) == len(set(ids)) == 40
    finally:
        other.send_signal(signal.SIGTERM)
        other.wait()


def test_notify_waits_for_the_database_and_ends_in_order(make_stack, receiver):
    town = make_stack(**SETTINGS)
    town.start_notify()
    with hooked(town, receiver.url + "/slow/1") as (hook, owner):
        town.new_media(owner)
        wait_until(lambda: receiver.at("/slow/1"), "the sending")
        assert town.stop_notify() == 0  # what was under way is waited for, and noted
        assert deliveries(owner, hook)[0]["state"] == "delivered"


def test_the_secret_is_nowhere_in_the_database_or_the_logs(town, receiver):
    with hooked(town, receiver.url + "/ok") as (hook, owner):
        town.new_media(owner)
        wait_until(lambda: receiver.at("/ok"), "the webhook")
        secret = hook["secret"].removeprefix("whsec_")
        logs = "".join(town.log_text(name) for name in ("serve.log", "notify.log", "postgres.log"))
        assert secret not in logs
        with contextlib.closing(town.connect()) as connection:
            rows = connection.cursor()
            for table in ("webhook", "webhook_delivery", "event"):
                rows.execute(f"select count(*) from {table} t where t::text like %s", (f"%{secret}%",))
                assert rows.fetchone() == (0,)
