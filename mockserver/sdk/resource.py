"""One kind of record of a vendor: its schema, id, columns and rendering."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from .jsontext import encode
from .record_schema import RecordSchema

Record = Mapping[str, Any]


Readings = Mapping[str, str]


Order = tuple[tuple[str, bool], ...]  # columns to sort by, the first one first, and whether each is descending


class OnRendered(Protocol):
    """Hears that records of a view were written, and whether they stand in an order that nobody gave."""

    def __call__(self, *, unordered: bool) -> None: ...


def render_plain(record: Record, readings: Readings) -> bytes:
    """The rendering of a vendor whose readings change no bytes."""
    return encode(record)


@dataclass(frozen=True)
class Summary:
    """Which fields people look at first, as dotted paths: what a record amounts to, when, its status and currency.

    The amounts of a vendor without a field for the currency, or the status, are all of one (empty).
    """

    amount: str
    date: str
    status: str = ""
    currency: str = ""


@dataclass(frozen=True)
class Resource:
    """What a vendor says of its records.

    ``schema`` checks and types one record; ``id`` names the field that identifies it. ``columns`` makes the values
    that calls filter and sort by: hashable, comparable among themselves, and never None in a column that is sorted.
    ``render`` writes one visible record as JSON under a choice of readings. What it writes under the defaults, read
    again and given to ``restore``, is the record; where that misses a field by a digit, the field is kept beside it.
    ``chart`` is for who looks at them.
    """

    schema: type[RecordSchema]
    id: str
    columns: Mapping[str, Callable[[Record], Any]]
    render: Callable[[Record, Readings], bytes] = render_plain
    restore: Callable[[Record], Record] | None = None
    summary: Summary | None = None
