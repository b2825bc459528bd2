# SPDX-License-Identifier: ISC
"""Hostile stream URLs: (description, make(good) -> request target, expected status).

A Good is a stream URL that plays, taken apart, with the key that signed it. 403: forged, revoked, unknown, not of the
form. 410: expired. 404: no such file. 400: another spelling than the one that we hand out.
"""
import re
import time

import signing


class Good:
    """A good path in pieces. with_(…) replaces some without signing anew; signed(…) signs."""

    NAMES = ("kid", "flags", "viewer", "grant", "expires", "signature", "media", "file")

    def __init__(self, path, keys):
        self.path = path
        self.keys = dict(keys)
        pieces = path.split("/", 9)
        assert pieces[:2] == ["", "stream"] and len(pieces) == 10, path
        for name, piece in zip(self.NAMES, pieces[2:]):
            setattr(self, name, piece)

    def with_(self, **pieces):
        return "/stream/" + "/".join(str(pieces.get(name, getattr(self, name))) for name in self.NAMES)

    def signed(self, secret=None, **pieces):
        values = {name: pieces.get(name, getattr(self, name)) for name in self.NAMES if name != "signature"}
        values.update(media=values.pop("media"), address=pieces.get("address", ""))
        kid = values.pop("kid")
        return signing.sign(
            self.keys.get(kid, "") if secret is None else secret, kid, values.pop("media"), values.pop("file"), **values
        )


def forged(description, expected=403, **pieces):
    return (description, lambda g: g.with_(**{k: v(g) if callable(v) else v for k, v in pieces.items()}), expected)


def resigned(description, expected, **pieces):
    return (description, lambda g: g.signed(**{k: v(g) if callable(v) else v for k, v in pieces.items()}), expected)


def spelt(description, make, expected=400):
    return (description, make, expected)


ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
SOON = lambda _: int(time.time()) + 600

TAMPERED_URLS = [
    spelt("nothing wrong", lambda g: g.path, 200),
    resigned("signed by us in the test", 200),
    forged("another known key", kid=lambda g: [*g.keys][-1] if len(g.keys) > 1 else "zzzz"),
    forged("unknown key", kid="zzzzzzzz"),
    resigned("unknown key, signed with an empty secret", 403, kid="zzzzzzzz", secret=""),
    resigned("key `default`, signed with an empty secret", 403, kid="default", secret=""),
    resigned("key `include`, signed with an empty secret", 403, kid="include", secret=""),
    forged("key in capitals", kid=lambda g: g.kid.upper()),
    forged("key too long", kid="kkkkkkkkk"),
    forged("key an expression", kid="~.*"),
    resigned("signed with another secret", 403, secret="A" * 43),
    resigned("signed with the secret in lower case", 403, secret=lambda g: g.keys[g.kid].lower()),
    forged("flag added", flags="i"),
    forged("unknown flag", flags="x"),
    forged("flag download added", flags="d"),
    resigned("flags in the wrong order, signed", 403, flags="di", address="127.0.0.1"),
    resigned("a download without a name, signed", 200, flags="d"),
    resigned("unknown flag, signed", 403, flags="x"),
    forged("two flags", flags="ni"),
    forged("flag in capitals", flags="N"),
    resigned("bound to another address", 403, flags="i", address="192.0.2.7"),
    resigned("bound to our address", 200, flags="i", address="127.0.0.1"),
    resigned("bound to no address", 403, flags="i", address=""),
    resigned("an address in an unbound URL", 403, flags="n", address="127.0.0.1"),
    forged("another viewer", viewer="mallory"),
    resigned("another viewer, signed", 200, viewer="bob"),
    forged("viewer with a dot", viewer="a.b"),
    forged("viewer with a bar", viewer="a|b"),
    resigned("viewer with a bar, signed", 403, viewer="a|b"),
    forged("viewer of 65 bytes", viewer="v" * 65),
    forged("another grant", grant=signing.GRANT),
    forged("grant in capitals", grant=lambda g: g.grant.upper().replace("0", "A", 1)),
    forged("grant with dashes", grant=lambda g: f"{g.grant[:8]}-{g.grant[8:]}"),
    forged("grant too short", grant=lambda g: g.grant[:-1]),
    forged("grant too long", grant=lambda g: g.grant + "0"),
    forged("expiry a second later", expires=lambda g: int(g.expires) + 1),
    forged("expiry tenfold", expires=lambda g: g.expires + "0"),
    forged("expiry in the past, not signed", expires=1600000000),
    resigned("expired a second ago", 410, expires=lambda _: int(time.time()) - 1),
    resigned("expired long ago", 410, expires=1600000000),
    forged("expiry zero", expires=0),
    resigned("expiry zero, signed", 403, expires="0"),
    forged("expiry negative", expires=-1),
    forged("expiry with a leading zero", expires=lambda g: "0" + g.expires),
    forged("expiry beyond 64 bits", expires="99999999999999999999"),
    resigned("expiry beyond 64 bits, signed", 403, expires="99999999999999999999"),
    forged("expiry in hexadecimal", expires=lambda g: hex(int(g.expires))),
    forged("expiry in exponent form", expires="2e9"),
    forged(
        "field boundary: expiry to medium",
        expires=lambda g: g.expires[:-1],
        media=lambda g: g.expires[-1].replace("0", "1") + g.media,
    ),
    forged(
        "signature tampered at its start", signature=lambda g: ("A" if g.signature[0] != "A" else "B") + g.signature[1:]
    ),
    forged(
        "signature tampered inside",
        signature=lambda g: g.signature[:10] + ("A" if g.signature[10] != "A" else "B") + g.signature[11:],
    ),
    forged(
        "signature tampered at its end", signature=lambda g: g.signature[:-1] + ("A" if g.signature[-1] != "A" else "Q")
    ),
    forged(
        "signature in another spelling",
        signature=lambda g: g.signature[:-1] + ALPHABET[ALPHABET.index(g.signature[-1]) + 1],
    ),
    forged("signature cut", signature=lambda g: g.signature[:-1]),
    forged("signature longer", signature=lambda g: g.signature + "A"),
    forged("signature with padding", signature=lambda g: g.signature + "=="),
    forged("signature zeros", signature="A" * 22),
    forged("signature in hexadecimal", signature="0123456789abcdef0123456789abcdef"),
    forged("signature with an expiry behind a comma", signature=lambda g: g.signature + ",9999999999"),
    forged("another medium", media=lambda g: int(g.media) + 1),
    resigned("a medium that does not exist", 404, media=9223372036854775807),
    forged("medium zero", media=0),
    resigned("medium zero, signed", 403, media=0),
    forged("medium negative", media="-1"),
    forged("medium with a leading zero", media=lambda g: "0" + g.media),
    resigned("medium of 20 digits, signed", 403, media="9" * 20),
    resigned("medium a parent folder, signed", 400, media=".."),
    resigned("no such file", 404, file="nothing.mp4"),
    resigned("no such folder", 404, file="nothing/film.mp4"),
    forged("no file", file=""),
    resigned("a hidden file", 403, file=".env"),
    resigned("a file in a hidden folder", 403, file=".git/config"),
    resigned("nine folders deep", 403, file="1/2/3/4/5/6/7/8/9"),
    resigned("a very long name", 403, file="a" * 201),
    spelt(
        "a field too few",
        lambda g: "/stream/" + "/".join([g.kid, g.flags, g.viewer, g.grant, g.expires, g.signature, g.media]),
        403,
    ),
    spelt("a field too many", lambda g: g.path.replace("/stream/", "/stream/k/"), 403),
    spelt("only the prefix", lambda g: "/stream/", 403),
    spelt("not below /stream/", lambda g: g.path.replace("/stream/", "/streams/"), 404),
    spelt("the prefix in capitals", lambda g: g.path.replace("/stream/", "/STREAM/"), 404),
    spelt("the file without the prefix", lambda g: f"/{g.media}/{g.file}", 404),
    spelt("the media folder", lambda g: f"/media/{g.media}/{g.file}", 404),
    spelt("the remote location from outside", lambda g: "/_remote", 404),
    spelt("the origin location from outside", lambda g: "/_origin/http/127.0.0.1/80/x", 404),
    spelt("the workers' origin hook from outside", lambda g: "/internal/origin", 404),
    spelt("nginx's problem document from outside", lambda g: "/_problem", 404),
]

OTHER_SPELLINGS = [
    spelt("two slashes first", lambda g: "/" + g.path),
    spelt("two slashes inside", lambda g: g.path.replace("/stream/", "/stream//")),
    spelt("two slashes before the file", lambda g: g.path.replace("/" + g.file, "//" + g.file)),
    spelt("three slashes first", lambda g: "//" + g.path),
    spelt("an encoded letter of the prefix", lambda g: g.path.replace("/stream/", "/%73tream/")),
    spelt(
        "an encoded letter of the file",
        lambda g: g.path.replace("/" + g.file, "/%" + format(ord(g.file[0]), "02x") + g.file[1:]),
    ),
    spelt("an encoded letter of the grant", lambda g: g.path.replace(g.grant, "%30" + g.grant[1:])),
    spelt("an encoded dot", lambda g: g.path.replace(".", "%2e")),
    spelt("an encoded dot in capitals", lambda g: g.path.replace(".", "%2E")),
    spelt("an encoded slash", lambda g: g.path.replace("/" + g.file, "%2f" + g.file)),
    spelt("an encoded slash first", lambda g: "/%2f" + g.path[1:]),
    spelt("a folder and back", lambda g: "/x/.." + g.path),
    spelt("a folder and back inside", lambda g: g.path.replace("/" + g.file, "/x/../" + g.file)),
    spelt("a folder and back, encoded", lambda g: "/x/%2e%2e" + g.path),
    spelt("the root's parent", lambda g: "/.." + g.path),
    spelt("this folder", lambda g: "/." + g.path),
    spelt("this folder inside", lambda g: g.path.replace("/" + g.file, "/./" + g.file)),
    spelt("this folder, encoded", lambda g: g.path.replace("/" + g.file, "/%2e/" + g.file)),
    spelt("this folder behind", lambda g: g.path + "/."),
    spelt("a folder and back behind", lambda g: g.path + "/x/.."),
    spelt("a slash behind", lambda g: g.path + "/", 403),
    spelt("a newline behind", lambda g: g.path + "%0a"),
    spelt("a carriage return behind", lambda g: g.path + "%0d"),
    spelt("a NUL behind", lambda g: g.path + "%00"),
    spelt("a NUL and a name behind", lambda g: g.path + "%00.jpg"),
    spelt("a blank behind", lambda g: g.path + "%20"),
    spelt("a tab behind", lambda g: g.path + "%09"),
    spelt("a backslash", lambda g: g.path.replace("/" + g.file, "\\" + g.file)),
    spelt("an encoded backslash", lambda g: g.path.replace("/" + g.file, "/%5c" + g.file)),
    spelt("backslashes and a parent", lambda g: g.path.replace("/" + g.file, "/..\\" + g.file)),
    spelt("an overlong dot", lambda g: g.path.replace(".", "%c0%ae")),
    spelt("doubly encoded", lambda g: g.path.replace(".", "%252e")),
    spelt("bytes that are not ASCII", lambda g: g.path.encode() + b"\xc3\xa4", 403),
    spelt("a bad escape", lambda g: g.path + "%zz"),
    spelt("a cut escape", lambda g: g.path + "%2"),
    spelt("a semicolon parameter", lambda g: g.path + ";jsessionid=1", 403),
    spelt("a plus for a blank", lambda g: g.path + "+", 404),
    spelt("a fragment", lambda g: g.path + "#t=10"),
    # Spellings that mean the same to HTTP itself: they play, and count once.
    spelt("a query", lambda g: g.path + "?download=1", 200),
    spelt("an empty query", lambda g: g.path + "?", 200),
    spelt("a query with a path", lambda g: g.path + "?x=/../..//%00", 200),
    spelt("a query with a second signature", lambda g: g.path + "?signature=" + g.signature, 200),
    spelt("a whole URL", lambda g: "http://127.0.0.1" + g.path, 200),
]
assert len(TAMPERED_URLS) >= 52 and len(OTHER_SPELLINGS) >= 20
assert not [row for row in TAMPERED_URLS + OTHER_SPELLINGS if not re.fullmatch(r"[^\n]+", row[0])]
