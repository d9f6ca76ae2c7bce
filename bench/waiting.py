"""Thousands of delayed calls in flight at once: is every answer right, and are others slower?"""

from __future__ import annotations

import asyncio
import random
import resource
import time

from bench.asking import Line
from bench.load import Failed, ratio, spread
from bench.measuring import DELAY, SAME, headers
from bench.model import GOOD, Model, Setup
from bench.pacing import Paced, run_paced
from bench.servers import Server
from bench.table import Finding, format_number

OPENING = 200  # connections opened at once; all are open before the first call
SECONDS = 3  # of the measurement of others alone
NAME = "waiting"


async def volley(model: Model, port: int, calls: int, seed: int) -> list[str]:
    """Send this many delayed calls at once; returns the errors of their answers."""
    need_files(calls + 100)
    gate, start, draw = asyncio.Semaphore(OPENING), asyncio.Event(), random.Random(f"{seed}/volley")
    asks = [ask for asks in model.asks.values() for ask in asks if ask.kind == GOOD]
    opened, wrong = 0, list[str]()

    async def one() -> None:
        nonlocal opened
        line, ask = Line(port, limit=2**16), draw.choice(asks)
        try:
            async with gate:
                await line.open()
                opened += 1
            if opened == calls:
                start.set()
            await start.wait()
            sent = time.monotonic()
            own = {**model.headers(ask), "X-Mock-Sandbox": NAME, "X-Mock-Delay": str(DELAY)}
            answer = await line.ask("GET", f"/{ask.vendor}{ask.target}", own)
            taken, wanted = time.monotonic() - sent, model.answer(Setup(), ask)
            if (answer.status, answer.body) != (wanted[0], model.own(wanted[1], model.texts)) or taken < DELAY / 1000:
                wrong.append(f"{ask.target} got {answer.status} after {taken:.2f} s: {answer.body[:200]!r}")
        except (Failed, OSError) as failed:
            wrong.append(str(failed) or repr(failed))
            start.set()
        finally:
            line.close()

    await asyncio.gather(*(one() for _ in range(calls)))
    return wrong


def need_files(count: int) -> None:
    """Raises Failed when the limit of open files is too low for this many connections."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if hard != resource.RLIM_INFINITY and hard < count:
        raise Failed(f"{count:,} open files are needed, and only {hard:,} are allowed (ulimit -Hn).")
    if soft != resource.RLIM_INFINITY and soft < count:
        resource.setrlimit(resource.RLIMIT_NOFILE, (count, hard))


def waiting(model: Model, server: Server, calls: int, rounds: int, seed: int) -> list[Finding]:
    """Send volleys of delayed calls, and measure the latency of others beside them."""
    wrong, alone, among, taken = list[str](), list[Paced](), list[Paced](), list[float]()
    for number in range(rounds):
        with run_paced(server.port, SAME, headers()) as others:
            time.sleep(SECONDS)
        alone.append(others)
        with run_paced(server.port, SAME, headers()) as others:
            began = time.monotonic()
            wrong += asyncio.run(volley(model, server.port, calls, seed + number))
            taken.append(time.monotonic() - began)
        among.append(others)
    for each in wrong[:5]:
        print(f"WRONG  {each}", flush=True)
    p50s, longest = [each.p50 for each in among], spread(each.longest for each in among).median
    before = [each.p50 for each in alone]
    return [
        Finding(
            f"{calls:,} calls in flight at once, each delayed by {DELAY / 1000:g} s, {rounds} times: wrong answers",
            f"{len(wrong)} of {calls * rounds:,}; all answered after {spread(taken).median:.1f} s",
            "none",
            not wrong,
        ),
        Finding(
            "p50 of others beside them, 160 calls a second, while they come, wait and go",
            f"{spread(p50s).median:.2f} ms, without them {spread(before).median:.2f} ms: "
            f"{format_number(ratio(p50s, before).median)} ×; the longest {longest:,.0f} ms",
        ),
    ]
