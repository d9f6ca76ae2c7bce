"""Searches, sorts and sums up records for the console. No vendor call uses this."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal
from typing import Any

from ..sdk.dataset import Records
from ..sdk.jsontext import encode
from ..sdk.resource import Summary

Sums = dict[str, list[Any]]  # by name: the number of records and the sum of their amounts


def find_rows(records: Records, text: str = "", sort: str = "") -> Sequence[int]:
    """The rows with a value that contains the text in any case, sorted by a field.

    ``-`` before the field reverses the order. A path names a field within a map (``user.id``). Rows without the
    field come last.
    """
    rows: Sequence[int] = range(len(records))
    needle = text.casefold()
    if needle:
        rows = [row for row in rows if any(needle in value.casefold() for value in _texts(records.record(row)))]
    if not sort:
        return rows
    path, is_descending = sort.removeprefix("-"), sort.startswith("-")
    keys = {row: key for row in rows if (key := _sort_key(value_at(records.record(row), path))) is not None}
    return sorted(keys, key=keys.__getitem__, reverse=is_descending) + [row for row in rows if row not in keys]


def calculate_totals(records: Records, summary: Summary) -> list[dict[str, Any]]:
    """The sums by month and by status, one entry a currency; the currency with the most records comes first."""
    by_currency: dict[str, tuple[Sums, Sums]] = {}
    for row in range(len(records)):
        record = records.record(row)
        amount = value_at(record, summary.amount)
        amount = amount if isinstance(amount, int | Decimal) else 0
        currency, status = (str(value_at(record, path) or "") for path in (summary.currency, summary.status))
        month = str(value_at(record, summary.date) or "")[:7]
        months, states = by_currency.setdefault(currency, ({}, {}))
        for sums, name in ((months, month), (states, status)):
            if name:
                sums.setdefault(name, [0, 0])
                sums[name][0] += 1
                sums[name][1] += amount
    rows = [
        {
            "currency": currency,
            "months": _list_sums("month", months, sorted(months)),
            "statuses": _list_sums("status", states),
        }
        for currency, (months, states) in by_currency.items()
    ]
    return sorted(rows, key=lambda each: -sum(month["records"] for month in each["months"]))


def value_at(record: Any, path: str) -> Any:
    """The value at a dotted path of a record; None where there is none."""
    for name in path.split("."):
        record = record.get(name) if isinstance(record, Mapping) else None
    return record


def _list_sums(name: str, sums: Sums, order: Sequence[str] = ()) -> list[dict[str, Any]]:
    order = order or sorted(sums, key=lambda each: -sums[each][0])
    return [{name: each, "records": sums[each][0], "amount": sums[each][1]} for each in order]


def _texts(value: Any) -> Iterator[str]:
    """Every value within a value, as it is written."""
    if isinstance(value, Mapping | list):
        for inner in value.values() if isinstance(value, Mapping) else value:
            yield from _texts(inner)
    elif value is not None:
        yield value if isinstance(value, str) else encode(value).decode()


def _sort_key(value: Any) -> tuple[int, Any] | None:
    """The sort key of a value: numbers first, then texts, then the JSON of everything else."""
    if value is None:
        return None
    if isinstance(value, int | Decimal):
        return 0, value
    return (1, value.casefold()) if isinstance(value, str) else (2, encode(value))
