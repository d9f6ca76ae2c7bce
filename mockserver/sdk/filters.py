"""Conditions on records, as hashable values: views are remembered by them.

They are tuples, which hash faster than dataclasses.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

Columns = Mapping[str, Sequence[Any]]


class Equals(NamedTuple):
    """The column holds exactly this value."""

    column: str
    value: Any

    @property
    def bounds(self) -> tuple[Any, Any]:
        """The least and the greatest value that meet the condition."""
        return self.value, self.value

    def narrow(self, columns: Columns, rows: Sequence[int]) -> list[int]:
        """Those of the rows that meet the condition, in their order."""
        column, value = columns[self.column], self.value
        return [row for row in rows if column[row] == value]


class Within(NamedTuple):
    """The column lies between two values, both included; rows with None there are left out."""

    column: str
    low: Any
    high: Any

    @property
    def bounds(self) -> tuple[Any, Any]:
        return self.low, self.high

    def narrow(self, columns: Columns, rows: Sequence[int]) -> list[int]:
        column, low, high = columns[self.column], self.low, self.high
        return [row for row in rows if column[row] is not None and low <= column[row] <= high]


class Contains(NamedTuple):
    """At least one of the columns contains the text, whatever its case; None contains nothing."""

    columns: tuple[str, ...]
    text: str

    def narrow(self, columns: Columns, rows: Sequence[int]) -> list[int]:
        text, found = self.text.casefold(), set[int]()
        for column in map(columns.__getitem__, self.columns):
            found.update([row for row in rows if column[row] is not None and text in column[row].casefold()])
        return [row for row in rows if row in found] if found else []


Condition = Equals | Within | Contains
