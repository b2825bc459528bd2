# SPDX-License-Identifier: ISC
"""Hostile access tokens: (description, make(forge) -> bytes after "Authorization: Bearer ", expected status).

A Forge knows a good token, the keys of both files, and can sign anything. The same cases, with the exact
error of each, stand in tests/unit/test_access_token.c; here they go through nginx to a worker.
"""
import base64
import hashlib
import hmac
import json
import time

import signing


def b64(data):
    return base64.urlsafe_b64encode(data).decode().rstrip("=")


def unb64(text):
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


class Forge:
    """A good token taken apart, and a signer without scruples."""

    def __init__(self, stack, good):
        self.good = good
        self.header, self.payload, self.signature = good.split(".")
        self.header_text = unb64(self.header).decode()
        self.claims = json.loads(unb64(self.payload))
        self.kid = json.loads(self.header_text)["kid"]
        self.secret = unb64(dict(signing.stream_keys(stack.root / "etc/jwt_keys"))[self.kid])
        self.stream_kid, stream_secret = signing.stream_keys(stack.root / "etc/stream_keys")[0]
        self.stream_secret = unb64(stream_secret)
        self.now = int(time.time())

    def sign(self, header, payload, secret=None, digest=hashlib.sha256):
        header = header if isinstance(header, str) else json.dumps(header, separators=(",", ":"))
        text = f"{b64(header.encode())}.{b64(payload if isinstance(payload, bytes) else payload.encode())}"
        return f"{text}.{b64(hmac.new(self.secret if secret is None else secret, text.encode(), digest).digest())}"

    def with_header(self, text, **options):
        return self.sign(text, unb64(self.payload), **options)

    def with_header_members(self, **members):
        """Our header with members changed, added, or (None) taken out; sorted, as we write it."""
        header = {**json.loads(self.header_text), **members}
        header = dict(sorted((k, v) for k, v in header.items() if v is not None))
        return self.with_header(json.dumps(header, separators=(",", ":")))

    def with_claims(self, **claims):
        """Our payload with claims changed or (DELETE) taken out."""
        payload = {k: v for k, v in sorted({**self.claims, **claims}.items()) if v is not DELETE}
        return self.with_payload(json.dumps(payload, separators=(",", ":")))

    def with_payload(self, text):
        return self.sign(self.header_text, text)

    def payload_text(self):
        return unb64(self.payload).decode()


DELETE = object()


def header(description, **members):
    return (description, lambda f: f.with_header_members(**members), 401)


def claims(description, expected=401, **changes):
    return (
        description,
        lambda f: f.with_claims(**{k: v(f) if callable(v) else v for k, v in changes.items()}),
        expected,
    )


def text(description, make, expected=401):
    return (description, make, expected)


def swap(string, index):
    """The string with one character changed, which stays in the alphabet."""
    index %= len(string)
    return string[:index] + ("A" if string[index] != "A" else "B") + string[index + 1 :]


def another_spelling(segment):
    """The last character with its lowest spare bit set: decodes alike in a lenient decoder."""
    alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
    return segment[:-1] + alphabet[alphabet.index(segment[-1]) ^ 1]


HOSTILE_TOKENS = [
    text("nothing wrong", lambda f: f.good, 200),
    text("signed by us in the test", lambda f: f.with_claims(), 200),
    text("a trailing blank, which HTTP strips", lambda f: f.good + " ", 200),
    # the header
    header("alg none", alg="none"),
    text("alg none without a signature", lambda f: b64(b'{"alg":"none"}') + f".{f.payload}."),
    text("alg none with our signature", lambda f: b64(b'{"alg":"none","typ":"JWT"}') + f".{f.payload}.{f.signature}"),
    header("alg NONE", alg="NONE"),
    text("HS384", lambda f: f.with_header(f.header_text.replace("HS256", "HS384"), digest=hashlib.sha384)),
    text("HS512", lambda f: f.with_header(f.header_text.replace("HS256", "HS512"), digest=hashlib.sha512)),
    text("HS512 under an HS256 header", lambda f: f.with_header(f.header_text, digest=hashlib.sha512)),
    header("RS256", alg="RS256"),
    header("no alg", alg=None),
    header("alg an array", alg=["HS256"]),
    text("alg twice", lambda f: f.with_header(f.header_text.replace("{", '{"alg":"none",', 1))),
    header("no typ", typ=None),
    header("typ in lower case", typ="jwt"),
    header("typ of another kind of token", typ="at+jwt"),
    header("crit", crit=["exp"]),
    header("zip", zip="DEF"),
    header("jwk", jwk={"kty": "oct", "k": "AAAA"}),
    header("jku", jku="http://127.0.0.1/keys"),
    header("x5u", x5u="http://127.0.0.1/certificate"),
    header("no kid", kid=None),
    header("empty kid", kid=""),
    header("unknown kid", kid="zzzzzzzz"),
    header("kid a path", kid="../../../dev/null"),
    header("kid SQL", kid="' OR '1'='1"),
    header("kid a number", kid=1),
    header("kid in capitals", kid="KABCDE"),
    header("kid very long", kid="k" * 500),
    text(
        "kid of the stream keys, signed with that key",
        lambda f: f.sign(f.header_text.replace(f.kid, f.stream_kid), unb64(f.payload), secret=f.stream_secret),
    ),
    text("signed with the stream key", lambda f: f.with_header(f.header_text, secret=f.stream_secret)),
    text("signed with an empty key", lambda f: f.with_header(f.header_text, secret=b"")),
    text(
        "signed with the secret's text instead of its bytes",
        lambda f: f.with_header(f.header_text, secret=b64(f.secret).encode()),
    ),
    text("header with blanks", lambda f: f.with_header(f.header_text.replace(":", ": "))),
    text(
        "header in another order",
        lambda f: f.with_header(json.dumps(dict(reversed(json.loads(f.header_text).items())), separators=(",", ":"))),
    ),
    text("header with a newline behind", lambda f: f.with_header(f.header_text + "\n")),
    text("header an array", lambda f: f.with_header("[]")),
    text("header no JSON", lambda f: f.with_header("HS256")),
    # exp, nbf, iat
    claims("expired", exp=lambda f: f.now - 1, iat=lambda f: f.now - 900, nbf=lambda f: f.now - 900),
    claims("exp now", exp=lambda f: f.now, iat=lambda f: f.now - 900),
    claims("exp a string", exp=lambda f: str(f.now + 600)),
    claims("exp a float", exp=lambda f: f.now + 600.5),
    claims("exp a whole float", exp=lambda f: float(f.now + 600)),
    claims("exp negative", exp=-1),
    claims("exp zero", exp=0),
    claims("exp null", exp=None),
    claims("exp true", exp=True),
    claims("exp an object", exp={"at": 1}),
    claims("exp in a thousand years", exp=33000000000),
    claims("exp the largest 64-bit integer", exp=2**63 - 1),
    claims("exp beyond 64 bits", exp=2**64),
    claims("no exp", exp=DELETE),
    text("exp twice", lambda f: f.with_payload(f.payload_text().replace('"exp":', '"exp":1,"exp":'))),
    claims("exp two days away", exp=lambda f: f.now + 172800),
    claims("nbf in the future", nbf=lambda f: f.now + 300),
    claims("nbf a string", nbf="0"),
    claims("no nbf", nbf=DELETE),
    claims("iat in the future", iat=lambda f: f.now + 300),
    claims("iat negative", iat=-(2**63)),
    claims("no iat", iat=DELETE),
    # iss, aud, sub, sid, epoch
    claims("another iss", iss="evil"),
    claims("iss an array", iss=["mediagate"]),
    claims("no iss", iss=DELETE),
    claims("another aud", aud="evil"),
    claims("aud an array", aud=["mediagate"]),
    claims("no aud", aud=DELETE),
    claims("sub an integer", sub=lambda f: int(f.claims["sub"])),
    claims("sub negative", sub="-1"),
    claims("sub zero", sub="0"),
    claims("sub of nobody", sub="9223372036854775807"),
    claims("sub huge", sub="9223372036854775808"),
    claims("sub with a leading zero", sub=lambda f: "0" + f.claims["sub"]),
    claims("sub with a NUL", sub=lambda f: f.claims["sub"] + "\0"),
    claims("sub SQL", sub="1 OR 1=1"),
    claims("no sub", sub=DELETE),
    claims("no sid", sid=DELETE),
    claims("sid no UUID", sid="x"),
    claims("an older epoch", epoch=lambda f: f.claims["epoch"] - 1),
    claims("a newer epoch", epoch=lambda f: f.claims["epoch"] + 1),
    claims("epoch a string", epoch=lambda f: str(f.claims["epoch"])),
    # the payload as a whole
    text("payload with a blank", lambda f: f.with_payload(" " + f.payload_text())),
    text("payload with a second object", lambda f: f.with_payload(f.payload_text() + "{}")),
    text("payload an array", lambda f: f.with_payload("[]")),
    text("payload an empty object", lambda f: f.with_payload("{}")),
    text("payload null", lambda f: f.with_payload("null")),
    text("payload no JSON", lambda f: f.with_payload("sub=1")),
    text(
        "payload not UTF-8",
        lambda f: f.with_payload(f.payload_text().replace("mediagate", "\0").encode().replace(b"\0", b"\xff")),
    ),
    text("payload nested deeply", lambda f: f.with_payload("[" * 500 + "]" * 500)),
    text("payload tampered", lambda f: f"{f.header}.{swap(f.payload, 10)}.{f.signature}"),
    # the shape
    text("signature tampered at its start", lambda f: f"{f.header}.{f.payload}.{swap(f.signature, 0)}"),
    text(
        "signature tampered at its end",
        lambda f: f"{f.header}.{f.payload}.{f.signature[:-4]}{'AAAA' if not f.signature.endswith('AAAA') else 'AAAE'}",
    ),
    text("signature in another spelling", lambda f: f"{f.header}.{f.payload}.{another_spelling(f.signature)}"),
    text("signature cut", lambda f: f.good[:-1]),
    text("signature longer", lambda f: f.good + "A"),
    text("signature empty", lambda f: f"{f.header}.{f.payload}."),
    text("no signature", lambda f: f"{f.header}.{f.payload}"),
    text("payload empty", lambda f: f"{f.header}..{f.signature}"),
    text("header empty", lambda f: f".{f.payload}.{f.signature}"),
    text("three dots", lambda f: f.good + "."),
    text("a dot first", lambda f: "." + f.good),
    text("only dots", lambda f: ".."),
    text("five segments", lambda f: f"{f.good}.{f.payload}.{f.signature}"),
    text("segments swapped", lambda f: f"{f.payload}.{f.header}.{f.signature}"),
    text("padding behind the header", lambda f: f"{f.header}=.{f.payload}.{f.signature}"),
    text("padding behind the token", lambda f: f.good + "="),
    text("junk inside the header", lambda f: f"{f.header[:8]}!*{f.header[8:]}.{f.payload}.{f.signature}"),
    text("standard base64", lambda f: f"{f.header}.{f.payload}.+/{f.signature[2:]}"),
    text("a blank inside", lambda f: f"{f.header}. {f.payload}.{f.signature}"),
    text("a tab inside", lambda f: f"{f.header}.\t{f.payload}.{f.signature}"),
    text("a NUL behind", lambda f: f.good.encode() + b"\0", 400),
    text("not ASCII", lambda f: f.good.encode() + b"\xc3\xa4"),
    text("escaped", lambda f: f.good.replace(".", "%2e")),
    text("in quotes", lambda f: f'"{f.good}"'),
    text("Bearer twice", lambda f: "Bearer " + f.good),
    text("two tokens", lambda f: f"{f.good},{f.good}"),
    text("a word", lambda f: "null"),
    text("4,000 bytes", lambda f: f"{f.header}.{'A' * 4000}.{f.signature}"),
    text("7,000 bytes without a dot", lambda f: "A" * 7000),
    text("7,000 dots", lambda f: "." * 7000),
    text("9,000 bytes: more than nginx takes", lambda f: "A" * 9000, 431),
]
assert len(HOSTILE_TOKENS) >= 70
