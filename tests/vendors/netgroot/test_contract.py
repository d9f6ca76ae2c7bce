"""NetGroot keeps the contract of all vendors."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from mockserver.data import fixtures
from mockserver.library import shape
from mockserver.vendor import Words
from tests.client import Answer, Client
from tests.contract import VendorContract


class TestNetGroot(VendorContract):
    name = "netgroot"
    bad_credentials = [
        {},
        {"Authorization": ""},
        {"Authorization": "Bearer"},
        {"Authorization": "Basic YWxhZGRpbg=="},
        {"Authorization": "YOURAPITOKENHERE"},
        {"Authorization": "Bearer nobody-has-this-token"},
    ]

    def ids(self, answer: Answer) -> list[Any]:
        return [invoice["invoice_id"] for invoice in answer.json["data"]]

    def walk(self, client: Client) -> Iterable[tuple[list[Any], int]]:
        ids = self.ids(client.get())
        return [(ids, len(ids))]

    def expected_walk(self, client: Client) -> list[Any]:
        return [invoice["invoice_id"] for invoice in mine(client)]

    def filtered(self, client: Client) -> Iterable[tuple[Mapping[str, str], list[Any]]]:
        return [({"id": str(invoice["invoice_id"])}, [invoice["invoice_id"]]) for invoice in mine(client)]

    def text(self, answer: Answer, words: Words) -> str:
        assert answer.json == {"success": False, "message": words.text}
        return words.text


def mine(client: Client) -> list[dict[str, Any]]:
    """The example subscriber's invoices as they stand in the file, newest first."""
    content = fixtures.read(client.vendor.fixtures / "default.yaml", shape(client.vendor))
    owner = content.accounts[0]["subscriber_id"]
    found = sorted((r for r in content.records if r["_owner"] == owner), key=lambda invoice: invoice["invoice_id"])
    return sorted(found, key=lambda invoice: invoice["date"], reverse=True)
