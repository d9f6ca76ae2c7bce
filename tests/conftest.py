"""Fixtures and settings of all tests."""

from __future__ import annotations

import asyncio
import gc
import logging
import os
import tempfile
from collections.abc import Iterator

import pytest
from hypothesis import settings

for name in [name for name in os.environ if name.startswith("MOCKSERVER_")]:
    del os.environ[name]  # the tester's own settings must not matter

# All processes of a run share a cache of datasets, which ends with the session; the tester's own is not touched.
_CACHE = tempfile.TemporaryDirectory(prefix="mockserver-cache-")
os.environ["XDG_CACHE_HOME"] = _CACHE.name

settings.register_profile("same-every-run", derandomize=True, deadline=None, max_examples=50)
settings.load_profile("same-every-run")

pytest.register_assert_rewrite("tests.support.acme", "tests.contract", "tests.support.client")

from mockserver.sdk.contract import Vendor  # noqa: E402
from tests.support.acme import acme  # noqa: E402
from tests.support.stores import KINDS, Make, making  # noqa: E402


def pytest_collection_finish() -> None:
    """Hide what is imported and collected from the garbage collector, which would search all of it again and again."""
    gc.collect()
    gc.freeze()


@pytest.fixture(scope="session")
def vendor(tmp_path_factory: pytest.TempPathFactory) -> Vendor:
    """The invented vendor of the core's tests; a vendor's tests use that vendor."""
    return acme(tmp_path_factory.mktemp("acme"))


@pytest.fixture(scope="session", params=KINDS)
def make(request: pytest.FixtureRequest) -> Iterator[Make]:
    """Makes stores, of each available kind."""
    with making(request.param) as found:
        yield found


@pytest.fixture(autouse=True)
def no_loop_of_others(request: pytest.FixtureRequest) -> Iterator[None]:
    """Hide the event loop that browser tests leave running in the main thread from other tests."""
    loop = asyncio._get_running_loop()
    if loop is not None and request.node.get_closest_marker("browser") is None:
        asyncio._set_running_loop(None)
        yield
        asyncio._set_running_loop(loop)
    else:
        yield


@pytest.fixture(autouse=True)
def log_as_before() -> Iterator[None]:
    """Undo what a command does to our log."""
    log = logging.getLogger("mockserver")
    before = log.handlers[:], log.level, log.propagate
    yield
    log.handlers[:], level, log.propagate = before
    log.setLevel(level)
