"""GetInvoices (004:3-28, 47-204): all invoices of the installation by the given criteria, page by page."""

from __future__ import annotations

from decimal import Decimal
from operator import itemgetter
from typing import Any

from ...data.dataset import Account, Dataset
from ...data.records import Chart, Readings, Record, RecordType
from ...errors import Complaint
from ...toolkit import fields, pages, params
from ...toolkit.jsontext import Fragment, encode
from ...toolkit.money import as_double, from_double
from ...vendor import Call, Endpoint, Example, Paging, Reading, Reply
from .auth import CREDENTIAL

# Readings: where the document can be read in more than one way ------------------------------------------------------

OUT_OF_RANGE = Reading(
    "out-of-range",
    "clamp",
    ("clamp", "refuse"),
    source="004:15",
    about="A `limit` over 50 counts as 50 and a `limit` or `page` under 1 as its default, or either is an error.",
)
UNKNOWN_VALUE = Reading(
    "unknown-value",
    "ignore",
    ("ignore", "refuse"),
    source="004:14-22",
    about="A word that is not listed, or no integer where one is wanted, is as if absent, or an error.",
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
READINGS = (OUT_OF_RANGE, UNKNOWN_VALUE, AMOUNTS, USER_ID, NUMBER_MATCH)


# Request Parameters (004:11-23) -------------------------------------------------------------------------------------

PHP_INT_MAX = 2**63 - 1  # PHP reads a larger integer as this one


class ThreeValued(params.Choice):
    """A "Boolean" of three words (004:19-21); ``1`` and ``0`` are understood as PHP understands them (inferred)."""

    def __init__(self, **more: Any) -> None:
        super().__init__({"none": None, "true": True, "false": False}, any_case=True, load_default=None, **more)

    def read(self, text: str) -> Any:
        return super().read({"1": "true", "0": "false"}.get(text, text))


class Query(params.ParamSchema):
    page = params.Integer(minimum=1, maximum=PHP_INT_MAX, above=str(PHP_INT_MAX), load_default=1)
    limit = params.Integer(minimum=1, maximum=50, above="50", load_default=10)
    sort = params.Choice(("id", "number", "created_at", "due_date", "payment_date", "total"), load_default="id")
    sort_type = params.Choice({"ASC": "", "DESC": "-"}, any_case=True, load_default="-")
    status = params.Choice(
        {"all": None} | {word: word for word in ("pending", "unpaid", "paid", "cancelled", "refunded")},
        data_key="filter[status]",
        load_default=None,
    )
    local = ThreeValued(data_key="filter[local]")
    taxfree = ThreeValued(data_key="filter[taxfree]")
    formalized = ThreeValued(data_key="filter[formalized]")
    id = params.Integer(data_key="filter[id]", load_default=None)
    number = params.Text(data_key="filter[number]", load_default=None)


def ignores(complaint: Complaint, readings: Readings) -> bool:
    """The document lists no error: what cannot be used is passed over, unless a reading refuses it."""
    decides = OUT_OF_RANGE if complaint.code == "out-of-range" else UNKNOWN_VALUE
    return readings[decides.name] != "refuse"


# Sample JSON Response (004:47-204) ----------------------------------------------------------------------------------

FORMAT, NEVER = "%Y-%m-%d %H:%M:%S", "0000-00-00 00:00:00"


class When(fields.Moment):
    """A date and time without a zone; where ``never`` is said, zeros stand for "it did not happen" (004:86)."""

    def __init__(self, *, never: bool = False) -> None:
        super().__init__(FORMAT, "2022-11-23 16:06:00" + f" or {NEVER}" * never, never=NEVER if never else None)


class UserId(fields.WholeOrText):
    """``"2"`` (004:60) or ``2`` (004:138)."""

    wanted = "a whole number, in quotes or not"

    def read(self, value: Any) -> int | str:
        if isinstance(value, str) and not (value.isascii() and value.isdigit()):
            raise ValueError
        return super().read(value)


class Address(fields.RecordSchema):  # 004:72-79
    country_code = fields.Text(pattern="[A-Z]{2}")
    country_name = fields.Text()
    city = fields.Text()
    state = fields.Text()
    detail = fields.Text()
    zipcode = fields.Text()


class User(fields.RecordSchema):
    """The user as he was when the invoice was made: user 2 has two names (004:67-69, 142-144)."""

    id = UserId()
    lang = fields.Text()
    identity = fields.Text(null=True)
    type = fields.Word("corporate", "individual")
    name = fields.Text()
    surname = fields.Text()
    full_name = fields.Text()
    email = fields.Text()
    phone = fields.Text(pattern=r"\d*")
    company_name = fields.Text()
    company_tax_number = fields.Text()
    company_tax_office = fields.Text()
    address = fields.Nested(Address)


class Share(fields.RecordSchema):  # 004:104-107
    token = fields.Text(pattern=r"[A-Za-z0-9+/]+={0,2}")
    link = fields.Text()


class Discount(fields.RecordSchema):  # 004:109-115
    type = fields.Word("promotion", "coupon", "dealership")
    item_id = fields.Whole()
    rate = fields.Amount()
    description = fields.Text()
    amount = fields.Amount(most=4)


class Item(fields.RecordSchema):  # 004:118-131
    id = fields.Whole()
    owner_id = fields.Whole()
    description = fields.Text()
    quantity = fields.Amount()
    tax_exempt = fields.Flag()
    amount = fields.Amount(most=4)
    total = fields.Amount(most=4)
    order_id = fields.Whole()
    due_date = When(never=True)
    attributes = fields.Free()


class Invoice(fields.RecordSchema):
    """004:56-133, 134-202. Amounts have four decimals, as in the database (P[31])."""

    id = fields.Whole()
    number = fields.Text(pattern=".+")
    user = fields.Nested(User, as_stored=True)  # the two examples order their keys differently
    taxation_type = fields.Word("exclusive", "inclusive")
    notes = fields.Text(null=True)
    created_at = When()
    due_date = When()
    payment_date = When(never=True)
    refund_date = When(never=True)
    status = fields.Word("pending", "unpaid", "paid", "cancelled", "refunded")
    formalize = fields.Flag()
    local = fields.Flag()
    taxfree = fields.Flag()
    formalize_file = fields.Text(null=True, pattern="https?://.+")
    exchange_rate = fields.Amount()
    currency = fields.Text(pattern="[A-Z]{3}")
    tax_rate = fields.Amount()
    subtotal = fields.Amount(most=4)
    tax = fields.Amount(most=4)
    total = fields.Amount(most=4)
    payment_method = fields.Text()
    payment_method_data = fields.Free()
    payment_method_commission = fields.Amount(most=4)
    payment_method_commission_rate = fields.Amount()
    send_bill_to_address = fields.Whole(optional=True)  # 004:182; absent in 004:102-104
    share = fields.Nested(Share)
    discounts = fields.Listed(fields.Nested(Discount))
    items = fields.Listed(fields.Nested(Item))


def written(invoice: Record, readings: Readings) -> bytes:
    """One invoice as JSON, its numbers and its user's id as the readings want them."""
    if readings["user-id"] != "stored":
        user, kind = invoice["user"], int if readings["user-id"] == "integer" else str
        invoice = {**invoice, "user": {**user, "id": kind(user["id"])}}
    if readings["amounts"] == "php":
        return encode(invoice, as_double)  # PHP's serialize_precision holds for every float
    return encode(invoice)


def restored(value: Any) -> Any:
    """The value with the decimals that its numbers had before PHP printed them."""
    if isinstance(value, Decimal):
        return from_double(value)
    if isinstance(value, dict):
        return {name: restored(item) for name, item in value.items()}
    return [restored(item) for item in value] if isinstance(value, list) else value


RECORDS = RecordType(
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
    },
    render=written,
    restore=restored,
    chart=Chart(amount="total", date="created_at", status="status", currency="currency"),
)


def get_invoices(call: Call) -> Reply:
    """200 with one page of the invoices that meet all filters; nothing found is a success, too."""
    asked = call.params
    page, limit, direction = asked["page"], asked["limit"], asked["sort_type"]
    filters = {name: asked[name] for name in ("status", "local", "taxfree", "formalized", "id", "number")}
    if call.readings["number-match"] == "bare" and asked["number"] and not asked["number"].startswith("#"):
        filters["bare_number"] = filters.pop("number")
    order = [direction + key for key in dict.fromkeys((asked["sort"], "id"))]
    found = call.records.matching(**filters).ordered(*order)
    cut = pages.numbered(len(found), page, limit, first=1)
    envelope = {
        "status": "successful",
        "total": cut.total,
        "page": page,
        "limit": limit,
        "next_page": 0 if cut.last else page + 1,
        "data": Fragment(found.json(cut.start, cut.stop)),
    }
    return Reply.json(encode(envelope), page=cut)


GET_INVOICES = Endpoint(
    operation="GetInvoices",
    path="/api/Billing/GetInvoices",  # 004:9, 27
    also=("/index.php/api/Billing/GetInvoices",),  # without URL rewriting (P[29])
    params=Query(),
    repeated="last",  # as PHP does
    ignores=ignores,
    answer=get_invoices,
    repeatable=True,
    paging=Paging("page", first=1, size=10),  # 004:14
)


def example(account: Account, dataset: Dataset) -> Example:
    """External Sample (004:27-28), less the parameters that are at their defaults."""
    return Example(GET_INVOICES.path, headers=CREDENTIAL.write(account["api_key"]))
