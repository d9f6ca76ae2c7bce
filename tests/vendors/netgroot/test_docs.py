"""The document's own examples, replayed: the documented request gets the documented body, byte for byte."""

from __future__ import annotations

import pytest

from tests.support.client import Answer, Client, compact

# 000:26-34: the two curl commands.
HOST = "yourispcrmdomain"
PATH = "/api/v1/subscriber/getCustomersInvoices"
AUTHORIZATION = {"Authorization": "Bearer YOURAPITOKENHERE"}

# 000:40-60, and again 000:79-99.
SUCCESS = """\
{
  "success": true,
  "data": [
    {
      "invoice_id": 123,
      "amount": 50.00,
      "status": "Paid",
      "date": "2023-12-01T10:00:00Z",
      "due_date": "2023-12-15T10:00:00Z",
      "description": "Monthly Internet Subscription"
    },
    {
      "invoice_id": 124,
      "amount": 30.00,
      "status": "Pending",
      "date": "2023-11-01T10:00:00Z",
      "due_date": "2023-11-15T10:00:00Z",
      "description": "Monthly IPTV Subscription"
    }
  ]
}
"""

# 000:69-72.
NOT_FOUND = """\
{
  "success": false,
  "message": "Subscriber not found"
}
"""


@pytest.fixture
def documented() -> Client:
    return Client("netgroot", dataset="docs")


def replay(client: Client, query: str = "") -> Answer:
    return client.get(query, path=PATH, headers=AUTHORIZATION, Host=HOST)


@pytest.mark.statement("NG-12", "NG-32", "NG-33", "NG-34", "NG-35", "NG-43")
def test_get_all_invoices(documented: Client) -> None:
    answer = replay(documented)
    assert (answer.status, answer.body) == (200, compact(SUCCESS))
    assert answer.warnings == []


@pytest.mark.parametrize(
    ("number", "lines"),
    [
        pytest.param(123, (4, 11), marks=pytest.mark.statement("NG-13", "NG-34")),
        pytest.param(124, (12, 19), marks=pytest.mark.statement("NG-35")),
    ],
)
def test_get_specific_invoice(documented: Client, number: int, lines: tuple[int, int]) -> None:
    invoice = compact("\n".join(SUCCESS.splitlines()[lines[0] - 1 : lines[1]]).rstrip(","))
    answer = replay(documented, f"id={number}")
    assert (answer.status, answer.body) == (200, b'{"success":true,"data":[' + invoice + b"]}")


@pytest.mark.statement("NG-36", "NG-42")
def test_not_found(documented: Client) -> None:
    answer = replay(documented, "id=125")
    assert (answer.status, answer.body) == (404, compact(NOT_FOUND))


def test_the_example_call_of_the_docs_dataset_is_the_documented_one(documented: Client) -> None:
    assert documented.example == {"method": "GET", "path": PATH, "headers": AUTHORIZATION, "query": {}}


def test_the_token_of_the_documents_header_is_good_too(documented: Client) -> None:
    header = {"Authorization": "Bearer <your_token_here>"}  # 000:16
    assert documented.get("", path=PATH, headers=header).body == compact(SUCCESS)
    assert documented.get("", path=PATH, headers={"Authorization": "Bearer <your_token>"}).status == 401
