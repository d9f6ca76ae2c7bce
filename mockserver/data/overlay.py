"""Changed copies of a table: they share with the original whatever an edit leaves alone.

Invariant: a changed copy answers every question as a table built anew from its rows would answer it.
"""

from __future__ import annotations

from array import array
from bisect import bisect_left, bisect_right
from collections.abc import Hashable, Mapping, Sequence
from itertools import compress
from typing import Any, TypeVar, cast, overload
from weakref import ref

from ..sdk.filters import Columns, Condition
from ..sdk.resource import Order, Readings, Record
from .packed_bytes import MIN_PACKED, PackedBytes
from .table import LazyColumns, RecordTable, narrow_rows

MAX_NOTED_VIEWS = 1000  # views of a copy that go when it goes; the cache lets go of any others
MIN_ROWS_PER_CHANGE = 16  # a copy with fewer rows for each change searches its own rows

T = TypeVar("T")


class ChangedTable(RecordTable):
    """A copy of a table with some records added, replaced or removed.

    A copy with few changes is *sparse*: it adjusts the rows that the original finds. Any other searches its own.
    """

    def __init__(self, origin: RecordTable, changes: Mapping[Any, Record | None]) -> None:
        """Each id gets this record (None: no record). New records come last."""
        super().__init__(origin.resource, (), origin._defaults, origin._views)
        self._origin = origin
        self._removed = sorted({row for id, new in changes.items() if new is None for row in origin.rows_of(id)})
        self._replaced: list[int] = []  # rows of the original
        self._changed_rows: dict[str, int] = {}  # by the text of the id: the row in this copy
        self._changed_columns: dict[int, dict[str, Any]] = {}  # by row in this copy
        self._noted_views: set[Hashable] = set()
        length, ids, texts = len(origin) - len(self._removed), dict[int, Any](), dict[int, tuple[bytes, bytes]]()
        for id, record in changes.items():
            if record is None:
                continue
            row, here = min(origin.rows_of(id), default=None), None
            if row is not None:
                self._replaced.append(row)
                here = self._row_in_copy(row)
            if here is None:
                here, length = length, length + 1
            self._changed_rows[str(id)] = here
            ids[here], texts[here] = record[self.resource.id], self._split(record)
            self._changed_columns[here] = {name: value_of(record) for name, value_of in self.resource.columns.items()}
        self._sparse = MIN_ROWS_PER_CHANGE * (len(self._removed) + len(self._changed_rows)) <= length
        self.ids = self._patch(origin.ids, ids)
        self._hidden = self._patch(origin._hidden, {row: hidden for row, (hidden, _) in texts.items()})
        self._stored = self._patch(origin._stored, {row: text for row, (_, text) in texts.items()})
        itself = ref(self)  # a strong reference would make a circle that outlives the copy's use
        self.columns = LazyColumns(lambda name: cast("ChangedTable", itself())._column(name))

    def _row_in_copy(self, row: int) -> int | None:
        """The row in this copy of a row of the original; None for one that is removed."""
        before = bisect_left(self._removed, row)
        return None if self._removed[before : before + 1] == [row] else row - before

    def _patch(self, column: Sequence[T], changed: Mapping[int, T]) -> list[T]:
        """A column of the original without the removed rows and with the changed values."""
        if self._sparse and len(column) > MIN_PACKED:
            return cast("list[T]", PatchedColumn(column, self._removed, changed))  # read like a list
        patched = _without(self._removed, column)
        for row in sorted(changed):
            patched[row : row + 1] = [changed[row]]
        return patched

    def _column(self, name: str) -> list[Any]:
        return self._patch(self._origin.columns[name], {row: of[name] for row, of in self._changed_columns.items()})

    @property
    def own_bytes(self) -> int:
        column_count, texts = len(self.resource.columns), self._stored
        changed = sum(len(texts[row]) + 60 * column_count + 500 for row in self._changed_columns)
        own = changed + 16 * len(self._removed) + 2000
        if self._sparse and len(self) > MIN_PACKED:
            return own
        copied = isinstance(self._origin._stored, PackedBytes)
        return own + 8 * len(self) * (column_count + 3) + (sum(map(len, texts)) + 33 * len(self) if copied else 0)

    def find(self, id: Any) -> int | None:
        if str(id) in self._changed_rows:
            return self._changed_rows[str(id)]
        row = self._origin.find(id)
        return row if row is None else self._row_in_copy(row)

    def _render_all(self, readings: Readings) -> Sequence[bytes]:
        changed = {row: self.resource.render(self._visible(row), readings) for row in self._changed_columns}
        return self._patch(self._origin.fragments(readings), changed)

    def _find_rows(self, conditions: tuple[Condition, ...], order: Order) -> array[int]:
        if len(self._noted_views) < MAX_NOTED_VIEWS:
            self._noted_views.add((self._version, conditions, order))
        return self._adjust(conditions, order) if self._sparse else super()._find_rows(conditions, order)

    def forget_views(self) -> None:
        noted, self._noted_views = self._noted_views, set()
        for key in noted:
            self._views.drop(key)

    def _sort_keys(self, name: str) -> Sequence[Any]:
        return self.columns[name]  # to rank them takes longer than to sort them once

    def _adjust(self, conditions: tuple[Condition, ...], order: Order) -> array[int]:
        """The rows that the original finds, without removed and replaced rows, with the changed rows inserted."""
        rows = self._origin.rows(conditions, order)[:]
        for row in (*self._removed, *self._replaced):
            place = _find_place(self._origin.columns, rows, row, order)
            if place < len(rows) and rows[place] == row:
                del rows[place]
        if self._removed:
            moved, start = array("I"), 0
            for before, row in enumerate((*self._removed, len(self._origin))):
                moved.extend(range(start - before, row - before + 1))  # a removed row has a number, too
                start = row + 1
            rows = array("I", map(moved.__getitem__, rows))
        for row in narrow_rows(self.columns, conditions, list(self._changed_columns)):
            rows.insert(_find_place(self.columns, rows, row, order), row)
        return rows


class PatchedColumn(Sequence[T]):
    """A column of a sparse copy: it looks unchanged values up in the original.

    Copied lists would be long, and Python's garbage collector would look through them.
    """

    def __init__(self, origin: Sequence[T], removed: Sequence[int], changed: Mapping[int, T]) -> None:
        self._origin, self._changed = origin, changed
        self._before = [row - before for before, row in enumerate(removed)]  # up to which row 0, 1, 2 ... are removed
        self._length = max(len(origin) - len(removed), max(changed, default=-1) + 1)

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
        if row in self._changed:
            return self._changed[row]
        return self._origin[row + bisect_right(self._before, row)]

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Sequence) and list(self) == list(other)

    __hash__ = None  # type: ignore[assignment]  # as a list has none


def _without(removed: Sequence[int], column: Sequence[T]) -> list[T]:
    """A copy of the column without these rows (ascending)."""
    copy = list(column)
    if len(removed) > 100:  # each deletion moves what is behind it
        keep = bytearray(b"\1") * len(copy)
        for row in removed:
            keep[row] = 0
        return list(compress(copy, keep))
    for row in reversed(removed):
        del copy[row]
    return copy


def _find_place(columns: Columns, rows: array[int], row: int, order: Order) -> int:
    """The place of a row among others in this order; of rows with equal values the lower comes first."""
    keys = [(columns[name], descending) for name, descending in order]

    def comes_after(other: int) -> bool:
        for column, descending in keys:
            if column[row] != column[other]:
                return bool(column[row] < column[other]) != descending
        return other >= row

    return bisect_left(rows, True, key=comes_after)
