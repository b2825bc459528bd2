# SPDX-License-Identifier: ISC
"""What the tests of uploads look at: the spool, stored files, workers and their probes."""
import contextlib
import os
import pathlib
import time

from stack import wait_until


def spool(stack):
    return list((stack.data_dir / "spool").iterdir())


def stored(stack, media_id):
    folder = stack.data_dir / "media" / str(media_id)
    return sorted(entry.name for entry in folder.iterdir()) if folder.exists() else []


def nothing_is_left(stack, media_id):
    wait_until(lambda: not spool(stack), "the spool to be empty")
    assert not stored(stack, media_id)
    assert stack.sql("select stored_name from media_asset where id = %s", media_id) == [(None,)]


def spooling_worker(stack):
    """The worker that holds a file of the spool open; None when there is none."""
    for pid in stack.workers():
        try:
            for fd in os.scandir(f"/proc/{pid}/fd"):
                if "/data/spool/" in os.readlink(fd.path):
                    return pid
        except OSError:
            continue
    return None


def children(pid):
    try:
        return pathlib.Path(f"/proc/{pid}/task/{pid}/children").read_text(encoding="ascii").split()
    except OSError:
        return []


def probes(stack):
    """What of bwrap and ffprobe looks at a file of this stack."""
    found = []
    for folder in pathlib.Path("/proc").glob("[0-9]*"):
        try:
            program = folder.joinpath("cmdline").read_bytes().split(b"\0")[0].decode()
            if os.path.basename(program) in ("bwrap", "ffprobe") and os.readlink(folder / "fd/0").startswith(
                f"{stack.root}/"
            ):
                found.append((int(folder.name), program))
        except OSError:
            continue
    return found


def put(stack, media_id, body, **headers):
    with stack.admin() as api:
        return api.put(f"/media/media/{media_id}/file", data=body, headers=headers)


def bearer(stack):
    return stack.admin().headers["Authorization"]


def age_notes(stack):
    """As if longer than any stream URL lives had gone by since whatever is under way was noted."""
    old = time.time() - 9 * 86400
    for folder in ("pending", "spool"):
        for path in (stack.data_dir / folder).iterdir():
            os.utime(path, (old, old))


class Padded:
    """A film, then a box that readers skip, up to a size: valid, large, and made as it is sent."""

    def __init__(self, film, size):
        self.film, self.size = film, size

    def __iter__(self):
        yield self.film
        left = self.size - len(self.film) - 16
        yield b"\0\0\0\1free" + (left + 16).to_bytes(8, "big")
        block = bytes(1 << 20)
        while left > 0:
            yield block[: min(left, len(block))]
            left -= len(block)

    def __len__(self):
        return self.size


def peak_kib(pid):
    for line in pathlib.Path(f"/proc/{pid}/status").read_text(encoding="ascii").splitlines():
        if line.startswith("VmHWM:"):
            return int(line.split()[1])
    raise AssertionError("no VmHWM")


@contextlib.contextmanager
def nothing_completes(stack):
    """As when the database fails in the last step of a resumable upload."""
    stack.sql("alter table upload add constraint nothing_completes check (completed_at is null) not valid")
    try:
        yield
    finally:
        stack.sql("alter table upload drop constraint nothing_completes")
