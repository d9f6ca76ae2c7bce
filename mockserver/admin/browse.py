"""Records as people look at them: found by a text, sorted by a field, added up for a chart. Nothing a call needs."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal
from typing import Any

from ..sdk.dataset import Records
from ..sdk.jsontext import encode
from ..sdk.resource import Summary

Sums = dict[str, list[Any]]  # how many, and what they amount to


def found(records: Records, text: str = "", sort: str = "") -> Sequence[int]:
    """The rows in which a value has the text in it, whatever its case, sorted by a field (``-`` before it: downwards).

    A field within a map is named by its path (``user.id``). Rows that have no such field come last.
    """
    rows: Sequence[int] = range(len(records))
    needle = text.casefold()
    if needle:
        rows = [row for row in rows if any(needle in value.casefold() for value in _texts(records.record(row)))]
    if not sort:
        return rows
    path, downwards = sort.removeprefix("-"), sort.startswith("-")
    keys = {row: key for row in rows if (key := _key(value_at(records.record(row), path))) is not None}
    return sorted(keys, key=keys.__getitem__, reverse=downwards) + [row for row in rows if row not in keys]


def totals(records: Records, chart: Summary) -> list[dict[str, Any]]:
    """What the records amount to, by month and by status: one entry a currency, that of most records first."""
    by_currency: dict[str, tuple[Sums, Sums]] = {}
    for row in range(len(records)):
        record = records.record(row)
        amount = value_at(record, chart.amount)
        amount = amount if isinstance(amount, int | Decimal) else 0
        currency, status = (str(value_at(record, path) or "") for path in (chart.currency, chart.status))
        month = str(value_at(record, chart.date) or "")[:7]
        months, states = by_currency.setdefault(currency, ({}, {}))
        for sums, name in ((months, month), (states, status)):
            if name:
                sums.setdefault(name, [0, 0])
                sums[name][0] += 1
                sums[name][1] += amount
    shown = [
        {
            "currency": currency,
            "months": _listed("month", months, sorted(months)),
            "statuses": _listed("status", states),
        }
        for currency, (months, states) in by_currency.items()
    ]
    return sorted(shown, key=lambda each: -sum(month["records"] for month in each["months"]))


def value_at(record: Any, path: str) -> Any:
    """What stands at a dotted path of a record; None where nothing does."""
    for name in path.split("."):
        record = record.get(name) if isinstance(record, Mapping) else None
    return record


def _listed(name: str, sums: Sums, order: Sequence[str] = ()) -> list[dict[str, Any]]:
    order = order or sorted(sums, key=lambda each: -sums[each][0])
    return [{name: each, "records": sums[each][0], "amount": sums[each][1]} for each in order]


def _texts(value: Any) -> Iterator[str]:
    """Every value in it, as it is written."""
    if isinstance(value, Mapping | list):
        for inner in value.values() if isinstance(value, Mapping) else value:
            yield from _texts(inner)
    elif value is not None:
        yield value if isinstance(value, str) else encode(value).decode()


def _key(value: Any) -> tuple[int, Any] | None:
    """What a value is sorted by: numbers before texts, and what is neither by its JSON."""
    if value is None:
        return None
    if isinstance(value, int | Decimal):
        return 0, value
    return (1, value.casefold()) if isinstance(value, str) else (2, encode(value))
