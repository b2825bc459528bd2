# SPDX-License-Identifier: ISC
"""HEVC and AV1 beside H.264: each is what the playlists say, decodes to the end, and plays where a browser can."""
import re
import shutil
import subprocess
import xml.etree.ElementTree

import pytest

import package_tools
import web_tools
from package_tools import make, package, probe, state, streams
from stack import DEADLINE

FILM = "-f lavfi -i testsrc2=s=320x180:r=25:d=5 -f lavfi -i sine=d=5"
X264 = "-c:v libx264 -preset ultrafast -pix_fmt yuv420p"
RATE = "-g 25 -maxrate 200k -bufsize 200k"
ALL = ["h264", "hevc", "av1"]
BEGINS = {"h264": "avc1.", "hevc": "hvc1.", "av1": "av01."}
MPD = "{urn:mpeg:dash:schema:mpd:2011}"


@pytest.fixture(scope="module")
def allowed():
    with web_tools.other_origin() as origin:
        yield origin


@pytest.fixture(scope="module")
def studio(module_stack_with, allowed):
    return module_stack_with(cors_origins=[allowed], package_ladder=["100"], **package_tools.QUICK)


def packaged(studio, path, **settings):
    """The medium of a file and its package's folder, made with such settings."""
    with studio.changed(**settings):
        media = studio.film(path)
        said = package(studio, media["id"])
        assert said["state"] == "ready", said
    folder = studio.data_dir / f"media/{media['id']}" / state(studio, media["id"])[2]
    package_tools.assert_whole(folder)
    return media["id"], folder, said


def variants(folder):
    """(codec of the picture, height, playlist) of each stream of the master, in its order."""
    master = (folder / "master.m3u8").read_text(encoding="ascii")
    return re.findall(r'RESOLUTION=\d+x(\d+).*CODECS="([^",]+)[^\n]*\n(media_\d+\.m3u8)', master)


def joined(folder, number):
    content = b"".join(
        path.read_bytes() for path in [folder / f"init-{number}.m4s", *sorted(folder.glob(f"seg-{number}-*.m4s"))]
    )
    path = folder.parent / f"joined-{number}.mp4"
    path.write_bytes(content)
    return path


def decoded(path):
    """How many pictures ffmpeg decodes of it; an error fails."""
    command = f"ffprobe -v error -count_frames -select_streams v -show_entries stream=nb_read_frames -of csv=p=0 {path}"
    done = subprocess.run(command.split(), check=True, capture_output=True, timeout=4 * DEADLINE)
    assert done.stderr == b""
    return int(done.stdout.strip().strip(b","))


def test_each_size_in_each_codec(studio, tmp_path):
    source = make(tmp_path / "in.mp4", FILM, X264, "-c:a aac -shortest")
    media, folder, said = packaged(studio, source, package_codecs=ALL, package_copy=False)
    assert said["codecs"] == ALL and not said["copied"]
    found = variants(folder)
    assert [height for height, _, _ in found] == ["180", "180", "180"]
    assert [codec[:5] for _, codec, _ in found] == [BEGINS[codec] for codec in ALL]
    lengths = set()
    for number, (_, codec, playlist) in enumerate(found):
        assert playlist == f"media_{number}.m3u8"
        video = next(s for s in probe(joined(folder, number))["streams"] if s["codec_type"] == "video")
        assert BEGINS[video["codec_name"]] == codec[:5] and video["pix_fmt"] == "yuv420p"
        assert decoded(joined(folder, number)) == 125
        lengths.add(tuple(re.findall(r"#EXTINF:([0-9.]+)", (folder / playlist).read_text(encoding="ascii"))))
        joined(folder, number).unlink()
    assert lengths == {("4.000000", "1.000000")}
    sets = xml.etree.ElementTree.parse(folder / "manifest.mpd").getroot().findall(f".//{MPD}AdaptationSet")
    said = [[r.get("codecs") for r in each.findall(f"{MPD}Representation")] for each in sets]
    assert said[:3] == [[codec] for _, codec, _ in found]
    assert len({each.get("id") for each in sets}) == len(sets)
    log = studio.admin().get(f"/media/media/{media}/package/log").json()["log"]
    assert all(encoder in log for encoder in ("libx264", "libx265", "libsvtav1"))


def codec_by_ffmpeg(folder, number):
    """The codec as ffmpeg names it, by parsers that are not ours: its DASH muxer's word, of HEVC ffprobe's."""
    path = joined(folder, number)
    out = folder.parent / "by-ffmpeg"
    out.mkdir()
    command = f"ffmpeg -v error -nostdin -i {path} -c copy -f dash {out}/x.mpd"
    subprocess.run(command.split(), check=True, capture_output=True, timeout=DEADLINE)
    told = re.search(r'codecs="([^"]+)"', (out / "x.mpd").read_text(encoding="ascii")).group(1)
    if told == "hvc1":
        video = probe(path)["streams"][0]
        told = f"hvc1.{ {'Main': '1.6', 'Main 10': '2.4'}[video['profile']] }.L{video['level']}.90"
    shutil.rmtree(out)
    path.unlink()
    return told


def test_codecs_are_those_of_the_files(studio, tmp_path):
    source = make(tmp_path / "in.mp4", FILM.replace("d=5", "d=1"), X264, "-c:a aac")
    _, folder, _ = packaged(studio, source, package_codecs=ALL, package_copy=False)
    for number, (_, codec, _) in enumerate(variants(folder)):
        assert codec_by_ffmpeg(folder, number) == codec, number


def test_av1_plays_in_a_browser(studio, tmp_path, allowed):
    source = make(tmp_path / "in.mp4", FILM, X264, "-c:a aac")
    media, folder, _ = packaged(studio, source, package_codecs=["av1"])
    assert [codec[:5] for _, codec, _ in variants(folder)] == ["av01."]
    urls = streams(studio, media)["streams"]
    for kind, player in [("hls", "hls.js"), ("dash", "shaka")]:
        seen = web_tools.browse("whole", page_url=allowed, stream_url=urls[kind], player=player)
        assert seen["can"] and seen["problems"] == [] and not seen["state"]["error"], player
        assert abs(seen["state"]["duration"] - 5) < 0.1


def test_players_that_lack_hevc_play_h264(studio, tmp_path, allowed):
    source = make(tmp_path / "in.mp4", FILM, X264, "-c:a aac")
    media, _, _ = packaged(studio, source, package_codecs=["hevc", "h264"])
    urls = streams(studio, media)["streams"]
    for kind, player in [("hls", "hls.js"), ("dash", "shaka"), ("hls", "native")]:
        seen = web_tools.browse("whole", page_url=allowed, stream_url=urls[kind], player=player)
        if seen["can"]:
            assert seen["problems"] == [] and not seen["state"]["error"], player


# key frames of the source; whether the picture is copied beside AV1
COPIES = [("-g 50 -keyint_min 50 -sc_threshold 0", True), ("-g 300 -force_key_frames 0,2,3,5", False)]


@pytest.mark.parametrize("keys, copied", COPIES, ids=["equal-times", "other-times"])
def test_av1_beside_a_copy(studio, tmp_path, keys, copied):
    film = FILM.replace("d=5", "d=7")
    source = make(tmp_path / "in.mp4", film, X264, keys, "-maxrate 200k -bufsize 200k -c:a aac")
    media, folder, said = packaged(studio, source, package_codecs=["h264", "av1"])
    assert said["copied"] == copied
    told = [re.findall(r"#EXTINF:([0-9.]+)", (folder / playlist).read_text()) for _, _, playlist in variants(folder)]
    assert len(told) == 2 and told[0] == told[1]
    log = studio.admin().get(f"/media/media/{media}/package/log").json()["log"]
    assert ("no copy: its key pictures are not at equal times" in log) == (not copied)


def test_small_pictures_are_h264(studio, tmp_path):
    source = make(tmp_path / "in.mp4", "-f lavfi -i testsrc2=s=64x48:r=25:d=1", X264)
    _, folder, said = packaged(studio, source, package_codecs=["hevc", "av1"])
    assert said["codecs"] == ["h264"] and variants(folder)[0][1].startswith("avc1.")


def test_stills_in_all_codecs(studio, tmp_path):
    """A rate of one or two pictures a second, and segments of eight seconds."""
    source = make(
        tmp_path / "in.mp4", "-f lavfi -i testsrc2=s=160x90:r=25:d=0.04 -f lavfi -i sine=d=20", X264, "-c:a aac"
    )
    _, folder, _ = packaged(studio, source, package_codecs=ALL)
    assert len(variants(folder)) == 3


# settings; which encoders the software's job has, and whether the picture is copied
FALLING_BACK = [
    ({"package_encoder": "vaapi", "package_codecs": ["h264", "hevc"]}, ["libx264", "libx265"], False),
    ({"package_encoder": "nvenc"}, ["libx264"], True),
    ({"package_encoder": "qsv"}, ["libx264"], False),
]


@pytest.mark.parametrize("settings, encoders, copy", FALLING_BACK, ids=["vaapi", "nvenc-beside-a-copy", "qsv"])
def test_missing_hardware_falls_back_in_the_same_job(studio, tmp_path, settings, encoders, copy):
    source = make(tmp_path / "in.mp4", FILM.replace("d=5", "d=1").replace("320x180", "480x360"), X264, RATE, "-c:a aac")
    media, folder, said = packaged(
        studio, source, package_copy=copy, package_max_height=360, package_ladder=["240"], **settings
    )
    assert said["copied"] == copy
    log = studio.admin().get(f"/media/media/{media}/package/log").json()["log"]
    assert "the hardware does not encode it, so software does: " in log
    told = log.index(f"_{settings['package_encoder']}")
    assert all(log.index(encoder) > told for encoder in encoders)
    assert log.count("attempt ") == 1 and "attempt 1 " in log
    assert variants(folder)[0][1].startswith("avc1.")


def test_a_codec_that_ffmpeg_lacks_is_refused_at_the_start(studio):
    """This machine's ffmpeg, whose list of encoders has one less."""
    wrapper = studio.root / "lacking/ffmpeg"
    wrapper.parent.mkdir()
    wrapper.write_text('#!/bin/sh\nPATH=/usr/bin:/bin\nffmpeg "$@" | grep -v libsvtav1\n', encoding="ascii")
    wrapper.chmod(0o755)

    def run(*command):
        path = f"PATH={wrapper.parent}:/usr/local/bin:/usr/bin:/bin"
        return studio.run("env", path, studio.program, *command, "--config", studio.config, check=False)

    with studio.changed(package_codecs=["h264", "av1"], sandbox="none"):
        done = run("package", "--once")
        assert done.returncode == 1
        assert "ffmpeg has no libsvtav1" in done.stderr and "take av1 out of package_codecs" in done.stderr
        assert re.search(r"wrong +package_codecs: .*libsvtav1", run("doctor").stdout)
    with studio.changed(package_codecs=["h264"], sandbox="none"):
        assert run("package", "--once").returncode == 0
