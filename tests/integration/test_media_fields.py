# SPDX-License-Identifier: ISC
"""What a caller keeps with a medium (description, tags, external_id, metadata), lists by all of it, and many media at
once."""
import json
import unicodedata
import uuid

import pytest

from answers import assert_json, assert_problem

FIELDS = {
    "description": "Two lines\nwith a tab\tand ☃",
    "tags": ["course", "b2 niveau", "ß"],
    "metadata": {"course": {"id": 7, "parts": [1, 2.5, None, True]}, "név": "ő"},
}


def create(api, **fields):
    return assert_json(api.post("/media/media", json={"title": "x", **fields}), 201)


def ids(api, **query):
    return [item["id"] for item in assert_json(api.get("/media/media", params=query))["items"]]


# --- the fields --------------------------------------------------------------------------------------------
def test_fields_are_kept_changed_and_taken_away(admin):
    external_id = "cms/" + uuid.uuid4().hex
    medium = create(admin, external_id=external_id, **FIELDS)
    path = f"/media/media/{medium['id']}"
    assert {name: medium[name] for name in FIELDS} == FIELDS and medium["external_id"] == external_id
    assert assert_json(admin.get(path)) == medium
    changed = assert_json(admin.patch(path, json={"title": "y"}))
    assert {name: changed[name] for name in FIELDS} == FIELDS and changed["external_id"] == external_id
    tags = ["a", "a b", " a ", 'a"', "{a", "a", "\\"]
    changed = assert_json(admin.patch(path, json={"tags": tags, "metadata": {"a": "b"}}))
    assert changed["tags"] == ["a", "a b", 'a"', "{a", "\\"]  # each once
    assert changed["metadata"] == {"a": "b"} and changed["description"] == FIELDS["description"]
    empty = {"description": None, "tags": [], "external_id": None, "metadata": {}}
    cleared = assert_json(admin.patch(path, json={**empty, "tags": None, "metadata": None}))
    assert {name: cleared[name] for name in empty} == empty
    assert {name: create(admin, **empty)[name] for name in empty} == empty


def test_texts_are_kept_in_one_normal_form(admin):
    decomposed = unicodedata.normalize("NFD", "Überész")
    medium = create(admin, description=decomposed, tags=[decomposed])
    assert medium["description"] == "Überész" and medium["tags"] == ["Überész"]
    assert medium["id"] in ids(admin, tags=decomposed) and medium["id"] in ids(admin, description=decomposed.upper())


@pytest.mark.parametrize(
    "body, pointers",
    [
        ({"description": ""}, ["/description"]),
        ({"description": "x" * 5001}, ["/description"]),
        ({"description": "bell \a"}, ["/description"]),
        ({"description": 7}, ["/description"]),
        ({"tags": "a"}, ["/tags"]),
        ({"tags": [str(n) for n in range(33)]}, ["/tags"]),
        ({"tags": ["a", "", "b,c", 7, None, "x" * 65, " ", "line\nend", {}]}, [f"/tags/{n}" for n in range(1, 9)]),
        ({"external_id": ""}, ["/external_id"]),
        ({"external_id": "x" * 201}, ["/external_id"]),
        ({"external_id": ["x"]}, ["/external_id"]),
        ({"metadata": []}, ["/metadata"]),
        ({"metadata": "{}"}, ["/metadata"]),
        ({"metadata": {"x": "y" * 8200}}, ["/metadata"]),
        ({"metadata": 1, "tags": 2, "description": 3, "external_id": 4}, None),
    ],
    ids=lambda value: str(value)[:40],
)
def test_wrong_fields_are_named(admin, body, pointers):
    pointers = pointers if pointers is not None else [f"/{name}" for name in body]
    medium = create(admin)
    assert_problem(admin.post("/media/media", json={"title": "x", **body}), 422, pointers)
    assert_problem(admin.patch(f"/media/media/{medium['id']}", json=body), 422, pointers)
    assert assert_json(admin.get(f"/media/media/{medium['id']}")) == medium


def test_the_largest_fields_fit(admin):
    metadata = {"x": "y" * (8192 - len('{"x":""}'))}
    medium = create(
        admin, description="ä" * 5000, tags=[f"{n:064}" for n in range(32)], external_id="ß" * 199 + uuid.uuid4().hex[0]
    )
    assert assert_json(admin.patch(f"/media/media/{medium['id']}", json={"metadata": metadata}))["metadata"] == metadata


def test_an_external_id_is_one_mediums(admin):
    mine = uuid.uuid4().hex
    first, second = create(admin, external_id=mine), create(admin)
    assert_problem(admin.post("/media/media", json={"title": "x", "external_id": mine}), 409, name="external-id-taken")
    change = {"external_id": mine, "title": "not this either"}
    assert_problem(admin.patch(f"/media/media/{second['id']}", json=change), 409, name="external-id-taken")
    assert assert_json(admin.get(f"/media/media/{second['id']}")) == second
    assert ids(admin, external_id=mine) == [first["id"]] and ids(admin, external_id=mine.upper()) == []
    assert admin.delete(f"/media/media/{first['id']}").status_code == 204
    assert assert_json(admin.patch(f"/media/media/{second['id']}", json=change))["external_id"] == mine


def test_etags_tell_of_the_fields(admin):
    medium = create(admin)
    path = f"/media/media/{medium['id']}"
    etag = admin.get(path).headers["ETag"]
    for change in ({"tags": ["a"]}, {"metadata": {"a": 1}}, {"description": "b"}, {"external_id": uuid.uuid4().hex}):
        answer = admin.patch(path, json=change, headers={"If-Match": etag})
        assert_json(answer)
        assert answer.headers["ETag"] != etag
        assert_problem(admin.patch(path, json=change, headers={"If-Match": etag}), 412)
        etag = answer.headers["ETag"]


# --- lists -------------------------------------------------------------------------------------------------
def test_lists_are_filtered_by_each_field(admin, stack, make_media):
    mark = uuid.uuid4().hex
    one = create(
        admin, title=mark, description=f"ОПИСАНИЕ {mark}", tags=[mark, "a"], metadata={"m": mark, "n": {"o": 1}}
    )
    two = create(admin, title=mark, tags=[mark, "b"], metadata={"m": mark}, file_url="https://media.example.org/a.mp4")
    three = stack.film(make_media("short"), title=mark)
    one, two, three = one["id"], two["id"], three["id"]
    assert ids(admin, description=f"описание {mark}") == [one] and ids(admin, description=f"{mark} %") == []
    assert ids(admin, tags=mark) == [two, one] and ids(admin, tags=f"{mark}, a") == [one]
    assert ids(admin, tags=f"a,b,{mark}") == []
    assert ids(admin, metadata=json.dumps({"m": mark})) == [two, one]
    assert ids(admin, metadata=json.dumps({"m": mark, "n": {"o": 1}})) == [one]
    assert ids(admin, q=mark, has_file="false") == [one] and ids(admin, q=mark, has_file="true") == [three, two]
    assert ids(admin, q=mark, package="none") == [three, two, one] and ids(admin, q=mark, package="failed") == []
    assert admin.post(f"/media/media/{three}/package").status_code in (200, 202)
    assert ids(admin, q=mark, package="queued") == [three]
    assert ids(admin, q=mark, type="video") == [three]
    assert ids(admin, q=mark, tags=mark, metadata=json.dumps({"m": mark}), has_file="false", description=mark) == [one]


def pages(api, **query):
    """All items of a list, two a page, by its Link headers; and by its cursors."""
    seen, path = [], "/media/media"
    answer = api.get(path, params={"limit": 2, "count": "true", **query})
    while True:
        page = assert_json(answer)
        seen += page["items"]
        link = answer.headers.get("Link")
        assert (link is None) == (page["next_cursor"] is None)
        if link is None:
            assert len(seen) == page["count"]
            return seen
        target, relation = link.split("; ")
        assert relation == 'rel="next"' and page["next_cursor"] in target
        answer = api.get(target.strip("<>"))


def test_lists_are_sorted_by_anything_both_ways(admin, stack, make_media):
    mark = uuid.uuid4().hex
    titles = ["Zebra", "äpfel", "Apfel", "b%&/ü", "яблоко", "apfel"]
    made = [create(admin, title=title, tags=[mark])["id"] for title in titles]
    for medium, name in zip(made[:3], ("short", "film", "sound")):
        assert stack.upload(medium, make_media(name)).status_code == 201
    for medium, views in ((made[4], 3), (made[1], 1)):
        for _ in range(views):
            assert admin.post(f"/media/media/{medium}/view", json={}).status_code == 201
    listed = {sort: pages(admin, tags=mark, sort=sort) for sort in ("created_at", "title", "duration", "size", "views")}
    assert [item["id"] for item in listed["created_at"]] == made[::-1]
    assert [item["title"] for item in listed["title"]] == ["apfel", "Apfel", "äpfel", "b%&/ü", "Zebra", "яблоко"]
    for sort, name in (("duration", "duration_seconds"), ("size", "size_bytes")):
        values = [item[name] or 0 for item in listed[sort]]
        assert values == sorted(values, reverse=True) and values[0] > 0
    assert [item["id"] for item in listed["views"]][:2] == [made[4], made[1]]
    for sort, items in listed.items():
        order = "desc" if sort == "title" else "asc"
        assert pages(admin, tags=mark, sort=sort, order=order) == items[::-1]


def test_a_cursor_belongs_to_its_order(admin):
    mark = uuid.uuid4().hex
    for _ in range(3):
        create(admin, tags=[mark])

    def page(**query):
        return admin.get("/media/media", params={"limit": 1, "tags": mark, **query})

    cursor = assert_json(page(sort="size"))["next_cursor"]
    assert_json(page(sort="size", cursor=cursor))
    for query in ({}, {"sort": "title"}, {"sort": "size", "order": "asc"}, {"sort": "size", "has_file": "false"}):
        assert_problem(page(cursor=cursor, **query), 422, ["?cursor"])


@pytest.mark.parametrize(
    "query, pointers",
    [
        ("sort=name", ["?sort"]),
        ("order=up", ["?order"]),
        ("count=1", ["?count"]),
        ("has_file=no", ["?has_file"]),
        ("package=done", ["?package"]),
        ("tags=", ["?tags"]),
        ("tags=a,,b", ["?tags"]),
        ("external_id=", ["?external_id"]),
        ("metadata=x", ["?metadata"]),
        ("metadata={}", ["?metadata"]),
        ("metadata=[1]", ["?metadata"]),
        ("description=", ["?description"]),
        ("description=" + "x" * 301, ["?description"]),
    ],
)
def test_queries_of_lists_are_checked(admin, query, pointers):
    assert_problem(admin.get("/media/media?" + query), 422, pointers)


# --- many at once ------------------------------------------------------------------------------------------
def test_many_media_are_changed_with_an_answer_for_each(admin, stack, make_media):
    mark = uuid.uuid4().hex
    film, other = stack.film(make_media("short")), create(admin, title="kept")
    change = {"ids": [film["id"], 999999999, other["id"]], "tags": [mark], "type": "audio"}
    outcomes = assert_json(admin.patch("/media/media", json=change))["items"]
    assert [(item["id"], item["status"]) for item in outcomes] == [
        (film["id"], 422),
        (999999999, 404),
        (other["id"], 200),
    ]
    assert outcomes[0]["detail"] and outcomes[1]["detail"] and outcomes[2]["detail"] is None
    changed = assert_json(admin.get(f"/media/media/{other['id']}"))
    assert (changed["tags"], changed["type"], changed["title"]) == ([mark], "audio", "kept")
    assert ids(admin, tags=mark) == [other["id"]]


def test_many_media_are_deleted_with_an_answer_for_each(admin, stack, make_media):
    film, other = stack.film(make_media("short"))["id"], create(admin)["id"]
    url = stack.stream_path(film)
    outcomes = assert_json(admin.delete("/media/media", params={"ids": f"{film},999999999,{other},{film}"}))["items"]
    assert [(item["id"], item["status"]) for item in outcomes] == [
        (film, 204),
        (999999999, 404),
        (other, 204),
        (film, 404),
    ]
    assert stack.anonymous().get(url).status_code == 404
    assert_problem(admin.get(f"/media/media/{other}"), 404)


def test_two_hundred_media_at_once_and_no_more(admin):
    made = [create(admin)["id"] for _ in range(3)] + list(range(10**9, 10**9 + 198))
    text = ",".join(map(str, made))
    assert_problem(admin.patch("/media/media", json={"ids": made, "title": "y"}), 422, ["/ids"])
    assert_problem(admin.delete("/media/media", params={"ids": text}), 422, ["?ids"])
    outcomes = assert_json(admin.patch("/media/media", json={"ids": made[:200], "title": "y"}))["items"]
    assert [item["status"] for item in outcomes] == [200] * 3 + [404] * 197
    outcomes = assert_json(admin.delete("/media/media", params={"ids": text.rsplit(",", 1)[0]}))["items"]
    assert [item["status"] for item in outcomes] == [204] * 3 + [404] * 197


@pytest.mark.parametrize(
    "body, pointers",
    [
        ({}, ["/ids"]),
        ({"ids": []}, ["/ids"]),
        ({"ids": 7}, ["/ids"]),
        ({"ids": [1, "2"]}, ["/ids"]),
        ({"ids": [0]}, ["/ids"]),
        ({"ids": [1], "file_url": None}, ["/file_url"]),
        ({"ids": [1], "external_id": "x"}, ["/external_id"]),
        ({"ids": [1], "title": "", "tags": 1}, ["/title", "/tags"]),
    ],
    ids=str,
)
def test_changes_of_many_are_checked(admin, body, pointers):
    assert_problem(admin.patch("/media/media", json=body), 422, pointers)


@pytest.mark.parametrize("query", ["", "?ids=", "?ids=1,", "?ids=,1", "?ids=x", "?ids=0", "?ids=-1", "?ids=1.5"])
def test_deletions_of_many_are_checked(admin, query):
    assert_problem(admin.delete("/media/media" + query), 422, ["?ids"])
