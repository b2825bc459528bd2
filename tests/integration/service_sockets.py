# SPDX-License-Identifier: ISC
"""`mediagate serve` by systemd's protocol: the sockets are made by somebody else, and outlive it."""
import os
import socket
import subprocess

from stack import DEADLINE

NAMES = ("fast", "auth", "api", "upload")


class ServiceSockets:
    """The pools' sockets where nginx looks for them, and the services that were started on them. The stack's own must
    not run."""

    def __init__(self, stack):
        self.stack = stack
        self.processes = []
        self.listeners = [self._listen(name) for name in NAMES]
        self.notify = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.notify.bind(str(stack.root / "run/notify"))
        os.chmod(stack.root / "run/notify", 0o666)
        self.notify.settimeout(DEADLINE)

    def _listen(self, name):
        listener = socket.socket(socket.AF_UNIX)
        listener.bind(str(self.stack.root / f"run/{name}.sock"))
        os.chmod(self.stack.root / f"run/{name}.sock", 0o666)
        listener.listen(1024)
        return listener

    def start(self, program=None, log_name="service.log", **environment):
        """Returns at once; READY comes by wait_for."""
        fds = [listener.fileno() for listener in self.listeners]
        # As systemd does between fork and exec: the sockets become 3 to 6, and the variable names the process.
        launcher = (
            f"import os\nfor i, fd in enumerate({fds}): os.dup2(fd, 100 + i)\n"
            f"for i in range({len(fds)}): os.dup2(100 + i, 3 + i, inheritable=True)\n"
            "os.environ['LISTEN_PID'] = str(os.getpid())\n"
            f"os.execv('{program or self.stack.program}', ['mediagate', 'serve', '--config', "
            f"'{self.stack.config}'])\n"
        )
        with open(self.stack.root / "log" / log_name, "ab") as log:
            process = subprocess.Popen(
                ["/usr/bin/python3", "-c", launcher],
                pass_fds=fds,
                cwd=self.stack.root,
                start_new_session=True,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                env={
                    **self.stack.environment,
                    "LISTEN_FDS": "4",
                    "LISTEN_FDNAMES": ":".join(NAMES),
                    "NOTIFY_SOCKET": str(self.stack.root / "run/notify"),
                    **environment,
                },
                **self.stack._as_user(),
            )  # pylint: disable=protected-access
        self.processes.append(process)
        return process

    def wait_for(self, state):
        while state not in self.notify.recv(4096):
            pass

    def __enter__(self):
        return self

    def __exit__(self, *_):
        for process in self.processes:
            if process.poll() is None:
                process.terminate()
                process.wait(timeout=DEADLINE)
        for name, listener in zip(NAMES, self.listeners):
            listener.close()
            (self.stack.root / f"run/{name}.sock").unlink(missing_ok=True)
        self.notify.close()
        (self.stack.root / "run/notify").unlink()
