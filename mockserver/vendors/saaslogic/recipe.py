"""The recipe of ``default``: the first tenant has the story's customers; fifteen invoices a month, three free."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, time, timedelta
from decimal import Decimal
from hashlib import sha256
from random import Random
from typing import Any
from uuid import NAMESPACE_URL, UUID, uuid5

from ...sdk import Recipe
from .. import _story

GIFT = len(_story.CUSTOMERS)  # a slot after the story's: ties with a customer's invoice, and is free
TRIALS = ("saltmarsh", "drumlin")  # the second tenant's customers, who pay nothing either
BLOCK = GIFT + 1 + len(TRIALS)
TENANT, PILOT, NEWCOMER = "northgate", "northgate-pilot", "newcomer"


def accounts(seed: int, anchor: datetime) -> Sequence[Mapping[str, Any]]:
    """The tenant that serves all customers of the story, one with customers of its own, one without invoices."""
    names = {TENANT: "Northgate Utilities", PILOT: "Northgate Pilot Programme", NEWCOMER: "Newcomer Cafe"}
    return [{"tenant_id": key, "token": _token(key), "name": name} for key, name in names.items()]


def story_index(index: int) -> int | None:
    """The story entry of record ``index``; None for a record beside the story."""
    block, slot = divmod(index, BLOCK)
    return block * len(_story.CUSTOMERS) + slot if slot < GIFT else None


def record(seed: int, index: int, anchor: datetime, at: datetime | None = None) -> Mapping[str, Any]:
    """One invoice, dated within its billing cycle (002:24,32-33) and due 30 days later (002:25).

    A record beside the story is free, and bills the cycle from its sixteenth day.
    """
    entry_index, (block, slot) = story_index(index), divmod(index, BLOCK)
    repeated = _story.gift_customer(block) if slot == GIFT else 0
    entry = _story.make_entry(
        seed, block * len(_story.CUSTOMERS) + repeated if entry_index is None else entry_index, anchor
    )
    tenant = TENANT if slot <= GIFT else PILOT
    client = entry.customer.key if slot <= GIFT else TRIALS[slot - GIFT - 1]
    drawn = Random(f"{seed}/saaslogic/{index - GIFT + repeated if slot == GIFT else index}/date")
    starts, ends = datetime.combine(entry.starts, time()), datetime.combine(entry.ends, time(23, 59, 59))
    issued = starts + timedelta(days=drawn.randrange(entry.ends.day), seconds=drawn.randrange(24 * 60 * 60))
    issued = issued if at is None else at.replace(tzinfo=None)
    paid = entry_index is None or entry.state == "paid"
    net = Decimal(0) if entry_index is None else entry.total
    return {
        "invoiceId": str(UUID(int=Random(f"{seed}/saaslogic/{index}").getrandbits(128), version=4)),
        "invoiceNumber": _number(block, slot, issued),
        "clientId": _id("client", client),
        "productId": _id("product", tenant, entry.product.key),
        "subscriptionRefId": _id("subscription", client, entry.product.key, "free" if entry_index is None else "paid"),
        "productName": entry.product.name,
        "planName": entry.product.plan,
        "invoiceDate": issued.isoformat(),
        "dueDate": (issued + timedelta(days=30)).isoformat(),
        "netAmount": net,
        "amountReceived": net if paid else Decimal(0),
        "totalTaxAmount": Decimal(0) if entry_index is None else entry.tax,
        "totalDiscountAmount": entry.product.price if entry_index is None else entry.gross - entry.net,
        "statusName": "Paid" if paid else "Unpaid",
        "currencySymbol": entry.customer.symbol,
        "billingCycleStartDate": starts.isoformat(),
        "billingCycleEndDate": ends.isoformat(),
        "billingFromDate": (starts + timedelta(days=15 if entry_index is None else 0)).isoformat(),
        "billingToDate": ends.isoformat(),
        "_owner": tenant,
    }


def record_at(seed: int, index: int, at: datetime) -> Mapping[str, Any]:
    """The same invoice issued at a given time, within the cycle that it bills."""
    return record(seed, index, _story.anchor_for(at, index // BLOCK, later=1), at)


def _number(block: int, slot: int, issued: datetime) -> str:
    """``INV-2023-001`` (002:18): counted through the year, on and on when the story's months come round again."""
    month = block // _story.MONTHS * 12 + issued.month - 1
    return f"INV-{issued.year}-{month * BLOCK + slot + 1:03d}"


def _id(*path: str) -> str:
    return str(uuid5(NAMESPACE_URL, "/".join(("saaslogic", *path))))


def _token(key: str) -> str:
    return "sl_" + sha256(f"saaslogic/{key}".encode()).hexdigest()[:32]


RECIPE = Recipe(records=14 * BLOCK, accounts=accounts, record=record, record_at=record_at)
