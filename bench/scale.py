"""The job with many records: speed, memory, the first use of a view, and an edit."""

from __future__ import annotations

import random
import time
from collections.abc import Callable
from dataclasses import dataclass

from bench import job
from bench.load import Failed, Load, Spread, Target, in_turns, ratio, spread
from bench.measuring import SAME, describe_loads, headers, make_load, rates, sandbox
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
        found = [in_a_start(records, plan, number) for number in range(plan.fresh_starts)]
        few = [load for each in found for load in each.few]
        much = [load for each in found for load in each.much]
        size = job.json_bytes(records) / MIB
        scale = job.MANY / records
        rows = [
            Row(
                4,
                f"{records:,} records, any page, sort and status",
                describe_loads(much),
                f"{job.RECORDS} records: {describe_loads(few)}",
                ratio(rates(much), rates(few)),
                promised("≥", 0.95 if records <= job.MANY else 0.9, records),
            ),
            Row(
                4,
                f"a view touched first, of {records:,} records: the longest of {len(job.VIEWS)}, per 100,000",
                f"a usual one {spread(each.touches.median for each in found).median * scale:.1f} ms",
                f"{plan.fresh_starts} starts",
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
    """The results of one start with few records and one with many: times in ms, memory in MiB."""

    few: list[Load]
    much: list[Load]
    touches: Spread
    weight: float
    first_edits: list[float]
    later_edits: list[float]


def in_a_start(records: int, plan: Plan, number: int) -> Found:
    """Start both, touch every view for the first time, and take turns; then edit."""
    rounds = max(1, plan.rounds // plan.fresh_starts)
    with running(sandbox(job.RECORDS)) as few, running(sandbox(records)) as much:
        full, (full_of_many, taken) = touched(few)[0], touches(much)
        tasks = {}
        for name, server, views in (("few", few, full), ("much", much, full_of_many)):
            targets = [pages(server, views, plan, number * rounds + each) for each in range(rounds)]
            targets[0].load(plan.warm)
            tasks[name] = make_load(targets[0], plan, [each.queries for each in targets])
        loads = in_turns(rounds, tasks)
        weight = much.pss
        edits = plan.edits if records <= job.MANY else 0
        first = edited(much, [f"bench-{edit}" for edit in range(edits)])
        later = edited(much, ["bench-0"] * edits)
        return Found(loads["few"], loads["much"], taken, weight, first, later)


def touches(server: Server) -> tuple[dict[job.View, int], Spread]:
    """The full pages of each view, and the extra time (ms) of its first call over later ones."""
    full, taken = touched(server)
    usual = spread(touched(server)[1]).median
    return full, spread(touch - usual for touch in taken)


def touched(server: Server) -> tuple[dict[job.View, int], list[float]]:
    """Request the first page of every view; returns the full pages of each, and the times (ms)."""
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
    """An edit and the next call together: in an unedited sandbox, and in an edited one."""
    first = spread(taken for each in found for taken in each.first_edits)
    later = spread(taken for each in found for taken in each.later_edits)
    what, how = f"a record of {records:,} edited, until the next call has shown it", "PATCH and GET of its page"
    return [
        Row(8, f"{what}: the first edit of a sandbox", how, "", first, promised("≤", 20, records), "ms"),
        Row(8, f"{what}: later ones", how, "", later, promised("≤", 20, records), "ms"),
    ]


def edited(server: Server, sandboxes: list[str]) -> list[float]:
    """The time (ms) until an edited record is visible in the sandbox."""
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
    """A target, which holds for the documented number of records only."""
    return (word, number) if records >= job.MANY else None
