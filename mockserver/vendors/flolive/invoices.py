"""Get Customer Invoice List (003:1-34, 42-79): a customer's published invoices of the last 12 months."""

from __future__ import annotations

from datetime import datetime

from ...sdk import (
    Account,
    Call,
    Dataset,
    Example,
    Fragment,
    Operation,
    ParamSchema,
    Reading,
    Readings,
    Record,
    RecordSchema,
    Reply,
    Resource,
    Summary,
    encode,
    errors,
    fields,
    months_before,
)
from .auth import CREDENTIAL, UUID

# Readings: where the document can be read in more than one way ------------------------------------------------------

BILLING_CYCLE_NAMES = Reading(
    "billing-cycle-names",
    "date",
    ("date", "time", "both"),
    source="003:28-29, 003:57-58",
    renders=True,
    about="The example says billingCycleStartDate and billingCycleEndDate, the table …StartTime and …EndTime.",
)
NOT_ELIGIBLE = Reading(
    "not-eligible",
    "customer-1002",
    ("customer-1002", "auth"),
    source="003:11, 003:40",
    about="A customer whom the Requestor may not ask about does not exist for it (404), or is refused by an AUTH code.",
)
PAGEABLE = Reading(
    "pageable",
    "null",
    ("null", "object"),
    source="003:21, 003:78, 003:106-111",  # null: documented, by the example of a success; object: inferred
    about="A success has null for pageable, as its example shows, or the object that the table speaks of.",
)
READINGS = (BILLING_CYCLE_NAMES, NOT_ELIGIBLE, PAGEABLE)


# API Request (003:12-13) --------------------------------------------------------------------------------------------


class Query(ParamSchema):
    """Not applicable (003:13)."""


# Content (003:22-34), keys in the order of the example (003:54-63) --------------------------------------------------

DATE_TIME = ("%Y-%m-%dT%H:%M:%S.%fZ", "2021-07-01T00:00:00.977Z")


class Invoice(RecordSchema):
    """Without ``_published`` an invoice is published."""

    id = fields.Text(pattern=UUID, wanted="a UUID in lower case")
    invoiceNumber = fields.Text()
    creationTime = fields.Timestamp(*DATE_TIME, fraction=3)
    billingCycleStartDate = fields.Timestamp(*DATE_TIME, fraction=3)
    billingCycleEndDate = fields.Timestamp(*DATE_TIME, fraction=3)
    currency = fields.Text(pattern="[A-Z]{3}", wanted="a currency code of three capital letters")
    taxAmount = fields.Amount()
    netAmount = fields.Amount()
    totalAmount = fields.Amount()
    dueDate = fields.Timestamp("%Y-%m-%d", "2023-10-15", optional=True)  # 003:63, though 003:34 types it dateTime
    owner = fields.Text(data_key="_owner")
    published = fields.Boolean(data_key="_published", optional=True)


CYCLE_NAMES = {"date": ("Date",), "time": ("Time",), "both": ("Date", "Time")}


def render(invoice: Record, readings: Readings) -> bytes:
    """One invoice; the reading billing-cycle-names chooses the names of its billing cycle."""
    wire = {}
    for name, value in invoice.items():
        if name.startswith("billingCycle"):
            stem = name.removesuffix("Date")
            wire.update({stem + end: value for end in CYCLE_NAMES[readings["billing-cycle-names"]]})
        else:
            wire[name] = value
    return encode(wire)


INVOICES = Resource(
    schema=Invoice,
    id="id",
    columns={
        "owner": lambda invoice: invoice["_owner"],
        "published": lambda invoice: invoice.get("_published", True),
        "id": lambda invoice: invoice["id"],
        "created": lambda invoice: datetime.fromisoformat(invoice["creationTime"]),
    },
    render=render,
    summary=Summary(amount="totalAmount", date="creationTime", currency="currency"),
)


# The list (003:2, 47-79) --------------------------------------------------------------------------------------------


def find_customer(call: Call) -> Account:
    """The requested customer: the Requestor itself or a sub-customer of it (003:11), a direct one (P[21]).

    Raises NotFound (003:40) for an unknown id, and for any other customer unless a reading makes it Forbidden.
    """
    customer = call.accounts.find_by("customer_id", call.request.path_params["id"].lower())
    if customer is None:
        raise errors.NotFound
    if call.account["customer_id"] not in (customer["customer_id"], customer.get("parent")):
        raise errors.Forbidden if call.readings["not-eligible"] == "auth" else errors.NotFound
    return customer


def get_customer_invoice_list(call: Call) -> Reply:
    """200 with every published invoice that was generated in the last 12 months (003:2), newest first."""
    customer = find_customer(call)
    published = call.records.where(owner=customer["customer_id"], published=True).order_by("-created", "id")
    start, stop = published.span(months_before(call.now, 12), call.now)
    content = Fragment(published.json(start, stop))
    pageable = describe_page(stop - start) if call.readings["pageable"] == "object" else None
    return Reply.json(encode({"errorCode": "", "errorMessage": "", "content": content, "pageable": pageable}))


def describe_page(size: int) -> dict[str, int]:
    """One page with everything, in the form of 003:106-111."""
    return {"page": 0, "size": size, "totalPages": 1, "totalElements": size}


GET_CUSTOMER_INVOICE_LIST = Operation(
    id="getCustomerInvoiceList",
    path="/api/v2/customer/{id}/invoices",  # 003:9
    query=Query(),
    handler=get_customer_invoice_list,
)


def example(account: Account, dataset: Dataset) -> Example:
    """The Requestor requests its own invoices."""
    path = GET_CUSTOMER_INVOICE_LIST.path.replace("{id}", account["customer_id"])
    return Example(path, headers=CREDENTIAL.write(account["token"]))
