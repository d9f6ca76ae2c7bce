"""What the tables measure with: the sandbox at the job, its load, the replies that others are given, and the rows of
what is measured for more than one table.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from threading import Thread

from bench import job
from bench.load import Failed, Load, Target, in_turns, ratio, spread
from bench.plan import Plan
from bench.servers import Command, Server, ours, running
from bench.table import Row

SAME = f"{job.PATH}?{job.SAME}"
DIFFERENT = "/different" + job.PATH  # where the bare server has a reply of average length
SAMPLE = 300  # replies whose mean length that is
DELAYED, DELAY = 1000, 2000  # calls, milliseconds
OTHERS = f"p50 of others while {DELAYED:,} calls are delayed by {DELAY / 1000:g} s"
OTHERS_TARGET = ("≤", 1.5)


def headers() -> dict[str, str]:
    return {"Apikey": job.key()}


def sandbox(records: int, path: str = SAME) -> Command:
    """The sandbox with this many records of the job's vendor."""
    return ours(f"sandbox {records}", path, headers(), "--fixtures", str(job.folder(records)))


def rates(loads: list[Load]) -> list[float]:
    return [load.rate for load in loads]


def describe_loads(loads: list[Load]) -> str:
    return f"{spread(rates(loads)).median:,.0f}/s"


def query_files(plan: Plan) -> list[Path]:
    """A file per round and one for the warm-up, all with different queries."""
    queries = job.different(plan.queries * (plan.rounds + 1), "bench")
    rounds = range(plan.rounds + 1)
    return [job.written(f"different-{n}", queries[n * plan.queries : (n + 1) * plan.queries]) for n in rounds]


def middling(server: Server, queries: Sequence[str]) -> bytes:
    """The reply to these queries whose length is closest to the mean."""
    replies = [server.get(f"{job.PATH}?{query}", headers())[1] for query in queries]
    mean = sum(map(len, replies)) / len(replies)
    return min(replies, key=lambda reply: abs(len(reply) - mean))


def make_load(target: Target, plan: Plan, files: Sequence[Path | None] = ()) -> Callable[[int], Load]:
    """The measurement of a target in a round, with the queries of that round if there are files."""
    return lambda number: replace(target, queries=target.queries and files[number]).load(plan.seconds)


# 3, 7: the job beside a route that returns ready bytes, under the same server ----------------------------------------


def ready_replies(server: Server, queries: Sequence[str]) -> dict[str, bytes]:
    """What a bare route returns in place of the job: the very reply; for different queries one of middling length."""
    return {job.PATH: server.get(SAME, headers())[1], DIFFERENT: middling(server, queries[:SAMPLE])}


def job_targets(one: Server, bare: Server, queries: Path) -> dict[str, Target]:
    """What is asked of the sandbox and of the bare route."""
    return {
        "same": Target(one.url + SAME, headers()),
        "bare same": Target(bare.url + SAME, headers()),
        "different": Target(one.url + job.PATH, headers(), queries),
        "bare different": Target(bare.url + DIFFERENT, headers(), queries),
    }


def job_rows(loads: Mapping[str, list[Load]], bodies: Mapping[str, bytes], by: str = "") -> list[Row]:
    """The rows of these targets' loads; ``by`` names the worker."""
    kinds = (
        ("same", f"the same URL{by}", job.PATH, 0.9),
        ("different", f"every request different{by}", DIFFERENT, 0.75),
    )
    beside_bare, tails = [], []
    for kind, what, path, least in kinds:
        mine, bare = loads[kind], loads[f"bare {kind}"]
        beside = f"a bare route, {len(bodies[path]):,} bytes: {describe_loads(bare)}"
        beside_bare.append(Row(3, what, describe_loads(mine), beside, ratio(rates(mine), rates(bare)), ("≥", least)))
        tail = ratio([load.p99 for load in mine], [load.p50 for load in mine])
        p50 = f"p50 {spread(load.p50 for load in mine).median:.2f} ms"
        tails.append(Row(7, f"p99 / p50, {what}", p50, "its own p50", tail, ("≤", 4)))
    return [*beside_bare, *tails]


# 7: delayed calls ----------------------------------------------------------------------------------------------------


def measure_delayed(command: Command, plan: Plan, by: str = "") -> Row:
    """The latency of a sandbox's calls while a thousand others are delayed. Raises Failed, or Unanswered when these
    wait so long that no other call is answered at all.
    """
    seconds = max(plan.seconds, 2)
    with running(command) as server:
        others = Target(server.url + SAME, headers())
        waiting = Target(server.url + SAME, {**headers(), "X-Mock-Delay": str(DELAY)})
        held: list[float] = []
        others.load(plan.warm)

        def beside(number: int) -> Load:
            ended: list[Load | Failed] = []

            def wait() -> None:
                try:
                    ended.append(waiting.load(seconds + DELAY / 1000 + 1, DELAYED))
                except Failed as failed:
                    ended.append(failed)

            thread = Thread(target=wait)
            thread.start()
            time.sleep(1)  # all thousand are under way
            try:
                load = others.load(seconds)
            finally:
                thread.join()
            if isinstance(ended[0], Failed):
                raise ended[0]
            held.append(ended[0].p50)
            time.sleep(DELAY / 1000)  # the abandoned calls end meanwhile
            return load

        rounds = {"alone": lambda number: others.load(seconds), "beside": beside}
        loads = in_turns(max(1, plan.rounds - 2), rounds)
    p50 = {name: [load.p50 for load in of] for name, of in loads.items()}
    alone = f"without them: {spread(p50['alone']).median:.2f} ms"
    mine = f"{spread(p50['beside']).median:.2f} ms (of the delayed ones: {spread(held).median:,.0f} ms)"
    return Row(7, OTHERS + by, mine, alone, ratio(p50["beside"], p50["alone"]), OTHERS_TARGET)
