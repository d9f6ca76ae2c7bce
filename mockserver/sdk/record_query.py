"""Queries over records: filtered and sorted by columns, joined as JSON."""

from __future__ import annotations

from array import array
from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from itertools import pairwise
from typing import Any

from .dataset import Records
from .filters import Condition, Contains, Equals, Within
from .resource import OnRendered, Readings


@dataclass(eq=False)
class RecordQuery:
    """The records of a call, filtered, ordered and rendered under its readings. Methods return a changed copy."""

    records: Records
    readings: Readings
    conditions: tuple[Condition, ...] = ()
    order: tuple[tuple[str, bool], ...] = ()
    given: int = 0
    on_rendered: OnRendered | None = None
    _rows: array[int] | None = field(default=None, init=False, repr=False)

    def where(self, **values: Any) -> RecordQuery:
        """Only rows whose columns equal these values; a value of None means "no condition"."""
        added = tuple([Equals(name, value) for name, value in values.items() if value is not None])
        return RecordQuery(
            self.records, self.readings, self.conditions + added, self.order, self.given, self.on_rendered
        )

    def where_between(self, column: str, low: Any, high: Any) -> RecordQuery:
        """Only rows with low ≤ column ≤ high."""
        return replace(self, conditions=(*self.conditions, Within(column, low, high)))

    def where_contains(self, columns: Sequence[str], text: str | None) -> RecordQuery:
        """Only rows of which a column contains the text, in any case; None means "no condition"."""
        return self if text is None else replace(self, conditions=(*self.conditions, Contains(tuple(columns), text)))

    def order_by(self, *keys: str, given: int = 0) -> RecordQuery:
        """Sorted by these columns, the first one first; ``-`` before a name means descending.

        The document or the request gives the first ``given`` keys; the others only make the order definite.
        """
        order = tuple([(key.removeprefix("-"), key.startswith("-")) for key in keys])
        return RecordQuery(self.records, self.readings, self.conditions, order, given, self.on_rendered)

    def span(self, low: Any, high: Any) -> tuple[int, int]:
        """Where the rows with low ≤ first key of the order ≤ high start and stop, by bisection.

        For bounds that differ in every call, as those of a window that moves with the clock.
        """
        name, descending = self.order[0]
        rows, column = self.rows, self.records.columns[name]
        if descending:
            start = bisect_left(rows, True, key=lambda row: bool(column[row] <= high))
            return start, bisect_left(rows, True, lo=start, key=lambda row: bool(column[row] < low))
        start = bisect_left(rows, True, key=lambda row: bool(column[row] >= low))
        return start, bisect_left(rows, True, lo=start, key=lambda row: bool(column[row] > high))

    @property
    def rows(self) -> array[int]:
        """The numbers of the rows in their order, looked up once."""
        if self._rows is None:
            self._rows = self.records.rows(self.conditions, self.order)
        return self._rows

    def __len__(self) -> int:
        return len(self.rows)

    def json(self, start: int = 0, stop: int | None = None) -> bytes:
        """Rows ``start`` up to ``stop`` as a JSON array."""
        rows = self.rows[start:stop]
        if self.on_rendered is not None and rows:
            self.on_rendered(unordered=self._may_swap(start, start + len(rows)))
        return self.records.join(self.readings, rows)

    def _may_swap(self, start: int, stop: int) -> bool:
        """Whether the given keys leave the place of one of these rows open."""
        given = [name for name, _ in self.order[: self.given]]
        if self.records.resource.id in given or len(self.rows) < 2:
            return False
        near = self.rows[max(start - 1, 0) : stop + 1]
        columns = [self.records.columns[name] for name in given]
        return any(all(column[row] == column[next_] for column in columns) for row, next_ in pairwise(near))
