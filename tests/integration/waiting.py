# SPDX-License-Identifier: ISC
"""Waiting for conditions, never for time."""
import os
import time

# Under sanitizers and on busy machines everything takes longer; deadlines are generous, waits end at once when they
# can.
DEADLINE = float(os.environ.get("MEDIAGATE_TEST_DEADLINE", "30"))


def wait_until(condition, what, timeout=None, interval=0.02):
    """Returns the first true value of condition(); fails with `what` after the deadline."""
    deadline = time.monotonic() + (timeout or DEADLINE)
    while True:
        value = condition()
        if value:
            return value
        if time.monotonic() > deadline:
            raise AssertionError(f"waited in vain for {what}")
        time.sleep(interval)
