# SPDX-License-Identifier: ISC
"""`mediagate backup` and `restore`: an empty instance becomes what this one was, although uploads went on meanwhile."""
import pathlib
import signal
import threading
import time

import pytest
from answers import assert_json
from prometheus_tools import scrape
from stack import Stack
from waiting import wait_until


def backups(folder):
    return sorted(path for path in folder.iterdir() if path.name not in ("lock", "partial"))


def files_below(folder):
    return {path.relative_to(folder): path for path in folder.rglob("*") if path.is_file() and not path.is_symlink()}


class Uploads:
    """Uploads films again and again until it is left."""

    def __init__(self, stack, film):
        self.stack, self.film, self.made, self._stop = stack, film, [], threading.Event()
        self._thread = threading.Thread(target=self._run)

    def __enter__(self):
        self.api = self.stack.new_admin(role="owner")
        self._thread.start()
        return self

    def _run(self):
        while not self._stop.is_set():
            medium = self.stack.new_media(self.api)["id"]
            assert self.stack.upload(medium, self.film, self.api).status_code == 201
            self.made.append(medium)

    def __exit__(self, *_):
        self._stop.set()
        self._thread.join()


@pytest.fixture(scope="module", name="town")
def fixture_town(module_stack_with):
    return module_stack_with()


@pytest.fixture(name="vault")
def fixture_vault(town, tmp_path_factory):
    """A folder for backups, which the stack's account may write to."""
    folder = town.root / f"vault-{tmp_path_factory.mktemp('x').name}"
    folder.mkdir()
    town.give_to_user()
    return folder


class EmptyStack(Stack):
    """Has settings and an empty database, and has never been started."""

    def start(self):
        self.prepare()
        self.start_postgres()
        return self


def test_an_empty_instance_becomes_what_this_one_was(town, vault, make_media):
    film = make_media("short")
    first = town.film(film, title="Before the backup")
    with Uploads(town, film) as uploads:
        wait_until(lambda: len(uploads.made) >= 2, "uploads")
        sure = [first["id"], *uploads.made]
        town.mediagate("backup", vault)
        wait_until(lambda: len(uploads.made) >= len(sure) + 1, "uploads during the backup")
    (backup,) = backups(vault)
    with EmptyStack() as empty:
        done = empty.mediagate("restore", backup)
        assert "all verified" in done.stdout
        assert empty.mediagate("restore", backup, check=False).returncode == 1  # nothing is mixed
        for name in ("stream_keys", "webhook_keys"):
            assert (empty.root / "etc" / name).read_bytes() == (town.root / "etc" / name).read_bytes()
        empty.mediagate("migrate")
        empty.render_nginx()
        empty.start_serve()
        empty.start_nginx()
        empty.wait_ready()
        api = empty.login(uploads.api.email, uploads.api.password)
        for medium in sure:
            with empty.anonymous() as viewer:
                assert viewer.get(empty.stream_path(medium, api)).content == film.read_bytes()
        rows = empty.sql("select id, stored_name from media_asset where stored_name is not null")
        assert {row[0] for row in rows} >= set(sure)
        assert all((empty.data_dir / f"media/{medium}/{name}").exists() for medium, name in rows)
        town_url = town.stream_path(first["id"])  # the keys are the same, so a URL of before plays here
        with empty.anonymous() as viewer:
            assert viewer.get(town_url).status_code == 200


def test_a_second_backup_links_what_did_not_change(town, vault, make_media):
    town.film(make_media("short"))
    town.mediagate("backup", vault)
    assert abs(scrape(town).value("mediagate_last_backup_timestamp_seconds") - time.time()) < 60
    assert assert_json(town.admin().get("/status"))["last_backup_at"]
    new = town.film(make_media("film"))
    wait_until(lambda: town.mediagate("backup", vault) and len(backups(vault)) == 2, "a second backup")
    old, young = (files_below(path / "media") for path in backups(vault))
    assert old.keys() < young.keys()
    assert all(old[path].stat().st_ino == young[path].stat().st_ino for path in old)
    assert any(str(path).startswith(f"{new['id']}/") for path in young.keys() - old.keys())
    manifest = (backups(vault)[1] / "manifest").read_text(encoding="utf-8").splitlines()
    assert len(manifest) == len(young) + 1 and all(len(line.split()[0]) == 64 for line in manifest)
    names = ("jwt_keys", "stream_keys", "webhook_keys")
    assert all((backups(vault)[1] / name).stat().st_mode & 0o077 == 0 for name in names)


def test_a_backup_that_was_killed_goes_on(town, vault, make_media):
    for _ in range(3):
        town.film(make_media("film"))
    running = town.spawn([town.program, "backup", "--config", town.config, vault], "backup.log")
    wait_until(lambda: running.poll() is not None or any((vault / "partial").rglob("media/*/*")), "files in the backup")
    running.send_signal(signal.SIGKILL)
    running.wait()
    town.mediagate("backup", vault)
    (backup,) = [path for path in backups(vault)][-1:]
    stored = town.sql("select id, stored_name, sha256 from media_asset where stored_name is not null")
    manifest = {line.split(" ", 2)[2]: line.split()[0] for line in (backup / "manifest").read_text().splitlines()}
    assert {f"media/{medium}/{name}": sha256 for medium, name, sha256 in stored}.items() <= manifest.items()
    assert not list(backup.rglob("*.part")) and not (vault / "partial").exists()


def test_damage_is_found(town, vault, make_media):
    town.film(make_media("short"))
    town.mediagate("backup", vault)
    (backup,) = backups(vault)
    path = next(iter(files_below(backup / "media").values()))
    content = path.read_bytes()
    with EmptyStack() as empty:
        path.write_bytes(content[:-1] + bytes([content[-1] ^ 1]))
        done = empty.mediagate("restore", backup, check=False)
        assert done.returncode == 1 and path.name in done.stderr and "manifest" in done.stderr
        path.unlink()
        done = empty.mediagate("restore", backup, check=False)
        assert done.returncode == 1 and "missing" in done.stderr
        path.write_bytes(content)
        (backup / "media/left-over.part").write_bytes(b"of a run that was killed")
        town.give_to_user()
        assert empty.mediagate("restore", backup).returncode == 0
        assert not (empty.data_dir / "media/left-over.part").exists()


def test_what_cannot_be_backed_up_is_said(town, vault):
    config = pathlib.Path(f"{town.config}.password")
    config.write_text(town.config.read_text() + "\n", encoding="utf-8")
    text = config.read_text().replace("dbname=mediagate", "dbname=mediagate password=secret")
    config.write_text(text, encoding="utf-8")
    town.give_to_user()
    config.chmod(0o600)
    done = town.run(town.program, "backup", "--config", config, vault, check=False)
    assert done.returncode == 1 and ".pgpass" in done.stderr and "secret" not in done.stderr + done.stdout
    assert town.mediagate("backup", check=False).returncode == 2
    assert town.mediagate("restore", vault / "nothing", check=False).returncode == 1
