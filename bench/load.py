"""Load by wrk, and its results."""

from __future__ import annotations

import json
import shutil
import subprocess
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median
from typing import TypeVar

CONNECTIONS = 16
PATIENCE = 30  # seconds per reply
HERE = Path(__file__).parent
T = TypeVar("T")


class Failed(Exception):
    """A measurement failed; the message says why."""


class Unanswered(Failed):
    """A server accepted calls, but answered none during the load."""


@dataclass(frozen=True)
class Load:
    """One run: replies per second, and their latency (ms)."""

    rate: float
    p50: float
    p99: float


@dataclass(frozen=True)
class Spread:
    """The results of several rounds."""

    values: tuple[float, ...]

    @property
    def median(self) -> float:
        return median(self.values)

    @property
    def low(self) -> float:
        return min(self.values)

    @property
    def high(self) -> float:
        return max(self.values)


def spread(values: Iterable[float]) -> Spread:
    return Spread(tuple(values))


@dataclass(frozen=True)
class Target:
    """The requests of a load: one URL, or the queries of a file in turn."""

    url: str
    headers: Mapping[str, str] = field(default_factory=dict)
    queries: Path | None = None

    def command(self, seconds: float, connections: int) -> list[str]:
        """The load generator's command; its shortest run is a second."""
        time = f"{max(1, round(seconds))}s"
        command = ["wrk", "-t1", f"-c{connections}", f"-d{time}", "--timeout", f"{PATIENCE}s", "--latency"]
        for name, value in self.headers.items():
            command += ["-H", f"{name}: {value}"]
        script = "different.lua" if self.queries else "report.lua"
        command += ["-s", str(HERE / script), self.url]
        return [*command, "--", str(self.queries)] if self.queries else command

    def load(self, seconds: float, connections: int = CONNECTIONS) -> Load:
        """Run the load. Raises Failed for an error status, Unanswered without any reply."""
        ended = subprocess.run(self.command(seconds, connections), capture_output=True, text=True, check=False)
        lines = [line for line in ended.stdout.splitlines() if line.startswith("{")]
        if ended.returncode or not lines:
            raise Failed(f"wrk on {self.url} ended with {ended.returncode}: {(ended.stderr or ended.stdout).strip()}")
        found = json.loads(lines[-1])
        wrong = {name: found[name] for name in ("refused", "broken", "late") if found[name]}
        if wrong:
            raise Failed(f"of {found['requests']:,} replies of {self.url} some were wrong: {wrong}")
        if not found["requests"]:
            raise Unanswered(f"no reply to any of {connections:,} connections in {found['seconds']:.0f} s")
        return Load(found["requests"] / found["seconds"], found["p50"], found["p99"])


def check_wrk() -> None:
    """Raises Failed without wrk."""
    if shutil.which("wrk") is None:
        raise Failed("The benchmarks need the load generator wrk: apt-get install wrk (or brew install wrk).")


def version() -> str:
    """The load generator's version."""
    said = subprocess.run(["wrk", "--version"], capture_output=True, text=True, check=False)
    return " ".join((said.stdout + said.stderr).split()[:2])


def in_turns(rounds: int, tasks: Mapping[str, Callable[[int], T]]) -> dict[str, list[T]]:
    """Run each task once a round (A B C A B C), so that a disturbance hits all; tasks get the round's number."""
    found: dict[str, list[T]] = {name: [] for name in tasks}
    for number in range(rounds):
        for name, task in tasks.items():
            found[name].append(task(number))
    return found


def ratio(ours: Iterable[float], theirs: Iterable[float]) -> Spread:
    """One ratio a round."""
    return spread(one / other for one, other in zip(ours, theirs, strict=True))
