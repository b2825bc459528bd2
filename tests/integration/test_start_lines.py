# SPDX-License-Identifier: ISC
"""nginx's line at the beginning of a long delivery: when there is one, and that it changes nothing else."""
import http.client
import time

import pytest
from signing import fresh_grant
from stack import DEADLINE, wait_until


def ask(front, path, method="GET", address="192.0.2.9", **headers):
    """The whole answer: its status and body."""
    connection = http.client.HTTPConnection("127.0.0.1", front.http_port, timeout=DEADLINE)
    connection.request(
        method, path, headers={"X-Forwarded-For": address, **{k.replace("_", "-"): v for k, v in headers.items()}}
    )
    answer = connection.getresponse()
    body = answer.read()
    connection.close()
    return answer.status, body


def lines_of(front, grant):
    """(beginnings, ends) of a grant, when its end is written."""
    ends = front.wait_view_log(lambda line: line["grant"] == grant)
    return [line for line in front.view_starts() if line["grant"] == grant], ends


@pytest.fixture(scope="module", autouse=True)
def files(nginx_alone):
    """What stands beside film.mp4."""
    folder = nginx_alone.data_dir / "media/7"
    (folder / "hls").mkdir()
    for name in (
        "sound.FLAC",
        "poster.jpg",
        "hls/main.m3u8",
        "hls/seg-1.m4s",
        "hls/seg-1.ts",
        "hls/seg-1.mp4",
        "hls/film.mp4",
        "hls/init.mp4",
        "hls/seg-1.aac",
        "text.vtt",
    ):
        (folder / name).write_bytes(b"x" * 100)
    nginx_alone.give_to_user()


@pytest.mark.parametrize("range_asked", ["", "bytes=0-", "bytes=2000-", "bytes=0-9999999", "bytes=100-123456789"])
def test_a_long_delivery_begins_with_a_line(front, range_asked):
    grant = fresh_grant()
    before = time.time()
    ranged = {"Range": range_asked} if range_asked else {}
    status, body = ask(
        front,
        front.sign(7, "film.mp4", grant=grant, viewer="u-1"),
        **ranged,
        User_Agent="Player/1.0",
        Referer="https://player.example/x"
    )
    assert (status, len(body) > 0) == (206 if range_asked else 200, True)
    [start], [end] = lines_of(front, grant)
    assert before - 1 < start["time"] <= end["time"] + 0.001
    same = ("request_id", "media", "grant", "viewer", "flags", "file", "address", "user_agent")
    assert {name: start[name] for name in same} == {name: end[name] for name in same}
    assert (start["range"], start["address"], start["viewer"]) == (range_asked, "192.0.2.9", "u-1")
    assert (
        end["body_bytes"] == len(body)
        and end["content_range"].startswith("bytes ") == bool(range_asked)
        and end["referrer_host"] == "player.example"
    )


@pytest.mark.parametrize(
    "file, method, headers, status",
    [
        ("film.mp4", "GET", {"Range": "bytes=0-999999"}, 206),
        ("hls/seg-1.m4s", "GET", {}, 200),
        ("hls/seg-1.mp4", "GET", {}, 200),
        ("hls/seg-1.mp4", "GET", {"Range": "bytes=0-"}, 206),
        ("hls/film.mp4", "GET", {"Range": "bytes=0-1000000"}, 206),
        ("hls/init.mp4", "GET", {}, 200),
        ("hls/seg-1.aac", "GET", {}, 200),
        ("film.mp4", "HEAD", {}, 200),
        ("none.mp4", "GET", {}, 404),
        ("film.mp4", "GET", {"Range": "bytes=-500"}, 206),
        ("film.mp4", "GET", {"Range": "bytes=0-,5-6"}, 200),
        ("film.mp4", "GET", {"Range": "items=0-"}, 200),
        ("film.mp4", "HEAD", {"Range": "bytes=0-"}, 206),
        ("film.mp4", "POST", {"Range": "bytes=0-"}, 405),
        ("hls/main.m3u8", "GET", {"Range": "bytes=0-"}, 206),
        ("hls/seg-1.m4s", "GET", {"Range": "bytes=0-"}, 206),
        ("hls/seg-1.ts", "GET", {"Range": "bytes=0-"}, 206),
        ("poster.jpg", "GET", {"Range": "bytes=0-"}, 206),
        ("text.vtt", "GET", {"Range": "bytes=0-"}, 206),
        ("none.mp4", "GET", {"Range": "bytes=0-"}, 404),
    ],
    ids=str,
)
def test_other_deliveries_have_one_line(front, file, method, headers, status):
    grant = fresh_grant()
    assert ask(front, front.sign(7, file, grant=grant), method, **headers)[0] == status
    starts, ends = lines_of(front, grant)
    assert starts == [] and len(ends) == 1


def test_a_download_begins_with_a_line(front):
    grant = fresh_grant()
    assert ask(front, front.sign(7, "film.mp4/A-film.mp4", grant=grant, flags="d"))[0] == 200
    starts, ends = lines_of(front, grant)
    assert len(starts) == len(ends) == 1


def test_what_is_refused_begins_nothing(front):
    revoked, range_asked = fresh_grant(), {"Range": "bytes=0-"}
    (front.data_dir / "revoked" / revoked).touch()
    for grant, change, fields, status in (
        (fresh_grant(), lambda path: path.replace("/-/", "/forged/"), {}, 403),
        (fresh_grant(), str, {"expires": int(time.time()) - 5}, 410),
        (fresh_grant(), lambda path: "/" + path, {}, 400),
        (revoked, str, {}, 403),
    ):
        assert ask(front, change(front.sign(7, "film.mp4", grant=grant, **fields)), **range_asked)[0] == status
        starts, ends = lines_of(front, grant)
        assert starts == [] and len(ends) == 1


def test_a_capital_extension_is_a_sound_too(front):
    grant = fresh_grant()
    assert ask(front, front.sign(7, "sound.FLAC", grant=grant), Range="bytes=0-")[0] == 206
    assert len(lines_of(front, grant)[0]) == 1


def test_the_line_is_there_while_the_delivery_runs(front):
    """A client that reads nothing more after the header: the film is far longer than what the sockets hold."""
    film = front.data_dir / "media/7/long.mp4"
    with open(film, "wb") as file:
        file.truncate(64 << 20)
    grant = fresh_grant()
    connection = http.client.HTTPConnection("127.0.0.1", front.http_port, timeout=DEADLINE)
    connection.request("GET", front.sign(7, "long.mp4", grant=grant), headers={"Range": "bytes=0-"})
    assert connection.getresponse().status == 206
    wait_until(lambda: [line for line in front.view_starts() if line["grant"] == grant], "the beginning to be logged")
    assert [line for line in front.view_log() if line["grant"] == grant] == []
    connection.close()
    starts, ends = lines_of(front, grant)
    assert len(starts) == len(ends) == 1 and starts[0]["request_id"] == ends[0]["request_id"]


def test_deliveries_over_one_connection_each_begin(front):
    """The subrequest that writes the line keeps nothing of the connection."""
    connection, grants = http.client.HTTPConnection("127.0.0.1", front.http_port, timeout=DEADLINE), [
        fresh_grant() for _ in range(20)
    ]
    for grant in grants:
        connection.request("GET", front.sign(7, "film.mp4", grant=grant), headers={"Range": "bytes=0-"})
        assert len(connection.getresponse().read()) == 4000
    connection.close()
    for grant in grants:
        starts, ends = lines_of(front, grant)
        assert len(starts) == len(ends) == 1


def test_nobody_reaches_the_place_of_the_line(front):
    assert ask(front, "/_start")[0] == 404
