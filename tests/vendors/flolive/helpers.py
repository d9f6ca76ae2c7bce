"""What the tests of floLIVE share: its customers and invoices as they stand in the fixture files."""

from __future__ import annotations

from functools import partial

from tests.vendors import helpers
from tests.vendors.helpers import Row, bearer

content = partial(helpers.content, "flolive")
accounts = partial(helpers.accounts, "flolive")
records = partial(helpers.records, "flolive")

ENVELOPE = ["errorCode", "errorMessage", "content", "pageable"]
SINCE, NOW = "2025-07-15T09:00:00.000Z", "2026-07-15T09:00:00.000Z"  # the window of the default dataset's anchor
DOES_NOT_EXIST = b'{"errorCode":"CUSTOMER_1002","errorMessage":"Customer does not exist","content":[],"pageable":null}'


def customer(name: str) -> Row:
    """The customer of the default dataset whose name begins so."""
    return next(account for account in accounts() if account["name"].startswith(name))


def path(name: str) -> str:
    """The list of that customer."""
    return path_of(customer(name)["customer_id"])


def path_of(customer_id: str) -> str:
    return f"/api/v2/customer/{customer_id}/invoices"


def credentials(name: str) -> dict[str, str]:
    """The header with which that customer asks."""
    return bearer(customer(name))


def owned(customer_id: str, dataset: str = "default") -> list[Row]:
    """All invoices of a customer in the file."""
    return [invoice for invoice in records(dataset) if invoice["_owner"] == customer_id]


def listed(customer_id: str, dataset: str = "default", since: str = SINCE, now: str = NOW) -> list[str]:
    """The ids that the list of a customer must have: published, in the window, newest first, ties by id."""
    found = [i for i in owned(customer_id, dataset) if i.get("_published", True) and since <= i["creationTime"] <= now]
    found.sort(key=lambda invoice: str(invoice["id"]))
    found.sort(key=lambda invoice: str(invoice["creationTime"]), reverse=True)
    return [invoice["id"] for invoice in found]
