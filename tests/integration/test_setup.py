# SPDX-License-Identifier: ISC
"""`mediagate setup`: one command makes an empty folder and an empty PostgreSQL an instance that serves, and a second
run changes only what it is asked for."""
import os
import pty
import shutil
import stat
import subprocess

import pytest
import requests
from stack import DEFAULTS, TOP_BUILD, TOP_SRC, Stack, can_sandbox
from waiting import DEADLINE, wait_until

EMAIL, PASSWORD = "first@example.test", "a long first password"


class FreshStack(Stack):
    """A program, its installed files and a PostgreSQL: nothing that setup makes."""

    postgres_extra = ""  # as in production, or doctor has something to say

    def start(self):
        for folder in ("etc/nginx", "etc/tls"):
            (self.root / folder).rmdir()
        shutil.copy2(TOP_BUILD / "mediagate", self.program)
        shutil.copytree(TOP_SRC / "migrations", self.root / "share/migrations")
        self.readable_deploy()
        self.give_to_user()
        self.start_postgres()
        return self

    def setting_options(self):
        settings = {
            "data_dir": self.data_dir,
            "ingest_dir": self.data_dir,
            "run_dir": self.root / "run",
            "share_dir": self.root / "share",
            "log_dir": self.nginx_log_dir,
            "nginx_pid_file": self.root / "run/nginx.pid",
            "nginx_url": self.base_url,
            **{f"{kind}_key_file": self.root / f"etc/{kind}_keys" for kind in ("jwt", "stream", "totp", "webhook")},
            **{name: DEFAULTS[name] for name in ("argon2_memory", "argon2_time", "upload_workers", "api_workers")},
            **({} if can_sandbox() else {"sandbox": "none"}),
        }
        return [word for name, value in settings.items() for word in ("--set", f"{name}={value}")]

    def first_options(self):
        return [
            *("--database", f"host={self.root}/run dbname=shop user=keeper"),
            *("--admin-database", f"host={self.root}/run dbname=postgres user=mediagate"),
            *("--server-names", "localhost,127.0.0.1,media.example.test"),
            *("--http", f"127.0.0.1:{self.http_port}", "--https", f"127.0.0.1:{self.https_port}"),
            *("--nginx-include", self.root / "etc/conf.d-mediagate.conf"),
            *self.setting_options(),
        ]

    def setup(self, *arguments, **options):
        return self.mediagate("setup", "--yes", *arguments, **options)


class BareStack(FreshStack):
    """Without a PostgreSQL, for what ends before it is asked."""

    def start_postgres(self):
        pass


@pytest.fixture(name="fresh")
def fixture_fresh():
    with FreshStack() as stack:
        yield stack


@pytest.fixture(scope="module", name="bare")
def fixture_bare():
    with BareStack() as stack:
        yield stack


@pytest.fixture(scope="module", name="town")
def fixture_town():
    """What one run of setup made of an empty folder; it serves."""
    with FreshStack() as stack:
        password_file = stack.root / "password"
        password_file.write_text(f"{PASSWORD}\nnot this line\n")
        stack.give_to_user()
        stack.done = stack.setup(*stack.first_options(), "--owner", EMAIL, "--password-file", password_file)
        stack.start_serve()
        stack.start_nginx()
        yield stack


def login(stack, password=PASSWORD):
    return requests.post(f"{stack.base_url}/auth/login", json={"email": EMAIL, "password": password}, timeout=DEADLINE)


def made_files(stack):
    """Everything that setup made, by name: mode and content."""
    return {
        path.name: (path.stat().st_mode, path.read_bytes())
        for path in (stack.root / "etc").rglob("*")
        if path.is_file()
    }


def test_an_empty_folder_becomes_an_instance_that_serves(town):
    assert "Next:" in town.done.stdout and PASSWORD not in town.done.stdout + town.done.stderr
    answer = login(town)
    assert answer.status_code == 200, answer.text
    token = answer.json()["access_token"]
    me = requests.get(f"{town.base_url}/auth/me", headers={"Authorization": f"Bearer {token}"}, timeout=DEADLINE)
    assert (me.json()["email"], me.json()["role"]) == (EMAIL, "owner")
    secure = requests.get(f"https://localhost:{town.https_port}/readyz", verify=town.certificate, timeout=DEADLINE)
    assert secure.status_code == 200
    wrong = town.mediagate("doctor", "--quiet", "--nginx-dir", town.root / "etc/nginx", check=False).stdout
    areas = {line.split()[1] for line in wrong.splitlines() if line.startswith("wrong")}
    assert areas == {"ingest:"}, wrong  # it was not started


def test_secrets_are_the_accounts_alone_and_nginx_includes_what_was_made(town):
    for name in ("jwt_keys", "stream_keys", "totp_keys", "webhook_keys", "tls/key.pem"):
        assert stat.S_IMODE((town.root / "etc" / name).stat().st_mode) == 0o600, name
    included = (town.root / "etc/conf.d-mediagate.conf").read_text(encoding="utf-8")
    assert f"include {town.root}/etc/nginx/mediagate.http.con[f];" in included


def test_a_second_run_changes_only_what_it_is_asked_for(town):
    with open(town.config, "a", encoding="utf-8") as config:
        config.write("view_retention = 12; # ours\n")
    before = made_files(town)
    again = town.setup("--owner", EMAIL, "--password-file", "-", stdin="another password\n")
    assert "keeps it" in again.stdout and made_files(town) == before
    assert login(town).status_code == 200 and login(town, "another password").status_code == 401
    changed = town.setup("--public-url", "https://media.example.test", "--set", "upload_max=2048")
    after = made_files(town)
    assert "is changed" in changed.stdout and after.keys() == before.keys()
    differ = {name for name in before if before[name] != after[name]}
    assert "mediagate.conf" in differ
    assert differ <= {"mediagate.conf", *(name for name in before if name.startswith("settings-"))}
    text = town.config.read_text(encoding="utf-8")
    assert text.endswith("view_retention = 12; # ours\n")
    assert '\npublic_url = "https://media.example.test";\n' in text and "\nupload_max = 2048;\n" in text


@pytest.mark.parametrize(
    "options, says",
    [
        (["--set", "upload_max=1"], "upload_max must be"),
        (["--set", "uplod_max=2048"], "did you mean upload_max"),
        (["--set", "upload_max"], "NAME=VALUE"),
        (["--set", "stream_ttl_default=600", "--set", "stream_ttl_max=60"], "stream_ttl_"),
        (["--database", "dbname='"], "connection string"),
        (["--owner", EMAIL], "--password-file"),
        (["--nonsense", "x"], "--nonsense"),
    ],
)
def test_what_would_be_wrong_is_not_written(bare, options, says):
    done = bare.setup(*options, check=False)
    assert done.returncode in (1, 2) and says in done.stderr, done.stderr
    assert not bare.config.exists()


def test_without_a_terminal_it_does_not_wait_for_answers(bare):
    done = bare.mediagate("setup", check=False)
    assert done.returncode == 2 and "--yes" in done.stderr
    assert not bare.config.exists()


def read_until(terminal, text, seen):
    """What the terminal shows up to and with that text."""

    def shows():
        try:
            seen.append(os.read(terminal, 4096).decode(errors="replace"))
        except BlockingIOError:
            pass
        except OSError:  # its other end is closed
            pass
        return text in "".join(seen)

    wait_until(shows, f"the terminal to show {text!r}")


def test_at_a_terminal_it_asks_and_the_password_is_not_shown(fresh):
    terminal, other_end = pty.openpty()
    os.set_blocking(terminal, False)
    seen = []
    options = [option for option in fresh.first_options() if option not in ("--server-names",)]
    options.remove("localhost,127.0.0.1,media.example.test")
    with subprocess.Popen(
        [str(a) for a in (fresh.program, "setup", "--config", fresh.config, *options)],
        stdin=other_end,
        stdout=other_end,
        stderr=other_end,
        cwd=fresh.root,
        env=fresh.environment,
        start_new_session=True,
        **fresh._as_user(),
    ) as process:
        os.close(other_end)
        try:
            for question, answer in (
                ("Host names", "media.example.test"),
                ("Scheme and host", ""),
                ("E-mail of the first owner", EMAIL),
                ("New password", PASSWORD),
                ("Once more", PASSWORD),
            ):
                read_until(terminal, question, seen)
                os.write(terminal, f"{answer}\n".encode())
            read_until(terminal, "Next:", seen)
            assert process.wait(timeout=DEADLINE) == 0
        finally:
            if process.poll() is None:
                process.kill()
            os.close(terminal)
    assert EMAIL in "".join(seen) and PASSWORD not in "".join(seen)
    assert '\nserver_names = ["media.example.test"];\n' in fresh.config.read_text(encoding="utf-8")
    assert EMAIL in fresh.mediagate(("admin", "list")).stdout
