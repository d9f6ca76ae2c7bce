"""Readings: where the document leaves a choice, each choice does what it says."""

from __future__ import annotations

import pytest

from tests.client import Client
from tests.vendors.saaslogic.helpers import query, records

LEAP_DAY = ("année/2028 & co?", "leap-day-last-second")  # both in its last second


@pytest.fixture
def client() -> Client:
    return Client("saaslogic")


def inverted(client: Client) -> dict[str, str]:
    asked = client.example["query"]
    return {**asked, "startDate": asked["endDate"], "endDate": asked["startDate"]}


def ids(client: Client, start: str, end: str, field: str) -> list[str]:
    asked = query(records("edge")[0], startDate=start, endDate=end)
    return [invoice["invoiceId"] for invoice in client.get(asked, readings=f"date-field={field}").json]


# inverted-range -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("field", ["invoice-date", "billing-cycle"])
def test_an_inverted_range_is_empty_and_told(client: Client, field: str) -> None:
    answer = client.get(inverted(client), readings=f"date-field={field}")
    assert (answer.status, answer.body) == (200, b"[]")
    assert [(w["location"], w["code"]) for w in answer.warnings] == [("query.startDate", "inverted-range")]


def test_an_inverted_range_can_be_refused(client: Client) -> None:
    answer = client.get(inverted(client), readings="inverted-range=refuse")
    assert (answer.status, answer.rule) == (400, "saaslogic.400.inverted-range")
    assert answer.json["error"] == "Bad Request"
    assert answer.json["message"] == "startDate must not be after endDate"
    assert answer.warnings == []


def test_a_range_of_one_day_is_not_inverted(client: Client) -> None:
    day = records()[0]["invoiceDate"][:10]
    answer = client.get(query(records()[0], startDate=day, endDate=day), readings="inverted-range=refuse")
    assert answer.status == 200
    assert {invoice["invoiceDate"][:10] for invoice in answer.json} == {day}


# date-field ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("start", "end", "by_invoice", "by_cycle"),
    [
        # the very cycle, in which one invoice is not dated
        ("2028-02-01", "2028-02-29", [*LEAP_DAY], ["dated-after-its-cycle", *LEAP_DAY]),
        # without the cycle's first day, and without its last one
        ("2028-02-02", "2028-03-01", ["dated-after-its-cycle", *LEAP_DAY], []),
        ("2028-01-31", "2028-02-28", ["month-end-first-second"], []),
        # the whole of January, billed for its last day
        ("2028-01-01", "2028-01-31", ["month-end-first-second"], ["month-end-first-second"]),
        ("2028-01-31", "2028-01-31", ["month-end-first-second"], []),
    ],
)
def test_the_range_holds_the_invoices_day_or_the_whole_cycle(
    start: str, end: str, by_invoice: list[str], by_cycle: list[str]
) -> None:
    edge = Client("saaslogic", dataset="edge")
    assert ids(edge, start, end, "invoice-date") == by_invoice
    assert ids(edge, start, end, "billing-cycle") == by_cycle


# error-body ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("code", [400, 401, 403, 404, 405, 414, 418, 429, 500, 503])
def test_an_error_can_be_without_body(client: Client, code: int) -> None:
    answer = client.get(Prefer=f"code={code}", readings="error-body=empty")
    assert (answer.status, answer.body) == (code, b"")
    assert "Content-Type" not in answer.headers
    assert answer.headers["Content-Length"] == "0"
    assert ("Retry-After" in answer.headers) == (code == 429)


def test_every_gate_refuses_without_body(client: Client) -> None:
    empty = "error-body=empty"
    answers = [
        client.get(headers={}, readings=empty),
        client.get("", readings=empty),
        client.get(inverted(client), readings=f"{empty},inverted-range=refuse"),
        client.get(path="/saaslogic/nowhere", readings=empty),
        client.get(method="POST", readings=empty),
        client.get("x=" + "a" * 17_000, readings=empty),
    ]
    assert [answer.status for answer in answers] == [401, 400, 400, 404, 405, 414]
    assert {answer.body for answer in answers} == {b""}
    assert all("Content-Type" not in answer.headers for answer in answers)
    assert answers[4].headers["Allow"] == "GET, HEAD"


def test_without_error_body_a_success_is_the_same(client: Client) -> None:
    assert client.get(readings="error-body=empty").body == client.get().body
