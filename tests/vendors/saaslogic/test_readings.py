"""Readings: where the document leaves a choice, each choice does what it says."""

from __future__ import annotations

import pytest

from tests.support.client import Client
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


# unknown-id ---------------------------------------------------------------------------------------------------------


def test_an_unknown_customer_or_product_may_be_not_found(client: Client) -> None:
    one, other = records()[0], next(i for i in records() if i["clientId"] != records()[0]["clientId"])
    foreign = records(tenant=1)[0]
    unknown = [
        {"customerId": "nobody"},
        {"productId": "nothing"},
        {"customerId": foreign["clientId"]},
        {"productId": foreign["productId"]},
    ]
    for changed in unknown:
        asked = query(one, **changed)
        assert client.get(asked, readings="unknown-id=empty").body == client.get(asked).body == b"[]"
        answer = client.get(asked, readings="unknown-id=not-found")
        assert (answer.status, answer.rule) == (404, "saaslogic.404")
        assert answer.json["message"] == "Not Found"
    known = query(one, startDate="1999-01-01", endDate="1999-01-01")
    assert client.get(known, readings="unknown-id=not-found").body == b"[]"
    apart = [i["productId"] for i in records() if i["clientId"] == other["clientId"]]
    strange = next(i["productId"] for i in records() if i["productId"] not in apart)
    never_bought = query(other, productId=strange)
    assert client.get(never_bought, readings="unknown-id=not-found").body == b"[]"


# date-time ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("zone", ["", "Z", "+05:30", ".5", ".123Z"])
@pytest.mark.parametrize("between", ["T", " "])
def test_a_time_of_day_may_be_a_bound_or_passed_over(client: Client, between: str, zone: str) -> None:
    one = records()[0]
    day, _, time = one["invoiceDate"].partition("T")

    def listed(start: str, end: str, reading: str) -> list[str]:
        answer = client.get(query(one, startDate=start, endDate=end), readings=reading)
        assert answer.status == 200
        assert answer.codes == (["ignored-value"] if reading == "date-time=ignore" and between in start + end else [])
        return [invoice["invoiceId"] for invoice in answer.json]

    sent, on_that_day = f"{day}{between}{time}{zone}", listed(day, day, "")
    assert one["invoiceId"] in on_that_day
    assert one["invoiceId"] in listed(sent, day, "date-time=accept")
    assert one["invoiceId"] in listed(day, sent, "date-time=accept")
    assert one["invoiceId"] not in listed(f"{day}{between}23:59:59{zone}", day, "date-time=accept")
    assert one["invoiceId"] not in listed(day, f"{day}{between}00:00:00{zone}", "date-time=accept")
    assert listed(f"{day}{between}23:59:59{zone}", day, "date-time=ignore") == on_that_day
    assert client.get(query(one, startDate=sent), readings="date-time=refuse").rule == "saaslogic.400.date"
    assert client.get(query(one, startDate=sent)).rule == "saaslogic.400.date"


@pytest.mark.parametrize("choice", ["accept", "ignore", "refuse"])
@pytest.mark.parametrize("bad", ["2023-02-30T00:00:00", "2023-06-01T24:30:00", "2023-06-01T", "2023-06-01T1:00", "now"])
def test_what_is_no_time_is_refused_under_any_reading(client: Client, choice: str, bad: str) -> None:
    answer = client.get(query(records()[0], endDate=bad), readings=f"date-time={choice}")
    assert (answer.status, answer.rule) == (400, "saaslogic.400.date")


def test_what_else_is_missing_is_still_told_first(client: Client) -> None:
    asked = {"startDate": "2023-06-01T00:00:00", "endDate": "2023-06-02T00:00:00", "productId": "x"}
    assert client.get(asked, readings="date-time=accept").rule == "saaslogic.400.missing"


@pytest.mark.parametrize(
    ("sent", "meant"),
    [
        ("clientId", "customerId"),
        ("customer_id", "customerId"),
        ("product", "productId"),
        ("from", "startDate"),
        ("dateTo", "endDate"),
        ("start", None),
        ("status", None),
        ("state", None),
        ("statusName", None),
        ("limit", None),
        ("page", None),
    ],
)
def test_what_an_unknown_name_seems_to_mean(client: Client, sent: str, meant: str | None) -> None:
    (warning,) = client.get({**client.example["query"], sent: "1"}).warnings
    assert warning["message"].partition("Did you mean ")[2] == (f"{meant}?" if meant else "")


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
