# SPDX-License-Identifier: ISC
"""The requests of the first clients, word for word: they must go on working whatever else is added.

Three models: AdminUser (id, email, hashed_password, created_at), MediaAsset (id, title, type, file_url, created_at) and
MediaViewLog (media_id, viewed_by_ip, timestamp).
"""
import datetime

import pytest

PASSWORD = "s3cret-enough"


@pytest.fixture(scope="module")
def client(stack):
    """Signed up and logged in the way those clients do; an Api whose calls carry the token."""
    with stack.anonymous() as api:
        email = "first@example.test"
        signed_up = api.post("/auth/signup", json={"email": email, "password": PASSWORD})
        assert signed_up.status_code == 201
        assert signed_up.json()["email"] == email
        logged_in = api.post("/auth/login", json={"email": email, "password": PASSWORD})
        assert logged_in.status_code == 200
        assert logged_in.json()["token_type"] == "bearer"
        api.headers["Authorization"] = "Bearer " + logged_in.json()["access_token"]
        yield api


@pytest.fixture(scope="module")
def medium(client):
    created = client.post(
        "/media/media/", json={"title": "A talk", "type": "video", "file_url": "https://cdn.example.test/talk.mp4"}
    )
    assert created.status_code == 201
    return created.json()


def columns(stack, table):
    return {
        row[0]
        for row in stack.sql("SELECT column_name FROM information_schema.columns WHERE table_name = " "%s", table)
    }


@pytest.mark.parametrize(
    "table, names",
    [
        ("admin_user", {"id", "email", "hashed_password", "created_at"}),
        ("media_asset", {"id", "title", "type", "file_url", "created_at"}),
        ("media_view_log", {"media_id", "viewed_by_ip", "timestamp"}),
    ],
)
def test_the_models_have_their_columns(stack, table, names):
    assert names <= columns(stack, table)


def test_signup_answers_the_account_and_stores_only_a_hash(stack, client):
    email, hashed = stack.sql("SELECT email, hashed_password FROM admin_user WHERE email = 'first@example.test'")[0]
    assert client.get("/auth/me").json()["email"] == email
    assert hashed.startswith("$argon2id$") and PASSWORD not in hashed


def test_media_metadata_comes_back_as_sent(client, medium):
    assert medium["title"] == "A talk"
    assert medium["type"] == "video"
    assert medium["file_url"] == "https://cdn.example.test/talk.mp4"
    assert datetime.datetime.fromisoformat(medium["created_at"].replace("Z", "+00:00"))
    assert client.get(f"/media/media/{medium['id']}").json() == medium
    assert client.get("/media/media/").json()["items"][0]["id"] == medium["id"]


@pytest.mark.parametrize(
    "method, path",
    [
        ("POST", "/media/media/"),
        ("GET", "/media/media/1/stream-url"),
        ("POST", "/media/media/1/view"),
        ("GET", "/media/media/1/analytics"),
    ],
)
def test_media_calls_need_a_token(anonymous, method, path):
    assert anonymous.request(method, path, json={} if method == "POST" else None).status_code == 401


def test_stream_url_is_signed_and_ends(client, medium):
    answer = client.get(f"/media/media/{medium['id']}/stream-url").json()
    assert answer["expires_in"] == 600
    assert "cdn.example.test" not in answer["stream_url"]
    kid, flags, viewer, grant, expires, signature, media_id, _file = (
        answer["stream_url"].split("/stream/")[1].split("/", 7)
    )
    assert (flags, viewer, grant, media_id, len(signature)) == ("n", "-", answer["grant_id"], str(medium["id"]), 22)
    assert kid and int(expires) > datetime.datetime.now(datetime.timezone.utc).timestamp()


def test_views_are_logged_and_counted(client, medium):
    path = f"/media/media/{medium['id']}"
    for address in ("203.0.113.7", "203.0.113.7", "2001:db8::7"):
        logged = client.post(path + "/view", json={"viewed_by_ip": address})
        assert logged.status_code == 201
        assert (logged.json()["media_id"], logged.json()["viewed_by_ip"]) == (medium["id"], address)
    analytics = client.get(path + "/analytics").json()
    assert analytics["total_views"] == 3
    assert analytics["unique_ips"] == 2
    assert sum(analytics["views_per_day"].values()) == 3


def test_a_view_without_a_body_is_the_callers(client, medium):
    logged = client.post(f"/media/media/{medium['id']}/view")
    assert logged.status_code == 201
    assert logged.json()["viewed_by_ip"] == "127.0.0.1"
