# SPDX-License-Identifier: ISC
"""Grants by JSON: one, many at once, and renewed; what they allow, and what stays when they are renewed."""
import time

import pytest
import signing
from answers import assert_json, assert_problem, parse_time
from callers import Api
from waiting import wait_until


def grants(api, film, **terms):
    return api.post(f"/media/media/{film['id']}/grants", json=terms)


def many(api, *items):
    return assert_json(api.post("/media/stream-urls", json={"items": list(items)}))["items"]


def renew(api, grant, **more):
    body = {"stream_url": grant["stream_url"], **more}
    return api.post(f"/media/grants/{grant['grant_id']}/renew", json=body)


def parts(url):
    """What a stream URL allows: kid, flags, viewer, grant, expires, signature, medium, file."""
    return url.split("/stream/")[1].split("/", 7)


# --- one ---


def test_a_grant_by_json_is_that_of_stream_url(stack, film):
    api = stack.admin()
    terms = {"ttl_seconds": 77, "viewer": "u-1", "bind_ip": "203.0.113.7", "download": True}
    by_json = assert_json(grants(api, film, **terms), 201)
    by_query = assert_json(api.get(f"/media/media/{film['id']}/stream-url", params={**terms, "download": "true"}))
    assert by_json.keys() == by_query.keys() and by_json["expires_in"] == 77
    ours, theirs = parts(by_json["stream_url"]), parts(by_query["stream_url"])
    assert ours[:3] == theirs[:3] == [ours[0], "id", "u-1"] and ours[6:] == theirs[6:]
    assert by_json["grant_id"] == ours[3] != theirs[3]
    usual = assert_json(grants(api, film), 201)
    assert usual["expires_in"] == 600 and usual["streams"]["progressive"] == usual["stream_url"]
    with stack.anonymous() as viewer:
        assert viewer.get(usual["stream_url"]).status_code == 200
        assert viewer.get(by_json["stream_url"]).status_code == 403  # bound elsewhere


@pytest.mark.parametrize(
    "terms,pointers",
    [
        ({"ttl_seconds": 0}, ["/ttl_seconds"]),
        ({"ttl_seconds": 86401}, ["/ttl_seconds"]),
        ({"ttl_seconds": "60"}, ["/ttl_seconds"]),
        ({"viewer": "-"}, ["/viewer"]),
        ({"viewer": "a b"}, ["/viewer"]),
        ({"bind_ip": "here"}, ["/bind_ip"]),
        ({"download": "true"}, ["/download"]),
        ({"ttl": 60}, ["/ttl"]),
    ],
)
def test_wrong_terms_make_no_grant(stack, film, terms, pointers):
    assert_problem(grants(stack.admin(), film, **terms), 422, pointers)


def test_a_grant_by_json_is_refused_as_by_get(stack):
    empty = stack.new_media()
    assert_problem(grants(stack.admin(), empty), 409)
    assert_problem(grants(stack.admin(), {"id": 999999999}), 404)
    assert_problem(grants(stack.new_admin(role="analyst"), empty), 403, name="insufficient-scope")


# --- many ---


def test_many_at_once_have_an_answer_each(stack, film):
    empty = stack.new_media()
    items = [
        {"media_id": film["id"], "viewer": "u-1", "ttl_seconds": 60},
        {"media_id": empty["id"]},
        {"media_id": 999999999},
        {"media_id": film["id"], "viewer": "a b"},
        {"media_id": film["id"], "ttl": 5},
        {"media_id": film["id"]},
    ]
    answers = many(stack.admin(), *items)
    assert [answer["status"] for answer in answers] == [200, 409, 404, 422, 422, 200]
    assert [answer["media_id"] for answer in answers] == [item["media_id"] for item in items]
    for answer in answers:
        assert (answer["grant"] is None) == (answer["status"] != 200) == (answer["detail"] is not None)
    assert answers[3]["detail"].startswith("viewer ") and answers[4]["detail"] == "ttl is not known here"
    assert answers[0]["grant"]["expires_in"] == 60 and parts(answers[0]["grant"]["stream_url"])[2] == "u-1"
    with stack.anonymous() as viewer:
        for answer in (answers[0], answers[5]):
            assert viewer.get(answer["grant"]["stream_url"]).status_code == 200


def test_two_hundred_at_once_and_no_more(stack, film):
    api, item = stack.admin(), {
        "media_id": film["id"],
        "viewer": "someone-with-a-longer-name",
        "bind_ip": "2001:db8::1",
    }
    answers = many(api, *[item] * 200)
    assert len({answer["grant"]["grant_id"] for answer in answers}) == 200
    for items in ([], [item] * 201, {}, [1], [{"media_id": "1"}], [{"media_id": 0}], [{}]):
        assert_problem(api.post("/media/stream-urls", json={"items": items}), 422, ["/items"])
    assert_problem(api.post("/media/stream-urls", json={}), 422, ["/items"])


# --- renewed ---


def test_a_renewed_grant_is_the_same_one_with_a_later_end(stack, film):
    api = stack.admin()
    old = assert_json(grants(api, film, ttl_seconds=60, viewer="u-1"), 201)
    new = assert_json(renew(api, old, ttl_seconds=3600))
    assert new["grant_id"] == old["grant_id"] and new["expires_in"] == 3600
    assert parse_time(new["expires_at"]) > parse_time(old["expires_at"])
    was, now = parts(old["stream_url"]), parts(new["stream_url"])
    assert now[:4] == was[:4] and now[6:] == was[6:] and now[4:6] != was[4:6]
    with stack.anonymous() as viewer:
        for grant in (old, new):
            assert viewer.get(grant["stream_url"]).status_code == 200
        assert api.delete(f"/media/grants/{old['grant_id']}").status_code == 204
        for grant in (old, new):
            assert viewer.get(grant["stream_url"]).status_code == 403


def test_what_a_grant_is_restricted_to_stays(stack, film):
    api = stack.admin()
    grant = assert_json(grants(api, film, viewer="u-1", bind_ip="127.0.0.1", download=True), 201)
    for more in ({}, {"bind_ip": "203.0.113.7"}):
        assert_problem(renew(api, grant, **more), 422, ["/stream_url"])
    new = assert_json(renew(api, grant, bind_ip="127.0.0.1"))
    assert parts(new["stream_url"])[1:4] == ["id", "u-1", grant["grant_id"]]
    with stack.anonymous() as viewer:
        assert viewer.get(new["stream_url"]).headers["Content-Disposition"].startswith("attachment")
    for field in ("viewer", "download", "media_id"):
        assert_problem(renew(api, grant, bind_ip="127.0.0.1", **{field: "x"}), 422, [f"/{field}"])
    free = assert_json(grants(api, film), 201)
    assert_problem(renew(api, free, bind_ip="127.0.0.1"), 422, ["/bind_ip"])


def test_only_a_url_of_the_grant_itself_renews_it(stack, film):
    api = stack.admin()
    grant, other = (assert_json(grants(api, film), 201) for _ in range(2))
    assert_problem(renew(api, {**grant, "stream_url": other["stream_url"]}), 422, ["/stream_url"])
    forged = grant["stream_url"].replace("/-/", "/someone-else/")
    for url in (forged, "https://example.org", "x", "https://example.org/stream/", "/" * 4096):
        assert_problem(renew(api, {**grant, "stream_url": url}), 422, ["/stream_url"])
    for url in (grant["streams"]["progressive"], "/stream/" + grant["stream_url"].split("/stream/")[1]):
        assert assert_json(renew(api, {**grant, "stream_url": url}))["grant_id"] == grant["grant_id"]
    assert_problem(renew(api, {**grant, "grant_id": "0" * 32}), 404)
    assert_problem(renew(api, grant, ttl_seconds=86401), 422, ["/ttl_seconds"])


def test_an_expired_url_is_renewed_too(stack, film):
    api = stack.admin()
    grant = assert_json(grants(api, film, ttl_seconds=1), 201)
    with stack.anonymous() as viewer:
        wait_until(lambda: viewer.get(grant["stream_url"]).status_code == 410, "the URL to expire", 5)
        new = assert_json(renew(api, grant))
        assert viewer.get(new["stream_url"]).status_code == 200


def test_a_revoked_grant_is_not_renewed(stack, film):
    api, key = stack.admin(), stack.key(["streams:issue"])
    one, all_of_key = assert_json(grants(api, film), 201), assert_json(grants(key, film), 201)
    assert api.delete(f"/media/grants/{one['grant_id']}").status_code == 204
    assert_problem(renew(api, one), 409, name="grant-revoked")
    assert api.delete(f"/keys/{key.id}/grants").status_code == 204
    assert_problem(renew(key, all_of_key), 409, name="grant-revoked")


def test_only_who_issued_a_grant_renews_it(stack, film):
    """Else what one key keeps alive would not end with the grants of that key."""
    issuer, other = stack.key(["streams:issue"]), stack.key(["streams:issue"])
    grant = assert_json(grants(issuer, film), 201)
    for api in (other, stack.admin()):
        assert_problem(renew(api, grant), 403, name="grant-of-another")
    rotated = assert_json(stack.admin().post(f"/keys/{issuer.id}/rotate", json={"overlap_seconds": 0}))
    assert assert_json(renew(stack.with_key(rotated), grant))["grant_id"] == grant["grant_id"]


def test_a_grant_lives_seven_days_at_most(stack, film):
    api, week = stack.admin(), 7 * 86400
    tag = assert_json(grants(api, film), 201)["grant_id"][24:]
    kid, secret = signing.stream_keys(stack.root / "etc/stream_keys")[0]

    def issued(seconds_ago):
        milliseconds = int((time.time() - seconds_ago) * 1000)
        grant_id = f"{milliseconds:012x}70008000{'0' * 4}{tag}"
        url = signing.sign(
            secret, kid, film["id"], film_file(stack, film), grant=grant_id, expires=int(time.time()) - 5
        )
        return {"grant_id": grant_id, "stream_url": url}

    assert 0 < assert_json(renew(api, issued(week - 100), ttl_seconds=3600))["expires_in"] <= 100
    assert_problem(renew(api, issued(week)), 409, name="grant-over")


def film_file(stack, film):
    return parts(assert_json(grants(stack.admin(), film), 201)["stream_url"])[7]


def test_the_restrictions_of_a_key_hold_for_all_three(stack, film):
    key = stack.key(["streams:issue"], max_ttl_seconds=60, require_viewer=True)
    assert_problem(grants(key, film), 422, ["/viewer"])
    assert_problem(grants(key, film, viewer="v", ttl_seconds=61), 422, ["/ttl_seconds"])
    answers = many(key, {"media_id": film["id"]}, {"media_id": film["id"], "viewer": "v"})
    assert [answer["status"] for answer in answers] == [422, 200] and answers[1]["grant"]["expires_in"] == 60
    grant = answers[1]["grant"]
    assert_problem(renew(key, grant, ttl_seconds=61), 422, ["/ttl_seconds"])
    assert assert_json(renew(key, grant))["expires_in"] == 60
    key_without = assert_json(grants(stack.key(["streams:issue"]), film), 201)
    assert_problem(renew(key, key_without), 403, name="grant-of-another")


def test_urls_are_not_compressed_and_not_logged(stack, film):
    api = stack.admin()
    answer = api.post(
        "/media/stream-urls", json={"items": [{"media_id": film["id"]}] * 9}, headers={"Accept-Encoding": "gzip"}
    )
    assert "Content-Encoding" not in answer.headers
    grant = assert_json(answer)["items"][0]["grant"]
    renewed = assert_json(renew(api, grant))
    for url in (grant["stream_url"], renewed["stream_url"]):
        assert parts(url)[5] not in stack.log_text("serve.log") + stack.log_text("error.log")
    with Api(stack.base_url, stack.certificate) as stranger:
        for path in (f"media/{film['id']}/grants", "stream-urls", f"grants/{grant['grant_id']}/renew"):
            assert_problem(stranger.post(f"/media/{path}", json={}), 401)
