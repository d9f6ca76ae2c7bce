"""How ``default`` is made: fifteen invoices a month, one for each customer of the story and three that do not count.

Of these three one is refunded (a purchase of the story that a person made, too), one cancelled (a purchase entered
twice), and one free of charge. They share dates and, but for the last, totals with what they repeat: ties to sort.
"""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from hashlib import sha256
from random import Random
from typing import Any

from ...sdk import Recipe, money
from .. import _story
from .invoices import FORMAT, NEVER
from .users import company, person

CUSTOMERS = len(_story.CUSTOMERS)
BLOCK = CUSTOMERS + 3
REFUNDED, CANCELLED, FREE = range(CUSTOMERS, BLOCK)
# Invoice 0 is the newest. In between the numbers grow a digit, so that text and number sort differently (004:16).
NEWEST_ID = 1_000_100
HOST = "https://example.com"
UNIT = Decimal("0.0001")  # DECIMAL(16,4), P[31]

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
    """Two keys that see everything, and one that lacks the action."""
    return [
        {"key_id": "administrator", "api_key": _key("administrator"), "name": "Administrator"},
        {"key_id": "accounting", "api_key": _key("accounting"), "name": "Accounting Export"},
        {"key_id": "helpdesk", "api_key": _key("helpdesk"), "name": "Helpdesk", "may_list_invoices": False},
    ]


def story_index(index: int) -> int | None:
    """Which entry of the story record ``index`` tells; None for one beside it."""
    block, slot = divmod(index, BLOCK)
    return block * CUSTOMERS + slot if slot < CUSTOMERS else None


def record(seed: int, index: int, anchor: datetime, at: datetime | None = None) -> Mapping[str, Any]:
    """One invoice: made on the last day of the billed month; what is open is due at the end of the month after."""
    block, slot = divmod(index, BLOCK)
    if slot == REFUNDED:
        return make_refunded(seed, index, block * BLOCK + 1, anchor, at)
    if slot == CANCELLED:
        return make_cancelled(seed, index, block * BLOCK + 2, anchor, at)
    if slot == FREE:
        return make_free(seed, index, block * BLOCK + 3, anchor, at)
    return make_invoice(seed, index, index, anchor, at)


def record_at(seed: int, index: int, at: datetime) -> Mapping[str, Any]:
    """The same invoice, made then, for that month."""
    return record(seed, index, _story.anchor_for(at, index // BLOCK, later=1), at)


def make_refunded(seed: int, index: int, repeats: int, anchor: datetime, at: datetime | None) -> dict[str, Any]:
    """A person's payment that went back within hours."""
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
    """An invoice that was entered twice; nobody paid it."""
    unpaid = {"payment_date": NEVER, "formalize": False, "formalize_file": None, "payment_method_data": []}
    return make_invoice(seed, index, repeats, anchor, at) | unpaid | {"status": "cancelled", "notes": "Entered twice"}


def make_free(seed: int, index: int, repeats: int, anchor: datetime, at: datetime | None) -> dict[str, Any]:
    """A gift: discounted by 100 percent and paid from nothing."""
    row, entry = make_invoice(seed, index, repeats, anchor, at), story_entry(seed, repeats, anchor)
    inclusive = row["taxation_type"] == "inclusive"
    bill = Bill(entry.product.price, 1, Decimal(0), Decimal(0), Decimal(100), row["tax_rate"], inclusive)
    return row | {
        "user": person(seed, index, entry.customer),
        "payment_date": row["created_at"],
        "status": "paid",
        "notes": None,
        **sums(bill),
        **payment_method(BALANCE, bill, ""),
        **lines(_draw(seed, index), index, entry, bill, f"{entry.product.name} Trial ({entry.product.plan})"),
    }


def story_entry(seed: int, index: int, anchor: datetime) -> _story.Entry:
    """The entry that the record of this index tells."""
    told = story_index(index)
    assert told is not None
    return _story.make_entry(seed, told, anchor)


def make_invoice(seed: int, index: int, tells: int, anchor: datetime, at: datetime | None) -> dict[str, Any]:
    """Invoice ``index`` for the entry that record ``tells`` tells, with that record's dates and amounts."""
    entry, draw, own = story_entry(seed, tells, anchor), _draw(seed, tells), _draw(seed, index)
    customer = entry.customer
    status = {"paid": "paid", "open": "unpaid" if entry.index % 4 else "pending", "overdue": "unpaid"}[entry.state]
    gateway = draw.choice((CARD, CARD, PAYPAL, TRANSFER)) if status == "paid" else TRANSFER
    inclusive = own.random() < 0.15
    bill = fit_bill(entry, gateway[1], inclusive)
    gateway = gateway if bill.commission_rate == gateway[1] else TRANSFER
    created = datetime.combine(entry.ends, datetime.min.time()) + timedelta(minutes=draw.randrange(6 * 60, 18 * 60))
    created = created if at is None else at.replace(tzinfo=None)
    until_paid = draw.randrange(100, 10_000 if entry.month == 0 else 20 * 86_400)
    due = created.date() + timedelta(days=draw.choice((7, 14, 21)))
    if entry.state == "open":
        due = _story.billing_month(anchor, entry.month - 1)[1]
    formal = status == "paid" and draw.random() < 0.5
    token = b64encode(b64encode(_digest(seed, "share", index))).decode()
    number = NEWEST_ID - index
    return {
        "id": number,
        "number": f"#{number}",
        "user": company(seed, _story.CUSTOMERS.index(customer)),
        "taxation_type": "inclusive" if inclusive else "exclusive",
        "notes": own.choice((None, None, f"Purchase order {own.randrange(10_000, 99_999)}")),
        "created_at": created.strftime(FORMAT),
        "due_date": f"{due.isoformat()} 23:59:00",
        "payment_date": NEVER if status == "unpaid" else (created + timedelta(seconds=until_paid)).strftime(FORMAT),
        "refund_date": NEVER,
        "status": status,
        "formalize": formal,
        "local": customer.country[0] == "US",
        "taxfree": bill.tax_rate != customer.tax_rate,
        "formalize_file": f"{HOST}/resources/uploads/invoices/{_digest(seed, 'file', index).hex()[:17]}.pdf"
        if formal
        else None,
        "exchange_rate": RATES[customer.currency],
        "currency": customer.currency,
        "tax_rate": bill.tax_rate,
        **sums(bill),
        **payment_method(
            gateway, bill, "" if status == "unpaid" else _digest(seed, "payment", index).hex()[:12].upper()
        ),
        **({"send_bill_to_address": 0} if own.random() < 0.8 else {}),
        "share": {"token": token, "link": f"{HOST}/invoice?token={token}"},
        **lines(own, index, entry, bill, f"{entry.product.name} ({entry.product.plan})"),
    }


# Amounts: what holds in both examples of the document holds here ----------------------------------------------------


@dataclass(frozen=True)
class Bill:
    """A product at a unit price and some usage, and what follows from them; every amount has four decimals.

    ``discount`` (percent) is given on each item, ``commission_rate`` (percent) taken on their sum. Where tax is
    ``inclusive`` the prices have it in them (inferred: both examples are exclusive).
    """

    price: Decimal
    quantity: int
    usage: Decimal
    commission_rate: Decimal
    discount: Decimal
    tax_rate: Decimal
    inclusive: bool = False

    @property
    def items(self) -> list[tuple[Decimal, int]]:
        """Price and quantity of each item."""
        return [(self.price, self.quantity)] + [(self.usage, 1)] * (self.usage > 0)

    @property
    def discounts(self) -> list[Decimal]:
        """The discount on each item (004:111-114)."""
        return [percent(self.discount, price * quantity) for price, quantity in self.items]

    @property
    def commission(self) -> Decimal:
        """004:180-181: 5 % of 20 is 1."""
        return percent(self.commission_rate, self.price * self.quantity + self.usage)

    @property
    def subtotal(self) -> Decimal:
        """004:173: 21 is 20 and a commission of 1."""
        return self.price * self.quantity + self.usage + self.commission

    @property
    def tax(self) -> Decimal:
        """004:172-174: 3.78 is 18 % of 21; discounts come off first."""
        if self.inclusive:
            return money.round_to(self.payable * self.tax_rate / (100 + self.tax_rate), 4)
        return percent(self.tax_rate, self.payable)

    @property
    def payable(self) -> Decimal:
        """The subtotal less discounts, with or without tax as the prices are."""
        return self.subtotal - sum(self.discounts)

    @property
    def total(self) -> Decimal:
        """004:95-97, 114: 0.5509 is 0.6886 less 0.1377; 004:173-175: 24.78 is 21 and 3.78."""
        return self.payable if self.inclusive else self.payable + self.tax


def percent(rate: Decimal, of: Decimal) -> Decimal:
    """So many percent, to four decimals."""
    return money.round_to(of * rate / 100, 4)


def fit_bill(entry: _story.Entry, commission_rate: Decimal, inclusive: bool) -> Bill:
    """A bill that amounts to the entry's total exactly, its unit price the list price or near it.

    The story rounds to cents and this vendor does not, so the price gives way. Not every total can be reached with a
    tax and a commission on top: then the commission is dropped, then the tax, and what is left always fits.
    """
    return next(bill for bill in candidate_bills(entry, commission_rate, inclusive) if bill.total == entry.total)


def candidate_bills(entry: _story.Entry, commission_rate: Decimal, inclusive: bool = False) -> Iterator[Bill]:
    """Bills that amount to the entry's total or miss it by little, the likeliest first."""
    usage = entry.gross - entry.product.price * entry.quantity
    discount, taxed, none = Decimal(entry.discount), Decimal(entry.customer.tax_rate), Decimal(0)
    for commission, tax_rate in ((commission_rate, taxed), (none, taxed), (none, none)):
        growth = (1 + (commission - discount) / 100) * (1 if inclusive else 1 + tax_rate / 100)
        for quantity in dict.fromkeys((entry.quantity, 1)):
            price = money.round_to((entry.total / growth - usage) / quantity, 4)
            for step in (0, 1, -1, 2, -2, 3, -3):
                yield Bill(price + step * UNIT, quantity, usage, commission, discount, tax_rate, inclusive)


def sums(bill: Bill) -> dict[str, Any]:
    """The three sums of an invoice (004:95-97)."""
    return {"subtotal": bill.subtotal, "tax": bill.tax, "total": bill.total}


def payment_method(gateway: tuple[str, Decimal, str], bill: Bill, payment: str) -> dict[str, Any]:
    """How it was paid or will be (004:98-103); before a payment the gateway has left nothing, which PHP writes []."""
    name, _, key = gateway
    return {
        "payment_method": name,
        "payment_method_data": {key: payment} if payment else [],
        "payment_method_commission": bill.commission,
        "payment_method_commission_rate": bill.commission_rate,
    }


def lines(draw: Random, index: int, entry: _story.Entry, bill: Bill, name: str) -> dict[str, Any]:
    """Discounts and items (004:108-132): a renewal that belongs to an order, then usage that belongs to none."""
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
