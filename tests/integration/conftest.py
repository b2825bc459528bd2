# SPDX-License-Identifier: ISC
"""Fixtures of the integration tests.

`stack` is one running mediagate that all tests of a process share: leave it as you found it. `make_stack` starts
others for tests that break things. `make_media` gives real films and sounds.
"""
import contextlib

import pytest

import contract
import media_files
import web_tools
from stack import Stack


@pytest.fixture(scope="session")
def stack():
    """What tests ask of its API goes through the validating proxy, where `make web-tools` installed it."""
    with Stack() as running:
        if not web_tools.have_tools():
            yield running
            return
        with contract.Contract(running.base_url) as running.contract:
            yield running


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
