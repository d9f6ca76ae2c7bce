"""The recipe of ``default``: a reseller invoices the story's customers, fifteen invoices a month."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Mapping, Sequence
from datetime import datetime, time, timedelta
from decimal import Decimal
from hashlib import md5, sha256
from typing import Any

from faker import Faker

from ...sdk import Recipe, money, seeded_faker
from .. import _story
from .._story import Entry, Product

MONTHS = 12
MINUTE = 600_000_000  # in ticks of 100 ns
CREDIT = len(_story.CUSTOMERS)  # slots after the story's: one that ties with the first customer's, and is for nothing,
TEST = CREDIT + 1  # a test invoice,
ELSEWHERE = TEST + 1  # and one of another user, also for nothing
BLOCK = ELSEWHERE + 1

BRAND, OTHER_BRAND = "https://billing.northgate.example", "https://portal.southbank.example"
NORTHGATE, COLLEAGUE, NEWCOMER, FORMER, SOUTHBANK = "northgate", "colleague", "newcomer", "former", "southbank"

# What may be null; each month's credit lacks its share, so that every null occurs, and rarely two at once.
NULLABLE = (
    *(("user", name) for name in ("avatar", "emailAddress", "nickName", "roles")),
    *(("payment", name) for name in ("code", "name")),
    *(("", name) for name in ("userAddressId", "name", "description", "notes", "tags", "reminderedCount")),
    *(("", name) for name in ("deliveryInstructions", "confirmedDeliveryDate", "invoiceDate", "dueDate")),
    *(("", name) for name in ("overdueDate", "billingPeriodStartDate", "billingPeriodEndDate")),
)

# The states of a payment by the story's state of the sale.
PAYMENT_STATE = {
    "paid": ("Completed",),
    "open": ("Created", "Pending", "Reserved"),
    "overdue": ("Failed", "Denied", "CanceledReversal"),
}
# Of the credits every other one is withdrawn, so that every state occurs; only what is Completed is Paid.
WITHDRAWN = ("Refunded", "Voided", "Deleted", "Denied", "Failed", "CanceledReversal")
PACKAGES = {"northgate": "RESELLER_GOLD", "colleague": "RESELLER_SILVER", "southbank": "PARTNER_BRONZE"}
REMINDERS = {"paid": (0, 0, 0, 1), "open": (0,), "overdue": (1, 2, 3)}
NOTES = ("Payment due within 7 days.", "Thank you for your business.", "Please quote the invoice code.", None)
TAGS = ("subscription, monthly", "subscription, monthly, renewal", "subscription", None)
PAYMENT_TYPES = ("CreditCard", "DirectDebit", "BankTransfer")
DELIVERY = ("Send via email", "Post to the billing address", "Upload to the customer portal", None)


def accounts(seed: int, anchor: datetime) -> Sequence[Mapping[str, Any]]:
    """Four users of one brand, one without invoices and one with an expired key; and one of another brand."""
    expired = {"expires": f"{anchor - timedelta(days=1):%Y-%m-%dT%H:%M:%SZ}"}
    return [
        _account(NORTHGATE, BRAND, "Northgate Reselling"),
        _account(COLLEAGUE, BRAND, "Northgate Reselling, second desk"),
        _account(NEWCOMER, BRAND, "Newcomer Cafe"),
        _account(FORMER, BRAND, "Former Partner") | expired,
        _account(SOUTHBANK, OTHER_BRAND, "Southbank Services"),
    ]


def story_index(index: int) -> int | None:
    """The story entry of record ``index``; None for a record beside the story."""
    block, slot = divmod(index, BLOCK)
    return block * len(_story.CUSTOMERS) + slot if slot < len(_story.CUSTOMERS) else None


def record(seed: int, index: int, anchor: datetime, at: datetime | None = None) -> Mapping[str, Any]:
    """One invoice, issued on the day after the billed month."""
    block, slot = divmod(index, BLOCK)
    entry_index = story_index(index)
    entry = _story.make_entry(seed, block * len(_story.CUSTOMERS) if entry_index is None else entry_index, anchor)
    if entry_index is not None:
        return _invoice(seed, index, index, entry, NORTHGATE, entry.total, at)
    if slot == CREDIT:
        return _credit(_invoice(seed, index, index - CREDIT, entry, NORTHGATE, Decimal(0), at), block)
    if slot == TEST:
        test = _invoice(seed, index, index, entry, NORTHGATE, Decimal("10.00"), at)
        return test | {"name": "Test Invoice", "testMode": True}
    return _invoice(seed, index, index, entry, COLLEAGUE if block % 2 == 0 else SOUTHBANK, Decimal(0), at)


def record_at(seed: int, index: int, at: datetime) -> Mapping[str, Any]:
    """The same invoice issued at a given time, for the month before."""
    return record(seed, index, _story.anchor_for(at, index // BLOCK), at)


def _credit(invoice: dict[str, Any], block: int) -> dict[str, Any]:
    """The invoice as a free credit on the date of the one it ties with; some are withdrawn or refunded."""
    number, withdrawn = divmod(block % MONTHS, 2)
    invoice |= {"name": "Loyalty Credit", "reminderedCount": block % 4}
    if withdrawn:
        state = WITHDRAWN[number % len(WITHDRAWN)]
        name = "Loyalty Credit, Refunded" if state == "Refunded" else "Loyalty Credit, Withdrawn"
        invoice |= {"name": name, "status": "Unpaid"}
        invoice["payment"] |= {"status": state} | ({} if state == "Refunded" else {"code": None, "name": None})
    for inside, name in NULLABLE[block % MONTHS :: MONTHS]:
        (invoice[inside] if inside else invoice)[name] = None
    return invoice


def _invoice(
    seed: int, index: int, drawn: int, entry: Entry, owner: str, gross: Decimal, at: datetime | None
) -> dict[str, Any]:
    """The entry as an invoice of this user for this amount; ``drawn`` is the index that seeds its draws."""
    fake = seeded_faker(seed, "jframework", drawn)
    pick = fake.random_element
    issued, ticks = _issue_time(fake, entry, at)
    created = issued - timedelta(minutes=fake.random_int(1, 300))
    notes, tags, delivery, kind = pick(NOTES), pick(TAGS), pick(DELIVERY), pick(PAYMENT_TYPES)
    confirmed, due = pick((issued + timedelta(days=2), None)), pick((issued + timedelta(days=14), None))
    state = entry.state if gross else "paid"  # last: the draws of invoices that tie are the same up to here
    reminders, status = pick(REMINDERS[state]), pick(PAYMENT_STATE[state])
    if state == "open":  # every second customer's of the newest month: each state in turn
        status = PAYMENT_STATE[state][entry.index // 2 % len(PAYMENT_STATE[state])]
    return {
        "id": _opaque(seed, "invoice", index),
        "user": _user(owner),
        "payment": _payment(seed, index, entry, gross, kind, status),
        "packageCode": _package(entry.product),
        "userAddressId": f"address-{entry.customer.key}",
        "subscriptionTypeId": f"{entry.product.key}-{entry.product.plan}".lower(),
        "type": "Provisional" if state == "open" else "Post",
        "code": f"INV-{issued:%Y%m%d}{index + 1:04}",
        "name": f"{entry.product.name} {entry.product.plan}",
        "description": f"{entry.product.name} for {entry.customer.company}, {entry.starts:%Y-%m}",
        "notes": notes,
        "tags": tags,
        "reminderedCount": reminders,
        "deliveryInstructions": delivery,
        "confirmedDeliveryDate": confirmed and _format_moment(confirmed, ticks),
        "invoiceDate": _format_moment(issued, ticks),
        "dueDate": due and _format_moment(due, ticks),
        "overdueDate": _format_moment(issued + timedelta(days=30), ticks),
        "billingPeriodStartDate": _format_moment(datetime.combine(entry.starts, time()), 0),
        "billingPeriodEndDate": _format_moment(datetime.combine(entry.ends, time(23, 59)), MINUTE - 1),
        "status": "Paid" if state == "paid" else "Unpaid",
        "testMode": False,
        "_created": _format_moment(created, ticks),
        "_owner": _opaque("user", owner),
    }


def _issue_time(fake: Faker, entry: Entry, at: datetime | None) -> tuple[datetime, int]:
    """When the invoice is issued: the minute, and ticks after it."""
    issued = datetime.combine(entry.ends + timedelta(days=1), time(fake.random_int(6, 20), fake.random_int(0, 59)))
    ticks = fake.random_int(0, MINUTE - 1)
    if at is not None:
        return at.replace(tzinfo=None), at.second * 10_000_000 + at.microsecond * 10
    return issued, ticks


def _payment(seed: int, index: int, entry: Entry, gross: Decimal, kind: str, status: str) -> dict[str, Any]:
    """net = gross - fee, as in 001:59-61; the commission goes beside them."""
    fee = money.round_to(gross * Decimal("0.029"), 2)
    done = status == "Completed"
    return {
        "code": f"PAY-{index + 1:06}" if done else None,
        "name": entry.customer.company if done else None,
        "amountGross": gross,
        "amountFee": fee,
        "amountNet": gross - fee,
        "commission": money.round_to(gross * Decimal("0.1"), 2),
        "currencyCode": entry.customer.currency,
        "description": f"Payment by {entry.customer.company}",
        "invoiceNo": f"INV-{index + 1:03}",
        "paymentType": kind,
        "notes": f"{entry.quantity} × {entry.product.name}",
        "status": status,
        "id": _opaque(seed, "payment", index),
    }


def _user(name: str) -> dict[str, Any]:
    """The user with its only package; the package that an invoice bills is another field."""
    return {
        "id": _opaque("user", name),
        "code": name.upper(),
        "avatar": f"https://www.gravatar.com/avatar/{md5(name.encode(), usedforsecurity=False).hexdigest()}",
        "packageId": _opaque("package", PACKAGES[name]),
        "packageCode": PACKAGES[name],
        "emailAddress": f"{name}@accounts.example",
        "nickName": name.title(),
        "roles": ["admin", "support"] if name == NORTHGATE else ["support"],
    }


def _account(name: str, brand: str, title: str) -> dict[str, Any]:
    key = "jf_" + sha256(f"jframework/{name}".encode()).hexdigest()[:32]
    return {"user_id": _opaque("user", name), "auth_key": key, "brand_url": brand, "name": title}


def _package(product: Product) -> str:
    return f"{product.key}_{product.plan}".upper()


def _format_moment(moment: datetime, ticks: int) -> str:
    """The minute of a moment and ticks after it, with the seven digits of 001:82."""
    seconds, fraction = divmod(ticks, 10_000_000)
    return f"{moment:%Y-%m-%dT%H:%M}:{seconds:02}.{fraction:07}Z"


def _opaque(*about: object) -> str:
    """An id of 18 letters and digits, like the one of 001:42."""
    return b64encode(sha256("/".join(map(str, about)).encode()).digest(), b"Jf").decode()[:18]


RECIPE = Recipe(records=MONTHS * BLOCK, accounts=accounts, record=record, record_at=record_at)
