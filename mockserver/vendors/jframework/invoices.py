"""Get invoices (001:1-27, 30-97): the current user's invoices, filtered, sorted, and paged from page 0."""

from __future__ import annotations

import re
from collections.abc import Callable

from marshmallow import Schema

from ...clock import parse_instant
from ...data.dataset import Account, Dataset
from ...data.records import Chart, Readings, Record, RecordType
from ...errors import Complaint, Forbidden
from ...toolkit import fields, params, querystring
from ...toolkit.jsontext import Fragment, encode
from ...toolkit.pages import numbered
from ...toolkit.querystring import Pairs
from ...vendor import Call, Endpoint, Example, Paging, Reading, Reply
from .auth import BRAND_URL, CREDENTIAL

# Readings: where the document can be read in more than one way ------------------------------------------------------

BAD_INPUT = Reading(
    "bad-input",
    "refuse",
    ("refuse", "ignore"),
    source="P[16b]",
    about="A bad number, date, boolean or choice is 400 `The input is invalid.`, or its parameter is as if absent.",
)
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
NAME_CASE = Reading(
    "name-case",
    "any",
    ("any", "exact"),
    source="P[7], P[8]",
    about="Parameter names match in any letter case, as the vendor's clients need it, or only as its page prints them.",
)
PAGE_SIZE_LIMIT = Reading(
    "page-size-limit",
    "none",
    ("none", "200"),
    source="001:22",
    about="A page may be of any size, or has at most as many invoices as by default; a larger size is read as 200.",
)
READINGS = (BAD_INPUT, TEXT_MATCH, DATE_MATCH, NAME_CASE, PAGE_SIZE_LIMIT)


# Query parameters (001:2-22) in the document's order; it prints no names, these are of P[7] --------------------------

LEAST, MOST = -(2**31), 2**31 - 1  # of an int32
TYPES = ("Provisional", "Post")  # 001:74, P[8]
STATES = ("Unpaid", "Paid")  # 001:88, P[8]
SORTABLE = (
    "id", "createdDate", "packageCode", "userAddressId", "subscriptionTypeId", "type", "code", "name", "description",
    "notes", "tags", "reminderedCount", "deliveryInstructions", "confirmedDeliveryDate", "invoiceDate", "dueDate",
    "overdueDate", "billingPeriodStartDate", "billingPeriodEndDate", "status", "testMode",
)  # fmt: skip
DIRECTIONS = {"Ascending": "", "Descending": "-", "asc": "", "desc": "-"}


class Flag(params.Param):
    """true or false, in any letter case."""

    wanted = "true or false"

    def read(self, text: str) -> bool:
        if text.lower() not in ("true", "false"):
            self.complain("unknown-value", text)
        return text.lower() == "true"


class Time(params.Param):
    """A day, or an instant to the precision given. Reads to its first and its last moment, as invoices write them."""

    wanted = "an ISO 8601 date or date-time"

    def read(self, text: str) -> tuple[str, str]:
        try:
            moment = parse_instant(text)
        except ValueError:
            self.complain("bad-date", text)
        given = re.sub(r"(Z|[+-]\d\d:\d\d)\Z", "", text)  # without the zone: its length tells the precision
        fraction = given.partition(".")[2][:7].ljust(7, "0")
        known = f"{moment.isoformat(timespec='seconds')[:19]}.{fraction}Z"[: len(given)]
        first, last = "0000-00-00T00:00:00.0000000Z", "9999-99-99T23:59:59.9999999Z"
        return known + first[len(known) :], known + last[len(known) :]


class Query(params.ParamSchema):
    UserId = params.Text()
    PackageId = params.Text()
    SubscriptionTypeId = params.Text()
    Type = params.Choice(TYPES, any_case=True)
    Code = params.Text()
    Name = params.Text()
    Description = params.Text()
    Notes = params.Text()
    Tags = params.Text()
    ReminderedCount = params.Integer(
        minimum=LEAST, maximum=MOST
    )  # 001:11 says "the invoice status"; P[7] and P[8] know better
    DeliveryInstructions = params.Text()
    ConfirmedDeliveryDate = Time()
    InvoiceDate = Time()
    OverdueDate = Time()  # 001:15 says "the Due Date"
    Status = params.Choice(STATES, any_case=True)
    Keywords = params.Text()
    TestMode = Flag(load_default=False)
    SortDataField = params.Choice({"ID": "id"} | {name: name for name in SORTABLE}, any_case=True, load_default="id")
    SortOrder = params.Choice(DIRECTIONS, any_case=True, load_default="-")
    PageNumber = params.Integer(minimum=0, maximum=MOST, load_default=0)
    PageSize = params.Integer(minimum=1, maximum=MOST, load_default=200)


def decode(sent: Pairs, schema: Schema, readings: Readings) -> Pairs:
    """The page prints PascalCase, the vendor's clients send camelCase to the same server (P[8], P[15])."""
    return querystring.rename(sent, params.names(schema)) if readings["name-case"] == "any" else sent


def ignores(complaint: Complaint, readings: Readings) -> bool:
    """Bad input is 400, unless it is read as if absent."""
    return readings["bad-input"] == "ignore"


# Response (001:41-90) -----------------------------------------------------------------------------------------------

MOMENT = ("%Y-%m-%dT%H:%M:%S.%fZ", "2025-07-17T07:34:48.3555192Z")  # 001:82
PAYMENT_STATES = (
    "Created", "Completed", "Refunded", "Failed", "Pending", "Denied", "Reserved", "CanceledReversal", "Deleted",
    "Voided",
)  # fmt: skip  # 001:68, P[8]


class User(fields.RecordSchema):
    """001:43-55; null where the vendor's SDK allows it (P[8])."""

    id = fields.Text()
    code = fields.Text()
    avatar = fields.Text(null=True)
    packageId = fields.Text()
    packageCode = fields.Text()
    emailAddress = fields.Text(null=True)
    nickName = fields.Text(null=True)
    roles = fields.Listed(fields.Text(), null=True)


class Payment(fields.RecordSchema):
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
    status = fields.Word(*PAYMENT_STATES)
    id = fields.Text()


class Invoice(fields.RecordSchema):
    """001:42-89. ``_created`` is what ``createdDate`` sorts by, a field that no reply has."""

    id = fields.Text()
    user = fields.Nested(User)
    payment = fields.Nested(Payment)
    packageCode = fields.Text()
    userAddressId = fields.Text(null=True)
    subscriptionTypeId = fields.Text()
    type = fields.Word(*TYPES)
    code = fields.Text()
    name = fields.Text(null=True)
    description = fields.Text(null=True)
    notes = fields.Text(null=True)
    tags = fields.Text(null=True)
    reminderedCount = fields.Whole(null=True)
    deliveryInstructions = fields.Text(null=True)
    confirmedDeliveryDate = fields.Moment(*MOMENT, fraction=7, null=True)
    invoiceDate = fields.Moment(*MOMENT, fraction=7, null=True)
    dueDate = fields.Moment(*MOMENT, fraction=7, null=True)
    overdueDate = fields.Moment(*MOMENT, fraction=7, null=True)
    billingPeriodStartDate = fields.Moment(*MOMENT, fraction=7, null=True)
    billingPeriodEndDate = fields.Moment(*MOMENT, fraction=7, null=True)
    status = fields.Word(*STATES)
    testMode = fields.Flag()
    created = fields.Moment(*MOMENT, fraction=7, data_key="_created")
    owner = fields.Text(data_key="_owner")


def column(name: str, null: str | int = "") -> Callable[[Record], str | int]:
    """The field's values; null is less than all others, and no filter asks for what stands in its place."""
    return lambda invoice: null if invoice[name] is None else invoice[name]


RECORDS = RecordType(
    schema=Invoice,
    id="id",
    columns={name: column(name) for name in SORTABLE if name != "createdDate"}
    | {
        "reminderedCount": column("reminderedCount", null=LEAST - 1),
        "createdDate": column("_created"),
        "owner": column("_owner"),
        "packageId": lambda invoice: invoice["user"]["packageId"],
    },
    chart=Chart(amount="payment.amountGross", date="invoiceDate", status="status", currency="payment.currencyCode"),
)

TEXTS = {
    "Name": "name",
    "Description": "description",
    "Notes": "notes",
    "Tags": "tags",
    "DeliveryInstructions": "deliveryInstructions",
}
DATES = {
    "ConfirmedDeliveryDate": "confirmedDeliveryDate",
    "InvoiceDate": "invoiceDate",
    "OverdueDate": "overdueDate",
}


def get_invoices(call: Call) -> Reply:
    """200 with one page of the user's invoices that meet all filters. Raises Forbidden for another ``UserId``."""
    asked, me = call.params, call.account["user_id"]
    if asked.get("UserId", me) != me:
        raise Forbidden
    found = call.records.matching(
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
        if call.readings["text-match"] == "equals":
            found = found.matching(**{text: asked.get(name)})
        else:
            found = found.containing([text], asked.get(name))
    found = found.containing(["code", "name", "description", "notes", "tags"], asked.get("Keywords"))
    for name, date in DATES.items():
        if name in asked:
            first, last = asked[name]
            found = found.within(date, first, last if call.readings["date-match"] == "day" else first)
    found = found.ordered(asked["SortOrder"] + asked["SortDataField"], "id")
    number, size = asked["PageNumber"], page_size(call)
    page = numbered(len(found), number, size, first=0)
    data = {
        "items": Fragment(found.json(page.start, page.stop)),
        "totalItems": page.total,
        "pageNumber": number,
        "pageSize": size,
    }
    body = {"success": True, "statusCode": 200, "message": "The request was successful.", "data": data, "errors": []}
    return Reply.json(encode(body), page=page)


def page_size(call: Call) -> int:
    """The size in use, which the reply states; 001:22 gives a default and no maximum."""
    size: int = call.params["PageSize"]
    limit = call.readings["page-size-limit"]
    if limit == "none" or size <= int(limit):
        return size
    call.warn("query.PageSize", "ignored-value", f"PageSize was {size}, wanted at most {limit}; read as {limit}.")
    return int(limit)


GET_INVOICES = Endpoint(
    operation="getInvoices",
    path="/api/v1/invoices",  # 001:30
    params=Query(),
    repeated="first",  # as ASP.NET binds a simple type
    decode=decode,
    ignores=ignores,
    answer=get_invoices,
    repeatable=True,
    paging=Paging("PageNumber", first=0, size=200),  # 001:21
)


def example(account: Account, dataset: Dataset) -> Example:
    """The document's request (001:30-34)."""
    headers = {BRAND_URL: account["brand_url"], **CREDENTIAL.write(account["auth_key"])}
    return Example(GET_INVOICES.path, headers=headers)
