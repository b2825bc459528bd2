# SPDX-License-Identifier: ISC
"""A whole mediagate on a machine of its own size: private PostgreSQL, keys, settings, `mediagate serve`, nginx.

Everything lives in one short folder below /tmp, runs as an unprivileged user when the tests run as root,
listens on free loopback ports, and is stopped by process id. nginx's files come from deploy/, by the same
script that quickstart uses.
"""
import contextlib
import ctypes
import functools
import json
import os
import pathlib
import pwd
import shutil
import signal
import subprocess
import tempfile

import requests

from callers import Callers
from delivery_log import DeliveryLog
from ports import free_port
from private_postgres import PrivatePostgres
from secrets_seen import SecretsSeen
from waiting import DEADLINE, wait_until

TOP_SRC = pathlib.Path(os.environ.get("top_srcdir", pathlib.Path(__file__).resolve().parents[2]))
TOP_BUILD = pathlib.Path(os.environ.get("top_builddir", TOP_SRC))

DEFAULTS = {
    "signup_policy": "open",
    "argon2_memory": 1024,  # cheap hashes: these tests are not about their cost
    "argon2_time": 1,
    "upload_workers": 4,
    "api_workers": 2,
    "login_address_limit": 100000,  # all tests come from one address
    "signup_address_limit": 100000,
    "signup_limit": 100000,
    "upload_address_max": 1024,
    "server_names": ["localhost", "127.0.0.1", "[::1]", "media.example.test"],
    "log_format": "json",
    "upload_max": 64 * 1024 * 1024,
}


def is_sanitized():
    """Was the program built with AddressSanitizer, which has an allocator of its own?"""
    return b"__asan_init" in (TOP_BUILD / "mediagate").read_bytes()


def options_that_bound_memory():
    """ASAN_OPTIONS for tests of memory: AddressSanitizer gives what is freed back at once, as the C library does."""
    return os.environ.get("ASAN_OPTIONS", "") + ":quarantine_size_mb=1:thread_local_quarantine_size_kb=64"


def unprivileged_user():
    """The account that runs everything; None: the one that we are."""
    return pwd.getpwnam("nobody") if os.geteuid() == 0 else None


@functools.cache
def can_sandbox():
    """Some containers allow no namespaces: there ffprobe runs without bubblewrap, and what tests the sandbox itself is
    skipped."""
    user = unprivileged_user()
    identity = {"user": user.pw_uid, "group": user.pw_gid, "extra_groups": []} if user else {}
    return (
        subprocess.run(
            ["bwrap", "--unshare-all", "--unshare-user", "--disable-userns", "--ro-bind", "/", "/", "true"],
            capture_output=True,
            check=False,
            cwd="/",
            **identity,
        ).returncode
        == 0
    )


@functools.cache
def landlock_version():
    """0: this kernel has none that mediagate uses."""
    return max(0, ctypes.CDLL(None).syscall(444, None, 0, 1))


def can_confine():
    """Processes close themselves up: not in a build with a sanitizer, nor where the kernel cannot."""
    return landlock_version() >= 2 and "ASAN_OPTIONS" not in os.environ


class Stack(Callers, DeliveryLog, PrivatePostgres):
    """One running instance. Use as a context manager, or start() and stop()."""

    def __init__(self, **settings):
        self.user = unprivileged_user()
        self.root = pathlib.Path(tempfile.mkdtemp(prefix="mg-", dir="/tmp"))
        for name in ("etc/nginx", "etc/tls", "run", "data", "log", "share", "bin", "library"):
            (self.root / name).mkdir(parents=True)
        self.settings = dict(
            DEFAULTS,
            **({} if can_sandbox() else {"sandbox": "none"}),
            **({"confinement": "require"} if can_confine() else {}),
        )
        self.settings.update(settings)
        self.config = self.root / "etc/mediagate.conf"
        self.http_port, self.https_port = free_port(), free_port()
        self.base_url = f"http://127.0.0.1:{self.http_port}"
        self.https_url = f"https://localhost:{self.https_port}"
        self.certificate = self.root / "etc/tls/certificate.pem"
        self.library_dir = self.root / "library"
        self.data_dir = self.root / "data"
        self.nginx_log_dir = self.root / "log"
        self.postgres = self.serve = self.nginx = self.ingest = self.notify = None
        self.environment = {
            "PATH": "/usr/local/bin:/usr/bin:/bin:/usr/sbin:/sbin",
            "HOME": str(self.root),
            "LC_ALL": "C.UTF-8",
            **{k: v for k, v in os.environ.items() if k.endswith("SAN_OPTIONS")},
        }
        self.contract = None
        self.secrets = SecretsSeen()
        self.ingest_program = self.program
        self._admin = None
        self._serial = 0

    # --- processes ---------------------------------------------------------------------------
    def _as_user(self):
        return {"user": self.user.pw_uid, "group": self.user.pw_gid, "extra_groups": []} if self.user else {}

    def spawn(self, argv, log_name):
        """A long-running process whose output goes to log/<log_name>."""
        with open(self.root / "log" / log_name, "ab") as log:
            return subprocess.Popen(
                [str(a) for a in argv],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                cwd=self.root,
                env=self.environment,
                start_new_session=True,
                **self._as_user(),
            )

    def run(self, *argv, stdin=None, check=True, timeout=None):
        """A program as the unprivileged user; returns subprocess.CompletedProcess with text output."""
        done = subprocess.run(
            [str(a) for a in argv],
            input=stdin,
            stdin=None if stdin is not None else subprocess.DEVNULL,
            capture_output=True,
            text=True,
            cwd=self.root,
            env=self.environment,
            timeout=timeout or 2 * DEADLINE,
            check=False,
            **self._as_user(),
        )
        if check and done.returncode != 0:
            raise AssertionError(
                f"{argv[0]} {argv[1] if len(argv) > 1 else ''} ended with {done.returncode}: "
                f"{done.stderr}{done.stdout}"
            )
        return done

    def mediagate(self, command, *arguments, **options):
        """`mediagate COMMAND --config … ARGUMENTS`, or with command a sequence: `mediagate keys list`."""
        words = [command] if isinstance(command, str) else list(command)
        return self.run(self.program, *words, "--config", self.config, *arguments, **options)

    @property
    def program(self):
        return self.root / "bin/mediagate"

    # --- life -----------------------------------------------------------------------------------
    def start(self):
        self.prepare()
        self.start_postgres()
        self.mediagate("migrate")
        self.mediagate(("keys", "init"))
        self.render_nginx()
        self.start_serve()
        self.start_nginx()
        return self

    def install_program(self, source):
        """In one step, as packages do: a process of before may still run the old file."""
        made = self.program.with_suffix(".new")
        shutil.copy2(source, made)
        made.replace(self.program)

    def prepare(self):
        """Everything that needs no process: program, certificate, settings, folders that the account owns."""
        shutil.copy2(TOP_BUILD / "mediagate", self.program)
        shutil.copytree(TOP_SRC / "migrations", self.root / "share/migrations")
        (self.root / "share/audience").mkdir()
        shutil.copy2(TOP_SRC / "src/audience/players.list", self.root / "share/audience")
        for made in ("devices.list", "robots.list"):
            if (TOP_BUILD / made).exists():
                shutil.copy2(TOP_BUILD / made, self.root / "share/audience")
        if (TOP_BUILD / "web-dist").exists():
            shutil.copytree(TOP_BUILD / "web-dist", self.root / "share/web")
        self.make_certificate()
        self.write_settings()
        self.give_to_user()

    def stop(self):
        """Stops everything in order; complains about what did not end well. The folder stays: see remove()."""
        complaints = []
        for name, process, sign in (
            ("nginx", self.nginx, signal.SIGQUIT),
            ("ingest", self.ingest, signal.SIGTERM),
            ("notify", self.notify, signal.SIGTERM),
            ("serve", self.serve, signal.SIGTERM),
            ("postgres", self.postgres, signal.SIGINT),
        ):
            if process is None:
                continue
            if process.poll() is None:
                process.send_signal(sign if name != "nginx" else signal.SIGTERM)
            try:
                code = process.wait(timeout=2 * DEADLINE)
            except subprocess.TimeoutExpired:
                os.killpg(process.pid, signal.SIGKILL)
                process.wait()
                code = "no end (killed)"
            if code not in (0, -signal.SIGKILL):
                complaints.append(f"{name} ended with {code}")
        self.nginx = self.ingest = self.serve = self.postgres = None
        for log in sorted((self.root / "log").glob("*.log")):
            text = log.read_text(errors="replace")
            if any(mark in text for mark in ("AddressSanitizer", "LeakSanitizer", "runtime error:")):
                complaints.append(f"a sanitizer reports in {log.name}")
        complaints += self.secrets.found_in(self.root / "log")
        return complaints

    def remove(self):
        shutil.rmtree(self.root, ignore_errors=True)

    def keep_logs(self, folder):
        """Copies logs and settings out of the temporary folder, for a reader of a failure."""
        target = pathlib.Path(folder) / self.root.name
        shutil.copytree(self.root / "log", target, dirs_exist_ok=True)
        shutil.copy2(self.config, target)
        return target

    def __enter__(self):
        try:
            return self.start()
        except BaseException:
            self.stop()
            print(f"the stack did not start; its logs are in {self.keep_logs(TOP_BUILD / 'tests/integration/logs')}")
            self.remove()
            raise

    def __exit__(self, kind, value, trace):
        complaints = self.stop()
        if kind or complaints:
            print(f"logs are kept in {self.keep_logs(TOP_BUILD / 'tests/integration/logs')}")
        self.remove()
        assert not complaints or kind, complaints

    def give_to_user(self):
        self.root.chmod(0o755)
        if self.user:
            for path in (self.root, *self.root.rglob("*")):
                os.chown(path, self.user.pw_uid, self.user.pw_gid, follow_symlinks=False)

    def make_certificate(self):
        subprocess.run(
            [
                "openssl",
                "req",
                "-x509",
                "-newkey",
                "ec",
                "-pkeyopt",
                "ec_paramgen_curve:prime256v1",
                "-nodes",
                "-days",
                "2",
                "-subj",
                "/CN=localhost",
                "-addext",
                "subjectAltName=DNS:localhost,DNS:media.example.test,IP:127.0.0.1",
                "-keyout",
                self.root / "etc/tls/key.pem",
                "-out",
                self.certificate,
            ],
            check=True,
            capture_output=True,
        )

    # --- settings -----------------------------------------------------------------------------------
    def write_settings(self):
        paths = {
            "database": f"host={self.root}/run dbname=mediagate user=mediagate",
            "data_dir": self.data_dir,
            "ingest_dir": self.data_dir,
            "library_dir": self.library_dir,
            "run_dir": self.root / "run",
            "share_dir": self.root / "share",
            "log_dir": self.nginx_log_dir,
            "jwt_key_file": self.root / "etc/jwt_keys",
            "stream_key_file": self.root / "etc/stream_keys",
            "totp_key_file": self.root / "etc/totp_keys",
            "webhook_key_file": self.root / "etc/webhook_keys",
            "nginx_pid_file": self.root / "run/nginx.pid",
            "nginx_url": self.base_url,
        }
        self.config.write_text(
            "".join(f"{name} = {_libconfig(value)};\n" for name, value in {**paths, **self.settings}.items()),
            encoding="utf-8",
        )
        self.config.chmod(0o644)

    def render_nginx(self):
        folder = self.root / "etc/nginx"
        self.mediagate("nginx-config", "--output-dir", folder, "--ca-file", self.certificate)
        self.run(
            TOP_SRC / "deploy/render-nginx" if not self.user else self.readable_deploy() / "render-nginx",
            "--output",
            folder,
            "--etc",
            self.root / "etc",
            "--run",
            self.root / "run",
            "--data",
            self.data_dir,
            "--log",
            self.nginx_log_dir,
            "--share",
            self.root / "share",
            "--pid",
            self.root / "run/nginx.pid",
            "--unprivileged",
            "--http",
            f"127.0.0.1:{self.http_port}",
            "--https",
            f"127.0.0.1:{self.https_port}",
        )

    def readable_deploy(self):
        """deploy/ where the unprivileged user can read it, wherever the clone is."""
        copy = self.root / "share/deploy"
        if not copy.exists():
            shutil.copytree(TOP_SRC / "deploy", copy)
        return copy

    def reconfigure(self, restart=False, **settings):
        """Changes settings; serve and nginx are reloaded (or serve restarted). None takes a setting out of the file."""
        self.settings.update(settings)
        self.settings = {k: v for k, v in self.settings.items() if v is not None}
        self.write_settings()
        self.render_nginx()
        self.reload_nginx()
        if restart:
            self.stop_serve()
            self.start_serve()
            self.wait_ready()
        else:
            self.reload_serve()

    @contextlib.contextmanager
    def changed(self, restart=False, **settings):
        """with stack.changed(upload_max=1024): … and back again."""
        before = dict(self.settings)
        self.reconfigure(restart, **settings)
        try:
            yield self
        finally:
            added = {k: None for k in settings if k not in before}
            self.reconfigure(restart, **{**before, **added})

    # --- mediagate serve ----------------------------------------------------------------------------
    def start_serve(self):
        self.serve = self.spawn([self.program, "serve", "--config", self.config], "serve.log")
        wait_until(self._serve_is_up, "mediagate serve to open its sockets")

    def _serve_is_up(self):
        assert self.serve.poll() is None, "mediagate serve ended: " + self.log_text("serve.log")[-2000:]
        return all((self.root / "run" / f"{pool}.sock").exists() for pool in ("fast", "auth", "api", "upload"))

    def stop_serve(self, sign=signal.SIGTERM):
        self.serve.send_signal(sign)
        code = self.serve.wait(timeout=2 * DEADLINE)
        self.serve = None
        return code

    def reload_serve(self):
        """SIGHUP, and waits until every worker is a new one."""
        old = set(self.workers())
        self.serve.send_signal(signal.SIGHUP)
        wait_until(lambda: self.workers() and not old & set(self.workers()), "the workers to be replaced")

    def workers(self):
        """Process ids of serve's living children."""
        try:
            text = pathlib.Path(f"/proc/{self.serve.pid}/task/{self.serve.pid}/children").read_text(encoding="ascii")
        except FileNotFoundError:
            return []
        return [int(pid) for pid in text.split()]

    def serve_events(self, event=None):
        """serve's log lines as dictionaries, all or those of one event."""
        lines = [json.loads(line) for line in self.log_text("serve.log").splitlines() if line.startswith("{")]
        return [line for line in lines if event is None or line["event"] == event]

    def log_text(self, name):
        path = self.root / "log" / name
        return path.read_text(encoding="utf-8", errors="replace") if path.exists() else ""

    # --- mediagate ingest -----------------------------------------------------------------------------
    def start_ingest(self):
        """Not part of start(): what is about views starts it. Waits until it follows the log."""
        before = self.log_text("ingest.log").count('"ready"')
        self.ingest = self.spawn_ingest()
        wait_until(lambda: self.log_text("ingest.log").count('"ready"') > before, "ingest to be ready")

    def spawn_ingest(self):
        return self.spawn([self.ingest_program, "ingest", "--config", self.config], "ingest.log")

    def stop_ingest(self, sign=signal.SIGTERM):
        self.ingest.send_signal(sign)
        code = self.ingest.wait(timeout=DEADLINE)
        self.ingest = None
        return code

    # --- mediagate notify -----------------------------------------------------------------------------
    def start_notify(self):
        """Not part of start(): what is about webhooks starts it."""
        before = self.log_text("notify.log").count('"ready"')
        self.notify = self.spawn([self.program, "notify", "--config", self.config], "notify.log")
        wait_until(lambda: self.log_text("notify.log").count('"ready"') > before, "notify to be ready")

    def stop_notify(self, sign=signal.SIGTERM):
        self.notify.send_signal(sign)
        code = self.notify.wait(timeout=2 * DEADLINE)
        self.notify = None
        return code

    # --- nginx --------------------------------------------------------------------------------------
    def start_nginx(self):
        self.spawn_nginx()
        self.wait_ready()

    def spawn_nginx(self):
        self.nginx = self.spawn(
            ["nginx", "-e", self.root / "log/error.log", "-c", self.root / "etc/nginx/nginx.conf", "-g", "daemon off;"],
            "nginx.log",
        )

    def wait_ready(self):
        with self.anonymous() as api:
            wait_until(lambda: self._answers(api), "/readyz to answer 200")

    def _answers(self, api):
        assert self.nginx.poll() is None, "nginx ended: " + self.log_text("nginx.log") + self.log_text("error.log")
        try:
            return api.get("/readyz").status_code == 200
        except requests.ConnectionError:
            return False

    def reload_nginx(self):
        """SIGHUP, and waits until the old workers take no new connections."""
        old = self._nginx_workers()
        self.nginx.send_signal(signal.SIGHUP)
        wait_until(lambda: not old & self._nginx_workers(), "nginx's workers to be replaced")

    def _nginx_children(self):
        return (
            pathlib.Path(f"/proc/{self.nginx.pid}/task/{self.nginx.pid}/children").read_text(encoding="ascii").split()
        )

    def _nginx_workers(self):
        """Workers that accept: a worker on its way out says so in its title."""
        found = set()
        for pid in self._nginx_children():
            with contextlib.suppress(OSError):
                if b"shutting down" not in pathlib.Path(f"/proc/{pid}/cmdline").read_bytes():
                    found.add(int(pid))
        return found


def _libconfig(value):
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int):
        return f"{value}L" if abs(value) > 2**31 - 1 else str(value)
    if isinstance(value, (list, tuple)):
        return "[" + ", ".join(_libconfig(v) for v in value) + "]"
    return '"' + str(value).replace("\\", "\\\\").replace('"', '\\"') + '"'
