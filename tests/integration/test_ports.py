# SPDX-License-Identifier: ISC
"""The tests' own ports: another process of the tests, or a client's connection, never has the same."""
import itertools
import socket

import ports


def test_each_process_has_ports_of_its_own_that_clients_never_get():
    ranges = [ports.our_range(f"gw{number}", 4) for number in range(4)]
    assert all(len(ours) > 1000 and ours[-1] < ports.client_ports_begin() for ours in ranges)
    assert not any(set(one) & set(other) for one, other in itertools.combinations(ranges, 2))


def test_no_port_comes_twice_or_is_taken(monkeypatch):
    got = [ports.free_port() for _ in range(50)]
    assert len(set(got)) == 50 and all(port in ports.our_range() for port in got)
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        monkeypatch.setattr(ports, "_candidates", iter([taken.getsockname()[1], got[-1]]))
        assert ports.free_port() == got[-1]
