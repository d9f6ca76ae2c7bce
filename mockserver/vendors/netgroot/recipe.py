"""The recipe of ``default``: each customer of the story is a subscriber; thirteen invoices a month, one free."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, time, timedelta
from decimal import Decimal
from hashlib import sha256
from typing import Any

from ...sdk import Recipe, seeded_faker
from .. import _story

BLOCK = len(_story.CUSTOMERS) + 1  # the thirteenth ties with a subscriber's invoice, and is free
FIRST_ID = 10_001


def accounts(seed: int, anchor: datetime) -> Sequence[Mapping[str, Any]]:
    """A token for each subscriber, then one without invoices, then an administrator's without a subscriber."""
    people = [(customer.key, customer.company) for customer in _story.CUSTOMERS]
    rows = [{"subscriber_id": key, "token": _token(key), "name": company} for key, company in people]
    nobody = {"subscriber_id": "newcomer", "token": _token("newcomer"), "name": "Newcomer Cafe"}
    admin = {"subscriber_id": "administrator", "token": _token("administrator"), "is_admin": True}
    return [*rows, nobody, admin]


def story_index(index: int) -> int | None:
    """The story entry of record ``index``; None for a record beside the story."""
    block, slot = divmod(index, BLOCK)
    return block * len(_story.CUSTOMERS) + slot if slot < len(_story.CUSTOMERS) else None


def record(seed: int, index: int, anchor: datetime, at: datetime | None = None) -> Mapping[str, Any]:
    """One invoice: created on the first day of the month after the billed one, due 14 days later (000:47-48)."""
    entry_index, block = story_index(index), index // BLOCK
    repeated = block * len(_story.CUSTOMERS) + _story.gift_customer(block)
    entry = _story.make_entry(seed, repeated if entry_index is None else entry_index, anchor)
    fake = seeded_faker(
        seed, "netgroot", index if entry_index is not None else block * BLOCK + _story.gift_customer(block)
    )
    created = datetime.combine(entry.ends, time()) + timedelta(days=1, hours=fake.random_int(6, 20))
    created = min(created, anchor.replace(tzinfo=None))  # on the first of a month, evening is yet to come
    created = created if at is None else at.replace(tzinfo=None)
    return {
        "invoice_id": FIRST_ID + index,
        "amount": entry.total if entry_index is not None else Decimal("0.00"),
        "status": "Paid" if entry_index is None or entry.state == "paid" else "Pending",
        "date": created.strftime("%Y-%m-%dT%H:%M:%SZ"),
        "due_date": (created + timedelta(days=14)).strftime("%Y-%m-%dT%H:%M:%SZ"),
        "description": f"Monthly {entry.product.name} Subscription"
        if entry_index is not None
        else "Loyalty Gift, Free of Charge",
        "_owner": entry.customer.key,
    }


def record_at(seed: int, index: int, at: datetime) -> Mapping[str, Any]:
    """The same invoice created at a given time."""
    return record(seed, index, _story.anchor_for(at, index // BLOCK), at)


def _token(key: str) -> str:
    return "ng_" + sha256(f"netgroot/{key}".encode()).hexdigest()[:32]


RECIPE = Recipe(records=14 * BLOCK, accounts=accounts, record=record, record_at=record_at)
