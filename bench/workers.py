"""``make bench-workers``: the sandbox and the bare route under every suitable gunicorn worker.

``python -m bench.workers [--write] [--rows 3,7]``. The sandbox is the same under all of them, with nothing switched
off; only the worker differs (``bench/carrying.py``).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import ExitStack
from dataclasses import replace
from importlib.metadata import version
from importlib.util import find_spec
from math import inf

from bench import job
from bench.carrying import GEVENT, WORKERS
from bench.load import Failed, Target, Unanswered, in_turns, ratio, spread
from bench.measuring import (
    OTHERS,
    OTHERS_TARGET,
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
from bench.servers import Command, bare, running
from bench.table import Row

OURS = "our event loop"


def known() -> dict[str, bool]:
    """Every worker, ours first, and whether it is installed."""
    return {OURS: True, **{name: name != GEVENT or find_spec(GEVENT) is not None for name in WORKERS}}


def carry(command: Command, worker: str) -> Command:
    """One of our servers under this worker."""
    if worker == OURS:
        return command
    python, module_switch, *words = command.words
    words = [python, module_switch, "bench.carrying", worker, *words]
    return replace(command, name=f"{command.name} {worker.replace(',', '')}", words=words)


def speed(plan: Plan) -> list[Row]:
    """The whole job under each worker, beside the bare route under the same one and beside the job under ours."""
    files = query_files(plan)
    workers = [worker for worker, installed in known().items() if installed]
    asked: dict[str, dict[str, Target]] = {}
    with ExitStack() as stack:
        for worker in workers:
            one = stack.enter_context(running(carry(sandbox(job.RECORDS), worker)))
            if worker == OURS:
                ready = ready_replies(one, files[-1].read_text().splitlines())
            other = stack.enter_context(running(carry(bare(ready), worker)))
            asked[worker] = job_targets(one, other, files[-1])
        every = {f"{worker}: {name}": target for worker, of in asked.items() for name, target in of.items()}
        for target in every.values():
            target.load(plan.warm)
        found = in_turns(plan.rounds, {name: make_load(target, plan, files) for name, target in every.items()})
    loads = {worker: {name: found[f"{worker}: {name}"] for name in of} for worker, of in asked.items()}
    rows = []
    for number, kind, what in ((1, "same", "the same URL"), (2, "different", "every request different")):
        ours = loads[OURS][kind]
        for worker in workers[1:]:
            mine = loads[worker][kind]
            beside = f"{OURS}: {describe_loads(ours)}"
            rows.append(Row(number, f"{what}, {worker}", describe_loads(mine), beside, ratio(rates(mine), rates(ours))))
    by_worker = [job_rows(loads[worker], ready, f", {worker}") for worker in workers]
    return [*rows, *(row for alike in zip(*by_worker, strict=True) for row in alike)]


def delay(worker: str) -> Callable[[Plan], list[Row]]:
    """Measure calls while a thousand others are delayed; no answer at all is a result, too."""

    def measure(plan: Plan) -> list[Row]:
        try:
            return [measure_delayed(carry(sandbox(job.RECORDS), worker), plan, f", {worker}")]
        except Unanswered as error:
            return [Row(7, f"{OTHERS}, {worker}", str(error), "", spread([inf]), OTHERS_TARGET)]

    return measure


def missing(worker: str) -> Callable[[Plan], list[Row]]:
    """The row of a worker that is not installed."""

    def measure(plan: Plan) -> list[Row]:
        raise Failed(f"{worker} is not installed (pip install 'gunicorn[{worker}]')")

    return measure


def about() -> Mapping[str, str]:
    """The package that a worker needs besides gunicorn."""
    return {"gevent": version(GEVENT)} if known()[GEVENT] else {}


def sections(plan: Plan) -> list[Section]:
    """The measurements, with the rows that each fills."""
    workers = known()
    return [
        Section({1, 2, 3, 7}, "the job under every worker", speed),
        *(Section({7}, f"delayed calls, {worker}", delay(worker)) for worker, there in workers.items() if there),
        *(Section({1, 2, 3, 7}, worker, missing(worker)) for worker, there in workers.items() if not there),
    ]


if __name__ == "__main__":
    report("bench-workers", "The sandbox under every worker that could carry it", sections, about)
