"""The fixture files as they stand, read without the server's code, and queries made from their records."""

from __future__ import annotations

from collections.abc import Iterable
from functools import cache
from typing import Any

from mockserver.data import shipped, yamltext

FOREVER = {"startDate": "0001-01-01", "endDate": "9999-12-31"}


def accounts(dataset: str = "default") -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = _content(dataset)["accounts"]
    return found


def records(dataset: str = "default", tenant: int = 0) -> list[dict[str, Any]]:
    """The invoices of a tenant, in the order of the file."""
    owner = accounts(dataset)[tenant]["tenant_id"]
    return [record for record in _content(dataset)["records"] if record["_owner"] == owner]


def newest_first(invoices: Iterable[dict[str, Any]]) -> list[str]:
    """Their ids by falling date; of one instant by rising id."""
    by_id = sorted(invoices, key=lambda invoice: str(invoice["invoiceId"]))
    return [invoice["invoiceId"] for invoice in sorted(by_id, key=lambda i: str(i["invoiceDate"]), reverse=True)]


def query(invoice: dict[str, Any], **more: str) -> dict[str, str]:
    """The query for this invoice's customer and product, at any time unless told otherwise."""
    return {"customerId": invoice["clientId"], "productId": invoice["productId"], **FOREVER, **more}


def like(invoice: dict[str, Any], among: Iterable[dict[str, Any]]) -> list[dict[str, Any]]:
    """The invoices of the same customer and product."""
    return [i for i in among if (i["clientId"], i["productId"]) == (invoice["clientId"], invoice["productId"])]


def bearer(token: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {token}"}


@cache
def _content(dataset: str) -> Any:
    return yamltext.load((shipped.fixtures("saaslogic") / f"{dataset}.yaml").read_text(encoding="utf-8"))
