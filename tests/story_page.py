"""docs/story.md: who and what the shared story is about, in each vendor's ids and words, as its fixtures have them.

``python -m tests.story_page`` (``make story``) writes it. Ids and words in its tables are read, not written by hand: a
cell is what all records of a vendor's ``default`` dataset say that tell of this customer, product, month or state; two
answers are an error.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from importlib import import_module
from typing import get_args

from mockserver.sdk.clock import parse_instant
from mockserver.vendors import _story, find_vendors
from mockserver.vendors._story import Entry
from tests.support.servers import ROOT
from tests.vendors.helpers import Row, content, records

PAGE = ROOT / "docs" / "story.md"
SEED = 1
TITLES = {vendor.name: vendor.title for vendor in find_vendors()}
Words = Callable[[Row], object]


@dataclass(frozen=True)
class Dialect:
    """Where a vendor says a thing: the field's name, and how to read it; None is what it does not say."""

    customer: tuple[str, Words]
    product: tuple[str, Words]
    month: tuple[str, Words]
    state: tuple[str, Words]
    amount: tuple[str, Words]
    number: tuple[str, Words]
    credential: str
    beside: str


SILENT: tuple[str, Words] = ("not said", lambda row: None)

DIALECTS: Mapping[str, Dialect] = {
    "netgroot": Dialect(
        customer=("the token's subscriber", lambda row: row["_owner"]),
        product=("`description`", lambda row: row["description"]),
        month=("`date`, the day after", lambda row: row["date"][:10]),
        state=("`status`", lambda row: row["status"]),
        amount=("`amount`", lambda row: row["amount"]),
        number=("`invoice_id`", lambda row: row["invoice_id"]),
        credential="a token of its own",
        beside="a gift to one of them each month, of 0.00",
    ),
    "jframework": Dialect(
        customer=("`userAddressId`", lambda row: row["userAddressId"]),
        product=("`packageCode`", lambda row: row["packageCode"]),
        month=("`billingPeriodStartDate`", lambda row: (row["billingPeriodStartDate"] or "")[:10] or None),
        state=("`status`", lambda row: row["status"]),
        amount=("`payment.amountGross`", lambda row: row["payment"]["amountGross"]),
        number=("`payment.invoiceNo`", lambda row: row["payment"]["invoiceNo"]),
        credential="the key of the first account, who resells to all",
        beside="a credit each month, of 0, every other one withdrawn; test invoices, listed with `TestMode=true` alone",
    ),
    "saaslogic": Dialect(
        customer=("`clientId`", lambda row: row["clientId"]),
        product=("`productId`", lambda row: row["productId"]),
        month=("`billingCycleStartDate`", lambda row: row["billingCycleStartDate"][:10]),
        state=("`statusName`", lambda row: row["statusName"]),
        amount=("`netAmount`, tax and all", lambda row: row["netAmount"]),
        number=("`invoiceNumber`", lambda row: row["invoiceNumber"]),
        credential="the token of the first tenant, who serves all",
        beside="a gift to one of them each month, and the trials of another tenant, of 0",
    ),
    "flolive": Dialect(
        customer=("`{id}` of the path", lambda row: row["_owner"]),
        product=SILENT,
        month=("`billingCycleStartDate`", lambda row: row["billingCycleStartDate"][:10]),
        state=SILENT,
        amount=("`totalAmount`", lambda row: row["totalAmount"]),
        number=("`invoiceNumber`", lambda row: row["invoiceNumber"]),
        credential="a token of its own or of its parent; two have their parent's alone",
        beside="a gift to one of them each month, of 0; drafts and what is older than a year, never listed",
    ),
    "wisecp": Dialect(
        customer=("`user.id`", lambda row: row["user"]["id"]),
        product=("`items[0].description`", lambda row: row["items"][0]["description"].partition(" | ")[0]),
        month=("`created_at`, the last day", lambda row: row["created_at"][:10]),
        state=("`status`", lambda row: row["status"]),
        amount=("`total`", lambda row: row["total"]),
        number=("`number`", lambda row: row["number"]),
        credential="any key: each sees all",
        beside="`cancelled` and `refunded` ones; gifts to persons, of 0",
    ),
}


def told(vendor: str) -> Iterator[tuple[Entry, Row]]:
    """The records that tell the story, each with the entry that it tells."""
    anchor, recipe = parse_instant(content(vendor)["anchor"]), import_module(f"mockserver.vendors.{vendor}.recipe")
    for index, row in enumerate(records(vendor)):
        entry = recipe.story_index(index)
        if entry is not None:
            yield _story.make_entry(SEED, entry, anchor), row


def words(vendor: str, part: str, about: Callable[[Entry], object]) -> dict[object, list[str]]:
    """What a vendor says in a part of its dialect, by what it says it about; in the order of the records."""
    read = getattr(DIALECTS[vendor], part)[1]
    said: dict[object, dict[str, None]] = {}
    for entry, row in told(vendor):
        value = read(row)
        if value is not None:
            said.setdefault(about(entry), {})[str(value)] = None
    return {thing: list(all_words) for thing, all_words in said.items()}


def one(vendor: str, part: str, about: Callable[[Entry], object], thing: object) -> str:
    """The one word of a vendor for a thing; a dash if it has none."""
    said = words(vendor, part, about).get(thing, [])
    assert len(said) <= 1, (vendor, part, thing, said)
    return f"`{said[0]}`" if said else "–"


def table(*rows: Iterable[object]) -> str:
    """A table; the first row is its head."""
    head, *body = ([str(cell) for cell in row] for row in rows)
    return "\n".join(f"| {' | '.join(row)} |" for row in (head, ["---"] * len(head), *body))


def heads(part: str) -> list[str]:
    """Each vendor's title, with the field in which it says a part."""
    return [f"{TITLES[name]}: {getattr(dialect, part)[0]}" for name, dialect in DIALECTS.items()]


def cells(part: str, about: Callable[[Entry], object], thing: object) -> list[str]:
    """Each vendor's word for a thing."""
    return [one(name, part, about, thing) for name in DIALECTS]


def customers() -> str:
    rows = [
        [who.company, who.currency, f"{who.tax_rate} %", *cells("customer", lambda entry: entry.customer, who)]
        for who in _story.CUSTOMERS
    ]
    return table(["customer", "pays in", "tax", *heads("customer")], *rows)


def credentials() -> str:
    return "\n".join(f"- {TITLES[name]}: {dialect.credential}." for name, dialect in DIALECTS.items())


def products() -> str:
    rows = [
        [f"{sold.name}, {sold.plan}", sold.price, *cells("product", lambda entry: entry.product, sold)]
        for sold in _story.PRODUCTS
    ]
    return table(["product", "a month", *heads("product")], *rows)


def months() -> str:
    starts = sorted({entry.starts for name in DIALECTS for entry, _ in told(name)}, reverse=True)
    rows = [[f"{month:%Y-%m}", *cells("month", lambda entry: entry.starts, month)] for month in starts]
    return table(["month", *heads("month")], *rows)


def states() -> str:
    said = {name: words(name, "state", lambda entry: entry.state) for name in DIALECTS}
    rows = [
        [state, *(" or ".join(f"`{word}`" for word in said[name].get(state, [])) or "–" for name in DIALECTS)]
        for state in get_args(_story.State)
    ]
    return table(
        ["what a customer owes for a month", *(TITLES[name] for name in DIALECTS)],
        ["amount", *(dialect.amount[0] for dialect in DIALECTS.values())],
        ["state", *(dialect.state[0] for dialect in DIALECTS.values())],
        *rows,
        ["does not count", *(dialect.beside for dialect in DIALECTS.values())],
    )


def sale() -> str:
    """The first entry, as each vendor tells it."""
    firsts = {name: next(row for entry, row in told(name) if entry.index == 0) for name in DIALECTS}

    def row(part: str) -> list[str]:
        values = [getattr(dialect, part)[1](firsts[name]) for name, dialect in DIALECTS.items()]
        return [f"`{value}`" if value is not None else "–" for value in values]

    numbers = [f"{dialect.number[0]} {value}" for dialect, value in zip(DIALECTS.values(), row("number"), strict=True)]
    return table(
        ["", *(TITLES[name] for name in DIALECTS)],
        ["invoice", *numbers],
        ["amount", *row("amount")],
        ["state", *row("state")],
    )


TEMPLATE = """\
# One story in five dialects

The dataset `default` of all five vendors tells one story: the same customers buy the same products in the same months
for the same amounts. Here is who and what in it has which id and word where. `examples/reconciliation/` is a page that
reads all five and puts them side by side. (`make story` writes this page from the fixtures; a test holds it to them.)

## Customers

{customers}

What is asked with, to see a customer's invoices:

{credentials}

## Products

{products}

The price is before tax, discount and usage, in the customer's currency.

## Months

{months}

The clock stands at {anchor}, in the month after the newest; with `--clock real` it stands at today, and
the months move along. Customers, products and credentials stay.

## Amounts and states

{states}

One sale, {customer} in {month}, {product}:

{sale}
"""


def page() -> str:
    """The whole page."""
    first, _ = next(told(next(iter(DIALECTS))))
    return TEMPLATE.format(
        customers=customers(),
        credentials=credentials(),
        products=products(),
        months=months(),
        anchor=content(next(iter(DIALECTS)))["anchor"],
        states=states(),
        customer=first.customer.company,
        month=f"{first.starts:%Y-%m}",
        product=first.product.name,
        sale=sale(),
    )


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
    print(f"{PAGE.relative_to(ROOT)} is written.")
