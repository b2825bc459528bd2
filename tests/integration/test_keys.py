# SPDX-License-Identifier: ISC
"""`mediagate keys`: nothing breaks while keys rotate, whatever is interrupted, and no secret is shown."""
import contextlib
import fcntl
import os
import re
import signal
import stat
import subprocess
import threading
import time

import pytest
import requests

import signing
from stack import Stack, wait_until


@pytest.fixture(scope="module")
def keys_stack():
    with Stack(stream_ttl_max=3600) as running:
        yield running


@pytest.fixture(scope="module")
def playable(keys_stack, make_media):
    return keys_stack.film(make_media("short"))


def keys(stack, action, *arguments, **options):
    return stack.mediagate(("keys", action), *arguments, **options)


def key_file(stack, kind="stream"):
    return stack.root / "etc" / {"stream": "stream_keys", "access": "jwt_keys"}[kind]


def kids(stack, kind="stream"):
    return [kid for kid, _ in signing.stream_keys(key_file(stack, kind))]


def rewrite(stack, text, kind="stream"):
    """Replaces a key file as an editor would, keeping owner and mode."""
    path = key_file(stack, kind)
    path.write_text(text, encoding="ascii")


def play(stack, path):
    """On a connection of its own: a reload of nginx may close an idle one under a client's feet."""
    with stack.anonymous() as viewer:
        return viewer.get(path, headers={"Connection": "close"}).status_code


# --- init and list ------------------------------------------------------------------------------------


def test_init_makes_private_files_and_never_overwrites(keys_stack):
    for kind in ("stream", "access"):
        path = key_file(keys_stack, kind)
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
        before = path.read_bytes()
        assert "stays as it is" in keys(keys_stack, "init").stdout
        assert path.read_bytes() == before


def test_no_command_shows_a_secret(keys_stack):
    secrets = [secret for kind in ("stream", "access") for _, secret in signing.stream_keys(key_file(keys_stack, kind))]
    shown = keys(keys_stack, "list")
    output = shown.stdout + shown.stderr
    assert all(kid in output for kind in ("stream", "access") for kid in kids(keys_stack, kind))
    assert not [secret for secret in secrets if secret in output]
    assert re.search(r"stream +\S+ +made \d{4}-.*signs", output)


@pytest.mark.parametrize(
    "arguments",
    [
        ("list", "x"),
        ("rotate", "--force"),
        ("retire", "--force"),
        ("retire", "--force", "k"),
        ("retire", "k"),
        ("init", "--force"),
        ("list", "--owner", "nobody"),
        ("retire", "--prepare"),
        ("steal",),
        (),
    ],
)
def test_wrong_usage(keys_stack, arguments):
    done = keys_stack.run(keys_stack.program, "keys", *arguments, check=False)
    assert done.returncode == 2
    assert "usage: mediagate keys" in done.stderr


def test_loose_permissions_are_refused_with_the_remedy(keys_stack):
    path = key_file(keys_stack)
    path.chmod(0o644)
    try:
        done = keys(keys_stack, "list", "--stream", check=False)
        assert done.returncode == 1 and "0600" in done.stderr
    finally:
        path.chmod(0o600)


# --- rotation -----------------------------------------------------------------------------------------


class Viewers:
    """Threads that play all the time: a fresh URL each, and one old URL, and calls with one old access token."""

    def __init__(self, stack, media_id):
        self.stack, self.media_id = stack, media_id
        self.failures, self.plays, self.stopping = [], 0, False
        self.admin = stack.admin()
        self.old_path = stack.stream_path(media_id)
        self.threads = [
            threading.Thread(target=self._guarded, args=(step,))
            for step in (self._fresh, self._fresh, self._old, self._log_in)
        ]

    def _fresh(self):
        headers = {"Authorization": self.admin.headers["Authorization"], "Connection": "close"}
        answer = requests.get(
            f"{self.stack.base_url}/media/media/{self.media_id}/stream-url", headers=headers, timeout=30
        )
        assert answer.status_code == 200, ("stream-url", answer.status_code, answer.text)
        path = "/" + answer.json()["stream_url"].split("/", 3)[3]
        status = play(self.stack, path)
        assert status == 200, ("a fresh URL", path.split("/")[2], status)

    def _old(self):
        status = play(self.stack, self.old_path)
        assert status == 200, ("an old URL", status)

    def _log_in(self):
        with self.stack.anonymous() as api:
            answer = api.post(
                "/auth/login",
                json={"email": self.admin.email, "password": self.admin.password},
                headers={"Connection": "close"},
            )
            assert answer.status_code == 200, ("login", answer.text)
            me = api.get(
                "/auth/me", headers={"Authorization": "Bearer " + answer.json()["access_token"], "Connection": "close"}
            )
            assert me.status_code == 200, ("a fresh token", me.text)

    def _guarded(self, step):
        while not self.stopping:
            try:
                step()
                self.plays += 1
            except Exception as problem:  # pylint: disable=broad-except
                self.failures.append(repr(problem))
            time.sleep(0.02)

    def __enter__(self):
        for thread in self.threads:
            thread.start()
        return self

    def __exit__(self, *_):
        self.stopping = True
        for thread in self.threads:
            thread.join()


def test_rotating_in_a_loop_breaks_no_url_and_no_token(keys_stack, playable):
    with Viewers(keys_stack, playable["id"]) as viewers:
        for kind in ("stream", "access", "stream", "access", "stream"):
            before = kids(keys_stack, kind)
            done = keys(keys_stack, "rotate", f"--{kind}")
            assert "signs from now on" in done.stdout
            after = kids(keys_stack, kind)
            assert after[1:] == before and after[0] not in before
            plays = viewers.plays
            wait_until(lambda seen=plays: viewers.plays > seen + 10, "viewers to play on")
            if kind == "stream":
                assert keys_stack.stream_path(playable["id"]).split("/")[2] == after[0]
    assert not viewers.failures, viewers.failures[:5]
    assert viewers.plays > 50
    assert stat.S_IMODE(key_file(keys_stack).stat().st_mode) == 0o600


@pytest.mark.parametrize("delay", [0.0, 0.02, 0.1, 0.3, 0.6, 0.9])
def test_killed_anywhere_it_works_and_the_next_run_completes_it(keys_stack, playable, delay):
    for kind in ("stream", "access"):  # room for more keys
        newest_only = key_file(keys_stack, kind).read_text(encoding="ascii")
        rewrite(keys_stack, re.sub(r"# retired \S+", "# retired 2020-01-01T00:00:00Z", newest_only), kind)
    keys(keys_stack, "retire")
    old_path = keys_stack.stream_path(playable["id"])
    rotation = keys_stack.spawn(
        [keys_stack.program, "keys", "rotate", "--stream", "--config", keys_stack.config], "rotate.log"
    )
    with contextlib.suppress(subprocess.TimeoutExpired):
        rotation.wait(timeout=delay)
    if rotation.poll() is None:
        os.killpg(rotation.pid, signal.SIGKILL)
        rotation.wait()
    assert play(keys_stack, old_path) == 200
    assert play(keys_stack, keys_stack.stream_path(playable["id"])) == 200
    keys(keys_stack, "rotate", "--stream")
    text = key_file(keys_stack).read_text(encoding="ascii")
    assert "# pending" not in text
    assert text.count("# retired") == len(kids(keys_stack)) - 1
    assert play(keys_stack, old_path) == 200
    path = keys_stack.stream_path(playable["id"])
    assert path.split("/")[2] == kids(keys_stack)[0]
    assert play(keys_stack, path) == 200
    assert not list(key_file(keys_stack).parent.glob("stream_keys.*")), "a temporary file with secrets is left"


def test_a_stopped_rotation_goes_on_with_the_same_key(keys_stack, playable):
    text = key_file(keys_stack).read_text(encoding="ascii")
    rewrite(
        keys_stack,
        text + "# created 2026-01-01T00:00:00Z\n# pending\nkresume " "MDEyMzQ1Njc4OWFiY2RlZkdISUpLTE1OT1BRUlNUVVY;\n",
    )
    done = keys(keys_stack, "rotate", "--stream")
    assert "going on" in done.stdout
    assert kids(keys_stack)[0] == "kresume"
    path = keys_stack.stream_path(playable["id"])
    assert path.split("/")[2] == "kresume" and play(keys_stack, path) == 200


@pytest.mark.parametrize("kind", ["stream", "access"])
def test_a_prepared_key_verifies_and_signs_only_later(keys_stack, kind):
    signs = kids(keys_stack, kind)[0]
    done = keys(keys_stack, "rotate", f"--{kind}", "--prepare")
    prepared = kids(keys_stack, kind)[-1]
    assert prepared in done.stdout and kids(keys_stack, kind)[0] == signs
    assert prepared in keys(keys_stack, "rotate", f"--{kind}", "--prepare").stdout, "twice is fine"
    keys(keys_stack, "rotate", f"--{kind}")
    assert kids(keys_stack, kind)[:2] == [prepared, signs]


def test_a_key_that_nginx_does_not_take_never_signs(keys_stack, playable):
    other = keys_stack.root / "etc/other.conf"
    other.write_text(
        re.sub(r"nginx_url = .*", 'nginx_url = "http://127.0.0.1:9";', keys_stack.config.read_text(encoding="utf-8")),
        encoding="utf-8",
    )
    signs = kids(keys_stack)[0]
    done = keys_stack.run(keys_stack.program, "keys", "rotate", "--stream", "--config", other, check=False)
    assert done.returncode == 1
    assert "does not accept the new key" in done.stderr and "no answer" in done.stderr
    assert kids(keys_stack)[0] == signs
    assert play(keys_stack, keys_stack.stream_path(playable["id"])) == 200
    assert "run `mediagate keys rotate`" in keys(keys_stack, "list").stdout
    keys(keys_stack, "rotate", "--stream")
    assert kids(keys_stack)[0] != signs


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can change keys that are another user's")
def test_root_rotates_the_services_keys_and_they_stay_its_own(keys_stack, playable):
    """As in production: nginx is root's, the files are the service's."""
    before = key_file(keys_stack).stat()
    assert before.st_uid != 0
    for kind in ("stream", "access"):
        subprocess.run(
            [keys_stack.program, "keys", "rotate", f"--{kind}", "--config", keys_stack.config],
            check=True,
            capture_output=True,
        )
        after = key_file(keys_stack, kind).stat()
        assert (after.st_uid, after.st_gid, stat.S_IMODE(after.st_mode)) == (before.st_uid, before.st_gid, 0o600)
    assert play(keys_stack, keys_stack.stream_path(playable["id"])) == 200


def test_one_rotation_at_a_time(keys_stack):
    folder = os.open(key_file(keys_stack).parent, os.O_RDONLY)
    try:
        fcntl.flock(folder, fcntl.LOCK_EX)
        before = key_file(keys_stack).read_bytes()
        done = keys(keys_stack, "rotate", "--stream", check=False)
        assert done.returncode == 1 and "another" in done.stderr
        assert key_file(keys_stack).read_bytes() == before
    finally:
        os.close(folder)


# --- retirement ---------------------------------------------------------------------------------------


def test_retire_keeps_what_signs_and_what_may_be_in_use(keys_stack, playable):
    keys(keys_stack, "rotate", "--stream")
    path = keys_stack.stream_path(playable["id"])
    signing_kid, previous = kids(keys_stack)[:2]
    before = key_file(keys_stack).read_bytes()
    keys(keys_stack, "retire", "--stream")
    assert key_file(keys_stack).read_bytes() == before, "nothing was old enough"
    for kid, remark in ((signing_kid, "signs"), (previous, "--force"), ("nosuch", "no stream key")):
        done = keys(keys_stack, "retire", "--stream", kid, check=False)
        assert done.returncode == 1 and remark in done.stderr
    assert keys(keys_stack, "retire", "--stream", "--force", signing_kid, check=False).returncode == 1
    assert key_file(keys_stack).read_bytes() == before
    assert play(keys_stack, path) == 200


def test_force_ends_what_a_leaked_key_signed(keys_stack, playable):
    path = keys_stack.stream_path(playable["id"])
    leaked = kids(keys_stack)[0]
    keys(keys_stack, "rotate", "--stream")
    assert play(keys_stack, path) == 200
    keys(keys_stack, "retire", "--stream", "--force", leaked)
    assert leaked not in kids(keys_stack)
    assert play(keys_stack, path) == 403, "it returns when nginx has forgotten the key"


def test_force_tells_when_nginx_goes_on_with_a_leaked_key(keys_stack):
    """nginx keeps what it had when its configuration cannot be read."""
    leaked = kids(keys_stack)[0]
    keys(keys_stack, "rotate", "--stream")
    conf = keys_stack.root / "etc/nginx/nginx.conf"
    good = conf.read_text(encoding="utf-8")
    conf.write_text("broken\n", encoding="utf-8")
    try:
        done = keys(keys_stack, "retire", "--stream", "--force", leaked, check=False)
    finally:
        conf.write_text(good, encoding="utf-8")
        keys_stack.reload_nginx()
    assert done.returncode == 1 and "may still play" in done.stderr and "404 instead of 403" in done.stderr
    assert leaked not in kids(keys_stack)


def test_a_shorter_ttl_retires_no_key_that_signed_for_longer(keys_stack, playable):
    with keys_stack.changed(stream_ttl_max=604800):
        path = keys_stack.stream_path(playable["id"], ttl_seconds=604800)
        kid = kids(keys_stack)[0]
    keys(keys_stack, "rotate", "--stream")
    text = key_file(keys_stack).read_text(encoding="ascii")
    with keys_stack.changed(stream_ttl_max=60, stream_ttl_default=60):
        rewrite(
            keys_stack,
            re.sub(
                r"# retired \S+",
                time.strftime("# retired %Y-%m-%dT%H:%M:%SZ", time.gmtime(time.time() - 6 * 86400)),
                text,
            ),
        )
        keys(keys_stack, "retire", "--stream")
        assert kid in kids(keys_stack) and play(keys_stack, path) == 200


def test_a_leaked_access_key_ends_its_tokens(keys_stack):
    old = keys_stack.login(keys_stack.admin().email, keys_stack.admin().password)
    leaked = kids(keys_stack, "access")[0]
    keys(keys_stack, "rotate", "--access")
    assert old.get("/auth/me").status_code == 200
    keys(keys_stack, "retire", "--access", "--force", leaked)
    assert old.get("/auth/me").status_code == 401
    assert keys_stack.admin().get("/auth/me").status_code == 200


def test_what_is_old_enough_goes(keys_stack, playable):
    keys(keys_stack, "rotate", "--stream")
    text = key_file(keys_stack).read_text(encoding="ascii")
    rewrite(keys_stack, re.sub(r"# retired \S+", "# retired 2020-01-01T00:00:00Z", text))
    done = keys(keys_stack, "retire", "--stream")
    assert "removed" in done.stdout
    assert len(kids(keys_stack)) == 1
    assert play(keys_stack, keys_stack.stream_path(playable["id"])) == 200


def test_a_key_with_an_unknown_past_is_kept_for_a_whole_lifetime(keys_stack):
    """As an operator leaves it who edits the file by hand, or a crash right after the promotion."""
    text = key_file(keys_stack).read_text(encoding="ascii")
    rewrite(keys_stack, text + "kold MDEyMzQ1Njc4OWFiY2RlZkdISUpLTE1OT1BRUlNUVVY;\n")
    keys(keys_stack, "retire", "--stream")
    assert "kold" in kids(keys_stack)
    assert re.search(r"kold .*can be retired from", keys(keys_stack, "list").stdout)
