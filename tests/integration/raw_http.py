# SPDX-License-Identifier: ISC
"""HTTP by hand, for bytes that no client library would send."""
import http.client
import io
import socket

from stack import DEADLINE


class _Bytes:
    """What http.client.HTTPResponse wants of a socket."""

    def __init__(self, data):
        self.data = data

    def makefile(self, *_arguments, **_options):
        return io.BytesIO(self.data)


def exchange(stack, request):
    """Sends bytes to the stack's nginx and reads until it closes: all that it answered."""
    with socket.create_connection(("127.0.0.1", stack.http_port), timeout=DEADLINE) as connection:
        connection.sendall(request)
        answer = b""
        while True:
            try:
                piece = connection.recv(65536)
            except ConnectionResetError:  # nginx closed with some of the request unread
                break
            if not piece:
                break
            answer += piece
    return answer


def get(stack, target, method=b"GET", headers=(), host=None):
    """One request with `target` (bytes) as the request target, spelt as it is: status, headers, body."""
    lines = [
        b"%s %s HTTP/1.1" % (method, target),
        b"Host: " + (host or f"127.0.0.1:{stack.http_port}").encode(),
        b"Connection: close",
        *headers,
    ]
    answer = exchange(stack, b"\r\n".join(lines) + b"\r\n\r\n")
    assert answer, f"no answer to {target!r}"
    response = http.client.HTTPResponse(_Bytes(answer), method=method.decode())
    response.begin()
    return response.status, response.headers, response.read()
