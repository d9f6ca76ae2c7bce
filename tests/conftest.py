"""What all tests share: nothing listens, nothing sleeps, the wall clock stands still."""

from __future__ import annotations

import asyncio
import logging
import os
import tempfile
from collections.abc import Iterator

import pytest
from hypothesis import settings

for name in [name for name in os.environ if name.startswith("MOCKSERVER_")]:
    del os.environ[name]  # settings of the person who runs the tests are not part of them

# Datasets are remembered for the length of a run, by the servers that tests start, too; the cache of whoever runs
# the tests is not touched. The folder goes with the session.
_CACHE = tempfile.TemporaryDirectory(prefix="mockserver-cache-")
os.environ["XDG_CACHE_HOME"] = _CACHE.name

settings.register_profile("same-every-run", derandomize=True, deadline=None, max_examples=50)
settings.load_profile("same-every-run")

pytest.register_assert_rewrite("tests.support.acme", "tests.contract", "tests.support.client")

from mockserver.sdk.contract import Vendor  # noqa: E402
from tests.support.acme import acme  # noqa: E402
from tests.support.stores import KINDS, Make, making  # noqa: E402


@pytest.fixture(scope="session")
def vendor(tmp_path_factory: pytest.TempPathFactory) -> Vendor:
    """The invented vendor with which the core is tested; a vendor's own tests have their own."""
    return acme(tmp_path_factory.mktemp("acme"))


@pytest.fixture(scope="session", params=KINDS)
def make(request: pytest.FixtureRequest) -> Iterator[Make]:
    """Makes stores, of each kind that there is."""
    with making(request.param) as found:
        yield found


@pytest.fixture(autouse=True)
def no_loop_of_others(request: pytest.FixtureRequest) -> Iterator[None]:
    """Browser tests leave an event loop in the main thread that passes for running, where other tests start their own
    or want none.
    """
    loop = asyncio._get_running_loop()
    if loop is not None and request.node.get_closest_marker("browser") is None:
        asyncio._set_running_loop(None)
        yield
        asyncio._set_running_loop(loop)
    else:
        yield


@pytest.fixture(autouse=True)
def log_as_before() -> Iterator[None]:
    """What a command does to our log ends with its test."""
    log = logging.getLogger("mockserver")
    before = log.handlers[:], log.level, log.propagate
    yield
    log.handlers[:], level, log.propagate = before
    log.setLevel(level)
