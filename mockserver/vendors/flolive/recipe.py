"""The recipe of ``default``: the story's customers as a tree; fourteen invoices a month, two beside the story."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from decimal import Decimal
from hashlib import sha256
from random import Random
from typing import Any
from uuid import NAMESPACE_URL, UUID, uuid5

from ...sdk import Recipe
from .. import _story

DRAFT = len(_story.CUSTOMERS)  # a slot after the story's: the first customer's invoice, before it was published
GIFT = DRAFT + 1  # and a free one that ties with a customer's invoice
BLOCK = GIFT + 1
FIRST_NUMBER = 1001
NEWCOMER = "newcomer"

PARENTS = {
    "kestrel": "harbourlight",
    "blauwal": "harbourlight",
    "sequoia": "harbourlight",
    "mistral": "harbourlight",
    NEWCOMER: "harbourlight",
    "tundra": "kestrel",
    "oliveto": "blauwal",
    "ceiba": "cobalt",
}
WITHOUT_TOKEN = ("sequoia", "oliveto")


def accounts(seed: int, anchor: datetime) -> Sequence[Mapping[str, Any]]:
    """The first customer with its sub-customers and theirs, strangers, and a sub-customer without invoices."""
    names = {customer.key: customer.company for customer in _story.CUSTOMERS} | {NEWCOMER: "Newcomer Cafe"}
    rows = []
    for key, name in names.items():
        row = {"customer_id": _customer_id(key)}
        if key in PARENTS:
            row["parent"] = _customer_id(PARENTS[key])
        if key not in WITHOUT_TOKEN:
            row["token"] = "fl_" + sha256(f"flolive/{key}".encode()).hexdigest()[:32]
        rows.append(row | {"name": name})
    return rows


def story_index(index: int) -> int | None:
    """The story entry of record ``index``; None for a record beside the story."""
    block, slot = divmod(index, BLOCK)
    return block * len(_story.CUSTOMERS) + slot if slot < len(_story.CUSTOMERS) else None


def record(seed: int, index: int, anchor: datetime, at: datetime | None = None) -> Mapping[str, Any]:
    """One invoice for a calendar month, generated in the first minute after it (003:56), due 30 days later."""
    entry_index, slot, first = story_index(index), index % BLOCK, index - index % BLOCK
    repeated = _story.gift_customer(first // BLOCK) if slot == GIFT else 0
    entry = _story.make_entry(
        seed, first // BLOCK * len(_story.CUSTOMERS) + repeated if entry_index is None else entry_index, anchor
    )
    draw = Random(f"{seed}/flolive/{index}")
    minute = Random(f"{seed}/flolive/{first + repeated if entry_index is None else index}/minute")
    midnight = datetime.combine(entry.ends, datetime.min.time()) + timedelta(days=1)
    created = midnight + timedelta(milliseconds=minute.randrange(60_000))
    created = created if at is None else at.replace(tzinfo=None)
    free = slot == GIFT
    invoice = {
        "id": str(UUID(int=draw.getrandbits(128), version=4)),
        "invoiceNumber": str(FIRST_NUMBER + index),
        "creationTime": _date_time(created),
        "billingCycleStartDate": _date_time(datetime.combine(entry.starts, datetime.min.time())),
        "billingCycleEndDate": _date_time(midnight - timedelta(milliseconds=1)),
        "currency": entry.customer.currency,
        "taxAmount": Decimal(0) if free else entry.tax,
        "netAmount": Decimal(0) if free else entry.net,
        "totalAmount": Decimal(0) if free else entry.total,
    }
    if not free and draw.random() < 0.85:  # dueDate is optional (003:34)
        invoice["dueDate"] = str(created.date() + timedelta(days=30))
    return invoice | {"_owner": _customer_id(entry.customer.key), "_published": slot != DRAFT}


def record_at(seed: int, index: int, at: datetime) -> Mapping[str, Any]:
    """The same invoice generated at a given time, for the month before."""
    return record(seed, index, _story.anchor_for(at, index // BLOCK), at)


def _customer_id(key: str) -> str:
    return str(uuid5(NAMESPACE_URL, f"flolive/{key}"))


def _date_time(moment: datetime) -> str:
    return moment.isoformat(timespec="milliseconds") + "Z"


RECIPE = Recipe(records=14 * BLOCK, accounts=accounts, record=record, record_at=record_at)
