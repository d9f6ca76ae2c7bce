"""A run of several measurements: prints each, marks a failed one as not measured, and ends with the table."""

from __future__ import annotations

import argparse
import os
import signal
import sys
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from http.client import HTTPException

from bench import load
from bench.load import Failed
from bench.plan import Plan, plan
from bench.table import Row, account, write


@dataclass(frozen=True)
class Section:
    """Measured together; ``numbers`` are those of the targets it is about."""

    numbers: set[int]
    name: str
    measure: Callable[[Plan], list[Row]]


def report(
    name: str,
    title: str,
    sections: Callable[[Plan], list[Section]],
    about: Callable[[], Mapping[str, str]] = dict,
) -> None:
    """Measure, print the table, and with ``--write`` put it into docs/performance.md. Ends with 1 if a part failed."""
    parser = argparse.ArgumentParser(prog=f"make {name}")
    parser.add_argument("--write", action="store_true", help="put the table into docs/performance.md")
    parser.add_argument("--rows", default="", help="only what is about these targets, like 3,4")
    given = parser.parse_args()
    wanted = {int(number) for number in given.rows.split(",") if number}
    asked = plan()
    signal.signal(signal.SIGTERM, lambda number, frame: sys.exit("stopped"))  # ends every server, too
    rows, failed, began = [], False, time.perf_counter()
    try:
        load.check_wrk()
        for section in sections(asked):
            if not wanted or wanted & section.numbers:
                print(f"{time.perf_counter() - began:5.0f} s  {section.name}", file=sys.stderr, flush=True)
                found = measure(section, asked)
                failed = failed or any(row.measured is None for row in found)
                rows += found
        text = account(
            title, rows, {"Command": command(name), "Run": asked.description, "Load by": load.version(), **about()}
        )
    except Failed as error:
        sys.exit(str(error))
    print(f"{time.perf_counter() - began:5.0f} s  done", file=sys.stderr, flush=True)
    print(text)
    if given.write:
        write(name, text)
    sys.exit(int(failed))


def measure(section: Section, asked: Plan) -> list[Row]:
    """The rows of a section, or one with the reason for their absence."""
    try:
        return section.measure(asked)
    except (Failed, OSError, HTTPException) as failed:  # the last two: the server has gone
        why = (str(failed) or repr(failed)).replace("|", "/").replace("\n", " ")
        return [Row(min(section.numbers), section.name, f"not measured: {why}", "", None)]


def command(name: str) -> str:
    """The command that prints this table."""
    switches = [f"{each}={os.environ[each]}" for each in ("QUICK", "MILLION") if os.environ.get(each)]
    return "`" + " ".join(("make", name, *switches)) + "`"
