"""floLIVE keeps the contract of all vendors."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from mockserver.sdk.contract import ErrorSpec
from tests.contract import VendorContract
from tests.support.client import Answer, Client
from tests.vendors.flolive.helpers import customer, listed


class TestFloLive(VendorContract):
    name = "flolive"
    bad_credentials = [
        {},
        {"Authorization": ""},
        {"Authorization": "Bearer"},
        {"Authorization": "Basic YWxhZGRpbg=="},
        {"Authorization": "YOUR_ACCESS_TOKEN_HERE"},
        {"Authorization": "Bearer nobody-has-this-token"},
    ]

    def ids(self, answer: Answer) -> list[Any]:
        return [invoice["id"] for invoice in answer.json["content"]]

    def walk(self, client: Client) -> Iterable[tuple[list[Any], int]]:
        ids = self.ids(client.get())
        return [(ids, len(ids))]

    def expected_walk(self, client: Client) -> list[Any]:
        return listed(customer("Harbourlight")["customer_id"])

    def filtered(self, client: Client) -> Iterable[tuple[Mapping[str, str], list[Any]]]:
        """There are no filters and no pages (003:13): what looks like one changes nothing."""
        everything = self.expected_walk(client)
        return [({"page": "1", "size": "1"}, everything), ({"query": "currency==GBP"}, everything)]

    def text(self, answer: Answer, words: ErrorSpec) -> str:
        expected: dict[str, Any] = {
            "errorCode": words.code,
            "errorMessage": words.text,
            "content": [],
            "pageable": None,
        }
        assert answer.json == expected
        return words.text
