# SPDX-License-Identifier: ISC
"""A network before PostgreSQL that takes its time: what is sent arrives a while later, in the order it was sent."""
import queue
import socket
import threading
import time


class DistantNetwork:
    """A TCP port of loopback that leads to the unix socket `target`, `seconds` away. As a context manager."""

    def __init__(self, target, seconds):
        self.target, self.seconds = str(target), seconds
        self._listener = socket.create_server(("127.0.0.1", 0), backlog=16)
        self.port = self._listener.getsockname()[1]

    def __enter__(self):
        threading.Thread(target=self._accept, daemon=True).start()
        return self

    def __exit__(self, *_):
        self._listener.close()

    def _accept(self):
        while True:
            try:
                near, _ = self._listener.accept()
            except OSError:
                return
            near.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            far = socket.socket(socket.AF_UNIX)
            far.connect(self.target)
            for source, sink in ((near, far), (far, near)):
                late = queue.Queue()
                threading.Thread(target=self._take, args=(source, late), daemon=True).start()
                threading.Thread(target=self._give, args=(late, sink), daemon=True).start()

    def _take(self, source, late):
        data = b"-"
        while data:
            try:
                data = source.recv(1 << 16)
            except OSError:
                data = b""
            late.put((time.monotonic() + self.seconds, data))

    @staticmethod
    def _give(late, sink):
        data = b"-"
        while data:
            due, data = late.get()
            time.sleep(max(0, due - time.monotonic()))
            try:
                if data:
                    sink.sendall(data)
                else:
                    sink.shutdown(socket.SHUT_WR)
            except OSError:
                return
