"""The recipe: what it makes keeps the invariants of the document, tells the story, and shows everything once."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping
from datetime import UTC, datetime
from decimal import ROUND_HALF_UP, Decimal
from functools import lru_cache
from typing import Any

import pytest

from mockserver.cli.generate import ANCHOR
from mockserver.data import yaml_text
from mockserver.data.build import fixture_schema
from mockserver.vendors import _story
from mockserver.vendors.wisecp import VENDOR
from mockserver.vendors.wisecp.bill import candidate_bills
from mockserver.vendors.wisecp.recipe import BLOCK, CARD, RECIPE, record, story_index
from tests.vendors.wisecp.helpers import content

NEVER = "0000-00-00 00:00:00"
ANCHORS = [
    ANCHOR,
    datetime(2026, 7, 1, tzinfo=UTC),
    datetime(2026, 7, 31, 23, 58, tzinfo=UTC),
    datetime(2028, 3, 1, tzinfo=UTC),
    datetime(2027, 1, 1, tzinfo=UTC),
]


@lru_cache
def made(seed: int, anchor: datetime = ANCHOR, count: int = 420) -> list[Mapping[str, Any]]:
    return [record(seed, index, anchor) for index in range(count)]


def rounded(amount: Decimal) -> Decimal:
    return amount.quantize(Decimal("0.0001"), ROUND_HALF_UP)


def total_of(things: list[Mapping[str, Any]], name: str) -> Decimal:
    return sum((Decimal(thing[name]) for thing in things), Decimal(0))


@pytest.mark.parametrize("seed", [1, 2])
@pytest.mark.statement("WI-109", "WI-110", "WI-111", "WI-116", "WI-130", "WI-140")
def test_amounts_hang_together_exactly(seed: int) -> None:
    for row in made(seed):
        items, discounts = row["items"], row["discounts"]
        off = total_of(discounts, "amount")
        assert all(item["total"] == item["amount"] * item["quantity"] for item in items)
        rate = row["payment_method_commission_rate"]
        assert row["payment_method_commission"] == rounded(total_of(items, "total") * rate / 100)
        assert row["subtotal"] == total_of(items, "total") + row["payment_method_commission"]
        inclusive = row["taxation_type"] == "inclusive"
        whole = 100 + row["tax_rate"] if inclusive else 100
        assert row["tax"] == rounded((row["subtotal"] - off) * row["tax_rate"] / whole)
        assert row["total"] == row["subtotal"] - off + (0 if inclusive else row["tax"])
        assert row["total"] >= 0
        assert not row["taxfree"] or row["tax"] == 0
        totals = {item["id"]: item["total"] for item in items}
        for discount in discounts:
            assert discount["amount"] == rounded(totals[discount["item_id"]] * discount["rate"] / 100)


@pytest.mark.parametrize("seed", [1, 2])
def test_every_entry_of_the_story_is_told_with_its_total(seed: int) -> None:
    """Customer, product, month and total; an open or overdue one is not paid yet."""
    states = {"paid": {"paid"}, "open": {"unpaid", "pending"}, "overdue": {"unpaid"}}
    told = {story_index(index): row for index, row in enumerate(made(seed)) if story_index(index) is not None}
    assert list(told) == list(range(len(told)))
    for index, row in told.items():
        entry = _story.make_entry(seed, index or 0, ANCHOR)
        assert row["total"] == entry.total
        assert row["user"]["company_name"] == entry.customer.company
        assert row["user"]["email"] == entry.customer.email
        assert row["currency"] == entry.customer.currency
        assert row["items"][0]["description"].startswith(f"{entry.product.name} ({entry.product.plan}) | Monthly\r\n")
        assert f"{entry.starts} - {entry.ends}" in row["items"][0]["description"]
        assert row["created_at"].startswith(entry.ends.isoformat())
        assert row["status"] in states[entry.state]
        assert row["tax_rate"] == (0 if row["taxfree"] else entry.customer.tax_rate)


PLACES = {  # how telephone numbers and postcodes of a country begin and look
    "US": (r"1\d{10}", r"\d{5}"),
    "GB": (r"44\d{10}", r"[A-Z]{1,2}\d \d[A-Z]{2}"),
    "DE": (r"49\d{9,11}", r"\d{5}"),
    "FR": (r"33\d{9}", r"\d{5}"),
    "IT": (r"39\d{9,10}", r"\d{5}"),
}


@pytest.mark.parametrize("seed", [1, 2])
def test_telephone_street_and_postcode_are_of_the_users_country(seed: int) -> None:
    streets: dict[str, set[str]] = {}
    for user in (row["user"] for row in made(seed)):
        phone, postcode = PLACES[user["address"]["country_code"]]
        assert re.fullmatch(phone, user["phone"])
        assert re.fullmatch(postcode, user["address"]["zipcode"])
        assert re.search(r"\d", user["address"]["detail"])
        streets.setdefault(user["address"]["country_code"], set()).add(re.sub(r"\d+", "", user["address"]["detail"]))
    assert set(streets) == set(PLACES)
    names = [street for found in streets.values() for street in found]
    assert len(set(names)) == len(names), "no street of one country is in another"


def test_the_tax_is_dropped_only_where_no_taxed_bill_amounts_to_the_total() -> None:
    taxfree = [story_index(index) for index, row in enumerate(made(1)) if row["taxfree"]]
    entries = [_story.make_entry(1, told, ANCHOR) for told in taxfree if told is not None]
    assert 0 < len(entries) < 42
    for entry in entries:
        fitting = [bill for bill in candidate_bills(entry, CARD[1]) if bill.total == entry.total]
        assert {bill.tax_rate for bill in fitting} == {0}


@pytest.mark.parametrize("seed", [1, 2])
def test_records_beside_the_story_do_not_count(seed: int) -> None:
    beside = [row for index, row in enumerate(made(seed)) if story_index(index) is None]
    assert len(beside) == len(made(seed)) // BLOCK * 3
    assert all(row["total"] == 0 or row["status"] in ("cancelled", "refunded") for row in beside)


@pytest.mark.parametrize("anchor", ANCHORS, ids=str)
def test_dates_hang_on_the_anchor_and_nothing_is_ahead_of_it(anchor: datetime) -> None:
    now = anchor.strftime("%Y-%m-%d %H:%M:%S")
    for index, row in enumerate(made(1, anchor)):
        assert row["created_at"] <= now
        assert row["created_at"] < row["due_date"]
        assert row["payment_date"] == NEVER or row["created_at"] <= row["payment_date"] <= now
        assert row["refund_date"] == NEVER or row["payment_date"] < row["refund_date"] <= now
        told = story_index(index)
        if told is not None:  # what is open is not yet due, what is overdue is
            state = _story.make_entry(1, told, anchor).state
            assert state == "paid" or (row["due_date"] >= now) == (state == "open")


@pytest.mark.parametrize("seed", [1, 2])
def test_dates_are_those_of_the_status(seed: int) -> None:
    for row in made(seed):
        assert (row["payment_date"] == NEVER) == (row["status"] in ("unpaid", "cancelled"))
        assert (row["refund_date"] != NEVER) == (row["status"] == "refunded")
        assert row["created_at"].endswith(":00")
        assert (row["formalize_file"] is not None) == row["formalize"]


@pytest.mark.parametrize("index", [0, 12, 13, 14, 35 * 15, 36 * 15, 250_001, 999_999, 10**6])
def test_any_index_makes_a_sound_record(index: int) -> None:
    row = fixture_schema(VENDOR).record.read(dict(record(1, index, ANCHOR)))
    assert row["id"] == 1_000_100 - index > 0
    assert row["number"] == f"#{row['id']}"
    assert all(item["id"] > 0 and item["owner_id"] == row["id"] for item in row["items"])
    assert "2023-07-31" <= row["created_at"] < "2026-07-01"


def test_ids_and_tokens_are_there_once() -> None:
    found = [*made(1), *(record(1, index, ANCHOR) for index in range(10**6 - 100, 10**6 + 1))]
    for values in (
        [row["id"] for row in found],
        [row["share"]["token"] for row in found],
        [item["id"] for row in found for item in row["items"]],
    ):
        assert len(set(values)) == len(values)


def test_a_record_depends_on_seed_index_and_anchor_alone() -> None:
    for index in (419, 0, 223, 57, 12, 13, 14):
        assert record(1, index, ANCHOR) == made(1)[index]
    assert made(1) != made(2)


def test_another_anchor_of_the_month_changes_nothing() -> None:
    assert made(1, datetime(2026, 7, 31, 23, 58, tzinfo=UTC)) == made(1)
    assert made(1, datetime(2026, 8, 1, tzinfo=UTC)) != made(1)


def test_default_shows_everything_once() -> None:
    found = content()["records"]
    statuses = Counter(row["status"] for row in found)
    assert set(statuses) == {"pending", "unpaid", "paid", "cancelled", "refunded"}
    assert statuses["paid"] >= len(found) / 2
    assert {row["user"]["type"] for row in found} == {"corporate", "individual"}
    assert {row["taxation_type"] for row in found} == {"exclusive", "inclusive"}
    assert {discount["type"] for row in found for discount in row["discounts"]} == {
        "promotion",
        "coupon",
        "dealership",
    }
    for name in ("local", "taxfree", "formalize"):
        assert {row[name] for row in found} == {True, False}, name
    for values in (
        [row["notes"] for row in found],
        [row["formalize_file"] for row in found],
        [row["user"]["identity"] for row in found if row["user"]["type"] == "individual"],
        [row.get("send_bill_to_address") for row in found],
    ):
        assert 0 < values.count(None) < len(values)
    assert {item["tax_exempt"] for row in found for item in row["items"]} == {True, False}
    assert {bool(item["order_id"]) for row in found for item in row["items"]} == {True, False}
    assert {len(row["items"]) for row in found} == {1, 2}
    assert {row["payment_method_data"] == [] for row in found} == {True, False}
    assert len({row["payment_method_commission_rate"] for row in found}) == 3
    assert {row["currency"] for row in found} == {"USD", "EUR", "GBP"}


@pytest.mark.parametrize("sort", ["created_at", "due_date", "payment_date", "total"])
def test_default_has_ties_in_every_key_that_can_tie(sort: str) -> None:
    counts = Counter(row[sort] for row in content()["records"] if row[sort] not in (0, NEVER))
    assert max(counts.values()) > 1


def test_keys_are_an_administrators_another_and_one_that_lacks_the_action() -> None:
    accounts = RECIPE.accounts(1, ANCHOR)
    assert [row.get("may_list_invoices", True) for row in accounts] == [True, True, False]
    assert content()["accounts"] == list(accounts)


def test_telephone_numbers_of_edge_are_of_the_users_country() -> None:
    codes = {"US": "1", "GB": "44", "IE": "353", "JP": "81", "KW": "965"}
    edge = yaml_text.load((VENDOR.fixtures / "edge.yaml").read_text(encoding="utf-8"))
    users = [row["user"] for row in edge["records"]]
    assert {user["address"]["country_code"] for user in users} == set(codes)
    for user in users:
        assert not user["phone"] or user["phone"].startswith(codes[user["address"]["country_code"]])
