"""The embedded gunicorn; tests of started servers cover its handling of calls."""

from __future__ import annotations

import asyncio
import gc
import signal
import socket
import sys
from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any

import pytest
from gunicorn.config import Config

from mockserver.engine.metrics import REGIONS, Metrics
from mockserver.sdk.contract import Vendor
from mockserver.sdk.http import Reply, Request
from mockserver.server import gunicorn, listen
from mockserver.server.asgi import AsgiAdapter
from mockserver.server.connection import Connection
from tests.server.stub import StubFront


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
    monkeypatch.setattr(gunicorn._Application, "run", lambda self: found.append(gc.get_freeze_count()))
    gc.unfreeze()
    listener = listen.listen("127.0.0.1", 0)
    gunicorn.run(StubFront(), listener, lambda: None)
    assert found[0] > 10_000
    assert gc.get_threshold()[0] > 700


class Breaking(StubFront):
    """A front that fails, and the log of its server."""

    def __init__(self) -> None:
        super().__init__(Reply(200, b"ok"))
        self.told: list[str] = []

    def handle(self, request: Request) -> Reply:
        if request.method == "GET":
            raise RuntimeError("at once")
        return super().handle(request)

    def exception(self, message: str) -> None:
        self.told.append(f"{message}: {sys.exc_info()[1]}")

    def __getattr__(self, name: str) -> Any:
        return lambda *told: None  # whatever else a log does


def test_a_call_that_breaks_before_it_is_one_is_told_and_the_next_is_answered() -> None:
    breaking = Breaking()
    app = AsgiAdapter(breaking)
    counts = {"nr": 0, "nr_conns": 0, "max_requests": sys.maxsize, "alive": True}
    worker = SimpleNamespace(cfg=Config(), log=breaking, asgi=app, connections=set(), state={}, **counts)

    async def answers() -> list[bytes]:
        worker.loop = asyncio.get_running_loop()
        async with await worker.loop.create_server(lambda: Connection(worker), "127.0.0.1", 0) as server:
            found = []
            for method in (b"GET", b"POST"):
                reader, writer = await asyncio.open_connection(*server.sockets[0].getsockname())
                writer.write(method + b" / HTTP/1.1\r\nHost: here\r\nConnection: close\r\n\r\n")
                found.append(await asyncio.wait_for(reader.read(), 60))
                writer.close()
                await writer.wait_closed()
        return found

    broken, fine = asyncio.run(answers())
    assert broken.startswith(b"HTTP/1.1 500 Internal Server Error\r\n")
    assert broken.endswith(b'"detail":"The sandbox itself failed; its log says why."}')
    assert (fine[:15], fine[-2:]) == (b"HTTP/1.1 200 OK", b"ok")
    assert breaking.told == ["A call broke before it was one: at once"]


@pytest.mark.parametrize(
    ("taken", "region"), [([], 0), ([0, 1, 2], 3), ([1, 2], 0), ([0, 2], 1), (list(range(REGIONS)), 0)]
)
def test_no_two_workers_that_live_count_in_one_region(taken: list[int], region: int) -> None:
    """But for those beyond the most that there may be, whom somebody called in by a signal."""
    arbiter = SimpleNamespace(WORKERS={number: SimpleNamespace(region=number) for number in taken})
    worker = SimpleNamespace()
    gunicorn._assign_region(arbiter, worker)  # type: ignore[arg-type]  # all that is looked at
    assert worker.region == region


@pytest.mark.parametrize("metrics", [True, False])
def test_a_worker_enters_its_region_and_another_process_tells_that_it_left(
    vendor: Vendor, monkeypatch: pytest.MonkeyPatch, metrics: bool
) -> None:
    made: list[Any] = []
    monkeypatch.setattr(gunicorn._Application, "run", lambda self: made.append(self))
    monkeypatch.setattr(gunicorn, "_tune_collector", lambda: None)
    monkeypatch.setattr(signal, "signal", lambda *anything: None)
    counts = Metrics([vendor])
    listener = listen.listen("127.0.0.1", 0)
    gunicorn.run(StubFront(), listener, lambda: None, metrics=counts if metrics else None)
    socket.socket(fileno=int(made[0].cfg.bind[0].removeprefix("fd://"))).close()
    worker = SimpleNamespace(region=5, age=1)
    made[0].cfg.post_worker_init(worker)
    assert counts.workers == (2 if metrics else 1)
    made[0].cfg.child_exit(None, worker)
    assert counts.workers == 1
