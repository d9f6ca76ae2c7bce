"""Get the invoices (002:1-96): those of one customer for one product within a range of days, as a bare array."""

from __future__ import annotations

import re
from datetime import date, datetime

from ...sdk import (
    Account,
    Call,
    Dataset,
    Equals,
    Example,
    Operation,
    ParamSchema,
    Reading,
    Readings,
    RecordQuery,
    RecordSchema,
    Reply,
    Resource,
    Summary,
    errors,
    fields,
    params,
)
from .auth import CREDENTIAL
from .errors import InvertedRange

# Readings: where the document can be read in more than one way ------------------------------------------------------

INVERTED_RANGE = Reading(
    "inverted-range",
    "empty",
    ("empty", "refuse"),
    source="002:71-80",
    about="A startDate after the endDate gives 200 and an empty array, or 400.",
)
DATE_FIELD = Reading(
    "date-field",
    "invoice-date",
    ("invoice-date", "billing-cycle"),
    source="002:24,32-33,75,80",
    about="The range holds the day of invoiceDate, or the whole billing cycle; the example agrees with both.",
)
UNKNOWN_ID = Reading(
    "unknown-id",
    "empty",
    ("empty", "not-found"),
    source="002:60-70",  # inferred, either
    about="A customer or product of whom there is no invoice gives 200 and an empty array, or 404.",
)
DATE_TIME = Reading(
    "date-time",
    "refuse",
    ("refuse", "accept", "ignore"),
    source="002:71-80, P[19]",  # refuse: public, by the format of the sibling page; the others: inferred
    about="A time of day in startDate or endDate is 400, or is the bound to the second, or is passed over.",
)
READINGS = (INVERTED_RANGE, DATE_FIELD, UNKNOWN_ID, DATE_TIME)


# Query Params (002:60-80) -------------------------------------------------------------------------------------------


def _id(*synonyms: str) -> params.Text:
    return params.Text(required=True, empty="refused", synonyms=synonyms)


def _day(*synonyms: str) -> params.Day:
    return params.Day(required=True, empty="refused", synonyms=synonyms)


class Query(ParamSchema):
    customerId = _id("clientId", "customer", "client", "accountId", "userId")  # 002:61-65; opaque: 002:21 is no UUID
    productId = _id("product")  # 002:66-70
    startDate = _day("from", "fromDate", "dateFrom", "since", "billingFromDate")  # 002:71-75; yyyy-MM-dd: P[19]
    endDate = _day("to", "toDate", "dateTo", "until", "billingToDate")  # 002:76-80


TIME_OF_DAY = re.compile(r"(\d{4}-\d\d-\d\d)[T ](\d\d:\d\d(?::\d\d)?)(?:\.\d{1,9})?(?:Z|[+-]\d\d:?\d\d)?", re.ASCII)


def tolerates(error: errors.ParamError, readings: Readings) -> bool | params.ReadAs:
    """Refuses bad input, but for a time of day where a reading tolerates it; zones are ignored."""
    found = TIME_OF_DAY.fullmatch(error.found or "")
    if error.code != "bad-date" or found is None:
        return False
    try:
        moment = datetime.fromisoformat(f"{found[1]}T{found[2]}")
    except ValueError:
        return False
    choice = readings["date-time"]
    if choice == "accept":
        return params.ReadAs(moment)
    return params.ReadAs(moment.date(), f"the day {moment.date()}") if choice == "ignore" else False


def first_moment(day: date) -> str:
    return day.isoformat() if isinstance(day, datetime) else f"{day}T00:00:00"


def last_moment(day: date) -> str:
    return day.isoformat() if isinstance(day, datetime) else f"{day}T23:59:59"


# Response Example (002:15-58) ---------------------------------------------------------------------------------------


def _local() -> fields.Timestamp:
    return fields.Timestamp("%Y-%m-%dT%H:%M:%S", "2023-06-15T12:00:00")  # 002:24: no zone, no fraction


def _money() -> fields.Amount:
    return fields.Amount(most=3)  # 002:26: 1500; the third decimal is for dinars alone


class Invoice(RecordSchema):
    """``_copy`` marks a record that repeats an earlier one on purpose, as the response example does (002:37-57)."""

    invoiceId = fields.Text()
    invoiceNumber = fields.Text()
    clientId = fields.Text()  # 002:19: the queried customerId
    productId = fields.Text()
    subscriptionRefId = fields.Text()  # 002:21: its `g` is of no UUID
    productName = fields.Text()
    planName = fields.Text()
    invoiceDate = _local()
    dueDate = _local()
    netAmount = _money()  # payable, after tax and discount: when Paid, all is received (002:26-30)
    amountReceived = _money()
    totalTaxAmount = _money()
    totalDiscountAmount = _money()
    statusName = fields.Choice("Paid", "Unpaid")  # 002:30 shows Paid; Unpaid is inferred
    currencySymbol = fields.Text()  # 002:31: a symbol, no code
    billingCycleStartDate = _local()
    billingCycleEndDate = _local()
    billingFromDate = _local()
    billingToDate = _local()
    owner = fields.Text(data_key="_owner")
    copy = fields.Boolean(data_key="_copy", optional=True)


INVOICES = Resource(
    schema=Invoice,
    id="invoiceId",
    columns={
        "owner": lambda invoice: invoice["_owner"],
        "client": lambda invoice: invoice["clientId"],
        "product": lambda invoice: invoice["productId"],
        "id": lambda invoice: invoice["invoiceId"],
        "date": lambda invoice: invoice["invoiceDate"],
        "cycle_start": lambda invoice: invoice["billingCycleStartDate"],
        "cycle_end": lambda invoice: invoice["billingCycleEndDate"],
    },
    summary=Summary(amount="netAmount", date="invoiceDate", status="statusName", currency="currencySymbol"),
)


def get_the_invoices(call: Call) -> Reply:
    """200 with the tenant's invoices of this customer and product in the range, both ends included by calendar day.

    Newest first (a guess). No match is an empty array: customer and product are filters, not paths (002:60-70).
    """
    values = call.params
    first, last = first_moment(values["startDate"]), last_moment(values["endDate"])
    if first > last:
        if call.readings["inverted-range"] == "refuse":
            raise InvertedRange
        call.warn("query.startDate", "inverted-range", "startDate is after endDate: no day lies between them.")
    mine = call.records.where(owner=call.account["tenant_id"])
    client, product = values["customerId"], values["productId"]
    theirs = mine.where(client=client, product=product).order_by("-date", "id")
    if not len(theirs) and is_unknown(call, mine, client, product):
        raise errors.NotFound
    start, stop = theirs.span(first, last)
    cycles = theirs.where_between("cycle_start", first, last).where_between("cycle_end", first, last)
    if theirs.rows[start:stop] == cycles.rows or call.readings["date-field"] == "invoice-date":
        return Reply.json(theirs.json(start, stop))
    return Reply.json(cycles.json())


def is_unknown(call: Call, mine: RecordQuery, client: str, product: str) -> bool:
    """Whether the customer or the product counts as unknown."""
    known = len(mine.where(client=client)) and len(mine.where(product=product))
    return not known and call.readings["unknown-id"] == "not-found"


GET_THE_INVOICES = Operation(
    id="getTheInvoices",
    path="/v1/invoices",  # 002:3, with the version of 002:9
    query=Query(),
    repeated="joined",  # as Spring does
    tolerates=tolerates,
    handler=get_the_invoices,
    cacheable=True,
)


DOCUMENTED = {
    "customerId": "b2f3e6a4-5678-4b9c-9876-6f8a8b3d4567",  # 002:65
    "productId": "e1b1f2a3-5678-4d9c-9876-5f8a8b3d4568",  # 002:70
    "startDate": "2023-06-01",  # 002:75
    "endDate": "2023-07-21",  # 002:80
}


def example(account: Account, dataset: Dataset) -> Example:
    """The example request (002:9) for the customer and product of the tenant's first record, over all their history.

    For the document's customer, or a tenant without records, it is the document's own.
    """
    records, columns = dataset.records, dataset.records.columns
    mine = Equals("owner", account["tenant_id"])
    rows = records.rows((mine,), ())
    client, product = (columns[name][rows[0]] if rows else "" for name in ("client", "product"))
    if not rows or (client, product) == (DOCUMENTED["customerId"], DOCUMENTED["productId"]):
        return Example(GET_THE_INVOICES.path, DOCUMENTED, CREDENTIAL.write(account["token"]))
    history = records.rows((mine, Equals("client", client), Equals("product", product)), ())
    query = {
        "customerId": client,
        "productId": product,
        "startDate": min(min(columns["date"][row], columns["cycle_start"][row]) for row in history)[:10],
        "endDate": max(max(columns["date"][row], columns["cycle_end"][row]) for row in history)[:10],
    }
    return Example(GET_THE_INVOICES.path, query, CREDENTIAL.write(account["token"]))
