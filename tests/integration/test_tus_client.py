# SPDX-License-Identifier: ISC
"""Resumable uploads by the client that most applications use, tus-js-client: in Node, and in Chromium from another
origin."""
import collections
import concurrent.futures
import contextlib
import hashlib
import json
import os
import subprocess

import pytest

import web_tools
from stack import DEADLINE, TOP_SRC, wait_until
from upload_tools import Padded, nothing_completes

SIZE = 24 * 2**20


@pytest.fixture(scope="module")
def page():
    with web_tools.other_origin() as url:
        yield url


@pytest.fixture(scope="module")
def town(module_stack_with, page):
    web_tools.need_tools()
    return module_stack_with(upload_workers=6, cors_origins=[page], upload_max=2 * SIZE)


@pytest.fixture(scope="module")
def film(make_media, tmp_path_factory):
    """A film with a long box behind it: its path and SHA-256."""
    path = tmp_path_factory.mktemp("film") / "film.mp4"
    digest = hashlib.sha256()
    with open(path, "wb") as file:
        for piece in Padded(make_media("film").read_bytes(), SIZE):
            file.write(piece)
            digest.update(piece)
    return path, digest.hexdigest()


def in_node(_page, path, jobs):
    done = subprocess.run(
        ["node", TOP_SRC / "tests/web/tus_node.mjs", json.dumps({"path": str(path), "jobs": jobs})],
        capture_output=True,
        text=True,
        timeout=6 * DEADLINE,
        env={**os.environ, "WEB_TOOLS": str(web_tools.TOOLS)},
        check=False,
    )
    assert done.returncode == 0, done.stderr + done.stdout
    return json.loads(done.stdout)


def in_chromium(page, path, jobs):
    return web_tools.browse("tus_page", page_url=page, path=str(path), jobs=jobs, bytes_per_second=40 * 2**20)[
        "results"
    ]


@pytest.fixture(params=[in_node, in_chromium])
def upload(request, town, page, film):
    """upload(job, …): runs all at once, checks that each made a medium of its own with every byte; what the client saw
    of each."""

    def run(*jobs):
        api = town.new_admin()
        common = {"endpoint": town.base_url + "/uploads/", "token": api.tokens["access_token"], "size": SIZE}
        jobs = [
            {**common, "metadata": {"filename": f"Film {i}.mp4", "filetype": "video/mp4"}, **job}
            for i, job in enumerate(jobs)
        ]
        seen = request.param(page, film[0], jobs)
        assert len({result["media"] for result in seen}) == len(jobs)
        for job, result in zip(jobs, seen):
            assert result["creations"] == 1, "the client gave its upload up"
            media = api.get(result["media"]).json()
            assert (media["sha256"], media["size_bytes"]) == (film[1], SIZE)
            assert media["title"] == job["metadata"]["filename"]
        assert not list((town.data_dir / "uploads").iterdir())
        return seen

    return run


def test_whole(upload):
    assert upload({})[0]["requests"] == 2


def test_with_the_creation(upload):
    assert upload({"with_creation": True})[0]["requests"] == 1


def test_what_passes_after_the_last_byte_of_a_creation_is_waited_for(upload, town):
    """The client takes no answer for the end of its upload before there is a medium."""
    before = len(town.serve_events("request_failed"))
    with concurrent.futures.ThreadPoolExecutor() as pool, contextlib.ExitStack() as until_it_failed:
        until_it_failed.enter_context(nothing_completes(town))
        sending = pool.submit(upload, {"with_creation": True})
        wait_until(
            lambda: len(town.serve_events("request_failed")) > before, "the last step to " "fail", timeout=4 * DEADLINE
        )
        until_it_failed.close()
        assert sending.result()[0]["requests"] > 2


def test_in_chunks(upload):
    assert upload({"chunk_size": 2**20})[0]["requests"] == 1 + SIZE / 2**20


def test_to_several_media_at_once(upload):
    upload({}, {"chunk_size": 3 * 2**20}, {"chunk_size": 5000001}, {"with_creation": True, "chunk_size": 2**22})


def test_broken_off_twenty_times_at_random(upload, town):
    for seen in upload(
        {"aborts": 20, "seed": 7, "chunk_size": 2**19}, {"aborts": 20, "seed": 8, "chunk_size": 2**20}
    ):
        assert seen["aborts"] == 20
        assert len(seen["offsets"]) >= 20 and len(set(seen["offsets"])) > 10, seen
        assert seen["offsets"] == sorted(seen["offsets"]), "an offset that was told went back"
    by_upload = collections.defaultdict(list)
    for event in town.serve_events("upload_received"):
        by_upload[event["upload"]].append(event["offset"])
    assert all(offsets == sorted(offsets) for offsets in by_upload.values())


def test_broken_off_in_one_long_request(upload):
    (seen,) = upload({"aborts": 5, "seed": 9})
    assert seen["aborts"] >= 1 and seen["offsets"] == sorted(seen["offsets"])


@pytest.mark.parametrize("run", [in_node, in_chromium])
@pytest.mark.parametrize("chunk_size", [None, 2**18], ids=["whole", "in-chunks"])
def test_a_refused_film_is_sent_once_and_its_reason_read(town, page, tmp_path, run, chunk_size):
    """A client whose upload is gone begins anew: so a refused one is there, and lacks a byte, which is refused too."""
    path = tmp_path / "film.mp4"
    path.write_bytes(b"no film at all " * 2**16)
    size = path.stat().st_size
    before = town.sql("select count(*) from media_asset")
    job = {
        "endpoint": town.base_url + "/uploads/",
        "token": town.new_admin().tokens["access_token"],
        "size": size,
        "refused": True,
        "metadata": {"filename": "Film.mp4", "filetype": "video/mp4"},
    }
    seen = run(page, path, [{**job, "chunk_size": chunk_size} if chunk_size else job])[0]
    assert seen["creations"] == 1 and seen["media"] is None
    assert seen["offsets"] == [size - 1]
    pieces = -(-size // chunk_size) if chunk_size else 1
    assert seen["requests"] == 1 + pieces + 2  # again: HEAD, and the last byte
    assert [told["status"] for told in seen["refusals"]] == [422, 422]
    details = [json.loads(told["body"])["detail"] for told in seen["refusals"]]
    assert details[0] == details[1] and details[0].startswith("The file was not kept: ")
    assert town.sql("select count(*) from media_asset") == before
    assert not list((town.data_dir / "uploads").iterdir())
