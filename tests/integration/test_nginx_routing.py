# SPDX-License-Identifier: ISC
"""nginx's part of the contract with the workers: which pool gets what, with which parameters, and what is sent
twice."""
import re
import pytest

import signing
from answers import assert_problem
from stack import TOP_SRC, can_sandbox, wait_until


def pool_of(front, method, path, **arguments):
    with front.anonymous() as api:
        answer = api.request(method, path, **arguments)
    assert answer.status_code == 200, (method, path, answer.text)
    return front.pools.seen[-1][0]


def test_every_route_reaches_its_pool_with_and_without_a_trailing_slash(front):
    rows = [line.split()[:3] for line in front.run(front.program, "routes").stdout.splitlines()]
    assert len(rows) >= 20
    for method, pattern, pool in rows:
        if pattern.startswith("/internal/"):
            continue  # asked by nginx itself: see the test of remote media
        path = (
            pattern.replace("{id}", "7")
            .replace("{upload_id}", "0" * 32)
            .replace("{grant_id}", signing.GRANT)
            .replace("{lang}", "en")
            .replace("{delivery_id}", "7")
            .replace("{session_id}", "0" * 32)
            .rstrip("/")
        )
        assert "{" not in path, path
        for spelling in (path, path + "/"):
            assert pool_of(front, method, spelling) == pool, (method, spelling)
            if method == "GET":
                assert pool_of(front, "HEAD", spelling) == pool, ("HEAD", spelling)


METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "FOO")


def test_a_method_that_no_route_takes_is_405_and_reaches_no_pool(front):
    """So it takes no place in a pool either: PUT /auth/me once filled the pool of stream URLs."""
    known = {}
    for line in front.run(front.program, "routes").stdout.splitlines():
        method, pattern = line.split()[:2]
        if not pattern.startswith("/internal/"):
            known.setdefault(pattern, []).extend(["GET", "HEAD"] if method == "GET" else [method])
    with front.anonymous() as api:
        for pattern, methods in known.items():
            path = (
                pattern.replace("{id}", "7")
                .replace("{upload_id}", "0" * 32)
                .replace("{grant_id}", signing.GRANT)
                .replace("{lang}", "en")
                .replace("{delivery_id}", "7")
                .replace("{session_id}", "0" * 32)
            )
            for method in set(METHODS) - set(methods) - ({"POST"} if pattern.startswith("/uploads") else set()):
                answer = api.request(method, path)
                assert answer.status_code == 405, (method, path)
                if method != "TRACE":  # nginx refuses it before anything else
                    assert answer.headers["Allow"] == ", ".join(methods), (method, path)
    assert not front.pools.seen and not front.pools.looks


def test_an_upload_takes_no_worker_before_its_token_was_looked_at(front):
    """A refused body may come for half a minute; it must not hold a worker's place meanwhile."""
    with front.anonymous() as api:
        for method, path, failed in (
            ("PUT", "/media/media/7/file", 503),
            ("POST", "/uploads", 503),
            ("PATCH", "/uploads/" + "0" * 32, 503),
        ):
            for caller, expected in (("401 Unauthorized", 401), ("503 Service Unavailable", failed)):
                front.pools.reset()
                front.pools.caller = caller
                answer = api.request(method, path, data=b"x" * 100, headers={"Authorization": "Bearer nobody"})
                assert answer.status_code == expected and answer.json()["status"] == expected, (method, path, caller)
                assert not front.pools.seen
                pool, params = front.pools.looks[0]
                assert (pool, params["REQUEST_METHOD"], params["HTTP_AUTHORIZATION"]) == (
                    "fast",
                    "GET",
                    "Bearer nobody",
                )
                assert not params.get("CONTENT_LENGTH")


def test_a_caller_without_the_scope_is_told_so_before_an_upload(front):
    """nginx writes that answer: the type and the challenge are those of the workers."""
    challenge = 'Bearer realm="mediagate", error="insufficient_scope", scope="uploads:write"'
    front.pools.caller, front.pools.challenge = "403 Forbidden", f"WWW-Authenticate: {challenge}\r\n"
    with front.anonymous() as api:
        for method, path in (("PUT", "/media/media/7/file"), ("POST", "/uploads"), ("PATCH", "/uploads/" + "0" * 32)):
            answer = api.request(method, path, data=b"x" * 100)
            problem = assert_problem(answer, 403, name="insufficient-scope")
            assert "uploads:write" in problem["detail"] and answer.headers["WWW-Authenticate"] == challenge
        assert not front.pools.seen
        forged = api.get(front.sign().replace("/-/", "/someone/"))  # another 403 of nginx has no scope
        assert "scope" not in assert_problem(forged, 403)["detail"] and "WWW-Authenticate" not in forged.headers


def test_only_the_multiplexed_pool_keeps_connections(front):
    for method, path, keeps in (
        ("GET", "/auth/me", True),
        ("GET", "/livez", False),
        ("POST", "/auth/login", False),
        ("GET", "/media/media/", False),
    ):
        pool_of(front, method, path)
        assert front.pools.seen[-1][2] is keeps, path
    pool_of(front, "PUT", "/media/media/7/file", data=b"x")
    assert front.pools.seen[-1][2] is False


@pytest.mark.parametrize("path", ["/auth/me", "/media/media/7", "/media/media/", "/livez"])
def test_get_is_asked_again_when_a_worker_dies(front, path):
    front.pools.die_on = 2
    pool_of(front, "GET", path)
    assert len(front.pools.seen) == 3


@pytest.mark.parametrize(
    "method, path",
    [
        ("POST", "/media/media/"),
        ("PUT", "/auth/password"),
        ("DELETE", "/media/media/7"),
        ("POST", "/auth/login"),
        ("PATCH", "/media/media/7"),
        ("PUT", "/media/media/7/file"),
    ],
)
def test_what_writes_is_sent_once_when_a_worker_dies(front, method, path):
    front.pools.die_on = 1
    with front.anonymous() as api:
        answer = api.request(method, path, data=b"{}")
    assert answer.status_code == 502
    assert answer.headers["Retry-After"]
    assert len(front.pools.seen) == 1


def test_parameters_are_nginx_own_and_not_the_clients(front):
    pool_of(
        front,
        "GET",
        "/media//media/./?q=a%20b&type=video",
        headers={
            "X-Request-Id": "caller-given.1",
            "Proxy": "http://evil.example",
            "Authorization": "Bearer x",
            "X-Forwarded-For": "203.0.113.9",
            "Stream-Media": "1",
            "Document-Uri": "/internal/origin",
        },
    )
    params = front.pools.seen[-1][1]
    assert params["DOCUMENT_URI"] == "/media/media/"
    assert params["QUERY_STRING"] == "q=a%20b&type=video"
    assert params["REQUEST_ID"] == "caller-given.1"
    assert params.get("HTTP_PROXY", "") == ""
    assert params["HTTP_AUTHORIZATION"] == "Bearer x"
    assert params["HTTP_HOST"] == f"127.0.0.1:{front.http_port}"
    assert params["REMOTE_ADDR"] == "203.0.113.9"  # a trusted proxy said so
    assert params["REQUEST_SCHEME"] == "http"
    assert "STREAM_MEDIA" not in params and "STREAM_FILE" not in params


@pytest.mark.parametrize("given", ["short", "x" * 65, "with space and more", 'quote"quote"', "ümlaut-ümlaut"])
def test_an_unfit_request_id_is_replaced(front, given):
    pool_of(front, "GET", "/livez", headers={"X-Request-Id": given.encode()})
    assert re.fullmatch(r"[0-9]+\.[0-9]{3}-[0-9]+-[0-9]+", front.pools.seen[-1][1]["REQUEST_ID"])


def test_a_playable_url_reaches_no_pool(front):
    with front.anonymous() as api:
        answer = api.get(front.sign())
    assert answer.status_code == 200 and answer.content == b"film" * 1000
    assert not front.pools.seen


def test_a_remote_medium_is_asked_of_the_fast_pool_after_the_signature(front):
    front.pools.headers = {"Status": "404 Not Found"}
    with front.anonymous() as api:
        good = front.sign(file="remote/film.mp4")
        api.get(good, headers={"Range": "bytes=0-9"})
        pool, params, keep = front.pools.seen[-1]
        assert (pool, keep) == ("fast", True)
        assert params["DOCUMENT_URI"] == "/internal/origin"
        assert params["STREAM_MEDIA"] == "7" and params["STREAM_FILE"] == "remote/film.mp4"
        assert not any(
            signing.GRANT in value for value in params.values()
        ), "the stream URL is none of the worker's business"
        front.pools.seen.clear()
        assert api.get(good.replace("/-/", "/someone/")).status_code == 403
        assert not front.pools.seen


@pytest.mark.parametrize(
    "path",
    [
        "/internal/origin",
        "/_origin/http/127.0.0.1/9/x",
        "/_remote",
        "/_problem",
        "/_problem_page",
        "/_index",
        "/_to_console",
        "/_caller",
        "/_challenged",
        "/media",
        "/auth",
        "/nothing",
    ],
)
def test_internal_and_unknown_paths_are_404_and_reach_no_pool(front, path):
    with front.anonymous() as api:
        answer = api.get(path)
    assert answer.status_code == 404 and answer.headers["Content-Type"] == "application/problem+json"
    assert not front.pools.seen


def test_an_accelerated_answer_reaches_only_listed_origins(front):
    with front.anonymous() as api:
        front.pools.headers = {"X-Accel-Redirect": "/_origin/http/127.0.0.1/9/film.mp4"}
        answer = api.get(front.sign(file="remote/film.mp4"))
        assert answer.status_code == 502 and "origin" in answer.json()["detail"]  # listed, but nothing listens there
        front.pools.headers = {"X-Accel-Redirect": "/_origin/http/127.0.0.1/10/film.mp4"}
        assert api.get(front.sign(file="remote/film.mp4")).status_code == 404


def test_pages_of_the_list_get_cors_headers_and_others_none(front):
    preflight = {"Access-Control-Request-Method": "PATCH", "Access-Control-Request-Headers": "authorization"}
    with front.anonymous() as api:
        listed = api.options("/media/media/7", headers={"Origin": "https://player.example", **preflight})
        assert listed.status_code == 204 and not front.pools.seen
        assert listed.headers["Access-Control-Allow-Origin"] == "https://player.example"
        assert "PATCH" in listed.headers["Access-Control-Allow-Methods"]
        assert "Authorization" in listed.headers["Access-Control-Allow-Headers"]
        other = api.options("/media/media/7", headers={"Origin": "https://evil.example", **preflight})
        assert not [name for name in other.headers if name.startswith("Access-Control-")]
        for path in (front.sign(), front.sign()[:-1], "/auth/me", "/nothing"):
            for origin, expected in (
                ("https://player.example", "https://player.example"),
                ("https://evil.example", None),
                (None, None),
            ):
                answer = api.get(path, headers={"Origin": origin} if origin else {})
                assert answer.headers.get("Access-Control-Allow-Origin") == expected, (path, origin)
                assert answer.headers["Vary"] == "Origin"


def test_a_trusted_proxy_says_the_scheme_and_the_address(front):
    for said, scheme in (
        ({}, "http"),
        ({"X-Forwarded-Proto": "https"}, "https"),
        ({"X-Forwarded-Proto": "HTTPS, http"}, "https"),
        ({"X-Forwarded-Proto": "ftp"}, "http"),
    ):
        pool_of(front, "GET", "/auth/me", headers=said)
        assert front.pools.seen[-1][1]["REQUEST_SCHEME"] == scheme, said
    for said, address in (
        ("[2001:db8::1]", "2001:db8::1"),
        ("[2001:db8::1]:443", "2001:db8::1"),
        ("203.0.113.9, [2001:db8::2]", "2001:db8::2"),
        ("2001:db8::3", "2001:db8::3"),
    ):
        pool_of(front, "GET", "/auth/me", headers={"X-Forwarded-For": said})
        assert front.pools.seen[-1][1]["REMOTE_ADDR"] == address, said
        assert "FORWARDED_NOT_BELIEVED" not in front.pools.seen[-1][1]


BROWSER = "text/html,application/xhtml+xml,*/*;q=0.8"


@pytest.mark.parametrize("accept", ["*/*", None])
def test_the_root_tells_programs_what_is_here(front, accept):
    with front.anonymous() as api:
        answer = api.get("/", headers={"Accept": accept})
        assert answer.status_code == 200 and answer.headers["Content-Type"] == "application/json"
        assert "Accept" in answer.headers["Vary"]
        assert (answer.json()["console"], answer.json()["openapi"]) == ("/console/", "/openapi.json")
        assert api.post("/").status_code == 405
    assert not front.pools.seen


def test_the_root_leads_browsers_to_the_console_or_to_the_pages_where_that_was_not_built(front):
    page, away = front.root / "share/web/console/index.html", front.root / "index.away"
    if not page.exists():
        page.parent.mkdir(parents=True, exist_ok=True)
        page.write_text("<!doctype html>", encoding="utf-8")
    with front.anonymous() as api:
        answer = api.get("/", headers={"Accept": BROWSER}, allow_redirects=False)
        assert (answer.status_code, answer.headers["Location"], answer.headers["Vary"]) == (302, "/console/", "Accept")
        page.rename(away)
        try:
            answer = api.get("/", headers={"Accept": BROWSER}, allow_redirects=False)
        finally:
            away.rename(page)
    assert answer.status_code == 200 and answer.headers["Content-Type"] == "text/html; charset=utf-8"
    assert "/docs" in answer.text and "/openapi.json" in answer.text and "Accept" in answer.headers["Vary"]
    assert not front.pools.seen


@pytest.mark.parametrize("path", ["/console", "/console/", "/console/media/7/analytics"])
def test_each_path_of_the_console_is_its_page_and_reaches_no_pool(front, path):
    page = front.root / "share/web/console/index.html"
    if not page.exists():
        page.parent.mkdir(parents=True, exist_ok=True)
        page.write_text("<!doctype html>", encoding="utf-8")
    with front.anonymous() as api:
        answer = api.get(path)
        assert answer.status_code == 200 and answer.text == page.read_text(encoding="utf-8")
        assert answer.headers["Content-Type"] == "text/html" and answer.headers["Cache-Control"] == "no-cache"
        assert api.post(path).status_code == 405
        missing = api.get("/console/assets/none.js")
        assert missing.status_code == 404 and missing.headers["Content-Type"] == "application/problem+json"
    assert not front.pools.seen


def test_a_stream_url_that_does_not_play_is_a_page_for_a_person(front):
    with front.anonymous() as api:
        for path, status, word in (
            (front.sign(expires=1_000_000_000), 410, "expired"),
            (front.sign().replace("/-/", "/me/"), 403, "signature"),
        ):
            page = api.get(path, headers={"Accept": "text/html,*/*;q=0.8"})
            assert page.status_code == status and page.headers["Content-Type"] == "text/html; charset=utf-8", path
            assert word in page.text
            assert (
                page.headers["Content-Security-Policy"] == "default-src 'none'; sandbox; frame-ancestors 'none'"
                and page.headers["Cache-Control"] == "no-store"
            )
            assert api.get(path, headers={"Accept": "*/*"}).json()["status"] == status
        assert (
            api.get("/nothing", headers={"Accept": "text/html"}).headers["Content-Type"] == "application/problem+json"
        )


def test_the_default_settings_files_are_those_that_the_program_renders(front):
    empty = front.root / "etc/empty.conf"
    empty.write_text("", encoding="ascii")
    empty.chmod(0o644)
    front.run(front.program, "nginx-config", "--config", empty, "--output-dir", front.root / "run/defaults")
    for name in (
        "settings-http.conf",
        "settings-server.conf",
        "settings-stream.conf",
        "settings-upload.conf",
        "settings-upload-share.conf",
    ):
        assert (front.root / "run/defaults" / name).read_text() == (
            TOP_SRC / "deploy/nginx-settings" / name
        ).read_text(), name


def test_an_unchanged_setting_writes_no_file(front):
    again = front.mediagate("nginx-config", "--output-dir", front.root / "etc/nginx", "--ca-file", front.certificate)
    assert again.stdout == ""


@pytest.mark.skipif(not can_sandbox(), reason="no namespaces here")
def test_the_main_file_passes_nginx_test_as_it_is_deployed(front):
    """nginx.conf and its fragment with the paths of an installation, in a place of their own where these paths
    exist."""
    deploy = front.readable_deploy()
    keys = front.root / "etc/stream_keys"
    inside = (
        "mkdir -p /etc/mediagate/nginx /run/mediagate /var/lib/mediagate/media /var/log/mediagate /var/lib/nginx "
        "&& "
        "cp /deploy/nginx-settings/*.conf /etc/mediagate/nginx/ && cp /keys /etc/mediagate/stream_keys && "
        "sed 's/^user .*/user root root;/' /deploy/nginx.conf > /etc/mediagate/nginx/nginx.conf && cp "
        "/deploy/mediagate.http.conf /deploy/origin.js /etc/mediagate/nginx/ && "
        "nginx -t -c /etc/mediagate/nginx/nginx.conf"
    )
    done = front.run(
        "bwrap",
        "--unshare-all",
        "--uid",
        "0",
        "--gid",
        "0",
        "--cap-add",
        "CAP_NET_BIND_SERVICE",
        "--ro-bind",
        "/usr",
        "/usr",
        "--symlink",
        "usr/lib",
        "/lib",
        "--symlink",
        "usr/lib64",
        "/lib64",
        "--symlink",
        "usr/bin",
        "/bin",
        "--symlink",
        "usr/sbin",
        "/sbin",
        "--dev",
        "/dev",
        "--tmpfs",
        "/etc",
        "--ro-bind",
        "/etc/nginx",
        "/etc/nginx",
        "--ro-bind",
        "/etc/ssl",
        "/etc/ssl",
        "--ro-bind",
        "/etc/passwd",
        "/etc/passwd",
        "--ro-bind",
        "/etc/group",
        "/etc/group",
        "--tmpfs",
        "/run",
        "--tmpfs",
        "/var",
        "--ro-bind",
        deploy,
        "/deploy",
        "--ro-bind",
        keys,
        "/keys",
        "sh",
        "-c",
        inside,
        check=False,
    )
    assert done.returncode == 0 and "test is successful" in done.stderr, done.stderr


def test_the_logs_are_rotated_and_bounded_without_a_lost_line(front):
    """deploy/logrotate with this instance's paths, as quickstart uses it."""
    text = (TOP_SRC / "deploy/logrotate").read_text().replace("/var/log/mediagate", str(front.root / "log"))
    text = text.replace("/run/nginx.pid", str(front.root / "run/nginx.pid"))
    conf = front.root / "etc/logrotate.conf"
    conf.write_text(text)
    conf.chmod(0o644)
    front.give_to_user()
    lines = lambda: sum(
        len(path.read_text().splitlines()) for path in (front.root / "log").glob("view.log*")
    )  # noqa: E731
    before = lines()
    with front.anonymous() as api:
        for _ in range(3):
            for _ in range(5):
                assert api.get(front.sign()).status_code == 200
            front.run("logrotate", "-f", "-s", front.root / "run/rotation", conf)
        api.get(front.sign())
    wait_until(
        lambda: lines() == before + 2 * 16, "the beginning and the end of every delivery to be in one of the " "files"
    )
    assert (front.root / "log/view.log.3").exists() and front.nginx.poll() is None
    assert "rotate 14" in text and "maxsize" in text
