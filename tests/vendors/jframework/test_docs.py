"""The document's own request gets the document's own reply (001:23-97)."""

from __future__ import annotations

import pytest

from tests.support.client import compact
from tests.vendors.jframework.helpers import ids, jframework

HEADERS = {"Brand-URL": "YOUR_BRAND_URL", "Auth-Key": "YOUR_AUTH_KEY"}

# 001:35-97; the page masks the address of 001:49.
REPLY = """
{
"success": true,
"statusCode": 200,
"message": "The request was successful.",
"data": {
"items": [
{
"id": "sApKpllz4sAplsmzha",
"user": {
"id": "Plamxinzg18snza",
"code": "EXAMPLE",
"avatar": "https://www.gravatar.com/avatar/205e460b479e2e5b48aec07710c08d50",
"packageId": "1Plamxinzg18snza",
"packageCode": "PACKAGE",
"emailAddress": "info@example.com",
"nickName": "example",
"roles": [
"admin",
"support"
]
},
"payment": {
"code": null,
"name": null,
"amountGross": 100,
"amountFee": 10,
"amountNet": 90,
"commission": 10,
"currencyCode": "USD",
"description": "Description",
"invoiceNo": "INV-001",
"paymentType": "PaymentType",
"notes": "Notes",
"status": "Completed",
"id": "sApKpllz4sAplsmzha"
},
"packageCode": "PACKAGE_ID",
"userAddressId": "USER_ADDRESS_ID",
"subscriptionTypeId": "SUBSCRIPTION_TYPE_ID",
"type": "Provisional",
"code": "INV-20240304",
"name": "Monthly Subscription",
"description": "Invoice for the monthly subscription package.",
"notes": "Payment due within 7 days.",
"tags": "subscription, monthly",
"reminderedCount": 1,
"deliveryInstructions": "Send via email",
"confirmedDeliveryDate": "2025-07-17T07:34:48.3555192Z",
"invoiceDate": "2025-07-15T07:34:48.3555206Z",
"dueDate": null,
"overdueDate": "2025-08-14T07:34:48.3555207Z",
"billingPeriodStartDate": null,
"billingPeriodEndDate": null,
"status": "Paid",
"testMode": false
}
],
"totalItems": 1,
"pageNumber": 0,
"pageSize": 10
},
"errors": []
}
"""


@pytest.mark.statement("JF-33", "JF-102")
def test_the_documented_request_gets_the_documented_reply_byte_for_byte() -> None:
    """001:94 shows pageSize 10 though the request has no query and the default is 200 (001:22): hence the reading."""
    client, sent = jframework("docs"), HEADERS | {"Host": "protocol.jframework.io", "Accept": "*/*"}
    answer = client.get("", path="/api/v1/invoices", headers=sent, readings="default-page-size=10")
    assert answer.status == 200
    assert answer.warnings == []
    assert client.get("PageSize=10", headers=HEADERS).body == answer.body
    assert answer.body == compact(REPLY)
    assert answer.headers["Content-Type"] == "application/json; charset=utf-8"


@pytest.mark.statement("JF-35")
def test_the_documented_request() -> None:
    """001:30-34, with the placeholders of 001:24 and 001:26; only the page size differs from the printed reply."""
    answer = jframework("docs").get(
        "", path="/api/v1/invoices", headers=HEADERS | {"Host": "protocol.jframework.io", "Accept": "*/*"}
    )
    assert answer.body == compact(REPLY.replace('"pageSize": 10', '"pageSize": 200'))
    assert answer.warnings == []


@pytest.mark.parametrize(
    "query",
    [
        "PackageId=1Plamxinzg18snza",
        "Code=INV-20240304",
        "Tags=monthly",
        "InvoiceDate=2025-07-15",
        "ConfirmedDeliveryDate=2025-07-17T07:34:48.3555192Z",
        "OverdueDate=2025-08-14",
        "UserId=Plamxinzg18snza",
        "Status=Paid&Type=Provisional&ReminderedCount=1",
    ],
)
def test_filters_find_the_documents_invoice(query: str) -> None:
    assert ids(jframework("docs").get(query)) == ["sApKpllz4sAplsmzha"]


@pytest.mark.parametrize("brand", ["text", "YOUR_BRAND_URL"])
@pytest.mark.parametrize("key", ["text", "YOUR_AUTH_KEY"])
def test_the_keys_and_brands_of_the_documents_http_request_are_good_too(brand: str, key: str) -> None:
    sent = {"Brand-URL": brand, "Auth-Key": key}
    answer = jframework("docs").get("", headers=sent, readings="default-page-size=10")
    assert answer.body == compact(REPLY)
    assert answer.warnings == []


@pytest.mark.parametrize(("brand", "key", "status"), [("txt", "text", 404), ("text", "txt", 401), ("", "text", 400)])
def test_no_other_words_are(brand: str, key: str, status: int) -> None:
    assert jframework("docs").get("", headers={"Brand-URL": brand, "Auth-Key": key}).status == status
