"""A start without what can wait."""

from __future__ import annotations

import gc
import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

compiled = re.compile


@contextmanager
def loading() -> Iterator[None]:
    """Nothing of what is loaded is garbage: a start for which nobody looks for any is 20 ms shorter."""
    gc.disable()
    try:
        yield
    finally:
        gc.enable()


def import_marshmallow() -> None:
    """Import it with its patterns of e-mail addresses, which no vendor has, left for when they are used: a start is
    25 of 215 ms shorter. For a process that is ours, before it has threads: ``re`` is another one meanwhile.
    """
    re.compile = _Later  # type: ignore[assignment]  # in all that is done with one it is a function that makes a pattern
    try:
        import marshmallow  # noqa: F401
    finally:
        re.compile = compiled


class _Later:
    """A regular expression that is compiled when something of it is asked for."""

    def __init__(self, *given: Any) -> None:
        self._given = given

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):  # a class asks all that it has whether it is abstract
            raise AttributeError(name)
        return getattr(compiled(*self._given), name)
