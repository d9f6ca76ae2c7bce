"""Returns freed memory from the C library to the system."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress

INTERVAL_SECONDS = 10.0  # a trim of much freed memory takes long
ARENA_MAX = -8  # M_ARENA_MAX of glibc's malloc.h


class MemoryTrimmer:
    """Trims glibc's heap from time to time, and keeps the process to one heap.

    glibc by itself returns only the free end of a heap, so a server that sent long replies would grow. One heap for all
    threads takes less memory; Python's threads do not run at once anyway.
    """

    def __init__(self) -> None:
        self._trim: Callable[[int], int] = lambda pad: 0
        with suppress(ImportError, OSError, AttributeError):  # another C library
            from ctypes import CDLL

            library = CDLL(None)
            library.mallopt(ARENA_MAX, 1)
            self._trim = library.malloc_trim
        self._next = 0.0

    def trim(self, now: float) -> None:
        """Trim the heap, at most once in ``INTERVAL_SECONDS``. ``now`` is the time of a monotonic clock."""
        if now >= self._next:
            self._next = now + INTERVAL_SECONDS
            self._trim(0)
