"""Running a coroutine in an event loop of its own."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from concurrent.futures import ThreadPoolExecutor
from typing import Any, TypeVar

T = TypeVar("T")


def in_a_loop(work: Coroutine[Any, Any, T]) -> T:
    """What the coroutine gives, from a thread of its own: a browser test before it in the same process leaves a running
    event loop in the main thread, where ``asyncio.run`` refuses.
    """
    with ThreadPoolExecutor(1, "loop") as pool:
        return pool.submit(asyncio.run, work).result()
