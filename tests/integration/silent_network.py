# SPDX-License-Identifier: ISC
"""A network before PostgreSQL that can fall silent: no reset, no refusal, packets just go nowhere."""
import contextlib
import selectors
import socket
import threading


class SilentNetwork:
    """A TCP port of loopback that leads to the unix socket `target`. As a context manager.

    fall_silent() stops all that is under way and opens nothing new: with `handshake` connections still come about,
    and then nobody answers on them; without, the backlog is full and even connecting gets no answer.
    """

    def __init__(self):
        self.target = None
        self._listener = socket.create_server(("127.0.0.1", 0), backlog=16)
        self.port = self._listener.getsockname()[1]
        self._selector = selectors.DefaultSelector()
        self._wake, self._woken = socket.socketpair()
        self._speaks = threading.Event()
        self._speaks.set()
        self._ended = False
        self._crowd = []  # fills the backlog
        self._thread = threading.Thread(target=self._run, daemon=True)

    def __enter__(self):
        self._selector.register(self._woken, selectors.EVENT_READ, None)
        self._selector.register(self._listener, selectors.EVENT_READ, None)
        self._thread.start()
        return self

    def __exit__(self, *_):
        self._ended = True
        self.heal()
        self._wake.send(b"x")
        self._thread.join()
        for open_socket in {key.fileobj for key in self._selector.get_map().values()} | {self._wake, self._listener}:
            open_socket.close()

    def fall_silent(self, handshake=True):
        self._speaks.clear()
        self._wake.send(b"x")
        if not handshake:
            self._listener.listen(0)
            for _ in range(4):
                filler = socket.socket()
                filler.setblocking(False)
                filler.connect_ex(("127.0.0.1", self.port))
                self._crowd.append(filler)

    def heal(self):
        """What was under way goes on, as after a cable that was pulled and put back."""
        for filler in self._crowd:
            filler.close()
        self._crowd.clear()
        self._listener.listen(16)
        self._speaks.set()

    def _run(self):
        while not self._ended:
            for key, _ in self._selector.select():
                self._speaks.wait()
                if key.fileobj is self._woken:
                    self._woken.recv(100)
                elif key.fileobj is self._listener:
                    self._accept()
                elif key.fileobj.fileno() >= 0:  # not closed with its other end just now
                    self._forward(key.fileobj, key.data)

    def _accept(self):
        client, _ = self._listener.accept()
        server = socket.socket(socket.AF_UNIX)
        try:
            server.connect(str(self.target))
        except OSError:
            client.close()
            server.close()
            return
        self._selector.register(client, selectors.EVENT_READ, server)
        self._selector.register(server, selectors.EVENT_READ, client)

    def _forward(self, source, target):
        with contextlib.suppress(OSError):
            data = source.recv(65536)
            if data:
                target.sendall(data)
                return
        for end in (source, target):
            with contextlib.suppress(KeyError):
                self._selector.unregister(end)
            end.close()
