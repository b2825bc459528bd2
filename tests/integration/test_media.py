# SPDX-License-Identifier: ISC
"""Media: register, list, read, change, delete, in all forms of file_url."""
import concurrent.futures
import unicodedata
import uuid

import pytest
import tus_client as tus
from answers import assert_json, assert_problem, parse_time
from stack import wait_until

MEMBERS = {
    "id",
    "title",
    "type",
    "file_url",
    "created_at",
    "updated_at",
    "created_by",
    "size_bytes",
    "sha256",
    "content_type",
    "duration_seconds",
    "width",
    "height",
    "container",
    "video_codec",
    "audio_codec",
    "description",
    "tags",
    "external_id",
    "metadata",
    "package",
    "subtitles",
    "chapters",
    "poster",
    "playable",
}
REMOTE = "https://media.example.org/films/a%20film.mp4?token=x"


# --- create --------------------------------------------------------------------------------------------
def test_a_new_medium_has_every_member(admin):
    answer = admin.post("/media/media/", json={"title": "Ein schöner Film ☃", "type": "video"})
    medium = assert_json(answer, 201)
    assert set(medium) == MEMBERS
    assert answer.headers["Location"] == f"/media/media/{medium['id']}"
    assert (
        medium["title"] == "Ein schöner Film ☃"
        and medium["type"] == "video"
        and medium["created_by"] == admin.account["id"]
    )
    empty = {"playable": False, "subtitles": [], "tags": [], "metadata": {}, "chapters": 0}
    assert {name: medium[name] for name in empty} == empty
    known = {"id", "title", "type", "created_at", "updated_at", "created_by", *empty}
    assert all(medium[name] is None for name in MEMBERS - known)
    parse_time(medium["created_at"])
    assert assert_json(admin.get(answer.headers["Location"])) == medium
    assert assert_json(admin.get(answer.headers["Location"] + "/")) == medium


@pytest.mark.parametrize(
    "title, kept",
    [
        ("x", "x"),
        ("  both ends\t", None),
        (" blanks ", "blanks"),
        ("ä" * 300, "ä" * 300),
        ("\U0001f39e" * 300, "\U0001f39e" * 300),
        ('"quotes" \\ </script>', '"quotes" \\ </script>'),
    ],
    ids=lambda value: ascii(value)[:20],
)
def test_titles_are_kept_without_the_blanks_around(admin, title, kept):
    answer = admin.post("/media/media", json={"title": title, "type": "audio"})
    if kept is None:
        assert_problem(answer, 422, ["/title"])  # a tab is a control character
    else:
        assert assert_json(answer, 201)["title"] == kept


@pytest.mark.parametrize(
    "body, pointers",
    [
        ({}, ["/title"]),
        ({"type": "video"}, ["/title"]),
        ({"title": "", "type": "video"}, ["/title"]),
        ({"title": "   ", "type": "video"}, ["/title"]),
        ({"title": "x" * 301, "type": "video"}, ["/title"]),
        ({"title": "line\nbreak", "type": "video"}, ["/title"]),
        ({"title": "x", "type": "film"}, ["/type"]),
        ({"title": "x", "type": "Video"}, ["/type"]),
        ({"title": "x", "type": ""}, ["/type"]),
        ({"title": 1, "type": 2}, ["/title", "/type"]),
        ({"title": None, "type": None}, ["/title"]),
        ({"title": "x", "type": "video", "file_url": 7}, ["/file_url"]),
        ({"title": "x", "type": "video", "file_url": ""}, ["/file_url"]),
        ({"title": "x", "type": "video", "url": "https://a.example/b"}, ["/url"]),
        (
            {"title": "", "type": "x", "file_url": "x", "id": 1, "a/b~c": 2},
            ["/title", "/type", "/file_url", "/id", "/a~1b~0c"],
        ),
    ],
    ids=str,
)
def test_every_wrong_field_is_named(admin, body, pointers):
    assert_problem(admin.post("/media/media/", json=body), 422, pointers)


@pytest.mark.parametrize(
    "url",
    [
        REMOTE,
        "http://192.0.2.7:8080/a.mp3",
        "https://[2001:db8::7]/a",
        "https://media.example.org",
        "HTTPS://EXAMPLE.org/A",
        "https://a.example/" + "x" * 2030,
    ],
)
def test_remote_urls_are_registered_as_sent(admin, url):
    medium = assert_json(admin.post("/media/media/", json={"title": "Remote", "type": "video", "file_url": url}), 201)
    assert medium["file_url"] == url and medium["playable"] is True


@pytest.mark.parametrize(
    "url",
    [
        "ftp://a.example/b",
        "file:///etc/passwd",
        "javascript:alert(1)",
        "//a.example/b",
        "/etc/passwd",
        "https://",
        "https:///b",
        "https://user@a.example/b",
        "https://user:secret@a.example/b",
        "https://a.example/b#part",
        "https://a.example:0/b",
        "https://a.example:99999/b",
        "https://a$b.example/",
        "https://a.example/b c",
        "https://a.example/\u00e4",
        "https://b\u00fccher.example/",
        "https://a.example/../b",
        "https://a.example/%2e%2e/b",
        "https://a.example/%0d%0aX: y",
        "https://a.example/%00",
        "https://a.example/%zz",
        "https://a.example\\b",
        "https://a.example/" + "x" * 2031,
        "library:",
        "library:/etc/passwd",
        "library:../secret.mp4",
        "library:a/../../secret.mp4",
        "library:nothing.mp4",
        "library:a//b.mp4",
        "library:./a.mp4",
    ],
    ids=lambda value: ascii(value)[:40],
)
def test_other_urls_are_refused(admin, stack, url):
    before = stack.sql("select count(*) from media_asset where deleted_at is null")
    assert_problem(
        admin.post("/media/media/", json={"title": "x", "type": "video", "file_url": url}), 422, ["/file_url"]
    )
    assert stack.sql("select count(*) from media_asset where deleted_at is null") == before


# --- list ------------------------------------------------------------------------------------------------
def test_lists_are_newest_first_and_page_through(admin):
    mark = uuid.uuid4().hex
    made = [
        assert_json(admin.post("/media/media/", json={"title": f"{mark} {n}", "type": "video"}), 201)["id"]
        for n in range(7)
    ]
    seen, cursor, pages = [], None, 0
    while True:
        page = assert_json(
            admin.get("/media/media/", params={"q": mark, "limit": 3, **({"cursor": cursor} if cursor else {})})
        )
        assert set(page) == {"items", "next_cursor"} and len(page["items"]) <= 3
        assert all(set(item) == MEMBERS for item in page["items"])
        seen += [item["id"] for item in page["items"]]
        pages += 1
        cursor = page["next_cursor"]
        if cursor is None:
            break
    assert seen == made[::-1] and pages == 3


def test_a_full_last_page_has_no_next_one(admin):
    mark = uuid.uuid4().hex
    for number in range(2):
        admin.post("/media/media/", json={"title": f"{mark} {number}", "type": "audio"})
    page = assert_json(admin.get("/media/media/", params={"q": mark, "limit": 2}))
    assert len(page["items"]) == 2 and page["next_cursor"] is None
    assert assert_json(admin.get("/media/media/", params={"q": uuid.uuid4().hex})) == {"items": [], "next_cursor": None}


def test_a_cursor_belongs_to_its_list(admin):
    mark = uuid.uuid4().hex
    for number in range(3):
        medium = assert_json(admin.post("/media/media/", json={"title": f"{mark} {number}", "type": "audio"}), 201)

    def page(path="/media/media/", **query):
        return admin.get(path, params={"limit": 1, **query})

    cursor = assert_json(page(q=mark, type="audio"))["next_cursor"]
    # the same list, asked for otherwise
    assert_json(admin.get(f"/media/media?cursor={cursor}&type=audio&limit=2&q={mark}"))
    for query in ({}, {"q": mark}, {"type": "audio"}, {"q": mark, "type": "video"}, {"q": mark + "x", "type": "audio"}):
        assert_problem(page(cursor=cursor, **query), 422, ["?cursor"])
    assert_problem(page(f"/media/media/{medium['id']}/views", cursor=cursor), 422, ["?cursor"])


def test_lists_are_filtered(admin):
    mark = uuid.uuid4().hex
    titles = {"video": f"{mark} 100% Über_x", "audio": f"{mark} 1000 ÜBERax"}
    made = {
        kind: assert_json(admin.post("/media/media/", json={"title": title, "type": kind}), 201)["id"]
        for kind, title in titles.items()
    }

    def found(**query):
        return {item["id"] for item in assert_json(admin.get("/media/media/", params=query))["items"]}

    both = set(made.values())
    assert found(q=mark) == both and found(q=mark.upper()) == both
    assert found(q=mark, type="video") == {made["video"]} and found(q=mark, type="audio") == {made["audio"]}
    assert found(q=f"{mark} 100%") == {made["video"]}  # % and _ are plain characters
    assert found(q=f"{mark} 1%x") == set() and found(q=f"{mark} 100_") == set()
    assert found(q="\\") & both == set()


@pytest.mark.parametrize(
    "query, pointers",
    [
        ("limit=0", ["?limit"]),
        ("limit=201", ["?limit"]),
        ("limit=-1", ["?limit"]),
        ("limit=1.0", ["?limit"]),
        ("limit=", ["?limit"]),
        ("limit=01", ["?limit"]),
        ("limit=99999999999999999999", ["?limit"]),
        ("cursor=", ["?cursor"]),
        ("cursor=x", ["?cursor"]),
        ("cursor=AAAAAAAAAAAAAAAAAAAAAA", ["?cursor"]),
        ("type=film", ["?type"]),
        ("type=", ["?type"]),
        ("q=", ["?q"]),
        ("q=" + "x" * 301, ["?q"]),
        ("page=2", ["?page"]),
        ("Limit=2", ["?Limit"]),
        ("type=film&limit=0&cursor=x", ["?type", "?limit", "?cursor"]),
        ("limit=5&limit=5", ["?limit"]),
    ],
)
def test_queries_of_lists_are_checked(admin, query, pointers):
    assert_problem(admin.get("/media/media/?" + query), 422, pointers)


# --- change ----------------------------------------------------------------------------------------------
def test_change_one_thing_at_a_time(admin, stack):
    medium = stack.new_media(title="Before", type="video")
    path = f"/media/media/{medium['id']}"
    for change in (
        {"title": "After"},
        {"type": "audio"},
        {"file_url": REMOTE},
        {"file_url": None},
        {"title": "x", "type": "video", "file_url": REMOTE},
    ):
        changed = assert_json(admin.patch(path, json=change))
        expected = {**medium, **change, "playable": (change.get("file_url", medium["file_url"])) is not None}
        assert {k: v for k, v in changed.items() if k != "updated_at"} == {
            k: v for k, v in expected.items() if k != "updated_at"
        }
        assert parse_time(changed["updated_at"]) > parse_time(medium["updated_at"])
        medium = changed
    assert {**assert_json(admin.patch(path, json={})), "updated_at": 0} == {**medium, "updated_at": 0}
    wait_until(lambda: admin.get(path).json()["title"] == "x", "the change to be seen", timeout=2)


@pytest.mark.parametrize(
    "body, pointers",
    [
        ({"title": ""}, ["/title"]),
        ({"title": "x" * 301}, ["/title"]),
        ({"type": "film"}, ["/type"]),
        ({"file_url": "x"}, ["/file_url"]),
        ({"file_url": False}, ["/file_url"]),
        ({"created_by": 1}, ["/created_by"]),
        ({"title": " ", "type": 1, "id": 2}, ["/title", "/type", "/id"]),
    ],
    ids=str,
)
def test_changes_are_checked(admin, film, body, pointers):
    assert_problem(admin.patch(f"/media/media/{film['id']}", json=body), 422, pointers)
    assert assert_json(admin.get(f"/media/media/{film['id']}")) == film


def test_a_remote_url_takes_the_place_of_an_uploaded_file(admin, stack, make_media):
    medium = stack.film(make_media("short"))
    path = f"/media/media/{medium['id']}"
    assert medium["sha256"] and medium["file_url"] is None
    assert assert_json(admin.patch(path, json={"file_url": None}))["sha256"] == medium["sha256"]  # it was null before
    remote = assert_json(admin.patch(path, json={"file_url": REMOTE}))
    assert remote["sha256"] is None and remote["playable"] is True
    wait_until(lambda: "/remote/" in stack.stream_path(medium["id"]), "the remote file to be streamed", timeout=2)
    again = stack.upload(medium["id"], make_media("short"))
    assert again.json()["file_url"] is None and again.json()["sha256"] == medium["sha256"]


def test_a_remote_url_of_a_host_that_is_not_listed_is_registered_with_a_warning(admin, stack):
    medium = stack.new_media(file_url="https://not-listed.example.org/a.mp4")
    admin.patch(f"/media/media/{medium['id']}", json={"file_url": "https://nor-this.example.org:8443/a.mp4"})
    events = wait_until(
        lambda: [e for e in stack.serve_events("origin_not_listed") if e["media_id"] == medium["id"]][1:]
        and [e for e in stack.serve_events("origin_not_listed") if e["media_id"] == medium["id"]],
        "the warnings",
    )
    assert [(e["level"], e["host"], e["port"]) for e in events] == [
        ("warning", "not-listed.example.org", 443),
        ("warning", "nor-this.example.org", 8443),
    ]


# --- delete ----------------------------------------------------------------------------------------------
def test_a_deleted_medium_is_gone_everywhere(admin, stack, make_media):
    medium = stack.film(make_media("short"), title=uuid.uuid4().hex)
    path = f"/media/media/{medium['id']}"
    url = stack.stream_path(medium["id"])
    answer = admin.delete(path)
    assert answer.status_code == 204 and answer.content == b""
    assert_problem(stack.anonymous().get(url), 404)  # no new stream starts
    wait_until(lambda: admin.get(path).status_code == 404, "the cached row to go", timeout=2)
    wait_until(lambda: admin.get(path + "/stream-url").status_code == 404, "the cached row to go", timeout=2)
    assert_problem(admin.get(path + "/stream-url"), 404)
    assert_problem(admin.delete(path), 404)
    assert_problem(admin.patch(path, json={"title": "x"}), 404)
    assert_problem(admin.get(path + "/views"), 404)
    assert_problem(admin.get(path + "/analytics"), 404)
    assert_problem(admin.post(path + "/view"), 404)
    assert_problem(stack.upload(medium["id"], make_media("short")), 404)
    assert assert_json(admin.get("/media/media/", params={"q": medium["title"]}))["items"] == []
    assert not (stack.data_dir / "media" / str(medium["id"])).exists()


# --- what is not there, and who may not ------------------------------------------------------------------
@pytest.mark.parametrize(
    "media_id",
    [
        "0",
        "999999999",
        "9223372036854775807",
        "9223372036854775808",
        "-1",
        "+1",
        "01",
        "1.0",
        "x",
        "1%20",
        "%31x",
        "null",
    ],
)
def test_other_ids_are_404(admin, media_id):
    path = f"/media/media/{media_id}"
    for answer in (
        admin.get(path),
        admin.patch(path, json={"title": "x"}),
        admin.delete(path),
        admin.get(path + "/stream-url"),
        admin.get(path + "/views"),
        admin.get(path + "/analytics"),
        admin.post(path + "/view"),
        admin.head(path),
    ):
        assert_problem(answer, 404)


def test_nothing_works_without_a_token(stack, film):
    path = f"/media/media/{film['id']}"
    with stack.anonymous() as api:
        for method, where in (
            ("POST", "/media/media/"),
            ("GET", "/media/media/"),
            ("GET", path),
            ("PATCH", path),
            ("DELETE", path),
            ("PUT", path + "/file"),
            ("GET", path + "/stream-url"),
            ("POST", path + "/view"),
            ("GET", path + "/views"),
            ("GET", path + "/analytics"),
            ("DELETE", "/media/grants/" + "0" * 32),
        ):
            answer = api.request(method, where, data=b"{}", headers={"Content-Type": "application/json"})
            assert_problem(answer, 401)
            assert answer.headers["WWW-Authenticate"] == 'Bearer realm="mediagate"'


@pytest.mark.parametrize(
    "method, path, allow",
    [
        ("PUT", "/media/media", {"GET", "HEAD", "POST", "PATCH", "DELETE"}),
        ("POST", "/media/media/1", {"GET", "HEAD", "PATCH", "DELETE"}),
        ("GET", "/media/media/1/file", {"PUT"}),
        ("POST", "/media/media/1/stream-url", {"GET", "HEAD"}),
        ("GET", "/media/media/1/view", {"POST"}),
        ("POST", "/media/media/1/views", {"GET", "HEAD"}),
        ("DELETE", "/media/media/1/analytics", {"GET", "HEAD"}),
        ("GET", "/media/grants/" + "0" * 32, {"DELETE"}),
        ("DELETE", "/livez", {"GET", "HEAD"}),
    ],
)
def test_other_methods_are_405(admin, method, path, allow):
    answer = admin.request(method, path)
    assert_problem(answer, 405)
    assert set(answer.headers["Allow"].split(", ")) == allow


@pytest.mark.parametrize(
    "path",
    [
        "/media",
        "/media/",
        "/media/media/1/nothing",
        "/media/grants",
        "/media/media/1/file/x",
        "/analytics/",
        "/media/media/1/views/1",
    ],
)
def test_other_paths_are_404(admin, path):
    assert_problem(admin.get(path), 404)


def test_titles_and_searches_meet_in_one_form(stack, admin, make_media):
    """A Mac spells é in two characters, Windows in one; Hangul and Devanagari have such pairs too."""
    tag = uuid.uuid4().hex
    for composed, spelt in (
        ("Résumé", "Re\u0301sume\u0301"),
        ("한국", "\u1112\u1161\u11ab\u1100\u116e\u11a8"),
        ("\u0928\u093c", "\u0929"),
        ("Å", "\u212b"),
    ):
        forms = {unicodedata.normalize("NFC", composed), unicodedata.normalize("NFD", composed), composed, spelt}
        for title in forms:
            medium = assert_json(admin.post("/media/media", json={"title": f"{title} {tag}", "type": "video"}), 201)
            assert medium["title"] == unicodedata.normalize("NFC", composed) + " " + tag
            changed = assert_json(admin.patch(f"/media/media/{medium['id']}", json={"title": f"{tag} {title}"}))
            assert changed["title"] == tag + " " + unicodedata.normalize("NFC", composed)
            for search in forms:
                found = assert_json(admin.get("/media/media", params={"q": f"{tag} {search}"}))["items"]
                assert medium["id"] in [item["id"] for item in found], (title, search)
    body = make_media("short").read_bytes()
    done = tus.create(admin, len(body), body, {"Upload-Metadata": tus.metadata(filename=f"e\u0301 {tag}.mp4")})
    assert assert_json(admin.get(done.headers["Media-Location"]))["title"] == f"é {tag}.mp4"
    # 400 in that form
    assert_problem(admin.post("/media/media", json={"title": "\u0958" * 200, "type": "video"}), 422, ["/title"])
    assert_problem(admin.get("/media/media", params={"q": "\u0958" * 200}), 422, ["?q"])


# --- conditions ------------------------------------------------------------------------------------------
def test_a_change_is_not_lost_under_another(stack, admin):
    created = admin.post("/media/media", json={"title": "x", "type": "video"})
    path = created.headers["Location"]
    old = created.headers["ETag"]
    assert admin.get(path).headers["ETag"] == old
    first = admin.patch(path, json={"title": "first"}, headers={"If-Match": f'"no", {old}'})
    assert first.status_code == 200 and first.headers["ETag"] not in (old, "")
    for value in (old, f"W/{first.headers['ETag']}", '"x"', "x"):
        refused = admin.patch(path, json={"title": "second"}, headers={"If-Match": value})
        assert_problem(refused, 412)
        assert refused.headers["ETag"] == first.headers["ETag"]
        assert_problem(admin.delete(path, headers={"If-Match": value}), 412)
    for value in ("*", first.headers["ETag"]):
        last = admin.patch(path, json={"title": "third"}, headers={"If-Match": value})
        assert last.status_code == 200
        break
    assert_problem(admin.patch(path, json={"title": "fourth"}, headers={"If-None-Match": last.headers["ETag"]}), 412)
    assert admin.delete(path, headers={"If-Match": last.headers["ETag"]}).status_code == 204
    assert_problem(admin.patch(path, json={"title": "fifth"}, headers={"If-Match": last.headers["ETag"]}), 404)


def test_of_parallel_changes_with_one_tag_one_wins(stack, admin):
    created = admin.post("/media/media", json={"title": "x", "type": "video"})

    def change(number):
        with stack.anonymous() as api:
            headers = {"Authorization": admin.headers["Authorization"], "If-Match": created.headers["ETag"]}
            return api.patch(created.headers["Location"], json={"title": f"t{number}"}, headers=headers).status_code

    with concurrent.futures.ThreadPoolExecutor(8) as pool:
        statuses = sorted(pool.map(change, range(8)))
    assert statuses == [200] + [412] * 7


def test_a_file_is_put_once_with_if_none_match(stack, admin, make_media):
    medium = stack.new_media()
    path, body = f"/media/media/{medium['id']}/file", make_media("short").read_bytes()
    first = admin.put(path, data=body, headers={"If-None-Match": "*"})
    assert first.status_code == 201
    assert_problem(admin.put(path, data=body, headers={"If-None-Match": "*"}), 412)
    assert_problem(admin.put(path, data=body, headers={"If-Match": '"x"'}), 412)
    again = admin.put(path, data=body, headers={"If-Match": first.headers["ETag"]})
    assert again.status_code == 200 and again.headers["ETag"] != first.headers["ETag"]
