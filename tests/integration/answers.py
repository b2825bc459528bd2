# SPDX-License-Identifier: ISC
"""What every answer of the contract has in common."""
import datetime
import http.client
import re

from waiting import wait_until

DATA_POLICY = "default-src 'none'; frame-ancestors 'none'"
RFC3339 = re.compile(r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{6})?Z$")


def assert_problem(answer, status, pointers=None, name=None):
    """A problem document (RFC 9457) of this status; with `pointers`, a 422 that names exactly these fields; with
    `name`, of a type of its own."""
    assert answer.status_code == status, f"{answer.request.method} {answer.url}: {answer.status_code} {answer.text}"
    assert answer.headers["Content-Type"] == "application/problem+json"
    assert answer.headers["Cache-Control"].split(", ")[-1] == "no-store"
    assert answer.headers["Referrer-Policy"] == "no-referrer" and "Content-Security-Policy" in answer.headers
    if answer.request.method == "HEAD":
        assert answer.content == b""
        return None
    problem = answer.json()
    assert problem["status"] == status
    assert problem["type"] == ("about:blank" if name is None else f"/problems/{name}")
    assert problem["title"]
    assert problem["request_id"] == answer.headers["X-Request-Id"]
    if status == 401:
        assert answer.headers["WWW-Authenticate"].startswith("Bearer")
    if status in (429, 503):
        assert int(answer.headers["Retry-After"]) >= 1
    if status == 405:
        assert answer.headers["Allow"]
    if pointers is not None:
        assert sorted(e["pointer"] for e in problem["errors"]) == sorted(pointers), problem
        assert all(e["detail"] for e in problem["errors"])
    return problem


def assert_json(answer, status=200):
    assert answer.status_code == status, f"{answer.request.method} {answer.url}: {answer.status_code} {answer.text}"
    assert answer.headers["Content-Type"] == "application/json"
    assert answer.headers["Cache-Control"] == "no-store"
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert answer.headers["Referrer-Policy"] == "no-referrer"
    assert answer.headers["Content-Security-Policy"] == DATA_POLICY
    assert re.fullmatch(r"[A-Za-z0-9._-]{8,64}", answer.headers["X-Request-Id"])
    return answer.json()


def wait_for_readyz(api, fits):
    """What was found a second ago is found anew: the first answer that fits."""
    answers = []

    def ask():
        answers.append(api.get("/readyz"))
        return fits(answers[-1])

    wait_until(ask, "/readyz to tell of it")
    return answers[-1]


def parse_time(text):
    assert RFC3339.match(text), text
    return datetime.datetime.fromisoformat(text.replace("Z", "+00:00"))


def send_raw(base_url, method, path, headers=None, body=None):
    """One request whose path goes out as it is (requests tidies it up): status, headers, body."""
    connection = http.client.HTTPConnection(base_url.split("//")[1], timeout=30)
    try:
        connection.putrequest(method, path)
        for name, value in {
            **(headers or {}),
            **({"Content-Length": str(len(body))} if body is not None else {}),
        }.items():
            connection.putheader(name, value)
        connection.endheaders(body)
        answer = connection.getresponse()
        return answer.status, answer.headers, answer.read()
    finally:
        connection.close()
