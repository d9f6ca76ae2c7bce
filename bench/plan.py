"""How much is measured: enough to trust, in a time that one waits for; ``QUICK=1`` is for trying the tools out."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass

from bench.job import MANY, MILLION


@dataclass(frozen=True)
class Plan:
    rounds: int = 9
    seconds: int = 2  # of one measurement
    warm: int = 2  # seconds before the first round
    warm_jvm: int = 20  # which compiles as it goes: three times as fast after these as after three
    starts: int = 7
    fresh_starts: int = 3  # starts of a server with many records, which share the rounds
    edits: int = 5  # in each of these
    made: int = 4000  # records a vendor that ``generate`` is timed with
    sizes: tuple[int, ...] = (MANY,)  # of the larger sets, besides RECORDS
    quick: bool = False

    @property
    def queries(self) -> int:
        """How many different ones a run may need at most."""
        return 15_000 * self.seconds

    @property
    def description(self) -> str:
        tried = "**A trial (QUICK=1): nothing to rely on.** " if self.quick else ""
        return (
            f"{tried}{self.rounds} rounds in turns, {self.seconds} s each, 16 connections; "
            f"the median of the rounds' ratios counts; {self.starts} starts"
        )


def plan(environ: Mapping[str, str] = os.environ) -> Plan:
    """What the environment asks for: QUICK=1, MILLION=1 (a million records too; loading them takes long once)."""
    if environ.get("QUICK", "0") not in ("", "0"):
        return Plan(
            rounds=2,
            seconds=1,
            warm=1,
            warm_jvm=3,
            starts=1,
            fresh_starts=1,
            edits=3,
            made=300,
            sizes=(2000,),
            quick=True,
        )
    return Plan(sizes=(MANY, MILLION)) if environ.get("MILLION", "0") not in ("", "0") else Plan()
