"""Amounts of an invoice: what holds in both examples of document 004 holds here."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from ...sdk import money
from .. import _story

UNIT = Decimal("0.0001")  # DECIMAL(16,4), P[31]


@dataclass(frozen=True)
class Bill:
    """A product at a unit price, some usage, and the amounts that follow; every amount has four decimals.

    ``discount`` (percent) is given on each item, ``commission_rate`` (percent) taken on their sum. Where tax is
    ``inclusive``, prices contain it (inferred: both examples are exclusive).
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
        """The subtotal less discounts, with tax where prices are inclusive."""
        return self.subtotal - sum(self.discounts)

    @property
    def total(self) -> Decimal:
        """004:95-97, 114: 0.5509 is 0.6886 less 0.1377; 004:173-175: 24.78 is 21 and 3.78."""
        return self.payable if self.inclusive else self.payable + self.tax


def percent(rate: Decimal, of: Decimal) -> Decimal:
    """This many percent of an amount, to four decimals."""
    return money.round_to(of * rate / 100, 4)


def fit_bill(entry: _story.Entry, commission_rate: Decimal, inclusive: bool) -> Bill:
    """A bill whose total is exactly the entry's, its unit price at or near the list price.

    The story rounds to cents and this vendor does not, so the price gives way. Where no price fits, the bill drops its
    commission, then its tax; the rest always fits.
    """
    return next(bill for bill in candidate_bills(entry, commission_rate, inclusive) if bill.total == entry.total)


def candidate_bills(entry: _story.Entry, commission_rate: Decimal, inclusive: bool = False) -> Iterator[Bill]:
    """Bills whose totals are at or near the entry's, the most likely first."""
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
    """How it was or will be paid (004:98-103); PHP writes the data of a payment to come as []."""
    name, _, key = gateway
    return {
        "payment_method": name,
        "payment_method_data": {key: payment} if payment else [],
        "payment_method_commission": bill.commission,
        "payment_method_commission_rate": bill.commission_rate,
    }
