#!/usr/bin/env python3
# SPDX-License-Identifier: ISC
"""The tour of README.md by the Python client. MEDIAGATE_URL, FILM; EMAIL and PASSWORD of an account, made where there
is none; KEY calls with an API key instead."""
import os
import time
import urllib.error
import urllib.request

from mediagate import Client, Problem

URL, FILM = os.environ.get("MEDIAGATE_URL", "http://127.0.0.1:8080"), os.environ["FILM"]
EMAIL, PASSWORD = os.environ.get("EMAIL", "you@example.org"), os.environ.get("PASSWORD", "correct horse battery")


def play(url):
    """Status and bytes."""
    try:
        with urllib.request.urlopen(url) as answer:
            return answer.status, answer.read()
    except urllib.error.HTTPError as error:
        with error:
            return error.code, error.read()


def wait_for(ask):
    for _ in range(600):
        found = ask()
        if found:
            return found
        time.sleep(0.1)
    raise TimeoutError


if "KEY" in os.environ:
    client = Client(URL, key=os.environ["KEY"])
else:
    try:
        Client(URL).post("/auth/signup", {"email": EMAIL, "password": PASSWORD})
    except Problem as problem:
        if problem.status not in (403, 409):  # closed, or there already
            raise
    client = Client(URL, email=EMAIL, password=PASSWORD)

medium = client.post("/media/media/", {"title": "My film", "type": "video"})
medium = client.upload(FILM, media_id=medium["id"], progress=lambda sent, size: print(f"sent {sent} of {size} bytes"))
print("uploaded:", medium["content_type"], medium["duration_seconds"], "s,", medium["sha256"])
again = client.upload(FILM, title="Again", media_type="video")
assert again["sha256"] == medium["sha256"] and again["id"] != medium["id"]
listed = [item["id"] for item in client.pages("/media/media/", limit=1)]
assert listed.index(again["id"]) < listed.index(medium["id"])

grant = client.stream_url(medium["id"], viewer="u-1234", ttl_seconds=60)
url = grant["streams"]["progressive"]
status, film = play(url)
with open(FILM, "rb") as file:
    assert status == 200 and film == file.read()
print("played: every byte is the same")
later = client.renew(grant, ttl_seconds=600)
assert later["grant_id"] == grant["grant_id"] and play(later["streams"]["progressive"])[0] == 200
views = wait_for(lambda: client.get(f"/media/media/{medium['id']}/views")["items"])
assert [view["viewer"] for view in views] == ["u-1234"]
found = client.get(f"/media/media/{medium['id']}/analytics", tz="Asia/Kathmandu")
print("views:", found["total_views"], "delivered:", found["delivered_percent"], "%")
client.get("/analytics/live")
assert play(url.replace("/u-1234/", "/someone-else/"))[0] == 403
print("forged: 403")
client.delete(f"/media/grants/{grant['grant_id']}")
assert play(url)[0] == play(later["streams"]["progressive"])[0] == 403
print("revoked: 403")
