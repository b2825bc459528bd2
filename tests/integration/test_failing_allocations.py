# SPDX-License-Identifier: ISC
"""A worker in which one allocation fails: what is good is never refused for that, and a fresh worker takes its
place."""
import mmap
import struct

import pytest
import tus_client as tus
import web_tools
from stack import TOP_BUILD, is_sanitized, wait_until
from upload_tools import put

PROGRAM = "tests/integration/mediagate_starved"


class Plan:
    """Which worker gets nothing for which of its allocations: shared memory with the program."""

    def __init__(self, path):
        path.write_bytes(bytes(24))
        with open(path, "r+b") as file:
            self.shared = mmap.mmap(file.fileno(), 24)

    def starve(self, pool, allocation):
        self.shared[:24] = struct.pack("16sq", f"mg:{pool}".encode(), allocation)

    def end(self):
        """Was the allocation reached?"""
        left = struct.unpack("16sq", self.shared[:24])[1]
        self.shared[:24] = bytes(24)
        return left <= 0


@pytest.fixture(scope="module", name="town")
def fixture_town(module_stack_with):
    if is_sanitized():
        pytest.skip("the sanitizer's own allocator stands there")
    if not (TOP_BUILD / PROGRAM).exists():
        web_tools.missing(f"{PROGRAM} (make check builds it)")
    town = module_stack_with(upload_workers=1, api_workers=1, fast_workers=1, auth_workers=1, restart_limit=1000)
    town.plan = Plan(town.root / "starved")
    town.stop_serve()
    town.environment["MEDIAGATE_STARVED"] = str(town.root / "starved")
    town.install_program(TOP_BUILD / PROGRAM)
    town.give_to_user()
    town.start_serve()
    town.wait_ready()
    return town


def statuses(town, pool, request, step):
    """The statuses of the request while each step-th allocation of its worker fails, until one is not reached. A
    request that meets no worker, since the one before made way, reaches none either, and says nothing of the end."""
    found = []
    for allocation in range(1, 100000, step):
        town.plan.starve(pool, allocation)
        found.append(request())
        if not town.plan.end() and found[-1] < 500:
            return found
    raise AssertionError("a request without an end")


def test_a_good_token_is_never_refused(town):
    with town.new_admin() as api:
        found = statuses(town, "fast", lambda: api.get("/auth/me").status_code, 1)
        assert set(found) <= {200, 500, 502, 503} and found[-1] == 200, set(found)
        wait_until(lambda: api.get("/auth/me").status_code == 200, "a worker that works")


def test_good_json_is_never_refused(town):
    with town.new_admin() as api:
        body = {"title": "A film", "type": "video"}
        found = statuses(town, "api", lambda: api.post("/media/media", json=body).status_code, 1)
        assert set(found) <= {201, 500, 502, 503} and found[-1] == 201 and 503 in found, set(found)
        assert town.serve_events("out_of_memory")


def test_a_good_file_is_never_refused(town, make_media):
    body = make_media("short").read_bytes()
    medium = town.new_media()
    found = statuses(town, "upload", lambda: put(town, medium["id"], body).status_code, 23)
    # 429: nginx still counts the place of a request whose worker ended
    assert set(found) <= {200, 201, 429, 500, 502, 503} and found[-1] in (200, 201), set(found)


def test_a_resumable_upload_goes_on(town, make_media):
    body = make_media("short").read_bytes()
    with town.new_admin() as api:

        def upload():
            path = wait_until(lambda: tus.create(api, len(body)).headers.get("Location"), "an upload to be created")
            first = tus.append(api, path, 0, body).status_code
            assert first in (204, 429, 500, 502, 503), first
            town.plan.end()
            told = wait_until(
                lambda: (lambda answer: answer if answer.status_code == 200 else None)(tus.tell(api, path)),
                "the upload to be told of",
            )
            if "Media-Location" not in told.headers:
                offset = int(told.headers["Upload-Offset"])
                assert tus.append(api, path, offset, body[offset:]).status_code == 204
            return first

        reached = []
        for allocation in range(1, 4000, 61):
            town.plan.starve("upload", allocation)
            reached.append(upload())
        assert 503 in reached and 204 in reached, reached
