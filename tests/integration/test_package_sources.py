# SPDX-License-Identifier: ISC
"""Packages of unusual and of hostile files: each is made properly or fails in words, with bounded means."""
import array
import re
import struct
import subprocess

import pytest

import package_tools
from package_tools import make, package, probe, state, streams
from stack import DEADLINE

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
    return re.findall(r"#EXT-X-STREAM-INF:.*RESOLUTION=(\d+x\d+)", (folder / "master.m3u8").read_text(encoding="ascii"))


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


@pytest.mark.parametrize(
    "size, arguments, shown, largest, what", SHAPES, ids=[row[-1].replace(" ", "-") for row in SHAPES]
)
def test_pictures_keep_their_shape(studio, tmp_path, size, arguments, shown, largest, what):
    del what
    source = make(
        tmp_path / "in.mp4",
        PICTURE.format(size=size, seconds=5),
        "-c:v libx264 -preset ultrafast -pix_fmt " "yuv420p",
        arguments,
    )
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
    (
        "mp4",
        PICTURE.format(size="320x180", seconds=5) + " -f lavfi -i anoisesrc=d=5 -af "
        "pan=5.1|c0=c0|c1=c0|c2=c0|c3=c0|c4=c0|c5=c0 -c:a aac " + X264,
        "5.1",
    ),
    (
        "mkv",
        PICTURE.format(size="320x180", seconds=10)
        + " -vf select='lt(t,3)+gt(t,8)*not(mod(n,7))' -fps_mode vfr "
        + X264,
        "varying rate",
    ),
    (
        "mpg",
        PICTURE.format(size="720x576", seconds=5) + " -vf tinterlace=interleave_top -flags +ildct+ilme -c:v "
        "mpeg2video",
        "interlaced",
    ),
    ("mp4", PICTURE.format(size="320x180", seconds=5) + " " + X264, "no sound"),
    (
        "ts",
        PICTURE.format(size="320x180", seconds=5) + " " + SOUND.format(seconds=5) + " -c:a mp2 " + X264,
        "transport stream",
    ),
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
    source = make(
        tmp_path / "in.mp3",
        SOUND.format(seconds=6),
        "-f lavfi -i color=red:s=640x640:d=1 -map 0 -map 1 " "-frames:v 1 -c:v mjpeg " "-disposition:v attached_pic",
    )
    media = studio.film(source, type="audio")
    assert package(studio, media["id"])["state"] == "ready"
    answer = streams(studio, media["id"])["streams"]
    assert [stream["codec_type"] for stream in probe(answer["hls"])["streams"]] == ["audio"] and answer[
        "poster"
    ] is None


def test_players_are_told_rates_that_grow_with_the_picture(studio, tmp_path):
    _, folder = packaged(
        studio,
        make(tmp_path / "in.mp4", PICTURE.format(size="854x480", seconds=9), SOUND.format(seconds=9), X264, "-c:a aac"),
    )
    master = (folder / "master.m3u8").read_text(encoding="ascii")
    rates = [int(rate) for rate in re.findall(r"#EXT-X-STREAM-INF:BANDWIDTH=(\d+)", master)]
    assert len(rates) == 3 and rates == sorted(rates, reverse=True) and rates[-1] > 400_000
    for number, rate in enumerate(rates):  # a player that trusts them does not stall
        largest = max(entry.stat().st_size for entry in folder.glob(f"seg-{number}-*.m4s"))
        assert 8 * largest / 4 < 1.5 * rate


# --- what cameras, telephones and computers make ---------------------------------------------------

FILM = PICTURE.format(size="320x180", seconds=3) + " " + SOUND.format(seconds=3)
DV = PICTURE.format(size="720x576", seconds=2) + " -f lavfi -i sine=d=2:r=48000 -ac 2 -pix_fmt yuv420p -c:v dvvideo"
FORMATS = [
    ("wmv", FILM + " -c:v wmv2 -c:a wmav2", "video/x-ms-wmv"),
    ("wma", SOUND.format(seconds=3) + " -c:a wmav2", "audio/x-ms-wma"),
    ("mxf", FILM + " -c:v mpeg2video -c:a pcm_s16le -ar 48000", "video/mxf"),
    ("caf", SOUND.format(seconds=3), "audio/x-caf"),
    ("dv", DV, "video/x-dv"),
    ("mts", FILM + f" -c:a ac3 {X264} -f mpegts -mpegts_m2ts_mode 1", "video/mp2t"),
    ("3gp", PICTURE.format(size="352x288", seconds=2) + " -c:v h263", "video/mp4"),
    ("mka", SOUND.format(seconds=3) + " -c:a flac", "audio/x-matroska"),
    (
        "m4a",
        SOUND.format(seconds=3) + " -f lavfi -i color=red:s=64x64:r=1:d=3 -map 0 -map 1 -c:a aac -c:v mjpeg " "-f mp4",
        "audio/mp4",
    ),
    ("wav", SOUND.format(seconds=3) + " -rf64 always", "audio/wav"),
]


@pytest.mark.parametrize("extension, arguments, kind", FORMATS, ids=[row[0] for row in FORMATS])
def test_formats_of_cameras_and_computers(studio, tmp_path, extension, arguments, kind):
    media = studio.film(make(tmp_path / f"in.{extension}", arguments), type=kind.split("/", maxsplit=1)[0])
    assert media["content_type"] == kind
    assert package(studio, media["id"])["state"] == "ready"


def fragmented(tmp_path):
    return make(tmp_path / "in.mp4", FILM, X264, "-g 25 -c:a aac -movflags +frag_keyframe+empty_moov+default_base_moof")


def test_what_cameras_append_is_no_reason_to_refuse(studio, make_media, tmp_path):
    film = make_media("film").read_bytes()
    notes = bytes(range(256)) * 16
    insta = notes + bytes(32) + struct.pack("<II", len(notes) + 72, 3) + b"8db42d694ccc418790edff439fe026bf"
    for trailer in (insta, b"\n", b"vivo{}" + bytes(9) + b"\xff\xff\xff\xff\x1b*9HWfu\x84\x93\xa2\xb1"):
        (tmp_path / "in.mp4").write_bytes(film + trailer)
        assert studio.film(tmp_path / "in.mp4")["content_type"] == "video/mp4"
    (tmp_path / "in.mp4").write_bytes(film + notes)
    assert "appended" in refused(studio, None, tmp_path)
    (tmp_path / "in.mp4").write_bytes(film + insta.replace(notes[:22], b"PK\5\6" + bytes(18), 1))
    assert "appended" in refused(studio, None, tmp_path)


def test_a_recorder_that_was_killed_leaves_a_film(studio, tmp_path):
    content = fragmented(tmp_path).read_bytes()
    (tmp_path / "in.mp4").write_bytes(content[:-2000])
    media, _ = packaged(studio, tmp_path / "in.mp4")
    assert 1.5 < package_tools.medium(studio, media["id"])["duration_seconds"] < 3.1


def test_the_sound_of_old_telephones(studio, tmp_path):
    """AMR, of which nothing here makes any: frames of silence of the lowest rate."""
    (tmp_path / "in.amr").write_bytes(b"#!AMR\n" + (b"\x04" + bytes(12)) * 150)
    media = studio.film(tmp_path / "in.amr", type="audio")
    assert package(studio, media["id"])["state"] == "ready"
    assert abs(package_tools.medium(studio, media["id"])["duration_seconds"] - 3) < 0.2


def test_the_ladder_is_a_setting(studio, tmp_path):
    source = make(tmp_path / "in.mp4", PICTURE.format(size="854x480", seconds=5), X264)
    with studio.changed(package_ladder=["300", "100"]):
        assert resolutions(packaged(studio, source)[1]) == ["854x480", "534x300"]
    with studio.changed(package_ladder=[]):
        assert resolutions(packaged(studio, source)[1]) == ["854x480"]


def test_what_is_not_taken_is_named_with_what_to_do(studio, tmp_path):
    path = make(tmp_path / "in.swf", PICTURE.format(size="64x64", seconds=1), "-c:v flv -f nut")
    path.rename(tmp_path / "in.mp4")
    assert refused(studio, None, tmp_path)
    make(tmp_path / "in.gxf", PICTURE.format(size="720x576", seconds=1), "-c:v mpeg2video -f gxf").rename(
        tmp_path / "in.mp4"
    )
    assert "not taken; make another of it: ffmpeg" in refused(studio, None, tmp_path)


def packets(*arguments):
    """The checksum of each picture's bytes, and how many there are."""
    listed = subprocess.run(
        ["ffmpeg", "-v", "error", "-nostdin", *arguments, *"-map 0:v:0 -c copy -f framemd5 -".split()],
        check=True,
        capture_output=True,
    ).stdout.decode()
    return [line.rsplit(",", 1)[1].strip() for line in listed.splitlines() if not line.startswith("#")]


def test_retention_knows_how_long_segments_are(studio, tmp_path):
    """Those of a copy may be unequal: 5 s, 4 s, 7.2 s and the rest."""
    source = make(
        tmp_path / "in.mp4",
        PICTURE.format(size="160x90", seconds=18),
        X264,
        "-g 1000 -sc_threshold 0 -force_key_frames 0,5,9,16.2 -maxrate 100k -bufsize 100k",
    )
    media, folder = packaged(studio, source)
    assert package_tools.segments_of(folder, "media_0.m3u8")[1][0][0] == 5
    marks = studio.sql("select package_timeline from media_asset where id = %s", media["id"])[0][0]
    begins = [marks.index(number) * 18 / 200 for number in (1, 2, 3, 4)]
    assert all(abs(begin - there) < 0.1 for begin, there in zip(begins, (0, 5, 9, 16.2))) and marks[-1] == 5
    api = studio.new_admin()
    assert api.delete(f"/media/media/{media['id']}/package").status_code in (200, 204)
    assert studio.sql("select package_timeline from media_asset where id = %s", media["id"]) == [(None,)]


def test_a_film_that_plays_already_is_copied(studio, tmp_path):
    source = make(
        tmp_path / "in.mp4",
        PICTURE.format(size="640x360", seconds=12),
        SOUND.format(seconds=12),
        X264,
        "-g 60 -c:a aac -crf 35",
    )
    _, folder = packaged(studio, source)
    joined = tmp_path / "joined.mp4"
    joined.write_bytes(b"".join(path.read_bytes() for path in [folder / "init-0.m4s", *sorted(folder.glob("seg-0-*"))]))
    assert packets("-i", joined) == packets("-i", source)
    lengths = [re.findall(r"EXTINF:([\d.]+)", (folder / f"media_{number}.m3u8").read_text()) for number in range(2)]
    assert lengths[0] == lengths[1] == ["4.800000", "4.800000", "2.400000"]
    assert all("TARGETDURATION:5\n" in path.read_text() for path in folder.glob("media_*.m3u8"))
    with studio.changed(package_copy=False):
        _, folder = packaged(studio, source)
    assert (folder / "media_0.m3u8").read_text().count("EXTINF:4.000000") == 3


def test_the_main_sound_is_the_default_one(studio, tmp_path):
    """Commentary comes first in many a file, and so do sounds that nobody can decode."""
    source = make(
        tmp_path / "in.mkv",
        PICTURE.format(size="160x90", seconds=4),
        "-f lavfi -i sine=f=440:d=4 -f lavfi " "-i sine=f=880:d=4 -map 0 -map 1 -map 2",
        X264,
        "-c:a aac -disposition:a:0 comment -disposition:a:1 default -metadata:s:a:0 language=eng "
        "-metadata:s:a:1 language=nep",
    )
    _, folder = packaged(studio, source)
    master = (folder / "master.m3u8").read_text(encoding="ascii")
    named = re.findall(r'TYPE=AUDIO.*LANGUAGE="(\w+)",DEFAULT=(\w+),AUTOSELECT=(\w+)', master)
    assert named == [("nep", "YES", "YES"), ("eng", "NO", "NO")]
    assert [tone(folder, number) for number in (1, 2)] == [880, 440]


def tone(folder, number):
    """The frequency of a sine in a rendition, by how often it crosses zero."""
    samples = subprocess.run(
        ["ffmpeg", "-v", "error", "-i", str(folder / f"media_{number}.m3u8"), *"-ac 1 -ar 48000 -f s16le -".split()],
        check=True,
        capture_output=True,
    ).stdout
    values = array.array("h", samples)[48000:96000]
    return round(sum((one < 0) != (two < 0) for one, two in zip(values, values[1:])) / 2, -1)


def test_a_sound_whose_channels_change(studio, tmp_path):
    """As broadcasts do between a film and its advertisements."""
    one = make(
        tmp_path / "one.ts", PICTURE.format(size="64x64", seconds=4), "-f lavfi -i sine=d=4", X264, "-c:a aac -ac 2"
    )
    two = make(
        tmp_path / "two.ts",
        PICTURE.format(size="64x64", seconds=4),
        "-f lavfi -i sine=d=4",
        X264,
        "-c:a aac -ac 6 -ar 48000 -output_ts_offset 4",
    )
    (tmp_path / "in.ts").write_bytes(one.read_bytes() + two.read_bytes())
    _, folder = packaged(studio, tmp_path / "in.ts")
    assert tone(folder, 1) == 440
    heard = float(probe(folder / "media_1.m3u8")["format"]["duration"])
    assert abs(heard - float(probe(folder / "media_0.m3u8")["format"]["duration"])) < 0.1 and abs(heard - 8) < 0.2


def test_a_sound_that_cannot_be_decoded_is_left_out(studio, tmp_path):
    source = make(
        tmp_path / "two.mp4",
        PICTURE.format(size="160x90", seconds=4),
        "-f lavfi -i sine=d=4 -f lavfi -i " "sine=f=880:d=4 -map 0 -map 1 -map 2",
        X264,
        "-c:a aac",
    )
    content = bytearray(source.read_bytes())
    at = content.index(b"mp4a", content.index(b"moov"))
    content[at : at + 4] = b"apac"
    at = content.index(b"esds", at)
    content[at : at + 4] = b"dapa"
    (tmp_path / "in.mp4").write_bytes(content)
    _, folder = packaged(studio, tmp_path / "in.mp4")
    assert len(list(folder.glob("init-*.m4s"))) == 2 and tone(folder, 1) == 880


# --- colours, sizes, rates -----------------------------------------------------------------------


def pixel(path, matrix="jpeg"):
    """The middle of the first picture of a file as red, green and blue, by what its values mean."""
    shown = "-frames:v 1 -vf format=yuv444p,crop=1:1 -f rawvideo -"
    if matrix == "jpeg":
        shown = shown.replace("yuv444p", "yuvj444p")
    luma, blue, red = subprocess.run(
        ["ffmpeg", "-v", "error", "-nostdin", "-i", str(path), *shown.split()], check=True, capture_output=True
    ).stdout
    of_red, of_blue = (0.2126, 0.0722) if matrix == "bt709" else (0.299, 0.114)
    light, scale = (luma, 127.5) if matrix == "jpeg" else ((luma - 16) * 255 / 219, 112)
    blue, red = (blue - 128) / scale * 127.5, (red - 128) / scale * 127.5
    shown_red, shown_blue = light + 2 * (1 - of_red) * red, light + 2 * (1 - of_blue) * blue
    shown_green = (light - of_red * shown_red - of_blue * shown_blue) / (1 - of_red - of_blue)
    return tuple(min(255, max(0, value)) for value in (shown_red, shown_green, shown_blue))


def tags(folder):
    joined = folder.parent / "joined.mp4"
    joined.write_bytes(
        (folder / "init-0.m4s").read_bytes()
        + b"".join(path.read_bytes() for path in sorted(folder.glob("seg-0-*.m4s")))
    )
    video = next(stream for stream in probe(joined)["streams"] if stream["codec_type"] == "video")
    return joined, video["pix_fmt"], video["color_range"], video["color_space"], video["color_transfer"]


GREENS = [
    (
        "-vf lutyuv=y=134:u=63:v=52,format=yuv420p -colorspace bt709 -color_primaries bt709 -color_trc bt709 -c:v "
        "libx264",
        "1280x720",
        "bt709",
        "HD",
    ),
    ("-vf lutyuv=y=113:u=73:v=59,format=yuv420p -c:v libx264", "640x480", "smpte170m", "SD"),
    ("-c:v libx264rgb", "1280x720", "bt709", "RGB"),
]


@pytest.mark.parametrize("arguments, size, matrix, what", GREENS, ids=[row[-1] for row in GREENS])
def test_green_is_green(studio, tmp_path, arguments, size, matrix, what):
    colour = "0x00C000" if what == "RGB" else "black"
    _, folder = packaged(
        studio,
        make(
            tmp_path / "in.mp4", f"-f lavfi -i color={colour}:s={size}:r=25:d=1", arguments, "-preset ultrafast -qp 1"
        ),
    )
    joined, *told = tags(folder)
    assert told == ["yuv420p", "tv", matrix, matrix]
    for seen in (pixel(joined, "bt601" if what == "SD" else "bt709"), pixel(folder / "poster.jpg")):
        assert max(abs(one - meant) for one, meant in zip(seen, (0, 192, 0))) <= 8, seen


@pytest.mark.parametrize("transfer", ["smpte2084", "arib-std-b67"])
def test_hdr_becomes_sdr(studio, tmp_path, transfer):
    source = make(
        tmp_path / "in.mp4",
        "-f lavfi -i color=0x40A060:s=640x360:r=25:d=1 -vf format=yuv420p10le -c:v "
        "libx265 -preset ultrafast -tag:v hvc1 -x265-params "
        f"log-level=error:colorprim=bt2020:transfer={transfer}:colormatrix=bt2020nc -color_primaries bt2020 "
        f"-color_trc {transfer} -colorspace bt2020nc",
    )
    _, folder = packaged(studio, source)
    joined, *told = tags(folder)
    assert told == ["yuv420p", "tv", "bt709", "bt709"]
    film, poster, as_it_was = pixel(joined, "bt709"), pixel(folder / "poster.jpg"), pixel(source, "bt709")
    assert max(abs(one - other) for one, other in zip(film, poster)) <= 8, (film, poster)
    # HDR that is shown as it is looks grey
    assert film[1] - film[0] > as_it_was[1] - as_it_was[0] + 10, (film, as_it_was)


def test_the_poster_is_not_black_where_the_film_is_not(studio, tmp_path):
    """Many a film begins with black, also beyond its first tenth."""
    source = make(
        tmp_path / "in.mp4",
        "-f lavfi -i color=black:s=320x180:r=25:d=4 -f lavfi -i "
        "color=white:s=320x180:r=25:d=6 -filter_complex [0][1]concat",
        X264,
    )
    _, folder = packaged(studio, source)
    assert min(pixel(folder / "poster.jpg")) > 200
    _, folder = packaged(studio, make(tmp_path / "in.mp4", "-f lavfi -i color=black:s=320x180:r=25:d=2", X264))
    assert max(pixel(folder / "poster.jpg")) < 10


def test_fast_pictures_are_halved(studio, tmp_path):
    for rate, expected in ((240, "60.000"), (120, "60.000"), (100, "50.000"), (90, "45.000"), (50, "50.000")):
        _, folder = packaged(studio, make(tmp_path / "in.mp4", f"-f lavfi -i testsrc2=s=64x64:r={rate}:d=1", X264))
        assert re.findall(r"FRAME-RATE=([0-9.]+)", (folder / "master.m3u8").read_text(encoding="ascii")) == [expected]


def test_a_size_that_changes_gets_bars(studio, tmp_path):
    """The second half is wider: above and below it is black, and nothing is stretched."""
    one = make(tmp_path / "one.ts", "-f lavfi -i color=white:s=320x240:r=25:d=2", X264)
    two = make(tmp_path / "two.ts", "-f lavfi -i color=white:s=640x272:r=25:d=2", X264, "-output_ts_offset 2")
    (tmp_path / "in.ts").write_bytes(one.read_bytes() + two.read_bytes())
    media, folder = packaged(studio, tmp_path / "in.ts")
    picture = subprocess.run(
        [
            "ffmpeg",
            "-v",
            "error",
            "-nostdin",
            "-i",
            str(tags(folder)[0]),
            *"-vf select=gte(n\\,75),format=gray -frames:v 1 -f rawvideo -".split(),
        ],
        check=True,
        capture_output=True,
    ).stdout
    column = picture[160::320]
    assert len(column) == 240 and column[10] < 30 and column[120] > 200 and column[230] < 30
    assert abs(package_tools.medium(studio, media["id"])["duration_seconds"] - 4) < 0.2


@pytest.mark.parametrize("offset", [0, 36000, 90000])
def test_transport_streams_whose_clock_jumps(studio, tmp_path, offset):
    one = make(tmp_path / "one.ts", PICTURE.format(size="64x64", seconds=3), SOUND.format(seconds=3), X264, "-c:a aac")
    two = make(
        tmp_path / "two.ts",
        PICTURE.format(size="64x64", seconds=3),
        SOUND.format(seconds=3),
        X264,
        f"-c:a aac -output_ts_offset {offset}",
    )
    (tmp_path / "in.ts").write_bytes(one.read_bytes() + two.read_bytes())
    media, _ = packaged(studio, tmp_path / "in.ts")
    assert abs(package_tools.medium(studio, media["id"])["duration_seconds"] - 6) < 0.3


def test_an_empty_sound_is_no_attack(studio, tmp_path):
    path = make(tmp_path / "in.wav", "-f lavfi -i sine -t 0")
    media = studio.new_media(type="audio")
    answer = studio.upload(media["id"], path)
    if answer.status_code == 201:
        assert "no picture and no sound in the file that lasts" in package(studio, media["id"])["error"]


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
    (tmp_path / "in.mp4").write_bytes(
        film[: len(film) // 4] + bytes((i * 7919 + (i >> 3)) % 251 for i in range(len(film) * 3 // 4))
    )
    ends_one_way_or_the_other(studio, tmp_path / "in.mp4")


@pytest.mark.parametrize("share", [0.02, 0.3, 0.9])
def test_a_truncated_film(studio, make_media, tmp_path, share):
    film = make_media("film").read_bytes()
    (tmp_path / "in.mp4").write_bytes(film[: int(len(film) * share)])
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
    make(
        tmp_path / "in.mkv",
        "-f lavfi -i testsrc=s=64x64:r=1:d=2",
        X264,
        "-bf 0 -bsf:v setts=ts=if(eq(N\\,0)\\,0\\,30000000/TB)",
    )
    media = studio.new_media()
    assert studio.upload(media["id"], tmp_path / "in.mkv").status_code == 201
    assert package(studio, media["id"])["state"] in ("ready", "failed")
    seconds = studio.sql(
        "select extract(epoch from ended_at - started_at) from package_job where media_id = " "%s", media["id"]
    )[0][0]
    assert seconds < 4 * DEADLINE


def test_a_file_whose_header_lies_about_its_length(studio, make_media, tmp_path):
    """It says that it lasts 60 days: the limits of time are by what is said."""
    film = bytearray(make_media("film").read_bytes())
    at = film.index(b"mvhd") + 4
    film[at + 16 : at + 20] = struct.pack(">I", struct.unpack(">I", film[at + 12 : at + 16])[0] * 864_000)
    (tmp_path / "in.mp4").write_bytes(film)
    ends_one_way_or_the_other(studio, tmp_path / "in.mp4")
