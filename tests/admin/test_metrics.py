"""Metrics by the control API: behind its guard, and told while the store is away, too."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import pytest

from mockserver.sandbox.store import LastUse
from mockserver.sandbox.store.memory import MemoryStore
from mockserver.sdk.contract import Vendor
from mockserver.sdk.errors import StoreUnavailable
from tests.engine.test_metrics import parsed
from tests.support.acme import BILLS, Sandboxed
from tests.support.stores import Elapsed


class Leaving(MemoryStore):
    """A store that may be away."""

    away = False

    def sandboxes(self) -> Mapping[str, LastUse]:
        if self.away:
            raise StoreUnavailable
        return super().sandboxes()


def test_it_is_what_prometheus_reads(vendor: Vendor) -> None:
    server = Sandboxed(vendor)
    server.get(BILLS)
    server.get(BILLS, X_Mock_Sandbox="other")
    answer = server.control("GET", "/metrics")
    assert answer.status == 200
    assert answer.headers["Content-Type"] == "text/plain; version=0.0.4; charset=utf-8"
    assert answer.headers["Cache-Control"] == "no-store"
    found = parsed(answer.body.decode())
    assert found["mockserver_calls_total"] == {("acme", "listBills", "200"): 2}
    assert found["mockserver_sandboxes"] == {(): 2}


def test_a_sandbox_that_was_idle_for_too_long_is_none(vendor: Vendor) -> None:
    passed = Elapsed()
    server = Sandboxed(vendor, store=MemoryStore(elapsed=passed), sandbox_idle=60)
    server.get(BILLS, X_Mock_Sandbox="idle")
    passed.seconds += 61
    assert parsed(server.control("GET", "/metrics").body.decode())["mockserver_sandboxes"] == {(): 0}


def test_it_wants_the_token_as_prometheus_sends_it(vendor: Vendor) -> None:
    server = Sandboxed(vendor, control_token="a-token")
    assert server.control("GET", "/metrics").status == 401
    assert server.control("GET", "/metrics", headers={"Authorization": "Bearer a-token"}).status == 200


@pytest.mark.parametrize("reset_at", [None, "03:00"])
def test_it_is_told_while_the_store_is_away(vendor: Vendor, tmp_path: Path, reset_at: str | None) -> None:
    store = Leaving()
    server = Sandboxed(vendor, store=store, reset_at=reset_at)
    server.get(BILLS)
    store.away = True
    answer = server.control("GET", "/metrics")
    assert answer.status == 200
    found = parsed(answer.body.decode())
    assert found["mockserver_store_up"] == {(): 0}
    assert found["mockserver_calls_total"] == {("acme", "listBills", "200"): 1}
    assert "mockserver_sandboxes" not in found
    assert server.control("GET", "/sandboxes").status == 503
    store.away = False
    assert parsed(server.control("GET", "/metrics").body.decode())["mockserver_store_up"] == {(): 1}
