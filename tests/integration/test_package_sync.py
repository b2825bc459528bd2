# SPDX-License-Identifier: ISC
"""Picture and sound of a package are in time with each other and as long as each other, whatever the source is like.

Sources have a white picture and a beep together at every even second. A package has no edit lists, so what its
segments say
of their times is what every player goes by: the test decodes them as they are. The players' own clocks are looked at by
`make soak`.
"""
import array
import os
import re
import subprocess

import pytest

import package_tools
import web_tools
from package_tools import make, package, state, streams
from stack import DEADLINE

NEAR = 0.045  # seconds: what nobody notices
X264 = "-c:v libx264 -preset ultrafast -pix_fmt yuv420p -g 50"


def beeps(seconds, at=0):
    return ["-f", "lavfi", "-i", f"aevalsrc=0.5*sin(2*PI*1000*t)*lt(mod(t+{at}\\,2)\\,0.1):d={seconds}:s=48000"]


def flashes(seconds, at=0, rate=25):
    return [
        "-f",
        "lavfi",
        "-i",
        f"color=black:s=160x90:r={rate}:d={seconds},drawbox=t=fill:c=white:enable='lt(mod(t+{at},2),0.1)'",
    ]


def write(path, *arguments):
    words = [
        word for argument in arguments for word in (argument if isinstance(argument, list) else str(argument).split())
    ]
    subprocess.run(
        ["ffmpeg", "-v", "error", "-nostdin", "-y", *words, str(path)],
        check=True,
        capture_output=True,
        timeout=4 * DEADLINE,
    )
    return path


def together(folder, extension="mp4", seconds=8, more=""):
    return write(
        folder / f"together.{extension}", beeps(seconds), flashes(seconds), "-map 1:v -map 0:a", X264, "-c:a aac", more
    )


def late_picture(folder):
    return write(folder / "in.mp4", beeps(8), "-itsoffset 1", flashes(7, 1), "-map 1:v -map 0:a", X264, "-c:a aac")


def late_sound(folder):
    return write(
        folder / "in.mp4", "-itsoffset 0.7", beeps(7.3, 0.7), flashes(8), "-map 1:v -map 0:a", X264, "-c:a aac"
    )


def late_picture_in(extension):
    return lambda folder: write(folder / f"out.{extension}", "-i", late_picture(folder), "-c copy")


def cut_by_copy(folder):
    return write(folder / "in.mp4", "-ss 1.3 -i", together(folder), "-c copy")


def b_frames(folder):
    return write(
        folder / "in.mp4",
        beeps(8),
        flashes(8),
        "-map 1:v -map 0:a -c:v libx264 -preset veryfast -pix_fmt " "yuv420p -c:a aac",
    )


def stream_without(first, last):
    """A transport stream without some share of it."""

    def cut(folder):
        content = together(folder, "ts").read_bytes()
        packets = len(content) // 188
        (folder / "in.ts").write_bytes(content[: int(packets * first) * 188] + content[int(packets * last) * 188 :])
        return folder / "in.ts"

    return cut


def varying_rate(folder):
    return write(
        folder / "in.webm",
        beeps(8),
        flashes(8),
        "-map 1:v -map 0:a -vf " "select='lt(mod(t,2),0.2)+not(mod(n,9))' -fps_mode vfr",
        "-c:v libvpx -deadline realtime -c:a libopus",
    )


def without_length(folder):
    made = subprocess.run(
        [
            "ffmpeg",
            "-v",
            "error",
            "-nostdin",
            *beeps(8),
            *flashes(8),
            *"-map 1:v -map 0:a -c:v " "libvpx -deadline realtime " "-c:a libopus -f webm -".split(),
        ],
        check=True,
        capture_output=True,
        timeout=4 * DEADLINE,
    ).stdout
    (folder / "in.webm").write_bytes(made)
    return folder / "in.webm"


SYNC = [
    (together, 8),
    (late_picture, 8),
    (late_sound, 8),
    (late_picture_in("mkv"), 8),
    (late_picture_in("ts"), 8),
    (cut_by_copy, 6.7),
    (b_frames, 8),
    (stream_without(0, 0.31), None),
    (stream_without(0.4, 0.7), 8),
    (varying_rate, 8),
    (without_length, 8),
]
SYNC_NAMES = [
    "together",
    "late-picture",
    "late-sound",
    "late-picture-mkv",
    "late-picture-ts",
    "cut-by-copy",
    "b-frames",
    "ts-cut-anywhere",
    "ts-with-a-hole",
    "varying-rate",
    "without-length",
]


@pytest.fixture(scope="module")
def allowed():
    with web_tools.other_origin() as origin:
        yield origin


@pytest.fixture(scope="module")
def studio(module_stack_with, allowed):
    return module_stack_with(cors_origins=[allowed], **package_tools.QUICK)


def packaged(studio, path):
    media = studio.film(path, type="audio" if path.suffix == ".m4a" else "video")
    said = package(studio, media["id"])
    assert said["state"] == "ready", said
    folder = studio.data_dir / f"media/{media['id']}" / state(studio, media["id"])[2]
    package_tools.assert_whole(folder)
    return media["id"], folder


def track(folder, number):
    """All of one rendition as one stream: what a player appends."""
    return b"".join(
        path.read_bytes() for path in [folder / f"init-{number}.m4s", *sorted(folder.glob(f"seg-{number}-*.m4s"))]
    )


def decode(content, *arguments):
    return subprocess.run(
        ["ffmpeg", "-v", "error", "-nostdin", "-i", "-", *arguments, "-"],
        input=content,
        check=True,
        capture_output=True,
        timeout=4 * DEADLINE,
    ).stdout


def rate_of(content):
    told = subprocess.run(
        ["ffprobe", "-v", "error", "-show_entries", "stream=r_frame_rate", "-of", "csv=p=0", "-"],
        input=content,
        check=True,
        capture_output=True,
        timeout=DEADLINE,
    ).stdout.decode()
    above, below = told.strip().strip(",").split("/")
    return int(above) / int(below)


def bright_at(content):
    rate = rate_of(content)
    levels = decode(content, *"-vf scale=1:1,format=gray -fps_mode passthrough -f rawvideo".split())
    return [
        number / rate
        for number, level in enumerate(levels)
        if level > 100 and (number == 0 or levels[number - 1] <= 100)
    ], len(levels) / rate


def loud_at(content):
    samples = array.array("h", decode(content, *"-ac 1 -ar 48000 -f s16le".split()))
    begins, number = [], 0
    while number < len(samples):
        loud = abs(samples[number]) > 3000
        begins += [number / 48000] if loud else []
        number += 48000 if loud else 1
    return begins, len(samples) / 48000


@pytest.mark.parametrize("source, seconds", SYNC, ids=SYNC_NAMES)
def test_picture_and_sound_are_together(studio, tmp_path, source, seconds):
    media, folder = packaged(studio, source(tmp_path))
    lights, shown = bright_at(track(folder, 0))
    sounds, heard = loud_at(track(folder, 1))
    # it may begin in mid-flash
    apart = [min((abs(light - sound) for sound in sounds), default=9) for light in lights if light > 0.5]
    assert apart and max(apart) < NEAR, (lights, sounds)
    assert abs(shown - heard) < 0.1
    assert seconds is None or abs(shown - seconds) < 0.1
    assert abs(package_tools.medium(studio, media)["duration_seconds"] - shown) < 0.5


# picture and sound; how long each is; how long the package is
LENGTHS = [
    ("-f lavfi -i testsrc2=s=160x90:r=25:d=4 -f lavfi -i sine=d=11", "-c:a aac", 11, "sound-longer"),
    ("-f lavfi -i testsrc2=s=160x90:r=25:d=11 -f lavfi -i sine=d=4", "-c:a aac", 11, "picture-longer"),
    ("-f lavfi -i testsrc2=s=160x90:r=25:d=0.2 -f lavfi -i sine=d=20", "-c:a aac", 20, "a-brief-picture"),
    ("-f lavfi -i testsrc2=s=160x90:r=25:d=9 -f lavfi -i sine=d=0.2", "-c:a aac", 9, "a-brief-sound"),
    ("-loop 1 -framerate 1 -i {cover} -f lavfi -i sine=d=30 -t 30", "-r 1 -c:a aac", 30, "a-picture-a-second"),
    ("-i {cover} -f lavfi -i sine=d=60 -map 0 -map 1", "-c:a aac", 60, "one-picture"),
    (
        "-f lavfi -i testsrc2=s=160x90:r=25:d=50 -f lavfi -i sine=d=50",
        "-vf select='not(n)+eq(n,300)+eq(n,301)+eq(n,1100)' -fps_mode vfr -c:a aac",
        50,
        "slides",
    ),
    ("-f lavfi -i testsrc2=s=160x90:r=25 -frames:v 1", "", 0.04, "one-frame"),
    ("-f lavfi -i testsrc2=s=160x90:r=25 -f lavfi -i sine -t 0.3", "-c:a aac", 0.3, "a-third-of-a-second"),
    (
        "-f lavfi -i testsrc2=s=160x90:r=25:d=9 -f lavfi -i sine=d=9 -f lavfi -i sine=f=880:d=7 -map 0 -map 1 -map 2",
        "-c:a aac",
        9,
        "two-sounds",
    ),
    ("-f lavfi -i sine=d=0.01", "-c:a aac", 0.01, "a-click"),
]


def made(tmp_path, arguments, coding):
    cover = make(tmp_path / "cover.png", "-f lavfi -i testsrc=s=160x160 -frames:v 1")
    picture = X264 if "testsrc" in arguments or "cover" in arguments else ""
    return make(tmp_path / ("in.mp4" if picture else "in.m4a"), arguments.format(cover=cover), picture, coding)


@pytest.mark.parametrize("arguments, coding, seconds", [row[:3] for row in LENGTHS], ids=[row[3] for row in LENGTHS])
def test_packages_are_as_long_as_the_longer_of_both(studio, tmp_path, arguments, coding, seconds):
    media, folder = packaged(studio, made(tmp_path, arguments, coding))
    said = re.search(
        r'mediaPresentationDuration="PT([0-9.]+)S"', (folder / "manifest.mpd").read_text(encoding="ascii")
    ).group(1)
    assert abs(float(said) - seconds) < 0.1
    for number, _ in enumerate(folder.glob("init-*.m4s")):
        found = package_tools.probe(folder / f"media_{number}.m3u8")
        assert abs(float(found["format"]["duration"]) - seconds) < 0.1, number
    is_film = "testsrc" in arguments or "cover" in arguments
    assert (streams(studio, media)["streams"]["poster"] is not None) == is_film
    assert not is_film or (folder / "poster.jpg").stat().st_size > 0


@pytest.mark.parametrize("name", ["sound-longer", "one-picture", "slides", "two-sounds"])
def test_players_play_them_to_the_end(studio, tmp_path, allowed, name):
    row = next(row for row in LENGTHS if row[3] == name)
    media, _ = packaged(studio, made(tmp_path, *row[:2]))
    urls = streams(studio, media)["streams"]
    for kind, player in [("hls", "hls.js"), ("dash", "shaka"), ("hls", "shaka"), ("hls", "native")]:
        seen = web_tools.browse("whole", page_url=allowed, stream_url=urls[kind], player=player)
        if seen["can"]:
            assert (
                seen["problems"] == [] and abs(seen["state"]["duration"] - row[2]) < 0.1 and not seen["state"]["error"]
            ), player


PLAYERS = [("hls", "hls.js", "chromium"), ("hls", "hls.js", "firefox"), ("dash", "shaka", "chromium")]
QUICK_ONES = ["late-picture", "b-frames"]
BY_SOAK = pytest.mark.skipif("MEDIAGATE_SOAK" not in os.environ, reason="one of many: make soak")
PLACED = [
    pytest.param(source, id=name, marks=[] if name in QUICK_ONES else BY_SOAK)
    for (source, _), name in zip(SYNC, SYNC_NAMES)
]


@pytest.mark.parametrize("source", PLACED)
def test_browsers_put_pictures_and_sound_where_they_are(studio, tmp_path, allowed, source):
    """At the start, behind it and at the end, by no clock: what each browser has of both, and what picture it shows."""
    media, folder = packaged(studio, source(tmp_path))
    lights, seconds = bright_at(track(folder, 0))
    lights = [light for light in lights if light > 0.5]
    sounds, _ = loud_at(track(folder, 1))
    assert lights and all(min(abs(light - sound) for sound in sounds) < NEAR for light in lights)
    urls = streams(studio, media)["streams"]
    look_at = [time for light in lights for time in (light - 0.06, light + 0.02)]
    for kind, player, browser in PLAYERS:
        seen = web_tools.browse(
            "placed",
            page_url=allowed,
            stream_url=urls[kind],
            player=player,
            browser=browser,
            seconds=seconds,
            look_at=look_at,
        )
        assert seen["problems"] == [], (browser, player)
        assert [look["bright"] for look in seen["looks"]] == [False, True] * len(lights), (
            browser,
            player,
            seen["looks"],
        )
        for what in ("video", "audio"):
            ((begin, end),) = seen["ranges"][what]
            assert abs(begin) < 0.03 and abs(end - seconds) < 0.1, (browser, player, seen["ranges"])


def apart(flashes, beeps):
    """How far each flash is from its beep; it may begin in mid-flash."""
    return [min((light - sound for sound in beeps), key=abs, default=9) for light in flashes if light > 0.5]


@pytest.mark.skipif("MEDIAGATE_SOAK" not in os.environ, reason="it goes by a clock: make soak")
@pytest.mark.parametrize("kind, player", [("hls", "hls.js"), ("dash", "shaka"), ("hls", "native")])
@pytest.mark.parametrize("source", [row[0] for row in SYNC], ids=SYNC_NAMES)
def test_players_are_in_time(studio, tmp_path, allowed, source, kind, player):
    """From the start on, and after a seek, to the end. In Chromium: Firefox lets a page hear nothing where the machine
    has no sound card."""
    media, _ = packaged(studio, source(tmp_path))
    url = streams(studio, media)["streams"][kind]
    seen = web_tools.browse("whole", page_url=allowed, stream_url=url, player=player, listen=4.8)
    if seen["can"]:
        for noticed in (seen, seen["late"]):
            found = apart(noticed["flashes"], noticed["beeps"])
            assert found and max(map(abs, found)) < NEAR, (noticed["flashes"], noticed["beeps"])
