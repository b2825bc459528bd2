# SPDX-License-Identifier: ISC
"""Hostile JSON through nginx: each body with the one status that it deserves, never a 500, never a dead worker."""
import gzip

import pytest
from answers import assert_json, assert_problem

GOOD = b'{"title":"x","type":"video"}'


def nested(depth, inner=b"1"):
    return b'{"title":' + b"[" * depth + inner + b"]" * depth + b',"type":"video"}'


# (description, body, status, pointers of a 422)
BODIES = [
    # not JSON
    ("nothing", b"", 400, None),
    ("blanks", b" \n\t ", 400, None),
    ("a word", b"title", 400, None),
    ("a form", b"title=x&type=video", 400, None),
    ("an open object", b'{"title":"x","type":"video"', 400, None),
    ("an open string", b'{"title":"x', 400, None),
    ("one brace too many", GOOD + b"}", 400, None),
    ("two objects", GOOD + GOOD, 400, None),
    ("something behind", GOOD + b" x", 400, None),
    ("a comma at the end", b'{"title":"x","type":"video",}', 400, None),
    ("a comma at the beginning", b'{,"title":"x"}', 400, None),
    ("no colon", b'{"title" "x"}', 400, None),
    ("single quotes", b"{'title':'x','type':'video'}", 400, None),
    ("a name without quotes", b'{title:"x",type:"video"}', 400, None),
    ("a comment", b'{"title":"x",/* c */"type":"video"}', 400, None),
    ("a line comment", b'{"title":"x","type":"video"}//', 400, None),
    ("a byte order mark", b"\xef\xbb\xbf" + GOOD, 400, None),
    ("UTF-16", GOOD.decode().encode("utf-16"), 400, None),
    ("an escape that is none", b'{"title":"\\x41","type":"video"}', 400, None),
    ("a short escape", b'{"title":"\\u12","type":"video"}', 400, None),
    ("a capital literal", b'{"title":True,"type":"video"}', 400, None),
    # not an object
    ("an array", b"[" + GOOD + b"]", 400, None),
    ("a string", b'"title"', 400, None),
    ("a number", b"1", 400, None),
    ("null", b"null", 400, None),
    ("true", b"true", 400, None),
    # control characters and NUL
    ("a NUL byte", b'{"title":"x\0y","type":"video"}', 400, None),
    ("a NUL byte behind", GOOD + b"\0", 400, None),
    ("an escaped NUL", b'{"title":"x\\u0000y","type":"video"}', 400, None),
    ("an escaped NUL in a name", b'{"title\\u0000":"x","type":"video"}', 400, None),
    ("a raw line feed in a string", b'{"title":"x\ny","type":"video"}', 400, None),
    ("a raw tab in a string", b'{"title":"x\ty","type":"video"}', 400, None),
    ("an escape character", b'{"title":"x\x1b[31m","type":"video"}', 400, None),
    ("a form feed between", b'{"title":"x",\x0c"type":"video"}', 400, None),
    ("an escaped line feed", b'{"title":"x\\ny","type":"video"}', 422, ["/title"]),
    ("an escaped C1 control", b'{"title":"x\\u0085y","type":"video"}', 422, ["/title"]),
    # UTF-8
    ("a stray byte", b'{"title":"\xff","type":"video"}', 400, None),
    ("a continuation alone", b'{"title":"\x80","type":"video"}', 400, None),
    ("a character cut short", b'{"title":"\xc3","type":"video"}', 400, None),
    ("an overlong slash", b'{"title":"\xc0\xaf","type":"video"}', 400, None),
    ("an overlong NUL", b'{"title":"\xc0\x80","type":"video"}', 400, None),
    ("a surrogate in UTF-8", b'{"title":"\xed\xa0\x80","type":"video"}', 400, None),
    ("beyond U+10FFFF", b'{"title":"\xf4\x90\x80\x80","type":"video"}', 400, None),
    ("a lone high surrogate", b'{"title":"\\ud800","type":"video"}', 400, None),
    ("a lone low surrogate", b'{"title":"\\udc00","type":"video"}', 400, None),
    ("surrogates the wrong way round", b'{"title":"\\udc00\\ud800","type":"video"}', 400, None),
    # duplicates
    ("a name twice", b'{"title":"x","title":"y","type":"video"}', 400, None),
    ("a name twice, once escaped", b'{"title":"x","\\u0074itle":"y","type":"video"}', 400, None),
    ("a name twice further down", b'{"title":{"a":1,"a":2},"type":"video"}', 400, None),
    # numbers
    ("NaN", b'{"title":NaN,"type":"video"}', 400, None),
    ("Infinity", b'{"title":-Infinity,"type":"video"}', 400, None),
    ("a leading zero", b'{"title":01,"type":"video"}', 400, None),
    ("a leading plus", b'{"title":+1,"type":"video"}', 400, None),
    ("a leading point", b'{"title":.5,"type":"video"}', 400, None),
    ("hexadecimal", b'{"title":0x10,"type":"video"}', 400, None),
    ("a number beyond 64 bits", b'{"title":' + b"9" * 30 + b',"type":"video"}', 400, None),
    ("an exponent beyond doubles", b'{"title":1e999,"type":"video"}', 400, None),
    ("a number where text belongs", b'{"title":9007199254740993,"type":"video"}', 422, ["/title"]),
    # depth and size
    ("16 levels", nested(15), 422, ["/title"]),
    ("17 levels", nested(16), 400, None),
    ("10,000 levels", nested(10000), 400, None),
    ("10,000 open brackets", b"[" * 10000, 400, None),
    ("10,000 open objects", b'{"a":' * 10000, 400, None),
    ("64 KiB of blanks", b" " * (65536 - len(GOOD)) + GOOD, 201, None),
    ("a byte more than 64 KiB", b" " * (65537 - len(GOOD)) + GOOD, 413, None),
    ("1 MiB of small objects", b"[" + b"{}," * 349525 + b"{}]", 413, None),
    ("a title of 60 KiB", b'{"title":"' + b"x" * 60000 + b'","type":"video"}', 422, ["/title"]),
    ("5,000 names", b'{"title":"x","type":"video",' + b",".join(b'"n%d":0' % n for n in range(5000)) + b"}", 400, None),
    # wrong types and names
    ("an empty object", b"{}", 422, ["/title"]),
    ("an empty name", b'{"":1,"title":"x","type":"video"}', 422, ["/"]),
    ("an object where text belongs", b'{"title":{},"type":[]}', 422, ["/title", "/type"]),
    ("a name that JSON pointers escape", b'{"title":"x","type":"video","~/":1}', 422, ["/~0~1"]),
    ("__proto__", b'{"title":"x","type":"video","__proto__":{}}', 422, ["/__proto__"]),
    # good
    ("blanks everywhere", b' \r\n\t{ "title" : "x" , "type" : "video" } \n', 201, None),
    ("escapes", b'{"t\\u0069tle":"\\"\\\\\\/\\u00e4\\ud83c\\udf9e","type":"video"}', 201, None),
    ("SQL", b'{"title":"\'); drop table media_asset; --","type":"video"}', 201, None),
    ("a noncharacter", b'{"title":"\xef\xbf\xbf","type":"video"}', 201, None),
]


@pytest.mark.parametrize("body, status, pointers", [row[1:] for row in BODIES], ids=[row[0] for row in BODIES])
def test_each_body_has_its_status(stack, admin, body, status, pointers):
    workers = set(stack.workers())
    answer = admin.post("/media/media/", data=body, headers={"Content-Type": "application/json"})
    if status == 201:
        assert_json(answer, 201)
    else:
        assert_problem(answer, status, pointers)
    assert set(stack.workers()) == workers  # none died


@pytest.mark.parametrize(
    "content_type, status",
    [
        ("application/json", 201),
        ("application/json; charset=utf-8", 201),
        ("Application/JSON;charset=UTF-8", 201),
        ("application/json ; charset=\"utf-8\"", 201),
        ("", 415),
        ("text/json", 415),
        ("application/jsonp", 415),
        ("application/merge-patch+json", 415),
        ("application/x-www-form-urlencoded", 415),
        ("multipart/form-data; boundary=x", 415),
        ("text/plain", 415),
        ("json", 415),
        ("application/json, text/plain", 415),
        ("application/json; charset=utf-16", 415),
        ("application/json; charset=iso-8859-1", 415),
        ("application/json; " "charset", 415),
    ],
)
def test_media_types(admin, content_type, status):
    answer = admin.post("/media/media/", data=GOOD, headers={"Content-Type": content_type})
    assert answer.status_code == status, answer.text


def test_a_compressed_body_is_415(admin):
    for body, headers in (
        (gzip.compress(GOOD), {"Content-Type": "application/json"}),
        (gzip.compress(b"username=a&password=b"), {"Content-Type": "application/x-www-form-urlencoded"}),
    ):
        path = "/media/media/" if "json" in headers["Content-Type"] else "/auth/login"
        answer = admin.post(path, data=body, headers={**headers, "Content-Encoding": "gzip"})
        assert "Content-Encoding" in assert_problem(answer, 415)["detail"]
        assert answer.headers["Accept-Encoding"] == "identity"
    answer = admin.post(
        "/media/media/", data=GOOD, headers={"Content-Type": "application/json", "Content-Encoding": "identity"}
    )
    assert_json(answer, 201)


@pytest.mark.parametrize(
    "method, path",
    [
        ("POST", "/auth/signup"),
        ("POST", "/auth/login"),
        ("POST", "/auth/refresh"),
        ("POST", "/auth/logout"),
        ("PUT", "/auth/password"),
        ("POST", "/media/media/"),
        ("PATCH", "/media/media/{film}"),
        ("POST", "/media/media/{film}/view"),
    ],
)
def test_every_path_with_a_body_reads_it_as_strictly(admin, film, method, path):
    path = path.format(film=film["id"])

    def send(body, content_type="application/json"):
        return admin.request(method, path, data=body, headers={"Content-Type": content_type})

    assert_problem(send(b"{"), 400)
    assert_problem(send(b"[]"), 400)
    assert_problem(send(b'{"a":1,"a":2}'), 400)
    assert_problem(send(b'{"\xff":1}'), 400)
    assert_problem(send(b" " * 70000), 413)
    assert_problem(send(b"{}", "text/plain"), 415)
    problem = assert_problem(send(b'{"unknown":1}'), 422)
    assert "/unknown" in [e["pointer"] for e in problem["errors"]]


def test_a_chunked_body_is_a_body(admin):
    answer = admin.post("/media/media/", data=iter([GOOD[:5], GOOD[5:]]), headers={"Content-Type": "application/json"})
    assert_json(answer, 201)
    assert_problem(
        admin.post("/media/media/", data=iter([b" " * 40000] * 2), headers={"Content-Type": "application/json"}), 413
    )
