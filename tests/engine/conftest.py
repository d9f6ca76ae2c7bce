"""Servers of invented vendors for the routing tests."""

from __future__ import annotations

import pytest

from mockserver.sdk.contract import Vendor
from tests.support.acme import Sandboxed, acme


@pytest.fixture(scope="module")
def other(tmp_path_factory: pytest.TempPathFactory) -> Vendor:
    """A vendor that documents the same paths as acme."""
    return acme(tmp_path_factory.mktemp("bolt"), name="bolt", also=("/v9/bolts",))


@pytest.fixture(scope="module")
def both(vendor: Vendor, other: Vendor) -> Sandboxed:
    return Sandboxed(vendor, other)
