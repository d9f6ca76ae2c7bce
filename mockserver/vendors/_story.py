"""The story behind all five vendors' data: a dozen customers, six products, billing months, amounts.

Only recipes use it. Entry ``index`` depends on (seed, index) and on the anchor's month, never on a stream, so that each
vendor may use any part of it in any order. Twelve entries make a month, one per customer; month 0 is the calendar month
before the anchor's, month 1 the one before it, up to 35; then the months repeat with new purchases.

Records that a vendor needs beside the story (a tie, a test invoice, a cancelled one) must not change its totals: their
amount is zero, or their status excludes them.
"""

from __future__ import annotations

from calendar import monthrange
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from random import Random
from typing import Literal

from ..sdk import money, months_before

MONTHS = 36
State = Literal["paid", "open", "overdue"]


@dataclass(frozen=True, slots=True)
class Customer:
    """``tax_rate`` is in percent; ``key`` is the word from which vendors derive their ids."""

    key: str
    company: str
    contact: tuple[str, str]
    city: str
    country: tuple[str, str]
    currency: str
    symbol: str
    tax_rate: int
    product: int

    @property
    def email(self) -> str:
        return f"billing@{self.key}.example"


@dataclass(frozen=True, slots=True)
class Product:
    """``price`` is a month's list price before tax, in the customer's currency."""

    key: str
    name: str
    plan: str
    price: Decimal


PRODUCTS = (
    Product("fibre", "Fibre Internet", "Gold", Decimal("49.90")),
    Product("iptv", "IPTV", "Silver", Decimal("30.00")),
    Product("voice", "Cloud Telephony", "Gold", Decimal("84.50")),
    Product("iot", "IoT Connectivity", "Platinum", Decimal("185.10")),
    Product("hosting", "Managed Hosting", "Silver", Decimal("21.00")),
    Product("backup", "Online Backup", "Bronze", Decimal("12.75")),
)

CUSTOMERS = (
    Customer("harbourlight", "Harbourlight Logistics", ("Maren", "Aldous"), "Portland", ("US", "United States"), "USD", "$", 0, 0),
    Customer("kestrel", "Kestrel Print Works", ("Owen", "Hale"), "Leeds", ("GB", "United Kingdom"), "GBP", "£", 20, 1),
    Customer("blauwal", "Blauwal Software", ("Jonas", "Brandt"), "Bremen", ("DE", "Germany"), "EUR", "€", 19, 2),
    Customer("sequoia", "Sequoia Clinics", ("Dana", "Whitfield"), "Sacramento", ("US", "United States"), "USD", "$", 8, 3),
    Customer("mistral", "Mistral Voyages", ("Claire", "Fabre"), "Avignon", ("FR", "France"), "EUR", "€", 20, 4),
    Customer("tundra", "Tundra Outfitters", ("Noah", "Lavoie"), "Denver", ("US", "United States"), "USD", "$", 5, 5),
    Customer("oliveto", "Oliveto Foods", ("Sara", "Conti"), "Bari", ("IT", "Italy"), "EUR", "€", 22, 0),
    Customer("lanternfish", "Lanternfish Studio", ("Priya", "Nair"), "Austin", ("US", "United States"), "USD", "$", 0, 1),
    Customer("cobalt", "Cobalt Analytics", ("Ellis", "Drummond"), "Glasgow", ("GB", "United Kingdom"), "GBP", "£", 20, 2),
    Customer("ceiba", "Ceiba Telemetry", ("Mateo", "Rojas"), "Miami", ("US", "United States"), "USD", "$", 7, 3),
    Customer("nordlys", "Nordlys Energy", ("Ingrid", "Solberg"), "Chicago", ("US", "United States"), "USD", "$", 10, 4),
    Customer("pinecrest", "Pinecrest Schools", ("Walter", "Boone"), "Boise", ("US", "United States"), "USD", "$", 0, 5),
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Entry:
    """One sale: a customer used a product in a month. ``total = net + tax``; all amounts have two decimals.

    ``discount`` is in percent of ``gross`` (the list price); ``net`` is the rest.
    """

    index: int
    month: int
    customer: Customer
    product: Product
    starts: date
    ends: date
    quantity: int
    gross: Decimal
    discount: int
    net: Decimal
    tax: Decimal
    total: Decimal
    state: State


def make_entry(seed: int, index: int, anchor: datetime) -> Entry:
    """The entry of this index for data with this anchor."""
    draw = Random(f"story/{seed}/{index}")
    month = index // len(CUSTOMERS) % MONTHS
    customer = CUSTOMERS[index % len(CUSTOMERS)]
    product = PRODUCTS[customer.product] if draw.random() < 0.8 or month == 0 else draw.choice(PRODUCTS)
    starts, ends = billing_month(anchor, month)
    quantity = draw.choice((1, 1, 1, 2, 3))
    usage = Decimal(draw.randrange(0, 2000)) / 100 if draw.random() < 0.5 else Decimal(0)
    gross = money.round_to(product.price * quantity + usage, 2)
    discount = draw.choice((0, 0, 0, 0, 10, 20))
    net = money.round_to(gross * (100 - discount) / 100, 2)
    tax = money.round_to(net * customer.tax_rate / 100, 2)
    return Entry(
        index, month, customer, product, starts, ends, quantity, gross, discount, net, tax, net + tax,
        _state(draw, month, index % len(CUSTOMERS)),
    )  # fmt: skip


def billing_month(anchor: datetime, back: int) -> tuple[date, date]:
    """First and last day of the calendar month ``back`` months before the one that precedes the anchor's."""
    year, month = divmod(anchor.year * 12 + anchor.month - 2 - back, 12)
    return date(year, month + 1, 1), date(year, month + 1, monthrange(year, month + 1)[1])


def gift_customer(block: int) -> int:
    """The customer that gets something free in a month: the first one in the newest, the others in turn."""
    return 0 if block == 0 else 1 + (block - 1) % (len(CUSTOMERS) - 1)


def anchor_for(at: datetime, block: int, later: int = 0) -> datetime:
    """The anchor for which ``block`` bills the month before ``at``, or ``later`` months after that."""
    return months_before(at, -(block % MONTHS + later))


def _state(draw: Random, month: int, customer: int) -> State:
    """Half of the newest month is unpaid; of the older ones a few stay overdue, one of the first customer's included."""
    if month == 0:
        return "open" if customer % 2 == 0 else "paid"
    if month == 3 and customer == 0:
        return "overdue"
    return "overdue" if draw.random() < 0.08 else "paid"
