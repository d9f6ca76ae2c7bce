"""Records at rest: each is its JSON bytes and its key columns. A call filters and sorts columns, and joins bytes."""

from __future__ import annotations

from array import array
from bisect import bisect_left
from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import compress
from typing import Any, TypeVar

from ..toolkit.bounded import Bounded
from ..toolkit.fields import RecordSchema
from ..toolkit.filters import Condition, Contains, Equals, Within
from ..toolkit.jsontext import decode, encode

Record = Mapping[str, Any]
Readings = Mapping[str, str]
T = TypeVar("T")

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


Views = Bounded["array[int]"]


def views() -> Views:
    """Room for the views of one dataset, and of all copies that sandboxes make of it."""
    return Bounded(VIEW_BYTES, _weight)


class Records:
    """An immutable version of one vendor's records, in the order in which they were given."""

    def __init__(
        self, kind: RecordType, rows: Iterable[Record], defaults: Readings, shared: Views | None = None
    ) -> None:
        self.kind = kind
        self._views = views() if shared is None else shared
        self._mark = object()  # whose a view is
        self._defaults = tuple(sorted(defaults.items()))
        self.ids: list[Any] = []
        self.columns: dict[str, list[Any]] = {name: [] for name in kind.columns}
        self._hidden: list[bytes] = []  # the fields that are ours, of each row; equal ones are one object
        self._rendered: dict[tuple[tuple[str, str], ...], list[bytes]] = {self._defaults: []}
        same: dict[bytes, bytes] = {}
        for row in rows:
            self._put(len(self.ids), row, same)

    def __len__(self) -> int:
        return len(self.ids)

    def _put(self, index: int, row: Record, same: dict[bytes, bytes]) -> None:
        """Write one row at an index: over what is there, or at the end."""
        hidden = encode({name: value for name, value in row.items() if name[0] == "_"})
        visible = {name: value for name, value in row.items() if name[0] != "_"}
        columns: list[tuple[list[Any], Any]] = [(self.columns[name], of(row)) for name, of in self.kind.columns.items()]
        columns += [
            (self.ids, row[self.kind.id]),
            (self._hidden, same.setdefault(hidden, hidden)),
            (self._rendered[self._defaults], self.kind.render(visible, dict(self._defaults))),
        ]
        for column, value in columns:
            column[index : index + 1] = [value]

    def record(self, index: int) -> dict[str, Any]:
        """The row with all of its fields, as a fixture file would hold it."""
        return {**decode(self._rendered[self._defaults][index]), **decode(self._hidden[index])}

    def text(self, index: int) -> bytes:
        """The same as JSON."""
        visible, hidden = self._rendered[self._defaults][index], self._hidden[index]
        return visible if hidden == b"{}" else visible[:-1] + b"," + hidden[1:]

    def find(self, id: str) -> int | None:
        """Where the first record is whose id, written as text, is this one."""
        return next((index for index, known in enumerate(self.ids) if str(known) == id), None)

    @cached_property
    def known(self) -> frozenset[Any]:
        """All ids."""
        return frozenset(self.ids)

    @property
    def owners(self) -> set[Any]:
        """The accounts that records belong to, as far as records say so."""
        return {row["_owner"] for row in map(decode, set(self._hidden)) if "_owner" in row}

    def changed(self, changes: Mapping[Any, Record | None]) -> Records:
        """A copy in which each id has this record (None: no more); new ones come last. Views are not taken along."""
        copy = Records(self.kind, (), dict(self._defaults), self._views)
        gone = {id for id, row in changes.items() if row is None}
        kept = [id not in gone for id in self.ids] if gone else None
        copy.ids, copy._hidden = _copied(self.ids, kept), _copied(self._hidden, kept)
        copy.columns = {name: _copied(column, kept) for name, column in self.columns.items()}
        copy._rendered = {self._defaults: _copied(self._rendered[self._defaults], kept)}
        where = {id: index for index, id in reversed([*enumerate(copy.ids)]) if id in changes}  # of two the first
        for id, row in changes.items():
            if row is not None:
                copy._put(where.get(id, len(copy)), row, {})
        return copy

    @property
    def own_bytes(self) -> int:
        """About how many bytes a copy of these takes, of which most values belong to somebody else, too."""
        return 8 * len(self) * (len(self.columns) + 3) + 2000

    def fragments(self, readings: Readings) -> Sequence[bytes]:
        """Every record's JSON under these rendering readings; other than the defaults made on first touch and kept."""
        key = tuple(sorted(readings.items()))
        if key not in self._rendered:
            stored = self._rendered[self._defaults]
            self._rendered[key] = [self.kind.render(decode(fragment), readings) for fragment in stored]
        return self._rendered[key]

    def rows(self, conditions: tuple[Condition, ...], order: tuple[tuple[str, bool], ...]) -> array[int]:
        """Row numbers that meet all conditions, in this order of (column, descending) keys; remembered."""
        return self._views.get((self._mark, conditions, order), lambda: self._find(conditions, order))

    def _find(self, conditions: tuple[Condition, ...], order: tuple[tuple[str, bool], ...]) -> array[int]:
        if conditions:
            keeps = [condition.keeps(self.columns) for condition in conditions]
            return array("I", (row for row in self.rows((), order) if all(keep(row) for keep in keeps)))
        found = list(range(len(self)))
        for name, descending in reversed(order):  # the last key first: later sorts are stable
            found.sort(key=self.columns[name].__getitem__, reverse=descending)
        return array("I", found)


def _copied(column: list[T], kept: list[bool] | None) -> list[T]:
    return column.copy() if kept is None else list(compress(column, kept))


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
