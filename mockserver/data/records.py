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
Order = tuple[tuple[str, bool], ...]  # columns to sort by, the first one first, and whether each is descending
T = TypeVar("T")

VIEW_BYTES = 64 * 1024 * 1024
MANY = 16  # a copy in which more than one row in so many is another one finds its rows itself


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
        self._origin: Records | None = None  # what these are a changed copy of
        self._gone: list[int] = []  # the rows of it that are no more, ascending
        self._replaced: list[int] = []  # the rows of it that are other ones here
        self._own: dict[str, int] = {}  # those and the new ones, by the text of their ids: their rows here
        self._new: dict[int, dict[str, Any]] = {}  # the columns of these rows
        self._defaults = tuple(sorted(defaults.items()))
        self.ids: list[Any] = []
        self.columns: dict[str, list[Any]] = {name: [] for name in kind.columns}
        self._hidden: list[bytes] = []  # the fields that are ours, of each row; equal ones are one object
        self._rendered: dict[tuple[tuple[str, str], ...], list[bytes]] = {self._defaults: []}
        same: dict[bytes, bytes] = {}
        for row in rows:
            self._put(len(self.ids), row, same)
            for name, of in kind.columns.items():
                self.columns[name].append(of(row))

    def __len__(self) -> int:
        return len(self.ids)

    def _put(self, index: int, row: Record, same: dict[bytes, bytes]) -> None:
        """Write one row at an index: over what is there, or at the end."""
        hidden = encode({name: value for name, value in row.items() if name[0] == "_"})
        visible = {name: value for name, value in row.items() if name[0] != "_"}
        self.ids[index : index + 1] = [row[self.kind.id]]
        self._hidden[index : index + 1] = [same.setdefault(hidden, hidden)]
        self._rendered[self._defaults][index : index + 1] = [self.kind.render(visible, dict(self._defaults))]

    def record(self, index: int) -> dict[str, Any]:
        """The row with all of its fields, as a fixture file would hold it."""
        return {**decode(self._rendered[self._defaults][index]), **decode(self._hidden[index])}

    def text(self, index: int) -> bytes:
        """The same as JSON."""
        visible, hidden = self._rendered[self._defaults][index], self._hidden[index]
        return visible if hidden == b"{}" else visible[:-1] + b"," + hidden[1:]

    def find(self, id: Any) -> int | None:
        """Where the first record is whose id, written as text, is this one."""
        if self._origin is None:
            return self._places[0].get(str(id))
        if str(id) in self._own:
            return self._own[str(id)]
        row = self._origin.find(id)
        return row if row is None else self._moved(row)

    @cached_property
    def _places(self) -> tuple[dict[str, int], dict[str, list[int]]]:
        """Where each id, written as text, is first, and where else it is."""
        first: dict[str, int] = {}
        again: dict[str, list[int]] = {}
        for row, id in enumerate(map(str, self.ids)):
            if first.setdefault(id, row) != row:
                again.setdefault(id, []).append(row)
        return first, again

    def _moved(self, row: int) -> int | None:
        """Where a row of the origin is here."""
        before = bisect_left(self._gone, row)
        return None if self._gone[before : before + 1] == [row] else row - before

    @property
    def owners(self) -> set[Any]:
        """The accounts that records belong to, as far as records say so."""
        return {row["_owner"] for row in map(decode, set(self._hidden)) if "_owner" in row}

    def changed(self, changes: Mapping[Any, Record | None]) -> Records:
        """A copy in which each id has this record (None: no more); new ones come last. Views are not taken along."""
        copy = Records(self.kind, (), dict(self._defaults), self._views)
        first, again = self._places
        removed = [str(id) for id, row in changes.items() if row is None and str(id) in first]
        gone = sorted(row for id in removed for row in (first[id], *again.get(id, ())))
        copy._origin, copy._gone = self, gone
        copy.ids, copy._hidden = _without(gone, self.ids), _without(gone, self._hidden)
        copy.columns = _Columns(copy._column)
        copy._rendered = {self._defaults: _without(gone, self._rendered[self._defaults])}
        for id, record in changes.items():
            if record is None:
                continue
            row, place = first.get(str(id)), None
            if row is not None:
                copy._replaced.append(row)
                place = copy._moved(row)
            copy._own[str(id)] = len(copy) if place is None else place
            copy._put(copy._own[str(id)], record, {})
            copy._new[copy._own[str(id)]] = {name: of(record) for name, of in self.kind.columns.items()}
        return copy

    def _column(self, name: str) -> list[Any]:
        """A column of a copy."""
        assert self._origin is not None
        column = _without(self._gone, self._origin.columns[name])
        for row, columns in self._new.items():
            column[row : row + 1] = [columns[name]]
        return column

    @property
    def own_bytes(self) -> int:
        """About how many bytes a copy of these takes, of which most values belong to somebody else, too."""
        columns = len(self.kind.columns)
        own = sum(len(self._rendered[self._defaults][row]) + 60 * columns + 500 for row in self._new)
        return 8 * len(self) * (columns + 3) + own + 2000

    def fragments(self, readings: Readings) -> Sequence[bytes]:
        """Every record's JSON under these rendering readings; other than the defaults made on first touch and kept."""
        key = tuple(sorted(readings.items()))
        if key not in self._rendered:
            stored, render = self._rendered[self._defaults], self.kind.render
            if self._origin is None:
                texts = [render(decode(text), readings) for text in stored]
            else:
                texts = _without(self._gone, self._origin.fragments(readings))
                for row in self._new:
                    texts[row : row + 1] = [render(decode(stored[row]), readings)]
            self._rendered[key] = texts
        return self._rendered[key]

    def rows(self, conditions: tuple[Condition, ...], order: Order) -> array[int]:
        """Row numbers that meet all conditions, in this order of (column, descending) keys; remembered."""
        return self._views.get((self._mark, conditions, order), lambda: self._find(conditions, order))

    def _find(self, conditions: tuple[Condition, ...], order: Order) -> array[int]:
        if self._origin is not None and MANY * (len(self._gone) + len(self._own)) <= len(self):
            return self._mended(self._origin, conditions, order)
        if conditions:
            keeps = [condition.keeps(self.columns) for condition in conditions]
            return array("I", (row for row in self.rows((), order) if all(keep(row) for keep in keeps)))
        found = list(range(len(self)))
        for name, descending in reversed(order):  # the last key first: later sorts are stable
            found.sort(key=self.columns[name].__getitem__, reverse=descending)
        return array("I", found)

    def _mended(self, origin: Records, conditions: tuple[Condition, ...], order: Order) -> array[int]:
        """The same out of the origin's rows: what is not there any more is taken out, what is there now is put in."""
        rows = origin.rows(conditions, order)[:]
        for row in (*self._gone, *self._replaced):
            place = origin._place(rows, row, order)
            if place < len(rows) and rows[place] == row:
                del rows[place]
        if self._gone:
            moved, start = array("I"), 0
            for before, row in enumerate((*self._gone, len(origin))):
                moved.extend(range(start - before, row - before + 1))  # a row that is gone has a number, too
                start = row + 1
            rows = array("I", map(moved.__getitem__, rows))
        keeps = [condition.keeps(self.columns) for condition in conditions]
        for row in self._new:
            if all(keep(row) for keep in keeps):
                rows.insert(self._place(rows, row, order), row)
        return rows

    def _place(self, rows: array[int], row: int, order: Order) -> int:
        """Where a row stands among others in this order, or would; of those that are alike the lower comes first."""
        columns = [(self.columns[name], descending) for name, descending in order]

        def comes_after(other: int) -> bool:
            for column, descending in columns:
                if column[row] != column[other]:
                    return bool(column[row] < column[other]) != descending
            return other >= row

        return bisect_left(rows, True, key=comes_after)


class _Columns(dict[str, list[Any]]):
    """The columns of a copy, each made when it is first asked for: to copy a long list costs more than to use it."""

    def __init__(self, make: Callable[[str], list[Any]]) -> None:
        super().__init__()
        self._make = make

    def __missing__(self, name: str) -> list[Any]:
        return self.setdefault(name, self._make(name))


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
