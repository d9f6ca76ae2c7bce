"""What the tests of jFramework share: the fixture file as it stands, without the server's code."""

from __future__ import annotations

from functools import partial
from typing import Any

from tests.support.client import Answer, Client
from tests.vendors import helpers
from tests.vendors.helpers import Row

BRAND = "https://billing.northgate.example"

accounts = partial(helpers.accounts, "jframework")
records = partial(helpers.records, "jframework")


def account(number: int) -> Row:
    """0: the example account, 1: another user of its brand, 2: without invoices, 3: expired, 4: of another brand."""
    return accounts()[number]


def credentials(number: int = 0) -> dict[str, str]:
    """The two headers of an account."""
    return {"Brand-URL": account(number)["brand_url"], "Auth-Key": account(number)["auth_key"]}


def stored(dataset: str = "default") -> list[Row]:
    """The example account's invoices, largest id first (001:19-20)."""
    owner = accounts(dataset)[0]["user_id"]
    mine = [invoice for invoice in records(dataset) if invoice["_owner"] == owner]
    return sorted(mine, key=lambda invoice: str(invoice["id"]), reverse=True)


def live(dataset: str = "default") -> list[Row]:
    """Those of them that are no test."""
    return [invoice for invoice in stored(dataset) if not invoice["testMode"]]


def items(answer: Answer) -> list[Row]:
    """The invoices of a success."""
    assert answer.status == 200
    found: list[Row] = answer.json["data"]["items"]
    return found


def ids(answer: Answer) -> list[str]:
    return [invoice["id"] for invoice in items(answer)]


def jframework(dataset: str = "default", **settings: Any) -> Client:
    return Client("jframework", dataset=dataset, **settings)
