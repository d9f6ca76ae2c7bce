"""A changed copy of a column that shares all unchanged values with the original."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Mapping, Sequence
from itertools import compress
from typing import Any, TypeVar, overload

T = TypeVar("T")


class _Columns(dict[str, list[Any]]):
    """Columns that are made when they are first asked for: to make a long list costs more than to use it."""

    def __init__(self, make: Callable[[str], list[Any]]) -> None:
        super().__init__()
        self._make = make

    def __missing__(self, name: str) -> list[Any]:
        return self.setdefault(name, self._make(name))


class _Patched(Sequence[T]):
    """A column of a copy that has few rows of its own: the others are looked up in the origin, not copied.

    Copied lists would be long, and Python's garbage collector would look through them.
    """

    def __init__(self, origin: Sequence[T], gone: Sequence[int], own: Mapping[int, T]) -> None:
        self._origin, self._own = origin, own
        self._before = [row - before for before, row in enumerate(gone)]  # up to which row none, one, two ... are gone
        self._length = max(len(origin) - len(gone), max(own, default=-1) + 1)

    def __len__(self) -> int:
        return self._length

    @overload
    def __getitem__(self, row: int) -> T: ...

    @overload
    def __getitem__(self, row: slice) -> list[T]: ...

    def __getitem__(self, row: int | slice) -> T | list[T]:
        if isinstance(row, slice):
            return [self[each] for each in range(*row.indices(self._length))]
        if row < 0:
            row += self._length
        if row in self._own:
            return self._own[row]
        return self._origin[row + bisect_right(self._before, row)]

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Sequence) and list(self) == list(other)

    __hash__ = None  # type: ignore[assignment]  # as a list has none


def _without(gone: Sequence[int], column: Sequence[T]) -> list[T]:
    """A copy without these rows (ascending)."""
    copy = list(column)
    if len(gone) > 100:  # each deletion moves what is behind it
        keep = bytearray(b"\1") * len(copy)
        for row in gone:
            keep[row] = 0
        return list(compress(copy, keep))
    for row in reversed(gone):
        del copy[row]
    return copy
