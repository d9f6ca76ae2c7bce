"""Results as a table: on standard output, and in docs/performance.md or docs/load.md."""

from __future__ import annotations

import os
import platform
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from importlib.metadata import version
from math import inf
from pathlib import Path

from bench.load import Spread
from mockserver.sdk import clock

DOCS = Path(__file__).parent.parent / "docs"
PAGE, LOADS = DOCS / "performance.md", DOCS / "load.md"
HEAD = (
    "| # | what | ours | beside | measured (min – max) | target | met |",
    "|---|---|---|---|---|---|---|",
)


@dataclass(frozen=True)
class Row:
    """One line. ``measured`` is held against the target by its median; None says that ``ours`` tells why there is none.

    ``target`` is a word (≥ or ≤) and a number; None is a figure that nothing was promised about.
    """

    number: int
    what: str
    ours: str
    beside: str
    measured: Spread | None
    target: tuple[str, float] | None = None
    unit: str = "×"

    @property
    def met(self) -> bool | None:
        if self.measured is None or self.target is None:
            return None
        word, wanted = self.target
        return self.measured.median >= wanted if word == "≥" else self.measured.median <= wanted

    def line(self) -> str:
        measured, target = "–", "–"
        if self.measured:
            median, low, high = map(format_number, (self.measured.median, self.measured.low, self.measured.high))
            measured = f"**{median} {self.unit}** ({low} – {high})"
        if self.target:
            target = f"{self.target[0]} {self.target[1]:g} {self.unit}"
        if self.measured is None:
            met = "not measured" if self.target else ""
        else:
            met = {True: "yes", False: "**no**", None: ""}[self.met]
        return "| " + " | ".join((str(self.number), self.what, self.ours, self.beside, measured, target, met)) + " |"


def format_number(number: float) -> str:
    """A number with a sensible number of digits."""
    if number == inf:
        return "∞"
    if abs(number) >= 100:
        return f"{number:,.0f}"
    return f"{number:.1f}" if abs(number) >= 10 else f"{number:.2f}"


def table(rows: Iterable[Row]) -> str:
    return "\n".join((*HEAD, *(row.line() for row in sorted(rows, key=lambda row: row.number))))


@dataclass(frozen=True)
class Finding:
    """A line of a table of promises. ``held`` is None without a promise."""

    what: str
    found: str
    wanted: str = ""
    held: bool | None = None

    def line(self) -> str:
        held = {True: "yes", False: "**no**", None: ""}[self.held]
        return "| " + " | ".join((self.what, self.found, self.wanted, held)) + " |"


def findings(found: Iterable[Finding]) -> str:
    return "\n".join(("| what | found | wanted | held |", "|---|---|---|---|", *(each.line() for each in found)))


def account(title: str, rows: Iterable[Row], about: Mapping[str, str]) -> str:
    """The table, with the facts of its run."""
    return make_section(title, table(rows), about)


def make_section(title: str, lines: str, about: Mapping[str, str]) -> str:
    """Any table, with the facts of its run."""
    facts = {
        "Measured": clock.format_instant(clock.from_timestamp(clock.wall_time())),
        "Machine": f"{os.cpu_count()} cores ({_processor()}), {platform.system()} {platform.release()}",
        "Load average at the end": " ".join(f"{load:.1f}" for load in os.getloadavg()),
        "Versions": ", ".join(
            (f"Python {platform.python_version()}", *(f"{name} {version(name)}" for name in ("flask", "gunicorn")))
        ),
        **about,
    }
    return "\n".join((f"### {title}", "", *(f"- {name}: {fact}" for name, fact in facts.items()), "", lines)) + "\n"


def _processor() -> str:
    known = re.search(r"^model name\s*: (.*)", Path("/proc/cpuinfo").read_text(), re.MULTILINE)
    return known[1] if known else platform.machine()


def write(name: str, text: str, page: Path = PAGE, command: str = "") -> None:
    """Write the text between the page's marks of this name; ``command`` defaults to that name."""
    begin, end = f"<!-- {name}: made by make {command or name} -->", f"<!-- end of {name} -->"
    before = page.read_text(encoding="utf-8")
    head, found, rest = before.partition(begin)
    _, closed, tail = rest.partition(end)
    if not (found and closed):
        raise ValueError(f"{page} has no {begin} … {end}")
    page.write_text(f"{head}{begin}\n{text}{end}{tail}", encoding="utf-8")
