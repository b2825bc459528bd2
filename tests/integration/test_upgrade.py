# SPDX-License-Identifier: ISC
"""An upgrade as the operator's guide has it, under load: the new program migrates, works beside the old one, and takes
over.

The old program is the one that was built, the new one the same sources but for wanting one migration more
(next_program.c), which is made up.
"""
import contextlib
import re
import shutil
import signal

import pytest

import web_tools
from load import Load, fresh, fresh_post
from service_sockets import ServiceSockets
from stack import TOP_BUILD, wait_until

PROGRAM = "tests/integration/mediagate_next"

# All that a request reads gets a column and something that watches its writes; the indexes lock out writers while they
# are made.
MIGRATION = """-- Made up.
-- oldest-program: {version}
alter table media_asset add column shelf text not null default 'top';
alter table admin_user add column nickname text;
alter table login_session add column device text not null default '';
create index media_asset_shelf_idx on media_asset (shelf);
create index login_session_device_idx on login_session (device);
create table shelf_change (media_id bigint not null, at timestamptz not null default now());
create function note_shelf() returns trigger language plpgsql as $$ begin insert into shelf_change (media_id) values
(new.id); return new; end $$;
create trigger note_shelf after insert on media_asset for each row execute function note_shelf();
"""


@pytest.fixture(name="town")
def fixture_town(make_stack):
    """A stack without its own serve, and a new program with its migration in .next."""
    if not (TOP_BUILD / PROGRAM).exists():
        web_tools.missing(f"{PROGRAM} (make check builds it)")
    # one that is busy leaves requests to the other program
    town = make_stack(log_level="info", auth_workers=1, api_workers=1)
    town.stop_serve()
    town.next = town.root / "bin/mediagate_next"
    shutil.copy2(TOP_BUILD / PROGRAM, town.next)
    shutil.copytree(town.root / "share", town.root / "share_next")
    (town.root / "run_next").mkdir()
    versions = [int(path.name[:4]) for path in (town.root / "share/migrations").glob("*.sql")]
    name = f"{max(versions) + 1:04d}_made_up.sql"
    (town.root / "share_next/migrations" / name).write_text(MIGRATION.format(version=max(versions)), encoding="utf-8")
    town.give_to_user()
    return town


def events(town, log_name, event):
    return town.log_text(log_name).count(f'"event":"{event}"')


def test_a_migration_under_load_with_an_old_and_a_new_program_fails_no_request(town, make_media):
    settings = {"MEDIAGATE_SHARE_DIR": str(town.root / "share_next"), "MEDIAGATE_RUN_DIR": str(town.root / "run_next")}

    def migrate(*arguments, **options):
        return town.run(
            "env",
            *(f"{name}={value}" for name, value in settings.items()),
            town.next,
            "migrate",
            "--config",
            town.config,
            *arguments,
            **options,
        )

    with ServiceSockets(town) as sockets, contextlib.ExitStack() as loads:
        old = sockets.start(log_name="old.log")
        sockets.wait_for(b"READY=1")
        admin = town.admin()
        film = town.film(make_media("short"))
        assert migrate("--status", check=False).returncode == 1, "the new program must not do with the old schema"
        login = {"username": admin.email, "password": admin.password}
        calls = {
            "stream URLs": lambda: fresh(admin, "GET", f"/media/media/{film['id']}/stream-url"),
            "media": lambda: fresh_post(admin, "/media/media/", '{"title": "A film", "type": "video"}'),
            "logins": lambda: fresh(admin, "POST", "/auth/login", data=login),
            "lists": lambda: fresh(admin, "GET", "/media/media/?limit=5"),
            "deletions": lambda: fresh(admin, "DELETE", f"/media/media/{town.new_media(admin)['id']}"),
        }
        running = {name: loads.enter_context(Load(call, threads=2)) for name, call in calls.items()}

        def all_go_on():
            for load in running.values():
                load.wait_for_more(20)

        all_go_on()
        assert "made_up: applied" in migrate().stdout
        all_go_on()  # the old program, on the new schema
        new = sockets.start(town.next, log_name="new.log", **settings)
        sockets.wait_for(b"READY=1")
        for event in ("login", "media_deleted"):  # both at once; nginx keeps its connections to the old fast pool
            before = events(town, "old.log", event)
            wait_until(
                lambda event=event, before=before: events(town, "old.log", event) > before
                and events(town, "new.log", event),
                f"both programs: {event}",
            )
        old.send_signal(signal.SIGTERM)
        assert old.wait(timeout=60) == 0
        all_go_on()  # the new one alone
        loads.close()
        wrong = {name: load.except_status(200, 201, 204) for name, load in running.items()}
        assert not any(wrong.values()), wrong
        assert new.poll() is None and events(town, "new.log", "grant_issued") > 10
    made = sum(running[name].count() for name in ("media", "deletions")) + 1
    assert town.sql("select count(*) from media_asset") == [(made,)]
    assert town.sql(
        "select count(distinct media_id) > 40, bool_and(shelf = 'top') from shelf_change join media_asset "
        "on id = media_id"
    ) == [(True, True)]
    assert not re.search(r'"level":"error"', town.log_text("old.log") + town.log_text("new.log"))
