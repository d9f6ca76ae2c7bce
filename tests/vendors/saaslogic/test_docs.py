"""The document's own request and response (002:9-58), replayed."""

from __future__ import annotations

import pytest

from mockserver.data import fixture_check, yaml_text
from mockserver.data.build import fixture_schema
from tests.support.client import Client, compact

REQUEST = (  # 002:9, after the host
    "customerId=b2f3e6a4-5678-4b9c-9876-6f8a8b3d4567&productId=e1b1f2a3-5678-4d9c-9876-5f8a8b3d4568"
    "&startDate=2023-06-01&endDate=2023-07-21"
)
HEADERS = {"Accept": "application/json", "Content-Type": "application/json"}  # 002:11-12
TOKEN = {"Authorization": "Bearer {{bearerToken}}"}  # 002:86
INVOICE = """{
"invoiceId": "a5e1343d-bf22-4bf9-b4e1-914f39bdbc16",
"invoiceNumber": "INV-2023-001",
"clientId": "b2f3e6a4-5678-4b9c-9876-6f8a8b3d4567",
"productId": "e1b1f2a3-5678-4d9c-9876-5f8a8b3d4568",
"subscriptionRefId": "c1d2e3f4-5678-4g9c-9876-4f8a8b3d4569",
"productName": "Konnectware",
"planName": "Gold",
"invoiceDate": "2023-06-15T12:00:00",
"dueDate": "2023-07-15T12:00:00",
"netAmount": 1500,
"amountReceived": 1500,
"totalTaxAmount": 150,
"totalDiscountAmount": 100,
"statusName": "Paid",
"currencySymbol": "$",
"billingCycleStartDate": "2023-06-01T00:00:00",
"billingCycleEndDate": "2023-06-30T23:59:59",
"billingFromDate": "2023-06-01T00:00:00",
"billingToDate": "2023-06-30T23:59:59"
}"""  # 002:16-36, and again 002:37-57
RESPONSE = f"[\n{INVOICE},\n{INVOICE}\n]"  # 002:15-58


@pytest.fixture
def client() -> Client:
    return Client("saaslogic", dataset="docs")


@pytest.mark.statement("SL-02", "SL-05", "SL-08", "SL-11", "SL-14", "SL-23", "SL-24", "SL-54", "SL-55")
def test_the_documented_request_gets_the_documented_response(client: Client) -> None:
    """The request shows an empty Authorization (002:10), against "required" (002:84): the token is filled in."""
    answer = client.get(REQUEST, path="/v1/invoices", headers={**HEADERS, **TOKEN}, Host="api-sandbox.saaslogic.io")
    assert answer.status == 200
    assert answer.body == compact(RESPONSE)
    assert answer.basis == "inferred; rule=getTheInvoices.200"
    assert answer.warnings == []


@pytest.mark.statement("SL-23", "SL-17")
def test_the_request_exactly_as_printed_has_an_empty_authorization(client: Client) -> None:
    """`--header 'Authorization;'` makes curl send the header without a value."""
    answer = client.get(REQUEST, headers={**HEADERS, "Authorization": ""}, Host="api-sandbox.saaslogic.io")
    assert answer.status == 401


def test_the_example_call_of_the_docs_dataset_is_the_documents_own(client: Client) -> None:
    assert client.example == {
        "method": "GET",
        "path": "/v1/invoices",
        "headers": TOKEN,
        "query": dict(part.split("=") for part in REQUEST.split("&")),
    }
    assert client.get().body == compact(RESPONSE)


@pytest.mark.statement("SL-31", "SL-33", "SL-38")
@pytest.mark.parametrize(
    ("shown", "changed"),
    [
        ("customerId=b2f3e6a4", "customerId=c2f3e6a4"),
        ("productId=e1b1f2a3", "productId=f1b1f2a3"),
        ("startDate=2023-06-01", "startDate=2023-06-16"),
        ("endDate=2023-07-21", "endDate=2023-06-14"),
    ],
)
def test_the_example_holds_because_of_each_of_its_parameters(client: Client, shown: str, changed: str) -> None:
    assert shown in REQUEST
    assert client.get(REQUEST, headers=TOKEN).json
    assert client.get(REQUEST.replace(shown, changed), headers=TOKEN).body == b"[]"


def test_a_copy_is_kept_only_where_it_is_marked(client: Client) -> None:
    """One invoice twice is an accident of the document (002:16-57): no other list may repeat an id."""
    raw = yaml_text.load((client.vendor.fixtures / "docs.yaml").read_text(encoding="utf-8"))
    assert fixture_check.check_fixture(raw, fixture_schema(client.vendor))[1] == []
    del raw["records"][1]["_copy"]
    (fault,) = fixture_check.check_fixture(raw, fixture_schema(client.vendor))[1]
    assert fault[0] == ("records", 1, "invoiceId")
