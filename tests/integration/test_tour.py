# SPDX-License-Identifier: ISC
"""The tour of the README, pasted into a shell as it stands there."""
import re
import subprocess

import pytest

from private_instance import readme_tour
from stack import DEADLINE

HOST = "http://127.0.0.1:8080"


def test_the_tour_works_when_pasted(make_stack, tmp_path):
    stack = make_stack(package="always")  # as in quickstart
    script = readme_tour().replace(HOST, stack.base_url)
    stack.start_ingest()
    packager = stack.spawn([stack.program, "package", "--config", stack.config], "package.log")
    done = subprocess.run(
        ["bash", "-eu"],
        input=script,
        capture_output=True,
        text=True,
        timeout=4 * DEADLINE,
        check=False,
        env={"PATH": "/usr/local/bin:/usr/bin:/bin", "TMPDIR": str(tmp_path), "HOME": str(tmp_path)},
    )
    packager.terminate()
    assert stack.stop_ingest() == packager.wait(timeout=DEADLINE) == 0
    assert done.returncode == 0, done.stderr + done.stdout
    assert re.search('^{.*"email":"you@example.org".*}$', done.stdout, re.MULTILINE)
    assert '"video_codec": "h264"' in done.stdout
    assert re.search(r"^Media-Location: /media/media/[0-9]+", done.stdout, re.MULTILINE)
    assert f"{stack.base_url}/stream/" in done.stdout
    assert "played: every byte is the same" in done.stdout
    assert done.stdout.count('"source": "stream"') == 1
    assert '"total_views": 1' in done.stdout and '"delivered_percent": 100' in done.stdout
    assert re.search(r'"watching": [01],', done.stdout)
    assert (
        "/master.m3u8\n" in done.stdout
        and "codec_name=h264|width=640|height=360" in done.stdout
        and "codec_name=aac" in done.stdout
    )
    assert '"status":403' in done.stdout.splitlines()[-1]


@pytest.mark.parametrize(
    "answer, told", [('{"status":401}', '{"status":401}'), ('{"package":{"state":"failed"}}', '{"state":"failed"}')]
)
def test_the_tour_does_not_wait_for_ever_and_tells_why(answer, told):
    """Login failed, or the film cannot be packaged: the calls and sleep are stood in for."""
    lines = readme_tour().splitlines()
    first = next(number for number, line in enumerate(lines) if ".streams.hls" in line)
    script = "\n".join(
        [
            f"api() {{ echo '{answer}'; }}; sleep() {{ echo slept; }}; MG=x ID=null " f"TOKEN=null",
            *lines[first : first + 2],
        ]
    )
    done = subprocess.run(["bash", "-eu"], input=script, capture_output=True, text=True, timeout=DEADLINE, check=False)
    assert done.stdout.splitlines() == ["slept"] * 60 + [told], done.stderr
