# SPDX-License-Identifier: ISC
"""A FastCGI responder in each pool's place, to see what nginx sends where. Only nginx's routing is under test with it:
what the workers answer is tested with the workers."""
import contextlib
import json
import os
import socket
import struct
import threading

BEGIN, END, PARAMS, STDIN, STDOUT = 1, 3, 4, 5, 6
POOLS = ("fast", "auth", "api", "upload")


def _exactly(connection, size):
    data = b""
    while len(data) < size:
        piece = connection.recv(size - len(data))
        if not piece:
            raise ConnectionError
        data += piece
    return data


def _record(connection):
    _, kind, request, length, padding, _ = struct.unpack("!BBHHBB", _exactly(connection, 8))
    return kind, request, _exactly(connection, length + padding)[:length]


def _pairs(data):
    result, position = {}, 0
    while position < len(data):
        sizes = []
        for _ in range(2):
            if data[position] & 0x80:
                sizes.append(struct.unpack("!I", data[position : position + 4])[0] & 0x7FFFFFFF)
                position += 4
            else:
                sizes.append(data[position])
                position += 1
        name = data[position : position + sizes[0]].decode()
        result[name] = data[position + sizes[0] : position + sum(sizes)].decode(errors="replace")
        position += sum(sizes)
    return result


class FakePools:
    """Listens on run/<pool>.sock. Every request is noted in .seen as (pool, params, keep) and answered 200 with its
    pool.

    .die_on = N makes the next N requests end without an answer, as a killed worker does. nginx's own look at a token
    before an
    upload (/internal/caller) is answered too, with .caller, and noted in .looks only.
    """

    def __init__(self, run_dir, user=None):
        self.reset()
        self.listeners = []
        for pool in POOLS:
            listener = socket.socket(socket.AF_UNIX)
            path = str(run_dir / f"{pool}.sock")
            listener.bind(path)
            listener.listen(64)
            if user:
                os.chown(path, user.pw_uid, user.pw_gid)
            self.listeners.append(listener)
            threading.Thread(target=self._accept, args=(pool, listener), daemon=True).start()

    def reset(self):
        self.seen, self.die_on, self.headers = [], 0, {}
        self.looks, self.caller, self.challenge = [], "204 No Content", ""

    def close(self):
        for listener in self.listeners:
            listener.shutdown(socket.SHUT_RDWR)
            listener.close()

    def _accept(self, pool, listener):
        with contextlib.suppress(OSError):
            while True:
                connection, _ = listener.accept()
                threading.Thread(target=self._serve, args=(pool, connection), daemon=True).start()

    def _serve(self, pool, connection):
        with connection, contextlib.suppress(ConnectionError, OSError):
            keep = True
            while keep:
                keep = self._one(pool, connection)

    def _one(self, pool, connection):
        params, keep = b"", False
        while True:
            kind, request, data = _record(connection)
            if kind == BEGIN:
                keep = bool(data[2] & 1)
            elif kind == PARAMS:
                params += data
            elif kind == STDIN and not data:
                break
        pairs = _pairs(params)
        if pairs["DOCUMENT_URI"] == "/internal/caller":
            self.looks.append((pool, pairs))
            self._send(
                connection,
                request,
                f"Status: {self.caller}\r\n{self.challenge}Content-Type: " f"application/json\r\n\r\n".encode(),
            )
            return keep
        self.seen.append((pool, pairs, keep))
        if self.die_on > 0:
            self.die_on -= 1
            return False
        extra = "".join(f"{name}: {value}\r\n" for name, value in self.headers.items())
        body = f"Content-Type: application/json\r\n{extra}\r\n{json.dumps({'pool': pool})}".encode()
        self._send(connection, request, body)
        return keep

    @staticmethod
    def _send(connection, request, body):
        for kind, payload in ((STDOUT, body), (STDOUT, b""), (END, b"\0" * 8)):
            connection.sendall(struct.pack("!BBHHBB", 1, kind, request, len(payload), 0, 0) + payload)
