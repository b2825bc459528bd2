# SPDX-License-Identifier: ISC
"""HDR that is kept: 10-bit HEVC that says what it is, beside pictures that are SDR; posters stay SDR."""
import re

import pytest

import package_tools
from package_tools import make, package, probe, state

TRANSFERS = {"smpte2084": "PQ", "arib-std-b67": "HLG"}


@pytest.fixture(scope="module")
def studio(module_stack_with):
    return module_stack_with(package_hdr="keep", **package_tools.QUICK)


def hdr_film(folder, transfer, colour="0x40A060", primaries="bt2020"):
    return make(
        folder / "in.mp4",
        f"-f lavfi -i color={colour}:s=320x180:r=25:d=2 -f lavfi -i sine=d=2 -vf format=yuv420p10le -c:v libx265 "
        f"-preset ultrafast -tag:v hvc1 -x265-params log-level=error:colorprim={primaries}:transfer={transfer}:"
        f"colormatrix=bt2020nc -color_primaries {primaries} -color_trc {transfer} -colorspace bt2020nc -c:a aac",
    )


def packaged(studio, path):
    media = studio.film(path)
    said = package(studio, media["id"])
    assert said["state"] == "ready", said
    folder = studio.data_dir / f"media/{media['id']}" / state(studio, media["id"])[2]
    package_tools.assert_whole(folder)
    return folder, said


def picture(folder, number):
    """What ffprobe says of a rendition: its profile, pixels, and colours."""
    joined = folder.parent / "joined.mp4"
    joined.write_bytes(
        b"".join(p.read_bytes() for p in [folder / f"init-{number}.m4s", *sorted(folder.glob(f"seg-{number}-*.m4s"))])
    )
    stream = probe(joined)["streams"][0]
    pixel = package_tools.first_pixel(joined)
    joined.unlink()
    names = ("profile", "pix_fmt", "color_range", "color_space", "color_transfer", "color_primaries")
    return [stream.get(name) for name in names], pixel


def ranges(folder):
    master = (folder / "master.m3u8").read_text(encoding="ascii")
    return re.findall(r'VIDEO-RANGE=(\w+),CODECS="(\w+)\.', master)


@pytest.mark.parametrize("transfer", TRANSFERS)
def test_hdr_is_kept_beside_sdr(studio, tmp_path, transfer):
    source = hdr_film(tmp_path, transfer)
    folder, said = packaged(studio, source)
    assert said["codecs"] == ["h264", "hevc"] and said["hdr"]
    assert ranges(folder) == [("SDR", "avc1"), (TRANSFERS[transfer], "hvc1")]
    told, _ = picture(folder, 0)
    assert told[1:] == ["yuv420p", "tv", "bt709", "bt709", "bt709"]
    told, pixel = picture(folder, 1)
    assert told == ["Main 10", "yuv420p10le", "tv", "bt2020nc", transfer, "bt2020"]
    # as bright as it was, within a bit or two of 1023
    assert max(abs(one - meant) for one, meant in zip(pixel, package_tools.first_pixel(source))) <= 4, pixel
    assert b"colrnclx\x00\x09\x00" in (folder / "init-1.m4s").read_bytes()
    manifest = (folder / "manifest.mpd").read_text(encoding="utf-8")
    number = {"PQ": 16, "HLG": 18}[TRANSFERS[transfer]]
    assert f'cicp:TransferCharacteristics" value="{number}"' in manifest.split("<AdaptationSet")[2]
    assert "cicp" not in manifest.split("<AdaptationSet")[1]
    poster = probe(folder / "poster.jpg")["streams"][0]
    assert poster["pix_fmt"] == "yuvj420p" and poster.get("color_transfer") in (None, "bt709", "unknown")


def test_what_is_not_kept_is_tone_mapped(studio, tmp_path):
    folder, said = packaged(studio, hdr_film(tmp_path, "smpte2084", primaries="smpte432"))
    assert said["codecs"] == ["h264"] and not said["hdr"] and ranges(folder) == []


def test_sdr_has_no_hdr(studio, make_media):
    folder, said = packaged(studio, make_media("film"))
    assert said["codecs"] == ["h264"] and not said["hdr"] and ranges(folder) == []


def test_hevc_of_an_hdr_film_is_hdr(studio, tmp_path):
    with studio.changed(package_codecs=["h264", "hevc", "av1"]):
        folder, said = packaged(studio, hdr_film(tmp_path, "smpte2084"))
    assert said["codecs"] == ["h264", "hevc", "av1"]
    assert ranges(folder) == [("SDR", "avc1"), ("SDR", "av01"), ("PQ", "hvc1")]
