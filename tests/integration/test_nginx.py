# SPDX-License-Identifier: ISC
"""What nginx decides by itself: spellings of a stream URL, hosts, limits, its problem documents, its log."""
import json
import re
import socket
import time
import uuid

import pytest

import signing
from stack import wait_until
from test_malformed_http import exchange


def get(front, target, method="GET", headers=""):
    """A request with this exact target, which no client library would leave alone."""
    return exchange(
        front.http_port,
        f"{method} {target} HTTP/1.1\r\nHost: localhost\r\nConnection: " f"close\r\n{headers}\r\n".encode("latin-1"),
    )


def new_grant():
    """Well-formed and used by nobody else, so that its lines in the log can be counted."""
    return uuid.uuid4().hex


SPELLINGS = [
    ("another slash before", lambda url: "/" + url),
    ("another slash inside", lambda url: url.replace("/7/", "//7/")),
    ("another slash before the file", lambda url: url.replace("/7/", "/7//")),
    ("a dot segment before", lambda url: "/." + url),
    ("a dot segment inside", lambda url: url.replace("/7/", "/./7/")),
    ("a dot-dot segment before", lambda url: "/x/.." + url),
    ("a dot-dot segment inside", lambda url: url.replace("/7/", "/8/../7/")),
    ("a dot-dot out of another area", lambda url: "/docs/.." + url),
    ("an escaped first letter", lambda url: url.replace("/stream/", "/%73tream/")),
    ("an escaped slash", lambda url: url.replace("/7/", "%2f7/")),
    ("an escaped slash in capitals", lambda url: url.replace("/7/", "%2F7/")),
    ("an escaped letter of the file", lambda url: url.replace("film", "f%69lm")),
    ("an escaped dot of the file", lambda url: url.replace("film.", "film%2e")),
    ("an escaped digit of the expiry", lambda url: re.sub(r"/(\d)(\d{9})/", r"/%3\1\2/", url)),
    ("an escaped minus", lambda url: url.replace("/-/", "/%2d/")),
    ("an escaped dot segment", lambda url: "/%2e" + url),
    ("an escaped dot-dot segment", lambda url: "/x/%2e%2e" + url),
    ("a fragment", lambda url: url + "#t=1"),
    ("an escaped newline behind", lambda url: url + "%0a"),
    ("an escaped blank behind", lambda url: url + "%20"),
    ("a backslash", lambda url: url.replace("/7/", "\\7/")),
    ("an escaped NUL behind", lambda url: url + "%00"),
    ("an escaped query", lambda url: url + "%3Fx"),
    ("everything escaped", lambda url: "/" + "".join(f"%{ord(c):02x}" for c in url[1:])),
]


@pytest.mark.parametrize("respell", [row[1] for row in SPELLINGS], ids=[row[0] for row in SPELLINGS])
def test_another_spelling_of_a_good_url_is_400_and_logged_at_most_once(front, respell):
    grant = new_grant()
    url = front.sign(grant=grant)
    status, headers, body = get(front, respell(url))
    assert status == 400 and headers["content-type"] == "application/problem+json"
    assert b"film" not in body
    assert get(front, url)[0] == 200
    front.wait_view_log(lambda line: line["grant"] == grant and line["status"] == 200)
    assert len([line for line in front.view_log() if line["grant"] == grant and line["status"] != 200]) <= 1


@pytest.mark.parametrize("target", ["?", "?x=1", "?../../", "?%00"])
def test_a_query_changes_nothing_and_makes_one_line(front, target):
    grant = new_grant()
    status, _, body = get(front, front.sign(grant=grant) + target)
    assert status == 200 and len(body) == 4000
    assert [line["body_bytes"] for line in front.wait_view_log(lambda line: line["grant"] == grant)] == [4000]


def test_an_absolute_request_line_is_the_same_url(front):
    grant = new_grant()
    status, _, body = get(front, "http://localhost" + front.sign(grant=grant))
    assert status == 200 and len(body) == 4000
    assert len(front.wait_view_log(lambda line: line["grant"] == grant)) == 1


ANSWERS = [
    ("played", {}, 200),
    ("expired", {"expires": 1_000_000_000}, 410),
    ("a file that is not there", {"file": "other.mp4"}, 404),
    ("a medium that is not there", {"media": 8}, 404),
    ("a file of a deeper folder", {"file": "a/b/c.m4s"}, 404),
    ("a viewer", {"viewer": "user_7-x"}, 200),
    ("bound to another address", {"flags": "i", "address": "192.0.2.1"}, 403),
    ("bound to ours", {"flags": "i", "address": "127.0.0.1"}, 200),
]


@pytest.mark.parametrize("fields, expected", [row[1:] for row in ANSWERS], ids=[row[0] for row in ANSWERS])
def test_the_answer_to_a_signed_url(front, fields, expected):
    status, headers, body = get(front, front.sign(**fields))
    assert status == expected
    if status != 200:
        assert headers["content-type"] == "application/problem+json" and json.loads(body)["status"] == status


FORGERIES = [
    ("kid", lambda p: p.__setitem__(0, "nokey")),
    ("empty-secret kid", lambda p: p.__setitem__(0, "k0")),
    ("flags", lambda p: p.__setitem__(1, "i")),
    ("viewer", lambda p: p.__setitem__(2, "other")),
    ("grant", lambda p: p.__setitem__(3, "f" * 32)),
    ("expiry", lambda p: p.__setitem__(4, str(int(p[4]) + 1))),
    ("expiry with a zero more", lambda p: p.__setitem__(4, p[4] + "0")),
    ("signature", lambda p: p.__setitem__(5, ("A" if p[5][0] != "A" else "B") + p[5][1:])),
    ("signature with spare " "bits", lambda p: p.__setitem__(5, p[5][:-1] + "B")),
    ("signature in other letters", lambda p: p.__setitem__(5, p[5].swapcase())),
    ("shorter signature", lambda p: p.__setitem__(5, p[5][:-1])),
    ("medium", lambda p: p.__setitem__(6, "8")),
    ("medium with a leading zero", lambda p: p.__setitem__(6, "07")),
    ("flags doubled", lambda p: p.__setitem__(1, "nn")),
    ("no viewer", lambda p: p.__setitem__(2, "_" * 65)),
    ("a hidden file", lambda p: p.__setitem__(7, ".film.mp4")),
    ("a folder", lambda p: p.__setitem__(7, "")),
    ("grant in capitals", lambda p: p.__setitem__(3, p[3].upper())),
    ("an early end", lambda p: p.pop()),
]


@pytest.mark.parametrize("forge", [row[1] for row in FORGERIES], ids=[row[0] for row in FORGERIES])
def test_a_forged_part_is_403(front, forge):
    parts = front.sign().split("/")[2:]
    forge(parts)
    status, headers, body = get(front, "/stream/" + "/".join(parts))
    assert status == 403 and headers["content-type"] == "application/problem+json", body


def test_an_unknown_key_cannot_be_signed_for_with_an_empty_secret(front):
    assert get(front, signing.sign("", "zz", 7, "film.mp4"))[0] == 403


@pytest.mark.parametrize("name", [signing.GRANT, signing.GRANT[-8:]])
def test_a_revoked_grant_and_a_revoked_issuer_are_403_at_once(front, name):
    mark = front.data_dir / "revoked" / name
    assert get(front, front.sign())[0] == 200
    mark.touch()
    try:
        status, _, body = get(front, front.sign())
        assert status == 403 and "revoked" in json.loads(body)["detail"]
        assert get(front, front.sign(grant="0193550000007000800000000000dcba"))[0] == 200
    finally:
        mark.unlink()
    assert get(front, front.sign())[0] == 200


def test_ranges_conditions_and_head(front):
    url = front.sign()
    with front.anonymous() as api:
        whole = api.get(url)
        assert whole.headers["Accept-Ranges"] == "bytes" and whole.headers["Content-Type"] == "video/mp4"
        assert (
            whole.headers["X-Content-Type-Options"] == "nosniff"
            and "sandbox allow-same-origin allow-scripts; frame-ancestors 'none'"
            in whole.headers["Content-Security-Policy"]
        )
        assert "Content-Disposition" not in whole.headers
        part = api.get(url, headers={"Range": "bytes=2-5"})
        assert (part.status_code, part.content, part.headers["Content-Range"]) == (206, b"lmfi", "bytes 2-5/4000")
        beyond = api.get(url, headers={"Range": "bytes=4000-"})
        assert (
            beyond.status_code == 416
            and beyond.json()["status"] == 416
            and beyond.headers["Content-Range"] == "bytes */4000"
        )
        # several ranges: the whole, never a multipart bomb
        assert api.get(url, headers={"Range": "bytes=0-0,2-2,4-4"}).status_code == 200
        head = api.head(url)
        assert head.status_code == 200 and head.headers["Content-Length"] == "4000" and not head.content
        assert api.get(url, headers={"If-None-Match": whole.headers["ETag"]}).status_code == 304
        assert api.get(url, headers={"If-Match": '"other"'}).status_code == 412
        assert beyond.headers["X-Request-Id"] == beyond.json()["request_id"] and beyond.headers["Vary"] == "Origin"
        for method in ("POST", "PUT", "DELETE", "OPTIONS"):
            refused = api.request(method, url)
            assert refused.status_code == 405 and refused.headers["Allow"] == "GET, HEAD", method


def test_a_file_of_an_unlisted_type_is_an_attachment(front):
    page = front.data_dir / "media/7/page.html"
    page.write_text("<script>alert(1)</script>")
    with front.anonymous() as api:
        answer = api.get(front.sign(file="page.html"))
    assert (
        answer.headers["Content-Type"] == "application/octet-stream"
        and answer.headers["Content-Disposition"] == "attachment"
    )


def test_a_delivery_line_names_the_parts_and_never_the_url(front):
    url = front.sign(viewer="viewer-1")
    signature = url.split("/")[7]
    agent = "agent \"quoted\" " + "x" * 600
    with front.anonymous() as api:
        api.get(
            url,
            headers={
                "Range": "bytes=0-9",
                "Referer": "https://site.example:8443/secret/page?q=1",
                "User-Agent": agent,
                "X-Request-Id": "callers-own-id",
            },
        )
    line = front.wait_view_log(lambda entry: entry["viewer"] == "viewer-1")[0]
    assert set(line) == {
        "time",
        "request_id",
        "media",
        "grant",
        "viewer",
        "flags",
        "file",
        "address",
        "method",
        "status",
        "body_bytes",
        "content_range",
        "seconds",
        "completion",
        "user_agent",
        "referrer_host",
    }
    assert abs(line["time"] - time.time()) < 60
    # nginx's own: unique whatever callers send
    assert line["request_id"] != "callers-own-id" and len(line["request_id"]) == 32
    assert (line["media"], line["grant"], line["flags"], line["file"]) == ("7", signing.GRANT, "n", "film.mp4")
    assert (line["method"], line["status"], line["body_bytes"], line["content_range"], line["completion"]) == (
        "GET",
        206,
        10,
        "bytes 0-9/4000",
        "OK",
    )
    assert (
        line["referrer_host"] == "site.example" and line["user_agent"] == agent[:512] and line["address"] == "127.0.0.1"
    )
    for name in ("view.log", "error.log", "nginx.log"):
        assert signature not in front.log_text(name), name


def test_an_ipv4_address_is_one_address_however_its_client_comes(front):
    """On a socket for IPv6 too, IPv4 clients have mapped addresses; a URL bound to theirs was 403."""
    grant = new_grant()
    url = front.sign(grant=grant, flags="i", address="203.0.113.9")
    for spelling in ("203.0.113.9", "::ffff:203.0.113.9", "::FFFF:cb00:7109"):
        assert get(front, url, headers=f"X-Forwarded-For: {spelling}\r\n")[0] == 200, spelling
        get(front, "/auth/me", headers=f"X-Forwarded-For: {spelling}\r\n")
        assert front.pools.seen[-1][1]["REMOTE_ADDR"] == "203.0.113.9"
    for other in ("203.0.113.10", "::ffff:203.0.113.10", "::cb00:7109", "2001:db8::ffff:203.0.113.9"):
        assert get(front, url, headers=f"X-Forwarded-For: {other}\r\n")[0] == 403, other
    lines = front.wait_view_log(lambda line: line["grant"] == grant and line["status"] == 200)
    assert {line["address"] for line in lines} == {"203.0.113.9"}


def test_errors_of_a_stream_url_do_not_put_it_into_the_error_log(front):
    locked = front.data_dir / "media/7/locked.mp4"
    locked.write_bytes(b"x")
    locked.chmod(0)
    urls = [front.sign(file=name) for name in ("locked.mp4", "film.mp4/x", "nothing.mp4", "remote/x.mp4")]
    front.pools.headers = {"X-Accel-Redirect": "/_origin/http/127.0.0.1/9/x.mp4"}
    statuses = [get(front, url)[0] for url in urls] + [get(front, urls[0], "POST", "Content-Length: 99999999\r\n")[0]]
    assert statuses[1:] == [404, 404, 502, 413] and statuses[0] in (403, 404)
    assert "/stream/" not in front.log_text("error.log") + front.log_text("nginx.log")


@pytest.mark.parametrize(
    "host, expected",
    [
        ("localhost", 200),
        ("LOCALHOST", 200),
        ("localhost:1", 200),
        ("127.0.0.1", 200),
        ("[::1]:80", 200),
        ("media.example.test", 200),
        ("media.example.test.", 200),
        ("x.media.example.test", 421),
        ("example.test", 421),
        ("127.0.0.2", 421),
        ("_", 421),
    ],
)
def test_only_our_host_names_are_served(front, host, expected):
    for path in ("/livez", "/readyz"):  # a load balancer asks by its target's name or address
        assert (
            exchange(front.http_port, f"GET {path} HTTP/1.1\r\nHost: {host}\r\nConnection: " f"close\r\n\r\n".encode())[
                0
            ]
            == 200
        ), path
    for path in ("/media/media/", front.sign(), "/nothing"):
        status, headers, body = exchange(
            front.http_port, f"GET {path} HTTP/1.1\r\nHost: {host}\r\nConnection: " f"close\r\n\r\n".encode()
        )
        assert status == (404 if expected == 200 and path == "/nothing" else expected), path
        if status == 421:
            assert headers["content-type"] == "application/problem+json" and json.loads(body)["status"] == 421


def test_body_limits_are_those_of_the_path(front):
    with front.anonymous() as api:
        for path, limit in (
            ("/auth/login", 65536),
            ("/media/media/", 65536),
            ("/media/media/7", 65536),
            ("/media/media/7/file", front.settings["upload_max"]),
        ):
            method = {"/media/media/7/file": "PUT", "/media/media/7": "PATCH"}.get(path, "POST")
            too_much = exchange(
                front.http_port,
                f"{method} {path} HTTP/1.1\r\nHost: localhost\r\nConnection: "
                f"close\r\nContent-Length: {limit + 1}\r\n\r\n".encode(),
            )
            assert too_much[0] == 413, path
            assert json.loads(too_much[2])["title"] == "Content Too Large"
            if limit <= 65536:
                assert api.request(method, path, data=b"x" * limit).status_code == 200, path


def test_every_problem_document_has_its_fields(front):
    with front.anonymous() as api:
        answer = api.get("/nothing", headers={"X-Request-Id": "caller-chose-this"})
    assert answer.json() == {
        "type": "about:blank",
        "title": "Not Found",
        "status": 404,
        "detail": "There is nothing at this path.",
        "request_id": "caller-chose-this",
    }
    assert answer.headers["X-Request-Id"] == "caller-chose-this" and answer.headers["Cache-Control"] == "no-store"


def test_overload_of_the_auth_pool_is_429_before_502(front):
    """More clients than may wait get 429 with Retry-After; nginx never finds the socket's queue full."""
    text = (front.root / "etc/nginx/mediagate.http.conf").read_text()
    part = text[text.index("set $mediagate_pool auth;") :]
    limit = int(re.search(r"limit_conn mediagate_address (\d+);", part)[1])
    whole = int(re.search(r"limit_conn mediagate_pool (\d+);", part)[1])
    assert limit < whole <= 1024  # the backlog of a pool's socket
    waiting = []
    try:
        for _ in range(limit + 8):  # a few may be refused for connections of an earlier test that linger
            connection = socket.create_connection(("127.0.0.1", front.http_port))
            connection.sendall(b"POST /auth/login HTTP/1.1\r\nHost: localhost\r\nContent-Length: 10\r\n\r\n{")
            waiting.append(connection)
        with front.anonymous() as api:
            wait_until(lambda: api.post("/auth/login", data=b"{}").status_code == 429, "429")
            answer = api.post("/auth/login", data=b"{}")
            assert answer.headers["Retry-After"] and answer.json()["status"] == 429
            assert api.get("/auth/me").status_code == 200  # other pools are not concerned
    finally:
        for connection in waiting:
            connection.close()
