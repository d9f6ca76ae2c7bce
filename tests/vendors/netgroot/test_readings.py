"""Readings: each choice does what it says, and nothing else."""

from __future__ import annotations

import pytest

from tests.support.client import Client
from tests.vendors.netgroot.helpers import credentials, invoices

NOT_FOUND = b'{"success":false,"message":"Subscriber not found"}'


@pytest.fixture
def client() -> Client:
    return Client("netgroot")


def test_the_readings_and_their_defaults(client: Client) -> None:
    assert client.vendor.default_readings == {
        "empty-list": "empty",
        "default-order": "newest-first",
        "bad-id": "unprocessable",
    }


@pytest.mark.parametrize(
    ("sent", "read"), [("{}abc", "{}"), ("%20{}", "{}"), ("{}.9", "{}"), ("abc", "0"), ("-", "0"), ("%20", "0")]
)
def test_a_bad_id_may_be_cast(client: Client, sent: str, read: str) -> None:
    id = str(invoices()[0]["invoice_id"])
    answer = client.get("id=" + sent.format(id), readings="bad-id=cast")
    wanted = client.get("id=" + read.format(id))
    assert (answer.status, answer.body) == (wanted.status, wanted.body)
    assert answer.codes == ["ignored-value"]
    assert client.get("id=" + sent.format(id)).status == 422


def test_empty_list(client: Client) -> None:
    nobody = credentials("newcomer")
    assert client.get(headers=nobody, readings="empty-list=empty").body == b'{"success":true,"data":[]}'
    answer = client.get(headers=nobody, readings="empty-list=not-found")
    assert (answer.status, answer.body) == (404, b'{"success":false,"message":"No invoices found"}')
    assert answer.basis == "inferred; rule=netgroot.404.no-invoices"


def test_an_empty_list_read_as_not_found_leaves_the_other_404s_as_they_are(client: Client) -> None:
    reading = "empty-list=not-found"
    assert client.get("id=1", headers=credentials("newcomer"), readings=reading).body == NOT_FOUND
    assert client.get("id=1", readings=reading).body == NOT_FOUND
    assert client.get(headers=credentials("administrator"), readings=reading).body == NOT_FOUND
    assert client.get(readings=reading).json["data"] == invoices()


@pytest.mark.parametrize("dataset", ["docs", "edge"])
@pytest.mark.statement("NG-32")
def test_default_order(dataset: str) -> None:
    newest_first = [invoice["invoice_id"] for invoice in invoices(dataset)]
    orders = {"newest-first": newest_first, "id": sorted(newest_first)}
    assert (newest_first == sorted(newest_first)) == (dataset == "docs")  # the document agrees with both
    for choice, ids in orders.items():
        data = Client("netgroot", dataset=dataset).get(readings=f"default-order={choice}").json["data"]
        assert [invoice["invoice_id"] for invoice in data] == ids


def test_bad_id(client: Client) -> None:
    refused = client.get("id=abc", readings="bad-id=unprocessable")
    assert (refused.status, refused.body) == (422, b'{"success":false,"message":"Validation error occurred"}')
    answer = client.get("id=abc", readings="bad-id=not-found")
    assert (answer.status, answer.body, answer.rule) == (404, NOT_FOUND, "netgroot.404")
    good = invoices()[0]
    assert client.get(f"id={good['invoice_id']}", readings="bad-id=not-found").json["data"] == [good]
