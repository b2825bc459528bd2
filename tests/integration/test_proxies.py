# SPDX-License-Identifier: ISC
"""Behind and without a proxy that ends TLS: schemes, redirects, HSTS, ciphers, compression."""
import ssl
import subprocess

import pytest
import requests

from stack import DEADLINE, wait_until

GZIP = {"Accept-Encoding": "gzip"}


@pytest.fixture(scope="module")
def stack(module_stack_with):
    return module_stack_with(
        trusted_proxies=["127.0.0.1"],
        https_only=True,
        hsts_seconds=31536000,
        cors_origins=["capacitor://localhost", "null"],
    )


@pytest.fixture(scope="module")
def admin(stack):  # pylint: disable=redefined-outer-name
    """As through a proxy that ends TLS."""
    with stack.anonymous() as api:
        api.headers["X-Forwarded-Proto"] = "https"
        account = {"email": "a@example.test", "password": "correct horse battery"}
        assert api.post("/auth/signup", json=account).status_code == 201
        api.headers["Authorization"] = "Bearer " + api.post("/auth/login", json=account).json()["access_token"]
        yield api


def test_http_is_redirected_and_probes_are_not(stack):
    with stack.anonymous() as api:
        for method in ("GET", "POST"):
            answer = api.request(method, "/auth/login?x=1")
            assert (answer.status_code, answer.headers["Location"]) == (308, "https://127.0.0.1/auth/login?x=1")
            assert "Strict-Transport-Security" not in answer.headers
        assert api.get("/livez").status_code == 200 and api.get("/readyz").status_code == 200


def test_https_is_not_redirected_whoever_ended_it(stack, admin):
    for answer in (
        admin.get("/auth/me"),
        requests.get(stack.https_url + "/livez", verify=stack.certificate, timeout=DEADLINE),
        admin.get("/nothing"),
    ):
        assert answer.status_code != 308 and answer.headers["Strict-Transport-Security"] == "max-age=31536000"
    media = admin.post("/media/media/", json={"title": "A film", "type": "video", "file_url": None}).json()
    assert media["id"]


def test_a_forwarded_address_of_a_stranger_is_told_once(make_stack):
    stack = make_stack(api_workers=1)
    with stack.anonymous() as api:
        for _ in range(5):
            assert api.get("/media/media/", headers={"X-Forwarded-For": "203.0.113.9"}).status_code == 401
        wait_until(lambda: stack.serve_events("forwarded_for_ignored"), "it to be told")
        told = stack.serve_events("forwarded_for_ignored")
        assert len(told) == 1 and told[0]["address"] == "127.0.0.1" and "trusted_proxies" in told[0]["remedy"]


@pytest.mark.parametrize(
    "origin, listed",
    [
        ("capacitor://localhost", True),
        ("null", True),
        ("tauri://localhost", False),
        ("capacitor://localhost.evil.example", False),
    ],
)
def test_apps_have_origins_too(admin, origin, listed):
    answer = admin.get("/livez", headers={"Origin": origin})
    assert answer.headers.get("Access-Control-Allow-Origin") == (origin if listed else None)


@pytest.mark.parametrize(
    "suite",
    [
        "AES128-SHA",
        "AES256-GCM-SHA384",
        "ECDHE-ECDSA-AES128-SHA",
        "ECDHE-ECDSA-AES256-SHA384",
        "ECDHE-ECDSA-AES128-CCM8",
        "ECDHE-ECDSA-AES128-CCM",
        "DHE-RSA-AES128-SHA",
    ],
)
def test_weak_suites_are_refused(stack, suite):
    def connects(*arguments):
        done = subprocess.run(
            ["openssl", "s_client", "-connect", f"127.0.0.1:{stack.https_port}", *arguments],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            check=False,
            timeout=DEADLINE,
        )
        return done.returncode == 0

    assert not connects("-tls1_2", "-cipher", suite + ":@SECLEVEL=0")
    assert not connects("-tls1_1", "-cipher", "ALL:@SECLEVEL=0")
    assert connects("-tls1_2", "-cipher", "ECDHE-ECDSA-AES128-GCM-SHA256") and connects("-tls1_3")
    assert ssl.HAS_TLSv1_3


def test_json_is_compressed_and_secrets_and_streams_are_not(stack, admin, make_media):
    for number in range(12):
        assert admin.post("/media/media/", json={"title": f"A film {number}", "type": "video"}).status_code == 201
    listed = admin.get("/media/media/", headers=GZIP)
    assert listed.headers["Content-Encoding"] == "gzip" and len(listed.json()["items"]) >= 10
    assert "Accept-Encoding" in listed.headers["Vary"] and "Origin" in listed.headers["Vary"]
    assert "Content-Encoding" not in admin.get("/media/media/", headers={"Accept-Encoding": "identity"}).headers
    media = admin.post("/media/media/", json={"title": "Played", "type": "video"}).json()["id"]
    assert admin.put(f"/media/media/{media}/file", data=make_media("film").read_bytes()).status_code == 201
    issued = admin.get(f"/media/media/{media}/stream-url", params={"viewer": "v" * 64}, headers=GZIP)
    film = admin.get("/" + issued.json()["stream_url"].split("/", 3)[3], headers=GZIP)
    assert issued.json()["stream_url"].startswith("https://127.0.0.1")
    for answer in (issued, film, admin.get("/auth/me", headers=GZIP)):
        assert answer.status_code == 200 and "Content-Encoding" not in answer.headers
