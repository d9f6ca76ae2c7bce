"""Records at rest: each is its JSON bytes and its key columns. A call filters and sorts columns, and joins bytes."""

from __future__ import annotations

from array import array
from bisect import bisect_left
from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from ..toolkit.bounded import Bounded
from ..toolkit.fields import RecordSchema
from ..toolkit.filters import Condition, Contains, Equals, Within
from ..toolkit.jsontext import decode, encode

Record = Mapping[str, Any]
Readings = Mapping[str, str]

VIEW_BYTES = 64 * 1024 * 1024


def as_it_is(record: Record, readings: Readings) -> bytes:
    """The rendering of a vendor whose readings change no bytes."""
    return encode(record)


@dataclass(frozen=True)
class RecordType:
    """What a vendor says of its records.

    ``schema`` checks and types one record; ``id`` names the field that identifies it. ``columns`` makes the values
    that calls filter and sort by: comparable among themselves, and never None in a column that is sorted.
    ``render`` writes one visible record as JSON under a choice of readings; under the defaults it must lose nothing.
    """

    schema: type[RecordSchema]
    id: str
    columns: Mapping[str, Callable[[Record], Any]]
    render: Callable[[Record, Readings], bytes] = as_it_is


class Records:
    """An immutable version of one vendor's records, in the order in which they were given."""

    def __init__(self, kind: RecordType, rows: Iterable[Record], defaults: Readings) -> None:
        self.kind = kind
        self._defaults = tuple(sorted(defaults.items()))
        self.columns: dict[str, list[Any]] = {name: [] for name in kind.columns}
        stored = []
        for row in rows:
            for name, of in kind.columns.items():
                self.columns[name].append(of(row))
            stored.append(kind.render({key: value for key, value in row.items() if key[0] != "_"}, defaults))
        self._rendered = {self._defaults: stored}
        self._views: Bounded[array[int]] = Bounded(VIEW_BYTES, _weight)

    def __len__(self) -> int:
        return len(self._rendered[self._defaults])

    def fragments(self, readings: Readings) -> Sequence[bytes]:
        """Every record's JSON under these rendering readings; other than the defaults made on first touch and kept."""
        key = tuple(sorted(readings.items()))
        if key not in self._rendered:
            stored = self._rendered[self._defaults]
            self._rendered[key] = [self.kind.render(decode(fragment), readings) for fragment in stored]
        return self._rendered[key]

    def rows(self, conditions: tuple[Condition, ...], order: tuple[tuple[str, bool], ...]) -> array[int]:
        """Row numbers that meet all conditions, in this order of (column, descending) keys; remembered."""
        return self._views.get((conditions, order), lambda: self._find(conditions, order))

    def _find(self, conditions: tuple[Condition, ...], order: tuple[tuple[str, bool], ...]) -> array[int]:
        if conditions:
            keeps = [condition.keeps(self.columns) for condition in conditions]
            return array("I", (row for row in self.rows((), order) if all(keep(row) for keep in keeps)))
        found = list(range(len(self)))
        for name, descending in reversed(order):  # the last key first: later sorts are stable
            found.sort(key=self.columns[name].__getitem__, reverse=descending)
        return array("I", found)


def _weight(key: Hashable, rows: array[int]) -> int:
    """About how many bytes it costs to remember a view: its rows, and the texts that were asked for."""
    return rows.itemsize * len(rows) + 4 * len(repr(key)) + 200


@dataclass(frozen=True)
class View:
    """The records that a call asks for: filtered, ordered, written under its readings. Each method narrows a copy."""

    records: Records
    readings: Readings
    conditions: tuple[Condition, ...] = ()
    order: tuple[tuple[str, bool], ...] = ()

    def matching(self, **values: Any) -> View:
        """Only rows whose columns equal these values; a value of None means "not asked for"."""
        asked = tuple(Equals(name, value) for name, value in values.items() if value is not None)
        return replace(self, conditions=self.conditions + asked)

    def within(self, column: str, low: Any, high: Any) -> View:
        """Only rows with low ≤ column ≤ high."""
        return replace(self, conditions=(*self.conditions, Within(column, low, high)))

    def containing(self, columns: Sequence[str], text: str | None) -> View:
        """Only rows of which a column contains the text, in any case; None means "not asked for"."""
        return self if text is None else replace(self, conditions=(*self.conditions, Contains(tuple(columns), text)))

    def ordered(self, *keys: str) -> View:
        """Sorted by these columns, the first one first; ``-`` before a name means descending."""
        return replace(self, order=tuple((key.removeprefix("-"), key.startswith("-")) for key in keys))

    def span(self, low: Any, high: Any) -> tuple[int, int]:
        """Where the rows with low ≤ first key of the order ≤ high start and stop: found by bisection, not remembered.

        For bounds that differ in every call, as those of a window that moves with the clock.
        """
        name, descending = self.order[0]
        rows, column = self.records.rows(self.conditions, self.order), self.records.columns[name]
        if descending:
            start = bisect_left(rows, True, key=lambda row: bool(column[row] <= high))
            return start, bisect_left(rows, True, lo=start, key=lambda row: bool(column[row] < low))
        start = bisect_left(rows, True, key=lambda row: bool(column[row] >= low))
        return start, bisect_left(rows, True, lo=start, key=lambda row: bool(column[row] > high))

    def __len__(self) -> int:
        return len(self.records.rows(self.conditions, self.order))

    def json(self, start: int = 0, stop: int | None = None) -> bytes:
        """Rows ``start`` up to ``stop`` as a JSON array."""
        fragments = self.records.fragments(self.readings)
        return (
            b"["
            + b",".join([fragments[row] for row in self.records.rows(self.conditions, self.order)[start:stop]])
            + b"]"
        )
