"""Records as people look at them."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from mockserver.admin.browse import calculate_totals, find_rows, value_at
from mockserver.data.table import RecordTable
from mockserver.sdk.resource import Resource, Summary
from tests.support.acme import Bill

KIND = Resource(schema=Bill, id="id", columns={})
ROWS: list[dict[str, Any]] = [
    {"id": 1, "who": {"name": "Öl"}, "state": "paid", "at": "2026-02-01", "sum": Decimal("50.00"), "in": "EUR"},
    {"id": 2, "who": {"name": "anvil"}, "state": "open", "at": "2026-01-31", "sum": Decimal("0.10"), "in": "EUR"},
    {
        "id": 3,
        "who": {"name": None},
        "state": "paid",
        "at": None,
        "sum": Decimal("0.20"),
        "in": "USD",
        "tags": ["Anvil"],
    },
    {"id": 10, "who": {"name": "Bolt"}, "state": "paid", "at": "2026-02-28", "sum": "no number", "in": "EUR"},
]
RECORDS = RecordTable(KIND, ROWS, {})


@pytest.mark.parametrize(
    ("text", "rows"),
    [
        ("", [0, 1, 2, 3]),
        ("öl", [0]),
        ("ANVIL", [1, 2]),
        ("50.00", [0]),  # as it is written
        ("state", []),  # a field's name is no value
        ("true", []),
    ],
)
def test_a_text_is_found_in_any_value(text: str, rows: list[int]) -> None:
    assert list(find_rows(RECORDS, text)) == rows


@pytest.mark.parametrize(
    ("sort", "rows"),
    [
        ("id", [0, 1, 2, 3]),  # by number: 10 is after 3
        ("-id", [3, 2, 1, 0]),
        ("who.name", [1, 3, 0, 2]),  # whatever the case, and what has none comes last
        ("-who.name", [0, 3, 1, 2]),
        ("sum", [1, 2, 0, 3]),  # numbers before texts
        ("state", [1, 0, 2, 3]),  # equal ones as they were
        ("tags", [2, 0, 1, 3]),
        ("who", [3, 1, 0, 2]),  # a map by its JSON
    ],
)
def test_records_are_sorted_by_a_field(sort: str, rows: list[int]) -> None:
    assert list(find_rows(RECORDS, sort=sort)) == rows


def test_what_records_amount_to_in_each_currency() -> None:
    euro, dollar = calculate_totals(RECORDS, Summary(amount="sum", date="at", status="state", currency="in"))
    assert (euro["currency"], dollar["currency"]) == ("EUR", "USD")
    assert euro["months"] == [
        {"month": "2026-01", "records": 1, "amount": Decimal("0.10")},
        {"month": "2026-02", "records": 2, "amount": Decimal("50.00")},
    ]
    assert [(each["status"], each["records"], str(each["amount"])) for each in euro["statuses"]] == [
        ("paid", 2, "50.00"),
        ("open", 1, "0.10"),
    ]
    assert dollar["months"] == []  # it has no date


def test_without_status_and_currency_all_is_one() -> None:
    (everything,) = calculate_totals(RECORDS, Summary(amount="sum", date="at"))
    assert (everything["currency"], everything["statuses"]) == ("", [])
    assert calculate_totals(RecordTable(KIND, [], {}), Summary(amount="sum", date="at")) == []


def test_a_value_is_found_by_its_path() -> None:
    assert value_at(ROWS[0], "who.name") == "Öl"
    assert value_at(ROWS[0], "who.name.first") is None
    assert value_at(ROWS[0], "whose.name") is None
