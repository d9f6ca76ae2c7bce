"""What the tests of jFramework share: the fixture file as it stands, without the server's code."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

from mockserver.data import shipped, yamltext
from tests.client import Answer, Client

BRAND = "https://billing.northgate.example"


@lru_cache(maxsize=4)
def content(dataset: str = "default") -> dict[str, Any]:
    """A fixture file's own values."""
    path = shipped.fixtures("jframework") / f"{dataset}.yaml"
    found: dict[str, Any] = yamltext.load(path.read_text(encoding="utf-8"))
    return found


def account(number: int) -> dict[str, Any]:
    """0: the example account, 1: another user of its brand, 2: without invoices, 3: expired, 4: of another brand."""
    found: dict[str, Any] = content()["accounts"][number]
    return found


def credentials(number: int = 0) -> dict[str, str]:
    """The two headers of an account."""
    return {"Brand-URL": account(number)["brand_url"], "Auth-Key": account(number)["auth_key"]}


def stored(dataset: str = "default") -> list[dict[str, Any]]:
    """The example account's invoices, largest id first (001:19-20)."""
    owner = content(dataset)["accounts"][0]["user_id"]
    mine = [invoice for invoice in content(dataset)["records"] if invoice["_owner"] == owner]
    return sorted(mine, key=lambda invoice: str(invoice["id"]), reverse=True)


def live(dataset: str = "default") -> list[dict[str, Any]]:
    """Those of them that are no test."""
    return [invoice for invoice in stored(dataset) if not invoice["testMode"]]


def items(answer: Answer) -> list[dict[str, Any]]:
    """The invoices of a success."""
    assert answer.status == 200
    found: list[dict[str, Any]] = answer.json["data"]["items"]
    return found


def ids(answer: Answer) -> list[str]:
    return [invoice["id"] for invoice in items(answer)]


def jframework(dataset: str = "default", **settings: Any) -> Client:
    return Client("jframework", dataset=dataset, **settings)
