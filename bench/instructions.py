"""Counts the instructions of a call in one process, without a socket, independent of other load.

``python -m bench.instructions``; needs valgrind, whose callgrind counts. Each case runs twice, once with few calls and
once with many: what both have in common, the start, is not in the difference.
"""

from __future__ import annotations

import gc
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable

from bench import job

WALL = 1_790_000_000.0
FEW, MANY = 200, 800
CASES = {
    "same": "the same URL",
    "different": "every request different",
    "bare": "a bare Flask route, ready bytes of the same URL",
}
COUNT = re.compile(r"Collected\s*:\s*(\d+)")
MISSING = "Counting instructions needs valgrind: apt-get install valgrind."


# In the process that is counted --------------------------------------------------------------------------------------


def make_entry() -> Callable[[str], bytes]:
    """The pipeline as a function from a query of the job to the body of its reply."""
    from bench.servers import QUOTA
    from mockserver.engine.build import build_runtime
    from mockserver.engine.handle import handle
    from mockserver.sandbox.settings import make_settings
    from mockserver.sdk.http import Request

    settings = make_settings({"records": job.RECORDS, "quotas": f"{job.VENDOR}={QUOTA}"}, {})
    runtime = build_runtime(settings, wall=lambda: WALL)
    headers = {"host": "127.0.0.1:8080", "apikey": job.key(), "user-agent": "wrk", "accept": "*/*"}

    def entry(query: str) -> bytes:
        reply = handle(runtime, Request("GET", job.PATH, query, headers, target_length=len(job.PATH) + 1 + len(query)))
        assert reply.status == 200, reply
        return reply.body

    return entry


def make_bare_entry(body: bytes) -> Callable[[str], bytes]:
    """Flask's dispatch of a route that returns this body."""
    from bench.bare import make_app
    from bench.inprocess import answer, environ

    app = make_app({job.PATH: body})
    return lambda query: answer(app, environ(query))


def run(case: str, calls: int) -> None:
    """Make this many calls of a case; the rest of the process does not depend on their number."""
    entry = make_entry()
    queries = job.different(MANY, "instructions") if case == "different" else [job.SAME] * MANY
    if case == "bare":
        entry = make_bare_entry(entry(job.SAME))
    gc.collect()
    gc.freeze()  # as a server does: what is loaded is no work of a call
    for query in queries[:calls]:
        entry(query)


# Around it -----------------------------------------------------------------------------------------------------------


def parse_count(output: str) -> int:
    """The instructions that callgrind counted. Raises ValueError without a count."""
    found = COUNT.search(output)
    if not found:
        raise ValueError(f"callgrind printed no count: {output[-500:]}")
    return int(found[1])


def count(case: str, calls: int) -> int:
    """The instructions of a process that makes this many calls."""
    callgrind = ["valgrind", "--tool=callgrind", f"--callgrind-out-file={os.devnull}"]
    command = [*callgrind, sys.executable, "-m", "bench.instructions", case, str(calls)]
    environment = {**os.environ, "PYTHONHASHSEED": "0"}
    ended = subprocess.run(command, cwd=job.ROOT, env=environment, capture_output=True, text=True, check=False)
    if ended.returncode:
        raise SystemExit(ended.stderr)
    return parse_count(ended.stderr)


def per_call(case: str, counted: Callable[[str, int], int] = count) -> float:
    """The instructions of one call: the difference of two runs divided by the difference of their calls."""
    return (counted(case, MANY) - counted(case, FEW)) / (MANY - FEW)


def table(found: dict[str, float]) -> str:
    """The figures, each beside the bare route."""
    lines = ["| what | instructions a call | beside the bare route |", "|---|---|---|"]
    lines += [f"| {CASES[case]} | {of:,.0f} | {of / found['bare']:.2f} × |" for case, of in found.items()]
    return "\n".join(lines)


def main(arguments: list[str]) -> None:
    """Count every case; with a case and a number of calls, make the calls of the counted process."""
    if arguments:
        run(arguments[0], int(arguments[1]))
    elif shutil.which("valgrind") is None:
        raise SystemExit(MISSING)
    else:
        run("bare", 1)  # fills the cache that starts share
        print(table({case: per_call(case) for case in CASES}))


if __name__ == "__main__":
    main(sys.argv[1:])
