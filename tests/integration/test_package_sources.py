# SPDX-License-Identifier: ISC
"""Packages of unusual and of hostile files: each is made properly or fails in words, with bounded means."""
import re
import struct

import pytest

import package_tools
from package_tools import make, package, probe, state, streams

PICTURE = "-f lavfi -i testsrc2=s={size}:r=25:d={seconds}"
SOUND = "-f lavfi -i sine=d={seconds}"
X264 = "-c:v libx264 -preset ultrafast -pix_fmt yuv420p"


@pytest.fixture(scope="module")
def studio(module_stack_with):
    return module_stack_with(**{**package_tools.QUICK, "package_max_height": 480})


def packaged(studio, path):
    """The medium of a file that has a package, and the package's folder."""
    media = studio.film(path)
    said = package(studio, media["id"])
    assert said["state"] == "ready", said
    name = state(studio, media["id"])[2]
    folder = studio.data_dir / f"media/{media['id']}" / name
    assert package_tools.assert_whole(folder) == state(studio, media["id"])[3]
    return media, folder


def resolutions(folder):
    return re.findall(r"RESOLUTION=(\d+x\d+)", (folder / "master.m3u8").read_text(encoding="ascii"))


def shape(folder):
    """Width : height of the first rendition as a player shows it."""
    joined = folder.parent / "joined.mp4"
    joined.write_bytes((folder / "init-0.m4s").read_bytes() + (folder / "seg-0-00001.m4s").read_bytes())
    video = next(stream for stream in probe(joined)["streams"] if stream["codec_type"] == "video")
    joined.unlink()
    across, down = (int(number) for number in video.get("sample_aspect_ratio", "1:1").split(":"))
    return video["width"] / video["height"] * across / down


# size, what else is done to it; the shape that is shown; the largest rendition
SHAPES = [
    ("1366x768", "-vf setsar=0", 1366 / 768, "854x480", "odd sides, and nothing said of pixels"),
    ("853x479", "-vf setsar=1 -pix_fmt yuv444p", 853 / 479, "852x478", "odd numbers of pixels"),
    ("720x576", "-vf setsar=64/45", 16 / 9, "854x480", "pixels that are not square"),
    ("360x640", "", 9 / 16, "360x640", "upright"),
    ("1000x40", "", 25, "1000x40", "a ribbon"),
    ("16x16", "", 1, "16x16", "tiny"),
    ("2x2", "", 1, "2x2", "hardly there"),
]


@pytest.mark.parametrize("size, arguments, shown, largest, what", SHAPES, ids=[row[-1].replace(" ", "-") for row in SHAPES])
def test_pictures_keep_their_shape(studio, tmp_path, size, arguments, shown, largest, what):
    del what
    source = make(tmp_path / "in.mp4", PICTURE.format(size=size, seconds=5), "-c:v libx264 -preset ultrafast -pix_fmt yuv420p", arguments)
    _, folder = packaged(studio, source)
    assert resolutions(folder)[0] == largest
    assert abs(shape(folder) / shown - 1) < 0.01


def test_a_turned_film_is_packaged_upright(studio, tmp_path):
    flat = make(tmp_path / "flat.mp4", PICTURE.format(size="640x360", seconds=5), X264)
    media, folder = packaged(studio, make(tmp_path / "turned.mp4", "-i", flat, "-c copy -metadata:s:v:0 rotate=90"))
    assert (media["width"], media["height"]) == (360, 640)
    assert resolutions(folder)[0] == "360x640" and abs(shape(folder) - 360 / 640) < 0.01


def test_one_pixel(studio, tmp_path):
    source = make(tmp_path / "in.mkv", "-f rawvideo -pix_fmt rgb24 -s 1x1 -r 25 -i /dev/zero -t 5 -c:v ffv1")
    _, folder = packaged(studio, source)
    assert resolutions(folder) == ["2x2"]


KINDS = [
    ("webm", PICTURE.format(size="320x180", seconds=5) + " -c:v libvpx-vp9 -deadline realtime -cpu-used 8", "VP9"),
    ("mp4", PICTURE.format(size="320x180", seconds=5) + " -f lavfi -i anoisesrc=d=5 -af pan=5.1|c0=c0|c1=c0|c2=c0|c3=c0|c4=c0|c5=c0 -c:a aac " + X264, "5.1"),
    ("mkv", PICTURE.format(size="320x180", seconds=10) + " -vf select='lt(t,3)+gt(t,8)*not(mod(n,7))' -fps_mode vfr " + X264, "varying rate"),
    ("mpg", PICTURE.format(size="720x576", seconds=5) + " -vf tinterlace=interleave_top -flags +ildct+ilme -c:v mpeg2video", "interlaced"),
    ("mp4", PICTURE.format(size="320x180", seconds=5) + " " + X264, "no sound"),
    ("ts", PICTURE.format(size="320x180", seconds=5) + " " + SOUND.format(seconds=5) + " -c:a mp2 " + X264, "transport stream"),
    ("avi", PICTURE.format(size="320x180", seconds=5) + " -c:v mpeg4", "AVI"),
]


@pytest.mark.parametrize("extension, arguments, what", KINDS, ids=[row[-1].replace(" ", "-") for row in KINDS])
def test_kinds_of_films(studio, tmp_path, extension, arguments, what):
    media, _ = packaged(studio, make(tmp_path / f"in.{extension}", arguments))
    found = probe(streams(studio, media["id"])["streams"]["hls"])
    kinds = [stream["codec_type"] for stream in found["streams"]]
    assert "video" in kinds and ("audio" in kinds) == (what in ("5.1", "transport stream"))
    assert abs(float(found["format"]["duration"]) - media["duration_seconds"]) < 1.1
    assert all(stream["channels"] == 2 for stream in found["streams"] if stream["codec_type"] == "audio")


def test_a_sound_with_a_cover_is_a_sound(studio, tmp_path):
    source = make(tmp_path / "in.mp3", SOUND.format(seconds=6), "-f lavfi -i color=red:s=640x640:d=1 -map 0 -map 1 -frames:v 1 -c:v mjpeg "
                  "-disposition:v attached_pic")
    media = studio.film(source, type="audio")
    assert package(studio, media["id"])["state"] == "ready"
    answer = streams(studio, media["id"])["streams"]
    assert [stream["codec_type"] for stream in probe(answer["hls"])["streams"]] == ["audio"] and answer["poster"] is None


def test_players_are_told_rates_that_grow_with_the_picture(studio, tmp_path):
    _, folder = packaged(studio, make(tmp_path / "in.mp4", PICTURE.format(size="854x480", seconds=9), SOUND.format(seconds=9), X264, "-c:a aac"))
    master = (folder / "master.m3u8").read_text(encoding="ascii")
    rates = [int(rate) for rate in re.findall(r"[:,]BANDWIDTH=(\d+)", master)]
    assert len(rates) == 3 and rates == sorted(rates, reverse=True) and rates[-1] > 400_000
    for number, rate in enumerate(rates):  # a player that trusts them does not stall
        largest = max(entry.stat().st_size for entry in folder.glob(f"seg-{number}-*.m4s"))
        assert 8 * largest / 4 < 1.5 * rate


# --- hostile -------------------------------------------------------------------------------------

def refused(studio, content, tmp_path, name="in.mp4"):
    """What becomes of a file that is no film: refused at the door, or its job fails in words."""
    path = tmp_path / name
    if content is not None:
        path.write_bytes(content)
    media = studio.new_media()
    answer = studio.upload(media["id"], path)
    if answer.status_code == 422:
        return answer.json()["detail"]
    assert answer.status_code == 201, answer.text
    said = package(studio, media["id"])
    assert said["state"] == "failed" and said["error"], said
    assert package_tools.folders(studio, media["id"]) == [] and package_tools.workspaces(studio) == []
    return said["error"]


LISTS = [
    b"#EXTM3U\n#EXT-X-TARGETDURATION:4\n#EXTINF:4,\nfile:///etc/passwd\n#EXT-X-ENDLIST\n",
    b"ffconcat version 1.0\nfile /etc/passwd\n",
    b"v=0\no=- 0 0 IN IP4 127.0.0.1\ns=x\nc=IN IP4 127.0.0.1\nm=video 5004 RTP/AVP 96\n",
    b'<?xml version="1.0"?><MPD xmlns="urn:mpeg:dash:schema:mpd:2011"><BaseURL>http://127.0.0.1/</BaseURL></MPD>',
]


@pytest.mark.parametrize("content", LISTS, ids=["hls", "concat", "sdp", "dash"])
def test_lists_disguised_as_films(studio, tmp_path, content):
    assert refused(studio, content, tmp_path)


def test_a_picture_is_no_film(studio, tmp_path):
    for name in ("in.png", "in.gif"):
        path = make(tmp_path / name, "-f lavfi -i testsrc=s=64x64:r=10:d=1", "-frames:v 1" if name == "in.png" else "")
        path.rename(tmp_path / "in.mp4")
        assert refused(studio, None, tmp_path)


def test_random_bytes_behind_a_good_beginning(studio, make_media, tmp_path):
    """The index is whole, what it speaks of is noise: some of it may decode, and then it is a package."""
    film = make_media("film").read_bytes()
    (tmp_path / "in.mp4").write_bytes(film[:len(film) // 4] + bytes((i * 7919 + (i >> 3)) % 251 for i in range(len(film) * 3 // 4)))
    ends_one_way_or_the_other(studio, tmp_path / "in.mp4")


@pytest.mark.parametrize("share", [0.02, 0.3, 0.9])
def test_a_truncated_film(studio, make_media, tmp_path, share):
    film = make_media("film").read_bytes()
    (tmp_path / "in.mp4").write_bytes(film[:int(len(film) * share)])
    ends_one_way_or_the_other(studio, tmp_path / "in.mp4")


def ends_one_way_or_the_other(studio, path):
    media = studio.new_media()
    answer = studio.upload(media["id"], path)
    if answer.status_code == 422:
        return
    assert answer.status_code == 201, answer.text
    said = package(studio, media["id"])
    if said["state"] == "ready":
        package_tools.assert_exactly_one(studio, media["id"])
    else:
        assert said["state"] == "failed" and said["error"]
    assert package_tools.workspaces(studio) == []


def test_huge_pictures_of_little_data(studio, tmp_path):
    """8192x8192 is 100 MB a frame, of which a decoder keeps many; the file has some kilobytes."""
    make(tmp_path / "in.mp4", "-f lavfi -i color=black:s=8192x8192:r=1:d=3", X264)
    with studio.changed(package_memory=512):
        assert refused(studio, None, tmp_path) == "the file needs more memory than packaging may take"


def test_two_frames_with_a_year_between_them(studio, tmp_path):
    """Filled up with frames that are not there it would keep a machine busy for ever."""
    make(tmp_path / "in.mkv", "-f lavfi -i testsrc=s=64x64:r=1:d=2", X264, "-bf 0 -bsf:v setts=ts=if(eq(N\\,0)\\,0\\,30000000/TB)")
    media = studio.new_media()
    assert studio.upload(media["id"], tmp_path / "in.mkv").status_code == 201
    assert package(studio, media["id"])["state"] in ("ready", "failed")
    seconds = studio.sql("select extract(epoch from ended_at - started_at) from package_job where media_id = %s", media["id"])[0][0]
    assert seconds < 30


def test_a_file_whose_header_lies_about_its_length(studio, make_media, tmp_path):
    """It says that it lasts 60 days: the limits of time are by what is said."""
    film = bytearray(make_media("film").read_bytes())
    at = film.index(b"mvhd") + 4
    film[at + 16:at + 20] = struct.pack(">I", struct.unpack(">I", film[at + 12:at + 16])[0] * 864_000)
    (tmp_path / "in.mp4").write_bytes(film)
    ends_one_way_or_the_other(studio, tmp_path / "in.mp4")
