"""The recipe: every invariant holds for every invoice that it makes, and the story is told whole."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from mockserver.cli import generate
from mockserver.data.build import fixture_schema
from mockserver.vendors import _story
from mockserver.vendors.jframework import VENDOR
from mockserver.vendors.jframework.invoices import PAYMENT_STATES
from mockserver.vendors.jframework.recipe import RECIPE, accounts, record, story_index
from tests.vendors.jframework.helpers import account, live, records, stored

ANCHOR = generate.ANCHOR
INDICES = [*range(400), 123_456, 999_999, 10**6]


@pytest.fixture(scope="module")
def made() -> list[dict[str, Any]]:
    """Invoices as the validator lets them pass."""
    schema = fixture_schema(VENDOR).record
    return [schema.read(dict(record(1, index, ANCHOR))) for index in INDICES]


def moment(text: str) -> datetime:
    return datetime.fromisoformat(text[:26]).replace(tzinfo=UTC)


def test_ids_are_unique_and_no_payment_has_that_of_its_invoice(made: list[dict[str, Any]]) -> None:
    ids = [invoice["id"] for invoice in made] + [invoice["payment"]["id"] for invoice in made]
    assert len(set(ids)) == len(ids)
    assert all(re.fullmatch("[0-9A-Za-z]{18}", one) for one in ids)


def test_net_is_gross_less_fee(made: list[dict[str, Any]]) -> None:
    for payment in (invoice["payment"] for invoice in made):
        assert payment["amountNet"] == payment["amountGross"] - payment["amountFee"]
        assert payment["amountGross"] >= payment["amountNet"] >= 0


def test_an_invoice_has_the_package_that_it_bills_and_a_user_one_package(made: list[dict[str, Any]]) -> None:
    assert len({invoice["packageCode"] for invoice in made}) == len(_story.PRODUCTS)
    users = {(invoice["user"]["id"], invoice["user"]["packageId"], invoice["user"]["packageCode"]) for invoice in made}
    assert len(users) == len({id for id, _, _ in users}) == len({package for _, package, _ in users}) == 3


def test_codes_are_unique(made: list[dict[str, Any]]) -> None:
    for rows in (made, records(), records("edge")):
        assert len({invoice["code"] for invoice in rows}) == len(rows)


@pytest.mark.parametrize(("field", "days"), [("confirmedDeliveryDate", 2), ("dueDate", 14), ("overdueDate", 30)])
def test_dates_hang_on_the_invoice_date(made: list[dict[str, Any]], field: str, days: int) -> None:
    pairs = [(i["invoiceDate"], i[field]) for i in made if i["invoiceDate"] and i[field]]
    assert len(pairs) > 100
    for issued, then in pairs:
        assert moment(then) - moment(issued) == timedelta(days=days)
        assert then[10:] == issued[10:], "to the tick"


def test_invoices_are_made_after_the_billed_month_and_before_the_anchor(made: list[dict[str, Any]]) -> None:
    for invoice in made:
        assert moment(invoice["_created"]) < ANCHOR
        if invoice["invoiceDate"] and invoice["billingPeriodEndDate"]:
            assert invoice["billingPeriodEndDate"] < invoice["invoiceDate"] < "2026-07-02"
            assert invoice["_created"] < invoice["invoiceDate"]


def test_what_is_completed_is_paid_and_nothing_else(made: list[dict[str, Any]]) -> None:
    for invoice in (*made, *records(), *records("edge")):
        assert (invoice["status"] == "Paid") == (invoice["payment"]["status"] == "Completed")


def test_no_more_than_one_row_in_ten_is_worth_nothing() -> None:
    assert 0 < sum(not invoice["payment"]["amountGross"] for invoice in live()) <= len(live()) / 10


def test_each_invoice_belongs_to_the_user_it_names(made: list[dict[str, Any]]) -> None:
    assert all(invoice["user"]["id"] == invoice["_owner"] for invoice in made)


def test_every_entry_of_the_story_is_told_with_its_total(made: list[dict[str, Any]]) -> None:
    told = {story_index(index): invoice for index, invoice in zip(INDICES, made, strict=True)}
    entries = [index for index in told if index is not None]
    assert sorted(entries)[: 400 // 15 * 12] == list(range(400 // 15 * 12)), "none is left out"
    for index in entries:
        entry, invoice = _story.make_entry(1, index, ANCHOR), told[index]
        assert invoice["payment"]["amountGross"] == entry.total
        assert invoice["payment"]["currencyCode"] == entry.customer.currency
        assert invoice["userAddressId"] == f"address-{entry.customer.key}"
        assert entry.customer.company in invoice["description"]
        assert invoice["packageCode"] == f"{entry.product.key}_{entry.product.plan}".upper()
        assert invoice["subscriptionTypeId"] == invoice["packageCode"].lower().replace("_", "-")
        assert invoice["billingPeriodStartDate"] == f"{entry.starts}T00:00:00.0000000Z"
        assert invoice["billingPeriodEndDate"] == f"{entry.ends}T23:59:59.9999999Z"
        assert (invoice["status"] == "Paid") == (entry.state == "paid")
        assert invoice["testMode"] is False


def test_what_stands_beside_the_story_amounts_to_nothing_or_is_a_test(made: list[dict[str, Any]]) -> None:
    beside = [invoice for index, invoice in zip(INDICES, made, strict=True) if story_index(index) is None]
    assert beside
    assert all(invoice["testMode"] or invoice["payment"]["amountGross"] == 0 for invoice in beside)


def test_the_totals_of_the_file_are_the_storys() -> None:
    entries = [_story.make_entry(1, index, ANCHOR) for index in range(12 * 12)]
    for currency in ("USD", "GBP", "EUR"):
        payments = [i["payment"] for i in records() if not i["testMode"]]
        total = sum(Decimal(p["amountGross"]) for p in payments if p["currencyCode"] == currency)
        assert total == sum(entry.total for entry in entries if entry.customer.currency == currency) > 0


def test_the_example_account_is_the_rich_one() -> None:
    assert 120 <= len(live()) <= 200
    assert len(stored()) > len(live())
    others = [i for i in records() if i["_owner"] != account(0)["user_id"]]
    assert {invoice["_owner"] for invoice in others} == {account(1)["user_id"], account(4)["user_id"]}
    assert {(i["status"], i["payment"]["status"], i["testMode"]) for i in others} == {("Paid", "Completed", False)}
    assert account(1)["brand_url"] == account(0)["brand_url"] != account(4)["brand_url"]


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_the_credits_have_every_payment_state_and_count_whatever_the_seed(seed: int) -> None:
    credits = [record(seed, index, ANCHOR) for index in range(12, RECIPE.records, 15)]
    newest = [record(seed, index, ANCHOR) for index in range(12)]
    assert {invoice["payment"]["status"] for invoice in (*credits, *newest)} == set(PAYMENT_STATES)
    assert [invoice["payment"]["status"] for invoice in credits].count("Completed") == 6
    assert {invoice["reminderedCount"] for invoice in credits} == {0, 1, 2, 3, None}


def test_a_record_depends_on_seed_index_and_anchor_alone() -> None:
    again = [record(1, index, ANCHOR) for index in (40, 0, 17, 13)]
    assert again == [record(1, index, ANCHOR) for index in (40, 0, 17, 13)]
    assert record(1, 17, ANCHOR) == again[2]
    assert record(2, 17, ANCHOR)["id"] != again[2]["id"]
    later = record(1, 17, ANCHOR.replace(year=2027))
    assert later["id"] == again[2]["id"]
    assert later["billingPeriodStartDate"] == again[2]["billingPeriodStartDate"].replace("2026", "2027")


def test_an_expired_key_hangs_on_the_anchor() -> None:
    (expired,) = [row for row in accounts(1, ANCHOR) if "expires" in row]
    assert expired["expires"] == "2026-07-14T09:00:00Z"
    assert RECIPE.records == len(records())
