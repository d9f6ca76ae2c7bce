"""What all tests share: nothing listens, nothing sleeps, the wall clock stands still."""

from __future__ import annotations

import logging
import os
from collections.abc import Iterator

import pytest
from hypothesis import settings

for name in [name for name in os.environ if name.startswith("MOCKSERVER_")]:
    del os.environ[name]  # settings of the person who runs the tests are not part of them

settings.register_profile("same-every-run", derandomize=True, deadline=None, max_examples=50)
settings.load_profile("same-every-run")

pytest.register_assert_rewrite("tests.acme", "tests.contract", "tests.client")

from mockserver.vendor import Vendor  # noqa: E402
from tests.acme import acme  # noqa: E402


@pytest.fixture(scope="session")
def vendor(tmp_path_factory: pytest.TempPathFactory) -> Vendor:
    """The invented vendor with which the core is tested; a vendor's own tests have their own."""
    return acme(tmp_path_factory.mktemp("acme"))


@pytest.fixture(autouse=True)
def log_as_before() -> Iterator[None]:
    """What a command does to our log ends with its test."""
    log = logging.getLogger("mockserver")
    before = log.handlers[:], log.level, log.propagate
    yield
    log.handlers[:], level, log.propagate = before
    log.setLevel(level)
