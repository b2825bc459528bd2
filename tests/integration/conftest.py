# SPDX-License-Identifier: ISC
"""Fixtures of the integration tests.

`stack` is one running mediagate that all tests of a process share: leave it as you found it. `make_stack` starts
others for tests that break things. `make_media` gives real films and sounds.
"""
import contextlib
import os
import pathlib
import shutil
import tempfile

import pytest
import requests

import contract
import media_files
import web_tools
from fake_pools import FakePools
from private_instance import Quickstart
from stack import Stack, wait_until


@pytest.fixture(scope="session")
def stack():
    """What tests ask of its API goes through the validating proxy, where `make web-tools` installed it."""
    with Stack() as running:
        if not web_tools.have_tools():
            yield running
            return
        with contract.Contract(running.base_url) as running.contract:
            yield running


@pytest.fixture(scope="session")
def nginx_alone():
    """nginx with a fake responder in each pool's place (.pools) and a playable file of medium 7: for what nginx
    decides itself."""
    front = Stack(
        cors_origins=["https://player.example"], trusted_proxies=["127.0.0.1"], origin_hosts=["http://127.0.0.1:9"]
    )
    with contextlib.ExitStack() as end:
        end.callback(front.remove)
        (front.data_dir / "media/7").mkdir(parents=True)
        (front.data_dir / "media/7/film.mp4").write_bytes(b"film" * 1000)
        (front.data_dir / "revoked").mkdir()
        (front.data_dir / "revoked/.present").touch()
        front.prepare()
        front.mediagate(("keys", "init"))
        front.render_nginx()
        front.pools = FakePools(front.root / "run", front.user)
        end.callback(front.pools.close)
        end.callback(front.stop)
        front.spawn_nginx()
        wait_until(lambda: _nginx_answers(front), "nginx to answer")
        yield front


def _nginx_answers(front):
    with front.anonymous() as api, contextlib.suppress(requests.ConnectionError):
        return api.get("/livez").status_code == 200


@pytest.fixture
def front(nginx_alone):  # pylint: disable=redefined-outer-name
    """nginx_alone, with nothing left of earlier tests."""
    nginx_alone.pools.reset()
    return nginx_alone


@pytest.fixture
def make_stack():
    """make_stack(**settings) starts a separate instance, stopped after the test."""
    with contextlib.ExitStack() as running:
        yield lambda **settings: running.enter_context(Stack(**settings))


@pytest.fixture(scope="module")
def module_stack_with(request):
    """As make_stack, for one module: module_stack_with(**settings)."""
    with contextlib.ExitStack() as running:
        yield lambda **settings: running.enter_context(Stack(**settings))


@pytest.fixture(scope="module")
def town(module_stack_with):  # pylint: disable=redefined-outer-name
    """A stack of the module's own that counts views, of viewers wherever X-Forwarded-For says that they are."""
    running = module_stack_with(trusted_proxies=["127.0.0.1"])
    running.start_ingest()
    return running


@pytest.fixture(scope="session")
def make_media():
    return media_files.make_media


@pytest.fixture(scope="session")
def film(stack):  # pylint: disable=redefined-outer-name
    """A medium with a playable file on the shared stack: its JSON. Do not change it."""
    return stack.film(media_files.make_media("film"), title="The shared film")


@pytest.fixture
def anonymous(stack):  # pylint: disable=redefined-outer-name
    with stack.anonymous() as api:
        yield api


@pytest.fixture
def admin(stack):  # pylint: disable=redefined-outer-name
    """The shared administrator, logged in."""
    return stack.admin()


@pytest.fixture
def quickstart():
    """./quickstart for a state folder that is not there yet; stopped and deleted after the test."""
    root = tempfile.mkdtemp(prefix="qs-", dir="/tmp")
    os.chmod(root, 0o755)
    running = Quickstart(pathlib.Path(root) / "state")
    try:
        yield running
    finally:
        running("--reset", "--yes")
        shutil.rmtree(root, ignore_errors=True)
