"""Many consoles poll for new calls every second, as browsers do: do they miss any, do they slow others down?"""

from __future__ import annotations

import asyncio
import re
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass

from bench.asking import Line
from bench.load import Failed, Target, in_turns, ratio, spread
from bench.measuring import SAME, headers
from bench.model import Model
from bench.servers import Server
from bench.table import Finding, format_number

LOOK, HEALTH = 1.0, 2.0  # seconds between polls of the calls, and of the server's health, as in site/console
MOST = 500  # calls per poll
CALLERS = 4
TARGET = 1.5
# Parsing every reply would be the larger load.
ID = re.compile(rb'[\[,]{"id":(\d+),"time":"')
META = re.compile(rb'"meta":{"total":(\d+),"dropped":(\d+)}}\Z')


class Console:
    """One page that shows the calls of a sandbox."""

    def __init__(self, port: int, sandbox: str) -> None:
        self.sandbox, self.newest, self.had, self.looks = sandbox, 0, 0, 0
        self._line = Line(port, limit=2**24)

    async def live(self, after: float) -> None:
        """Poll the calls after a delay in seconds, until cancelled."""
        await asyncio.sleep(after)
        healthy = 0.0
        while True:
            await self.look()
            if time.monotonic() - healthy > HEALTH:
                await self._line.control("GET", "/health", self.sandbox)
                healthy = time.monotonic()
            await asyncio.sleep(LOOK)

    async def look(self, *, surely: bool = True) -> None:
        """Read the calls since the last poll. Raises Failed for a repeated call, or (``surely``) a missing one."""
        target = f"/__admin/requests?after={self.newest}&limit={MOST}&brief=true"
        answer = await self._line.ask("GET", target, {"X-Mock-Sandbox": self.sandbox})
        meta = META.search(answer.body)
        if answer.status != 200 or meta is None:
            raise Failed(f"a look at {self.sandbox} got {answer.status}: {answer.body[:300]!r}")
        ids, had = [int(id) for id in ID.findall(answer.body)], int(meta[1]) + int(meta[2])
        if ids != sorted(set(ids), reverse=True) or min(ids, default=self.newest + 1) <= self.newest:
            raise Failed(f"a console of {self.sandbox} at call {self.newest} was told of {ids}")
        if surely and self.newest and had != self.had + len(ids):
            raise Failed(
                f"a console of {self.sandbox} had {self.had} calls, was told of {len(ids)}, and there are {had}"
            )
        self.newest, self.had, self.looks = max([*ids, self.newest]), had, self.looks + 1

    def close(self) -> None:
        self._line.close()


class Callers:
    """Calls these sandboxes in turn at an even rate, a total per second."""

    def __init__(self, model: Model, port: int, sandboxes: Sequence[str], rate: float) -> None:
        self.made = 0
        self._model, self._sandboxes, self._pause = model, sandboxes, CALLERS / rate
        self._lines = [Line(port) for _ in range(CALLERS)]

    async def run(self, stop: asyncio.Event) -> None:
        await asyncio.gather(*(self._one(line, stop) for line in self._lines))

    async def _one(self, line: Line, stop: asyncio.Event) -> None:
        vendors, due = [*self._model.vendors], time.monotonic()
        while not stop.is_set():
            sandbox, ask = self._sandboxes[self.made % len(self._sandboxes)], None
            ask = self._model.example(vendors[self.made % len(vendors)])
            self.made += 1
            own = {**self._model.headers(ask), "X-Mock-Sandbox": sandbox}
            await line.ask("GET", f"/{ask.vendor}{ask.target}", own)
            due += self._pause
            with suppress(TimeoutError):
                await asyncio.wait_for(stop.wait(), max(0.0, due - time.monotonic()))
        line.close()


@dataclass(frozen=True)
class Seen:
    """Results of one period: the p50 of others (ms), polls of consoles, calls, CPU of the server (s)."""

    p50: float
    looks: int
    calls: int
    cpu: float


async def beside(
    model: Model, server: Server, sandboxes: Sequence[str], consoles: int, rate: float, others: Callable[[], float]
) -> Seen:
    """Run consoles and calls beside the work of others."""
    stop, callers = asyncio.Event(), Callers(model, server.port, sandboxes, rate)
    pages = [Console(server.port, sandboxes[number % len(sandboxes)]) for number in range(consoles)]
    await asyncio.gather(*(page.look() for page in pages))  # the calls so far
    looked, busy = sum(page.looks for page in pages), server.cpu
    calling = asyncio.create_task(callers.run(stop))
    living = [asyncio.create_task(page.live(LOOK * number / consoles)) for number, page in enumerate(pages)]
    p50 = await asyncio.to_thread(others)
    seen = Seen(p50, sum(page.looks for page in pages) - looked, callers.made, server.cpu - busy)
    broken = [task.exception() for task in living if task.done()]
    for task in living:
        task.cancel()
    await asyncio.gather(*living, return_exceptions=True)
    stop.set()
    await calling
    if broken:
        raise Failed(str(broken[0]))
    for page in pages:
        page.close()
        await _settle(server, page)
    return seen


async def _settle(server: Server, page: Console) -> None:
    """Poll once more. Raises Failed when a console misses a call."""
    last = Console(server.port, page.sandbox)
    last.newest, last.had = page.newest, page.had
    await last.look()
    last.close()


def poll(
    model: Model,
    server: Server,
    what: str,
    sandboxes: Sequence[str],
    consoles: int,
    rate: float,
    rounds: int,
    seconds: float,
) -> list[Finding]:
    """Consoles and none in turns, beside the same calls; once more without others, for their CPU."""
    target = Target(server.url + SAME, headers())

    def hammer() -> float:
        return target.load(seconds).p50

    def rest() -> float:
        time.sleep(seconds)
        return 0

    def seen(many: int, others: Callable[[], float]) -> Seen:
        return asyncio.run(beside(model, server, sandboxes, many, rate, others))

    hammer()
    tasks = {"alone": lambda number: seen(0, hammer), "among": lambda number: seen(consoles, hammer)}
    found = in_turns(rounds, tasks)
    p50 = {name: [each.p50 for each in of] for name, of in found.items()}
    quiet, live = seen(0, rest), seen(consoles, rest)
    times = ratio(p50["among"], p50["alone"])
    p50s = f"{spread(p50['among']).median:.2f} ms, without them {spread(p50['alone']).median:.2f} ms"
    each = f"{format_number(times.median)} × ({format_number(times.low)} – {format_number(times.high)})"
    looks = f"{live.looks / seconds:.0f} looks a second, none of which missed a call"
    beside_what = f"{consoles} consoles, {what}, {live.calls / seconds:.0f} calls a second"
    return [
        Finding(
            f"p50 of others (16 connections) beside {beside_what}",
            f"{p50s}: {each}",
            f"≤ {TARGET} ×",
            times.median <= TARGET,
        ),
        Finding(f"CPU of the server for {looks}", f"{(live.cpu - quiet.cpu) / seconds * 100:.0f} % of a core"),
    ]
