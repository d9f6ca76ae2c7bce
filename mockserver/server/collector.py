"""Python's garbage collector while a process starts."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def pause_collector() -> Iterator[None]:
    """Disable the garbage collector: a start creates no garbage."""
    gc.disable()
    try:
        yield
    finally:
        gc.enable()
