"""Get invoices (001:1-27, 30-97): the current user's invoices, filtered, sorted, and paged from page 0."""

from __future__ import annotations

from collections.abc import Callable

from ...sdk import (
    Account,
    Call,
    Dataset,
    Example,
    Fragment,
    Operation,
    Paging,
    Reading,
    Record,
    RecordQuery,
    RecordSchema,
    Reply,
    Resource,
    Summary,
    cut_page,
    encode,
    errors,
    fields,
)
from . import query
from .auth import BRAND_URL, CREDENTIAL
from .query import LEAST, SORTABLE, STATES, TYPES

# Readings: where the document can be read in more than one way ------------------------------------------------------

TEXT_MATCH = Reading(
    "text-match",
    "contains",
    ("contains", "equals"),
    source="001:7-10, 001:12",
    about="A text filter finds a part of the text in any letter case, or the whole text letter for letter.",
)
DATE_MATCH = Reading(
    "date-match",
    "day",
    ("day", "instant"),
    source="001:13-15",
    about="A date means all of that UTC day and a time all that begins like it, or each one instant.",
)
LIMIT = 200
PAGE_SIZE_LIMIT = Reading(
    "page-size-limit",
    "none",
    ("none", "200"),
    source="001:22",
    about="A page may be of any size, or has at most as many invoices as by default; a larger size is read as 200.",
)
DEFAULT_PAGE_SIZE = Reading(
    "default-page-size",
    "200",
    ("200", "10"),
    source="001:22, 001:94",  # documented, both: by the description, and by the example's reply to no query
    about="A page has 200 invoices unless asked otherwise, as the description says, or 10, as the example shows.",
)
DUE_DATE = Reading(
    "due-date",
    "overdueDate",
    ("overdueDate", "dueDate"),
    source="001:15, P[7]",  # overdueDate: public, by the parameter's name; dueDate: inferred from "the Due Date"
    about="The parameter OverdueDate, described as the Due Date, filters the field of its name, or `dueDate`.",
)
KEYWORDS = Reading(
    "keywords",
    "phrase",
    ("phrase", "all-words"),
    source="001:17",  # inferred, either
    about="Keywords are one text that is found as it is, or words of which each is found somewhere in the invoice.",
)
READINGS = (*query.READINGS, TEXT_MATCH, DATE_MATCH, PAGE_SIZE_LIMIT, DEFAULT_PAGE_SIZE, DUE_DATE, KEYWORDS)


# Response (001:41-90) -----------------------------------------------------------------------------------------------

MOMENT = ("%Y-%m-%dT%H:%M:%S.%fZ", "2025-07-17T07:34:48.3555192Z")  # 001:82
PAYMENT_STATES = (
    "Created", "Completed", "Refunded", "Failed", "Pending", "Denied", "Reserved", "CanceledReversal", "Deleted",
    "Voided",
)  # fmt: skip  # 001:68, P[8]


class User(RecordSchema):
    """001:43-55; null where the vendor's SDK allows it (P[8])."""

    id = fields.Text()
    code = fields.Text()
    avatar = fields.Text(null=True)
    packageId = fields.Text()
    packageCode = fields.Text()
    emailAddress = fields.Text(null=True)
    nickName = fields.Text(null=True)
    roles = fields.ListOf(fields.Text(), null=True)


class Payment(RecordSchema):
    """001:56-70."""

    code = fields.Text(null=True)
    name = fields.Text(null=True)
    amountGross = fields.Amount()
    amountFee = fields.Amount()
    amountNet = fields.Amount()
    commission = fields.Amount()
    currencyCode = fields.Text()
    description = fields.Text()
    invoiceNo = fields.Text()
    paymentType = fields.Text()
    notes = fields.Text()
    status = fields.Choice(*PAYMENT_STATES)
    id = fields.Text()


class Invoice(RecordSchema):
    """001:42-89. ``_created`` is what ``createdDate`` sorts by, a field that no reply has."""

    id = fields.Text()
    user = fields.Nested(User)
    payment = fields.Nested(Payment)
    packageCode = fields.Text()
    userAddressId = fields.Text(null=True)
    subscriptionTypeId = fields.Text()
    type = fields.Choice(*TYPES)
    code = fields.Text()
    name = fields.Text(null=True)
    description = fields.Text(null=True)
    notes = fields.Text(null=True)
    tags = fields.Text(null=True)
    reminderedCount = fields.Integer(null=True)
    deliveryInstructions = fields.Text(null=True)
    confirmedDeliveryDate = fields.Timestamp(*MOMENT, fraction=7, null=True)
    invoiceDate = fields.Timestamp(*MOMENT, fraction=7, null=True)
    dueDate = fields.Timestamp(*MOMENT, fraction=7, null=True)
    overdueDate = fields.Timestamp(*MOMENT, fraction=7, null=True)
    billingPeriodStartDate = fields.Timestamp(*MOMENT, fraction=7, null=True)
    billingPeriodEndDate = fields.Timestamp(*MOMENT, fraction=7, null=True)
    status = fields.Choice(*STATES)
    testMode = fields.Boolean()
    created = fields.Timestamp(*MOMENT, fraction=7, data_key="_created")
    owner = fields.Text(data_key="_owner")


def column(name: str, null: str | int = "") -> Callable[[Record], str | int]:
    """The field's values; null is less than all others, and no filter asks for what stands in its place."""
    return lambda invoice: null if invoice[name] is None else invoice[name]


INVOICES = Resource(
    schema=Invoice,
    id="id",
    columns={name: column(name) for name in SORTABLE if name != "createdDate"}
    | {
        "reminderedCount": column("reminderedCount", null=LEAST - 1),
        "createdDate": column("_created"),
        "owner": column("_owner"),
        "packageId": lambda invoice: invoice["user"]["packageId"],
    },
    summary=Summary(amount="payment.amountGross", date="invoiceDate", status="status", currency="payment.currencyCode"),
)

TEXTS = {
    "Name": "name",
    "Description": "description",
    "Notes": "notes",
    "Tags": "tags",
    "DeliveryInstructions": "deliveryInstructions",
}
DATES = {"ConfirmedDeliveryDate": "confirmedDeliveryDate", "InvoiceDate": "invoiceDate"}
SEARCHED = ("code", "name", "description", "notes", "tags")


def get_invoices(call: Call) -> Reply:
    """200 with one page of the user's invoices that meet all filters. Raises Forbidden for another ``UserId``."""
    asked, me = call.params, call.account["user_id"]
    if asked.get("UserId", me) != me:
        raise errors.Forbidden
    found = call.records.where(
        owner=me,  # 001:2
        testMode=asked["TestMode"],
        packageId=asked.get("PackageId"),
        subscriptionTypeId=asked.get("SubscriptionTypeId"),
        type=asked.get("Type"),
        code=asked.get("Code"),
        reminderedCount=asked.get("ReminderedCount"),
        status=asked.get("Status"),
    )
    for name, text in TEXTS.items():
        if name in asked:
            found = having_text(call, found, text, asked[name])
    if "Keywords" in asked:
        found = having_keywords(call, found, asked["Keywords"])
    for name, date in DATES.items():
        if name in asked:
            found = of_date(call, found, date, asked[name])
    if "OverdueDate" in asked:
        found = due_at(call, found, asked["OverdueDate"])
    found = found.order_by(asked["SortOrder"] + asked["SortDataField"], "id", given=1)
    number, size = asked["PageNumber"], page_size(call)
    page = cut_page(len(found), number, size, first=0)
    data = {
        "items": Fragment(found.json(page.start, page.stop)),
        "totalItems": page.total,
        "pageNumber": number,
        "pageSize": size,
    }
    body = {"success": True, "statusCode": 200, "message": "The request was successful.", "data": data, "errors": []}
    return Reply.json(encode(body), page=page)


def chosen(call: Call, reading: Reading, usual: RecordQuery, other: RecordQuery) -> RecordQuery:
    """What a reading makes of a filter: asked only where its choices find other invoices."""
    if usual.rows == other.rows or call.readings[reading.name] == reading.default:
        return usual
    return other


def having_text(call: Call, found: RecordQuery, field: str, text: str) -> RecordQuery:
    return chosen(call, TEXT_MATCH, found.where_contains([field], text), found.where(**{field: text}))


def having_keywords(call: Call, found: RecordQuery, text: str) -> RecordQuery:
    words = found
    for word in dict.fromkeys(text.split()):
        words = words.where_contains(SEARCHED, word)
    return chosen(call, KEYWORDS, found.where_contains(SEARCHED, text), words)


def of_date(call: Call, found: RecordQuery, field: str, asked: tuple[str, str]) -> RecordQuery:
    first, last = asked
    return chosen(call, DATE_MATCH, found.where_between(field, first, last), found.where_between(field, first, first))


def due_at(call: Call, found: RecordQuery, asked: tuple[str, str]) -> RecordQuery:
    usual, other = (of_date(call, found, field, asked) for field in DUE_DATE.choices)
    return chosen(call, DUE_DATE, usual, other)


def page_size(call: Call) -> int:
    """The size in use, which the reply states; 001:22 gives a default and no maximum."""
    size: int | None = call.params["PageSize"]
    if size is None:
        return int(call.readings["default-page-size"])
    if size <= LIMIT or call.readings["page-size-limit"] == "none":
        return size
    call.warn("query.PageSize", "ignored-value", f"PageSize was {size}, wanted at most {LIMIT}; read as {LIMIT}.")
    return LIMIT


GET_INVOICES = Operation(
    id="getInvoices",
    path="/api/v1/invoices",  # 001:30
    query=query.Query(),
    repeated="first",  # as ASP.NET binds a simple type
    respell=query.respell,
    tolerates=query.tolerates,
    handler=get_invoices,
    cacheable=True,
    paging=Paging("PageNumber", first=0, size=200),  # 001:21
)


def example(account: Account, dataset: Dataset) -> Example:
    """The document's request (001:30-34)."""
    headers = {BRAND_URL: account["brand_url"], **CREDENTIAL.write(account["auth_key"])}
    return Example(GET_INVOICES.path, headers=headers)
