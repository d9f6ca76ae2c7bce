"""The recipe of ``default``: fifteen invoices a month, one for each customer of the story and three that do not count.

Of these three one is refunded (a person made the same purchase), one cancelled (a purchase entered twice), and one
free of charge. They share dates and, but for the last, totals with what they repeat: ties to sort.
"""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Mapping, Sequence
from datetime import date, datetime, timedelta
from decimal import Decimal
from hashlib import sha256
from random import Random
from typing import Any

from ...sdk import Recipe
from .. import _story
from .bill import Bill, fit_bill, payment_method, sums
from .invoices import FORMAT, NEVER
from .users import company, person

CUSTOMERS = len(_story.CUSTOMERS)
BLOCK = CUSTOMERS + 3
REFUNDED, CANCELLED, FREE = range(CUSTOMERS, BLOCK)
# Invoice 0 is the newest. In between the numbers grow a digit, so that text and number sort differently (004:16).
NEWEST_ID = 1_000_100
HOST = "https://example.com"

RATES = {"USD": Decimal(1), "EUR": Decimal("1.0842"), "GBP": Decimal("1.2718")}
# Name, commission in percent, and what the gateway calls its own number of a payment (004:98-103, 176-181).
CARD, PAYPAL, TRANSFER, BALANCE = (
    ("Credit Card (Stripe)", Decimal(5), "Transaction ID"),
    ("PayPal", Decimal("2.9"), "capture_id"),
    ("Bank Transfer", Decimal(0), "reference"),
    ("Balance", Decimal(0), ""),
)
DISCOUNTS = (("promotion", "Promotion 1"), ("coupon", "Coupon WELCOME"), ("dealership", "Dealership Discount"))


def accounts(seed: int, anchor: datetime) -> Sequence[Mapping[str, Any]]:
    """Two keys that see everything, and one without permission for the action."""
    return [
        {"key_id": "administrator", "api_key": _key("administrator"), "name": "Administrator"},
        {"key_id": "accounting", "api_key": _key("accounting"), "name": "Accounting Export"},
        {"key_id": "helpdesk", "api_key": _key("helpdesk"), "name": "Helpdesk", "may_list_invoices": False},
    ]


def story_index(index: int) -> int | None:
    """The story entry of record ``index``; None for a record beside the story."""
    block, slot = divmod(index, BLOCK)
    return block * CUSTOMERS + slot if slot < CUSTOMERS else None


def record(seed: int, index: int, anchor: datetime, at: datetime | None = None) -> Mapping[str, Any]:
    """One invoice, made on the last day of the billed month; an open one is due at the end of the next month."""
    block, slot = divmod(index, BLOCK)
    if slot == REFUNDED:
        return make_refunded(seed, index, block * BLOCK + 1, anchor, at)
    if slot == CANCELLED:
        return make_cancelled(seed, index, block * BLOCK + 2, anchor, at)
    if slot == FREE:
        return make_free(seed, index, block * BLOCK + 3, anchor, at)
    return make_invoice(seed, index, index, anchor, at)


def record_at(seed: int, index: int, at: datetime) -> Mapping[str, Any]:
    """The same invoice made at a given time, for that month."""
    return record(seed, index, _story.anchor_for(at, index // BLOCK, later=1), at)


def make_refunded(seed: int, index: int, repeats: int, anchor: datetime, at: datetime | None) -> dict[str, Any]:
    """A person's payment, refunded within hours."""
    row = make_invoice(seed, index, repeats, anchor, at)
    paid = row["payment_date"] if row["payment_date"] != NEVER else row["created_at"]
    back = datetime.strptime(paid, FORMAT) + timedelta(seconds=_draw(seed, index).randrange(60, 10_000))
    return row | {
        "user": person(seed, index, story_entry(seed, repeats, anchor).customer),
        "payment_date": paid,
        "refund_date": back.strftime(FORMAT),
        "status": "refunded",
        "notes": "Refunded on request",
    }


def make_cancelled(seed: int, index: int, repeats: int, anchor: datetime, at: datetime | None) -> dict[str, Any]:
    """An invoice entered twice, and not paid."""
    unpaid = {"payment_date": NEVER, "formalize": False, "formalize_file": None, "payment_method_data": []}
    return make_invoice(seed, index, repeats, anchor, at) | unpaid | {"status": "cancelled", "notes": "Entered twice"}


def make_free(seed: int, index: int, repeats: int, anchor: datetime, at: datetime | None) -> dict[str, Any]:
    """A gift: discounted by 100 percent, and paid."""
    row, entry = make_invoice(seed, index, repeats, anchor, at), story_entry(seed, repeats, anchor)
    title = f"{entry.product.name} Trial ({entry.product.plan})"
    inclusive = row["taxation_type"] == "inclusive"
    bill = Bill(entry.product.price, 1, Decimal(0), Decimal(0), Decimal(100), row["tax_rate"], inclusive)
    return row | {
        "user": person(seed, index, entry.customer),
        "payment_date": row["created_at"],
        "status": "paid",
        "notes": None,
        **sums(bill),
        **payment_method(BALANCE, bill, ""),
        **discounts_and_items(_draw(seed, index), index, entry, bill, title),
    }


def story_entry(seed: int, index: int, anchor: datetime) -> _story.Entry:
    """The entry that the record of this index tells."""
    entry_index = story_index(index)
    assert entry_index is not None
    return _story.make_entry(seed, entry_index, anchor)


def make_invoice(seed: int, index: int, repeats: int, anchor: datetime, at: datetime | None) -> dict[str, Any]:
    """Invoice ``index`` for the story entry of record ``repeats``, with that record's dates and amounts."""
    entry, draw, own = story_entry(seed, repeats, anchor), _draw(seed, repeats), _draw(seed, index)
    customer = entry.customer
    status = {"paid": "paid", "open": "unpaid" if entry.index % 4 else "pending", "overdue": "unpaid"}[entry.state]
    gateway = draw.choice((CARD, CARD, PAYPAL, TRANSFER)) if status == "paid" else TRANSFER
    inclusive = own.random() < 0.15
    bill = fit_bill(entry, gateway[1], inclusive)
    gateway = gateway if bill.commission_rate == gateway[1] else TRANSFER
    created, paid, due = _dates(draw, entry, anchor, at)
    formal = status == "paid" and draw.random() < 0.5
    payment = "" if status == "unpaid" else _digest(seed, "payment", index).hex()[:12].upper()
    number = NEWEST_ID - index
    file = f"{HOST}/resources/uploads/invoices/{_digest(seed, 'file', index).hex()[:17]}.pdf"
    return {
        "id": number,
        "number": f"#{number}",
        "user": company(seed, _story.CUSTOMERS.index(customer)),
        "taxation_type": "inclusive" if inclusive else "exclusive",
        "notes": own.choice((None, None, f"Purchase order {own.randrange(10_000, 99_999)}")),
        "created_at": created.strftime(FORMAT),
        "due_date": f"{due.isoformat()} 23:59:00",
        "payment_date": NEVER if status == "unpaid" else paid.strftime(FORMAT),
        "refund_date": NEVER,
        "status": status,
        "formalize": formal,
        "local": customer.country[0] == "US",
        "taxfree": bill.tax_rate != customer.tax_rate,
        "formalize_file": file if formal else None,
        "exchange_rate": RATES[customer.currency],
        "currency": customer.currency,
        "tax_rate": bill.tax_rate,
        **sums(bill),
        **payment_method(gateway, bill, payment),
        **({"send_bill_to_address": 0} if own.random() < 0.8 else {}),
        "share": _share(seed, index),
        **discounts_and_items(own, index, entry, bill, f"{entry.product.name} ({entry.product.plan})"),
    }


def _dates(draw: Random, entry: _story.Entry, anchor: datetime, at: datetime | None) -> tuple[datetime, datetime, date]:
    """When the invoice is made, when it is paid if it is, and when it is due."""
    created = datetime.combine(entry.ends, datetime.min.time()) + timedelta(minutes=draw.randrange(6 * 60, 18 * 60))
    created = created if at is None else at.replace(tzinfo=None)
    paid = created + timedelta(seconds=draw.randrange(100, 10_000 if entry.month == 0 else 20 * 86_400))
    due = created.date() + timedelta(days=draw.choice((7, 14, 21)))
    return created, paid, _story.billing_month(anchor, entry.month - 1)[1] if entry.state == "open" else due


def _share(seed: int, index: int) -> dict[str, str]:
    token = b64encode(b64encode(_digest(seed, "share", index))).decode()
    return {"token": token, "link": f"{HOST}/invoice?token={token}"}


def discounts_and_items(draw: Random, index: int, entry: _story.Entry, bill: Bill, name: str) -> dict[str, Any]:
    """Discounts and items (004:108-132): the renewal of an order, then usage without an order."""
    number = NEWEST_ID - index
    kind, title = draw.choice(DISCOUNTS)
    due = datetime.combine(entry.ends, datetime.min.time()) + timedelta(seconds=draw.randrange(86_400))
    renewal = {
        "description": f"{name} | Monthly\r\n{entry.starts} - {entry.ends}",
        "order_id": number + 20_000,
        "due_date": due.strftime(FORMAT),
        "attributes": {"event": "ExtendOrderPeriod"},
    }
    extra = {"description": "Usage beyond the plan", "order_id": 0, "due_date": NEVER, "attributes": []}
    items = [
        {
            "id": 2 * number + position,
            "owner_id": number,
            "description": about["description"],
            "quantity": quantity,
            "tax_exempt": bill.tax_rate != entry.customer.tax_rate,
            "amount": price,
            "total": price * quantity,
            "order_id": about["order_id"],
            "due_date": about["due_date"],
            "attributes": about["attributes"],
        }
        for position, ((price, quantity), about) in enumerate(zip(bill.items, (renewal, extra), strict=False))
    ]
    discounts = [
        {"type": kind, "item_id": item["id"], "rate": bill.discount, "description": title, "amount": amount}
        for item, amount in zip(items, bill.discounts, strict=True)
        if bill.discount
    ]
    return {"discounts": discounts, "items": items}


def _draw(seed: int, index: int) -> Random:
    return Random(f"{seed}/wisecp/{index}")


def _digest(seed: int, what: str, index: int) -> bytes:
    return sha256(f"{seed}/wisecp/{what}/{index}".encode()).digest()


def _key(name: str) -> str:
    return "wi_" + sha256(f"wisecp/{name}".encode()).hexdigest()[:32]


RECIPE = Recipe(records=10 * BLOCK, accounts=accounts, record=record, record_at=record_at)
