"""SaaSLogic keeps the contract of all vendors."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from mockserver.sdk.contract import ErrorSpec
from tests.contract import VendorContract
from tests.support.client import Answer, Client
from tests.vendors.saaslogic.helpers import like, newest_first, query, records


class TestSaaSLogic(VendorContract):
    name = "saaslogic"
    bad_credentials = [
        {},
        {"Authorization": ""},
        {"Authorization": "Bearer"},
        {"Authorization": "Basic YWxhZGRpbg=="},
        {"Authorization": "{{bearerToken}}"},
        {"Authorization": "Bearer nobody-has-this-token"},
    ]

    def ids(self, answer: Answer) -> list[Any]:
        return [invoice["invoiceId"] for invoice in answer.json]

    def walk(self, client: Client) -> Iterable[tuple[list[Any], int]]:
        ids = self.ids(client.get())
        return [(ids, len(ids))]

    def expected_walk(self, client: Client) -> list[Any]:
        return newest_first(like(records()[0], records()))

    def filtered(self, client: Client) -> Iterable[tuple[Mapping[str, str], list[Any]]]:
        for invoice in records()[::7]:
            same, day = like(invoice, records()), invoice["invoiceDate"][:10]
            yield query(invoice), newest_first(same)
            yield (
                query(invoice, startDate=day, endDate=day),
                newest_first(other for other in same if other["invoiceDate"][:10] == day),
            )

    def text(self, answer: Answer, words: ErrorSpec) -> str:
        assert answer.json == {
            "timestamp": "2026-07-15T09:00:00.000+00:00",
            "status": words.status,
            "error": words.text,
            "message": words.text,
            "path": "/v1/invoices",
        }
        return words.text
