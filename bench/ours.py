"""``make bench``: the sandbox beside the least that Flask can do, with 200 and with many records.

``python -m bench.ours [--write] [--rows 3,4]``; the environment's QUICK=1 and MILLION=1 say how much. Nothing of the
sandbox is switched off: authentication, validation, filters, journal, warnings, choice of sandbox, a quota that counts.
"""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import ExitStack
from typing import Any
from urllib.parse import urlencode

from bench import job
from bench.load import Failed, Load, Spread, Target, in_turns, ratio, spread
from bench.measuring import (
    describe_loads,
    job_rows,
    job_targets,
    make_load,
    measure_delayed,
    query_files,
    rates,
    ready_replies,
    sandbox,
)
from bench.plan import Plan
from bench.reporting import Section, report
from bench.scale import many, promised
from bench.servers import Command, bare, ours, running
from bench.table import Row
from mockserver.data.catalog import DatasetCatalog
from mockserver.engine.examples import list_vendors
from mockserver.vendors import find_vendors

SEEN = 50  # calls of a vendor before it is measured


# 1, 3, 7: as fast as the least that Flask can do? --------------------------------------------------------------------


def flask(plan: Plan) -> list[Row]:
    """The whole job beside a route that returns ready bytes, under the same server."""
    files = query_files(plan)
    with ExitStack() as stack:
        one = stack.enter_context(running(sandbox(job.RECORDS)))
        ready = ready_replies(one, files[-1].read_text().splitlines())
        asked = job_targets(one, stack.enter_context(running(bare(ready))), files[-1])
        for target in asked.values():
            target.load(plan.warm)
        loads = in_turns(plan.rounds, {name: make_load(target, plan, files) for name, target in asked.items()})
    return job_rows(loads, ready)


# 5: start ------------------------------------------------------------------------------------------------------------


def start(plan: Plan) -> list[Row]:
    """From the start of the process to the first 200."""
    size = plan.sizes[0]
    commands = {
        "ours": ours("sandbox", *_example(job.VENDOR)),
        "many": sandbox(size),
        "plain": bare({job.PATH: b'{"status":"successful"}'}, plain=True),
    }

    def starting(command: Command) -> Callable[[int], float]:
        def measure(number: int) -> float:
            with running(command) as server:
                return server.seconds

        return measure

    tasks = {name: starting(command) for name, command in commands.items()}
    first = {name: task(0) for name, task in tasks.items()}  # fills the cache that starts share
    taken = in_turns(plan.starts if first["many"] < 5 else 2, tasks)
    seconds = {name: spread(of) for name, of in taken.items()}
    plain = f"plain gunicorn, bare Flask route: {seconds['plain'].median * 1000:.0f} ms"
    return [
        Row(
            5,
            "start to first answer, five vendors",
            f"{seconds['ours'].median * 1000:.0f} ms",
            plain,
            ratio(taken["ours"], taken["plain"]),
            ("≤", 1.4),
        ),
        Row(
            5,
            f"start with {size:,} records of a vendor",
            f"once before: {first['many']:.1f} s",
            "",
            seconds["many"],
            promised("≤", 1.5, size),
            "s",
        ),
    ]


def _example(name: str) -> tuple[str, dict[str, str]]:
    """Where a vendor's own example call goes, and its headers."""
    call = next(call for vendor, call in examples() if vendor == name)
    query = f"?{urlencode(call['query'])}" if call["query"] else ""
    return f"/{name}{call['path']}{query}", call["headers"]


def examples() -> list[tuple[str, dict[str, Any]]]:
    """Every vendor with its example call."""
    vendors = find_vendors()
    return [(each["name"], each["example"]) for each in list_vendors(vendors, DatasetCatalog(vendors), "default")]


# 7: delayed calls ----------------------------------------------------------------------------------------------------


def delay(plan: Plan) -> list[Row]:
    """The latency of calls while a thousand others are delayed."""
    return [measure_delayed(sandbox(job.RECORDS), plan)]


# 6, 8: every vendor --------------------------------------------------------------------------------------------------


def vendors(plan: Plan) -> list[Row]:
    """Every vendor's own example call beside a bare route with the same bytes, and what serving them all weighs."""
    rounds = max(1, plan.rounds - 2)
    calls = {name: _example(name) for name, _ in examples()}
    with ExitStack() as stack:
        one = stack.enter_context(running(ours("sandbox", *calls[job.VENDOR])))
        bodies = {path.partition("?")[0]: one.get(path, sent)[1] for path, sent in calls.values()}
        other = stack.enter_context(running(bare(bodies)))
        loads: dict[str, list[Load]] = {}
        for name, (path, sent) in calls.items():
            targets = {name: Target(one.url + path, sent), f"bare {name}": Target(other.url + path, sent)}
            for server in (one, other):
                for _ in range(SEEN):
                    server.get(path, sent)
            tasks = {each: make_load(target, plan) for each, target in targets.items()}
            loads |= in_turns(rounds, tasks)
        weight = one.pss
    rows = []
    for name, (path, _) in calls.items():
        beside = f"a bare route, {len(bodies[path.partition('?')[0]]):,} bytes: {describe_loads(loads[f'bare {name}'])}"
        found = ratio(rates(loads[name]), rates(loads[f"bare {name}"]))
        rows.append(Row(8, f"{name}'s example call", describe_loads(loads[name]), beside, found, ("≥", 0.7)))
    what = "memory after the load of every vendor's example call: PSS over the process tree"
    return [*rows, Row(6, what, f"{weight:.1f} MiB", "", Spread((weight,)), ("≤", 60), "MiB")]


def generate(plan: Plan) -> list[Row]:
    """How many records a second ``generate`` writes, its start included; of the slowest vendor."""
    taken: dict[str, float] = {}
    for vendor in find_vendors():
        out = job.WORK / f"generated-{vendor.name}.yaml"
        words = [sys.executable, "-m", "mockserver", "generate", vendor.name]
        began = time.perf_counter()
        made = subprocess.run(
            [*words, "--records", str(plan.made), "--out", str(out)], capture_output=True, text=True, cwd=job.ROOT
        )
        if made.returncode:
            raise Failed(f"generate {vendor.name} ended with {made.returncode}: {made.stderr.strip()}")
        taken[vendor.name] = plan.made / (time.perf_counter() - began)
        out.unlink()
    slowest = min(taken, key=taken.__getitem__)
    other = ", ".join(f"{name} {rate:,.0f}" for name, rate in taken.items() if name != slowest)
    what = f"`generate` of {plan.made:,} records, the command's start included"
    return [Row(8, what, f"{slowest}, the slowest", other, Spread((taken[slowest],)), ("≥", 1000), "records/s")]


def sections(plan: Plan) -> list[Section]:
    """The measurements, with the rows that each fills."""
    return [
        Section({3, 7}, "the job beside a bare Flask route", flask),
        Section({8, 6}, "every vendor's example call", vendors),
        *(Section({4, 6, 8}, f"{records:,} records", many(records)) for records in plan.sizes),
        Section({5}, "start", start),
        Section({7}, "delayed calls", delay),
        Section({8}, "generate", generate),
    ]


if __name__ == "__main__":
    report("bench", "The sandbox beside a bare Flask route", sections)
