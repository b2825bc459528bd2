# SPDX-License-Identifier: ISC
"""What an origin of remote media may say to a viewer: the bytes, and five headers. The rest is ours."""
import re

import pytest

from origin_server import Origin

FILM = bytes(range(256)) * 40

# IANA's HTTP Field Name Registry (RFC 9110 section 16.3; its first content is RFC 4229): those that a response may
# carry in practice or that browsers act upon. With them names of W3C's and WHATWG's that are not registered there, and
# some that never were. Fields of a connection alone (RFC 9110 section 7.6.1) end at nginx: Close and Keep-Alive stand
# for them. NEL and Report-To are of W3C's Network Error Logging and Reporting API, Alt-Svc is RFC 7838.
REGISTERED = """
A-IM Accept Accept-Additions Accept-CH Accept-Charset Accept-Datetime Accept-Encoding Accept-Features Accept-Language
Accept-Patch Accept-Post Accept-Query Accept-Ranges
Accept-Signature Access-Control Access-Control-Allow-Credentials Access-Control-Allow-Headers
Access-Control-Allow-Methods Access-Control-Allow-Origin
Access-Control-Expose-Headers Access-Control-Max-Age Access-Control-Request-Headers Access-Control-Request-Method
Activate-Storage-Access Age Allow ALPN Alt-Svc Alt-Used
Alternates AMP-Cache-Transform Apply-To-Redirect-Ref Authentication-Control Authentication-Info Authorization
Available-Dictionary C-Ext C-Man C-Opt C-PEP C-PEP-Info
Cache-Control Cache-Group-Invalidation Cache-Groups Cache-Status Cal-Managed-ID CalDAV-Timezones Capsule-Protocol
CDN-Cache-Control CDN-Loop Cert-Not-After Cert-Not-Before
Clear-Site-Data Client-Cert Client-Cert-Chain CMCD-Object CMCD-Request CMCD-Session CMCD-Status CMSD-Dynamic
CMSD-Static Compliance Concealed-Auth-Export Configuration-Context
Content-Base Content-Digest Content-Disposition Content-ID Content-Language Content-Location Content-MD5
Content-Script-Type Content-Security-Policy
Content-Security-Policy-Report-Only Content-Style-Type Content-Type-Options Content-Version Cookie Cookie2 Cost
Cross-Origin-Embedder-Policy
Cross-Origin-Embedder-Policy-Report-Only Cross-Origin-Opener-Policy Cross-Origin-Opener-Policy-Report-Only
Cross-Origin-Resource-Policy CTA-Common-Access-Token DASL DAV
Default-Style Delta-Base Deprecation Depth Derived-From Destination Detached-JWS Differential-ID Dictionary-ID Digest
DPoP DPoP-Nonce Early-Data EDIINT-Features Ediint-Features Expect
Expect-CT Expires Ext Forwarded From GetProfile Hobareg Host HTTP2-Settings If If-Match If-Modified-Since If-None-Match
If-Range If-Schedule-Tag-Match If-Unmodified-Since IM
Include-Referred-Token-Binding-ID Incremental Isolation Keep-Alive-Hint Label Last-Event-ID Link Link-Template Location
Lock-Token Man Max-Forwards Memento-Datetime Message-ID Meter
Method-Check Method-Check-Expires MIME-Version Negotiate NEL Nel OData-EntityId OData-Isolation OData-MaxVersion
OData-Version Opt Optional Optional-WWW-Authenticate
Ordering-Type Origin Origin-Agent-Cluster OSCORE OSLC-Core-Version Overwrite P3P PEP PEP-Info Permissions-Policy
PICS-Label Ping-From Ping-To Position Pragma Prefer
Preference-Applied Priority ProfileObject Protocol Protocol-Info Protocol-Query Protocol-Request Proxy-Authenticate
Proxy-Authentication-Info Proxy-Authorization Proxy-Features
Proxy-Instruction Proxy-Status Public Public-Key-Pins Public-Key-Pins-Report-Only Redirect-Ref Referer Referer-Root
Referrer-Policy Refresh Repeatability-Client-ID
Repeatability-First-Sent Repeatability-Request-ID Repeatability-Result Replay-Nonce Report-To Reporting-Endpoints
Repr-Digest Resolution-Hint Resolver-Location Retry-After Safe
Schedule-Reply Schedule-Tag Sec-Fetch-Storage-Access Sec-GPC Sec-Purpose Sec-Token-Binding Sec-WebSocket-Accept
Sec-WebSocket-Extensions Sec-WebSocket-Key
Sec-WebSocket-Protocol Sec-WebSocket-Version Security-Scheme Server Server-Timing Service-Worker-Allowed Set-Cookie
Set-Cookie2 Set-Login SetProfile Set-Txn Signature Signature-Input
SLUG SoapAction SourceMap Speculation-Rules Status-URI Strict-Transport-Security Sunset Supports-Loading-Mode
Surrogate-Capability Surrogate-Control TCN TE Timeout Timing-Allow-Origin Title Topic
Traceparent Tracestate TTL Unencoded-Digest Upgrade-Insecure-Requests Urgency URI Use-As-Dictionary User-Agent
Variant-Vary Vary Via Want-Content-Digest Want-Digest
Want-Repr-Digest Want-Unencoded-Digest Warning WWW-Authenticate X-Content-Type-Options X-Frame-Options X-Accel-Redirect
X-Accel-Expires X-Accel-Limit-Rate X-Accel-Buffering X-Accel-Charset
X-Powered-By X-Robots-Tag X-UA-Compatible X-DNS-Prefetch-Control X-Permitted-Cross-Domain-Policies X-Sourcemap
X-Request-Id X-Origin-Target Document-Policy Require-Document-Policy
Critical-CH Feature-Policy No-Vary-Search Observe-Browsing-Topics Attribution-Reporting-Register-Source
Attribution-Reporting-Register-Trigger Ad-Auction-Allowed Login-Status
Close Content-Encoding Document-Isolation-Policy Integrity-Policy Integrity-Policy-Report-Only Keep-Alive Origin-Trial
Sec-Session-Registration Sec-Speculation-Tags
""".split()
NOBODY_KNOWS = [
    "X-Nobody-Knows",
    "Zz",
    "0",
    "A",
    "_under_score",
    "X.Dot",
    "Report-To-Me",
    "nel-2",
    "ETag-2",
    "Content-Range-2",
]
# Ours or nginx's, whatever the origin says; Connection's are of the connection.
OURS = {
    "server": "nginx",
    "date": None,
    "connection": None,
    "x-request-id": None,
    "x-content-type-options": "nosniff",
    "referrer-policy": "no-referrer",
    "accept-ranges": "bytes",
    "content-security-policy": None,
    "cache-control": "private, max-age=60",
    "content-disposition": None,
    "nel": '{"max_age":0}',
    "report-to": '{"max_age":0,"endpoints":[]}',
}
ORIGINS = {"content-type", "content-length", "content-range", "etag", "last-modified"}
SANDBOX = "default-src 'none'; sandbox; frame-ancestors 'none'"
PLAYS = (
    "default-src 'none'; media-src 'self'; img-src 'self'; style-src 'unsafe-inline'; "
    "sandbox allow-same-origin allow-scripts; frame-ancestors 'none'"
)


@pytest.fixture(scope="module")
def origin():
    with Origin().running() as server:
        yield server


@pytest.fixture(scope="module")
def stack(module_stack_with, origin):  # pylint: disable=redefined-outer-name
    return module_stack_with(origin_hosts=[origin.url])


def ask(stack, origin, name, status=200, said=(), body=FILM, **asked):  # pylint: disable=redefined-outer-name
    origin.says = status, body, list(said)
    media = stack.new_media(file_url=f"{origin.url}/says/{name}")
    with stack.anonymous() as api:
        return api.get(stack.stream_path(media["id"]), **asked)


@pytest.mark.parametrize(
    "status, asked",
    [(200, {}), (206, {}), (200, {"headers": {"Range": "bytes=0-9"}}), (304, {"headers": {"If-None-Match": '"its"'}})],
    ids=["whole", "part", "part of a whole", "unchanged"],
)
def test_of_an_origins_headers_only_five_come_through(stack, origin, status, asked):
    said = [(name, f"said-{number}") for number, name in enumerate([*REGISTERED, *NOBODY_KNOWS])]
    meant = [("Content-Type", "video/mp4"), ("ETag", '"its"'), ("Last-Modified", "Mon, 02 Jan 2023 00:00:00 GMT")]
    meant += [("Content-Range", f"bytes 0-{len(FILM) - 1}/{len(FILM)}")] if status == 206 else []
    # nginx takes at most 16 KiB of headers: in parts of a hundred
    for first in range(0, len(said), 100):
        part = said[first : first + 100] + meant
        answer = ask(stack, origin, "film.mp4", status, part, b"" if status == 304 else FILM, **asked)
        assert answer.status_code == (206 if asked.get("headers", {}).get("Range") else status)
        for name, value in answer.headers.items():
            name = name.lower()
            assert "said-" not in value, (name, value)
            assert name in OURS or name in ORIGINS, (name, value)
            assert OURS.get(name) is None or value == OURS[name], (name, value)
        assert answer.headers["ETag"] == '"its"' and answer.headers["Last-Modified"] == "Mon, 02 Jan 2023 00:00:00 GMT"


@pytest.mark.parametrize(
    "name, said, expected",
    [
        ("film.mp4", ["video/mp4"], "video/mp4"),
        ("film.mp4", ["text/html"], "video/mp4"),
        ("film.mp4", ["video/mp4, text/html"], "video/mp4"),
        ("film.mp4", ["video/mp4", "text/html"], "video/mp4"),
        ("film.mp4", ["text/html", "video/mp4"], "video/mp4"),
        ("film.mp4", [], "video/mp4"),
        ("film.MP4", ["application/octet-stream"], "video/mp4"),
        ("sound.mp3", ["binary/octet-stream"], "audio/mpeg"),
        ("list.m3u8", ["text/plain"], "application/vnd.apple.mpegurl"),
        ("film", ["video/webm"], "video/webm"),
        ("film", ["text/vtt; charset=utf-8"], "text/vtt"),
        ("film", ["application/octet-stream"], "application/octet-stream"),
        ("film.mp4", ["video/mp4; charset=utf-8, text/html"], "video/mp4"),
        ("film.mp4", ["text/html; charset=utf-7"], "video/mp4"),
        ("film", ["text/html"], "application/octet-stream"),
        ("film", ["video/mp4, text/html"], "application/octet-stream"),
        ("film", ["video/mp4;text/html"], "application/octet-stream"),
        ("film", ["video/mp4\ttext/html"], "application/octet-stream"),
        ("film", ["image/svg+xml"], "application/octet-stream"),
        ("film", ["xvideo/mp4"], "application/octet-stream"),
        ("page.html", ["text/html"], "application/octet-stream"),
        ("page.mp4.html", ["text/html; charset=utf-8"], "application/octet-stream"),
        ("film", [], "application/octet-stream"),
    ],
)
def test_a_remote_files_type_is_that_of_its_name_or_one_of_a_list(stack, origin, name, said, expected):
    """An origin's text/html beside its video/mp4 was a page of ours."""
    answer = ask(stack, origin, name, 200, [("Content-Type", value) for value in said], b"<script>alert(1)</script>")
    assert answer.status_code == 200 and answer.headers["Content-Type"] == expected
    plays = re.match("(audio|video|image)/", expected)
    assert answer.headers["Content-Security-Policy"] == (PLAYS if plays else SANDBOX)
    assert answer.headers.get("Content-Disposition") == (
        "attachment" if expected == "application/octet-stream" else None
    )


@pytest.mark.parametrize(
    "wanted, first, last",
    [("bytes=0-1", 0, 1), ("bytes=100-", 100, len(FILM) - 1), ("bytes=-10", len(FILM) - 10, len(FILM) - 1)],
)
def test_an_origin_that_ignores_ranges_plays_with_ranges(stack, origin, wanted, first, last):
    """Chromium could not seek, and Safari did not play at all."""
    answer = ask(stack, origin, "film.mp4", 200, [("ETag", '"its"')], headers={"Range": wanted})
    assert answer.status_code == 206 and answer.content == FILM[first : last + 1]
    assert answer.headers["Content-Range"] == f"bytes {first}-{last}/{len(FILM)}"
    outside = ask(stack, origin, "film.mp4", 200, [("ETag", '"its"')], headers={"Range": f"bytes={len(FILM)}-"})
    assert outside.status_code == 416
    changed = ask(stack, origin, "film.mp4", 200, [("ETag", '"its"')], headers={"Range": wanted, "If-Range": '"other"'})
    assert changed.status_code == 200 and changed.content == FILM


@pytest.mark.parametrize(
    "status",
    [
        300,
        301,
        302,
        305,
        306,
        400,
        401,
        403,
        405,
        418,
        420,
        450,
        451,
        490,
        494,
        495,
        496,
        497,
        498,
        500,
        503,
        511,
        520,
        550,
        599,
    ],
)
def test_no_word_of_an_origins_error_comes_through(stack, origin, status):
    answer = ask(
        stack,
        origin,
        "film.mp4",
        status,
        [("Content-Type", "text/html"), ("Location", "http://elsewhere.example/"), ("WWW-Authenticate", "Basic")],
        b"its own words",
    )
    assert answer.status_code == 502 and answer.headers["Content-Type"] == "application/problem+json"
    assert b"its own words" not in answer.content and not {"Location", "WWW-Authenticate"} & set(answer.headers)
