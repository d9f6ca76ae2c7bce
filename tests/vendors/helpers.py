"""What the tests of all vendors share: fixture files as they stand, for expectations that the server does not make."""

from __future__ import annotations

from functools import cache
from typing import Any

from mockserver.data import yaml_text
from mockserver.sdk import shipped

Row = dict[str, Any]


@cache
def content(vendor: str, dataset: str = "default") -> Row:
    """Everything that a vendor's file holds; amounts with the digits that are written there."""
    found: Row = yaml_text.load((shipped.fixtures(vendor) / f"{dataset}.yaml").read_text(encoding="utf-8"))
    return found


def accounts(vendor: str, dataset: str = "default") -> list[Row]:
    """The file's accounts; the first one is the example account."""
    found: list[Row] = content(vendor, dataset)["accounts"]
    return found


def records(vendor: str, dataset: str = "default") -> list[Row]:
    """The file's records, in its order."""
    found: list[Row] = content(vendor, dataset)["records"]
    return found


def bearer(account: Row) -> dict[str, str]:
    """The header with the account's token."""
    return {"Authorization": f"Bearer {account['token']}"}
