"""A start without what can wait."""

from __future__ import annotations

import gc
import re
from collections.abc import Iterator
from contextlib import contextmanager
from importlib import import_module
from typing import Any

_compile_now = re.compile


@contextmanager
def loading() -> Iterator[None]:
    """Nothing of what is loaded is garbage: a start for which nobody looks for any is 20 ms shorter."""
    gc.disable()
    try:
        yield
    finally:
        gc.enable()


def import_marshmallow() -> None:
    """Import it with its pattern of e-mail addresses, which no vendor has, left for when it is used: a start is 25 of
    215 ms shorter. For a process that is ours, before it has threads: ``re`` is another one meanwhile.
    """
    re.compile = _compile
    try:
        import_module("marshmallow")
    finally:
        re.compile = _compile_now


def _compile(pattern: Any, flags: int = 0) -> Any:
    """To ignore the case of letters beyond ASCII is what takes long: each of a range is looked at."""
    slow = flags & re.IGNORECASE and isinstance(pattern, str) and not pattern.isascii()
    return _Later(pattern, flags) if slow else _compile_now(pattern, flags)


class _Later:
    """A regular expression that is compiled when something of it is asked for."""

    def __init__(self, pattern: str, flags: int) -> None:
        self._given = pattern, flags

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):  # a class asks all that it has whether it is abstract
            raise AttributeError(name)
        return getattr(_compile_now(*self._given), name)
