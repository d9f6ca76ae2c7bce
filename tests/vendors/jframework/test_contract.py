"""jFramework keeps the contract of all vendors."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from mockserver.sdk.contract import ErrorSpec
from tests.contract import VendorContract
from tests.support.client import Answer, Client
from tests.vendors.jframework.helpers import BRAND, ids, live, stored

GENERIC = "The request failed."


class TestJFramework(VendorContract):
    name = "jframework"
    bad_credentials = [
        {},
        {"Brand-URL": BRAND},
        {"Brand-URL": BRAND, "Auth-Key": ""},
        {"Brand-URL": BRAND, "Auth-Key": "Bearer nobody-has-this-key"},
        {"Brand-URL": BRAND, "Auth-Key": "YOUR_AUTH_KEY"},
        {"Brand-URL": BRAND, "Authorization": "Bearer nobody-has-this-key"},
        {"Brand-URL": BRAND, "Auth-Key": "nobody-has-this-key"},
    ]

    def ids(self, answer: Answer) -> list[Any]:
        return ids(answer)

    def walk(self, client: Client) -> Iterable[tuple[list[Any], int]]:
        for number in range(1000):
            answer = client.get({"PageNumber": str(number), "PageSize": "37"})
            if not ids(answer):
                return
            yield ids(answer), answer.json["data"]["totalItems"]

    def expected_walk(self, client: Client) -> list[Any]:
        return [invoice["id"] for invoice in live()]

    def filtered(self, client: Client) -> Iterable[tuple[Mapping[str, str], list[Any]]]:
        unpaid = [invoice["id"] for invoice in live() if invoice["status"] == "Unpaid"]
        yield {"Status": "Unpaid"}, unpaid
        yield {"Status": "Unpaid", "PageSize": "5", "PageNumber": "1"}, unpaid[5:10]
        yield {"TestMode": "true"}, [invoice["id"] for invoice in stored() if invoice["testMode"]]

    def text(self, answer: Answer, words: ErrorSpec) -> str:
        (error,) = answer.json.pop("errors")
        assert list(answer.json) == ["success", "statusCode", "message", "data", "errors"]
        assert answer.json | {"errors": []} == {
            "success": False,
            "statusCode": words.status,
            "message": GENERIC,
            "data": None,
            "errors": [],
        }
        assert list(error) == ["code", "message", "details", "correlationId"]
        assert (error["code"], error["message"], error["details"]) == (words.code, words.text, words.text)
        return words.text
