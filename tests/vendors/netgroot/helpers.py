"""The fixture files as they stand, for expectations that do not come out of the server's code."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

from mockserver.data import shipped, yamltext


@lru_cache
def content(dataset: str = "default") -> dict[str, Any]:
    """Everything that a file holds; amounts with the digits that are written there."""
    path = shipped.fixtures("netgroot") / f"{dataset}.yaml"
    found: dict[str, Any] = yamltext.load(path.read_text(encoding="utf-8"))
    return found


def accounts(dataset: str = "default") -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = content(dataset)["accounts"]
    return found


def bearer(subscriber: str) -> dict[str, str]:
    """The header of a subscriber of ``default``."""
    return {"Authorization": next(f"Bearer {row['token']}" for row in accounts() if row["subscriber_id"] == subscriber)}


def invoices(dataset: str = "default", subscriber: str | None = None) -> list[dict[str, Any]]:
    """A subscriber's invoices (by default the first one's) as the document shows them, newest first, then by id."""
    owner = subscriber or accounts(dataset)[0]["subscriber_id"]
    shown = [
        {name: value for name, value in row.items() if name != "_owner"}
        for row in sorted(content(dataset)["records"], key=lambda row: int(row["invoice_id"]))
        if row["_owner"] == owner
    ]
    return sorted(shown, key=lambda row: str(row["date"]), reverse=True)
