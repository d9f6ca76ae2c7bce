"""The embedded gunicorn; how it carries calls out is tested with the servers that it starts."""

from __future__ import annotations

import gc
import signal
import socket
from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any

import pytest

from mockserver.metrics import REGIONS, Metrics
from mockserver.vendor import Vendor
from mockserver.wire import gunicorn, listening


@pytest.fixture
def collector() -> Iterator[None]:
    before = gc.get_threshold()
    yield
    gc.unfreeze()
    gc.set_threshold(*before)


def test_what_is_loaded_before_the_server_starts_is_not_looked_at_again(
    collector: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    found: list[int] = []
    monkeypatch.setattr(gunicorn._Embedded, "run", lambda self: found.append(gc.get_freeze_count()))
    gc.unfreeze()
    listener = listening.listen("127.0.0.1", 0)
    gunicorn.run(lambda environ, start_response: [], listener, lambda: None)
    assert found[0] > 10_000
    assert gc.get_threshold()[0] > 700


@pytest.mark.parametrize(
    ("taken", "region"), [([], 0), ([0, 1, 2], 3), ([1, 2], 0), ([0, 2], 1), (list(range(REGIONS)), 0)]
)
def test_no_two_workers_that_live_count_in_one_region(taken: list[int], region: int) -> None:
    """But for those beyond the most that there may be, whom somebody called in by a signal."""
    arbiter = SimpleNamespace(WORKERS={number: SimpleNamespace(region=number) for number in taken})
    worker = SimpleNamespace()
    gunicorn._allot(arbiter, worker)  # type: ignore[arg-type]  # all that is looked at
    assert worker.region == region


@pytest.mark.parametrize("metrics", [True, False])
def test_a_worker_enters_its_region_and_another_process_tells_that_it_left(
    vendor: Vendor, monkeypatch: pytest.MonkeyPatch, metrics: bool
) -> None:
    made: list[Any] = []
    monkeypatch.setattr(gunicorn._Embedded, "run", lambda self: made.append(self))
    monkeypatch.setattr(gunicorn, "_settle", lambda: None)
    monkeypatch.setattr(signal, "signal", lambda *anything: None)
    counts = Metrics([vendor])
    listener = listening.listen("127.0.0.1", 0)
    gunicorn.run(lambda *anything: [], listener, lambda: None, metrics=counts if metrics else None)
    socket.socket(fileno=int(made[0].cfg.bind[0].removeprefix("fd://"))).close()
    worker = SimpleNamespace(region=5, age=1)
    made[0].cfg.post_worker_init(worker)
    assert counts.workers == (2 if metrics else 1)
    made[0].cfg.child_exit(None, worker)
    assert counts.workers == 1
