# SPDX-License-Identifier: ISC
"""docs/openapi.yaml itself: it is well-formed by strict rules, complete, and the proxy that holds answers against it
notices lies.

The other tests' calls are held against it too: see contract.py.
"""
import re
import subprocess

import pytest
import yaml

import contract
import tus_client
import web_tools
from second_factor import enrol
from stack import TOP_SRC

METHODS = {"get", "post", "put", "patch", "delete"}


@pytest.fixture(scope="module")
def document():
    return yaml.safe_load(contract.DOCUMENT.read_text(encoding="utf-8"))


def operations(document):
    for path, item in document["paths"].items():
        for method in METHODS & item.keys():
            yield path, method, item[method], "x-served-by" in item


def test_the_document_is_clean_by_strict_rules():
    done = subprocess.run(
        [*web_tools.tool("redocly"), "lint", "--config", TOP_SRC / "tests/web/redocly.yaml", contract.DOCUMENT],
        capture_output=True,
        text=True,
        check=False,
        env={"PATH": "/usr/local/bin:/usr/bin:/bin", "HOME": "/nonexistent", "REDOCLY_TELEMETRY": "off"},
    )
    assert done.returncode == 0, done.stdout + done.stderr


def test_every_error_is_a_problem_document_with_an_example(document):
    def resolve(item):
        while "$ref" in item:
            target = document
            for step in item["$ref"][2:].split("/"):
                target = target[step]
            item = target
        return item

    for path, method, operation, _ in operations(document):
        for status, reference in operation["responses"].items():
            response = resolve(reference)
            assert "X-Request-Id" in response["headers"], (path, method, status)
            if int(status) >= 400:
                assert list(response["content"]) == ["application/problem+json"], (path, method, status)
                body = response["content"]["application/problem+json"]
                assert "example" in body or "examples" in body, (path, method, status)


def test_every_call_is_answered_as_the_document_says(stack, make_media, document):
    """One success of each call, through the proxy; the other tests add the errors."""
    web_tools.need_tools()
    api = stack.new_admin(role="owner")
    medium = stack.new_media(api)
    path = f"/media/media/{medium['id']}"
    assert stack.upload(medium["id"], make_media("short"), api).status_code == 201
    answers = [
        api.get("/media/media/", params={"limit": 1}),
        api.get(path),
        api.patch(path, json={"title": "Another"}),
        api.patch("/media/media/", json={"ids": [medium["id"]], "tags": ["course"]}),
        api.delete("/media/media/", params={"ids": stack.new_media(api)["id"]}),
        api.get(path + "/stream-url", params={"ttl_seconds": 60, "viewer": "u-1", "bind_ip": "203.0.113.7"}),
        api.post(path + "/view", json={"viewer": "u-1"}),
        api.get(path + "/views"),
        api.get(path + "/analytics"),
        api.get(path + "/retention"),
        api.get(
            path + "/analytics",
            params={
                "interval": "hour",
                "tz": "Europe/Berlin",
                "from": "2026-01-01T00:00:00Z",
                "to": "2026-01-02T00:00:00Z",
            },
        ),
        api.get("/analytics/overview"),
        api.get("/analytics/top", params={"by": "bytes"}),
        api.get("/analytics/live"),
        api.get("/analytics/export", params={"media_id": medium["id"]}),
        api.post(path + "/package"),
        api.delete(path + "/package"),
        api.put(
            path + "/subtitles/en", data="WEBVTT\n\n00:01.000 --> 00:02.000\nHi\n", headers={"Content-Type": "text/vtt"}
        ),
        api.delete(path + "/subtitles/en"),
        stack.admin().get("/settings"),
        stack.admin().get("/events", params={"type": "media.*", "limit": 1}),
        stack.admin().get("/events/export", params={"subject": f"medium:{medium['id']}"}),
        api.put(
            path + "/chapters", data="WEBVTT\n\n00:01.000 --> 00:02.000\nOne\n", headers={"Content-Type": "text/vtt"}
        ),
        api.put(path + "/poster", params={"time_seconds": 1}),
        api.delete(path + "/poster"),
        api.get(path + "/chapters"),
        api.get(path + "/package/log"),
        api.get("/packages", params={"state": "cancelled", "limit": 1}),
        api.delete(path + "/chapters"),
        api.get("/livez"),
        api.get("/readyz"),
        api.get("/metrics"),
        api.get("/status"),
        api.get("/auth/me"),
        api.get("/auth/sessions"),
        enrol(stack, api).delete("/auth/totp", json={"password": api.password, "otp": api.recovery_codes[0]}),
        api.delete("/auth/sessions"),
    ]
    issued = next(answer.json() for answer in answers if answer.url.split("?")[0].endswith("/stream-url"))
    grant = issued["grant_id"]
    answers.append(api.get(f"/media/grants/{grant}/explain"))
    owner = stack.admin()
    answers += [
        api.post(path + "/grants", json={"ttl_seconds": 60, "viewer": "u-1"}),
        api.post("/media/stream-urls", json={"items": [{"media_id": medium["id"]}, {"media_id": 999999999}]}),
        api.post(f"/media/grants/{grant}/renew", json={"stream_url": issued["stream_url"], "bind_ip": "203.0.113.7"}),
    ]
    answers.append(owner.post("/keys", json={"name": "test", "scopes": ["media:read"], "max_ttl_seconds": 60}))
    key_id = answers[-1].json()["id"]
    answers += [
        owner.get("/keys", params={"limit": 1}),
        owner.get(f"/keys/{key_id}"),
        owner.post(f"/keys/{key_id}/rotate", json={"overlap_seconds": 60}),
        owner.delete(f"/keys/{key_id}/grants"),
        owner.delete(f"/keys/{key_id}"),
    ]
    answers.append(owner.post("/webhooks", json={"url": "https://hooks.example.org/", "events": ["media.*"]}))
    hook_id = answers[-1].json()["id"]
    hook = f"/webhooks/{hook_id}"
    answers.append(owner.post(hook + "/test"))
    delivery_id = answers[-1].json()["id"]
    answers += [
        owner.get("/webhooks"),
        owner.get(hook),
        owner.patch(hook, json={"enabled": False}),
        owner.post(hook + "/rotate", json={"overlap_seconds": 60}),
        owner.get(hook + "/deliveries"),
        owner.post(f"{hook}/deliveries/{delivery_id}/resend"),
        owner.delete(hook),
    ]
    films = owner.post("/reports", json={"title": "One film", "media_id": medium["id"], "password": api.password})
    shared = [films, owner.post("/reports", json={"title": "All films", "last_days": 7})]
    one, every = (stack.with_token(answer.json()["token"]) for answer in shared)
    opened = one.post("/report/session", json={"password": api.password})
    inside = stack.with_token(opened.json()["access_token"])
    report = f"/reports/{films.json()['id']}"
    answers += [
        *shared,
        opened,
        every.get("/report"),
        every.get("/report/analytics"),
        every.get("/report/top"),
        inside.get("/report/analytics", params={"interval": "hour", "from": "2026-01-01", "to": "2026-01-02"}),
        inside.get("/report/retention"),
        owner.get("/reports"),
        owner.get(report),
        owner.delete(report),
    ]
    upload = tus_client.begin(api, 100)
    answers.append(tus_client.end(api, upload))
    upload_url = api.post("/upload-urls", json={"title": "From outside"})
    capability = upload_url.json()["upload_url"].rsplit("/", 1)[1]
    delegated = upload_url.json()["id"]
    answers += [
        upload_url,
        api.post(f"/uploads/{capability}", headers={**tus_client.TUS, "Upload-Length": "100"}),
        api.get("/uploads/", params={"limit": 1}),
        api.delete(f"/upload-urls/{delegated}"),
        api.patch("/media/media", json={"ids": [medium["id"]], "tags": ["one"]}),
        api.delete("/media/media", params={"ids": "999999999"}),
    ]
    answers += [
        api.delete(f"/media/grants/{grant}"),
        api.delete(path),
        api.post("/auth/refresh", json={"refresh_token": api.tokens["refresh_token"]}),
    ]
    answers.append(api.post("/auth/logout", json={"refresh_token": answers[-1].json()["refresh_token"]}))
    with stack.anonymous() as nobody:
        answers.append(nobody.get("/auth/signup"))
        answers.append(
            nobody.post("/auth/login", data={"grant_type": "password", "username": api.email, "password": api.password})
        )
    again = stack.login(api.email, api.password)
    session = again.get("/auth/sessions").json()["items"][0]["id"]
    owner = stack.admin()
    account = f"/accounts/{api.account['id']}"
    invitation = owner.post("/invitations", json={"role": "analyst", "expires_in": 60})
    answers += [
        stack.login(api.email, api.password).delete(f"/auth/sessions/{session}"),
        owner.get("/accounts"),
        owner.get(account),
        owner.patch(account, json={"role": "editor", "disabled": False}),
        invitation,
        owner.get("/invitations"),
        owner.delete(f"/invitations/{invitation.json()['id']}"),
    ]
    again = stack.login(api.email, api.password)
    answers.append(
        again.put("/auth/password", json={"current_password": api.password, "new_password": "another horse entirely"})
    )
    assert [answer.status_code for answer in answers if answer.status_code >= 300] == []

    def template(asked):
        names = {
            str(medium["id"]): "{id}",
            str(key_id): "{id}",
            str(hook_id): "{id}",
            str(films.json()["id"]): "{id}",
            grant: "{grant_id}",
            upload.rsplit("/", 1)[1]: "{upload_id}",
            capability: "{upload_id}",
            delegated: "{upload_id}",
            "en": "{lang}",
            session: "{session_id}",
            str(api.account["id"]): "{id}",
            str(invitation.json()["id"]): "{id}",
        }
        path = "/".join(names.get(segment, segment) for segment in asked.split("/"))
        return re.sub(r"(/deliveries)/[^/]+", r"\1/{delivery_id}", path)

    answered = {(method.lower(), template(asked)) for method, asked, status in stack.contract.checked if status < 300}
    expected = {(method, path) for path, method, _, by_nginx in operations(document) if not by_nginx}
    # Prism would break the bytes of an upload, whose answers have the schema of one medium, or no body.
    missing = expected - answered
    assert missing <= {
        ("put", "/media/media/{id}/file"),
        ("put", "/media/media/{id}/subtitles/{lang}"),
        ("put", "/media/media/{id}/chapters"),
        ("patch", "/uploads/{upload_id}"),
    }


@pytest.mark.parametrize(
    "lie, path, call",
    [
        ("a field that is not there", "/livez", {"const": "something else"}),
        ("a status that is not listed", "/livez", None),
    ],
)
def test_the_proxy_notices(stack, document, tmp_path, lie, path, call):
    responses = document["paths"][path]["get"]["responses"]
    kept = responses["200"]
    if call is None:
        responses = {status: answer for status, answer in responses.items() if status != "200"}
        wrong = {**document, "paths": {path: {"get": {**document["paths"][path]["get"], "responses": responses}}}}
    else:
        schema = {**kept["content"]["application/json"]["schema"], "properties": {"status": call}}
        answer = {**kept, "content": {"application/json": {"schema": schema}}}
        wrong = {**document, "paths": {path: {"get": {**document["paths"][path]["get"], "responses": {"200": answer}}}}}
    (tmp_path / "openapi.yaml").write_text(yaml.safe_dump(wrong), encoding="utf-8")
    with contract.Contract(stack.base_url, tmp_path / "openapi.yaml") as proxy, stack.anonymous() as api:
        api.contract = proxy
        with pytest.raises(AssertionError, match="breaks openapi.yaml"):
            api.get(path)
            pytest.fail(f"not noticed: {lie}")
