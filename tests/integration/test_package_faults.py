# SPDX-License-Identifier: ISC
"""Packaging that is killed, raced, cancelled and starved: one whole package in the end, or a failure in words."""
import contextlib
import os
import pathlib
import random
import signal
import subprocess
import time

import pytest

import package_tools
from package_tools import ask, assert_exactly_one, folders, make, notes, state, work, workspaces
from small_disk import stack_on_small_disk
from stack import DEADLINE, wait_until

KILLS = 30 if os.environ.get("MEDIAGATE_SOAK") else 6


@pytest.fixture(scope="module")
def source(tmp_path_factory):
    """A film that takes a second or two to package."""
    return make(
        tmp_path_factory.mktemp("source") / "in.mp4",
        "-f lavfi -i testsrc2=s=640x360:r=25:d=40 -f lavfi -i "
        "sine=d=40 "
        "-c:v libx264 -preset ultrafast -pix_fmt yuv420p -c:a aac",
    )


@pytest.fixture
def studio(make_stack):
    return make_stack(**{**package_tools.QUICK, "package_max_height": 360, "package_takeover": 10})


@pytest.fixture
def slow_studio(studio):
    """Where the film takes many seconds, so that what a test does meanwhile comes before its end."""
    studio.reconfigure(package_preset="slow")
    return studio


@pytest.fixture
def packager(studio):
    """packager() starts one more; all are ended after the test."""
    started = []

    def start(*arguments):
        started.append(studio.spawn([studio.program, "package", "--config", studio.config, *arguments], "package.log"))
        return started[-1]

    yield start
    for process in started:
        if process.poll() is None:
            process.kill()
            process.wait()


def descendants(pid):
    """Process ids below one, the deepest last."""
    found = []
    for task in pathlib.Path(f"/proc/{pid}/task").glob("*/children"):
        with contextlib.suppress(OSError):
            for child in task.read_text(encoding="ascii").split():
                found += [int(child), *descendants(int(child))]
    return found


def name_of(pid):
    with contextlib.suppress(OSError):
        return pathlib.Path(f"/proc/{pid}/comm").read_text(encoding="ascii").strip()
    return ""


def ffmpegs(packager_pid):
    return [pid for pid in descendants(packager_pid) if name_of(pid) == "ffmpeg"]


def is_encoding(pid):
    """Not looking at the source any more."""
    try:
        return b"libx264" in pathlib.Path(f"/proc/{pid}/cmdline").read_bytes()
    except OSError:
        return False


def wait_encoding(process):
    return wait_until(lambda: [pid for pid in ffmpegs(process.pid) if is_encoding(pid)], "ffmpeg to encode")[-1]


def job(studio, media):
    return studio.sql(
        "select state, attempts, error, node from package_job where media_id = %s order by id desc limit 1", media
    )[0]


def as_if_time_had_passed(studio):
    """Nobody hears of a dead packager, and nothing waits any longer."""
    studio.sql("update package_job set heartbeat_at = heartbeat_at - interval '1 hour', not_before = now()")


def sweep(studio):
    """What is left of the dead is taken away once it is old."""
    for entry in workspaces(studio):
        os.utime(entry, (0, 0))
    studio.mediagate("sweep")


def settle(studio, media):
    """Packagers that nobody disturbs, until the job has ended."""
    for _ in range(8):
        as_if_time_had_passed(studio)
        work(studio)
        if state(studio, media)[0] in ("ready", "failed"):
            break
    sweep(studio)
    assert workspaces(studio) == []


# --- kills ---------------------------------------------------------------------------------------


def kill_packager(_, process):
    process.kill()
    process.wait()


def kill_ffmpeg(_, process):
    for pid in ffmpegs(process.pid):
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)


def restart_database(studio, _):
    studio.stop_postgres(signal.SIGQUIT)
    studio.start_postgres()


def test_killed_at_random_it_ends_with_one_whole_package_or_a_stated_failure(studio, packager, source):
    chance = random.Random(20261122)
    media = studio.film(source)["id"]
    ends = []
    for number in range(KILLS):
        ask(studio, media)
        process = packager()
        time.sleep(chance.uniform(0, 2.5))  # when it strikes is the point
        (kill_packager, kill_ffmpeg, restart_database)[number % 3](studio, process)
        process.terminate()
        process.wait(timeout=DEADLINE)
        settle(studio, media)
        current, error, name, _ = state(studio, media)
        ends.append(current)
        assert current == "ready" or (current == "failed" and error), (number, current, error)
        if current == "ready":
            assert_exactly_one(studio, media)
        assert name is None or package_tools.assert_whole(studio.data_dir / f"media/{media}" / name)
    assert ends.count("ready") >= KILLS - 2
    assert studio.sql("select count(*) from package_job where state in ('queued', 'running')") == [(0,)]


def test_a_killed_packager_takes_its_ffmpeg_along(studio, packager, source):
    ask(studio, studio.film(source)["id"])
    process = packager()
    encoder = wait_encoding(process)
    kill_packager(studio, process)
    wait_until(lambda: not pathlib.Path(f"/proc/{encoder}").exists() or name_of(encoder) != "ffmpeg", "ffmpeg to end")


def test_a_killed_ffmpeg_is_tried_again(studio, packager, source):
    media = studio.film(source)["id"]
    ask(studio, media)
    process = packager("--once")
    wait_encoding(process)
    kill_ffmpeg(studio, process)
    assert process.wait(timeout=DEADLINE) == 0
    assert job(studio, media)[:2] == ("queued", 1) and "killed" in job(studio, media)[2]
    settle(studio, media)
    assert_exactly_one(studio, media)


def test_a_database_that_is_away_for_a_while_costs_no_work(studio, packager, source):
    media = studio.film(source)["id"]
    ask(studio, media)
    process = packager()
    wait_encoding(process)
    studio.stop_postgres(signal.SIGQUIT)
    wait_until(lambda: not ffmpegs(process.pid), "ffmpeg to end", timeout=2 * DEADLINE)
    time.sleep(1)  # it must meet the outage
    studio.start_postgres()
    wait_until(lambda: state(studio, media)[0] == "ready", "the package")
    assert job(studio, media)[:2] == ("done", 1)
    assert_exactly_one(studio, media)


# --- two of them ---------------------------------------------------------------------------------


def test_two_packagers_take_a_job_once(studio, packager, source, make_media):
    studio.reconfigure(package_takeover=60)  # no beat is as late
    films = [studio.film(source)["id"]] + [studio.film(make_media("film"))["id"] for _ in range(4)]
    for _ in range(2):
        packager()
    wait_until(lambda: studio.log_text("package.log").count('"ready"') == 2, "both to wait for jobs")
    for media in films:
        ask(studio, media)
    wait_until(lambda: all(state(studio, media)[0] == "ready" for media in films), "all packages", timeout=4 * DEADLINE)
    for media in films:
        assert job(studio, media)[:2] == ("done", 1)
        assert_exactly_one(studio, media)
    assert len(studio.sql("select distinct node from package_job")) == 2


def test_who_was_silent_too_long_loses_the_job(studio, packager, source):
    media = studio.film(source)["id"]
    ask(studio, media)
    slow = packager()
    wait_encoding(slow)
    stopped = [slow.pid, *descendants(slow.pid)]
    for pid in stopped:
        os.kill(pid, signal.SIGSTOP)
    as_if_time_had_passed(studio)
    work(studio)
    assert job(studio, media)[:2] == ("done", 2)
    for pid in reversed(stopped):
        os.kill(pid, signal.SIGCONT)
    wait_until(lambda: "package_job_lost" in studio.log_text("package.log"), "the slow one to notice")
    assert_exactly_one(studio, media)
    wait_until(lambda: workspaces(studio) == [], "its work to be thrown away")


def test_after_an_outage_holders_have_time_to_be_heard_of(studio, packager, source):
    studio.reconfigure(package_takeover=60, package_preset="slow")
    media = studio.film(source)["id"]
    ask(studio, media)
    holder = packager()
    wait_encoding(holder)
    idle = packager()
    wait_until(lambda: studio.log_text("package.log").count('"ready"') == 2, "the second packager")
    stopped = [holder.pid, *descendants(holder.pid)]
    for pid in stopped:
        os.kill(pid, signal.SIGSTOP)
    studio.stop_postgres(signal.SIGQUIT)
    wait_until(lambda: "packaging_failed" in studio.log_text("package.log"), "the idle one to meet the outage")
    studio.start_postgres()
    wait_until(lambda: "packaging_recovered" in studio.log_text("package.log"), "the idle one to meet its end")
    [(since,)] = studio.sql(
        "update package_job set heartbeat_at = heartbeat_at - interval '1 hour' returning " "clock_timestamp()"
    )
    wait_until(
        lambda: studio.sql(
            "select 1 from pg_stat_activity where application_name = 'mediagate package' and " "query_start > %s", since
        ),
        "the idle one to look for jobs",
    )
    for pid in reversed(stopped):
        os.kill(pid, signal.SIGCONT)
    wait_until(
        lambda: studio.sql("select 1 from package_job where heartbeat_at > %s", since), "the holder to be heard " "of"
    )
    assert idle.poll() is None and job(studio, media)[:2] == ("running", 1)


def test_subtitles_are_named_while_a_film_is_packaged(studio, packager, source, make_media):
    short = studio.film(make_media("film"))["id"]
    package_tools.package(studio, short)
    studio.reconfigure(package_preset="slow")
    ask(studio, studio.film(source)["id"])
    encoder = wait_encoding(packager())
    vtt = b"WEBVTT\n\n00:00:00.500 --> 00:00:05.000\nGood morning\n"
    assert (
        studio.admin()
        .put(f"/media/media/{short}/subtitles/en", data=vtt, headers={"Content-Type": "text/vtt"})
        .status_code
        == 200
    )
    wait_until(
        lambda: studio.sql("select 1 from media_asset where id = %s and master_name is not " "null", short),
        "the master",
        timeout=10,
    )
    assert name_of(encoder) == "ffmpeg"


# --- changes in mid-job --------------------------------------------------------------------------


def test_a_medium_deleted_meanwhile(slow_studio, packager, source):
    studio = slow_studio
    media = studio.film(source)["id"]
    ask(studio, media)
    process = packager()
    wait_encoding(process)
    assert studio.admin().delete(f"/media/media/{media}").status_code == 204
    wait_until(lambda: "package_job_lost" in studio.log_text("package.log"), "the job to end", timeout=10)
    wait_until(lambda: job(studio, media)[0] == "cancelled" and workspaces(studio) == [], "nothing to be left")
    assert not ffmpegs(process.pid) and not (studio.data_dir / f"media/{media}").exists()


def test_a_file_replaced_meanwhile(slow_studio, packager, source, make_media):
    studio = slow_studio
    media = studio.film(source)["id"]
    ask(studio, media)
    process = packager()
    wait_encoding(process)
    assert studio.upload(media, make_media("film")).status_code == 200
    assert package_tools.wait_package(studio, media)["state"] is None
    wait_until(lambda: job(studio, media)[0] == "cancelled", "the old file's job to end", timeout=10)
    ask(studio, media)
    wait_until(lambda: state(studio, media)[0] == "ready", "the new file's package")
    assert_exactly_one(studio, media)
    assert state(studio, media)[3] == 2  # of 6 seconds, not of 40


def test_cancelled_meanwhile(slow_studio, packager, source):
    studio = slow_studio
    media = studio.film(source)["id"]
    ask(studio, media)
    process = packager()
    wait_encoding(process)
    assert studio.admin().delete(f"/media/media/{media}/package").status_code == 204
    wait_until(lambda: not ffmpegs(process.pid) and workspaces(studio) == [], "ffmpeg to end", timeout=10)
    assert state(studio, media)[0] == "cancelled" and folders(studio, media) == []
    kill_packager(studio, process)
    studio.reconfigure(package_preset="ultrafast")
    ask(studio, media)
    work(studio)
    assert_exactly_one(studio, media)


def test_sigterm_gives_the_job_back(studio, packager, source):
    media = studio.film(source)["id"]
    ask(studio, media)
    process = packager()
    wait_encoding(process)
    process.terminate()
    assert process.wait(timeout=10) == 0
    assert job(studio, media)[:2] == ("queued", 0) and state(studio, media)[0] == "queued" and workspaces(studio) == []
    work(studio)
    assert_exactly_one(studio, media)


def test_the_medium_tells_how_far_it_is(slow_studio, packager, source):
    studio = slow_studio
    media = studio.film(source)["id"]
    assert ask(studio, media)["state"] == "queued"
    packager()
    seen = wait_until(
        lambda: (said := package_tools.medium(studio, media)["package"])["progress_percent"] and said, "some progress"
    )
    assert seen["state"] == "running" and 0 < seen["progress_percent"] < 100 and seen["seconds_left"] > 0


# --- the old package -----------------------------------------------------------------------------


def test_an_old_package_serves_until_the_new_one_is_whole(studio, packager, source):
    media = studio.film(source)["id"]
    first = package_tools.package(studio, media)
    old = state(studio, media)[2]
    url = package_tools.streams(studio, media)["streams"]["hls"]
    ask(studio, media)
    wait_encoding(packager())
    assert (
        first["served"] and package_tools.medium(studio, media)["package"]["served"] and state(studio, media)[2] == old
    )
    wait_until(lambda: state(studio, media)[0] == "ready", "the new one")
    assert state(studio, media)[2] != old and old in notes(studio, media)
    with studio.anonymous() as viewer:
        assert viewer.get(url).status_code == 200  # of a grant that was given before
    assert_exactly_one(studio, media)


def test_the_policy_always_packages_what_is_uploaded_and_nothing_twice(studio, make_media):
    studio.reconfigure(package="always")
    films = [studio.film(make_media("film"))["id"], studio.film(make_media("sound"), type="audio")["id"]]
    cancelled = studio.film(make_media("film"))["id"]
    studio.admin().delete(f"/media/media/{cancelled}/package")
    work(studio)
    work(studio)
    for media in films:
        assert_exactly_one(studio, media)
    assert studio.sql("select count(*) from package_job") == [(2,)] and state(studio, cancelled)[0] == "cancelled"
    studio.upload(films[0], make_media("film"))
    work(studio)
    assert studio.sql("select count(*) from package_job where media_id = %s and state = 'done'", films[0]) == [(2,)]
    assert_exactly_one(studio, films[0])


def test_jobs_that_ended_a_month_ago_are_forgotten(studio, make_media):
    media = studio.film(make_media("film"))["id"]
    package_tools.package(studio, media)
    ask(studio, media)
    studio.sql("update package_job set ended_at = ended_at - interval '31 days'")
    studio.stop_serve()
    studio.start_serve()
    wait_until(lambda: studio.sql("select state from package_job") == [("queued",)], "the old job to be forgotten")


# --- a full disk ---------------------------------------------------------------------------------


@pytest.fixture
def small_disk():
    """A stack whose data lie on a file system that holds the film, not its package."""
    with stack_on_small_disk("4m", **{**package_tools.QUICK, "package_max_height": 360}) as instance:
        yield instance


def test_a_full_disk_is_tried_again(small_disk, tmp_path):
    film = make(tmp_path / "in.mp4", "-f lavfi -i testsrc2=s=640x360:r=25:d=30 -c:v libx264 -crf 40 -pix_fmt yuv420p")
    assert film.stat().st_size < 3 << 20
    media = small_disk.film(film)["id"]
    said = package_tools.package(small_disk, media)
    assert said["state"] == "queued" and not said["served"] and said["error"] == "the disk is full"
    assert folders(small_disk, media) == [] and workspaces(small_disk) == []
    subprocess.run(["mount", "-o", "remount,size=64m", small_disk.data_dir], check=True)
    settle(small_disk, media)
    assert_exactly_one(small_disk, media)


def test_what_is_written_unseen_ends_it_too(small_disk, make_media):
    """By an ffmpeg that a hostile file took over: the file has no name any more while it grows."""
    media = small_disk.film(make_media("film"))["id"]
    tools = small_disk.root / "tools"
    tools.mkdir()
    (tools / "ffmpeg").write_text(
        "#!/bin/sh\nexec 3>unseen; rm unseen; cat /dev/zero >&3 2>/dev/null; exec sleep " "600\n", encoding="ascii"
    )
    (tools / "ffmpeg").chmod(0o755)
    small_disk.reconfigure(sandbox="none")
    small_disk.environment["PATH"] = f"{tools}:{small_disk.environment['PATH']}"
    said = package_tools.package(small_disk, media)
    assert said["state"] == "queued" and said["error"] == "the disk is full"
    assert workspaces(small_disk) == []
