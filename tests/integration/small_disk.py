# SPDX-License-Identifier: ISC
"""Small file systems, for what happens when they are full."""
import contextlib
import subprocess

import pytest
from stack import Stack


@contextlib.contextmanager
def mounted(folder, size):
    """A file system of its own in a folder, which everybody may write to; skips where we may make none."""
    made = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", f"size={size},mode=0777", "tmpfs", folder],
        capture_output=True,
        text=True,
        check=False,
    )
    if made.returncode != 0:
        pytest.skip(f"no tmpfs can be mounted here: {made.stderr.strip()}")
    try:
        yield
    finally:
        subprocess.run(["umount", "-l", folder], check=True)


@contextlib.contextmanager
def stack_on_small_disk(size, **settings):
    """A stack whose data lie on one."""
    with contextlib.ExitStack() as end:
        instance = Stack(**settings)
        end.callback(instance.remove)
        end.enter_context(mounted(instance.data_dir, size))
        yield end.enter_context(instance)
