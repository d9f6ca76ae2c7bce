"""The recipe: invariants of every generated invoice, and the story that it tells."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest

from mockserver.cli import generate
from mockserver.vendors import _story
from mockserver.vendors.saaslogic import recipe
from mockserver.vendors.saaslogic.invoices import Invoice

ANCHOR = generate.ANCHOR
SCHEMA = Invoice()
FAR = 1_000_000
INDEXES = [*range(400), *range(FAR - 30, FAR + 1)]


def made(index: int, seed: int = 1, anchor: datetime = ANCHOR) -> dict[str, Any]:
    return SCHEMA.read(dict(recipe.record(seed, index, anchor)))


RECORDS = [made(index) for index in INDEXES]
TOLD = [
    (index, invoice) for index, invoice in zip(INDEXES, RECORDS, strict=True) if recipe.story_index(index) is not None
]
BESIDE = [invoice for index, invoice in zip(INDEXES, RECORDS, strict=True) if recipe.story_index(index) is None]
RICH = [invoice for invoice in RECORDS if invoice["_owner"] == recipe.TENANT]


def entry_of(index: int) -> _story.Entry:
    told = recipe.story_index(index)
    assert told is not None
    return _story.make_entry(1, told, ANCHOR)


@pytest.mark.parametrize("key", ["invoiceId", "invoiceNumber"])
def test_ids_and_numbers_are_unique(key: str) -> None:
    assert len({invoice[key] for invoice in RECORDS}) == len(RECORDS)


def test_numbers_stay_unique_where_months_come_round_again() -> None:
    around = _story.MONTHS * recipe.BLOCK
    numbers = [made(index)["invoiceNumber"] for lap in range(3) for index in range(lap * around, lap * around + 60)]
    assert len(set(numbers)) == len(numbers)


def test_ids_are_uuids_though_nobody_checks_that() -> None:
    for invoice in RECORDS:
        for key in ("invoiceId", "clientId", "productId", "subscriptionRefId"):
            assert str(UUID(invoice[key])) == invoice[key]


@pytest.mark.statement("SL-47")
def test_amounts_add_up() -> None:
    for invoice in RECORDS:
        assert (invoice["statusName"] == "Paid") == (invoice["amountReceived"] == invoice["netAmount"])
        assert 0 <= invoice["amountReceived"] <= invoice["netAmount"]
        for key in ("netAmount", "amountReceived", "totalTaxAmount", "totalDiscountAmount"):
            assert invoice[key] >= 0
            assert invoice[key] == round(invoice[key], 2)


def test_net_is_gross_and_tax_less_discount() -> None:
    for index, invoice in TOLD:
        gross = invoice["netAmount"] - invoice["totalTaxAmount"] + invoice["totalDiscountAmount"]
        assert gross == entry_of(index).gross
    assert any(invoice["totalDiscountAmount"] for _, invoice in TOLD)
    assert any(invoice["totalTaxAmount"] for _, invoice in TOLD)


@pytest.mark.statement("SL-49", "SL-50")
def test_dates_follow_one_another() -> None:
    for invoice in RECORDS:
        when = {key: datetime.fromisoformat(value) for key, value in invoice.items() if key.endswith("Date")}
        starts, ends = when["billingCycleStartDate"], when["billingCycleEndDate"]
        assert (starts.day, starts.time().isoformat()) == (1, "00:00:00")
        assert ends + timedelta(seconds=1) == (starts + timedelta(days=31)).replace(day=1)
        assert starts <= when["invoiceDate"] <= ends < ANCHOR.replace(tzinfo=None)
        assert when["dueDate"] == when["invoiceDate"] + timedelta(days=30)
        assert starts <= when["billingFromDate"] < when["billingToDate"] <= ends


def test_a_cycle_is_billed_whole_but_for_what_is_free() -> None:
    for invoice in RECORDS:
        whole = invoice["billingFromDate"] == invoice["billingCycleStartDate"]
        assert whole == bool(invoice["netAmount"])


@pytest.mark.parametrize("anchor", [ANCHOR, datetime(2024, 3, 1, tzinfo=UTC), datetime(2028, 1, 31, tzinfo=UTC)])
def test_the_story_is_told_to_the_cent(anchor: datetime) -> None:
    told = set()
    for index in range(recipe.RECIPE.records):
        position = recipe.story_index(index)
        if position is None:
            continue
        told.add(position)
        entry, invoice = _story.make_entry(1, position, anchor), made(index, anchor=anchor)
        assert invoice["netAmount"] == entry.total
        assert invoice["totalTaxAmount"] == entry.tax
        assert (invoice["productName"], invoice["planName"]) == (entry.product.name, entry.product.plan)
        assert invoice["currencySymbol"] == entry.customer.symbol
        assert (invoice["statusName"] == "Paid") == (entry.state == "paid")
        assert invoice["billingCycleStartDate"] == f"{entry.starts}T00:00:00"
        assert invoice["billingCycleEndDate"] == f"{entry.ends}T23:59:59"
        assert invoice["clientId"] == made(entry.index % len(_story.CUSTOMERS))["clientId"]
        assert invoice["_owner"] == recipe.TENANT
    assert told == set(range(len(told)))
    assert len(told) == 14 * len(_story.CUSTOMERS)


def test_what_is_beside_the_story_amounts_to_nothing() -> None:
    assert BESIDE
    for invoice in BESIDE:
        assert invoice["netAmount"] == invoice["amountReceived"] == invoice["totalTaxAmount"] == 0
        assert invoice["totalDiscountAmount"] > 0


def test_every_customer_and_every_product_has_one_id_of_its_own() -> None:
    clients = {entry_of(index).customer.key: invoice["clientId"] for index, invoice in TOLD}
    products = {entry_of(index).product.key: invoice["productId"] for index, invoice in TOLD}
    assert len(set(clients.values())) == len(clients) == len(_story.CUSTOMERS)
    assert len(set(products.values())) == len(products) == len(_story.PRODUCTS)
    for index, invoice in TOLD:
        assert invoice["clientId"] == clients[entry_of(index).customer.key]
        assert invoice["productId"] == products[entry_of(index).product.key]
    foreign = [invoice for invoice in BESIDE if invoice["_owner"] == recipe.PILOT]
    assert not {invoice["clientId"] for invoice in foreign} & set(clients.values())
    assert not {invoice["productId"] for invoice in foreign} & set(products.values())


def test_a_subscription_is_of_one_customer_and_product() -> None:
    by_id: dict[str, set[tuple[str, str]]] = {}
    for invoice in RECORDS:
        by_id.setdefault(invoice["subscriptionRefId"], set()).add((invoice["clientId"], invoice["productId"]))
    assert all(len(pairs) == 1 for pairs in by_id.values())
    assert len(by_id) < len(RECORDS)


def test_the_first_tenant_is_rich_the_second_has_its_own_the_third_nothing() -> None:
    rich, pilot, newcomer = recipe.accounts(1, ANCHOR)
    owners = [invoice["_owner"] for invoice in RECORDS]
    assert {invoice["statusName"] for invoice in RICH} == {"Paid", "Unpaid"}
    assert {invoice["currencySymbol"] for invoice in RICH} == {"$", "£", "€"}
    assert {invoice["netAmount"] == Decimal(0) for invoice in RICH} == {True, False}
    assert owners.count(rich["tenant_id"]) > owners.count(pilot["tenant_id"]) > 0
    assert newcomer["tenant_id"] not in owners


def test_each_month_has_a_tie_with_an_invoice_and_one_of_them_is_the_first_customers() -> None:
    for block in range(14):
        first = block * recipe.BLOCK
        invoice, gift = made(first + _story.gift_customer(block)), made(first + recipe.GIFT)
        assert (gift["clientId"] == made(0)["clientId"]) == (block == 0)
        for key in ("invoiceDate", "clientId", "productId", "_owner"):
            assert invoice[key] == gift[key]
        assert invoice["subscriptionRefId"] != gift["subscriptionRefId"]


def test_seed_and_anchor_change_what_they_should() -> None:
    assert made(5, seed=2)["invoiceId"] != made(5)["invoiceId"]
    moved = made(5, anchor=datetime(2027, 7, 15, tzinfo=UTC))
    assert moved["invoiceId"] == made(5)["invoiceId"]
    assert moved["billingCycleStartDate"] == made(5)["billingCycleStartDate"].replace("2026", "2027")
    assert recipe.accounts(1, ANCHOR) == recipe.accounts(2, ANCHOR)
