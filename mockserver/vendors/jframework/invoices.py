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
from .query import MIN_INT32, SORTABLE, STATES, TYPES

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
    """The values of a field; ``null`` stands for null: less than all others, and met by no filter."""
    return lambda invoice: null if invoice[name] is None else invoice[name]


INVOICES = Resource(
    schema=Invoice,
    id="id",
    columns={name: column(name) for name in SORTABLE if name != "createdDate"}
    | {
        "reminderedCount": column("reminderedCount", null=MIN_INT32 - 1),
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
    values, me = call.params, call.account["user_id"]
    if values.get("UserId", me) != me:
        raise errors.Forbidden
    matching = call.records.where(
        owner=me,  # 001:2
        testMode=values["TestMode"],
        packageId=values.get("PackageId"),
        subscriptionTypeId=values.get("SubscriptionTypeId"),
        type=values.get("Type"),
        code=values.get("Code"),
        reminderedCount=values.get("ReminderedCount"),
        status=values.get("Status"),
    )
    for name, text in TEXTS.items():
        if name in values:
            matching = match_text(call, matching, text, values[name])
    if "Keywords" in values:
        matching = match_keywords(call, matching, values["Keywords"])
    for name, date in DATES.items():
        if name in values:
            matching = match_date(call, matching, date, values[name])
    if "OverdueDate" in values:
        matching = match_due_date(call, matching, values["OverdueDate"])
    matching = matching.order_by(values["SortOrder"] + values["SortDataField"], "id", given=1)
    number, size = values["PageNumber"], page_size(call)
    page = cut_page(len(matching), number, size, first=0)
    data = {
        "items": Fragment(matching.json(page.start, page.stop)),
        "totalItems": page.total,
        "pageNumber": number,
        "pageSize": size,
    }
    body = {"success": True, "statusCode": 200, "message": "The request was successful.", "data": data, "errors": []}
    return Reply.json(encode(body), page=page)


def choose(call: Call, reading: Reading, usual: RecordQuery, other: RecordQuery) -> RecordQuery:
    """The filter under a reading, which is consulted only where its choices find other invoices."""
    if usual.rows == other.rows or call.readings[reading.name] == reading.default:
        return usual
    return other


def match_text(call: Call, matching: RecordQuery, field: str, text: str) -> RecordQuery:
    return choose(call, TEXT_MATCH, matching.where_contains([field], text), matching.where(**{field: text}))


def match_keywords(call: Call, matching: RecordQuery, text: str) -> RecordQuery:
    words = matching
    for word in dict.fromkeys(text.split()):
        words = words.where_contains(SEARCHED, word)
    return choose(call, KEYWORDS, matching.where_contains(SEARCHED, text), words)


def match_date(call: Call, matching: RecordQuery, field: str, bounds: tuple[str, str]) -> RecordQuery:
    first, last = bounds
    return choose(
        call, DATE_MATCH, matching.where_between(field, first, last), matching.where_between(field, first, first)
    )


def match_due_date(call: Call, matching: RecordQuery, bounds: tuple[str, str]) -> RecordQuery:
    usual, other = (match_date(call, matching, field, bounds) for field in DUE_DATE.choices)
    return choose(call, DUE_DATE, usual, other)


def page_size(call: Call) -> int:
    """The page size, which the reply states; 001:22 gives a default and no maximum."""
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
