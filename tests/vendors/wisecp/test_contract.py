"""WISECP keeps the contract of all vendors."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from mockserver.sdk.contract import ErrorSpec
from tests.contract import VendorContract
from tests.support.client import Answer, Client
from tests.vendors.wisecp.helpers import ids, ordered, rows


class TestWisecp(VendorContract):
    name = "wisecp"
    bad_credentials = [
        {},
        {"Apikey": ""},
        {"Authorization": "Bearer nobody-has-this-key"},
        {"Apikey": "[YOUR_API_KEY]"},
        {"Apikey": "nobody-has-this-key"},
    ]

    def ids(self, answer: Answer) -> list[Any]:
        return ids(answer.json["data"])

    def walk(self, client: Client) -> Iterable[tuple[list[Any], int]]:
        page = 1
        while page:
            body = client.get({"page": str(page)}).json
            yield ids(body["data"]), body["total"]
            page = body["next_page"]

    def expected_walk(self, client: Client) -> list[Any]:
        return ids(rows())

    def filtered(self, client: Client) -> Iterable[tuple[Mapping[str, str], list[Any]]]:
        paid = rows(where=lambda row: row["status"] == "paid")
        local = rows(where=lambda row: row["local"] and row["formalize"])
        newest = ordered(rows(where=lambda row: not row["taxfree"]), "created_at", "DESC")
        one = rows()[17]
        return [
            ({"filter[status]": "paid"}, ids(paid)[:10]),
            ({"filter[status]": "paid", "page": "2", "limit": "50"}, ids(paid)[50:100]),
            ({"filter[local]": "true", "filter[formalized]": "true", "page": "3", "limit": "7"}, ids(local)[14:21]),
            ({"filter[taxfree]": "false", "sort": "created_at", "limit": "20"}, ids(newest)[:20]),
            ({"filter[id]": str(one["id"])}, [one["id"]]),
            ({"filter[number]": one["number"]}, [one["id"]]),
            ({"filter[id]": str(one["id"]), "filter[number]": rows()[18]["number"]}, []),
        ]

    def text(self, answer: Answer, words: ErrorSpec) -> str:
        assert answer.json == {"status": "error", "message": words.text}
        return words.text
