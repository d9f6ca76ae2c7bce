"""Error Responses (000:65-74): one message for all that is not found; the others are public elsewhere, or inferred."""

from __future__ import annotations

import pytest

from tests.support.client import Client
from tests.vendors.netgroot.helpers import accounts, content, credentials, invoices

NOT_FOUND = b'{"success":false,"message":"Subscriber not found"}'  # 000:69-72


@pytest.fixture
def client() -> Client:
    return Client("netgroot")


@pytest.mark.statement("NG-36", "NG-37", "NG-38", "NG-39", "NG-40", "NG-42")
def test_a_subscriber_that_cannot_be_found_is_404(client: Client) -> None:
    for query in ("", f"id={invoices()[0]['invoice_id']}"):
        answer = client.get(query, headers=credentials("administrator"))  # a good token that belongs to no subscriber
        assert (answer.status, answer.body) == (404, NOT_FOUND)
        assert list(answer.json) == ["success", "message"]
        assert answer.json["success"] is False
        assert answer.json["message"] == "Subscriber not found"
        assert answer.basis == "documented; rule=netgroot.404"
        assert answer.headers["Content-Type"] == "application/json; charset=utf-8"


@pytest.mark.statement("NG-36", "NG-39", "NG-41")
def test_an_invoice_that_cannot_be_found_is_the_same_404(client: Client) -> None:
    known = {record["invoice_id"] for record in content()["records"]}
    for number in (1, 123, max(known) + 1):
        assert number not in known
        answer = client.get(f"id={number}")
        assert (answer.status, answer.body, answer.rule) == (404, NOT_FOUND, "netgroot.404")


@pytest.mark.statement("NG-03", "NG-41")
def test_an_invoice_of_somebody_else_is_the_same_404(client: Client) -> None:
    own, *others = (account["subscriber_id"] for account in accounts() if invoices(subscriber=account["subscriber_id"]))
    assert others
    for other in others:
        number = invoices(subscriber=other)[0]["invoice_id"]
        answer = client.get(f"id={number}", headers=credentials(own))
        assert (answer.status, answer.body, answer.rule) == (404, NOT_FOUND, "netgroot.404")
        assert client.get(f"id={number}", headers=credentials(other)).status == 200


def test_a_subscriber_without_invoices_does_not_find_one_either(client: Client) -> None:
    answer = client.get("id=10001", headers=credentials("newcomer"))
    assert (answer.status, answer.body) == (404, NOT_FOUND)


def test_parameters_come_before_look_ups(client: Client) -> None:
    assert client.get("id=abc", headers=credentials("administrator")).status == 422


@pytest.mark.parametrize(
    ("status", "message", "basis"),
    [
        (400, "Bad Request", "inferred"),
        (401, "Unauthorized", "public"),
        (403, "Forbidden", "inferred"),
        (404, "Subscriber not found", "documented"),
        (405, "Method Not Allowed", "inferred"),
        (414, "URI Too Long", "inferred"),
        (422, "Validation error occurred", "inferred"),
        (429, "Too Many Requests", "inferred"),
        (500, "Internal Server Error", "inferred"),
        (502, "Bad Gateway", "inferred"),
        (503, "Service Unavailable", "inferred"),
    ],
)
@pytest.mark.statement("NG-37", "NG-38")
def test_every_failure_has_the_envelope_of_the_documented_one(
    client: Client, status: int, message: str, basis: str
) -> None:
    answer = client.get(headers={}, Prefer=f"code={status}")
    assert answer.status == status
    assert answer.body.decode() == f'{{"success":false,"message":"{message}"}}'
    assert answer.basis.startswith(f"{basis}; ")


def test_a_spent_quota_is_told_in_the_envelope_with_the_time_to_wait() -> None:
    client = Client("netgroot", quotas="netgroot=2/hour")  # nobody else uses this server
    assert [client.get().status for _ in range(3)] == [200, 200, 429]
    answer = client.get()
    assert answer.body == b'{"success":false,"message":"Too Many Requests"}'
    assert answer.headers["Retry-After"] == "3600"
    assert client.get(headers=credentials("kestrel")).status == 200  # every subscriber has its own
