# SPDX-License-Identifier: ISC
"""Malformed and hostile HTTP by raw socket: the exact answer to each, never a 500, and all workers live on."""
import contextlib
import json
import socket
import ssl

import pytest

HOST = b"Host: localhost\r\n"
GET = b"GET /livez HTTP/1.1\r\n" + HOST
POST = b"POST /auth/login HTTP/1.1\r\n" + HOST + b"Content-Type: application/json\r\n"
CLOSED = None  # no answer at all

ROWS = [
    # name, bytes, status
    ("a well-formed request, to know that the rows can pass", GET + b"\r\n", 200),
    ("not HTTP at all", b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n", 400),
    ("an empty method", b" /livez HTTP/1.1\r\n" + HOST + b"\r\n", 400),
    ("a lower-case method", b"get /livez HTTP/1.1\r\n" + HOST + b"\r\n", 400),
    ("a method with a control character", b"G\x01T /livez HTTP/1.1\r\n" + HOST + b"\r\n", 400),
    ("an unknown method", b"FOO /livez HTTP/1.1\r\n" + HOST + b"\r\n", 405),
    ("TRACE", b"TRACE /livez HTTP/1.1\r\n" + HOST + b"\r\n", 405),
    ("CONNECT", b"CONNECT localhost:443 HTTP/1.1\r\n" + HOST + b"\r\n", 400),
    ("no path", b"GET HTTP/1.1\r\n" + HOST + b"\r\n", 400),
    ("a relative path", b"GET livez HTTP/1.1\r\n" + HOST + b"\r\n", 400),
    ("a blank in the path", b"GET /liv ez HTTP/1.1\r\n" + HOST + b"\r\n", 400),
    ("a path that climbs out", b"GET /../../etc/passwd HTTP/1.1\r\n" + HOST + b"\r\n", 400),
    ("a path that climbs out, escaped", b"GET /%2e%2e/etc/passwd HTTP/1.1\r\n" + HOST + b"\r\n", 400),
    ("a NUL in the path", b"GET /livez\x00 HTTP/1.1\r\n" + HOST + b"\r\n", 400),
    ("an escaped NUL in the path", b"GET /livez%00 HTTP/1.1\r\n" + HOST + b"\r\n", 400),
    ("a broken escape", b"GET /livez%zz HTTP/1.1\r\n" + HOST + b"\r\n", 400),
    ("a cut escape", b"GET /livez%4 HTTP/1.1\r\n" + HOST + b"\r\n", 400),
    ("invalid UTF-8 in the path", b"GET /media/media/\xff\xfe HTTP/1.1\r\n" + HOST + b"\r\n", 401),
    ("HTTP/9.9", b"GET /livez HTTP/9.9\r\n" + HOST + b"\r\n", 505),
    ("HTTP/1.x with letters", b"GET /livez HTTP/a.b\r\n" + HOST + b"\r\n", 400),
    ("a request line of 20 kB", b"GET /" + b"a" * 20000 + b" HTTP/1.1\r\n" + HOST + b"\r\n", 414),
    ("a header of 20 kB", GET + b"X-Long: " + b"a" * 20000 + b"\r\n\r\n", 431),
    ("40 kB of headers", GET + b"".join(b"X-%d: " % i + b"a" * 900 + b"\r\n" for i in range(45)) + b"\r\n", 431),
    ("no Host in HTTP/1.1", b"GET /livez HTTP/1.1\r\n\r\n", 400),
    ("two Hosts", GET + b"Host: localhost\r\n\r\n", 400),
    ("an empty Host", b"GET /livez HTTP/1.1\r\nHost:\r\n\r\n", 400),
    ("a Host with a slash", b"GET /livez HTTP/1.1\r\nHost: localhost/x\r\n\r\n", 400),
    ("a Host with a control character", b"GET /livez HTTP/1.1\r\nHost: loc\x01alhost\r\n\r\n", 400),
    ("a foreign Host", b"GET /nothing HTTP/1.1\r\nHost: evil.example\r\n\r\n", 421),
    ("our name as the prefix of a foreign Host", b"GET /nothing HTTP/1.1\r\nHost: localhost.evil.example\r\n\r\n", 421),
    ("an absolute URI of a foreign host", b"GET http://evil.example/nothing HTTP/1.1\r\n" + HOST + b"\r\n", 421),
    ("HTTP/1.0 without a Host", b"GET /nothing HTTP/1.0\r\n\r\n", 421),
    ("a probe in HTTP/1.0 without a Host, as load balancers send it", b"GET /livez HTTP/1.0\r\n\r\n", 200),
    ("a header with a NUL", GET + b"X-A: a\x00b\r\n\r\n", 400),
    ("a header without a colon is dropped", GET + b"nonsense\r\n\r\n", 200),
    ("a blank before the colon", GET + b"X-A : b\r\n\r\n", 400),
    ("a folded header", GET + b"X-A: b\r\n c\r\n\r\n", 400),
    ("a Content-Length of letters", POST + b"Content-Length: abc\r\n\r\n", 400),
    ("a negative Content-Length", POST + b"Content-Length: -1\r\n\r\n", 400),
    ("a Content-Length beyond 64 bits", POST + b"Content-Length: 99999999999999999999\r\n\r\n", 400),
    ("two Content-Lengths", POST + b"Content-Length: 2\r\nContent-Length: 3\r\n\r\n{}", 400),
    (
        "Content-Length and chunked together",
        POST + b"Content-Length: 2\r\nTransfer-Encoding: " b"chunked\r\n\r\n0\r\n\r\n",
        400,
    ),
    (
        "two Transfer-Encodings",
        POST + b"Transfer-Encoding: chunked\r\nTransfer-Encoding: " b"chunked\r\n\r\n0\r\n\r\n",
        400,
    ),
    ("an unknown Transfer-Encoding", POST + b"Transfer-Encoding: gzip\r\n\r\n", 501),
    (
        "chunked in HTTP/1.0",
        b"POST /auth/login HTTP/1.0\r\n" + HOST + b"Transfer-Encoding: " b"chunked\r\n\r\n0\r\n\r\n",
        400,
    ),
    ("a chunk size of letters", POST + b"Transfer-Encoding: chunked\r\n\r\nxyz\r\n{}\r\n0\r\n\r\n", 400),
    (
        "a chunk size beyond 64 bits",
        POST + b"Transfer-Encoding: " b"chunked\r\n\r\nfffffffffffffffff\r\n{}\r\n0\r\n\r\n",
        400,
    ),
    ("a chunk longer than its size", POST + b"Transfer-Encoding: chunked\r\n\r\n2\r\n{}xx\r\n0\r\n\r\n", 400),
    (
        "chunks of more than the limit",
        POST + b"Transfer-Encoding: chunked\r\n\r\n11000\r\n" + b"a" * 0x11000 + b"\r\n0\r\n\r\n",
        413,
    ),
    ("an announced body of more than the limit", POST + b"Content-Length: 65537\r\n\r\n", 413),
    ("a body cut short", POST + b"Content-Length: 50\r\n\r\n{", CLOSED),
    ("only half a request line", b"GET /livez", CLOSED),
    ("only half of the headers", GET + b"X-A: b", CLOSED),
    ("nothing", b"", CLOSED),
]


def exchange(port, data, hang_up=False):
    """Sends, shuts the sending side to hang up, reads one answer. Returns (status or None, headers, body)."""
    received = b""
    with socket.create_connection(("127.0.0.1", port), timeout=30) as connection:
        try:
            connection.sendall(data)
            if hang_up:
                connection.shutdown(socket.SHUT_WR)
        except OSError:
            pass  # the answer came before the end of what was sent
        with contextlib.suppress(ConnectionResetError):
            while not is_whole(received) and (piece := connection.recv(65536)):
                received += piece
    return parse(received) if received else (None, {}, b"")


def is_whole(received):
    """By its Content-Length: nginx keeps a refused body's connection open for a while."""
    if b"\r\n\r\n" not in received:
        return False
    _, headers, body = parse(received)
    return "content-length" in headers and len(body) >= int(headers["content-length"])


def parse(received):
    head, _, body = received.partition(b"\r\n\r\n")
    lines = head.decode("latin-1").split("\r\n")
    return int(lines[0].split()[1]), {k.lower(): v for k, v in (line.split(": ", 1) for line in lines[1:])}, body


@pytest.mark.parametrize("data, expected", [row[1:] for row in ROWS], ids=[row[0] for row in ROWS])
def test_the_exact_answer_to_a_malformed_request(stack, data, expected):
    workers = stack.workers()
    status, headers, body = exchange(stack.http_port, data, hang_up=True)
    assert status == expected, body
    if status and status >= 400:
        assert headers["content-type"] == "application/problem+json"
        problem = json.loads(body)
        assert problem["status"] == status and problem["title"] and problem["detail"]
        assert problem["request_id"] == headers["x-request-id"]
    assert stack.workers() == workers


def test_plain_http_on_the_tls_port(stack):
    status, headers, body = exchange(stack.https_port, GET + b"\r\n", hang_up=True)
    assert status == 400 and headers["content-type"] == "application/problem+json" and json.loads(body)["status"] == 400


def test_pipelined_requests_are_answered_in_their_order(stack):
    with socket.create_connection(("127.0.0.1", stack.http_port), timeout=30) as connection:
        connection.sendall(
            GET + b"\r\n" + b"GET /nothing HTTP/1.1\r\n" + HOST + b"\r\n" + GET + b"Connection: close\r\n\r\n"
        )
        received = b""
        while piece := connection.recv(65536):
            received += piece
    assert [int(part.split()[0]) for part in received.split(b"HTTP/1.1 ")[1:]] == [200, 404, 200]


def test_smuggled_second_request_in_a_body_stays_a_body(stack):
    inner = b"GET /nothing HTTP/1.1\r\nHost: localhost\r\n\r\n"
    status, _, body = exchange(
        stack.http_port, POST + b"Content-Length: %d\r\nConnection: " b"close\r\n\r\n" % len(inner) + inner
    )
    assert status == 400 and body.count(b'"status"') == 1


def test_http2_answers_as_http1_does(stack):
    context = ssl.create_default_context(cafile=str(stack.certificate))
    context.set_alpn_protocols(["h2"])
    with socket.create_connection(("127.0.0.1", stack.https_port), timeout=30) as connection:
        with context.wrap_socket(connection, server_hostname="localhost") as stream:
            assert stream.selected_alpn_protocol() == "h2"
    done = stack.run(
        "curl",
        "-sS",
        "--http2",
        "--cacert",
        stack.certificate,
        "-w",
        "%{http_version} %{http_code}",
        "-o",
        "/dev/null",
        stack.https_url + "/livez",
    )
    assert done.stdout == "2 200"
