# SPDX-License-Identifier: ISC
"""A network before nginx that breaks off: after so many bytes every connection is reset, and for a while nobody gets
through."""
import socket
import struct
import threading
import time

RESET = struct.pack("ii", 1, 0)  # SO_LINGER: close sends RST
PIECE = 64 * 1024


class CuttingNetwork:
    """A TCP port of loopback that leads to port `target`. As a context manager.

    Each cut happens when clients have sent so many bytes since the one before, and lasts `seconds`. .cuts: how many
    there were; .sent: all bytes that clients sent.
    """

    def __init__(self, target, cuts, seconds):
        self.target, self.seconds = target, seconds
        self.sent, self.cuts = 0, 0
        self._limits = list(cuts)
        self._left = self._limits.pop(0)
        self._down_until = 0.0
        self._lock = threading.Lock()
        self._open = set()
        self._listener = socket.create_server(("127.0.0.1", 0), backlog=64)
        self.url = f"http://127.0.0.1:{self._listener.getsockname()[1]}"

    def __enter__(self):
        threading.Thread(target=self._accept, daemon=True).start()
        return self

    def __exit__(self, *_):
        self._listener.close()
        with self._lock:
            self._reset_all()

    def _accept(self):
        while True:
            try:
                near, _ = self._listener.accept()
            except OSError:
                return
            with self._lock:
                down = time.monotonic() < self._down_until
            if down:
                _reset(near)
                continue
            far = socket.create_connection(("127.0.0.1", self.target))
            with self._lock:
                self._open |= {near, far}
            for pump in ((near, far, True), (far, near, False)):
                threading.Thread(target=self._pump, args=pump, daemon=True).start()

    def _pump(self, source, sink, counts):
        try:
            while piece := source.recv(PIECE):
                if counts and self._count(len(piece)):
                    return
                sink.sendall(piece)
            sink.shutdown(socket.SHUT_WR)
        except OSError:
            pass  # the other side is gone, or the network was cut
        if not counts:
            with self._lock:
                for one in (source, sink):
                    self._open.discard(one)
                    one.close()

    def _count(self, size):
        """True when these bytes go nowhere, since the network is cut just now."""
        with self._lock:
            self.sent += size
            if self._left is None:
                return False
            self._left -= size
            if self._left > 0:
                return False
            self._left = self._limits.pop(0) if self._limits else None
            self.cuts += 1
            self._down_until = time.monotonic() + self.seconds
            self._reset_all()
            return True

    def _reset_all(self):
        for one in self._open:
            _reset(one)
        self._open.clear()


def _reset(connection):
    try:
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET)
        connection.shutdown(socket.SHUT_RDWR)
    except OSError:
        pass
    connection.close()
