"""Get Invoices (000:3-62, 77-99): all invoices of the authenticated subscriber, or the specific one."""

from __future__ import annotations

import re

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
    RecordQuery,
    RecordSchema,
    Reply,
    Resource,
    Summary,
    encode,
    errors,
    fields,
    params,
)
from .auth import CREDENTIAL
from .errors import NoInvoices

# Readings: where the document can be read in more than one way ------------------------------------------------------

EMPTY_LIST = Reading(
    "empty-list",
    "empty",
    ("empty", "not-found"),
    source="000:42, P[3]",  # inferred, either: the document lists no such case, its siblings do
    about="A subscriber without invoices gets 200 and an empty list, or 404 `No invoices found` as for payments.",
)
DEFAULT_ORDER = Reading(
    "default-order",
    "newest-first",
    ("newest-first", "id"),
    source="000:44-55",  # inferred, either
    about="The example agrees with newest date first and with ascending invoice_id.",
)
BAD_ID = Reading(
    "bad-id",
    "unprocessable",
    ("unprocessable", "not-found", "cast"),
    source="P[4]",  # inferred, each of them: the text is public, its use here is not
    about="An id that is no integer is 422 `Validation error occurred`, or simply an invoice that is not found, or is "
    "read as PHP casts it (`12abc` is 12, `abc` is 0).",
)
READINGS = (EMPTY_LIST, DEFAULT_ORDER, BAD_ID)


# Query Parameters (000:19-22) ---------------------------------------------------------------------------------------


class Query(ParamSchema):
    arrays = True  # as PHP reads `id[]=1` (inferred)

    id = params.Integer(synonyms=("invoice_id", "invoice", "invoice_no"))


def tolerates(error: errors.ParamError, readings: Readings) -> bool | params.ReadAs:
    """Ignores no bad id: refuses it (422), or reads it as another one. Raises NotFound where a reading says so."""
    choice = readings["bad-id"]
    if choice == "not-found":
        raise errors.NotFound
    if choice == "cast":
        digits = re.match(r"\s*([+-]?\d{1,19})", error.found or "", re.ASCII)
        number = int(digits[1]) if digits else 0
        return params.ReadAs(number, str(number))
    return False


# Response (000:36-62) -----------------------------------------------------------------------------------------------


class Invoice(RecordSchema):
    invoice_id = fields.Integer()
    amount = fields.Amount(places=2)
    status = fields.Text()  # 000:62: "e.g., Paid, Pending"
    date = fields.Timestamp("%Y-%m-%dT%H:%M:%SZ", "2023-12-01T10:00:00Z")
    due_date = fields.Timestamp("%Y-%m-%dT%H:%M:%SZ", "2023-12-15T10:00:00Z")
    description = fields.Text()
    owner = fields.Text(data_key="_owner")


INVOICES = Resource(
    schema=Invoice,
    id="invoice_id",
    columns={
        "owner": lambda invoice: invoice["_owner"],
        "invoice_id": lambda invoice: invoice["invoice_id"],
        "date": lambda invoice: invoice["date"],
    },
    summary=Summary(amount="amount", date="date", status="status"),
)


def get_customers_invoices(call: Call) -> Reply:
    """200 with the subscriber's invoices; with ``id`` exactly that one. Raises NotFound (000:74)."""
    if call.account.get("is_admin"):
        raise errors.NotFound  # an administrator's token has no subscriber
    mine = call.records.where(owner=call.account["subscriber_id"])
    found = sort_invoices(call, mine.where(invoice_id=call.params.get("id")))
    if not len(found) and "id" in call.params:
        raise errors.NotFound
    if not len(found) and call.readings["empty-list"] == "not-found":
        raise NoInvoices
    return Reply.json(encode({"success": True, "data": Fragment(found.json())}))


def sort_invoices(call: Call, found: RecordQuery) -> RecordQuery:
    """The invoices in the order of a reading, consulted only where there is an order."""
    if len(found) > 1 and call.readings["default-order"] == "id":
        return found.order_by("invoice_id")
    return found.order_by("-date", "invoice_id")


GET_CUSTOMERS_INVOICES = Operation(
    id="getCustomersInvoices",
    path="/api/v1/subscriber/getCustomersInvoices",  # 000:7
    query=Query(),
    repeated="last",  # as PHP does
    tolerates=tolerates,
    handler=get_customers_invoices,
    cacheable=True,
)


def example(account: Account, dataset: Dataset) -> Example:
    """Get All Invoices (000:26-29)."""
    return Example(GET_CUSTOMERS_INVOICES.path, headers=CREDENTIAL.write(account["token"]))
