# SPDX-License-Identifier: ISC
"""A thousand hostile connections from one address, or from one IPv6 /64: everybody else goes on being answered."""
import contextlib
import os
import pathlib
import subprocess
import sys
import time

import pytest
import requests

import hostile_clients
from load import Load
from stack import DEADLINE

ELSEWHERE = {"X-Forwarded-For": "203.0.113.7"}  # honest people come from here


@pytest.fixture(scope="module")
def town(module_stack_with):
    return module_stack_with(trusted_proxies=["127.0.0.1"], upload_workers=4, upload_address_max=2)


@contextlib.contextmanager
def attack(town, kind, source):
    arguments = [
        sys.executable,
        pathlib.Path(hostile_clients.__file__),
        kind,
        source,
        str(town.http_port),
        str(town.https_port),
    ]
    with subprocess.Popen(
        arguments, stdin=subprocess.PIPE, stdout=subprocess.PIPE, env={**os.environ, "PYTHONDONTWRITEBYTECODE": "1"}
    ) as attacker:
        try:
            assert attacker.stdout.readline() == b"ready\n"
            yield
        finally:
            attacker.kill()


def p99_of_stream_urls(town, film, seconds=3):
    """In ms, of two honest clients; none of them may be refused."""
    with town.anonymous() as api:
        api.headers["Authorization"] = town.admin().headers["Authorization"]
        times = []

        def once():
            begin = time.monotonic()
            answer = requests.get(
                f"{api.base}/media/media/{film}/stream-url",
                timeout=DEADLINE,
                headers={**ELSEWHERE, "Authorization": api.headers["Authorization"]},
            )
            times.append(time.monotonic() - begin)
            return answer

        with Load(once, threads=2) as load:
            time.sleep(seconds)
        assert set(load.statuses) == {200}, load.except_status(200)[:3]
    return sorted(times)[int(len(times) * 0.99)] * 1000


@pytest.fixture(scope="module")
def film(town, make_media):  # pylint: disable=redefined-outer-name
    return town.film(make_media("film"))["id"]


@pytest.mark.parametrize("source", ["address", "network"])
@pytest.mark.parametrize("kind", hostile_clients.KINDS)
def test_others_do_not_notice_an_attack_from_one_place(town, film, make_media, kind, source):
    town.admin()
    quiet = p99_of_stream_urls(town, film)
    with attack(town, kind, source):
        attacked = p99_of_stream_urls(town, film)
        print(f"stream-url, p99: {quiet:.1f} ms, {attacked:.1f} ms under {kind} from one {source}")
        honest = {**ELSEWHERE, "Authorization": town.admin().headers["Authorization"]}
        with town.anonymous() as api:
            api.headers.update(honest)
            for method, path, body, expected in (
                ("GET", "/livez", None, 200),
                ("GET", "/readyz", None, 200),
                ("GET", "/auth/me", None, 200),
                ("GET", "/media/media/?limit=1", None, 200),
                ("POST", "/auth/refresh", {"refresh_token": "x" * 40}, 401),
                ("POST", "/auth/login", {"email": town.admin().email, "password": town.admin().password}, 200),
            ):
                for _ in range(3):
                    answer = api.request(method, path, json=body)
                    assert answer.status_code == expected, (method, path, answer.status_code, answer.text)
            for _ in range(3):
                answer = api.put(f"/media/media/{town.new_media()['id']}/file", data=make_media("film").read_bytes())
                assert answer.status_code == 201, answer.text
    assert attacked < max(10 * quiet, 250)  # twice at most on a machine of our own; this one may be anybody's


def test_one_place_has_its_share_of_a_pool_and_no_more(town):
    """The attack reaches something: who shares its address is told to come again, and nobody else."""
    for source, mine in (("address", None), ("network", hostile_clients.NETWORK + "ffff:1")):
        with attack(town, "streams_without_bodies", source):
            statuses = set()
            for _ in range(20):
                if mine:
                    answer = requests.get(
                        town.base_url + "/media/media/", timeout=DEADLINE, headers={"X-Forwarded-For": mine}
                    )
                    statuses.add(answer.status_code)
                    assert answer.status_code != 429 or answer.headers["Retry-After"]
                else:
                    statuses.add(status_from(town, hostile_clients.ADDRESS))
            assert statuses == {429}
            answer = requests.get(
                town.base_url + "/media/media/", timeout=DEADLINE, headers={"X-Forwarded-For": "2001:db8:bad:2::1"}
            )
            assert answer.status_code == 401


def status_from(town, address):
    connection = hostile_clients.Source("address").connect(town.http_port)
    assert connection.getsockname()[0] == address
    with connection:
        connection.sendall(b"GET /media/media/ HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
        return int(connection.recv(4096).split()[1])


def test_an_address_uploads_its_share_at_a_time(town):
    """With good tokens, too: two of four workers; others have the rest."""
    token, media = town.admin().headers["Authorization"], town.new_media()["id"]
    begun = []
    try:
        source = hostile_clients.Source("address")
        for _ in range(2):
            peer = source.connect(town.http_port)
            peer.sendall(
                hostile_clients.head(
                    "PUT", f"/media/media/{media}/file", source, f"Authorization: {token}", "Content-Length: 1000000"
                )
                + b"\r\n"
                + b"x" * 1000
            )
            begun.append(peer)
        deadline = time.monotonic() + DEADLINE
        answer = b""
        while b" 429 " not in answer and time.monotonic() < deadline:
            with source.connect(town.http_port) as peer:
                peer.sendall(
                    hostile_clients.head(
                        "PUT",
                        f"/media/media/{media}/file",
                        source,
                        f"Authorization: {token}",
                        "Content-Length: 1",
                        "Connection: close",
                    )
                    + b"\r\nx"
                )
                answer = peer.recv(4096)
        assert b" 429 " in answer and b"Retry-After" in answer
        other = requests.put(
            f"{town.base_url}/media/media/{media}/file",
            data=b"no film",
            timeout=DEADLINE,
            headers={**ELSEWHERE, "Authorization": token},
        )
        assert other.status_code == 422
    finally:
        for peer in begun:
            peer.close()
