# SPDX-License-Identifier: ISC
"""Resumable uploads (tus 1.0.0): the protocol's points, one by one. What breaks in the middle is in
test_tus_faults.py."""
import email.utils
import hashlib
import re
import socket
import subprocess
import time

import pytest

import tus_client as tus
from stack import DEADLINE


def files(stack):
    return {path.name for path in (stack.data_dir / "uploads").iterdir()}


def row(stack, path, column):
    return stack.sql(f"select {column} from upload where id = %s", path.rsplit("/", 1)[1])[0][0]


@pytest.fixture(scope="module")
def body(make_media):
    return make_media("film").read_bytes()


def test_a_file_in_pieces_becomes_a_medium(stack, admin, body):
    path = tus.begin(admin, len(body), title="In pieces", type="video", filename="film.mp4")
    assert files(stack) >= {path.rsplit("/", 1)[1]}
    at, step = 0, len(body) // 5 + 1
    while at < len(body):
        answer = tus.append(admin, path, at, body[at : at + step])
        assert answer.status_code == 204, answer.text
        assert answer.headers["Tus-Resumable"] == "1.0.0"
        at += len(body[at : at + step])
        assert int(answer.headers["Upload-Offset"]) == at
        assert tus.offset(admin, path) == at
    media = tus.medium(admin, answer)
    assert (media["title"], media["type"], media["sha256"]) == ("In pieces", "video", hashlib.sha256(body).hexdigest())
    assert media["size_bytes"] == len(body) and media["duration_seconds"] > 5
    assert stack.anonymous().get(stack.stream_path(media["id"])).content == body
    again = tus.tell(admin, path)  # the last answer may have been lost
    assert again.status_code == 200 and again.headers["Media-Location"] == answer.headers["Media-Location"]
    repeated = tus.append(admin, path, len(body), b"")
    assert repeated.status_code == 204 and repeated.headers["Media-Location"] == answer.headers["Media-Location"]
    assert path.rsplit("/", 1)[1] not in files(stack)
    assert stack.sql("select count(*) from media_asset where title = 'In pieces'") == [(1,)]


def test_the_whole_file_may_come_with_the_creation(stack, admin, body):
    answer = tus.create(admin, len(body), body, title="At once", type="video")
    assert answer.status_code == 201, answer.text
    assert int(answer.headers["Upload-Offset"]) == len(body)
    assert answer.headers["Location"].startswith("/uploads/")
    assert tus.medium(admin, answer)["sha256"] == hashlib.sha256(body).hexdigest()
    part = tus.create(admin, len(body), body[:1000], title="Begun", type="video")
    assert part.status_code == 201 and part.headers["Upload-Offset"] == "1000"
    done = tus.append(admin, part.headers["Location"], 1000, body[1000:])
    assert tus.medium(admin, done)["sha256"] == hashlib.sha256(body).hexdigest()


def test_a_length_may_be_told_later(stack, admin, body):
    path = tus.begin(admin, None, title="Live", type="video")
    told = tus.tell(admin, path)
    assert told.headers["Upload-Defer-Length"] == "1" and "Upload-Length" not in told.headers
    assert tus.append(admin, path, 0, body[:5000]).status_code == 204
    assert tus.append(admin, path, 5000, b"", **{"Upload-Length": "4999"}).status_code == 400
    assert tus.append(admin, path, 5000, body[5000:7000], **{"Upload-Length": str(len(body))}).status_code == 204
    told = tus.tell(admin, path)
    assert told.headers["Upload-Length"] == str(len(body)) and "Upload-Defer-Length" not in told.headers
    assert tus.append(admin, path, 7000, b"", **{"Upload-Length": str(len(body) + 1)}).status_code == 400
    assert tus.medium(admin, tus.append(admin, path, 7000, body[7000:]))["sha256"] == hashlib.sha256(body).hexdigest()


def test_a_mediums_file_is_replaced(stack, admin, make_media, body):
    media = stack.film(make_media("short"), title="Before")
    path = tus.begin(admin, len(body), media_id=media["id"])
    answer = tus.append(admin, path, 0, body)
    assert answer.headers["Media-Location"] == f"/media/media/{media['id']}"
    replaced = tus.medium(admin, answer)
    assert replaced["title"] == "Before" and replaced["sha256"] == hashlib.sha256(body).hexdigest()


@pytest.mark.parametrize("source", ["film", "-"])  # with a length, and without
def test_http_2_carries_it(stack, admin, make_media, body, source):
    film = make_media("film")

    def send(method, path, *headers):
        with open(film, "rb") as stdin:
            curl = subprocess.run(
                [
                    "curl",
                    "-sS",
                    "--http2",
                    "--cacert",
                    stack.certificate,
                    "-X",
                    method,
                    "-T",
                    str(film) if source == "film" else "-",
                    "-D",
                    "-",
                    "-H",
                    f"Authorization: {admin.headers['Authorization']}",
                    "-H",
                    "Tus-Resumable: 1.0.0",
                    "-H",
                    "Content-Type: application/offset+octet-stream",
                    *headers,
                    stack.https_url + path,
                ],
                stdin=stdin,
                capture_output=True,
                text=True,
                check=True,
                timeout=2 * DEADLINE,
            )
        location = re.search(r"(?im)^media-location: (/media/media/[0-9]+)", curl.stdout)
        assert location, curl.stdout
        assert admin.get(location[1]).json()["sha256"] == hashlib.sha256(body).hexdigest()

    send("PATCH", tus.begin(admin, len(body)), "-H", "Upload-Offset: 0")
    send(
        "POST",
        "/uploads",
        "-H",
        f"Upload-Length: {len(body)}",
        "-H",
        "Upload-Metadata: " + tus.metadata(title="H2", type="video"),
    )


def test_what_is_spoken_here_is_told_to_anyone(stack):
    with stack.anonymous() as api:
        for path in ("/uploads/", "/uploads", "/uploads/" + "0" * 32):
            answer = api.options(path)
            assert answer.status_code == 204
            assert answer.headers["Tus-Version"] == "1.0.0"
            assert set(answer.headers["Tus-Extension"].split(",")) == {
                "creation",
                "creation-with-upload",
                "creation-defer-length",
                "checksum",
                "expiration",
                "termination",
            }
            assert answer.headers["Tus-Checksum-Algorithm"] == "sha1,sha256"
            assert int(answer.headers["Tus-Max-Size"]) == stack.settings["upload_max"]


@pytest.mark.parametrize("version", [None, "0.2.2", "1.0.1", "2.0.0"])
def test_another_version_is_412_and_changes_nothing(admin, body, version):
    path = tus.begin(admin, len(body))
    headers = {"Tus-Resumable": version} if version else {}
    for method, target in (("POST", "/uploads/"), ("HEAD", path), ("PATCH", path), ("DELETE", path)):
        answer = admin.request(
            method,
            target,
            headers={**tus.BYTES, "Upload-Length": "5", "Upload-Offset": "0", "Tus-Resumable": None, **headers},
            data=b"12345" if method == "PATCH" else None,
        )
        assert answer.status_code == 412, (method, answer.text)
        assert answer.headers["Tus-Version"] == "1.0.0"
    assert tus.offset(admin, path) == 0


def test_a_wrong_offset_is_409_and_changes_nothing(admin, body):
    path = tus.begin(admin, len(body))
    assert tus.append(admin, path, 0, body[:1000]).status_code == 204
    for offset in (0, 999, 1001, len(body)):
        answer = tus.append(admin, path, offset, body[1000:2000])
        assert answer.status_code == 409 and answer.headers["Upload-Offset"] == "1000", offset
    assert tus.offset(admin, path) == 1000
    answer = tus.append(admin, path, 1000, body[1000:])
    assert tus.medium(admin, answer)["sha256"] == hashlib.sha256(body).hexdigest()


@pytest.mark.parametrize("given", ["", "-1", "1.5", "0x1", "00", "9223372036854775808", "many"])
def test_an_offset_or_length_that_is_no_number_is_400(admin, given):
    path = tus.begin(admin, 100)
    assert admin.patch(path, data=b"x", headers={**tus.BYTES, "Upload-Offset": given}).status_code == 400
    assert admin.post("/uploads/", headers={**tus.TUS, "Upload-Length": given}).status_code == 400
    assert tus.offset(admin, path) == 0


@pytest.mark.parametrize(
    "headers", [{}, {"Upload-Length": "5", "Upload-Defer-Length": "1"}, {"Upload-Defer-Length": "2"}]
)
def test_one_length_is_needed(admin, headers):
    assert admin.post("/uploads/", headers={**tus.TUS, **headers}).status_code == 400


def test_another_content_type_is_415(admin):
    path = tus.begin(admin, 100)
    for kind in ("application/octet-stream", "video/mp4", "application/offset+octet-streams", None):
        assert tus.append(admin, path, 0, b"x", **{"Content-Type": kind}).status_code == 415
        assert tus.create(admin, 100, b"x", {"Content-Type": kind}).status_code == 415
    assert tus.offset(admin, path) == 0


@pytest.mark.parametrize("algorithm", ["sha1", "sha256"])
def test_bytes_are_held_against_their_checksum(admin, body, algorithm):
    path = tus.begin(admin, len(body))
    good = tus.append(admin, path, 0, body[:3000], **{"Upload-Checksum": tus.checksum(algorithm, body[:3000])})
    assert good.status_code == 204
    bad = tus.append(admin, path, 3000, body[3000:], **{"Upload-Checksum": tus.checksum(algorithm, body[3001:])})
    assert bad.status_code == 460 and bad.json()["title"] == "Checksum Mismatch"
    assert tus.offset(admin, path) == 3000
    assert tus.append(admin, path, 3000, body[3000:9000]).status_code == 204  # without one, behind one that was checked
    done = tus.append(admin, path, 9000, body[9000:], **{"Upload-Checksum": tus.checksum(algorithm, body[9000:])})
    assert tus.medium(admin, done)["sha256"] == hashlib.sha256(body).hexdigest()


@pytest.mark.parametrize(
    "given",
    [
        "md5 1B2M2Y8AsgTpgAmY7PhCfg==",
        "crc32 AAAAAA==",
        "sha1",
        "sha1 ",
        "sha1 AAAA",
        "sha1 not+base64!",
        "SHA1 2jmj7l5rSw0yVb/vlWAYkK/YBwk=",
        "sha256 2jmj7l5rSw0yVb/vlWAYkK/YBwk=",
    ],
)
def test_a_checksum_that_cannot_be_checked_is_400(admin, given):
    path = tus.begin(admin, 100)
    assert tus.append(admin, path, 0, b"", **{"Upload-Checksum": given}).status_code == 400
    assert tus.append(admin, path, 0, b"x", **{"Upload-Checksum": given}).status_code == 400
    assert tus.offset(admin, path) == 0


def test_a_refusal_leaves_the_connection_in_use(stack, admin):
    """nginx closes a connection silently where the answer overtakes the request's body; clients send it in a packet of
    its own."""
    path = tus.begin(admin, 100)
    head = (
        f"HTTP/1.1\r\nHost: localhost\r\nAuthorization: {admin.headers['Authorization']}\r\nTus-Resumable: "
        f"1.0.0\r\n"
        "Content-Type: application/offset+octet-stream\r\nUpload-Offset: "
    )
    with socket.create_connection(("127.0.0.1", stack.http_port), timeout=DEADLINE) as peer:
        for _ in range(5):
            peer.sendall(f"PATCH {path} {head}7\r\nContent-Length: 1\r\n\r\n".encode())
            time.sleep(0.05)  # the answer is ready by now
            peer.sendall(b"x")
            assert peer.recv(4096).startswith(b"HTTP/1.1 409 ")
        peer.sendall(f"PATCH {path} {head}0\r\nContent-Length: 100\r\n\r\n".encode() + bytes(99) + b"x")
        assert peer.recv(4096).startswith(b"HTTP/1.1 ")


def test_a_wrong_checksum_with_the_creation_creates_nothing(stack, admin, body):
    before = files(stack)
    answer = tus.create(admin, len(body), body[:100], {"Upload-Checksum": tus.checksum("sha1", body[:99])})
    assert answer.status_code == 460
    assert files(stack) == before


def test_more_than_the_length_is_413(stack, admin, body):
    path = tus.begin(admin, 1000)
    assert tus.append(admin, path, 0, bytes(1001)).status_code == 413
    assert tus.offset(admin, path) == 0
    # chunked: known only when it is there
    assert tus.append(admin, path, 0, iter([bytes(600), bytes(600)])).status_code == 413
    assert tus.offset(admin, path) < 1000
    assert tus.create(admin, 100, bytes(101)).status_code == 413
    assert tus.create(admin, stack.settings["upload_max"] + 1).status_code == 413


@pytest.mark.parametrize(
    "given, wrong",
    [
        ("", {"title"}),
        ("title", {"title"}),
        ("type QQ==", {"title", "type"}),
        ("title QQ==,type QQ==", {"type"}),
        ("title QQ==,type aW1hZ2UvanBlZw==", {"type"}),
        ("title QQ==,filetype dGV4dC9odG1s", {"filetype"}),
        ("title QQ==,type !!", {"type"}),
        ("title QQ=,type dmlkZW8=", {"title"}),
        ("title QR==,type dmlkZW8=", {"title"}),
        ("title QQ==,title QQ==,type " "dmlkZW8=", {"title"}),
        ("title wyg=,type dmlkZW8=", {"title"}),
        ("title AA==,type dmlkZW8=", {"title"}),
        ("title QQ==,type dmlkZW8=,,", {"?"}),
        ("media_id MA==", {"media_id"}),
        ("media_id eA==", {"media_id"}),
        ("media_id OTk5OTk5OTk5OQ==", {"media_id"}),
        ("title " + "QUFB" * 101 + ",type dmlkZW8=", {"title"}),
        ("title QQ==,type dmlkZW8=,other ?", {"other"}),
    ],
)
def test_metadata_that_will_not_do_is_422_and_named(stack, admin, given, wrong):
    before = files(stack)
    answer = admin.post("/uploads/", headers={**tus.TUS, "Upload-Length": "100", "Upload-Metadata": given})
    assert answer.status_code == 422, answer.text
    named = {error["pointer"].removeprefix("Upload-Metadata/") for error in answer.json()["errors"]}
    assert wrong <= named, answer.text
    assert files(stack) == before


@pytest.mark.parametrize(
    "values, title, kind",
    [
        ({"filename": "Ein Käfer.mp4", "filetype": "video/mp4"}, "Ein Käfer.mp4", None),
        ({"name": "song.mp3", "type": "audio/mpeg", "relativePath": "null"}, "song.mp3", None),
        ({"title": " Ours ", "filename": "x.mp4", "type": "video", "filetype": "audio/mpeg"}, "Ours", "video"),
    ],
)
def test_metadata_of_common_uploaders_will_do(stack, admin, values, title, kind):
    path = tus.begin(admin, 100, **values)
    assert (row(stack, path, "title"), row(stack, path, "type")) == (title, kind)
    assert tus.tell(admin, path).headers["Upload-Metadata"] == tus.metadata(**values)
    assert tus.end(admin, path).status_code == 204


def test_what_a_browser_does_not_know_the_content_decides(stack, admin, body, make_media):
    """.mkv, .mts: no file type at all, or one that says nothing."""
    sound = make_media("sound").read_bytes()
    for data, values, kind in (
        (body, {"filename": "film.mkv"}, "video"),
        (sound, {"filename": "a.mka", "filetype": ""}, "audio"),
        (body, {"name": "b.mts", "type": "application/octet-stream"}, "video"),
        (sound, {"filename": "c", "filetype": "application/ogg"}, "audio"),
        (body, {"filename": "d", "filetype": "model/vnd.mts"}, "video"),
        (sound, {"filename": "e", "filetype": "video/mp4"}, "audio"),
        (body, {"filename": "f", "type": "AUDIO/MP4"}, "video"),
        (body, {"filename": "g.ts", "filetype": "text/vnd.trolltech.linguist"}, "video"),
    ):
        path = tus.begin(admin, len(data), **values)
        assert row(stack, path, "type") is None
        done = tus.append(admin, path, 0, data)
        assert done.status_code == 204, done.text
        medium = admin.get(done.headers["Media-Location"]).json()
        assert (medium["type"], medium["title"]) == (kind, values.get("filename") or values["name"])
    corrected = tus.append(admin, tus.begin(admin, len(sound), filename="a", type="video"), 0, sound)
    assert admin.get(corrected.headers["Media-Location"]).json()["type"] == "audio"


def test_the_media_type_of_bytes_may_have_parameters(stack, admin, body):
    for kind in ("application/offset+octet-stream; charset=utf-8", "Application/Offset+Octet-Stream;x=y"):
        done = tus.create(admin, len(body), body, {"Content-Type": kind})
        assert done.status_code == 201 and "Media-Location" in done.headers, done.text
    path = tus.begin(admin, 100)
    assert tus.append(admin, path, 0, b"x", **{"Content-Encoding": "gzip"}).status_code == 415
    assert tus.offset(admin, path) == 0


def test_what_is_no_film_is_refused_in_words_and_for_good(stack, admin):
    medias = stack.sql("select count(*) from media_asset")
    path = tus.begin(admin, 1000)
    answer = tus.append(admin, path, 0, b"just text " * 100)
    assert answer.status_code == 422 and len(answer.json()["detail"]) > 30
    told = tus.tell(admin, path)  # a byte is said to be missing: who sends it reads why, and does not begin anew
    assert told.status_code == 200 and told.headers["Upload-Offset"] == "999"
    again = tus.append(admin, path, 999, b"t")
    assert again.status_code == 422 and again.json()["detail"] == answer.json()["detail"]
    assert path.rsplit("/", 1)[1] not in files(stack)
    assert stack.sql("select count(*) from media_asset") == medias
    assert tus.end(admin, path).status_code == 204
    assert tus.tell(admin, path).status_code == 404
    empty = tus.create(admin, 0)
    assert empty.status_code == 422
    assert stack.sql("select count(*) from upload where length_bytes = 0") == [(0,)]


def test_a_medium_deleted_meanwhile_takes_no_file(stack, admin, body):
    media = stack.new_media()
    path = tus.begin(admin, len(body), media_id=media["id"])
    assert tus.append(admin, path, 0, body[:1000]).status_code == 204
    assert admin.delete(f"/media/media/{media['id']}").status_code == 204
    answer = tus.append(admin, path, 1000, body[1000:])
    assert answer.status_code == 422 and "deleted" in answer.json()["detail"]
    assert path.rsplit("/", 1)[1] not in files(stack)
    assert tus.create(admin, 100, media_id=media["id"]).status_code == 422


def test_only_the_owner_goes_on_with_an_upload(stack, admin, body):
    path = tus.begin(admin, len(body))
    with stack.new_admin() as other, stack.anonymous() as nobody:
        assert tus.tell(other, path).status_code == 404
        assert tus.append(other, path, 0, body).status_code == 404
        assert tus.end(other, path).status_code == 404
        assert tus.tell(nobody, path).status_code == 401
        assert tus.append(nobody, path, 0, body).status_code == 401
        refused = tus.create(nobody, 100)
        assert refused.status_code == 401 and refused.headers["Tus-Resumable"] == "1.0.0"
    assert tus.offset(admin, path) == 0
    for name in ("0" * 32, "x", "...", "A" * 32, "0" * 31):
        assert tus.tell(admin, f"/uploads/{name}").status_code == 404
    assert "Upload-Offset" not in tus.tell(admin, "/uploads/..").headers  # which is /, and no upload


def test_an_upload_is_ended_and_gone(stack, admin, body):
    path = tus.begin(admin, len(body))
    assert tus.append(admin, path, 0, body[:1000]).status_code == 204
    assert tus.end(admin, path).status_code == 204
    assert path.rsplit("/", 1)[1] not in files(stack)
    for answer in (tus.tell(admin, path), tus.append(admin, path, 1000, body[1000:]), tus.end(admin, path)):
        assert answer.status_code == 404
    done = tus.create(admin, len(body), body)
    assert tus.end(admin, done.headers["Location"]).status_code == 204  # the medium stays
    assert tus.medium(admin, done)["size_bytes"] == len(body)


def test_a_method_may_stand_in_a_header(admin, body):
    path = tus.begin(admin, len(body))
    asked = admin.post(path, headers={**tus.TUS, "X-HTTP-Method-Override": "HEAD"})
    assert asked.status_code == 200 and asked.headers["Upload-Offset"] == "0"
    sent = admin.post(
        path, data=body[:500], headers={**tus.BYTES, "Upload-Offset": "0", "X-HTTP-Method-Override": "PATCH"}
    )
    assert sent.status_code == 204 and sent.headers["Upload-Offset"] == "500"
    wrong = admin.post(path, headers={**tus.TUS, "X-HTTP-Method-Override": "HEAD", "Tus-Resumable": "9"})
    assert wrong.status_code == 412 and wrong.json()["status"] == 412
    assert admin.post(path, headers={**tus.TUS, "X-HTTP-Method-Override": "DELETE"}).status_code == 204
    assert tus.tell(admin, path).status_code == 404
    assert (
        admin.post(
            "/auth/logout", json={"refresh_token": "x"}, headers={"X-HTTP-Method-Override": "DELETE"}
        ).status_code
        != 405
    )


def test_other_methods_are_405(admin):
    answer = admin.put("/uploads/", data=b"x")
    assert answer.status_code == 405 and answer.headers["Allow"] == "GET, HEAD, OPTIONS, POST"
    answer = admin.get("/uploads/" + "0" * 32)
    assert answer.status_code == 405 and answer.headers["Allow"] == "OPTIONS, POST, HEAD, PATCH, DELETE"


def test_expiry_is_told_moves_on_and_is_meant(stack, admin, body):
    def expires(answer):
        return email.utils.parsedate_to_datetime(answer.headers["Upload-Expires"]).timestamp()

    created = tus.create(admin, len(body))
    path = created.headers["Location"]
    assert abs(expires(created) - time.time() - 604800) < 60
    stack.sql("update upload set expires_at = now() + interval '1 hour' where id = %s", path.rsplit("/", 1)[1])
    assert abs(expires(tus.tell(admin, path)) - time.time() - 3600) < 60
    assert expires(tus.append(admin, path, 0, body[:10])) > time.time() + 600000
    kept = tus.begin(admin, len(body))
    stack.sql("update upload set expires_at = now() - interval '1 second' where id = %s", path.rsplit("/", 1)[1])
    assert tus.tell(admin, path).status_code == 410
    assert tus.append(admin, path, 10, body[10:]).status_code == 410
    stack.mediagate("sweep")
    assert path.rsplit("/", 1)[1] not in files(stack) and kept.rsplit("/", 1)[1] in files(stack)
    assert tus.tell(admin, path).status_code == 410
    stack.sql("update upload set expires_at = now() - interval '40 days' where id = %s", path.rsplit("/", 1)[1])
    stack.mediagate("sweep")
    assert tus.tell(admin, path).status_code == 404


def test_what_became_of_an_upload_is_told_after_it_expired_too(stack, admin, body):
    """The last answer was lost, and the client was away for long: it is not to begin again."""
    done = tus.create(admin, len(body), body)
    refused = tus.begin(admin, 5)
    assert tus.append(admin, refused, 0, b"words").status_code == 422
    for path in (done.headers["Location"], refused):
        stack.sql("update upload set expires_at = now() - interval '1 second' where id = %s", path.rsplit("/", 1)[1])
    told = tus.tell(admin, done.headers["Location"])
    assert told.status_code == 200 and told.headers["Media-Location"] == done.headers["Media-Location"]
    assert tus.tell(admin, refused).headers["Upload-Offset"] == "4"
    assert tus.append(admin, refused, 4, b"s").status_code == 422


def test_quotas_hold(stack, body):
    total = stack.sql(
        "select coalesce(sum(length_bytes), 0)::int8 from upload where completed_at is null and refusal "
        "is null and expires_at > now()"
    )[0][0]
    with stack.new_admin() as api, stack.changed(uploads_max=3, upload_spool_max=total + 10000):
        paths = [tus.begin(api, 1000) for _ in range(3)]
        assert tus.create(api, 1).status_code == 429
        assert tus.end(api, paths.pop()).status_code == 204
        assert tus.create(api, 8001).status_code == 507
        paths.append(tus.begin(api, 8000))
        with stack.new_admin() as other:
            refused = tus.create(other, 1)
            assert refused.status_code == 507 and "upload_spool_max" in refused.json()["detail"]
            assert tus.create(other, None).status_code == 507  # counts as the largest
        for path in paths:
            assert tus.end(api, path).status_code == 204


def test_one_account_takes_its_share_of_the_room_only(stack):
    """Ten creations without a length were all the room there is."""
    share = 2 * stack.settings["upload_max"]
    with stack.new_admin() as api, stack.changed(upload_account_max=share, uploads_max=100):
        paths = [tus.create(api, None).headers["Location"] for _ in range(2)]
        refused = tus.create(api, 1)
        assert refused.status_code == 429 and "upload_account_max" in refused.json()["detail"]
        with stack.new_admin() as other:
            assert tus.end(other, tus.begin(other, 1000)).status_code == 204
        assert tus.end(api, paths.pop()).status_code == 204
        paths.append(tus.begin(api, 1000))
        for path in paths:
            assert tus.end(api, path).status_code == 204
    with stack.new_admin() as api, stack.changed(upload_account_max=1024):  # a share below upload_max is upload_max
        assert tus.end(api, tus.begin(api, stack.settings["upload_max"])).status_code == 204


def test_nginxs_own_answers_say_the_protocol_too(front):
    front.pools.die_on = 100
    with front.anonymous() as api:
        for method, path, body, status in (
            ("POST", "/uploads/", b"", 502),
            ("POST", "/uploads", b"", 502),
            ("PATCH", "/uploads/0", b"x", 502),
            ("DELETE", "/uploads/0?x=1", None, 502),
            ("HEAD", "/uploads/0", None, 423),
        ):
            answer = api.request(method, path, data=body, headers=tus.BYTES)
            assert (answer.status_code, answer.headers.get("Tus-Resumable")) == (status, "1.0.0"), (method, path)
        assert "Tus-Resumable" not in api.post("/media/media/", json={}).headers
    with socket.create_connection(("127.0.0.1", front.http_port), timeout=DEADLINE) as peer:
        peer.sendall(
            f"PATCH /uploads/0 HTTP/1.1\r\nHost: localhost\r\nContent-Length: "
            f"{front.settings['upload_max'] + 1}\r\n\r\n".encode()
        )
        reply = peer.recv(4096)  # the head, while nginx still waits whether the body comes
    assert reply.startswith(b"HTTP/1.1 413") and b"\r\nTus-Resumable: 1.0.0\r\n" in reply, reply


def test_a_browser_elsewhere_may_upload_when_it_is_on_the_list(front):
    asked = {
        "Origin": "https://player.example",
        "Access-Control-Request-Method": "PATCH",
        "Access-Control-Request-Headers": "authorization,content-type,tus-resumable,upload-offset",
    }
    with front.anonymous() as api:
        answer = api.options("/uploads/0", headers=asked)
        assert answer.status_code == 204 and answer.headers["Access-Control-Allow-Origin"] == "https://player.example"
        allowed = {name.strip().lower() for name in answer.headers["Access-Control-Allow-Headers"].split(",")}
        assert allowed >= {
            "authorization",
            "content-type",
            "tus-resumable",
            "upload-length",
            "upload-offset",
            "upload-metadata",
            "upload-defer-length",
            "upload-checksum",
            "x-http-method-override",
            "x-requested-with",
            "x-request-id",
        }
        exposed = api.head("/uploads/0", headers={"Origin": "https://player.example"}).headers[
            "Access-Control-Expose-Headers"
        ]
        assert {name.strip() for name in exposed.split(",")} >= {
            "Location",
            "Media-Location",
            "Tus-Resumable",
            "Tus-Version",
            "Tus-Max-Size",
            "Tus-Extension",
            "Upload-Offset",
            "Upload-Length",
            "Upload-Expires",
            "Upload-Metadata",
        }
        other = api.options("/uploads/0", headers={**asked, "Origin": "https://evil.example"})
        assert not [name for name in other.headers if name.startswith("Access-Control-")]
