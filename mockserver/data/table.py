"""Records at rest: each is its JSON bytes and its key columns. A call filters and sorts columns, and joins bytes."""

from __future__ import annotations

from array import array
from bisect import bisect_left, bisect_right
from collections.abc import Hashable, Iterable, Iterator, Mapping, Sequence
from functools import cached_property
from typing import Any, cast
from weakref import ref

from ..sdk.filters import Columns, Condition, Contains
from ..sdk.jsontext import DIGITS, decode, encode
from ..sdk.resource import Order, Readings, Record, Resource
from .lru import LruCache
from .overlay import T, _Columns, _Patched, _without
from .packed_bytes import MIN_PACKED, PackedBytes, join_array, pack

MAX_VIEW_BYTES = 64 * 1024 * 1024
FEW = 64  # a column with more values is searched by bisection; so few rows are sorted without views on the way
SHARED = 4096  # so many equal texts of a column are one object: owners and dates come back, numbers of invoices do not
ASKED = 1000  # views of a copy that go when it goes; any others go when room is needed
MANY = 16  # a copy in which more than one row in so many is another one finds its rows itself


Views = LruCache["array[int]"]


def make_view_cache() -> Views:
    """Room for the views of one dataset, and of all copies that sandboxes make of it."""
    return LruCache(MAX_VIEW_BYTES, _weight)


class RecordTable:
    """An immutable version of one vendor's records, in the order in which they were given."""

    def __init__(self, kind: Resource, rows: Iterable[Record], defaults: Readings, shared: Views | None = None) -> None:
        self.resource = kind
        self._views = make_view_cache() if shared is None else shared
        self._mark = object()  # whose a view is
        self._origin: RecordTable | None = None  # what these are a changed copy of
        self._few = False  # whether they differ in so few rows that the rest is better looked up there
        self._gone: list[int] = []  # the rows of it that are no more, ascending
        self._replaced: list[int] = []  # the rows of it that are other ones here
        self._own: dict[str, int] = {}  # those and the new ones, by the text of their ids: their rows here
        self._new: dict[int, dict[str, Any]] = {}  # the columns of these rows
        self._ranks: dict[str, array[int] | None] = {}  # of the values of each column, once they are known
        self._kept_ranks: Mapping[str, array[int]] = {}  # of which some need not be found out
        self._telling: dict[str, bool] = {}  # which columns have many values, as far as it was asked
        self._asked: set[Hashable] = set()  # the keys of the views of a copy
        self._defaults = dict(defaults)
        self.ids: list[Any] = []
        self.columns: dict[str, list[Any]] = {name: [] for name in kind.columns}
        self._hidden: list[bytes] = []  # the fields that are ours, of each row; equal ones are one object
        same: dict[bytes, bytes] = {}
        columns = [(of, self.columns[name].append, dict[str, str]()) for name, of in kind.columns.items()]

        def taken_in() -> Iterator[bytes]:
            for row in rows:
                hidden, text = self._texts(row)
                self.ids.append(row[kind.id])
                self._hidden.append(same.setdefault(hidden, hidden))
                for of, append, texts in columns:
                    append(_shared(of(row), texts))
                yield text

        self._stored: Sequence[bytes] = pack(taken_in())  # under the defaults
        self._rendered: dict[tuple[tuple[str, str], ...], Sequence[bytes]] = {}  # under other readings
        if len(self) > MIN_PACKED:  # who waited for so many does not wait again when they are sorted
            for name in self.columns:
                self.ranks(name)

    @classmethod
    def from_cache(
        cls,
        kind: Resource,
        defaults: Readings,
        ids: list[Any],
        columns: Mapping[str, list[Any]],
        ranks: Mapping[str, array[int]],
        hidden: list[bytes],
        texts: Sequence[bytes],
    ) -> RecordTable:
        """The records that ``at_rest`` gave out; columns and ranks are asked for when they are first used."""
        records = cls(kind, (), defaults)
        records.ids, records.columns, records._hidden = ids, _Columns(columns.__getitem__), hidden
        records._kept_ranks = ranks
        records._stored = pack(texts)
        return records

    def for_cache(
        self,
    ) -> tuple[list[Any], Mapping[str, list[Any]], Mapping[str, array[int]], list[bytes], Sequence[bytes]]:
        """The rows' ids, columns and ranks, fields that are ours, and JSON: what these records can be made of again."""
        columns = {name: self.columns[name] for name in self.resource.columns}
        ranks = {name: found for name in columns if (found := self.ranks(name)) is not None}
        return self.ids, columns, ranks, self._hidden, self._stored

    def ranks(self, name: str) -> array[int] | None:
        """Where each row's value stands among those of a column, the least at 0, equal ones alike; None where values do
        not compare. To find them takes longer than to sort once, so they are kept between starts. Rows are sorted by
        them: values that take long to compare need not even be read.
        """
        if name not in self._ranks:
            kept = self._kept_ranks.get(name)
            self._ranks[name] = _ranked(self.columns[name]) if kept is None else kept
        return self._ranks[name]

    def __len__(self) -> int:
        return len(self.ids)

    def _texts(self, row: Record) -> tuple[bytes, bytes]:
        """The fields of one row that callers do not see, or not with every digit; and what they see of it."""
        hidden = {name: value for name, value in row.items() if name[0] == "_"}
        visible = {name: value for name, value in row.items() if name[0] != "_"}
        if self.resource.restore is not None:
            restored = self.resource.restore(visible)
            hidden |= {name: value for name, value in visible.items() if value != restored[name]}
        return encode(hidden), self.resource.render(visible, self._defaults)

    def record(self, index: int) -> dict[str, Any]:
        """The row with all of its fields, as a fixture file would hold it."""
        visible = decode(self._stored[index])
        if self.resource.restore is not None:
            visible = self.resource.restore(visible)
        return {**visible, **decode(self._hidden[index])}

    def _visible(self, index: int) -> Record:
        """What callers see of a row, with every digit."""
        if self.resource.restore is None:
            return cast("Record", decode(self._stored[index]))
        return {name: value for name, value in self.record(index).items() if name[0] != "_"}

    def text(self, index: int) -> bytes:
        """The same as JSON."""
        if self.resource.restore is not None:
            return encode(self.record(index))
        visible, hidden = self._stored[index], self._hidden[index]
        return visible if hidden == b"{}" else visible[:-1] + b"," + hidden[1:]

    def find(self, id: Any) -> int | None:
        """Where the first record is whose id, written as text, is this one."""
        if self._origin is None:
            return min(self._all(id), default=None)
        if str(id) in self._own:
            return self._own[str(id)]
        row = self._origin.find(id)
        return row if row is None else self._row_here(row)

    def _all(self, id: Any) -> list[int]:
        """Where all records are whose id, written as text, is this one; of a copy's rows all that it has now."""
        first, again = self._places
        text = str(id)
        whole = len(text) <= DIGITS and text.isascii() and text.removeprefix("-").isdecimal()
        number = int(text) if whole else None
        spelled = (text, number) if str(number) == text else (text,)
        return [row for each in spelled if each in first for row in (first[each], *again.get(each, ()))]

    @cached_property
    def _places(self) -> tuple[dict[Any, int], dict[Any, list[int]]]:
        """Where each id is first, and where else it is.

        By the ids as they are: their texts would have to be made.
        """
        again: dict[Any, list[int]] = {}
        first = dict(zip(reversed(self.ids), range(len(self.ids) - 1, -1, -1), strict=True))
        if len(first) < len(self.ids):
            for row, id in enumerate(self.ids):
                if first[id] != row:
                    again.setdefault(id, []).append(row)
        return first, again

    def _row_here(self, row: int) -> int | None:
        """Where a row of the origin is here."""
        before = bisect_left(self._gone, row)
        return None if self._gone[before : before + 1] == [row] else row - before

    @property
    def owners(self) -> set[Any]:
        """The accounts that records belong to, as far as records say so."""
        return {row["_owner"] for row in map(decode, set(self._hidden)) if "_owner" in row}

    def with_changes(self, changes: Mapping[Any, Record | None]) -> RecordTable:
        """A copy in which each id has this record (None: no more); new ones come last. Views are not taken along."""
        copy = RecordTable(self.resource, (), self._defaults, self._views)
        gone = sorted({row for id, record in changes.items() if record is None for row in self._all(id)})
        copy._origin, copy._gone = self, gone
        length, ids, texts = len(self) - len(gone), dict[int, Any](), dict[int, tuple[bytes, bytes]]()
        for id, record in changes.items():
            if record is None:
                continue
            row, place = min(self._all(id), default=None), None
            if row is not None:
                copy._replaced.append(row)
                place = copy._row_here(row)
            if place is None:
                place, length = length, length + 1
            copy._own[str(id)] = place
            ids[place], texts[place] = record[self.resource.id], self._texts(record)
            copy._new[place] = {name: of(record) for name, of in self.resource.columns.items()}
        copy._few = MANY * (len(gone) + len(copy._own)) <= length
        copy.ids = copy._patch(self.ids, ids)
        copy._hidden = copy._patch(self._hidden, {place: hidden for place, (hidden, _) in texts.items()})
        copy._stored = copy._patch(self._stored, {place: text for place, (_, text) in texts.items()})
        itself = ref(copy)  # not bound: in a circle it would outlive its use
        copy.columns = _Columns(lambda name: cast("RecordTable", itself())._column(name))
        return copy

    def _column(self, name: str) -> list[Any]:
        """A column of a copy."""
        assert self._origin is not None
        own = {row: columns[name] for row, columns in self._new.items()}
        return self._patch(self._origin.columns[name], own)

    def _patch(self, column: Sequence[T], own: Mapping[int, T]) -> list[T]:
        """A column of the origin as a copy has it: without the rows that are gone, with its own values."""
        if self._few and len(column) > MIN_PACKED:
            return cast("list[T]", _Patched(column, self._gone, own))  # to whoever reads it, it is one
        patched = _without(self._gone, column)
        for row in sorted(own):
            patched[row : row + 1] = [own[row]]
        return patched

    @property
    def own_bytes(self) -> int:
        """About how many bytes a copy of these takes, of which most values belong to somebody else, too."""
        columns = len(self.resource.columns)
        texts = self._stored
        own = sum(len(texts[row]) + 60 * columns + 500 for row in self._new) + 16 * len(self._gone) + 2000
        if self._few and len(self) > MIN_PACKED:
            return own
        copied = self._origin is not None and isinstance(self._origin._stored, PackedBytes)
        return own + 8 * len(self) * (columns + 3) + (sum(map(len, texts)) + 33 * len(self) if copied else 0)

    def fragments(self, readings: Readings) -> Sequence[bytes]:
        """Every record's JSON under these rendering readings; other than the defaults made on first touch and kept."""
        if readings == self._defaults:
            return self._stored
        key = tuple(sorted(readings.items()))
        if key not in self._rendered:
            render = self.resource.render
            if self._origin is None:
                texts = pack(render(self._visible(row), readings) for row in range(len(self)))
            else:
                own = {row: render(self._visible(row), readings) for row in self._new}
                texts = self._patch(self._origin.fragments(readings), own)
            self._rendered[key] = texts
        return self._rendered[key]

    def join(self, readings: Readings, rows: Iterable[int]) -> bytes:
        """A JSON array of these rows under these rendering readings."""
        return join_array(self.fragments(readings), rows)

    def rows(self, conditions: tuple[Condition, ...], order: Order) -> array[int]:
        """Row numbers that meet all conditions, in this order of (column, descending) keys; remembered."""
        return self._views.get((self._mark, conditions, order), lambda: self._find_and_note(conditions, order))

    def _find_and_note(self, conditions: tuple[Condition, ...], order: Order) -> array[int]:
        if self._origin is not None and len(self._asked) < ASKED:
            self._asked.add((self._mark, conditions, order))
        return self._find(conditions, order)

    def forget_views(self) -> None:
        """Make room where the views of a copy stand that is out of use. It can still be used."""
        asked, self._asked = self._asked, set()
        for key in asked:
            self._views.drop(key)

    def _find(self, conditions: tuple[Condition, ...], order: Order) -> array[int]:
        if self._origin is not None and self._few:
            return self._adjust(self._origin, conditions, order)
        spans = [(span, condition) for condition in conditions if (span := self._span(condition)) is not None]
        span, narrowest = min(spans, key=lambda each: len(each[0]), default=(None, None))
        if order and (span is None or len(span) > FEW):  # filtered before it is sorted, the last key first
            (name, descending), *rest = order
            return self._sort(self.rows(conditions, tuple(rest)), name, descending)
        others = [condition for condition in conditions if condition is not narrowest]
        rows = array("I", _narrowed(self.columns, others, range(len(self)) if span is None else sorted(span)))
        for name, descending in reversed(order):
            rows = self._sort(rows, name, descending)
        return rows

    def _sort(self, rows: array[int], name: str, descending: bool) -> array[int]:
        """The rows by a column; those that are alike in it stay in their order."""
        keys = self.columns[name] if self._origin is not None else self.ranks(name) or self.columns[name]
        return array("I", sorted(rows, key=keys.__getitem__, reverse=descending))

    def _span(self, condition: Condition) -> array[int] | None:
        """The rows that meet a condition on a column of many values: by bisection in its order, not row by row."""
        if isinstance(condition, Contains) or not self._has_many(condition.column):
            return None
        (low, high), value = condition.bounds, self.columns[condition.column].__getitem__
        try:
            rows = self.rows((), ((condition.column, False),))
            return rows[bisect_left(rows, low, key=value) : bisect_right(rows, high, key=value)]
        except TypeError:  # values that do not compare: None among them, or with what is asked for
            return None

    def _has_many(self, name: str) -> bool:
        if name not in self._telling:
            self._telling[name] = len(set(self.columns[name])) > FEW
        return self._telling[name]

    def _adjust(self, origin: RecordTable, conditions: tuple[Condition, ...], order: Order) -> array[int]:
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
        for row in _narrowed(self.columns, conditions, list(self._new)):
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


def _narrowed(columns: Columns, conditions: Iterable[Condition], rows: Sequence[int]) -> Sequence[int]:
    """Those of the rows that meet all conditions, in their order."""
    for condition in conditions:
        rows = condition.narrow(columns, rows)
    return rows


def _shared(value: Any, texts: dict[str, str]) -> Any:
    """A text that the column had before, if it is equal: many records share few texts."""
    if type(value) is not str:
        return value
    return texts.setdefault(value, value) if len(texts) < SHARED else texts.get(value, value)


def _ranked(column: Sequence[Any]) -> array[int] | None:
    """Where each value stands among those of a column, if they compare."""
    try:
        rank = {value: number for number, value in enumerate(sorted(set(column)))}
    except TypeError:  # None among them, or values of several kinds
        return None
    return array("I", map(rank.__getitem__, column))


def _weight(key: Hashable, rows: array[int]) -> int:
    """About how many bytes it costs to remember a view: its rows, and the texts that were asked for."""
    return rows.itemsize * len(rows) + 4 * len(repr(key)) + 200
