"""What the tests of SaaSLogic share: its tenants and invoices as they stand in the fixture files, and queries."""

from __future__ import annotations

from collections.abc import Iterable
from functools import partial

from tests.vendors import helpers
from tests.vendors.helpers import Row, bearer

accounts = partial(helpers.accounts, "saaslogic")

FOREVER = {"startDate": "0001-01-01", "endDate": "9999-12-31"}


def credentials(tenant: int, dataset: str = "default") -> dict[str, str]:
    """The header of a tenant."""
    return bearer(accounts(dataset)[tenant])


def records(dataset: str = "default", tenant: int = 0) -> list[Row]:
    """The invoices of a tenant, in the order of the file."""
    owner = accounts(dataset)[tenant]["tenant_id"]
    return [record for record in helpers.records("saaslogic", dataset) if record["_owner"] == owner]


def newest_first(invoices: Iterable[Row]) -> list[str]:
    """Their ids by falling date; of one instant by rising id."""
    by_id = sorted(invoices, key=lambda invoice: str(invoice["invoiceId"]))
    return [invoice["invoiceId"] for invoice in sorted(by_id, key=lambda i: str(i["invoiceDate"]), reverse=True)]


def query(invoice: Row, **more: str) -> dict[str, str]:
    """The query for this invoice's customer and product, at any time unless told otherwise."""
    return {"customerId": invoice["clientId"], "productId": invoice["productId"], **FOREVER, **more}


def like(invoice: Row, among: Iterable[Row]) -> list[Row]:
    """The invoices of the same customer and product."""
    return [i for i in among if (i["clientId"], i["productId"]) == (invoice["clientId"], invoice["productId"])]
