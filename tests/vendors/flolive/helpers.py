"""What the tests of floLIVE share: its customers and invoices as they stand in the fixture files."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

from mockserver.data import fixtures, shipped
from mockserver.data.fixtures import Content
from mockserver.library import shape
from mockserver.vendors.flolive import VENDOR

ENVELOPE = ["errorCode", "errorMessage", "content", "pageable"]
SINCE, NOW = "2025-07-15T09:00:00.000Z", "2026-07-15T09:00:00.000Z"  # the window of the default dataset's anchor
DOES_NOT_EXIST = b'{"errorCode":"CUSTOMER_1002","errorMessage":"Customer does not exist","content":[],"pageable":null}'


@lru_cache(maxsize=8)
def content(dataset: str = "default") -> Content:
    """The fixture file, read without a server."""
    return fixtures.read(shipped.fixtures("flolive") / f"{dataset}.yaml", shape(VENDOR))


def customer(name: str) -> dict[str, Any]:
    """The customer of the default dataset whose name begins so."""
    return next(account for account in content().accounts if account["name"].startswith(name))


def path(name: str) -> str:
    """The list of that customer."""
    return path_of(customer(name)["customer_id"])


def path_of(customer_id: str) -> str:
    return f"/api/v2/customer/{customer_id}/invoices"


def bearer(name: str) -> dict[str, str]:
    """The header with which that customer asks."""
    return {"Authorization": f"Bearer {customer(name)['token']}"}


def owned(customer_id: str, dataset: str = "default") -> list[dict[str, Any]]:
    """All invoices of a customer in the file."""
    return [invoice for invoice in content(dataset).records if invoice["_owner"] == customer_id]


def listed(customer_id: str, dataset: str = "default", since: str = SINCE, now: str = NOW) -> list[str]:
    """The ids that the list of a customer must have: published, in the window, newest first, ties by id."""
    found = [i for i in owned(customer_id, dataset) if i.get("_published", True) and since <= i["creationTime"] <= now]
    found.sort(key=lambda invoice: str(invoice["id"]))
    found.sort(key=lambda invoice: str(invoice["creationTime"]), reverse=True)
    return [invoice["id"] for invoice in found]
