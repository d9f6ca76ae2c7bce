"""Many consoles that look for new calls every second, as browsers do: do they miss any, and what do others notice?"""

from __future__ import annotations

import asyncio
import re
import time
from collections.abc import Sequence
from contextlib import suppress
from typing import Any

from .asking import Line
from .load import Failed, Target, ratio, spread
from .measuring import SAME, headers
from .model import Model
from .servers import Server
from .table import Finding, shown

LOOK, HEALTH = 1.0, 2.0  # seconds between looks at the calls, and at the server's health, as in site/console
MOST = 500  # calls that a look asks for
CALLERS = 4
TARGET = 1.5
# To take every reply apart would be the larger load.
ID = re.compile(rb'[\[,]{"id":(\d+),"time":"')
META = re.compile(rb'"meta":{"total":(\d+),"dropped":(\d+)}}\Z')


class Console:
    """One page that shows the calls of a sandbox."""

    def __init__(self, port: int, sandbox: str) -> None:
        self.sandbox, self.newest, self.had, self.looks = sandbox, 0, 0, 0
        self._line = Line(port, limit=2**24)

    async def live(self, after: float) -> None:
        """Look at the calls from so many seconds on, until it is cancelled."""
        await asyncio.sleep(after)
        healthy = 0.0
        while True:
            await self.look()
            if time.monotonic() - healthy > HEALTH:
                await self._line.control("GET", "/health", self.sandbox)
                healthy = time.monotonic()
            await asyncio.sleep(LOOK)

    async def look(self, *, surely: bool = True) -> None:
        """What is new since the last look. Raises Failed when anything is told twice, or (``surely``) is missing."""
        target = f"/__admin/requests?after={self.newest}&limit={MOST}&brief=true"
        answer = await self._line.ask("GET", target, {"X-Mock-Sandbox": self.sandbox})
        meta = META.search(answer.body)
        if answer.status != 200 or meta is None:
            raise Failed(f"a look at {self.sandbox} got {answer.status}: {answer.body[:300]!r}")
        ids, had = [int(id) for id in ID.findall(answer.body)], int(meta[1]) + int(meta[2])
        if ids != sorted(set(ids), reverse=True) or min(ids, default=self.newest + 1) <= self.newest:
            raise Failed(f"a console of {self.sandbox} at call {self.newest} was told of {ids}")
        if surely and had != self.had + len(ids):
            raise Failed(
                f"a console of {self.sandbox} had {self.had} calls, was told of {len(ids)}, and there are {had}"
            )
        self.newest, self.had, self.looks = max([*ids, self.newest]), had, self.looks + 1

    def close(self) -> None:
        self._line.close()


class Callers:
    """Calls of these sandboxes in turn, so many a second in all, in an even flow."""

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


async def beside(
    model: Model, server: Server, sandboxes: Sequence[str], consoles: int, rate: float, seconds: float
) -> tuple[float, int, float]:
    """The p50 of others while so many consoles look, how often they did, and how many calls a second they saw come."""
    others = Target(server.url + SAME, headers())
    stop, callers = asyncio.Event(), Callers(model, server.port, sandboxes, rate)
    pages = [Console(server.port, sandboxes[number % len(sandboxes)]) for number in range(consoles)]
    await asyncio.gather(*(page.look() for page in pages))  # what is there already
    calling = asyncio.create_task(callers.run(stop))
    before = sum(page.looks for page in pages)
    living = [asyncio.create_task(page.live(LOOK * number / max(1, consoles))) for number, page in enumerate(pages)]
    began = time.monotonic()
    load = await asyncio.to_thread(others.load, seconds)
    took = time.monotonic() - began
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
    counted = Line(server.port)
    for number, page in enumerate(pages):  # what came since its last look, it finds now
        last = Console(server.port, page.sandbox)
        last.newest, last.had = page.newest, page.had
        await last.look()
        last.close()
        if number < len(sandboxes):
            found: Any = await counted.control("GET", "/requests?limit=0&brief=true", page.sandbox)
            if sum(found["meta"].values()) != last.had:
                raise Failed(f"a console of {page.sandbox} saw {last.had} calls of {found['meta']}")
    counted.close()
    return load.p50, sum(page.looks for page in pages) - before, callers.made / took


def polled(
    model: Model,
    server: Server,
    what: str,
    sandboxes: Sequence[str],
    consoles: int,
    rate: float,
    rounds: int,
    seconds: float,
) -> list[Finding]:
    """Consoles in turns with none, beside the same calls."""
    alone, among, looks = list[float](), list[float](), 0
    for _ in range(rounds):
        alone.append(asyncio.run(beside(model, server, sandboxes, 0, rate, seconds))[0])
        p50, looked, came = asyncio.run(beside(model, server, sandboxes, consoles, rate, seconds))
        among.append(p50)
        looks += looked
    found = ratio(among, alone)
    p50s = f"{spread(among).median:.2f} ms, without them {spread(alone).median:.2f} ms: {shown(found.median)} ×"
    each = f"{looks / rounds / seconds:.0f} looks a second, none of which missed a call"
    return [
        Finding(
            f"p50 of others beside {consoles} consoles, {what}, {came:.0f} calls a second",
            f"{p50s} ({each})",
            f"≤ {TARGET} ×",
            found.median <= TARGET,
        )
    ]
