"""The story depends on seed, index and the anchor's month alone."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal

import pytest

from mockserver.sdk import fake
from mockserver.vendors import _story

ANCHOR = datetime(2026, 7, 15, 9, tzinfo=UTC)
ENTRIES = [_story.make_entry(1, index, ANCHOR) for index in range(36 * 12)]


def test_an_entry_depends_on_nothing_told_before() -> None:
    assert _story.make_entry(1, 17, ANCHOR) == ENTRIES[17]
    assert _story.make_entry(1, 17, ANCHOR.replace(day=1, hour=0)) == ENTRIES[17]
    assert _story.make_entry(2, 17, ANCHOR) != ENTRIES[17]


def test_twelve_entries_make_a_month_one_for_each_customer() -> None:
    assert [entry.month for entry in ENTRIES[:25]] == [0] * 12 + [1] * 12 + [2]
    assert tuple(entry.customer for entry in ENTRIES[:12]) == _story.CUSTOMERS
    assert (ENTRIES[0].starts, ENTRIES[0].ends) == (date(2026, 6, 1), date(2026, 6, 30))
    assert (ENTRIES[-1].starts, ENTRIES[-1].month) == (date(2023, 7, 1), 35)
    again = _story.make_entry(1, 36 * 12, ANCHOR)
    assert (again.month, again.customer) == (0, ENTRIES[0].customer)
    assert again != ENTRIES[0]


def test_amounts_add_up_and_have_two_decimals() -> None:
    for entry in ENTRIES:
        assert entry.total == entry.net + entry.tax
        assert Decimal(0) < entry.net <= entry.gross
        for amount in (entry.gross, entry.net, entry.tax, entry.total):
            assert amount.as_tuple().exponent == -2
    assert {entry.discount for entry in ENTRIES} == {0, 10, 20}


@pytest.mark.parametrize("index", [0, 1, 11, 12, 100, 431, 432, 99_999])
def test_an_entry_is_of_a_whole_month_that_is_over(index: int) -> None:
    entry = _story.make_entry(1, index, ANCHOR)
    assert entry.starts.day == 1
    assert entry.ends < ANCHOR.date()
    assert entry.total == entry.net + entry.tax


def test_every_state_occurs_and_the_newest_month_is_half_unpaid() -> None:
    assert {entry.state for entry in ENTRIES} == {"paid", "open", "overdue"}
    assert [entry.state for entry in ENTRIES[:12]] == ["open", "paid"] * 6
    assert "open" not in {entry.state for entry in ENTRIES[12:]}
    assert ENTRIES[36].state == "overdue"
    assert {entry.product.key for entry in ENTRIES} == {product.key for product in _story.PRODUCTS}


@pytest.mark.parametrize(
    ("anchor", "back", "month"),
    [
        (datetime(2026, 1, 1, tzinfo=UTC), 0, (date(2025, 12, 1), date(2025, 12, 31))),
        (datetime(2024, 3, 31, tzinfo=UTC), 0, (date(2024, 2, 1), date(2024, 2, 29))),
        (datetime(2026, 7, 15, tzinfo=UTC), 6, (date(2025, 12, 1), date(2025, 12, 31))),
        (datetime(2026, 7, 15, tzinfo=UTC), 5, (date(2026, 1, 1), date(2026, 1, 31))),
    ],
)
def test_billing_months(anchor: datetime, back: int, month: tuple[date, date]) -> None:
    assert _story.billing_month(anchor, back) == month


def test_what_faker_says_depends_on_its_path_alone() -> None:
    first = fake.seeded_faker(1, "acme", 7).name()
    fake.seeded_faker(1, "acme", 8).name()
    assert fake.seeded_faker(1, "acme", 7).name() == first
    assert fake.seeded_faker(2, "acme", 7).name() != first


def test_customers_are_told_apart() -> None:
    assert len({customer.email for customer in _story.CUSTOMERS}) == 12
    assert _story.CUSTOMERS[0].email == "billing@harbourlight.example"
