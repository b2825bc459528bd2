# SPDX-License-Identifier: ISC
"""A stack whose data lie on a small file system, for what happens when it is full."""
import contextlib
import subprocess

import pytest
from stack import Stack


@contextlib.contextmanager
def stack_on_small_disk(size, **settings):
    instance = Stack(**settings)
    mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={size}", "tmpfs", instance.data_dir], check=False, capture_output=True)
    if mounted.returncode != 0:
        instance.remove()
        pytest.skip("needs to mount a tmpfs: " + mounted.stderr.decode().strip())
    try:
        with instance:
            yield instance
    finally:
        subprocess.run(["umount", "-l", instance.data_dir], check=False)
        instance.remove()
