"""Memory that the server returns to the system."""

from __future__ import annotations

import ctypes
import platform
import subprocess
import sys
from types import SimpleNamespace
from typing import Any

import pytest

from mockserver.server import memory
from mockserver.server.worker import Worker

# A hundred megabytes in pieces, of which one in a hundred stays, so that no end of the memory is free.
GROWN = """
from pathlib import Path
from mockserver.server.memory import INTERVAL_SECONDS, MemoryTrimmer

def resident():
    return int(Path("/proc/self/statm").read_text().split()[1])

given = MemoryTrimmer()
given.trim(0.0)
pieces = [bytes(2000) for _ in range(50_000)]
full = resident()
del pieces[1::2], pieces[1::2], pieces[1::2], pieces[1::2], pieces[1::2], pieces[1::2]
freed = resident()
given.trim(INTERVAL_SECONDS - 0.1)
early = resident()
given.trim(INTERVAL_SECONDS)
print(freed / full, early / full, resident() / full)
"""

# Threads that each keep something; how much room (MiB) they have set aside, their stacks apart.
THREADED = """
import threading
from mmap import PAGESIZE
from pathlib import Path
from mockserver.server.memory import MemoryTrimmer

def reserved():
    return int(Path("/proc/self/statm").read_text().split()[0]) * PAGESIZE >> 20

def keep():
    kept.append([bytes(2000) for _ in range(1000)])
    here.wait()

threading.stack_size(256 * 1024)
kept, here = [], threading.Barrier(5)
MemoryTrimmer()
before = reserved()
threads = [threading.Thread(target=keep) for _ in range(4)]
for thread in threads:
    thread.start()
here.wait()
print(reserved() - before)
"""

glibc = pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="is of glibc alone")


def measured(program: str) -> list[float]:
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True, timeout=60)
    return [*map(float, done.stdout.split())]


@glibc
def test_what_is_free_between_what_is_in_use_is_given_back_now_and_then() -> None:
    freed, early, given = measured(GROWN)
    assert freed > 0.9  # by itself it is not
    assert early > 0.9
    assert given < 0.5


@glibc
def test_threads_have_one_heap_together() -> None:
    assert measured(THREADED)[0] < 64  # by itself each reserves so much


@pytest.mark.parametrize("lacks", [OSError, AttributeError])
def test_another_c_library_does_as_it_likes(monkeypatch: pytest.MonkeyPatch, lacks: type[Exception]) -> None:
    def library(name: None) -> Any:
        raise lacks

    monkeypatch.setattr(ctypes, "CDLL", library)
    memory.MemoryTrimmer().trim(0.0)


def test_a_worker_does_it_as_it_says_that_it_is_alive() -> None:
    given: list[float] = []
    worker = Worker.__new__(Worker)
    worker.__dict__.update(
        tmp=SimpleNamespace(notify=lambda: None),
        app=SimpleNamespace(data=None),
        loop=SimpleNamespace(time=lambda: 7.0),
        connections=set(),
        _trimmer=SimpleNamespace(trim=given.append),
    )
    worker.notify()
    assert given == [7.0]
