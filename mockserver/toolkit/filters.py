"""Conditions on records, as values: hashable, so that the rows they leave can be remembered."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

Columns = Mapping[str, Sequence[Any]]
Keeps = Callable[[int], bool]


@dataclass(frozen=True, slots=True)
class Equals:
    """The column holds exactly this value."""

    column: str
    value: Any

    def keeps(self, columns: Columns) -> Keeps:
        column, value = columns[self.column], self.value
        return lambda row: bool(column[row] == value)


@dataclass(frozen=True, slots=True)
class Within:
    """The column lies between two values, both included; rows with None there are left out."""

    column: str
    low: Any
    high: Any

    def keeps(self, columns: Columns) -> Keeps:
        column, low, high = columns[self.column], self.low, self.high
        return lambda row: column[row] is not None and bool(low <= column[row] <= high)


@dataclass(frozen=True, slots=True)
class Contains:
    """At least one of the columns contains the text, whatever its case; None contains nothing."""

    columns: tuple[str, ...]
    text: str

    def keeps(self, columns: Columns) -> Keeps:
        searched, text = [columns[name] for name in self.columns], self.text.casefold()
        return lambda row: any(column[row] is not None and text in column[row].casefold() for column in searched)


Condition = Equals | Within | Contains
