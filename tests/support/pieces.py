"""Counting the work that something takes, where a clock would be noise.

What is counted are pieces examined: every instruction of Python code, and of each built-in method of a text or a
collection (``text.replace``, ``names.count``) its receiver's length in units. Not seen is what C does behind an
operator (``in``), a pattern or ``sorted``: that is measured in time of the processor, by ``tests/fuzz/test_bound.py``.
Only the calling thread is looked at. Coverage does not see the code that is counted.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from types import FrameType
from typing import Any

UNIT = 50  # characters or elements that C looks at in about the time of one instruction
SIZED = (str, bytes, bytearray, list, tuple, dict, set)
GROWTH = 4.5  # times the pieces, of four times the input


def pieces(work: Callable[[], object]) -> int:
    """How many pieces some work examines."""
    count = 0

    def traced(frame: FrameType, event: str, arg: Any) -> Any:
        nonlocal count
        frame.f_trace_opcodes, frame.f_trace_lines = True, False
        count += 1
        return traced

    def profiled(frame: FrameType, event: str, arg: Any) -> None:
        nonlocal count
        if event == "c_call":
            receiver = getattr(arg, "__self__", None)
            count += len(receiver) // UNIT if isinstance(receiver, SIZED) else 0

    before = sys.gettrace(), sys.getprofile()
    sys.setprofile(profiled)
    sys.settrace(traced)
    try:
        work()
    finally:
        sys.settrace(before[0])
        sys.setprofile(before[1])
    return count


def grows_with_what_is_sent(work: Callable[[int], Callable[[], object]], size: int) -> None:
    """Fails when four times the input takes more than ``GROWTH`` times the pieces. ``work`` prepares what is counted
    for a size; it is done once before, as what is imported and remembered by the first is no matter of size.
    """
    work(size // 2)()
    small, large = (pieces(work(each)) for each in (size, 4 * size))
    assert large <= GROWTH * small, f"{small} pieces of {size}, {large} of {4 * size}"
