# SPDX-License-Identifier: ISC
"""What all paths share: methods, unknown paths, queries, request ids; and the health checks."""
import re
import time

import pytest
from answers import assert_json, assert_problem, send_raw, wait_for_readyz
from stack import wait_until


@pytest.mark.parametrize(
    "method, path, allow",
    [
        ("PUT", "/auth/signup", "POST, GET, HEAD"),
        ("GET", "/auth/login", "POST"),
        ("PUT", "/auth/refresh", "POST"),
        ("DELETE", "/auth/logout", "POST"),
        ("POST", "/auth/me", "GET, HEAD"),
        ("POST", "/auth/password", "PUT"),
        ("PATCH", "/auth/me/", "GET, HEAD"),
        ("PROPFIND", "/auth/me", "GET, HEAD"),
    ],
)
def test_other_methods_are_405(anonymous, method, path, allow):
    answer = anonymous.request(method, path)
    assert_problem(answer, 405)
    assert answer.headers["Allow"] == allow


@pytest.mark.parametrize(
    "path",
    [
        "/auth",
        "/auth/",
        "/auth/nothing",
        "/auth/me/more",
        "/auth/login/x",
        "/nothing",
        "/internal/origin",
        "/internal/",
        "/_origin/",
        "/_remote",
        "/_problem",
    ],
)
def test_other_paths_are_404(admin, path):
    assert_problem(admin.get(path), 404)


def test_queries_are_read_strictly(admin, anonymous):
    assert_problem(admin.get("/auth/me?x=1"), 422, ["?x"])
    assert_problem(admin.get("/auth/me?x"), 422, ["?x"])
    assert_problem(admin.get("/media/media/?limit=1&limit=2"), 422, ["?limit"])
    authorization = {"Authorization": admin.headers["Authorization"]}
    for query in ("%zz=1", "x=%4", "%"):
        assert send_raw(admin.base, "GET", "/auth/me?" + query, authorization)[0] == 400
    assert_problem(admin.get("/auth/me?x=%00"), 400)
    assert_problem(admin.get("/auth/me?x=%ff"), 400)
    assert_problem(anonymous.get("/auth/me?x=1"), 401)  # who calls comes first


def test_request_ids_are_kept_or_made(anonymous):
    assert (
        anonymous.get("/livez", headers={"X-Request-Id": "my.request-id_1"}).headers["X-Request-Id"]
        == "my.request-id_1"
    )
    all_made = set()
    for bad in ("short", "x" * 65, "with blank in it", 'quote"quote', "ümlaut-umlaut".encode("latin-1")):
        made = anonymous.get("/livez", headers={"X-Request-Id": bad}).headers["X-Request-Id"]
        assert re.fullmatch(r"[0-9]+\.[0-9]{3}-[0-9]+-[0-9]+", made)
        all_made.add(made)
    assert len(all_made) == 5


def test_health(anonymous, stack):
    assert assert_json(anonymous.get("/livez")) == {"status": "alive"}
    ready = assert_json(anonymous.get("/readyz"))
    assert (ready["status"], ready["checks"]) == (
        "ready",
        {"database": "ok", "schema": "ok", "library": "ok", "locks": "ok", "revocations": "ok"},
    )
    assert assert_json(stack.anonymous(https=True).get("/livez")) == {"status": "alive"}


def test_not_ready_names_what_is_wrong(make_stack):
    stack = make_stack()
    with stack.anonymous() as api:
        stack.sql("update schema_migration set oldest_program = 1000000")
        problem = assert_problem(wait_for_readyz(api, lambda answer: answer.status_code == 503), 503)
        assert (
            problem["checks"]["database"] == "ok"
            and problem["checks"]["schema"] != "ok"
            and problem["checks"]["library"] == "ok"
        )
        stack.sql("update schema_migration set oldest_program = 1")
        stack.stop_postgres()
        problem = assert_problem(
            wait_for_readyz(api, lambda answer: answer.json().get("checks", {}).get("database", "ok") != "ok"), 503
        )
        assert problem["checks"]["database"] != "ok" and problem["checks"]["library"] == "ok"
        assert_json(api.get("/livez"))
        assert_problem(
            api.post("/auth/login", json={"email": "a@example.test", "password": "correct horse battery"}), 503
        )
        stack.start_postgres()
        wait_until(lambda: api.get("/readyz").status_code == 200, "the database to be back")


def test_readyz_is_found_out_once_a_second_however_many_ask(make_stack):
    """Three statements and a write to the disk for each stranger's question were 2,600 a second."""
    stack = make_stack(api_workers=2)
    with stack.anonymous() as api:
        before, begun = transactions(stack), time.monotonic()
        for _ in range(600):
            assert api.get("/readyz").status_code == 200
        seconds = time.monotonic() - begun
        assert transactions(stack) - before < 200 + 20 * seconds


def transactions(stack):
    time.sleep(1.5)  # PostgreSQL's processes tell their sums a second late
    return int(stack.sql("select xact_commit from pg_stat_database where datname = current_database()")[0][0])
