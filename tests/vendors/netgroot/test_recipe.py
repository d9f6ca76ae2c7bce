"""The recipe: what it makes is legal for any seed, index and anchor, and tells the story."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from decimal import Decimal

import pytest

from mockserver.cli.generate import ANCHOR
from mockserver.vendors import _story
from mockserver.vendors.netgroot.invoices import Invoice
from mockserver.vendors.netgroot.recipe import RECIPE, story_index

SEED, MANY = 1, 500
LEAP = datetime(2028, 3, 1, tzinfo=UTC)


@pytest.mark.parametrize("anchor", [ANCHOR, LEAP])
@pytest.mark.parametrize("seed", [SEED, 7])
def test_every_record_is_legal(seed: int, anchor: datetime) -> None:
    owners = {account["subscriber_id"] for account in RECIPE.accounts(seed, anchor)}
    ids = set()
    for index in range(MANY):
        invoice = Invoice().read(dict(RECIPE.record(seed, index, anchor)))
        ids.add(invoice["invoice_id"])
        created, due = (datetime.fromisoformat(invoice[name]) for name in ("date", "due_date"))
        assert created <= anchor
        assert (due - created).total_seconds() == 14 * 86400
        assert invoice["status"] in ("Paid", "Pending")
        assert invoice["amount"] >= 0
        assert re.fullmatch(r"Monthly .+ Subscription|Loyalty Gift, Free of Charge", invoice["description"])
        assert invoice["_owner"] in owners
    assert len(ids) == MANY


@pytest.mark.parametrize("seed", [SEED, 7])
def test_every_entry_of_the_story_is_told_once_with_its_customer_product_month_and_total(seed: int) -> None:
    told = {story_index(index): RECIPE.record(seed, index, ANCHOR) for index in range(MANY)}
    told.pop(None)
    assert sorted(index for index in told if index is not None) == list(range(len(told)))
    for index, invoice in told.items():
        assert index is not None
        entry = _story.make_entry(seed, index, ANCHOR)
        assert invoice["amount"] == entry.total
        assert invoice["_owner"] == entry.customer.key
        assert invoice["description"] == f"Monthly {entry.product.name} Subscription"
        assert invoice["status"] == ("Paid" if entry.state == "paid" else "Pending")
        assert (datetime.fromisoformat(invoice["date"]).date() - entry.ends).days == 1


def test_what_stands_beside_the_story_amounts_to_nothing() -> None:
    beside = [RECIPE.record(SEED, index, ANCHOR) for index in range(MANY) if story_index(index) is None]
    assert len(beside) == MANY // 13
    assert {(invoice["amount"], invoice["status"]) for invoice in beside} == {(Decimal("0.00"), "Paid")}


def test_the_first_account_alone_sees_every_status_a_tie_and_a_free_invoice() -> None:
    first = RECIPE.accounts(SEED, ANCHOR)[0]["subscriber_id"]
    rows = (RECIPE.record(SEED, index, ANCHOR) for index in range(RECIPE.records))
    mine = [row for row in rows if row["_owner"] == first]
    assert {row["status"] for row in mine} == {"Paid", "Pending"}
    assert len({row["date"] for row in mine}) == len(mine) - 1  # one ties with the free one of its month
    assert [row["amount"] for row in mine].count(0) == 1


def test_someone_has_no_invoices_and_someone_is_no_subscriber() -> None:
    owners = {RECIPE.record(SEED, index, ANCHOR)["_owner"] for index in range(RECIPE.records)}
    without = [account for account in RECIPE.accounts(SEED, ANCHOR) if account["subscriber_id"] not in owners]
    assert [bool(account.get("is_admin")) for account in without] == [False, True]


def test_a_record_depends_on_seed_index_and_anchor_alone() -> None:
    forwards = [RECIPE.record(SEED, index, ANCHOR) for index in range(60)]
    backwards = [RECIPE.record(SEED, index, ANCHOR) for index in reversed(range(60))]
    assert forwards == backwards[::-1]
    assert forwards != [RECIPE.record(SEED + 1, index, ANCHOR) for index in range(60)]


def test_dates_hang_on_the_anchor_and_months_come_round_again() -> None:
    for index in (0, 12, 13 * _story.MONTHS, 999_999, 1_000_000):
        invoice = Invoice().read(dict(RECIPE.record(SEED, index, LEAP)))
        assert invoice["invoice_id"] == 10_001 + index
        assert LEAP.replace(year=LEAP.year - 3) < datetime.fromisoformat(invoice["date"]) <= LEAP.replace(day=2)
    assert RECIPE.record(SEED, 0, LEAP)["date"].startswith("2028-03-01")
