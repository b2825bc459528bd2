# SPDX-License-Identifier: ISC
"""Shared reports: made, listed and withdrawn; what a reader sees, cannot leave, and learns when it is over."""
import datetime
import itertools

import pytest

from answers import assert_json, assert_problem, parse_time
from test_api_keys import key_text

BEGIN = datetime.datetime(2026, 3, 1, tzinfo=datetime.timezone.utc)
PAGES = ("/report/analytics", "/report/retention", "/report/top")
AGENT = "Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:132.0) Gecko/20100101 Firefox/132.0"
PASSWORD = "a horse for the readers"


@pytest.fixture(scope="module", name="media")
def _media(stack):
    """Two media with ten days of views from two countries, by two viewers and some robots."""
    media = [stack.new_media(title=f"A shared film {n}")["id"] for n in range(2)]
    agent = stack.sql(
        "insert into user_agent (text, device, system, browser) values (%s, 'desktop', 'Windows', 'Firefox')"
        " on conflict (text) do update set device = 'desktop', system = 'Windows', browser = 'Firefox' returning id",
        AGENT,
    )[0][0]
    kinds = itertools.product(media, range(10), ("DE", "NP"), ("u-1", "u-2"), (False, True))
    stack.add_views(
        [
            {
                "media_id": medium,
                "timestamp": BEGIN + datetime.timedelta(days=day, hours=12),
                "viewed_by_ip": f"192.0.2.{day}",
                "bot": bot,
                "bytes_sent": 1000,
                "country": country,
                "viewer": viewer,
                "referrer": "www.example.org",
                "user_agent_id": agent,
            }
            for medium, day, country, viewer, bot in kinds
        ]
    )
    return media


def share(api, status=201, title="For the board", **fields):
    return assert_json(api.post("/reports", json={"title": title, **fields}), status)


def reader(stack, token):
    return stack.with_token(token)


@pytest.fixture(name="read")
def _read(stack):
    """read(field=value …): an Api that reads a new report of the shared owner, with .report."""

    def make(**fields):
        report = share(stack.admin(), **fields)
        api = reader(stack, report["token"])
        api.report = report
        return api

    return make


# --- made, listed, withdrawn ---


def test_a_report_is_made_shown_once_and_listed(stack, media):
    owner = stack.admin()
    wanted = {
        "media_id": media[0],
        "from": "2026-03-02",
        "to": "2026-03-05T00:00:00Z",
        "tz": "Asia/Kathmandu",
        "bots": "include",
        "filter": {"country": "DE", "device": "desktop"},
        "expires_at": "2030-01-01T00:00:00Z",
        "password": PASSWORD,
    }
    answer = owner.post("/reports", json={"title": "  The spring  ", **wanted})
    made = assert_json(answer, 201)
    assert answer.headers["Location"] == f"/reports/{made['id']}"
    token = made.pop("token")
    assert made.pop("report_url") == f"{stack.base_url}/console/report#{token}"
    assert token.startswith(f"mgr_{made['id']}_") and len(token.split("_")[2]) == 49
    assert made["title"] == "The spring" and made["medium"] == {
        "id": media[0],
        "title": "A shared film 0",
        "duration_seconds": None,
    }
    assert (made["from"], made["to"]) == ("2026-03-01T18:15:00Z", wanted["to"])
    assert {name: made[name] for name in ("tz", "bots", "filter", "expires_at")} == {
        name: wanted[name] for name in ("tz", "bots", "filter", "expires_at")
    }
    assert (made["has_password"], made["show_viewers"], made["last_days"]) == (True, False, None)
    assert made["created_by"] == owner.account["id"] and made["created_by_key"] is None
    assert assert_json(owner.get(f"/reports/{made['id']}")) == made
    assert made in assert_json(owner.get("/reports"))["items"]
    [[hashed, secret]] = stack.sql("select hashed_password, secret_hash from report where id = %s", made["id"])
    assert hashed.startswith("$argon2id$") and token.split("_")[2][:43].encode() != bytes(secret)
    assert owner.delete(f"/reports/{made['id']}").status_code == 204
    assert_problem(owner.delete(f"/reports/{made['id']}"), 404)
    assert_problem(owner.get(f"/reports/{made['id']}"), 404)
    assert made not in assert_json(owner.get("/reports"))["items"]


def test_a_report_ends_after_thirty_days_unless_told_otherwise(stack):
    made = share(stack.admin())
    life = parse_time(made["expires_at"]) - parse_time(made["created_at"])
    assert abs(life - datetime.timedelta(days=30)) < datetime.timedelta(minutes=1)
    assert made["medium"] is None and made["filter"] == {} and made["tz"] == "UTC"


@pytest.mark.parametrize(
    "fields, pointers",
    [
        ({"title": " "}, ["/title"]),
        ({"title": "x" * 201}, ["/title"]),
        ({"media_id": 999999999}, ["/media_id"]),
        ({"media_id": "1"}, ["/media_id"]),
        ({"tz": "Europe/Atlantis"}, ["/tz"]),
        ({"from": "yesterday"}, ["/from"]),
        ({"from": "2026-03-02", "to": "2026-03-02"}, ["/to"]),
        ({"last_days": 0}, ["/last_days"]),
        ({"last_days": 7, "from": "2026-03-02"}, ["/last_days"]),
        ({"bots": "only"}, ["/bots"]),
        ({"filter": {"country": "Germany", "colour": "red"}}, ["/filter/colour", "/filter/country"]),
        ({"filter": {"device": 7}}, ["/filter/device"]),
        ({"filter": {"system": "a\u0007b"}}, ["/filter/system"]),
        ({"filter": []}, ["/filter"]),
        ({"filter": {"viewer": "u-1"}}, ["/filter/viewer"]),
        ({"expires_at": "2020-01-01T00:00:00Z"}, ["/expires_at"]),
        ({"expires_at": "2999-01-01T00:00:00Z"}, ["/expires_at"]),
        ({"password": "short"}, ["/password"]),
        ({"password": "password1"}, ["/password"]),
        ({"owner": 1}, ["/owner"]),
    ],
)
def test_a_wrong_field_is_named(stack, fields, pointers):
    assert_problem(stack.admin().post("/reports", json={"title": "x", **fields}), 422, pointers)


def test_who_may_share(stack):
    owner = stack.admin()
    assert_problem(
        stack.new_admin(role="analyst").post("/reports", json={"title": "x"}), 403, name="insufficient-scope"
    )
    share(stack.new_admin(role="editor"))
    blind = stack.key(["reports:manage"])
    assert_problem(blind.post("/reports", json={"title": "x"}), 403, name="insufficient-scope")
    restricted = stack.key(["reports:manage", "analytics:read"], expires_at="2030-01-01T00:00:00Z")
    assert_problem(restricted.post("/reports", json={"title": "x"}), 403, name="key-beyond-caller")
    key, another = (
        stack.key(["reports:manage", "analytics:read"], api=api) for api in (owner, stack.new_admin(role="owner"))
    )
    made = share(key)
    assert made["created_by_key"] == key.id
    assert_problem(another.get(f"/reports/{made['id']}"), 404)
    assert_problem(another.delete(f"/reports/{made['id']}"), 404)
    assert assert_json(another.get("/reports"))["items"] == []
    assert key.delete(f"/reports/{made['id']}").status_code == 204


def test_a_repeated_request_makes_one_report(stack):
    owner, asked = stack.admin(), {"title": "Once"}
    first, second = (owner.post("/reports", json=asked, headers={"Idempotency-Key": "once-only-1"}) for _ in range(2))
    assert assert_json(first, 201) == assert_json(second, 201)


def test_lists_have_pages(stack):
    api = stack.key(["reports:manage", "analytics:read"], api=stack.new_admin(role="owner"))
    made = [share(api)["id"] for _ in range(3)]
    first = assert_json(api.get("/reports", params={"limit": 2}))
    rest = assert_json(api.get("/reports", params={"limit": 2, "cursor": first["next_cursor"]}))
    assert [one["id"] for one in first["items"] + rest["items"]] == made[::-1] and rest["next_cursor"] is None


# --- read ---


def sums(answer):
    return assert_json(answer)["total_views"]


def test_a_reader_of_one_medium_sees_it_and_nothing_else(stack, media, read):
    api = read(media_id=media[0])
    told = assert_json(api.get("/report"))
    assert told["title"] == "For the board" and told["medium"]["id"] == media[0]
    assert not {"id", "token", "created_by"} & told.keys()
    answer = assert_json(api.get("/report/analytics"))
    assert (answer["media_id"], answer["total_views"]) == (media[0], 40)
    assert answer["top"]["countries"] == [
        {"name": "DE", "views": 20, "standard_error": 0},
        {"name": "NP", "views": 20, "standard_error": 0},
    ]
    assert answer["top"]["devices"] == [{"name": "desktop", "views": 40, "standard_error": 0}]
    assert assert_json(api.get("/report/retention"))["media_id"] == media[0]
    assert_problem(api.get("/report/top"), 404)
    assert_problem(api.get("/report/analytics", params={"media_id": media[1]}), 422, ["?media_id"])


def test_a_reader_of_all_media_sees_sums_and_a_ranking(stack, media, read):
    api = read(**{"from": "2026-03-01", "to": "2026-03-11"})
    owner = stack.admin()
    time = {"from": "2026-03-01", "to": "2026-03-11"}
    answer = assert_json(api.get("/report/analytics"))
    wanted = assert_json(owner.get("/analytics/overview", params=time))
    assert not {"media", "videos", "audios", "media_bytes"} & answer.keys()
    assert answer == {name: wanted[name] for name in answer}
    assert assert_json(api.get("/report/top")) == assert_json(owner.get("/analytics/top", params=time))
    assert {one["media_id"] for one in assert_json(api.get("/report/top"))["items"]} >= set(media)
    assert_problem(api.get("/report/retention"), 404)


def routes(stack):
    for line in stack.run(stack.program, "routes").stdout.splitlines():
        method, path, _pool, caller, _scope = line.split()
        yield method, path, caller


def test_a_link_opens_no_other_route(stack, media, read):
    """Of all routes that want a caller: a reader is nobody there, and an account is nobody here."""
    api, owner, key = read(media_id=media[0]), stack.admin(), stack.key(["analytics:read", "reports:manage"])
    for method, path, caller in routes(stack):
        path = path.replace("{id}", str(media[0])).replace("{grant_id}", "0" * 32).replace("{lang}", "en")
        path = path.replace("{upload_id}", "0" * 32).replace("{session_id}", "0" * 32).replace("{delivery_id}", "7")
        if caller in ("anyone", "local") or path.startswith("/internal/"):
            continue
        if caller in ("reader", "link"):
            for stranger in (owner, key):
                assert_problem(stranger.request(method, path), 401)
        else:
            answer = api.request(method, path, headers={"Tus-Resumable": "1.0.0"})
            assert answer.status_code == 401, (method, path, answer.text)
    with stack.anonymous() as nobody:
        assert "error" not in nobody.get("/report").headers["WWW-Authenticate"]
        assert_problem(nobody.get("/report"), 401)


@pytest.mark.parametrize("path", PAGES[:2])
def test_no_parameter_leaves_the_report(stack, media, read, path):
    api = read(
        media_id=media[0],
        filter={"country": "DE", "referrer": "www.example.org", "source": "stream", "device": "desktop"},
        **{"from": "2026-03-03", "to": "2026-03-06"},
    )
    inner = assert_json(api.get(path))
    assert inner["total_views"] == 6
    assert (inner["from"], inner["to"], inner["bots"]) == ("2026-03-03T00:00:00Z", "2026-03-06T00:00:00Z", "exclude")
    for name, value in (
        ("country", "NP"),
        ("referrer", "other.example"),
        ("source", "reported"),
        ("device", "phone"),
        ("bots", "include"),
        ("viewer", "u-1"),
        ("internal", "include"),
        ("group_by", "viewer"),
    ):
        assert_problem(api.get(path, params={name: value}), 422, [f"?{name}"])
    for wider in (
        {"from": "2026-03-01"},
        {"to": "2026-04-01"},
        {"from": "1970-01-01", "to": "2027-01-01"},
        {"country": "DE", "bots": "exclude", "device": "desktop"},
    ):
        assert assert_json(api.get(path, params=wider)) == inner, wider
    for outside in ({"to": "2026-03-03"}, {"from": "2026-03-06"}, {"from": "2026-03-07", "to": "2026-03-08"}):
        [pointer] = [f"?{list(outside)[-1]}"]
        assert_problem(api.get(path, params=outside), 422, [pointer])
    assert sums(api.get(path, params={"from": "2026-03-04", "to": "2026-03-05"})) == 2
    assert sums(api.get(path, params={"system": "Windows"})) == 6
    assert sums(api.get(path, params={"system": "iOS"})) == 0
    # The time zone moves days, and the report's bounds stay where they are.
    moved = assert_json(api.get(path, params={"tz": "Asia/Kathmandu", "from": "2026-03-01", "to": "2026-03-09"}))
    assert (moved["from"], moved["to"]) == (inner["from"], inner["to"])


def test_the_ranking_cannot_be_widened_either(media, read):
    api = read(filter={"country": "DE"}, **{"from": "2026-03-03", "to": "2026-03-06"})
    inner = assert_json(api.get("/report/top"))
    assert {one["media_id"]: one["views"] for one in inner["items"]} == {medium: 6 for medium in media}
    assert assert_json(api.get("/report/top", params={"from": "2026-03-01", "to": "2026-04-01"})) == inner
    for name, value in (("country", "NP"), ("bots", "include"), ("viewer", "u-1"), ("internal", "include")):
        assert_problem(api.get("/report/top", params={name: value}), 422, [f"?{name}"])


def test_a_report_with_robots_may_be_narrowed_to_people(media, read):
    api = read(media_id=media[0], bots="include")
    assert sums(api.get("/report/analytics")) == 80
    assert sums(api.get("/report/analytics", params={"bots": "exclude"})) == 40


def test_viewers_are_hidden_unless_the_report_shows_them(media, read):
    api = read(media_id=media[0])
    answer = api.get("/report/analytics")
    assert assert_json(answer)["top"]["viewers"] == []
    assert "u-1" not in answer.text and "192.0.2." not in answer.text
    api = read(media_id=media[0], show_viewers=True)
    assert {one["name"] for one in assert_json(api.get("/report/analytics"))["top"]["viewers"]} == {"u-1", "u-2"}
    assert sums(api.get("/report/analytics", params={"viewer": "u-1"})) == 20
    api = read(media_id=media[0], show_viewers=True, filter={"viewer": "u-1"})
    assert sums(api.get("/report/analytics")) == 20
    assert_problem(api.get("/report/analytics", params={"viewer": "u-2"}), 422, ["?viewer"])


def test_the_last_days_move_with_the_clock(stack, read):
    medium = stack.new_media()["id"]
    zone = "Pacific/Chatham"
    [[midnight]] = stack.sql("select date_trunc('day', now() at time zone %s) at time zone %s", zone, zone)
    edge = midnight - datetime.timedelta(days=2)
    stack.add_views(
        [
            {"media_id": medium, "timestamp": edge + datetime.timedelta(seconds=seconds), "viewed_by_ip": "192.0.2.1"}
            for seconds in (-1, 0, 1)
        ]
    )
    api = read(media_id=medium, last_days=3, tz=zone)
    assert sums(api.get("/report/analytics")) == 2
    assert sums(api.get("/report/analytics", params={"from": "2020-01-01"})) == 2
    assert parse_time(assert_json(api.get("/report"))["from"]) == edge


# --- what ends one ---


def assert_over(api):
    for path in ("/report", "/report/analytics"):
        assert_problem(api.get(path), 401, name="report-over")


def test_a_report_is_over_at_once(stack, media):
    owner, editor = stack.admin(), stack.new_admin(role="editor")
    account, medium = editor.account["id"], stack.new_media()["id"]
    ends = (
        lambda report: owner.delete(f"/reports/{report}"),
        lambda report: stack.sql("update report set expires_at = now() where id = %s", report),
        lambda report: owner.delete(f"/media/media/{medium}"),
        lambda report: owner.patch(f"/accounts/{account}", json={"role": "analyst"}),
        lambda report: owner.patch(f"/accounts/{account}", json={"role": "editor", "disabled": True}),
    )
    for number, end in enumerate(ends):
        made = share(editor, media_id=medium if number == 2 else media[0])
        api = reader(stack, made["token"])
        assert_json(api.get("/report/analytics"))
        end(made["id"])
        assert_over(api)
        if number == 3:
            assert_json(owner.patch(f"/accounts/{account}", json={"role": "editor"}))


def test_what_is_no_link_is_told_nothing(stack, read):
    api = read(password=PASSWORD)
    report, secret = api.report["id"], api.report["token"].split("_")[2][:43]
    good = key_text(report, secret).replace("mgk_", "mgr_", 1)
    assert good != api.report["token"]  # the check covers the beginning
    texts = (
        good,
        api.report["token"][:-1],
        api.report["token"][:-1] + ("A" if api.report["token"][-1] != "A" else "B"),
        f"mgr_{report}_" + "A" * 49,
        "mgr_",
        "mgs_",
        f"mgs_{report}_k.AAAA",
        f"mgs_{report}_" + "A" * 300,
        "mgs_999999999_k.AAAA",
    )
    for text in texts:
        with reader(stack, text) as stranger:
            problem = assert_problem(stranger.get("/report"), 401)
            assert "password" not in problem["detail"]


# --- with a password ---


def test_a_password_is_asked_for_and_its_token_ends_with_it(stack, media, read):
    api = read(media_id=media[0], password=PASSWORD)
    for path in ("/report", *PAGES):
        problem = assert_problem(api.get(path), 401, name="report-password-required")
        assert "board" not in problem["detail"]
    for wrong in ("another horse", PASSWORD + " "):
        assert_problem(api.post("/report/session", json={"password": wrong}), 401, name="report-password-refused")
    assert_problem(api.post("/report/session", json={"password": PASSWORD, "x": 1}), 422, ["/x"])
    opened = assert_json(api.post("/report/session", json={"password": PASSWORD}))
    assert (opened["token_type"], opened["expires_in"]) == ("Bearer", 3600)
    inside = reader(stack, opened["access_token"])
    assert sums(inside.get("/report/analytics")) == 40
    assert assert_json(inside.get("/report"))["has_password"]
    # The token is of this report, this link and this password.
    other = share(stack.admin(), password=PASSWORD)
    moved = opened["access_token"].replace(f"mgs_{api.report['id']}_", f"mgs_{other['id']}_", 1)
    assert_problem(reader(stack, moved).get("/report"), 401)
    stack.sql("update report set secret_hash = sha256('another') where id = %s", api.report["id"])
    assert_problem(inside.get("/report"), 401)


def test_a_token_of_a_password_ends_with_the_report(stack, media, read):
    api = read(media_id=media[0], password=PASSWORD)
    inside = reader(stack, assert_json(api.post("/report/session", json={"password": PASSWORD}))["access_token"])
    assert_json(inside.get("/report"))
    assert stack.admin().delete(f"/reports/{api.report['id']}").status_code == 204
    assert_over(inside)
    assert_problem(api.post("/report/session", json={"password": PASSWORD}), 401, name="report-over")


def test_a_report_without_a_password_has_no_session(read):
    assert_problem(read().post("/report/session", json={"password": PASSWORD}), 409)


def test_guesses_at_a_password_are_limited(module_stack_with):
    town = module_stack_with(signup_policy="open", login_account_limit=3, login_address_limit=100, login_window=100)
    made, other = (share(town.admin(), password=PASSWORD) for _ in range(2))
    api = reader(town, made["token"])

    def guess(session, password="a wrong horse"):
        return session.post("/report/session", json={"password": password})

    assert_json(guess(api, PASSWORD))  # a success gives its attempt back
    for _ in range(3):
        assert_problem(guess(api), 401, name="report-password-refused")
    answer = guess(api, PASSWORD)
    assert_problem(answer, 429)
    assert answer.headers["RateLimit"].startswith('"report";r=0;t=')
    assert_json(guess(reader(town, other["token"]), PASSWORD))


def test_secrets_are_in_no_log(stack, read):
    api = read(password=PASSWORD)
    session = assert_json(api.post("/report/session", json={"password": PASSWORD}))["access_token"]
    reader(stack, session).get("/report")
    for name in ("serve.log", "error.log"):
        text = stack.log_text(name)
        for secret in (api.report["token"], api.report["token"].split("_")[2], session, PASSWORD):
            assert secret not in text, name
