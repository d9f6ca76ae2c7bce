"""Get Invoices (000:3-62, 77-99): all invoices of the authenticated subscriber, or the specific one."""

from __future__ import annotations

from ...data.dataset import Account, Dataset
from ...data.records import Chart, Readings, RecordType
from ...errors import Complaint, NotFound
from ...toolkit import fields, params
from ...toolkit.jsontext import Fragment, encode
from ...vendor import Call, Endpoint, Example, Reading, Reply
from .auth import CREDENTIAL
from .errors import NoInvoices

# Readings: where the document can be read in more than one way ------------------------------------------------------

EMPTY_LIST = Reading(
    "empty-list",
    "empty",
    ("empty", "not-found"),
    source="P[3]",
    about="A subscriber without invoices gets 200 and an empty list, or 404 `No invoices found` as for payments.",
)
DEFAULT_ORDER = Reading(
    "default-order",
    "newest-first",
    ("newest-first", "id"),
    source="000:44-55",
    about="The example agrees with newest date first and with ascending invoice_id.",
)
BAD_ID = Reading(
    "bad-id",
    "unprocessable",
    ("unprocessable", "not-found"),
    source="P[4]",
    about="An id that is no integer is 422 `Validation error occurred`, or simply an invoice that is not found.",
)
READINGS = (EMPTY_LIST, DEFAULT_ORDER, BAD_ID)


# Query Parameters (000:19-22) ---------------------------------------------------------------------------------------


class Query(params.ParamSchema):
    id = params.Integer()


def ignores(complaint: Complaint, readings: Readings) -> bool:
    """Never: a bad id is refused (422), or read as an id that nobody has. Raises NotFound then."""
    if readings["bad-id"] == "not-found":
        raise NotFound
    return False


# Response (000:36-62) -----------------------------------------------------------------------------------------------


class Invoice(fields.RecordSchema):
    invoice_id = fields.Whole()
    amount = fields.Amount(places=2)
    status = fields.Text()  # 000:62: "e.g., Paid, Pending"
    date = fields.Moment("%Y-%m-%dT%H:%M:%SZ", "2023-12-01T10:00:00Z")
    due_date = fields.Moment("%Y-%m-%dT%H:%M:%SZ", "2023-12-15T10:00:00Z")
    description = fields.Text()
    owner = fields.Text(data_key="_owner")


RECORDS = RecordType(
    schema=Invoice,
    id="invoice_id",
    columns={
        "owner": lambda invoice: invoice["_owner"],
        "invoice_id": lambda invoice: invoice["invoice_id"],
        "date": lambda invoice: invoice["date"],
    },
    chart=Chart(amount="amount", date="date", status="status"),
)


def get_customers_invoices(call: Call) -> Reply:
    """200 with the subscriber's invoices; with ``id`` exactly that one. Raises NotFound (000:74)."""
    if call.account.get("is_admin"):
        raise NotFound  # an administrator's token has no subscriber
    order = ("-date", "invoice_id") if call.readings["default-order"] == "newest-first" else ("invoice_id",)
    mine = call.records.matching(owner=call.account["subscriber_id"]).ordered(*order)
    found = mine.matching(invoice_id=call.params.get("id"))
    if not len(found) and "id" in call.params:
        raise NotFound
    if not len(found) and call.readings["empty-list"] == "not-found":
        raise NoInvoices
    return Reply.json(encode({"success": True, "data": Fragment(found.json())}))


GET_CUSTOMERS_INVOICES = Endpoint(
    operation="getCustomersInvoices",
    path="/api/v1/subscriber/getCustomersInvoices",  # 000:7
    params=Query(),
    repeated="last",  # as PHP does
    ignores=ignores,
    answer=get_customers_invoices,
    repeatable=True,
)


def example(account: Account, dataset: Dataset) -> Example:
    """Get All Invoices (000:26-29)."""
    return Example(GET_CUSTOMERS_INVOICES.path, headers=CREDENTIAL.write(account["token"]))
