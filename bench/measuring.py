"""What both tables measure with: the sandbox at the job, its load, and the replies that others are given."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

from . import job
from .load import Load, Target, spread
from .plan import Plan
from .servers import Command, Server, ours

SAME = f"{job.PATH}?{job.SAME}"
DIFFERENT = "/different" + job.PATH  # where the bare server has a reply of middling length
SAMPLE = 300  # replies of whose lengths it is the mean


def headers() -> dict[str, str]:
    return {"Apikey": job.key()}


def sandbox(records: int, path: str = SAME) -> Command:
    """The sandbox with so many records of the job's vendor."""
    return ours(f"sandbox {records}", path, headers(), "--fixtures", str(job.folder(records)))


def rates(loads: list[Load]) -> list[float]:
    return [load.rate for load in loads]


def told(loads: list[Load]) -> str:
    return f"{spread(rates(loads)).median:,.0f}/s"


def query_files(plan: Plan) -> list[Path]:
    """A file for each round and one for the warm-up: what one round asks no other has asked."""
    queries = job.different(plan.queries * (plan.rounds + 1), "bench")
    rounds = range(plan.rounds + 1)
    return [job.written(f"different-{n}", queries[n * plan.queries : (n + 1) * plan.queries]) for n in rounds]


def middling(server: Server, queries: list[str]) -> bytes:
    """Of the replies to these the one whose length is nearest to the mean."""
    replies = [server.get(f"{job.PATH}?{query}", headers())[1] for query in queries]
    mean = sum(map(len, replies)) / len(replies)
    return min(replies, key=lambda reply: abs(len(reply) - mean))


def loading(target: Target, plan: Plan, files: Sequence[Path | None] = ()) -> Callable[[int], Load]:
    """The measurement of a target in a round: with the queries of that round, if it is asked different ones."""
    return lambda number: replace(target, queries=target.queries and files[number]).load(plan.seconds)
