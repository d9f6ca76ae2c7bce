"""Clients that call at their own pace, whatever comes of it, in a process of their own: how long do they wait?

``python -m bench.pacing <port> <target> <headers as JSON>`` goes on until its input ends, then prints what it found.
A call counts from the moment when it was due, so that a server which holds everybody up is not asked less.
"""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from statistics import median

from bench.asking import Line
from bench.job import ROOT
from bench.load import CONNECTIONS, Failed

PAUSE = 0.1  # seconds between the calls of one client


@dataclass
class Paced:
    """What was found, once it is over (ms)."""

    p50: float = 0
    longest: float = 0


@contextmanager
def run_paced(port: int, target: str, headers: Mapping[str, str]) -> Iterator[Paced]:
    """Let others call meanwhile. Raises Failed afterwards when one of them got no success."""
    words = [sys.executable, "-m", "bench.pacing", str(port), target, json.dumps(dict(headers))]
    found = Paced()
    with subprocess.Popen(words, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        process.stdout.readline()  # it has begun
        try:
            yield found
        finally:
            said, _ = process.communicate()
    if process.returncode:
        raise Failed(f"others were not answered beside: {said.strip()}")
    found.p50, found.longest = json.loads(said)


async def calling(port: int, target: str, headers: Mapping[str, str], over: asyncio.Event) -> list[float]:
    """How long each call took (ms) of clients that go on until it is over."""
    taken: list[float] = []

    async def client(number: int) -> None:
        line, due = Line(port), time.perf_counter() + PAUSE * number / CONNECTIONS
        while not over.is_set():
            await asyncio.sleep(max(0.0, due - time.perf_counter()))
            answer = await line.ask("GET", target, headers)
            taken.append((time.perf_counter() - due) * 1000)
            if answer.status != 200:
                raise Failed(f"{target} was answered with {answer.status}")
            due += PAUSE
        line.close()

    await asyncio.gather(*(client(number) for number in range(CONNECTIONS)))
    return taken


async def main(port: int, target: str, headers: Mapping[str, str]) -> None:
    print("begun", flush=True)
    over = asyncio.Event()
    calls = asyncio.create_task(calling(port, target, headers, over))
    await asyncio.to_thread(sys.stdin.read)
    over.set()
    taken = await calls
    print(json.dumps([median(taken), max(taken)]))


if __name__ == "__main__":
    try:
        asyncio.run(main(int(sys.argv[1]), sys.argv[2], json.loads(sys.argv[3])))
    except Failed as failed:
        sys.exit(str(failed))
