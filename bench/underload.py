"""``make load``: many clients use one server at once, and every answer is checked.

``python -m bench.underload [--only answers,delayed,consoles] [--workers 2 --store redis://…] [--write]``; SECONDS is
how long the first part takes. Exits with 1 when a promise is broken; a wrong answer is printed with its seed.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import signal
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from bench import load
from bench.consoles import poll
from bench.crowd import CLIENTS, Crowd, kinds
from bench.load import Failed
from bench.model import Model
from bench.servers import Command, Server, running
from bench.table import LOADS, Finding, findings, make_section, write
from bench.waiting import waiting

PARTS = ("answers", "delayed", "consoles")


@dataclass(frozen=True)
class Plan:
    """The options of a run, and its server."""

    seconds: float = 120
    sandboxes: int = 1000
    clients: int = CLIENTS
    calls: int = 5000
    consoles: int = 200
    rounds: int = 3
    seed: int = 1
    planted: bool = False
    flags: tuple[str, ...] = ()

    def server(self, name: str) -> Command:
        """The server as users start it."""
        words = (sys.executable, "-m", "mockserver", "serve", "--port", "{port}", *self.flags)
        return Command(name, words, "/__admin/health", {})


def answers(plan: Plan, model: Model, server: Server) -> list[Finding]:
    """Many different sandboxes, called by clients that draw any of them."""
    crowd = Crowd(model, server.port, plan.sandboxes, plan.seed, plan.clients)

    async def run() -> float:
        await crowd.set_up()
        if plan.planted:
            await crowd.plant()
        began = time.monotonic()
        await crowd.run(plan.seconds)
        took = time.monotonic() - began
        await crowd.settle()
        return took

    took = asyncio.run(run())
    for wrong in crowd.wrong:
        print(f"WRONG  {wrong}", file=sys.stderr)
    total = sum(crowd.answers.values())
    what = f"{plan.sandboxes:,} sandboxes × {plan.clients} clients, {took:.0f} s: wrong answers"
    return [
        Finding(
            what,
            f"{len(crowd.wrong)} of {total:,} ({total / took:,.0f}/s, each checked)",
            "none",
            not crowd.wrong and total > 0,
        ),
        Finding("answers by what is different in the sandbox", "; ".join(kinds(crowd))),
        Finding("changes of records meanwhile, seen by the next call", f"{crowd.edits:,}"),
        Finding("memory of the server afterwards, PSS over the process tree", f"{server.pss:,.0f} MiB"),
    ]


def delayed(plan: Plan, model: Model, server: Server) -> list[Finding]:
    """Thousands of delayed calls at once."""
    return waiting(model, server, plan.calls, plan.rounds, plan.seed)


def consoles(plan: Plan, model: Model, server: Server) -> list[Finding]:
    """Consoles that poll every second: each another sandbox, then all the same one."""
    seconds, many = 5, plan.consoles
    own = [f"console-{number}" for number in range(many)]
    return [
        *poll(model, server, "each at a sandbox of its own", own, many, many, plan.rounds, seconds),
        *poll(model, server, "all at one sandbox", ["console-of-all"], many, 5, plan.rounds, seconds),
    ]


MEASURES: dict[str, Callable[[Plan, Model, Server], list[Finding]]] = {
    "answers": answers,
    "delayed": delayed,
    "consoles": consoles,
}


def run(plan: Plan, parts: Sequence[str]) -> list[Finding]:
    """The findings of each part, on a new server each; a failed measurement breaks its promise."""
    found, model, began = list[Finding](), Model(plan.seed), time.monotonic()
    for part in parts:
        print(f"{time.monotonic() - began:5.0f} s  {part}", file=sys.stderr, flush=True)
        try:
            with running(plan.server(f"load {part}")) as server:
                found += MEASURES[part](plan, model, server)
        except (Failed, OSError) as failed:
            why = (str(failed) or repr(failed)).replace("|", "/").replace("\n", " ")
            found.append(Finding(part, f"not measured: {why}", "", False))
    print(f"{time.monotonic() - began:5.0f} s  done", file=sys.stderr, flush=True)
    return found


def planned(words: Sequence[str]) -> tuple[Plan, list[str], bool, str]:
    """Parse the command line: the plan, its parts, whether to write, and under which name."""
    usual = Plan(seconds=float(os.environ.get("SECONDS") or Plan.seconds))
    parser = argparse.ArgumentParser(prog="make load", description=__doc__)
    parser.add_argument("--only", default=",".join(PARTS), help=f"some of {', '.join(PARTS)}, with commas between")
    parser.add_argument("--seconds", type=float, default=usual.seconds, help="of the first part (or SECONDS=)")
    parser.add_argument("--sandboxes", type=int, default=usual.sandboxes)
    parser.add_argument("--clients", type=int, default=usual.clients)
    parser.add_argument("--calls", type=int, default=usual.calls, help="delayed calls that are in flight at once")
    parser.add_argument("--consoles", type=int, default=usual.consoles)
    parser.add_argument("--rounds", type=int, default=usual.rounds, help="of the parts that are compared with none")
    parser.add_argument("--seed", type=int, default=usual.seed)
    parser.add_argument("--plant", action="store_true", help="plant wrong answers: they must be found")
    parser.add_argument("--workers", type=int, default=1)
    parser.add_argument("--store", default="memory")
    parser.add_argument("--write", action="store_true", help="put the table into docs/load.md")
    given = parser.parse_args(words)
    parts = [part for part in given.only.split(",") if part]
    if not parts or set(parts) - set(PARTS):
        parser.error(f"--only is {given.only!r}, wanted some of {', '.join(PARTS)}")
    shared = given.workers > 1 or given.store != "memory"
    plan = Plan(
        given.seconds,
        given.sandboxes,
        given.clients,
        given.calls,
        given.consoles,
        given.rounds,
        given.seed,
        given.plant,
        ("--workers", str(given.workers), "--store", given.store) if shared else (),
    )
    return plan, parts, given.write, "load-workers" if shared else "load"


def main(words: Sequence[str]) -> int:
    """Measure, print the table, and with ``--write`` put it into docs/load.md; 1 when a promise is broken."""
    plan, parts, writes, name = planned(words)
    signal.signal(signal.SIGTERM, lambda number, frame: sys.exit("stopped"))  # ends every server, too
    if set(parts) & {"delayed", "consoles"}:
        try:
            load.check_wrk()
        except Failed as failed:
            sys.exit(str(failed))
    found = run(plan, parts)
    title = f"Many at once, {plan.flags[1]} workers and a Redis" if plan.flags else "Many at once"
    about = {"Command": command(words), "Seed": str(plan.seed)}
    text = make_section(title, findings(found), about)
    print(text)
    if writes:
        write(name, text, LOADS, "load")
    return int(any(each.held is False for each in found))


def command(words: Sequence[str]) -> str:
    """The command that prints this table, without the URL of a store."""
    shown = ["redis://…" if "://" in word else word for word in words if word != "--write"]
    seconds = f" SECONDS={os.environ['SECONDS']}" if os.environ.get("SECONDS") else ""
    return f"`make load{seconds}" + (f' ARGS="{" ".join(shown)}"' if shown else "") + "`"


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
