# SPDX-License-Identifier: ISC
"""Subtitles: side-car files that are checked, kept, and named in the HLS master of a package."""
import pathlib

import pytest
import requests
import web_tools
from answers import assert_json, assert_problem
from package_tools import make
from stack import DEADLINE, wait_until

VTT = "WEBVTT\n\n00:00:00.500 --> 00:00:05.000\nGood morning\n"
SRT = "1\n00:00:00,500 --> 00:00:05,000\n<i>Guten</i> Morgen & Tag\n"


@pytest.fixture(scope="module")
def studio(module_stack_with):
    with web_tools.other_origin() as page:
        running = module_stack_with(package_max_height=240, package_preset="ultrafast", cors_origins=[page.rstrip("/")])
        running.page = page
        yield running


@pytest.fixture
def film(studio, make_media):
    return studio.film(make_media("film"), title="A film with subtitles")["id"]


def put(studio, media, lang, body, **headers):
    return studio.admin().put(
        f"/media/media/{media}/subtitles/{lang}", data=body.encode() if isinstance(body, str) else body, headers=headers
    )


def subtitles(studio, media):
    return assert_json(studio.admin().get(f"/media/media/{media}"))["subtitles"]


def package_all(studio):
    """What it wrote to its log."""
    return studio.mediagate("package", "--once", timeout=4 * DEADLINE).stderr


def hls(studio, media):
    return assert_json(studio.admin().get(f"/media/media/{media}/stream-url"))["streams"]["hls"]


def wait_master(studio, media, *languages):
    """The row cache of the fast pool may be 2 s old. Returns the URL and the text of the master that names these."""

    def named():
        url = hls(studio, media)
        text = requests.get(url, timeout=DEADLINE).text if url else ""
        return (
            url
            and all(f'LANGUAGE="{lang}"' in text for lang in languages)
            and text.count("TYPE=SUBTITLES") == len(languages)
            and (url, text)
        )

    return wait_until(named, f"a master with {languages}")


def playlist_file(master_url, text, lang):
    """What the subtitles' playlist of the master holds, as a player finds it."""
    assert f'URI="{lang}.m3u8"' in text
    playlist_url = requests.compat.urljoin(master_url, f"{lang}.m3u8")
    [name] = [
        line for line in requests.get(playlist_url, timeout=DEADLINE).text.splitlines() if not line.startswith("#")
    ]
    return requests.get(requests.compat.urljoin(playlist_url, name), timeout=DEADLINE)


def test_subtitles_are_named_in_the_master(studio, film):
    assert studio.admin().post(f"/media/media/{film}/package").status_code == 202
    assert assert_json(put(studio, film, "en", VTT, **{"Content-Type": "text/vtt"}))["subtitles"] == [
        {"lang": "en", "size_bytes": 52, "cues": 1, "label": None, "forced": False, "sdh": False}
    ]
    package_all(studio)
    url, text = wait_master(studio, film, "en")
    answer = playlist_file(url, text, "en")
    assert answer.headers["Content-Type"].startswith("text/vtt") and "Good morning" in answer.text
    for line in text.splitlines():
        if not line.startswith("#"):
            assert requests.get(requests.compat.urljoin(url, line), timeout=DEADLINE).status_code == 200

    assert put(studio, film, "de", SRT).status_code == 200
    package_all(studio)
    later_url, later = wait_master(studio, film, "de", "en")
    assert "<i>Guten</i> Morgen &amp; Tag" in playlist_file(later_url, later, "de").text
    assert requests.get(url, timeout=DEADLINE).text == text, "what was handed out plays on"

    for lang in ("en", "de"):
        assert studio.admin().delete(f"/media/media/{film}/subtitles/{lang}").status_code == 204
    package_all(studio)
    wait_master(studio, film)
    assert subtitles(studio, film) == []


def test_a_new_package_gets_the_subtitles_too(studio, film):
    for _ in range(2):
        studio.admin().post(f"/media/media/{film}/package")
        assert put(studio, film, "pt-BR", VTT).status_code == 200
        package_all(studio)
        url, _text = wait_master(studio, film, "pt-BR")
    studio.mediagate("sweep", "--full")
    assert requests.get(url, timeout=DEADLINE).status_code == 200
    assert playlist_file(url, requests.get(url, timeout=DEADLINE).text, "pt-BR").status_code == 200


def test_of_a_film_of_unknown_length_they_are_as_long_as_their_cues(studio, film):
    studio.admin().post(f"/media/media/{film}/package")
    package_all(studio)
    studio.sql("update media_asset set duration_seconds = null where id = %s", film)
    assert put(studio, film, "en", VTT).status_code == 200
    package_all(studio)
    url, _text = wait_master(studio, film, "en")
    playlist = requests.get(requests.compat.urljoin(url, "en.m3u8"), timeout=DEADLINE).text
    assert "#EXT-X-TARGETDURATION:5\n" in playlist and "#EXTINF:5.000,\n" in playlist


HAND_MADE = """2
0:00:06,0 --> 00:00:08,00
{\\an8}<font color="#ff9117">Top</font>

and below

1
00:00:00,500 --> 00:00:05,000 X1:40 X2:600 Y1:20 Y2:50
<i>First
of two</i>
"""


def test_srt_as_people_have_it(studio, film):
    """Out of order, with an empty line in a text, markup of elsewhere, coordinates."""
    studio.admin().post(f"/media/media/{film}/package")
    package_all(studio)
    assert assert_json(put(studio, film, "en", HAND_MADE))["subtitles"][0]["cues"] == 2
    package_all(studio)
    text = playlist_file(*wait_master(studio, film, "en"), "en").text
    assert text == (
        "WEBVTT\n\n00:00:00.500 --> 00:00:05.000\n<i>First\nof two</i>\n\n"
        "00:00:06.000 --> 00:00:08.000 line:0\nTop\nand below\n\n"
    )
    for encoding, name in (("utf-16", "UTF-16"), ("windows-1252", "WINDOWS-1252")):
        problem = assert_problem(
            put(studio, film, "de", "1\n00:00:01,000 --> 00:00:02,000\nGrüße\n".encode(encoding)), 422
        )
        assert f"iconv -f {name}" in problem["errors"][0]["detail"]


def test_what_is_wrong_is_told_with_its_line(studio, film):
    problem = assert_problem(put(studio, film, "en", VTT + "\n00:00:01.000 --> 00:00:00.000\nNo\n"), 422)
    assert problem["errors"][0]["detail"].startswith("Line 6 ")
    assert_problem(put(studio, film, "EN", VTT), 422)
    assert_problem(put(studio, film, "en", b"\xff"), 422)
    assert_problem(put(studio, film, "en", "{}", **{"Content-Type": "application/json"}), 415)
    assert_problem(put(studio, film, "en", VTT, **{"Content-Encoding": "gzip"}), 415)
    assert_problem(put(studio, film, "en", "x" * (1024 * 1024 + 1)), 413)
    assert_problem(put(studio, 999999999, "en", VTT), 404)
    assert (
        "no subtitles in this language"
        in assert_problem(studio.admin().delete(f"/media/media/{film}/subtitles/en"), 404)["detail"]
    )
    assert (
        subtitles(studio, film) == []
        and len(list((pathlib.Path(studio.data_dir) / f"media/{film}").glob("*.vtt"))) == 0
    )


def test_a_master_that_cannot_be_written_holds_up_nothing(studio, film, make_media):
    other = studio.film(make_media("film"), title="Another film")["id"]
    studio.admin().post(f"/media/media/{film}/package")
    package_all(studio)
    [made] = (entry for entry in (pathlib.Path(studio.data_dir) / f"media/{film}").iterdir() if entry.is_dir())
    (made / "master.m3u8").write_text("no playlist")
    assert put(studio, film, "en", VTT).status_code == 200
    assert put(studio, other, "en", VTT).status_code == 200
    studio.admin().post(f"/media/media/{other}/package")
    log = package_all(studio)
    assert log.count("subtitles_failed") == 1 and f"media_id={film}" in log.replace('"', "").replace(":", "=")
    wait_master(studio, other, "en")
    assert studio.admin().delete(f"/media/media/{film}").status_code == 204


def test_a_medium_takes_so_many_languages(studio, film):
    for number in range(32):
        assert put(studio, film, f"e{chr(97 + number % 26)}{chr(97 + number // 26)}", VTT).status_code == 200
    assert_problem(put(studio, film, "zz", VTT), 409)
    assert put(studio, film, "eaa", SRT).status_code == 200, "one that is there is replaced all the same"


def film_with_texts(tmp_path):
    """Two subtitles, one of them forced, bitmap ones, and chapters."""
    (tmp_path / "en.srt").write_text(SRT, encoding="utf-8")
    (tmp_path / "sdh.ass").write_text(
        "[Script Info]\nScriptType: v4.00+\n\n[Events]\n"
        "Format: Layer, Start, End, Style, Name, MarginL, MarginR, MarginV, Effect, Text\n"
        "Dialogue: 0,0:00:01.00,0:00:03.00,Default,,0,0,0,,{\\i1}[Door]{\\i0} creaks\n",
        encoding="utf-8",
    )
    (tmp_path / "chapters.txt").write_text(
        ";FFMETADATA1\n[CHAPTER]\nTIMEBASE=1/1000\nSTART=0\nEND=2000\ntitle=Salt & pepper ☃\n"
        "[CHAPTER]\nTIMEBASE=1/1000\nSTART=2000\nEND=6000\ntitle=The end\n",
        encoding="utf-8",
    )
    plain = make(tmp_path / "plain.mkv", "-f lavfi -i testsrc2=s=160x90:r=25:d=6 -c:v libx264 -pix_fmt yuv420p")
    film = make(
        tmp_path / "in.mkv",
        f"-i {plain} -i {tmp_path}/en.srt -i {tmp_path}/sdh.ass -i {tmp_path}/chapters.txt -map 0 -map 1 -map 2 -map 2",
        "-map_metadata 3 -c copy -c:s:0 srt -c:s:1 srt -c:s:2 ass -metadata:s:s:0 language=ger",
        "-metadata:s:s:0 title=Schilder -metadata:s:s:1 language=eng -disposition:s:0 forced",
        "-disposition:s:1 hearing_impaired",
    )
    film.write_bytes(film.read_bytes().replace(b"S_TEXT/ASS", b"S_HDMV/PGS"))
    return film


def test_subtitles_and_chapters_inside_the_file(studio, tmp_path):
    media = studio.film(film_with_texts(tmp_path))["id"]
    studio.admin().post(f"/media/media/{media}/package")
    package_all(studio)
    url = wait_until(lambda: hls(studio, media), "the package")
    said = assert_json(studio.admin().get(f"/media/media/{media}"))
    assert said["package"]["subtitles"] == [
        {"lang": "ger", "label": "Schilder 1", "forced": True, "sdh": False, "cues": 1},
        {"lang": "eng", "label": "eng 2", "forced": False, "sdh": True, "cues": 1},
    ]
    assert [line for line in said["package"]["left_out"] if "pictures" in line] == said["package"]["left_out"]
    assert said["package"]["chapters"] == said["chapters"] == 2
    master = requests.get(url, timeout=DEADLINE).text
    assert 'NAME="Schilder 1",LANGUAGE="ger",DEFAULT=NO,AUTOSELECT=YES,FORCED=YES,URI="subtitle-0.m3u8"' in master
    assert 'CHARACTERISTICS="public.accessibility' in master
    text = requests.get(requests.compat.urljoin(url, "subtitle-1.vtt"), timeout=DEADLINE).text
    assert text.startswith("WEBVTT\n\n00:00:01.000 --> 00:00:03.000") and "creaks" in text

    # with an uploaded one beside them, in HLS and in DASH
    assert put(studio, media, "en?label=English&sdh=true", VTT).status_code == 200
    package_all(studio)
    url, master = wait_master(studio, media, "ger", "eng", "en")
    assert 'NAME="English",LANGUAGE="en"' in master and "../" in master
    dash = assert_json(studio.admin().get(f"/media/media/{media}/stream-url"))["streams"]["dash"]
    seen = web_tools.browse("texts", page_url=studio.page, stream_url=dash)
    assert seen["problems"] == []
    assert sorted((track["language"], track["label"], track["forced"]) for track in seen["tracks"]) == [
        ("de", "Schilder 1", True),
        ("en", "English", False),
        ("en", "eng 2", False),
    ]
    assert seen["text"] == "Good morning"


def test_chapters_are_uploaded_and_go_before_those_of_the_file(studio, tmp_path):
    media = studio.film(film_with_texts(tmp_path))["id"]
    path = f"/media/media/{media}/chapters"
    assert_problem(studio.admin().get(path), 404)
    assert_problem(studio.admin().delete(path), 404)
    studio.admin().post(f"/media/media/{media}/package")
    package_all(studio)
    wait_until(lambda: hls(studio, media), "the package")

    def streamed():
        return assert_json(studio.admin().get(f"/media/media/{media}/stream-url"))["streams"]["chapters"]

    inside = studio.admin().get(path)
    assert inside.headers["Content-Type"].startswith("text/vtt") and "Salt &amp; pepper ☃" in inside.content.decode()
    assert requests.get(streamed(), timeout=DEADLINE).content == inside.content

    answer = assert_json(studio.admin().put(path, data=VTT, headers={"Content-Type": "text/vtt"}))
    assert answer["chapters"] == 1 and studio.admin().get(path).text == VTT + "\n"
    wait_until(lambda: requests.get(streamed(), timeout=DEADLINE).text == VTT + "\n", "the uploaded ones to be served")
    studio.mediagate("sweep", "--full")
    assert studio.admin().get(path).status_code == 200
    assert studio.admin().delete(path).status_code == 204
    assert studio.admin().get(path).content == inside.content
    assert_problem(studio.admin().put(path, data="none", headers={"Content-Type": "text/vtt"}), 422)
    assert_problem(studio.admin().put("/media/media/999999999/chapters", data=VTT), 404)


def test_what_subtitles_are_is_checked(studio, film):
    for query in ("label=", "label=%22", "forced=1", "sdh=yes", "label=" + 65 * "x"):
        assert_problem(put(studio, film, f"en?{query}", VTT), 422)


def test_hls_js_shows_the_text(studio, film):
    studio.admin().post(f"/media/media/{film}/package")
    assert put(studio, film, "en", VTT).status_code == 200
    package_all(studio)
    url, _text = wait_master(studio, film, "en")
    seen = web_tools.browse("subtitles", page_url=studio.page, stream_url=url)
    assert seen["problems"] == [] and seen["modes"] == ["showing"]
    assert seen["languages"] == ["en"] and seen["cues"] == ["Good morning"]
