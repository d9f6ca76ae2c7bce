"""The job with many records: how fast, how heavy, what a view costs that nobody asked for before, and an edit."""

from __future__ import annotations

import random
import time
from collections.abc import Callable
from contextlib import ExitStack

from mockserver.toolkit.jsontext import decode, encode

from . import job
from .load import Failed, Spread, Target, in_turns, ratio, spread
from .measuring import SAME, headers, loading, rates, sandbox, told
from .plan import Plan
from .servers import MIB, Server, ask, running
from .table import Row


def many(records: int) -> Callable[[Plan], list[Row]]:
    """The job at this size beside the job at 200; views touched for the first time, memory, and an edit."""

    def measure(plan: Plan) -> list[Row]:
        with ExitStack() as stack:
            few = stack.enter_context(running(sandbox(job.RECORDS)))
            much = stack.enter_context(running(sandbox(records)))
            full = {few.name: touched(few)[0]}
            full[much.name], first = touches(much)
            targets = {
                server: [pages(server, full[server.name], plan, number) for number in range(plan.rounds)]
                for server in (few, much)
            }
            for each in targets.values():
                each[0].load(plan.warm)
            tasks = {server.name: loading(of[0], plan, [each.queries for each in of]) for server, of in targets.items()}
            loads = in_turns(plan.rounds, tasks)
            weight = much.pss
            edits = edit_rows(much, records, plan) if records <= job.MANY else []
        size = job.json_bytes(records) / MIB
        scale = job.MANY / records
        touched_in = [first]
        for _ in range(plan.touched - 1):
            with running(sandbox(records)) as other:
                touched_in.append(touches(other)[1])
        rows = [
            Row(
                4,
                f"{records:,} records, any page, sort and status",
                told(loads[much.name]),
                f"{job.RECORDS} records: {told(loads[few.name])}",
                ratio(rates(loads[much.name]), rates(loads[few.name])),
                promised("≥", 0.95 if records <= job.MANY else 0.9, records),
            ),
            Row(
                4,
                f"a view touched first, of {records:,} records: the longest of {len(job.VIEWS)}, per 100,000",
                f"a usual one {spread(each.median for each in touched_in).median * scale:.1f} ms",
                f"{plan.touched} starts",
                spread(each.high * scale for each in touched_in),
                promised("≤", 50, records),
                "ms",
            ),
            Row(
                6,
                f"memory with {records:,} records and these views: PSS to their JSON",
                f"{weight:,.0f} MiB",
                f"JSON: {size:,.0f} MiB",
                Spread((weight / size,)),
                promised("≤", 2.5, records),
            ),
        ]
        return rows + edits

    return measure


def touches(server: Server) -> tuple[dict[job.View, int], Spread]:
    """How many full pages each view has, and how much longer (ms) its first call took than one of those that follow."""
    full, taken = touched(server)
    usual = spread(touched(server)[1]).median
    return full, spread(touch - usual for touch in taken)


def touched(server: Server) -> tuple[dict[job.View, int], list[float]]:
    """Ask for the first page of every view: how many full pages each has, and how long each took (ms)."""
    full, taken = {}, []
    server.get(f"{job.PATH}?limit=1&filter[id]=1", headers())
    for view in random.Random("views").sample(job.VIEWS, len(job.VIEWS)):
        began = time.perf_counter()
        _, body = server.get(f"{job.PATH}?{view.query(1)}", headers())
        taken.append((time.perf_counter() - began) * 1000)
        full[view] = decode(body)["total"] // job.PAGE_SIZE
    return full, taken


def pages(server: Server, full: dict[job.View, int], plan: Plan, number: int) -> Target:
    """Load with any page of these views."""
    name = f"pages-{server.name.replace(' ', '-')}-{number}"
    return Target(server.url + job.PATH, headers(), job.written(name, job.pages(plan.queries, number, full)))


def edit_rows(server: Server, records: int, plan: Plan) -> list[Row]:
    """An edit and the next call together: where nothing was edited before, and where something was."""
    first = edited(server, [f"bench-{number}" for number in range(plan.edits)])
    later = edited(server, ["bench-0"] * plan.edits)
    what, how = f"a record of {records:,} edited, until the next call has shown it", "PATCH and GET of its page"
    return [
        Row(8, f"{what}: the first edit of a sandbox", how, "", first, promised("≤", 20, records), "ms"),
        Row(8, f"{what}: later ones", how, "", later, promised("≤", 20, records), "ms"),
    ]


def edited(server: Server, sandboxes: list[str]) -> Spread:
    """How long it takes (ms) until a record that was edited in the sandbox has been seen there."""
    invoices = decode(server.get(SAME, headers())[1])["data"]
    taken = []
    for number, name in enumerate(sandboxes):
        chosen, note = {"X-Mock-Sandbox": name}, f"edited {number} times"
        path = f"/__admin/records/{job.VENDOR}/{invoices[number % len(invoices)]['id']}"
        began = time.perf_counter()
        change = encode({"notes": note})
        status, said = ask(server.port, "PATCH", path, {**chosen, "Content-Type": "application/json"}, change)
        _, body = server.get(SAME, {**headers(), **chosen})
        taken.append((time.perf_counter() - began) * 1000)
        if status != 200 or note.encode() not in body:
            raise Failed(f"the edit of {path} is not in the next reply: {status} {said[:200]!r}")
    return spread(taken)


def promised(word: str, number: float, records: int) -> tuple[str, float] | None:
    """A target that holds for as many records as the targets speak of; of fewer nothing was promised."""
    return (word, number) if records >= job.MANY else None
