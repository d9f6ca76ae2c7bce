"""A thousand delayed calls at once do not block the others, and five thousand are all answered: the real server, called
over sockets.
"""

from __future__ import annotations

import asyncio
import os
import resource
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.acme import RICH
from tests.support.servers import end

ROOT = Path(__file__).parent.parent.parent
DELAYED, UNDELAYED = 1000, 200
MANY = 5000


@pytest.fixture
def server(tmp_path: Path) -> Iterator[int]:
    """The port of a server that runs under gunicorn; its coverage is not measured, which would slow it down."""
    command = [sys.executable, "-m", "tests.server.serving", "gunicorn", str(tmp_path)]
    unmeasured = {name: value for name, value in os.environ.items() if not name.startswith("COVERAGE_")}
    with subprocess.Popen(
        command, cwd=ROOT, env=unmeasured, stdout=subprocess.PIPE, text=True, start_new_session=True
    ) as process:
        assert process.stdout is not None
        try:
            yield int(process.stdout.readline())
        finally:
            end(process)


async def call(
    port: int, done: list[str], kind: str, start: asyncio.Barrier, headers: str = "", least: float = 0
) -> None:
    """One call on a connection of its own, which takes so many seconds at least; its kind goes on the list when the
    whole reply is there.
    """
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    try:
        await start.wait()
        sent = time.monotonic()
        writer.write(
            f"GET /v3/bills HTTP/1.1\r\nHost: x\r\nX-Acme-Key: {RICH}\r\n{headers}Connection: close\r\n\r\n".encode()
        )
        reply = await reader.read()
        assert time.monotonic() - sent >= least
        assert reply.startswith(b"HTTP/1.1 200 "), reply[:200]
        done.append(kind)
    finally:
        writer.close()


async def rush(port: int) -> list[str]:
    """The kinds of all calls in the order in which they were over: many delayed ones at one moment, then others."""
    done: list[str] = []
    start, at_once = asyncio.Barrier(DELAYED + 1), asyncio.Barrier(1)
    slow = [call(port, done, "delayed", start, "X-Mock-Delay: 2000\r\n", 2) for _ in range(DELAYED)]
    running = [asyncio.create_task(each) for each in slow]
    await start.wait()
    await asyncio.sleep(0)  # all of them are on their way
    assert not done
    await asyncio.gather(*running, *(call(port, done, "undelayed", at_once) for _ in range(UNDELAYED)))
    return done


async def flood(port: int) -> list[str]:
    """Far more delayed calls at one moment than are answered before the first of them is due."""
    done: list[str] = []
    start = asyncio.Barrier(MANY)
    await asyncio.gather(*(call(port, done, "delayed", start, "X-Mock-Delay: 2000\r\n", 2) for _ in range(MANY)))
    return done


@pytest.mark.slow
def test_five_thousand_calls_in_flight_are_all_answered(server: int) -> None:
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if hard != resource.RLIM_INFINITY and hard < MANY + 500:
        pytest.skip(f"only {hard} files may be open here (ulimit -Hn)")
    resource.setrlimit(resource.RLIMIT_NOFILE, (max(soft, MANY + 500), hard))
    assert asyncio.run(flood(server)) == ["delayed"] * MANY


@pytest.mark.slow
def test_a_thousand_delayed_calls_do_not_block_two_hundred_others(server: int) -> None:
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (max(soft, min(4096, hard)), hard))
    wanted = ["undelayed"] * UNDELAYED + ["delayed"] * DELAYED
    for _ in range(3):  # a machine that is busy with something else may not manage so many calls in 2 seconds
        if (done := asyncio.run(rush(server))) == wanted:
            break
    assert done == wanted
