# SPDX-License-Identifier: ISC
"""What breaks, and what must not be noticed: killed workers, reloads, a database that goes away, a supervisor that
dies.

The load is real requests through nginx from several threads; each test says how many of them may fail.
"""
import contextlib
import os
import pathlib
import shutil
import signal
import socket
import threading
import time

import pytest
from answers import wait_for_readyz
from load import Load, fresh, fresh_post
from service_sockets import ServiceSockets
from stack import DEADLINE, wait_until

SETTINGS = {"restart_limit": 1000, "drain_deadline": 20, "log_level": "info"}


@pytest.fixture(scope="module", name="shared_town")
def fixture_shared_town(module_stack_with):
    return module_stack_with(**SETTINGS)


@pytest.fixture(name="town")
def fixture_town(shared_town):
    """A stack that these tests may break: whatever a test left of it runs again before the next."""
    yield shared_town
    shared_town.settings.update(SETTINGS)
    shared_town.write_settings()
    if shared_town.postgres is None:
        shared_town.start_postgres()
    if shared_town.serve is not None and shared_town.serve.poll() is not None:
        shared_town.serve = None
    if shared_town.serve is None:
        shared_town.start_serve()
    shared_town.wait_ready()


def restart(stack, **settings):
    stack.stop_serve()
    stack.settings.update(settings)
    stack.write_settings()
    stack.start_serve()
    stack.wait_ready()


def pool_of(pid):
    with contextlib.suppress(OSError):
        return pathlib.Path(f"/proc/{pid}/comm").read_text(encoding="ascii").strip().removeprefix("mg:")
    return ""


def workers_of(stack, pool):
    return [pid for pid in stack.workers() if pool_of(pid) == pool]


def is_alive(pid):
    with contextlib.suppress(OSError):
        return pathlib.Path(f"/proc/{pid}/stat").read_text(encoding="ascii").rpartition(")")[2].split()[0] != "Z"
    return False


def spooled(stack):
    return set((stack.data_dir / "spool").iterdir())


@contextlib.contextmanager
def slow_upload(stack, api, media_id, silent=False):
    """An upload that sends a byte now and then, or with `silent` falls silent, and never ends by itself. Gives the
    socket."""
    before = spooled(stack)
    with socket.create_connection(("127.0.0.1", stack.http_port)) as connection:
        connection.sendall(
            (
                f"PUT /media/media/{media_id}/file HTTP/1.1\r\nHost: localhost\r\nContent-Type: "
                f"video/mp4\r\n"
                f"Authorization: {api.headers['Authorization']}\r\nContent-Length: "
                f"1000000\r\n\r\n"
            ).encode()
        )
        stop = threading.Event()

        def trickle():
            while not stop.wait(0.05):
                with contextlib.suppress(OSError):
                    connection.sendall(b"x" * 100)

        thread = threading.Thread(target=trickle, daemon=True)
        thread.start()
        wait_until(lambda: spooled(stack) - before, "the upload to arrive in the spool")
        if silent:
            stop.set()
        try:
            yield connection
        finally:
            stop.set()
            thread.join()


# --- workers ------------------------------------------------------------------------------------------


def test_killed_workers_of_any_pool_fail_no_get(town):
    api = town.admin()
    medium = f"/media/media/{town.new_media(api)['id']}"
    with Load(lambda: fresh(api, "GET", medium)) as fast, Load(
        lambda: fresh(api, "GET", "/media/media/?limit=1")
    ) as lists:
        for _ in range(5):
            for pool in ("fast", "auth", "api", "upload", "housekeeping"):
                os.kill(workers_of(town, pool)[0], signal.SIGKILL)
                fast.wait_for_more(10)
                wait_until(lambda pool=pool: workers_of(town, pool), "a replacement")
        lists.wait_for_more(10)
    assert not fast.except_status(200) and not lists.except_status(200)
    died = town.serve_events("worker_died")
    assert {event["pool"] for event in died} == {"fast", "auth", "api", "upload", "housekeeping"}


def test_rolling_reloads_fail_no_post(town):
    api = town.admin()
    before = len(town.sql("SELECT id FROM media_asset"))
    large = b'{"title": "Rolled", "type": "audio"}' + b" " * 60000  # many reads of the worker
    with Load(lambda: fresh(api, "POST", "/media/media/", json={"title": "Rolled", "type": "audio"})) as posts, Load(
        lambda: fresh_post(api, "/media/media/", large), threads=2
    ) as large_posts, Load(lambda: fresh_post(api, "/media/media/", large, "text/plain"), threads=2) as refused, Load(
        lambda: fresh(api, "GET", "/auth/me")
    ) as gets:
        for _ in range(4):
            posts.wait_for_more(20)
            town.reload_serve()
    assert not posts.except_status(201) and not large_posts.except_status(201) and not gets.except_status(200)
    assert not refused.except_status(415), "the answer to a body that nobody read"
    assert len(town.sql("SELECT id FROM media_asset")) == before + posts.statuses[201] + large_posts.statuses[201]
    assert town.serve_events("reloaded")


def test_a_stopped_worker_is_killed_by_the_watchdog_and_replaced(town):
    worker = workers_of(town, "api")[0]
    os.kill(worker, signal.SIGSTOP)
    # 10 s when it was idle; a request that it had just begun has request_deadline.
    wait_until(lambda: not is_alive(worker), "the watchdog", timeout=45)
    killed = [event for event in town.serve_events("worker_killed") if event["worker"] == worker]
    assert killed and killed[0]["why"] == "no heartbeat"
    wait_until(lambda: len(workers_of(town, "api")) == town.settings["api_workers"], "a replacement")


def test_a_reload_of_nginx_fails_no_request(town):
    api = town.admin()
    with Load(lambda: fresh(api, "GET", "/auth/me")) as gets:
        for _ in range(3):
            gets.wait_for_more(20)
            town.reload_nginx()
    assert not gets.except_status(200)


# --- reload -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "line, name", [("stream_ttl_max = -1;", "stream_ttl_max"), ('notify_database = ' '"dbnme=x";', "notify_database")]
)
def test_a_reload_of_bad_settings_keeps_what_runs(town, line, name):
    failures = len(town.serve_events("reload_failed"))
    before = town.workers()
    good = town.config.read_text(encoding="utf-8")
    town.config.write_text(good + line + "\n", encoding="utf-8")
    try:
        town.serve.send_signal(signal.SIGHUP)
        wait_until(lambda: len(town.serve_events("reload_failed")) > failures, "the refusal")
    finally:
        town.config.write_text(good, encoding="utf-8")
    assert any(name in event["problem"] for event in town.serve_events("reload_problem"))
    assert town.workers() == before
    assert town.admin().get("/auth/me").status_code == 200


def test_a_reload_names_what_needs_a_restart(town):
    good = town.config.read_text(encoding="utf-8")
    town.config.write_text(good.replace(f'"{town.data_dir}"', f'"{town.root}/share"'), encoding="utf-8")
    try:
        town.reload_serve()
    finally:
        town.config.write_text(good, encoding="utf-8")
    assert any("data_dir" in event["problem"] for event in town.serve_events("needs_restart"))


def test_a_reload_changes_the_number_of_workers(town):
    with town.changed(api_workers=4):
        wait_until(lambda: len(workers_of(town, "api")) == 4, "four workers")
    wait_until(lambda: len(workers_of(town, "api")) == town.settings["api_workers"], "as many as before")


# --- the database -------------------------------------------------------------------------------------


def test_a_database_that_is_away_for_ten_seconds_costs_503_and_no_answer_is_untrue(town):
    api = town.admin()
    with Load(lambda: fresh(api, "POST", "/media/media/", json={"title": "Kept", "type": "video"})) as posts, Load(
        lambda: fresh(api, "GET", "/media/media/?limit=1"), threads=2
    ) as gets:
        posts.wait_for_more()
        town.stop_postgres()
        gone = time.monotonic()
        gets.wait_for_more(5)
        assert town.anonymous().get("/livez").status_code == 200
        wait_until(lambda: town.anonymous().get("/readyz").status_code == 503, "it to be told")
        time.sleep(max(0.0, 10 - (time.monotonic() - gone)))  # the time that is promised, not a guess
        town.start_postgres()
        for method, path in (("GET", "/auth/me"), ("GET", "/media/media/?limit=1"), ("GET", "/readyz")):
            wait_until(lambda method=method, path=path: fresh(api, method, path).status_code == 200, path)
        posts.wait_for_more()
    assert not posts.except_status(201, 503) and not gets.except_status(200, 503)
    assert posts.statuses[503] and gets.statuses[503]
    for load in (posts, gets):
        assert all("Retry-After" in answer.headers for status, answer in load.answers if status == 503)
    kept = {row[0] for row in town.sql("SELECT id FROM media_asset")}
    assert {answer.json()["id"] for status, answer in posts.answers if status == 201} <= kept
    town.wait_ready()


def test_a_start_without_the_database_waits_for_it(town):
    api = town.admin()
    town.stop_serve()
    town.stop_postgres()
    town.start_serve()
    try:
        assert town.anonymous().get("/livez").status_code == 200
        assert fresh(api, "GET", "/auth/me").status_code == 503
        assert town.serve_events("database_away")
    finally:
        town.start_postgres()
    wait_until(lambda: fresh(api, "GET", "/auth/me").status_code == 200, "the workers to connect")
    town.wait_ready()


# --- stopping -----------------------------------------------------------------------------------------


def test_a_stop_finishes_what_was_accepted(town):
    api = town.admin()
    before = len(town.sql("SELECT id FROM media_asset"))
    with Load(lambda: fresh(api, "POST", "/media/media/", json={"title": "Last", "type": "video"})) as posts:
        posts.wait_for_more()
        assert town.stop_serve() == 0
        posts.wait_for_more(20)
        town.start_serve()
        town.wait_ready()
    assert not posts.except_status(201, 502, 503)  # nginx's own, while nobody listens
    assert len(town.sql("SELECT id FROM media_asset")) == before + posts.statuses[201]
    assert (town.root / "run/serve.pid").read_text(encoding="ascii") == f"{town.serve.pid}\n"


def test_a_second_sigterm_stops_at_once(town):
    api = town.admin()
    restart(town, drain_deadline=60)
    with slow_upload(town, api, town.new_media(api)["id"]):
        town.serve.send_signal(signal.SIGTERM)
        wait_until(lambda: town.serve_events("draining"), "the drain to begin")
        wait_until(lambda: len(town.workers()) == 1, "all but the uploading worker to go")
        assert town.serve.poll() is None
        begun = time.monotonic()
        assert town.stop_serve() == 0
        assert time.monotonic() - begun < town.settings["drain_deadline"] / 2
    assert not (town.root / "run/serve.pid").exists()


@pytest.mark.parametrize("silent", [False, True])
def test_an_upload_past_the_drain_deadline_is_refused_cleanly(town, silent):
    api = town.admin()
    restart(town, drain_deadline=1)
    before, killed = spooled(town), len(town.serve_events("worker_killed"))
    with slow_upload(town, api, town.new_media(api)["id"], silent) as connection:
        begun = time.monotonic()
        assert town.stop_serve() == 0
        assert 1 <= time.monotonic() - begun < DEADLINE
        connection.settimeout(10)
        answer = connection.recv(4096)
        assert answer.startswith(b"HTTP/1.1 503 ") and b"\r\nRetry-After: 1\r\n" in answer
    assert spooled(town) <= before
    assert not town.serve_events("worker_killed")[killed:]


def test_no_worker_outlives_a_killed_supervisor_and_the_next_start_cleans_up(town):
    workers = town.workers()
    town.serve.kill()
    town.serve.wait()
    wait_until(lambda: not any(is_alive(pid) for pid in workers), "the workers to go with it", timeout=5)
    town.start_serve()
    town.wait_ready()
    assert town.serve_events("stale_pid_file")


@pytest.mark.parametrize("loss", ["gone", "unreadable", "empty", "a file"])
def test_where_revocations_cannot_be_read_nothing_plays_and_readyz_tells(town, make_media, loss):
    """A folder that is not mounted, or lost its rights: what was revoked would play on."""
    path, folder = town.stream_path(town.film(make_media("short"))["id"]), town.data_dir / "revoked"
    with town.anonymous() as api:
        assert api.get(path).status_code == 200
        if loss == "unreadable":
            folder.chmod(0)
        else:
            folder.rename(town.data_dir / "lost")
        if loss == "empty":
            folder.mkdir()
        if loss == "a file":
            folder.touch()
        try:
            answer = api.get(path)
            assert answer.status_code == 503 and int(answer.headers["Retry-After"]) > 0 and b"revoked" in answer.content
            if loss in ("unreadable", "a file"):  # housekeeping makes up for the others within a minute
                wait_for_readyz(api, lambda answer: answer.json().get("checks", {}).get("revocations", "ok") != "ok")
        finally:
            if loss == "unreadable":
                folder.chmod(0o750)
            if loss != "unreadable":
                folder.unlink() if loss == "a file" else shutil.rmtree(folder, ignore_errors=True)
                (town.data_dir / "lost").rename(folder)
        assert api.get(path).status_code == 200
        town.wait_ready()


def test_revocations_are_there_again_before_the_first_request_is_served(town, make_media):
    """As after a restore, whose backup needs no revoked/."""
    api = town.admin()
    grant = api.get(f"/media/media/{town.film(make_media('short'))['id']}/stream-url").json()["grant_id"]
    assert api.delete(f"/media/grants/{grant}").status_code == 204
    town.stop_serve()
    shutil.rmtree(town.data_dir / "revoked")
    town.start_serve()
    assert (town.data_dir / "revoked" / grant).exists(), "when the sockets are there, so are the files"
    town.wait_ready()


def test_a_database_that_went_back_in_time_makes_nothing_play_again(town, make_media):
    """As after a restore of an older dump, or a fail-over to a standby that had not the last commits."""
    api = town.admin()
    film = town.film(make_media("short"))["id"]
    stream = api.get(f"/media/media/{film}/stream-url").json()
    path = stream["stream_url"].split("/", 3)[3]
    assert api.delete(f"/media/grants/{stream['grant_id']}").status_code == 204
    town.stop_serve()
    os.utime(town.data_dir / "revoked" / stream["grant_id"], (time.time() - 3600,) * 2)
    town.sql("delete from revoked_grant")
    town.start_serve()
    town.wait_ready()
    with town.anonymous() as anyone:
        assert anyone.get("/" + path).status_code == 403
    assert town.sql("select count(*) from revoked_grant where name = %s", stream["grant_id"]) == [(1,)]
    assert town.serve_events("revocations_restored")


# --- starts that are refused --------------------------------------------------------------------------


def refused_start(stack):
    done = stack.run(stack.program, "serve", "--config", stack.config, check=False)
    assert done.returncode == 1, done.stderr
    return done.stderr


def test_a_second_serve_on_the_same_run_dir_is_refused(town):
    assert "already_running" in refused_start(town)
    assert town.admin().get("/auth/me").status_code == 200


def test_loose_keys_and_a_missing_folder_stop_the_start(town):
    keys = town.root / "etc/stream_keys"
    keys.chmod(0o644)
    try:
        message = refused_start(town)
        assert "stream_keys" in message and "0600" in message
    finally:
        keys.chmod(0o600)
    good = town.config.read_text(encoding="utf-8")
    town.config.write_text(good.replace(f'"{town.data_dir}"', '"/nonexistent/data"'), encoding="utf-8")
    try:
        assert "/nonexistent/data" in refused_start(town)
    finally:
        town.config.write_text(good, encoding="utf-8")


def test_a_schema_that_does_not_fit_stops_the_start(town):
    town.sql("INSERT INTO schema_migration (version, name, oldest_program) VALUES (9999, 'the_future', 9999)")
    try:
        assert "schema_incompatible" in refused_start(town)
    finally:
        town.sql("DELETE FROM schema_migration WHERE version = 9999")


def test_workers_that_keep_dying_end_serve_with_a_clear_message(town):
    restart(town, restart_limit=3)
    end = time.monotonic() + 20
    while town.serve.poll() is None and time.monotonic() < end:
        for pid in workers_of(town, "api"):
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        time.sleep(0.02)
    assert town.serve.wait(timeout=10) == 1
    assert town.serve_events("restart_limit_reached")


# --- systemd ------------------------------------------------------------------------------------------


def test_sockets_and_readiness_by_systemds_protocol(town):
    """The sockets stay open over a restart: requests wait for it, none fails."""
    town.stop_serve()
    with ServiceSockets(town) as sockets:
        process = sockets.start()
        sockets.wait_for(b"READY=1")
        api = town.admin()
        with Load(lambda: fresh(api, "GET", "/auth/me")) as gets:
            gets.wait_for_more(20)
            process.send_signal(signal.SIGHUP)
            sockets.wait_for(b"RELOADING=1")
            sockets.wait_for(b"READY=1")
            process.send_signal(signal.SIGTERM)
            sockets.wait_for(b"STOPPING=1")
            assert process.wait(timeout=20) == 0
            sockets.start()
            sockets.wait_for(b"READY=1")
            gets.wait_for_more(20)
        assert not gets.except_status(200)
