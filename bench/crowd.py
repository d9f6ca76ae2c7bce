"""A thousand different sandboxes, and clients that draw any of them: is every answer right?

Each sandbox has texts of its own in its records, which change as the clients go, and one thing more, by its number:
records added or removed, a reading, a quota, a clock that stands elsewhere, a fault that strikes so many times. An
answer that shows anything else than its own sandbox should (``model.py`` says what) is wrong.
"""

from __future__ import annotations

import asyncio
import itertools
import random
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from bench import job
from bench.asking import Line
from bench.load import Failed
from bench.model import (
    GOOD,
    NOON,
    NOWHERE,
    STRANGER,
    Ask,
    Expected,
    Invoice,
    Model,
    Request,
    Setup,
    invoice_of,
    list_invoices,
    mark,
    show_clock,
    stop_clock,
)
from mockserver.sdk.jsontext import decode, encode

CLIENTS = 16
MAX_WRONG_SHOWN = 5  # wrong answers printed
EDITS = 0.02  # share of the clients' actions
KINDS = ("records added", "records removed", "a reading", "a quota", "a clock", "a fault", "its texts alone")
READINGS = (
    "netgroot.empty-list=not-found", "netgroot.bad-id=not-found", "jframework.bad-input=ignore",
    "saaslogic.inverted-range=refuse", "saaslogic.error-body=empty", "flolive.failure-status=always-200",
    "wisecp.failure-status=always-200", "wisecp.amounts=short",
)  # fmt: skip
TIMES = tuple(datetime(2026, month, day, 12, tzinfo=UTC) for month, day in ((1, 1), (2, 15), (4, 30), (9, 1)))
LIMITS = (3, 10, 30)


class Wrong(Exception):
    """A wrong answer; the message has the call, the answer and the expected one."""


@dataclass
class Struck:
    """A fault of the first calls of a vendor, or of all but the first (a quota), exactly ``times`` times."""

    vendor: str
    times: int
    first: bool
    setup: Setup
    sent: int = 0
    seen: int = 0  # answers of the ``times``

    def meets(self, ask: Ask) -> bool:
        """Whether a call reaches it: faults precede all gates, quotas follow authentication."""
        kinds = (GOOD, STRANGER, NOWHERE) if self.first else (GOOD,)
        return ask.vendor == self.vendor and ask.kind in kinds


@dataclass
class Box:
    """The expected state of a sandbox: its setup, its own texts, its own invoices."""

    name: str
    kind: str
    setup: Setup = Setup()
    struck: Struck | None = None
    texts: dict[str, list[str | None]] = field(default_factory=dict)
    invoices: list[Invoice] | None = None
    clock: datetime = NOON
    calls: int = 0
    under_way: int = 0
    edited: bool = False  # no other client calls it meanwhile

    def own(self, model: Model, body: bytes) -> bytes:
        """The model's answer with the sandbox's own texts in place of the marks, and its own time."""
        return model.own(body.replace(show_clock(NOON), show_clock(self.clock)), self.texts)


@dataclass
class Crowd:
    """The sandboxes of a server and their clients. ``wrong`` lists errors in words."""

    model: Model
    port: int
    sandboxes: int
    seed: int
    clients: int = CLIENTS
    boxes: list[Box] = field(default_factory=list)
    wrong: list[str] = field(default_factory=list)
    answers: Counter[str] = field(default_factory=Counter)
    edits: int = 0

    async def set_up(self) -> None:
        """Create the sandboxes, many at once."""
        numbers = iter(range(self.sandboxes))

        async def some() -> None:
            line = Line(self.port)
            for number in numbers:
                self.boxes.append(await self._made(line, number))
            line.close()

        await asyncio.gather(*(some() for _ in range(self.clients)))
        self.boxes.sort(key=lambda box: box.name)

    async def _made(self, line: Line, number: int) -> Box:
        draw = random.Random(f"{self.seed}/sandbox/{number}")
        box = Box(f"load-{number:05}", KINDS[number % len(KINDS)], texts={n: [*t] for n, t in self.model.texts.items()})
        box.clock = NOON + timedelta(milliseconds=number)
        await line.control("PUT", f"/sandboxes/{box.name}", "default", {})
        requests: tuple[Request, ...] = ()
        vendor = draw.choice([*self.model.vendors])
        if box.kind == "a reading":
            name, _, choice = draw.choice(READINGS).partition("=")
            requests = (("PATCH", "/settings", encode({"readings": {name: choice}}).decode()),)
        elif box.kind == "a quota":
            limit = draw.choice(LIMITS)
            requests = (("PATCH", "/settings", encode({"quotas": {vendor: f"{limit}/day"}}).decode()),)
            box.struck = Struck(vendor, limit, False, Setup(requests, (vendor, limit)))
        elif box.kind == "a clock":
            box.clock = draw.choice(TIMES)
            requests = stop_clock(box.clock)
        elif box.kind == "a fault":
            rule, times = {"vendor": vendor, "status": draw.choice((500, 503, 429))}, draw.randint(1, 30)
            requests = (("POST", "/faults", encode({**rule, "times": times}).decode()),)
            always = ("POST", "/faults", encode(rule).decode())
            box.struck = Struck(vendor, times, True, Setup((always,)))
        else:
            box.invoices = [*self.model.invoices]
        if box.struck is None:
            box.setup = Setup(requests)
        for method, path, text in (*stop_clock(box.clock), *requests):
            await line.control(method, path, box.name, decode(text.encode()) if text else None)
        for _ in range(draw.randint(1, 3)):
            if box.kind == "records added":
                await self._add(line, box, draw)
            elif box.kind == "records removed":
                await self._remove(line, box, draw)
        for vendor in draw.sample([*self.model.vendors], 2):
            await self._write(line, box, vendor, draw)
        return box

    # What changes in a sandbox ---------------------------------------------------------------------------------------

    async def _add(self, line: Line, box: Box, draw: random.Random) -> None:
        assert box.invoices is not None
        status = draw.choice(job.STATUSES)
        row: Any = await line.control("POST", f"/records/{job.VENDOR}", box.name, {"status": status})
        if row["status"] != status or row["id"] in [each.id for each in box.invoices]:
            raise Wrong(f"An invoice that is {status} was added to {box.name}, and is {row}.")
        box.invoices.append(invoice_of(row))

    async def _remove(self, line: Line, box: Box, draw: random.Random) -> None:
        assert box.invoices is not None
        kept = self.model.marked[job.VENDOR]
        gone = draw.choice([each for each in box.invoices if each.id not in kept])
        await line.control("DELETE", f"/records/{job.VENDOR}/{gone.id}", box.name)
        box.invoices.remove(gone)

    async def _write(self, line: Line, box: Box, vendor: str, draw: random.Random) -> None:
        number = draw.randrange(len(self.model.marked[vendor]))
        text = f"of {box.name}, {draw.randrange(10**9)}"
        path, change = mark(vendor, self.model.marked[vendor][number], text)
        await line.control("PATCH", path, box.name, decode(change.encode()))
        box.texts[vendor][number] = text

    async def _edit(self, line: Line, draw: random.Random) -> None:
        """Change a sandbox without a call in flight; every later call must see it."""
        box = draw.choice(self.boxes)
        if box.under_way or box.edited:
            return
        box.edited = True
        try:
            if box.kind == "records added" and draw.random() < 0.2 and len(box.invoices or ()) < 250:
                await self._add(line, box, draw)
            elif box.kind == "records removed" and draw.random() < 0.2 and len(box.invoices or ()) > 100:
                await self._remove(line, box, draw)
            else:
                await self._write(line, box, draw.choice([*self.model.vendors]), draw)
        finally:
            box.edited = False
        self.edits += 1

    # Calls -----------------------------------------------------------------------------------------------------------

    async def run(self, seconds: float) -> None:
        """Let the clients call for a time, or until enough answers are wrong."""
        until = time.monotonic() + seconds
        await asyncio.gather(*(self._client(number, until) for number in range(self.clients)))

    async def _client(self, number: int, until: float) -> None:
        draw, line = random.Random(f"{self.seed}/client/{number}"), Line(self.port)
        for turn in itertools.count():
            if time.monotonic() > until or len(self.wrong) >= MAX_WRONG_SHOWN:
                break
            try:
                await (self._edit(line, draw) if draw.random() < EDITS else self._call(line, draw))
            except (Wrong, Failed) as wrong:
                self.wrong.append(f"seed {self.seed}, client {number}, turn {turn}: {wrong}")
        line.close()

    async def _call(self, line: Line, draw: random.Random) -> None:
        box = draw.choice(self.boxes)
        ask = draw.choice(self.model.asks[draw.choice([*self.model.vendors])])
        if box.edited:
            return
        target, headers = self._address(box, ask, draw)
        struck = box.struck if box.struck and box.struck.meets(ask) else None
        box.under_way += 1
        box.calls += 1
        before = struck.sent if struck else 0
        if struck:
            struck.sent += 1
        try:
            answer = await line.ask("GET", target, headers)
        finally:
            box.under_way -= 1
        found, call = (answer.status, answer.body), f"{box.name} ({box.kind}): GET {target} with {headers}"
        if answer.headers.get("x-mock-sandbox") != box.name:
            raise Wrong(f"{call} was answered by the sandbox {answer.headers.get('x-mock-sandbox')}")
        self.answers[box.kind] += 1
        usual = self.expected(box, ask)
        if struck is None:
            compare(call, found, usual)
            return
        status, body = self.model.answer(struck.setup, ask)
        other = status, box.own(self.model, body)
        is_first = found == (other if struck.first else usual)
        if not is_first:
            compare(call, found, usual if struck.first else other)
        struck.seen += is_first
        # Calls in flight at once arrive in any order: a call sent after this many others cannot be among the first.
        if struck.seen > struck.times or (not is_first and struck.sent <= struck.times and before < struck.times):
            raise Wrong(f"{call}: {struck.seen} of {struck.sent} calls were so, wanted the first {struck.times}")

    def expected(self, box: Box, ask: Ask) -> Expected:
        """The answer of a sandbox without its fault or quota."""
        if box.invoices is not None and ask.vendor == job.VENDOR and ask.kind == GOOD:
            status, body = list_invoices(box.invoices, ask.query)
        else:
            status, body = self.model.answer(box.setup, ask)
        return status, box.own(self.model, body)

    def _address(self, box: Box, ask: Ask, draw: random.Random) -> tuple[str, dict[str, str]]:
        """The request by any of the ways to select a sandbox."""
        prefix = f"/{ask.vendor}" if ask.kind == NOWHERE or draw.random() < 0.5 else ""
        way = draw.choice(("header", "URL") if ask.kind in (STRANGER, NOWHERE) else ("header", "URL", "credential"))
        if way == "credential":
            return prefix + ask.target, self.model.headers(ask, box.name)
        if way == "URL":
            return f"/__sandbox/{box.name}{prefix}{ask.target}", self.model.headers(ask)
        return prefix + ask.target, {**self.model.headers(ask), "X-Mock-Sandbox": box.name}

    # Afterwards ------------------------------------------------------------------------------------------------------

    async def settle(self) -> None:
        """Check that every journal, quota and fault counted exactly its sandbox's calls."""
        line = Line(self.port)
        for box in self.boxes:
            found: Any = await line.control("GET", "/requests?limit=0", box.name)
            if sum(found["meta"].values()) != box.calls:
                self.wrong.append(f"{box.name} was called {box.calls} times, and its journal had {found['meta']}")
            struck = box.struck
            if struck and struck.seen != min(struck.times, struck.sent):
                self.wrong.append(f"{box.name} ({box.kind}) did so {struck.seen} times, wanted {struck.times}")
        line.close()

    async def plant(self) -> None:
        """Change a sandbox behind the model's back: the run must detect its answers from now on."""
        line = Line(self.port)
        for vendor, ids in self.model.marked.items():
            for id in ids:
                path, change = mark(vendor, id, "planted")
                await line.control("PATCH", path, self.boxes[0].name, decode(change.encode()))
        line.close()


def compare(call: str, found: Expected, wanted: Expected) -> None:
    """Raises Wrong with the place where the answers begin to differ."""
    if found == wanted:
        return
    at = next((i for i, (a, b) in enumerate(zip(found[1], wanted[1], strict=False)) if a != b), 0)
    near = slice(max(0, at - 60), at + 120)
    raise Wrong(f"{call}\n  found {found[0]} …{found[1][near]!r}\n  wanted {wanted[0]} …{wanted[1][near]!r}")


def kinds(crowd: Crowd) -> Iterator[str]:
    """How many answers of each kind of sandbox were checked."""
    for kind in KINDS:
        yield f"{kind} {crowd.answers[kind]:,}"
