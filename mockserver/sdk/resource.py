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
    """Is called when records are rendered; ``unordered``: neither document nor request gives their order."""

    def __call__(self, *, unordered: bool) -> None: ...


def render_plain(record: Record, readings: Readings) -> bytes:
    """Renders a record whose bytes no reading changes."""
    return encode(record)


@dataclass(frozen=True)
class Summary:
    """The fields that people look at first, as dotted paths: amount, date, status and currency.

    Without a path for the currency, or the status, all records have the same (empty) one.
    """

    amount: str
    date: str
    status: str = ""
    currency: str = ""


@dataclass(frozen=True)
class Resource:
    """One kind of record of a vendor.

    ``schema`` checks and types one record; ``id`` names the field that identifies it. ``columns`` makes the values
    that calls filter and sort by: hashable, comparable among themselves, and never None in a sorted column.
    ``render`` writes a record's visible fields as JSON under a choice of readings. ``restore`` turns what ``render``
    wrote under the defaults, decoded, back into the record; fields that it does not restore exactly are stored apart.
    ``summary`` is for people who browse the records.
    """

    schema: type[RecordSchema]
    id: str
    columns: Mapping[str, Callable[[Record], Any]]
    render: Callable[[Record, Readings], bytes] = render_plain
    restore: Callable[[Record], Record] | None = None
    summary: Summary | None = None
