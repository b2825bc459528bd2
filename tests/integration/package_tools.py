# SPDX-License-Identifier: ISC
"""Packages for tests: asking for them, making them, and what a whole one is."""
import json
import re
import subprocess

from answers import assert_json
from stack import DEADLINE, wait_until

QUICK = {"package_max_height": 240, "package_preset": "ultrafast", "ingest_statement_timeout": 30000}


def medium(studio, media):
    """As the API shows it: a change may be seen up to 2 s late (the row cache)."""
    return assert_json(studio.admin().get(f"/media/media/{media}"))


def wait_package(studio, media):
    """The medium's package once the API shows what the row says."""

    def shown():
        said = medium(studio, media)["package"] or {"state": None, "error": None, "served": False}
        current, error, name, _ = state(studio, media)
        return (said["state"], said["error"], said["served"]) == (current, error, name is not None) and (said,)

    return wait_until(shown, "the API to show the package as it is", interval=0.1)[0]


def state(studio, media):
    """What the medium says of its package, read past every cache."""
    return studio.sql(
        "select package_state, package_error, package_name, package_segments from media_asset where id = " "%s", media
    )[0]


def ask(studio, media):
    return assert_json(studio.admin().post(f"/media/media/{media}/package"), 202)["package"]


def work(studio):
    """Makes what waits, and ends."""
    return studio.mediagate("package", "--once", timeout=6 * DEADLINE)


def package(studio, media):
    ask(studio, media)
    work(studio)
    return wait_package(studio, media)


def package_by(studio, api, media):
    """The same, asked for by this caller; until the API shows it."""
    assert_json(api.post(f"/media/media/{media}/package"), 202)
    work(studio)
    wait_until(
        lambda: assert_json(api.get(f"/media/media/{media}"))["package"]["served"], "the API to show the package"
    )


def streams(studio, media, **query):
    """stream-url's answer once it names the package: the row cache may be 2 s old."""

    def named():
        answer = assert_json(studio.admin().get(f"/media/media/{media}/stream-url", params=query))
        return answer if answer["streams"]["hls"] else None

    return wait_until(named, "the package to be named", interval=0.1)


def folders(studio, media):
    """The packages of a medium that are on the disk."""
    return sorted(entry for entry in (studio.data_dir / f"media/{media}").glob("*") if entry.is_dir())


def notes(studio, media):
    """Names below media/<id>/ that the sweep is to look at."""
    return {entry.name.split("-", 1)[1] for entry in (studio.data_dir / "pending").glob(f"{media}-*")}


def workspaces(studio):
    return sorted((studio.data_dir / "packaging").iterdir())


def assert_whole(folder):
    """Every file that its playlists name is there, and nothing else: the number of segments of the first rendition."""
    master = (folder / "master.m3u8").read_text(encoding="ascii")
    named = {"master.m3u8", "manifest.mpd"}
    counts = {}
    for playlist in set(re.findall(r"^media_\d+\.m3u8$", master, re.M)) | set(
        re.findall(r'URI="(media_\d+\.m3u8)"', master)
    ):
        text = (folder / playlist).read_text(encoding="ascii")
        assert text.rstrip().endswith("#EXT-X-ENDLIST"), playlist
        segments = re.findall(r"^seg-.*$", text, re.M)
        counts[playlist] = len(segments)
        named |= {playlist, *segments, *re.findall(r'EXT-X-MAP:URI="([^"]+)"', text)}
    for text in re.findall(r'URI="(subtitle-\d+\.m3u8)"', master):
        named |= {text, *re.findall(r"^subtitle-.*$", (folder / text).read_text(encoding="ascii"), re.M)}
    if '"storyboard.m3u8"' in master:
        named |= {"storyboard.m3u8", "storyboard.vtt"}
        named |= set(re.findall(r"^storyboard-.*$", (folder / "storyboard.m3u8").read_text(encoding="ascii"), re.M))
    there = {entry.name for entry in folder.iterdir()} - {
        "poster.jpg",
        "poster-640.jpg",
        "poster-320.jpg",
        "chapters.vtt",
    }
    assert there == named
    assert all(entry.stat().st_size > 0 for entry in folder.iterdir())
    assert_authored(folder, master)
    return counts["media_0.m3u8"]


def segments_of(folder, playlist):
    """(target duration, [(seconds, bytes)]) of a media playlist."""
    text = (folder / playlist).read_text(encoding="ascii")
    found = re.findall(r"#EXTINF:([0-9.]+),\n(\S+)", text)
    target = int(re.search(r"#EXT-X-TARGETDURATION:(\d+)", text).group(1))
    return target, [(float(seconds), (folder / name).stat().st_size) for seconds, name in found]


def rates_of(folder, playlist):
    """(peak, average) in bits a second: the peak is that of any stretch of half to one and a half of the target
    duration, RFC 8216, 4.1; of a shorter film it is the whole."""
    target, segments = segments_of(folder, playlist)
    average = sum(size for _, size in segments) * 8 / sum(seconds for seconds, _ in segments)
    peak = 0
    for first in range(len(segments)):
        seconds = size = 0
        for segment in segments[first:]:
            seconds, size = seconds + segment[0], size + segment[1]
            if 0.5 * target <= seconds <= 1.5 * target:
                peak = max(peak, size * 8 / seconds)
    return max(peak, average), average


def assert_authored(folder, master):
    """What authors' rules ask of playlists: lengths, alignment, and rates within a tenth of what is there."""
    sounds = [rates_of(folder, name) for name in re.findall(r'TYPE=AUDIO.*URI="(media_\d+\.m3u8)"', master)]
    targets, pictures = set(), set()
    for line, playlist in re.findall(r"#EXT-X-STREAM-INF:(.*)\n(media_\d+\.m3u8)", master):
        target, segments = segments_of(folder, playlist)
        targets.add(target)
        assert all(seconds <= target for seconds, _ in segments), playlist
        if "RESOLUTION" in line:
            assert re.search(r"FRAME-RATE=[0-9.]+", line) and 'CODECS="' in line
            pictures.add(tuple(seconds for seconds, _ in segments))
        beside = sounds if 'AUDIO="' in line and "RESOLUTION" in line else []
        for name, index in (("BANDWIDTH", 0), ("AVERAGE-BANDWIDTH", 1)):
            told = int(re.search(rf"(?:^|,){name}=(\d+)", line).group(1))
            there = rates_of(folder, playlist)[index] + max((rates[index] for rates in beside), default=0)
            assert abs(told / there - 1) <= 0.1, (playlist, name, told, there)
    assert len(targets) == 1 and len(pictures) <= 1, "sizes are not cut alike"


def assert_exactly_one(studio, media):
    """What the row names is whole; whatever else there is awaits the sweep, and no workspace is left."""
    current, error, name, segments = state(studio, media)
    assert (current, error) == ("ready", None)
    assert [folder.name for folder in folders(studio, media) if folder.name not in notes(studio, media)] == [name]
    assert assert_whole(studio.data_dir / f"media/{media}" / name) == segments


def probe(path):
    """ffprobe's streams of a file or URL."""
    done = subprocess.run(
        ["ffprobe", "-v", "error", "-show_streams", "-show_format", "-of", "json", str(path)],
        check=True,
        capture_output=True,
        timeout=DEADLINE,
    )
    return json.loads(done.stdout)


def make(path, *arguments):
    """A file of ffmpeg's making. A text is words; a list is taken as it is."""
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


def first_pixel(path):
    """Y, U and V of the first picture's middle, in the numbers of its own depth."""
    command = f"ffmpeg -v error -nostdin -i {path} -frames:v 1 -vf crop=2:2 -f rawvideo -"
    found = subprocess.run(command.split(), check=True, capture_output=True, timeout=DEADLINE).stdout
    wide = len(found) == 12  # six values of two bytes
    values = [int.from_bytes(found[i : i + 1 + wide], "little") for i in range(0, len(found), 1 + wide)]
    return values[0], values[4], values[5]
