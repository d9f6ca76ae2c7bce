"""The document's own example (003:42-79), byte for byte."""

from __future__ import annotations

import json
from decimal import Decimal

import pytest

from tests.support.client import Client, compact

FULL_SUCCESS_ACK = """
{
"errorCode": "",
"errorMessage": "",
"content": [
{
"id": "62e8ba66-3a2d-4919-ae16-f87f35845a4b",
"invoiceNumber": "1134",
"creationTime": "2021-07-01T00:00:00.977Z",
"billingCycleStartDate": "2022-07-01T00:00:00.977Z",
"billingCycleEndDate": "2023-07-30T23:59:59.977Z",
"currency": "USD",
"taxAmount": 25.9,
"netAmount": 185.1,
"totalAmount": 211,
"dueDate": "2023-10-15"
},
{
"id": "d1d2f769-f755-4210-bf76-00fa023623e9",
"invoiceNumber": "1204",
"creationTime": "2021-02-01T00:00:00.977Z",
"billingCycleStartDate": "2022-02-01T00:00:00.977Z",
"billingCycleEndDate": "2023-02-28T23:59:59.977Z",
"currency": "USD",
"taxAmount": 10.1,
"netAmount": 200,
"totalAmount": 210.1,
"dueDate": "2023-11-15"
}
],
"pageable": null
}
"""


@pytest.fixture
def client() -> Client:
    return Client("flolive", dataset="docs")


@pytest.mark.statement("FL-10", "FL-13", "FL-15", "FL-23", "FL-24", "FL-43", "FL-44", "FL-50")
def test_the_documented_request_gets_the_documented_body(client: Client) -> None:
    """The document names no customer and no token; the rest of the request is its own, the body ``{ }`` included."""
    reply = client.app.test_client().get(
        "/api/v2/customer/00000000-0000-4000-8000-000000000003/invoices",
        data=b"{\n}",
        headers={"Authorization": "Bearer YOUR_ACCESS_TOKEN_HERE"},
    )
    assert reply.status_code == 200
    assert reply.data == compact(FULL_SUCCESS_ACK)


@pytest.mark.statement("FL-51", "FL-52", "FL-36", "FL-45")
def test_the_documented_records(client: Client) -> None:
    first, second = client.get().json["content"]
    assert (first["id"], first["invoiceNumber"]) == ("62e8ba66-3a2d-4919-ae16-f87f35845a4b", "1134")
    assert (first["currency"], first["dueDate"]) == ("USD", "2023-10-15")
    assert (first["taxAmount"], first["netAmount"], first["totalAmount"]) == (Decimal("25.9"), Decimal("185.1"), 211)
    assert (second["id"], second["invoiceNumber"]) == ("d1d2f769-f755-4210-bf76-00fa023623e9", "1204")
    assert (second["currency"], second["dueDate"]) == ("USD", "2023-11-15")
    assert (second["taxAmount"], second["netAmount"], second["totalAmount"]) == (Decimal("10.1"), 200, Decimal("210.1"))
    assert first["creationTime"] > second["creationTime"]


def test_the_documented_request_falls_out_of_the_window_in_time() -> None:
    """Why the dataset has an anchor of its own: a year later the document's invoices are nobody's any more."""
    assert json.loads(Client("flolive", dataset="docs", clock="2022-01-31T00:00:00Z").get().body)["content"][1:]
    assert Client("flolive", dataset="docs", clock="2022-07-02T00:00:00Z").get().json["content"] == []
