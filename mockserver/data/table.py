"""Tables of records: JSON bytes and key columns. A call filters and sorts columns, and joins bytes."""

from __future__ import annotations

from array import array
from bisect import bisect_left, bisect_right
from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping, Sequence
from functools import cached_property
from typing import Any, cast

from ..sdk.filters import Columns, Condition, Contains
from ..sdk.jsontext import MAX_DIGITS, decode, encode
from ..sdk.resource import Order, Readings, Record, Resource
from .lru import LruCache
from .packed_bytes import MIN_PACKED, join_array, pack

MAX_VIEW_BYTES = 64 * 1024 * 1024
FEW_VALUES = 64  # a column with more values is searched by bisection; so few rows are sorted without views on the way
MAX_SHARED_TEXTS = 4096  # of a column: owners and dates come back, numbers of invoices do not

Views = LruCache["array[int]"]


def make_view_cache() -> Views:
    """A cache for the views of one dataset and of all copies that sandboxes make of it."""
    return LruCache(MAX_VIEW_BYTES, _weigh_view)


class LazyColumns(dict[str, list[Any]]):
    """Columns that are made when they are first read."""

    def __init__(self, make: Callable[[str], list[Any]]) -> None:
        super().__init__()
        self._make = make

    def __missing__(self, name: str) -> list[Any]:
        return self.setdefault(name, self._make(name))


class RecordTable:
    """An immutable version of one vendor's records, in the order in which they were given."""

    def __init__(
        self, resource: Resource, rows: Iterable[Record], defaults: Readings, views: Views | None = None
    ) -> None:
        self.resource = resource
        self._views = make_view_cache() if views is None else views
        self._version = object()  # marks the views of this table
        self._ranks: dict[str, array[int] | None] = {}  # of the columns ranked so far
        self._cached_ranks: Mapping[str, array[int]] = {}  # from the disk cache
        self._has_many: dict[str, bool] = {}
        self._defaults = dict(defaults)
        self.ids: list[Any] = []
        self.columns: dict[str, list[Any]] = {name: [] for name in resource.columns}
        self._hidden: list[bytes] = []  # the hidden fields of each row; equal ones are one object
        shared_hidden: dict[bytes, bytes] = {}
        columns = [(of, self.columns[name].append, dict[str, str]()) for name, of in resource.columns.items()]

        def read_rows() -> Iterator[bytes]:
            for row in rows:
                hidden, text = self._split(row)
                self.ids.append(row[resource.id])
                self._hidden.append(shared_hidden.setdefault(hidden, hidden))
                for value_of, append, texts in columns:
                    append(_share_text(value_of(row), texts))
                yield text

        self._stored: Sequence[bytes] = pack(read_rows())  # rendered under the defaults
        self._rendered: dict[tuple[tuple[str, str], ...], Sequence[bytes]] = {}  # under other readings
        if len(self) > MIN_PACKED:  # ranked now, so that no call waits for it
            for name in self.columns:
                self.ranks(name)

    @classmethod
    def from_cache(
        cls,
        resource: Resource,
        defaults: Readings,
        ids: list[Any],
        columns: Mapping[str, list[Any]],
        ranks: Mapping[str, array[int]],
        hidden: list[bytes],
        texts: Sequence[bytes],
    ) -> RecordTable:
        """The table that ``for_cache`` gave out; it reads columns and ranks at their first use."""
        table = cls(resource, (), defaults)
        table.ids, table.columns, table._hidden = ids, LazyColumns(columns.__getitem__), hidden
        table._cached_ranks = ranks
        table._stored = pack(texts)
        return table

    def for_cache(
        self,
    ) -> tuple[list[Any], Mapping[str, list[Any]], Mapping[str, array[int]], list[bytes], Sequence[bytes]]:
        """Ids, columns, ranks, hidden fields and JSON of the rows: all that ``from_cache`` needs."""
        columns = {name: self.columns[name] for name in self.resource.columns}
        ranks = {name: found for name in columns if (found := self.ranks(name)) is not None}
        return self.ids, columns, ranks, self._hidden, self._stored

    def ranks(self, name: str) -> array[int] | None:
        """The rank of each row's value in a column, from 0, equal for equals; None where values do not compare.

        Rows are sorted by ranks, which the disk cache keeps, so that values that compare slowly need not even be read.
        """
        if name not in self._ranks:
            cached = self._cached_ranks.get(name)
            self._ranks[name] = _rank(self.columns[name]) if cached is None else cached
        return self._ranks[name]

    def __len__(self) -> int:
        return len(self.ids)

    def _split(self, row: Record) -> tuple[bytes, bytes]:
        """The hidden fields of a row, with those that rendering does not keep exactly; and its rendered JSON."""
        hidden = {name: value for name, value in row.items() if name[0] == "_"}
        visible = {name: value for name, value in row.items() if name[0] != "_"}
        if self.resource.restore is not None:
            restored = self.resource.restore(visible)
            hidden |= {name: value for name, value in visible.items() if value != restored[name]}
        return encode(hidden), self.resource.render(visible, self._defaults)

    def record(self, index: int) -> dict[str, Any]:
        """The row with all of its fields, as a fixture file holds it."""
        visible = decode(self._stored[index])
        if self.resource.restore is not None:
            visible = self.resource.restore(visible)
        return {**visible, **decode(self._hidden[index])}

    def _visible(self, index: int) -> Record:
        """The fields of a row that callers see, with every digit."""
        if self.resource.restore is None:
            return cast("Record", decode(self._stored[index]))
        return {name: value for name, value in self.record(index).items() if name[0] != "_"}

    def text(self, index: int) -> bytes:
        """The row with all of its fields, as JSON."""
        if self.resource.restore is not None:
            return encode(self.record(index))
        visible, hidden = self._stored[index], self._hidden[index]
        return visible if hidden == b"{}" else visible[:-1] + b"," + hidden[1:]

    def find(self, id: Any) -> int | None:
        """The first row whose id, written as text, is this one."""
        return min(self.rows_of(id), default=None)

    def rows_of(self, id: Any) -> list[int]:
        """All rows whose id, written as text, is this one."""
        first, repeats = self._rows_by_id
        text = str(id)
        whole = len(text) <= MAX_DIGITS and text.isascii() and text.removeprefix("-").isdecimal()
        number = int(text) if whole else None
        spellings = (text, number) if str(number) == text else (text,)
        return [row for each in spellings if each in first for row in (first[each], *repeats.get(each, ()))]

    @cached_property
    def _rows_by_id(self) -> tuple[dict[Any, int], dict[Any, list[int]]]:
        """The first row of each id, and its further rows. Ids stay as they are: their texts would have to be made."""
        repeats: dict[Any, list[int]] = {}
        first = dict(zip(reversed(self.ids), range(len(self.ids) - 1, -1, -1), strict=True))
        if len(first) < len(self.ids):
            for row, id in enumerate(self.ids):
                if first[id] != row:
                    repeats.setdefault(id, []).append(row)
        return first, repeats

    @property
    def owners(self) -> set[Any]:
        """The accounts that records name as their owners."""
        return {row["_owner"] for row in map(decode, set(self._hidden)) if "_owner" in row}

    def with_changes(self, changes: Mapping[Any, Record | None]) -> RecordTable:
        """A copy in which each id has this record (None: no record); new ones come last."""
        from .overlay import ChangedTable  # which is a RecordTable, and imports this module

        return ChangedTable(self, changes)

    @property
    def own_bytes(self) -> int:
        """About how many bytes this table does not share with another."""
        return 8 * len(self) * (len(self.resource.columns) + 3) + 2000

    def fragments(self, readings: Readings) -> Sequence[bytes]:
        """Every record's JSON under these rendering readings, made at first use unless they are the defaults."""
        if readings == self._defaults:
            return self._stored
        key = tuple(sorted(readings.items()))
        if key not in self._rendered:
            self._rendered[key] = self._render_all(readings)
        return self._rendered[key]

    def _render_all(self, readings: Readings) -> Sequence[bytes]:
        return pack(self.resource.render(self._visible(row), readings) for row in range(len(self)))

    def join(self, readings: Readings, rows: Iterable[int]) -> bytes:
        """A JSON array of these rows under these rendering readings."""
        return join_array(self.fragments(readings), rows)

    def rows(self, conditions: tuple[Condition, ...], order: Order) -> array[int]:
        """The rows that meet all conditions, in this order: a view, which is remembered."""
        return self._views.get((self._version, conditions, order), lambda: self._find_rows(conditions, order))

    def forget_views(self) -> None:
        """Drop the views of a copy that is out of use. The copy can still be used."""

    def _find_rows(self, conditions: tuple[Condition, ...], order: Order) -> array[int]:
        spans = [(span, condition) for condition in conditions if (span := self._bisect(condition)) is not None]
        span, narrowest = min(spans, key=lambda each: len(each[0]), default=(None, None))
        if order and (span is None or len(span) > FEW_VALUES):  # filtered before it is sorted, the last key first
            (name, descending), *rest = order
            return self._sort(self.rows(conditions, tuple(rest)), name, descending)
        others = [condition for condition in conditions if condition is not narrowest]
        rows = array("I", narrow_rows(self.columns, others, range(len(self)) if span is None else sorted(span)))
        for name, descending in reversed(order):
            rows = self._sort(rows, name, descending)
        return rows

    def _sort(self, rows: array[int], name: str, descending: bool) -> array[int]:
        """The rows sorted by a column; rows with equal values keep their order."""
        return array("I", sorted(rows, key=self._sort_keys(name).__getitem__, reverse=descending))

    def _sort_keys(self, name: str) -> Sequence[Any]:
        return self.ranks(name) or self.columns[name]

    def _bisect(self, condition: Condition) -> array[int] | None:
        """The rows that meet a condition on a column of many values, found by bisection in its order."""
        if isinstance(condition, Contains) or not self._has_many_values(condition.column):
            return None
        (low, high), value_of = condition.bounds, self.columns[condition.column].__getitem__
        try:
            rows = self.rows((), ((condition.column, False),))
            return rows[bisect_left(rows, low, key=value_of) : bisect_right(rows, high, key=value_of)]
        except TypeError:  # values that do not compare: None among them, or with the condition's
            return None

    def _has_many_values(self, name: str) -> bool:
        if name not in self._has_many:
            self._has_many[name] = len(set(self.columns[name])) > FEW_VALUES
        return self._has_many[name]


def narrow_rows(columns: Columns, conditions: Iterable[Condition], rows: Sequence[int]) -> Sequence[int]:
    """Those of the rows that meet all conditions, in their order."""
    for condition in conditions:
        rows = condition.narrow(columns, rows)
    return rows


def _share_text(value: Any, texts: dict[str, str]) -> Any:
    """The equal text that the column has already, if any: many records share few texts."""
    if type(value) is not str:
        return value
    return texts.setdefault(value, value) if len(texts) < MAX_SHARED_TEXTS else texts.get(value, value)


def _rank(column: Sequence[Any]) -> array[int] | None:
    """The rank of each value of a column; None where values do not compare."""
    try:
        ranks = {value: number for number, value in enumerate(sorted(set(column)))}
    except TypeError:  # None among them, or values of several kinds
        return None
    return array("I", map(ranks.__getitem__, column))


def _weigh_view(key: Hashable, rows: array[int]) -> int:
    """About how many bytes a view takes: its rows, and the texts of its conditions."""
    return rows.itemsize * len(rows) + 4 * len(repr(key)) + 200
