# SPDX-License-Identifier: ISC
"""The snippets of docs/uploads.md as they stand there: curl, tus-js-client in Node, Uppy in Chromium."""
import hashlib
import os
import re
import shutil
import subprocess

import pytest

import tus_client as tus
import web_tools
from small_disk import stack_on_small_disk
from stack import DEADLINE, TOP_SRC, wait_until


def snippet(language, heading):
    text = (TOP_SRC / "docs/uploads.md").read_text(encoding="utf-8")
    return re.search(rf"## {heading}\n.*?```{language}\n(.*?)```", text, re.DOTALL)[1]


def is_film(stack, location, make_media):
    media = stack.admin().get(location).json()
    assert media["sha256"] == hashlib.sha256(make_media("film").read_bytes()).hexdigest()
    return media


class Shell:
    """The shell's snippet with a `tail` that waits before the first byte is sent, until go()."""

    def __init__(self, folder, server, token):
        self.folder = folder
        tail = folder / "bin/tail"
        tail.parent.mkdir()
        tail.write_text(
            f"#!/bin/sh\ncase $1 in -c) touch {folder}/waits; while ! [ -e {folder}/go ]; do sleep 0.02; "
            f"done ;; esac\n"
            f'exec {shutil.which("tail")} "$@"\n',
            encoding="utf-8",
        )
        tail.chmod(0o755)
        self.process = subprocess.Popen(  # pylint: disable=consider-using-with
            ["bash", "-u"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            cwd=folder,
            env={"PATH": f"{tail.parent}:/usr/local/bin:/usr/bin:/bin", "MG": server, "TOKEN": token},
        )
        self.says(snippet("sh", "From a shell"))

    def wait_until_it_sends(self):
        wait_until(lambda: (self.folder / "waits").exists(), "the snippet to begin")

    def go(self):
        (self.folder / "go").touch()

    def says(self, command):
        self.process.stdin.write(command + "\n")
        self.process.stdin.flush()

    def end(self):
        """Exit status, what was printed, and what was complained of."""
        try:
            out, err = self.process.communicate(timeout=4 * DEADLINE)
        finally:
            self.process.kill()
        return self.process.returncode, out.strip(), err


@pytest.fixture
def shell(tmp_path, make_media):
    def run(server, token):
        shutil.copy(make_media("film"), tmp_path / "film.mp4")
        return Shell(tmp_path, server, token)

    return run


def test_curl_uploads(stack, shell, make_media):
    run = shell(stack.base_url, stack.new_admin().tokens["access_token"])
    run.go()
    status, out, err = run.end()
    assert (status, err) == (0, "")
    assert is_film(stack, out, make_media)["title"] == "My film"


def test_curl_says_that_it_needs_a_token(stack, shell):
    status, out, err = shell(stack.base_url, "none").end()
    assert (status, out) == (1, "") and "status: 401" in err


def test_curl_says_that_its_token_is_over(stack, shell):
    api = stack.new_admin()
    run = shell(stack.base_url, api.tokens["access_token"])
    run.wait_until_it_sends()
    assert api.post("/auth/logout", json={"refresh_token": api.tokens["refresh_token"]}).status_code == 204
    wait_until(lambda: tus.tell(api, "/uploads/" + "0" * 32).status_code == 401, "the token to be over")
    run.go()
    status, out, err = run.end()
    assert (status, out) == (1, "") and "status: 401" in err


def test_curl_says_that_the_file_will_not_do(stack, shell):
    run = shell(stack.base_url, stack.new_admin().tokens["access_token"])
    (run.folder / "film.mp4").write_text("just text", encoding="utf-8")
    run.go()
    status, out, err = run.end()
    assert (status, out) == (1, "") and "status: 422" in err


def test_curl_says_that_the_disk_is_full_and_goes_on_when_told_through_a_restart(shell, make_media):
    with stack_on_small_disk("8m", upload_max=64 * 2**20, upload_workers=2) as stack:
        run = shell(stack.base_url, stack.new_admin().tokens["access_token"])
        run.wait_until_it_sends()
        filler = stack.data_dir / "filler"
        with open(filler, "wb") as file:
            free = os.statvfs(stack.data_dir)
            file.write(bytes(free.f_bavail * free.f_frsize - 16384))
        run.go()
        run.says("touch ended")
        wait_until(lambda: (run.folder / "ended").exists(), "the snippet to give up")
        filler.unlink()
        stack.stop_serve()
        run.says("go_on")
        stack.start_serve()
        status, out, err = run.end()
        assert status == 0 and "status: 507" in err
        is_film(stack, out, make_media)


def test_tus_js_client_uploads(stack, make_media, tmp_path):
    web_tools.need_tools()
    (tmp_path / "node_modules").symlink_to(web_tools.TOOLS / "node_modules")
    (tmp_path / "guide.mjs").write_text(snippet("js", "From JavaScript"), encoding="utf-8")
    (tmp_path / "run.mjs").write_text(
        """
import { createReadStream } from 'node:fs';
import { upload } from './guide.mjs';
const [path, server, token] = process.argv.slice(2);
console.log(await upload(createReadStream(path), { server, accessToken: async () => token, onProgress: () => {} }));
""",
        encoding="utf-8",
    )
    api = stack.new_admin()
    done = subprocess.run(
        ["node", tmp_path / "run.mjs", make_media("film"), stack.base_url, api.tokens["access_token"]],
        capture_output=True,
        text=True,
        timeout=4 * DEADLINE,
        check=False,
    )
    assert done.returncode == 0, done.stderr + done.stdout
    is_film(stack, done.stdout.strip(), make_media)


def test_uppy_uploads(make_stack, make_media):
    """Chosen in the file dialog and sent by the button, in a page of another origin."""
    with web_tools.other_origin() as page:
        stack = make_stack(cors_origins=[page])
        script = snippet("js", "With Uppy").replace("https://media.example.org", stack.base_url)
        told = web_tools.browse(
            "uppy",
            page_url=page,
            snippet=script,
            path=str(make_media("film")),
            token=stack.new_admin().tokens["access_token"],
        )
        assert told["seen"]["errors"] == []
        assert is_film(stack, told["media"], make_media)["title"] == make_media("film").name
