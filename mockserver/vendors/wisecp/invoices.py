"""GetInvoices (004:3-28, 47-204): all invoices of the installation by the given criteria, page by page."""

from __future__ import annotations

import re
from decimal import Decimal
from operator import itemgetter
from typing import Any

from ...sdk import (
    Account,
    Call,
    Dataset,
    Example,
    Fragment,
    Operation,
    Page,
    Paging,
    Reading,
    Readings,
    Record,
    RecordQuery,
    RecordSchema,
    Reply,
    Resource,
    Summary,
    cut_page,
    encode,
    fields,
    money,
)
from . import query
from .auth import CREDENTIAL

# Readings: where the document can be read in more than one way ------------------------------------------------------

DEFAULT_ORDER = Reading(
    "default-order",
    "id-descending",
    ("id-descending", "id-ascending"),
    source="004:16-17, 004:57, 004:135",  # documented, both: by the two defaults, and by the sample
    about="Unless asked otherwise the highest id comes first, as the defaults say, or the lowest, as the sample shows.",
)
NUMBER_ORDER = Reading(
    "number-order",
    "text",
    ("text", "natural"),
    source="004:16, 004:58",  # inferred, either: the column is a text (P[31])
    about="`sort=number` compares numbers as texts (`#100` before `#99`), or the digits in them by their value.",
)
AMOUNTS = Reading(
    "amounts",
    "php",
    ("php", "short"),
    source="004:95-97",  # php: documented, as all seven fractional amounts print (004:95-175); short: inferred
    about="Numbers print as PHP prints doubles (24.780000000000001136868…), or with their own decimals (24.78).",
    renders=True,
)
USER_ID = Reading(
    "user-id",
    "stored",
    ("stored", "integer", "string"),
    source="004:60,138",
    about="`user.id` is a string in one example and an integer in the other: as in the data, or always one of them.",
    renders=True,
)
NUMBER_MATCH = Reading(
    "number-match",
    "exact",
    ("exact", "bare"),
    source="004:23,58",
    about="`filter[number]` wants the whole number (`#327`), or finds it without its hash sign (`327`) too.",
)
READINGS = (*query.READINGS, DEFAULT_ORDER, NUMBER_ORDER, AMOUNTS, USER_ID, NUMBER_MATCH)


# Sample JSON Response (004:47-204) ----------------------------------------------------------------------------------

FORMAT, NEVER = "%Y-%m-%d %H:%M:%S", "0000-00-00 00:00:00"


class When(fields.Timestamp):
    """A date and time without a zone; with ``never``, zeros stand for "it did not happen" (004:86)."""

    def __init__(self, *, never: bool = False) -> None:
        super().__init__(FORMAT, "2022-11-23 16:06:00" + f" or {NEVER}" * never, never=NEVER if never else None)


class UserId(fields.IntegerOrText):
    """``"2"`` (004:60) or ``2`` (004:138)."""

    wanted = "a whole number, in quotes or not"

    def read(self, value: Any) -> int | str:
        if isinstance(value, str) and not (value.isascii() and value.isdigit()):
            raise ValueError
        return super().read(value)


class Address(RecordSchema):  # 004:72-79
    country_code = fields.Text(pattern="[A-Z]{2}")
    country_name = fields.Text()
    city = fields.Text()
    state = fields.Text()
    detail = fields.Text()
    zipcode = fields.Text()


class User(RecordSchema):
    """The user when the invoice was made: user 2 has two names (004:67-69, 142-144)."""

    id = UserId()
    lang = fields.Text()
    identity = fields.Text(null=True)
    type = fields.Choice("corporate", "individual")
    name = fields.Text()
    surname = fields.Text()
    full_name = fields.Text()
    email = fields.Text()
    phone = fields.Text(pattern=r"\d*")
    company_name = fields.Text()
    company_tax_number = fields.Text()
    company_tax_office = fields.Text()
    address = fields.Nested(Address)


class Share(RecordSchema):  # 004:104-107
    token = fields.Text(pattern=r"[A-Za-z0-9+/]+={0,2}")
    link = fields.Text()


class Discount(RecordSchema):  # 004:109-115
    type = fields.Choice("promotion", "coupon", "dealership")
    item_id = fields.Integer()
    rate = fields.Amount()
    description = fields.Text()
    amount = fields.Amount(most=4)


class Item(RecordSchema):  # 004:118-131
    id = fields.Integer()
    owner_id = fields.Integer()
    description = fields.Text()
    quantity = fields.Amount()
    tax_exempt = fields.Boolean()
    amount = fields.Amount(most=4)
    total = fields.Amount(most=4)
    order_id = fields.Integer()
    due_date = When(never=True)
    attributes = fields.AnyMap()


class Invoice(RecordSchema):
    """004:56-133, 134-202. Amounts have four decimals, as in the database (P[31])."""

    id = fields.Integer()
    number = fields.Text(pattern=".+")
    user = fields.Nested(User, as_stored=True)  # the two examples order their keys differently
    taxation_type = fields.Choice("exclusive", "inclusive")
    notes = fields.Text(null=True)
    created_at = When()
    due_date = When()
    payment_date = When(never=True)
    refund_date = When(never=True)
    status = fields.Choice("pending", "unpaid", "paid", "cancelled", "refunded")
    formalize = fields.Boolean()
    local = fields.Boolean()
    taxfree = fields.Boolean()
    formalize_file = fields.Text(null=True, pattern="https?://.+")
    exchange_rate = fields.Amount()
    currency = fields.Text(pattern="[A-Z]{3}")
    tax_rate = fields.Amount()
    subtotal = fields.Amount(most=4)
    tax = fields.Amount(most=4)
    total = fields.Amount(most=4)
    payment_method = fields.Text()
    payment_method_data = fields.AnyMap()
    payment_method_commission = fields.Amount(most=4)
    payment_method_commission_rate = fields.Amount()
    send_bill_to_address = fields.Integer(optional=True)  # 004:182; absent in 004:102-104
    share = fields.Nested(Share)
    discounts = fields.ListOf(fields.Nested(Discount))
    items = fields.ListOf(fields.Nested(Item))


def render(invoice: Record, readings: Readings) -> bytes:
    """One invoice as JSON; readings choose how its numbers and its user's id print."""
    if readings["user-id"] != "stored":
        user, kind = invoice["user"], int if readings["user-id"] == "integer" else str
        invoice = {**invoice, "user": {**user, "id": kind(user["id"])}}
    if readings["amounts"] == "php":
        return encode(invoice, money.as_double)  # PHP's serialize_precision holds for every float
    return encode(invoice)


def natural_number(invoice: Record) -> str:
    """The number in a form in which its digits compare by their value."""
    return re.sub("0*([0-9]+)", lambda digits: f"{len(digits[1]):06}{digits[1]}", str(invoice["number"]))


def restore(value: Any) -> Any:
    """The value with its numbers as they were before PHP printed them."""
    if isinstance(value, Decimal):
        return money.from_double(value)
    if isinstance(value, dict):
        return {name: restore(item) for name, item in value.items()}
    return [restore(item) for item in value] if isinstance(value, list) else value


INVOICES = Resource(
    schema=Invoice,
    id="id",
    columns={
        # 004:16. Dates compare as text, `#100` comes before `#99`, and never before any date.
        "id": itemgetter("id"),
        "number": itemgetter("number"),
        "created_at": itemgetter("created_at"),
        "due_date": itemgetter("due_date"),
        "payment_date": itemgetter("payment_date"),
        "total": itemgetter("total"),
        # 004:18-23
        "status": itemgetter("status"),
        "local": itemgetter("local"),
        "taxfree": itemgetter("taxfree"),
        "formalized": itemgetter("formalize"),
        "bare_number": lambda invoice: invoice["number"].removeprefix("#"),
        "number_natural": natural_number,
    },
    render=render,
    restore=restore,
    summary=Summary(amount="total", date="created_at", status="status", currency="currency"),
)


def get_invoices(call: Call) -> Reply:
    """200 with one page of the invoices that meet all filters; nothing found is a success, too."""
    page, limit = call.params["page"], call.params["limit"]
    matching = sort_invoices(call, filter_invoices(call))
    cut = cut_page(len(matching), page, limit, first=1)
    shown = apply_order_reading(call, matching, cut)
    envelope = {
        "status": "successful",
        "total": cut.total,
        "page": page,
        "limit": limit,
        "next_page": 0 if cut.last else page + 1,
        "data": Fragment(shown.json(cut.start, cut.stop)),
    }
    return Reply.json(encode(envelope), page=cut)


def filter_invoices(call: Call) -> RecordQuery:
    """The invoices that meet all filters."""
    names = ("status", "local", "taxfree", "formalized", "id")
    others = call.records.where(**{name: call.params[name] for name in names})
    number = call.params["number"]
    exact = others.where(number=number)
    if number is None or number.startswith("#"):
        return exact
    bare = others.where(bare_number=number)
    return bare if len(bare) != len(exact) and call.readings["number-match"] == "bare" else exact


def sort_invoices(call: Call, matching: RecordQuery) -> RecordQuery:
    """The invoices in the requested order."""
    sort, way = call.params["sort"] or "id", call.params["sort_type"]
    way = "-" if way is None else way
    return matching.order_by(*(way + key for key in dict.fromkeys((sort, "id"))), given=1)


def apply_order_reading(call: Call, usual: RecordQuery, cut: Page) -> RecordQuery:
    """The same in the order of a reading, consulted only where it changes the page."""
    sort, way = call.params["sort"], call.params["sort_type"]
    if sort is None and way is None:
        shown = len(usual) > 1 and cut.start < cut.stop
        return usual.order_by("id", given=1) if shown and call.readings["default-order"] == "id-ascending" else usual
    if sort != "number":
        return usual
    way = "-" if way is None else way
    other = usual.order_by(f"{way}number_natural", f"{way}id", given=1)
    differ = usual.rows[cut.start : cut.stop] != other.rows[cut.start : cut.stop]
    return other if differ and call.readings[NUMBER_ORDER.name] != NUMBER_ORDER.default else usual


GET_INVOICES = Operation(
    id="GetInvoices",
    path="/api/Billing/GetInvoices",  # 004:9, 27
    aliases=("/index.php/api/Billing/GetInvoices",),  # without URL rewriting (P[29])
    query=query.Query(),
    repeated="last",  # as PHP does
    tolerates=query.tolerates,
    handler=get_invoices,
    cacheable=True,
    paging=Paging("page", first=1, size=10),  # 004:14
)


def example(account: Account, dataset: Dataset) -> Example:
    """External Sample (004:27-28), less the parameters that are at their defaults."""
    return Example(GET_INVOICES.path, headers=CREDENTIAL.write(account["api_key"]))
