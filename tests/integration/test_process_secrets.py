# SPDX-License-Identifier: ISC
"""Which process has which secret in its memory, and who may look into it."""
import os
import pathlib
import re

import pytest
from waiting import wait_until

MAPPING_MAX = 1 << 30  # larger ones are AddressSanitizer's notes on the program's memory
STREAM, ACCESS, TOTP, WEBHOOK = "stream_keys", "jwt_keys", "totp_keys", "webhook_keys"
HOLDS = {
    "mg:fast": {STREAM, ACCESS},
    "mg:auth": {ACCESS, TOTP},
    "mg:api": {STREAM, ACCESS, WEBHOOK},
    "mg:upload": {ACCESS},
    "mg:housekeeping": set(),
}


def workers(stack):
    """Process ids by the name that a worker gives itself."""
    found = {}
    for folder in pathlib.Path("/proc").glob("[0-9]*"):
        try:
            if int((folder / "stat").read_text().rsplit(") ", 1)[1].split()[1]) == stack.serve.pid:
                found.setdefault((folder / "comm").read_text().strip(), []).append(int(folder.name))
        except (FileNotFoundError, ProcessLookupError):
            continue
    return found


def memory(pid):
    """All that a process could read and write of its own."""
    content = []
    with open(f"/proc/{pid}/maps", encoding="ascii") as maps, open(f"/proc/{pid}/mem", "rb", buffering=0) as mem:
        for line in maps:
            begin, end, rights = re.match(r"([0-9a-f]+)-([0-9a-f]+) (\S+)", line).groups()
            size = int(end, 16) - int(begin, 16)
            if rights.startswith("rw") and size <= MAPPING_MAX:
                mem.seek(int(begin, 16))
                content.append(mem.read(size))
    return b"".join(content)


def secrets(stack, name):
    lines = (stack.root / "etc" / name).read_text().splitlines()
    return [line.split()[1].rstrip(";").encode() for line in lines if line.strip() and not line.startswith("#")]


@pytest.mark.skipif(os.geteuid() != 0, reason="only root may look into the memory of a process that is not dumpable")
def test_no_worker_holds_a_key_that_its_pool_does_not_use(stack):
    wait_until(lambda: set(workers(stack)) == set(HOLDS), "workers of all pools")
    for name, pids in workers(stack).items():
        for pid in pids:
            content = memory(pid)
            for key in (STREAM, ACCESS, TOTP, WEBHOOK):
                held = any(secret in content for secret in secrets(stack, key))
                assert held == (key in HOLDS[name]), (name, key)


@pytest.mark.skipif(os.geteuid() != 0, reason="only root may look into the memory of a process that is not dumpable")
def test_a_launcher_holds_no_key(stack):
    """It starts programs for a worker of the upload or the api pool."""
    wait_until(lambda: set(workers(stack)) == set(HOLDS), "workers of all pools")
    for worker in workers(stack)["mg:upload"] + workers(stack)["mg:api"]:
        children = pathlib.Path(f"/proc/{worker}/task/{worker}/children").read_text(encoding="ascii").split()
        assert len(children) == 1
        assert pathlib.Path(f"/proc/{children[0]}/comm").read_text(encoding="ascii") == "mg:launcher\n"
        content = memory(children[0])
        for key in (STREAM, ACCESS, TOTP, WEBHOOK):
            assert not any(secret in content for secret in secrets(stack, key)), key


def test_other_processes_of_the_account_cannot_look_into_serve(stack):
    pids = [stack.serve.pid, *(pid for pids in workers(stack).values() for pid in pids)]
    assert len(pids) > 5
    for pid in pids:
        done = stack.run("cat", f"/proc/{pid}/environ", check=False)
        assert done.returncode != 0 and "Permission denied" in done.stderr, pid


def test_no_parser_of_strangers_files_is_in_the_program(stack):
    """file(1) and ffprobe look at uploads in the sandbox; a library of theirs in a worker would be outside of it."""
    linked = stack.run("ldd", stack.program).stdout
    assert "libmagic" not in linked and "libav" not in linked, linked
