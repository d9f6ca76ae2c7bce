"""``make soak``: ten minutes of mixed use of a server, whose memory must stay flat.

``python -m bench.soak [--seconds 600] [--workers 2 --store redis://…] [--write]`` (or SECONDS=). What a server keeps is
bounded, and the bounds are set so that the first minute fills them: journals (of a sandbox and all together), sandboxes
(some are deleted, most expire), fault rules and changed records (each sandbox goes before it has many). In that minute
half of all calls have a text and a name that were never sent, for what is remembered of those to be full; the other
half come again, for answers to be. Whatever grows on after it is a leak.

Memory is PSS over the process tree, once a second; its growth is the median of the last tenth of the time over that of
the first samples after the minute.
"""

from __future__ import annotations

import argparse
import asyncio
import itertools
import os
import random
import signal
import sys
import time
from collections import Counter
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from statistics import median
from typing import Any

from bench import job
from bench.asking import JSON, Line
from bench.consoles import Console
from bench.load import Failed
from bench.model import MARKED, Model
from bench.servers import Command, Server, running
from bench.table import LOADS, Finding, findings, make_section, write
from mockserver.sdk.jsontext import encode

SECONDS, WARM, EVERY = 600.0, 60.0, 1.0
MOST = 0.05  # growth
CLIENTS, CONSOLES, SANDBOXES = 12, 40, 60
# A minute fills these bounds, even on a busy machine.
BOUNDS = (
    ("--sandbox-idle", "15"),
    ("--max-sandboxes", "1000"),
    ("--journal-entries", "100"),
    ("--journal-bytes", "500000"),
    ("--all-journals-bytes", "15000000"),
)
NETWORK = ("reset", "empty", "truncate", "malformed", "drip")
BAD = (
    b"GARBAGE\r\n\r\n",
    b"GET / HTTP/9.9\r\n\r\n",
    b"GET /wisecp/api/Billing/GetInvoices HTTP/1.1\r\nHost: x\r\nX-Big: " + b"a" * 20_000 + b"\r\n\r\n",
    b"POST /wisecp/api/Billing/GetInvoices HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\nhalf",
    b"GET /wisecp/api/Billing/GetInvoices?" + b"q" * 30_000 + b" HTTP/1.1\r\nHost: x\r\n\r\n",
    b"GET /wisecp/api/Billing/GetInv",
)

Do = Callable[["User"], Awaitable[None]]


@dataclass
class Soak:
    """The state that all users of the server share."""

    model: Model
    port: int
    seed: int
    done: Counter[str] = field(default_factory=Counter)
    names: itertools.count[int] = field(default_factory=itertools.count)
    recent: list[str] = field(default_factory=list)
    warming: bool = True

    def fresh(self) -> str:
        """The name of a new sandbox; all users share the newest few, and drop the others."""
        name = f"soak-{next(self.names)}"
        self.recent = [*self.recent, name][-SANDBOXES:]
        return name


@dataclass
class User:
    """A user that draws its next action at random."""

    soak: Soak
    line: Line
    draw: random.Random

    @property
    def box(self) -> str:
        return self.draw.choice(self.soak.recent or ["soak"])

    async def ask(self, method: str, path: str, sandbox: str, body: object = None) -> Any:
        """Make a control request; any refusal is fine, except an internal error."""
        sent = {"X-Mock-Sandbox": sandbox, **({} if body is None else JSON)}
        answer = await self.line.ask(method, f"/__admin{path}", sent, b"" if body is None else encode(body))
        if answer.status >= 500:
            raise Failed(f"{method} {path} was answered with {answer.status}: {answer.body[:300]!r}")
        return answer

    def is_new(self, often: float) -> bool:
        """Whether to send something new: with this probability, in the warm-up every other time."""
        return self.draw.random() < (0.5 if self.soak.warming else often)

    async def call(self) -> None:
        ask = self.draw.choice(self.soak.model.asks[self.draw.choice([*self.soak.model.vendors])])
        noise = f"{'&' if '?' in ask.target else '?'}note={self.draw.randrange(10**9)}" if self.is_new(0.3) else ""
        sent = {**self.soak.model.headers(ask), "X-Mock-Sandbox": self.box}
        if self.draw.random() < 0.05:
            sent["X-Mock-Delay"] = "50"
        if self.is_new(0.05):
            sent[f"X-Own-{self.draw.randrange(10**6)}"] = "x"
        await self.line.ask("GET", f"/{ask.vendor}{ask.target}{noise}", sent)

    async def make(self) -> None:
        name = self.soak.fresh()
        await self.ask("PUT", f"/sandboxes/{name}", name, {"quotas": {job.VENDOR: "1000/minute"}})

    async def forget(self) -> None:
        await self.ask("DELETE", f"/sandboxes/{self.box}", "default")

    async def edit(self) -> None:
        vendor = self.draw.choice([*self.soak.model.vendors])
        id = self.draw.choice(self.soak.model.marked[vendor])
        text = f"soaked {self.draw.randrange(10**9)}"
        await self.ask("PATCH", f"/records/{vendor}/{id}", self.box, {MARKED[vendor]: text})
        if self.draw.random() < 0.3:
            await self.ask("POST", f"/records/{job.VENDOR}", self.box, {"notes": text})

    async def fault(self) -> None:
        """Add a fault rule that matches only this user's call, and make the call."""
        name, kind, mark = self.box, self.draw.choice((*NETWORK, None)), str(self.draw.randrange(10**9))
        rule = {"vendor": "netgroot", "times": 2, "match": {"query": {"soaked": {"equalTo": mark}}}}
        made = await self.ask("POST", "/faults", name, rule | ({"network": kind} if kind else {"status": 503}))
        sent, line = (
            {**self.soak.model.headers(self.soak.model.example("netgroot")), "X-Mock-Sandbox": name},
            self.spare,
        )
        with suppress(Failed, ValueError):  # the rule's own fault
            await line.ask("GET", f"{self.soak.model.example('netgroot').path}?soaked={mark}", sent)
        line.close()
        await self.ask("DELETE", made.headers.get("location", "/__admin/faults").removeprefix("/__admin"), name)

    @property
    def spare(self) -> Line:
        """A second connection, which may break."""
        return Line(self.soak.port)

    async def scenario(self) -> None:
        names = ("healthy", "empty", "past-due", "rate-limited", "flaky", "outage", "expired-credentials")
        await self.ask("PUT", "/scenarios/active", self.box, {"name": self.draw.choice(names)})

    async def read(self) -> None:
        what = (
            "/requests",
            "/requests?brief=true",
            "/requests/unmatched",
            "/verdict",
            "/verdict?format=junit",
            "/settings",
            "/clock",
            "/faults",
        )
        others = ("/sandboxes", "/vendors", "/fidelity", "/fidelity/wisecp", "/totals/wisecp", "/records/jframework")
        await self.ask("GET", self.draw.choice((*what, *others)), self.box)
        await self.ask("POST", "/requests/find", self.box, {"vendor": "wisecp", "status": 200})

    async def export(self) -> None:
        await self.ask("GET", f"/export/{self.draw.choice([*self.soak.model.vendors])}", self.box)

    async def clock(self) -> None:
        await self.ask("POST", "/clock/advance", self.box, {"duration": f"{self.draw.randint(1, 90)}d"})

    async def misuse(self) -> None:
        """Send malformed or truncated HTTP, and requests that control refuses."""
        with suppress(OSError):  # the server may close the connection
            reader, writer = await asyncio.open_connection("127.0.0.1", self.soak.port)
            writer.write(self.draw.choice(BAD))
            writer.write_eof()
            await asyncio.wait_for(reader.read(), 30)
            writer.close()
        text = "x" * self.draw.randint(1, 5000)
        await self.ask("POST", "/faults", self.box, {"vendor": text, "match": {"query": text}})
        await self.ask("GET", f"/records/{text[:200]}/7", self.box)
        await self.line.ask("GET", f"/nowhere/{self.draw.randrange(10**9)}", {"X-Mock-Sandbox": self.box})


WEIGHTS: dict[Do, int] = {
    User.call: 700,
    User.make: 25,
    User.forget: 8,
    User.edit: 40,
    User.fault: 15,
    User.scenario: 6,
    User.read: 25,
    User.export: 4,
    User.clock: 10,
    User.misuse: 15,
}


async def user(soak: Soak, number: int, warm: float, until: float) -> None:
    own = User(soak, Line(soak.port), random.Random(f"{soak.seed}/user/{number}"))
    for _ in range(5):
        await own.make()
    while (now := time.monotonic()) < until:
        soak.warming = now < warm
        (do,) = own.draw.choices([*WEIGHTS], [*WEIGHTS.values()])
        await do(own)
        soak.done[do.__name__] += 1
    own.line.close()


async def console(soak: Soak, number: int, until: float) -> None:
    """A console that polls one sandbox after another; a deleted sandbox has no calls."""
    while time.monotonic() < until:
        page = Console(soak.port, soak.recent[number % len(soak.recent)] if soak.recent else "default")
        for _ in range(20):
            if time.monotonic() > until:
                break
            await page.look(surely=False)
            soak.done["looks of consoles"] += 1
            await asyncio.sleep(1)
        page.close()


async def sample_memory(server: Server, until: float) -> list[float]:
    """The server's memory every second (MiB)."""
    found = []
    while time.monotonic() < until:
        found.append(await asyncio.to_thread(lambda: server.pss))
        await asyncio.sleep(EVERY)
    return found


async def use_server(soak: Soak, server: Server, warm: float, seconds: float) -> list[float]:
    began = time.monotonic()
    until = began + seconds
    users = (user(soak, number, began + warm, until) for number in range(CLIENTS))
    consoles = (console(soak, number, until) for number in range(CONSOLES))
    samples = asyncio.create_task(sample_memory(server, until))
    await asyncio.gather(*users, *consoles)
    return await samples


def measure_growth(samples: Sequence[float], warm: float, seconds: float) -> tuple[float, float, float]:
    """The memory after the warm-up and at the end (MiB), and its growth (0.05: 5 %)."""
    start = round(len(samples) * warm / seconds)
    few = max(1, (len(samples) - start) // 10)
    first, last = median(samples[start : start + few]), median(samples[-few:])
    return first, last, last / first - 1


def soak(seconds: float, seed: int, flags: Sequence[str]) -> list[Finding]:
    """Use a server for this time; returns the findings. Raises Failed for a broken server."""
    words = (sys.executable, "-m", "mockserver", "serve", "--port", "{port}", *itertools.chain(*BOUNDS), *flags)
    warm = min(WARM, seconds / 3)
    with running(Command("soak", words, "/__admin/health", {})) as server:
        shared = Soak(Model(seed), server.port, seed)
        samples = asyncio.run(use_server(shared, server, warm, seconds))
    first, last, grown = measure_growth(samples, warm, seconds)
    held, half = grown < MOST, measure_growth(samples, seconds / 2, seconds)
    marks = ", ".join(f"{samples[round((len(samples) - 1) * part / 10)]:.0f}" for part in range(11))
    uses = ", ".join(f"{name} {count:,}" for name, count in shared.done.most_common())
    return [
        Finding(
            f"growth of memory after {warm:.0f} s of {seconds:.0f} s of mixed use",
            f"{first:.1f} MiB → {last:.1f} MiB: {grown * 100:+.1f} %",
            f"< {MOST * 100:g} %",
            held,
        ),
        Finding("of it in the second half: what goes on growing", f"{half[2] * 100:+.1f} %"),
        Finding("memory from the start to the end, MiB", marks),
        Finding("what was done", uses),
        Finding("sandboxes made", f"{next(shared.names):,}"),
    ]


def main(words: Sequence[str]) -> int:
    """Soak, print the table, and with ``--write`` put it into docs/load.md; 1 when memory grew."""
    parser = argparse.ArgumentParser(prog="make soak")
    parser.add_argument("--seconds", type=float, default=float(os.environ.get("SECONDS") or SECONDS))
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--workers", type=int, default=1)
    parser.add_argument("--store", default="memory")
    parser.add_argument("--write", action="store_true", help="put the table into docs/load.md")
    given = parser.parse_args(words)
    signal.signal(signal.SIGTERM, lambda number, frame: sys.exit("stopped"))  # ends the server, too
    flags = ("--workers", str(given.workers), "--store", given.store)
    try:
        found = soak(given.seconds, given.seed, flags)
    except Failed as failed:
        sys.exit(str(failed))
    text = make_section(
        "Ten minutes of mixed use", findings(found), {"Command": f"`make soak SECONDS={given.seconds:g}`"}
    )
    print(text)
    if given.write:
        write("soak", text, LOADS)
    return int(any(each.held is False for each in found))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
