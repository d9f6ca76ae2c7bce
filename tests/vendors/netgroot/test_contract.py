"""NetGroot keeps the contract of all vendors."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from mockserver.sdk.contract import ErrorSpec
from tests.contract import VendorContract
from tests.support.client import Answer, Client
from tests.vendors.netgroot.helpers import invoices


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
        return [invoice["invoice_id"] for invoice in invoices()]

    def filtered(self, client: Client) -> Iterable[tuple[Mapping[str, str], list[Any]]]:
        return [({"id": str(invoice["invoice_id"])}, [invoice["invoice_id"]]) for invoice in invoices()]

    def text(self, answer: Answer, words: ErrorSpec) -> str:
        assert answer.json == {"success": False, "message": words.text}
        return words.text
