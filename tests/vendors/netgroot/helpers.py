"""What the tests of NetGroot share: its subscribers and their invoices as they stand in the fixture files."""

from __future__ import annotations

from functools import partial

from tests.vendors import helpers
from tests.vendors.helpers import Row, bearer

content = partial(helpers.content, "netgroot")
accounts = partial(helpers.accounts, "netgroot")


def credentials(subscriber: str) -> dict[str, str]:
    """The header of a subscriber of ``default``."""
    return bearer(next(row for row in accounts() if row["subscriber_id"] == subscriber))


def invoices(dataset: str = "default", subscriber: str | None = None) -> list[Row]:
    """A subscriber's invoices (by default the first one's) as the document shows them, newest first, then by id."""
    owner = subscriber or accounts(dataset)[0]["subscriber_id"]
    shown = [
        {name: value for name, value in row.items() if name != "_owner"}
        for row in sorted(content(dataset)["records"], key=lambda row: int(row["invoice_id"]))
        if row["_owner"] == owner
    ]
    return sorted(shown, key=lambda row: str(row["date"]), reverse=True)
