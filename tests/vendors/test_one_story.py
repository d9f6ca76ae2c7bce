"""One story in five dialects: per customer and month every vendor's data amounts to the same."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import date, timedelta
from decimal import Decimal
from functools import cache
from importlib import import_module
from uuid import NAMESPACE_URL, uuid5

import pytest

from mockserver.vendors import _story
from tests.vendors.helpers import accounts, records

Sale = tuple[str, str, Decimal]  # the customer's company, the month as yyyy-MM, the amount that counts


def netgroot() -> Iterator[Sale]:
    """An invoice is of the first day after its month, and belongs to its subscriber."""
    names = {account["subscriber_id"]: account.get("name", "") for account in accounts("netgroot")}
    for row in records("netgroot"):
        last = date.fromisoformat(row["date"][:10]) - timedelta(days=1)
        yield names[row["_owner"]], f"{last:%Y-%m}", row["amount"]


def jframework() -> Iterator[Sale]:
    """The first account resells to all customers; test invoices do not count, and what is for free has no dates."""
    reseller = accounts("jframework")[0]["user_id"]
    for row in records("jframework"):
        payment = row["payment"]
        if row["_owner"] == reseller and not row["testMode"] and payment["amountGross"]:
            company = payment["description"].removeprefix("Payment by ")
            yield company, row["billingPeriodStartDate"][:7], payment["amountGross"]


def saaslogic() -> Iterator[Sale]:
    """The first tenant serves all customers; an invoice names them by id alone."""
    names = {str(uuid5(NAMESPACE_URL, f"saaslogic/client/{who.key}")): who.company for who in _story.CUSTOMERS}
    tenant = accounts("saaslogic")[0]["tenant_id"]
    for row in records("saaslogic"):
        if row["_owner"] == tenant:
            yield names[row["clientId"]], row["billingCycleStartDate"][:7], row["netAmount"]


def flolive() -> Iterator[Sale]:
    """What is not published does not count."""
    names = {account["customer_id"]: account["name"] for account in accounts("flolive")}
    for row in records("flolive"):
        if row.get("_published", True):
            yield names[row["_owner"]], row["billingCycleStartDate"][:7], row["totalAmount"]


def wisecp() -> Iterator[Sale]:
    """An invoice is of the last day of its month; cancelled and refunded ones do not count, persons get gifts."""
    for row in records("wisecp"):
        if row["status"] not in ("cancelled", "refunded") and row["total"]:
            yield row["user"]["company_name"], row["created_at"][:7], row["total"]


VENDORS: dict[str, Callable[[], Iterator[Sale]]] = {
    teller.__name__: teller for teller in (netgroot, jframework, saaslogic, flolive, wisecp)
}
FIRST = "netgroot"


@cache
def sums(vendor: str) -> dict[tuple[str, str], Decimal]:
    """What each customer owes for each month."""
    told: dict[tuple[str, str], Decimal] = {}
    for company, month, amount in VENDORS[vendor]():
        told[company, month] = told.get((company, month), Decimal(0)) + amount
    return told


@pytest.mark.parametrize("vendor", VENDORS)
def test_every_customer_owes_the_same_for_a_month_wherever_one_looks(vendor: str) -> None:
    common = set.intersection(*({month for _, month in sums(each)} for each in VENDORS))
    assert len(common) >= 9
    told, elsewhere = ({sale: sums(each)[sale] for sale in sums(each) if sale[1] in common} for each in (vendor, FIRST))
    assert set(told) == {(customer.company, month) for customer in _story.CUSTOMERS for month in common}
    assert told == elsewhere
    assert all(told.values())


@pytest.mark.parametrize("vendor", VENDORS)
def test_a_recipe_tells_each_entry_of_the_story_once_and_in_order(vendor: str) -> None:
    recipe = import_module(f"mockserver.vendors.{vendor}.recipe")
    told = [recipe.story_index(index) for index in range(recipe.RECIPE.records)]
    entries = [entry for entry in told if entry is not None]
    assert entries == list(range(len(entries)))
