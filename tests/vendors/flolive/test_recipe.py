"""What holds for every generated record, at any index, seed and anchor."""

from __future__ import annotations

from collections import defaultdict
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from mockserver.cli.generate import ANCHOR
from mockserver.data import yaml_text
from mockserver.data.build import generate_dataset
from mockserver.vendors import _story
from mockserver.vendors.flolive import VENDOR, recipe
from tests.support.client import Client
from tests.vendors.flolive.helpers import accounts, customer, path, records

MANY = 420
FAR = (10**5, 10**6 - 1, 10**6)


@pytest.fixture(scope="module")
def generated() -> list[dict[str, Any]]:
    """Many records, as the schema types them."""
    schema = VENDOR.resource.schema()
    return [schema.read(dict(recipe.record(7, index, ANCHOR))) for index in (*range(MANY), *FAR)]


def moment(text: str) -> datetime:
    return datetime.fromisoformat(text)


def test_ids_and_numbers_are_unique(generated: list[dict[str, Any]]) -> None:
    for name in ("id", "invoiceNumber"):
        assert len({invoice[name] for invoice in generated}) == len(generated)


def test_a_billing_cycle_is_one_calendar_month_before_the_invoice_and_its_due_date(
    generated: list[dict[str, Any]],
) -> None:
    for invoice in generated:
        starts, ends = moment(invoice["billingCycleStartDate"]), moment(invoice["billingCycleEndDate"])
        assert starts == starts.replace(day=1, hour=0, minute=0, second=0, microsecond=0)
        after = ends + timedelta(milliseconds=1)
        assert (after.year * 12 + after.month) - (starts.year * 12 + starts.month) == 1
        assert after == after.replace(day=1, hour=0, minute=0, second=0, microsecond=0)
        created = moment(invoice["creationTime"])
        assert ends < created <= ANCHOR
        if "dueDate" in invoice:
            assert date.fromisoformat(invoice["dueDate"]) > created.date()


def test_totals_are_sums(generated: list[dict[str, Any]]) -> None:
    assert all(i["netAmount"] + i["taxAmount"] == i["totalAmount"] for i in generated)


def test_each_entry_of_the_story_is_told_once_with_its_customer_month_and_amounts() -> None:
    ids = {account["name"]: account["customer_id"] for account in recipe.accounts(1, ANCHOR)}
    told = [(told, index) for index in range(MANY) if (told := recipe.story_index(index)) is not None]
    assert [entry_index for entry_index, _ in told] == list(range(MANY * 12 // 14))
    for entry_index, index in told:
        entry, invoice = _story.make_entry(1, entry_index, ANCHOR), recipe.record(1, index, ANCHOR)
        assert (invoice["netAmount"], invoice["taxAmount"]) == (entry.net, entry.tax)
        assert invoice["totalAmount"] == entry.total
        assert (invoice["currency"], invoice["_owner"]) == (entry.customer.currency, ids[entry.customer.company])
        assert invoice["billingCycleStartDate"].startswith(str(entry.starts))
        assert invoice["billingCycleEndDate"].startswith(str(entry.ends))
        assert invoice["_published"]


def test_the_others_amount_to_nothing_or_are_not_published() -> None:
    others = [recipe.record(1, index, ANCHOR) for index in range(MANY) if recipe.story_index(index) is None]
    assert {(invoice["totalAmount"] == 0, invoice["_published"]) for invoice in others} == {
        (True, True),
        (False, False),
    }


def test_the_api_tells_the_storys_totals() -> None:
    """A reconciliation over the last year finds, customer by customer, what the story says."""
    expected: dict[str, Decimal] = defaultdict(Decimal)
    for index in range(12 * 12):
        entry = _story.make_entry(1, index, ANCHOR)
        expected[entry.customer.company] += entry.total
    client = Client("flolive")
    for name in ("Harbourlight Logistics", "Kestrel Print Works", "Sequoia Clinics"):
        shown = client.get(path=path(name)).json["content"]
        assert sum(invoice["totalAmount"] for invoice in shown) == expected[name]


def test_the_customers_are_a_tree_with_strangers_beside_it() -> None:
    tree = accounts()
    first = tree[0]
    assert first == customer("Harbourlight")
    subs = [account for account in tree if account.get("parent") == first["customer_id"]]
    below = [a for a in tree if a.get("parent") in {sub["customer_id"] for sub in subs}]
    strangers = [a for a in tree if a is not first and a not in subs and a not in below]
    assert (len(subs), len(below), len(strangers)) == (5, 2, 5)
    assert any("token" not in sub for sub in subs)
    owners = {invoice["_owner"] for invoice in records()}
    assert {a["customer_id"] for a in tree} - owners == {customer("Newcomer")["customer_id"]}


def test_the_example_in_the_spec_is_the_first_customer() -> None:
    spec = yaml_text.load(VENDOR.spec.read_text(encoding="utf-8"))
    parameter = spec["paths"][VENDOR.operations[0].path]["get"]["parameters"][0]
    assert parameter["example"] == accounts()[0]["customer_id"]


@pytest.mark.parametrize(
    "anchor",
    [datetime(2024, 2, 29, 12, tzinfo=UTC), datetime(2026, 1, 1, 0, 1, tzinfo=UTC), datetime(2031, 12, 31, tzinfo=UTC)],
)
def test_at_any_anchor_the_newest_twelve_months_are_in_the_window(anchor: datetime) -> None:
    data = generate_dataset(VENDOR, "default", anchor, 1, None)
    newest = max(data.records.columns["created"])
    assert newest <= anchor
    assert (newest.year, newest.month) == (anchor.year, anchor.month)
    assert data.accounts.first["customer_id"] == customer("Harbourlight")["customer_id"]


def test_another_seed_is_another_dataset_with_the_same_customers() -> None:
    assert recipe.record(1, 0, ANCHOR)["id"] != recipe.record(2, 0, ANCHOR)["id"]
    assert recipe.record(1, 0, ANCHOR) == recipe.record(1, 0, ANCHOR)
    assert recipe.accounts(1, ANCHOR) == recipe.accounts(2, ANCHOR)
