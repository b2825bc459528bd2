# SPDX-License-Identifier: ISC
"""Ports for servers that bind theirs later: no client's connection gets them meanwhile, and no other process of the
tests."""
import itertools
import os
import pathlib
import socket

ROOM = 10240  # below the ports that the kernel gives to clients


def client_ports_begin():
    try:
        return int(pathlib.Path("/proc/sys/net/ipv4/ip_local_port_range").read_text(encoding="ascii").split()[0])
    except OSError:
        return 32768


def our_range(worker=None, workers=None):
    """Each process of pytest-xdist has a part of the room; all that run alone share it from where their process id
    says."""
    worker = int((worker or os.environ.get("PYTEST_XDIST_WORKER", "gw0"))[2:])
    workers = int(workers or os.environ.get("PYTEST_XDIST_WORKER_COUNT", "1"))
    begin = max(client_ports_begin() - ROOM, 1024)
    size = (max(client_ports_begin(), begin + ROOM) - begin) // workers
    return range(begin + worker * size, begin + (worker + 1) * size)


def _turn():
    ours = our_range()
    return itertools.cycle(ours[(os.getpid() * 64 + i) % len(ours)] for i in range(len(ours)))


_candidates = _turn()


def free_port():
    """One that nobody listens on, and that this process did not get before."""
    for port in itertools.islice(_candidates, ROOM):
        with socket.socket() as probe:
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
            return port
    raise AssertionError("all ports of the tests are taken")
