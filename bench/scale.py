"""The job with many records: how fast, how heavy, what a view costs that nobody asked for before, and an edit."""

from __future__ import annotations

import random
import time
from collections.abc import Callable
from dataclasses import dataclass

from bench import job
from bench.load import Failed, Load, Spread, Target, in_turns, ratio, spread
from bench.measuring import SAME, headers, loading, rates, sandbox, told
from bench.plan import Plan
from bench.servers import MIB, Server, ask, running
from bench.table import Row
from mockserver.sdk.jsontext import decode, encode


def many(records: int) -> Callable[[Plan], list[Row]]:
    """The job at this size beside the job at 200; views touched for the first time, memory, and an edit.

    All of it in several starts: where a process happens to lie in memory makes it a twentieth faster or slower than
    another start of the same one.
    """

    def measure(plan: Plan) -> list[Row]:
        found = [in_a_start(records, plan, number) for number in range(plan.anew)]
        few = [load for each in found for load in each.few]
        much = [load for each in found for load in each.much]
        size = job.json_bytes(records) / MIB
        scale = job.MANY / records
        rows = [
            Row(
                4,
                f"{records:,} records, any page, sort and status",
                told(much),
                f"{job.RECORDS} records: {told(few)}",
                ratio(rates(much), rates(few)),
                promised("≥", 0.95 if records <= job.MANY else 0.9, records),
            ),
            Row(
                4,
                f"a view touched first, of {records:,} records: the longest of {len(job.VIEWS)}, per 100,000",
                f"a usual one {spread(each.touches.median for each in found).median * scale:.1f} ms",
                f"{plan.anew} starts",
                spread(each.touches.high * scale for each in found),
                promised("≤", 50, records),
                "ms",
            ),
            Row(
                6,
                f"memory with {records:,} records and these views: PSS to their JSON",
                f"{spread(each.weight for each in found).median:,.0f} MiB",
                f"JSON: {size:,.0f} MiB",
                spread(each.weight / size for each in found),
                promised("≤", 2.5, records),
            ),
        ]
        return rows + (edit_rows(records, found) if found[0].first_edits else [])

    return measure


@dataclass
class Found:
    """What one start of a server with few records and of one with many came to: times in ms, memory in MiB."""

    few: list[Load]
    much: list[Load]
    touches: Spread
    weight: float
    first_edits: list[float]
    later_edits: list[float]


def in_a_start(records: int, plan: Plan, number: int) -> Found:
    """Start both, touch every view for the first time, and take turns; then edit."""
    rounds = max(1, plan.rounds // plan.anew)
    with running(sandbox(job.RECORDS)) as few, running(sandbox(records)) as much:
        full, (full_of_many, taken) = touched(few)[0], touches(much)
        tasks = {}
        for name, server, views in (("few", few, full), ("much", much, full_of_many)):
            targets = [pages(server, views, plan, number * rounds + each) for each in range(rounds)]
            targets[0].load(plan.warm)
            tasks[name] = loading(targets[0], plan, [each.queries for each in targets])
        loads = in_turns(rounds, tasks)
        weight = much.pss
        edits = plan.edits if records <= job.MANY else 0
        first = edited(much, [f"bench-{edit}" for edit in range(edits)])
        later = edited(much, ["bench-0"] * edits)
        return Found(loads["few"], loads["much"], taken, weight, first, later)


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


def edit_rows(records: int, found: list[Found]) -> list[Row]:
    """An edit and the next call together: where nothing was edited before, and where something was."""
    first = spread(taken for each in found for taken in each.first_edits)
    later = spread(taken for each in found for taken in each.later_edits)
    what, how = f"a record of {records:,} edited, until the next call has shown it", "PATCH and GET of its page"
    return [
        Row(8, f"{what}: the first edit of a sandbox", how, "", first, promised("≤", 20, records), "ms"),
        Row(8, f"{what}: later ones", how, "", later, promised("≤", 20, records), "ms"),
    ]


def edited(server: Server, sandboxes: list[str]) -> list[float]:
    """How long it takes (ms), each time, until a record that was edited in the sandbox has been seen there."""
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
    return taken


def promised(word: str, number: float, records: int) -> tuple[str, float] | None:
    """A target that holds for as many records as the targets speak of; of fewer nothing was promised."""
    return (word, number) if records >= job.MANY else None
