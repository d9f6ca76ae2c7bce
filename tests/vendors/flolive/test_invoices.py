"""The list (003:1-34): which invoices it has, in which order, and what each says."""

from __future__ import annotations

import re
from datetime import date, datetime
from decimal import Decimal
from itertools import pairwise
from typing import Any

import pytest

from tests.support.client import Answer, Client
from tests.vendors.flolive.helpers import (
    ENVELOPE,
    accounts,
    credentials,
    customer,
    listed,
    owned,
    path,
    path_of,
    records,
)
from tests.vendors.helpers import bearer

EDGE = "00000000-0000-4000-8000-0000000000d0"


@pytest.fixture
def client() -> Client:
    return Client("flolive")


def ids(answer: Answer) -> list[str]:
    return [invoice["id"] for invoice in answer.json["content"]]


def numbers(answer: Answer) -> list[int]:
    """The last digits of the ids, by which the edge dataset tells its invoices apart."""
    return [int(found[-2:], 16) for found in ids(answer)]


def everything(client: Client) -> list[dict[str, Any]]:
    """All invoices that the requestors of the dataset can see of themselves."""
    accounts = [account for account in client.data.accounts if "token" in account]
    answers = [
        client.get(path=path_of(account["customer_id"]), headers={"Authorization": f"Bearer {account['token']}"})
        for account in accounts
    ]
    return [invoice for answer in answers for invoice in answer.json["content"]]


# The request --------------------------------------------------------------------------------------------------------


@pytest.mark.statement("FL-01", "FL-02", "FL-03")
def test_the_route_lists_the_invoices_of_the_customer_in_the_path(client: Client) -> None:
    answer = client.get(path=f"/api/v2/customer/{customer('Kestrel')['customer_id']}/invoices")
    assert answer.status == 200
    assert answer.headers["Content-Type"] == "application/json; charset=utf-8"
    assert ids(answer) == listed(customer("Kestrel")["customer_id"])
    assert set(ids(answer)) <= {invoice["id"] for invoice in owned(customer("Kestrel")["customer_id"])}


@pytest.mark.parametrize("version", ["v1", "v3", "V2", ""])
def test_no_other_version_is_served(client: Client, version: str) -> None:
    answer = client.get(path="/flolive" + path("Harbourlight").replace("v2", version))
    assert (answer.status, answer.rule) == (404, "flolive.404.unknown-path")


@pytest.mark.statement("FL-09")
@pytest.mark.parametrize(
    "query", ["page=1&size=1", "size=0", "query=currency%3D%3DGBP", "id=x", "id=", "sort=id&sort=id", "%ff=%ff", "&&=&"]
)
def test_there_are_no_request_parameters(client: Client, query: str) -> None:
    answer = client.get(query)
    assert answer.body == client.get().body
    assert set(answer.codes) == {"unknown-parameter"}


@pytest.mark.parametrize("body", [b"", b"{ }", b"[]", b"{broken", b"\xff" * 10_000])
def test_any_body_is_ignored(client: Client, body: bytes) -> None:
    reply = client.app.test_client().get(client.example["path"], data=body, headers=client.example["headers"])
    assert (reply.status_code, reply.data) == (200, client.get().body)


# Which invoices -----------------------------------------------------------------------------------------------------


@pytest.mark.statement("FL-04")
def test_only_published_invoices_are_listed(client: Client) -> None:
    mine = owned(customer("Harbourlight")["customer_id"])
    drafts = {invoice["id"] for invoice in mine if not invoice["_published"]}
    assert len(drafts) > 5
    assert drafts.isdisjoint(ids(client.get()))
    assert b"ublished" not in client.get().body


@pytest.mark.statement("FL-05")
def test_only_invoices_of_the_last_twelve_months_are_listed(client: Client) -> None:
    mine = [invoice for invoice in owned(customer("Harbourlight")["customer_id"]) if invoice["_published"]]
    old = {invoice["id"] for invoice in mine if invoice["creationTime"] < "2025-07-15"}
    assert old
    assert old.isdisjoint(ids(client.get()))
    assert old | set(ids(client.get())) == {invoice["id"] for invoice in mine}


@pytest.mark.statement("FL-05")
@pytest.mark.parametrize(
    ("clock", "expected"),
    [
        pytest.param("2028-03-01T00:00:00Z", [1, 5, 6, 7, 8, 3], id="both ends are inside"),
        pytest.param("2028-03-01T00:00:00.0005Z", [1, 5, 6, 7, 8], id="half a millisecond later the oldest is out"),
        pytest.param("2028-03-01T00:00:00.001Z", [2, 1, 5, 6, 7, 8], id="the next one is generated"),
        pytest.param("2028-02-29T23:59:59.999Z", [5, 6, 7, 8, 3, 4], id="29 February goes back to 28 February"),
        pytest.param("2028-02-28T23:59:59.999Z", [6, 7, 8, 3, 4], id="and so does 28 February"),
        pytest.param("2027-01-01T00:00:00Z", [], id="before everything"),
        pytest.param("2029-03-01T00:00:00Z", [2, 1], id="a year later"),
        pytest.param("2029-03-02T00:00:00Z", [], id="after everything"),
    ],
)
def test_the_window_is_twelve_calendar_months_up_to_now(clock: str, expected: list[int]) -> None:
    assert numbers(Client("flolive", dataset="edge", clock=clock).get()) == expected


def test_the_window_holds_for_sub_customers_too() -> None:
    sub = path_of("00000000-0000-4000-8000-0000000000d1")
    for clock, expected in {"2028-02-01T00:00:00Z": [10], "2029-02-01T00:00:00.001Z": []}.items():
        assert numbers(Client("flolive", dataset="edge", clock=clock).get(path=sub)) == expected


def test_a_customer_without_invoices_gets_an_empty_success(client: Client) -> None:
    for headers in (credentials("Newcomer"), credentials("Harbourlight")):
        answer = client.get(path=path("Newcomer"), headers=headers)
        assert answer.status == 200
        assert answer.body == b'{"errorCode":"","errorMessage":"","content":[],"pageable":null}'


# The order ----------------------------------------------------------------------------------------------------------


@pytest.mark.statement("FL-45")
def test_the_newest_come_first_and_ties_stand_in_the_order_of_their_ids(client: Client) -> None:
    ties = 0
    for account in accounts():
        if "token" not in account:
            continue
        content = client.get(path=path_of(account["customer_id"]), headers=bearer(account)).json["content"]
        rows = [(invoice["creationTime"], invoice["id"]) for invoice in content]
        times = [created for created, _ in rows]
        assert times == sorted(times, reverse=True)
        tied = [pair for pair in pairwise(rows) if pair[0][0] == pair[1][0]]
        assert all(first[1] < second[1] for first, second in tied)
        ties += len(tied)
    assert ties >= 8
    assert any(one[0] == two[0] for one, two in pairwise([(i["creationTime"],) for i in client.get().json["content"]]))


def test_no_more_than_one_row_in_ten_is_worth_nothing(client: Client) -> None:
    content = client.get().json["content"]
    assert 0 < sum(not invoice["totalAmount"] for invoice in content) <= len(content) / 10


# The envelope (003:15-21) -------------------------------------------------------------------------------------------


@pytest.mark.statement("FL-11", "FL-24")
@pytest.mark.parametrize("target", ["Harbourlight", "Newcomer", "Lanternfish"])
def test_the_envelope_has_four_keys_in_their_order(client: Client, target: str) -> None:
    assert list(client.get(path=path(target)).json) == ENVELOPE


@pytest.mark.statement("FL-12", "FL-13", "FL-14", "FL-15")
def test_error_code_and_message_are_empty_strings_on_success(client: Client) -> None:
    success = client.get().json
    assert (success["errorCode"], success["errorMessage"]) == ("", "")
    failure = client.get(path=path("Lanternfish")).json
    assert (failure["errorCode"], failure["errorMessage"]) == ("CUSTOMER_1002", "Customer does not exist")


@pytest.mark.statement("FL-17", "FL-18")
def test_content_is_an_array_of_objects_although_the_table_types_it_object(client: Client) -> None:
    shown = client.get().json["content"]
    assert isinstance(shown, list)
    assert shown
    assert all(isinstance(invoice, dict) for invoice in shown)


@pytest.mark.statement("FL-20", "FL-21", "FL-23")
def test_pageable_is_shown_on_success_and_null_as_in_the_example(client: Client) -> None:
    for target in ("Harbourlight", "Newcomer"):
        success = client.get(path=path(target)).json
        assert "pageable" in success
        assert success["pageable"] is None


# The fields (003:22-34) ---------------------------------------------------------------------------------------------

MANDATORY = [
    "id", "invoiceNumber", "creationTime", "billingCycleStartDate", "billingCycleEndDate", "currency",
    "taxAmount", "netAmount", "totalAmount",
]  # fmt: skip


@pytest.mark.statement("FL-41", "FL-44")
@pytest.mark.parametrize("dataset", ["default", "docs", "edge"])
def test_the_mandatory_fields_are_always_there_and_in_the_order_of_the_example(dataset: str) -> None:
    for invoice in everything(Client("flolive", dataset=dataset)):
        assert list(invoice) in (MANDATORY, [*MANDATORY, "dueDate"])
        assert all(invoice[name] is not None for name in invoice)


@pytest.mark.statement("FL-25")
def test_id_is_a_uuid_in_lower_case(client: Client) -> None:
    for invoice in everything(client):
        assert re.fullmatch(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", invoice["id"])


@pytest.mark.statement("FL-26")
def test_invoice_number_is_a_string(client: Client) -> None:
    assert {type(invoice["invoiceNumber"]) for invoice in everything(client)} == {str}
    assert all(invoice["invoiceNumber"].isdigit() for invoice in everything(client))
    edge = [invoice["invoiceNumber"] for invoice in Client("flolive", dataset="edge").get().json["content"]]
    assert "請求書-2027/12-Ж" in edge


@pytest.mark.statement("FL-27", "FL-42")
def test_creation_time_is_written_with_milliseconds_and_z(client: Client) -> None:
    for invoice in everything(client):
        for name in ("creationTime", "billingCycleStartDate", "billingCycleEndDate"):
            assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", invoice[name])
        assert datetime.fromisoformat(invoice["creationTime"]) > datetime.fromisoformat(invoice["billingCycleEndDate"])


@pytest.mark.statement("FL-29", "FL-31")
def test_the_billing_cycle_has_the_names_of_the_example_by_default(client: Client) -> None:
    for invoice in everything(client):
        assert invoice["billingCycleStartDate"] < invoice["billingCycleEndDate"]
        assert not {"billingCycleStartTime", "billingCycleEndTime"} & set(invoice)


@pytest.mark.statement("FL-32")
def test_currency_is_a_code(client: Client) -> None:
    assert {invoice["currency"] for invoice in everything(client)} == {"USD", "GBP", "EUR"}


@pytest.mark.statement("FL-33", "FL-34", "FL-35", "FL-36")
@pytest.mark.parametrize("dataset", ["default", "docs", "edge"])
def test_the_total_is_exactly_net_plus_tax(dataset: str) -> None:
    for invoice in everything(Client("flolive", dataset=dataset)):
        tax, net, total = invoice["taxAmount"], invoice["netAmount"], invoice["totalAmount"]
        assert {type(tax), type(net), type(total)} <= {int, Decimal}
        assert tax + net == total


@pytest.mark.statement("FL-43")
@pytest.mark.parametrize("dataset", ["default", "docs", "edge"])
def test_amounts_are_numbers_without_trailing_zeros(dataset: str) -> None:
    client = Client("flolive", dataset=dataset)
    written = re.findall(rb'"(?:tax|net|total)Amount":([^,}]*)', client.get().body)
    assert written
    for amount in written:
        assert re.fullmatch(rb"-?(0|[1-9]\d*)(\.\d*[1-9])?", amount)


def test_amounts_of_any_size_keep_their_digits() -> None:
    body = Client("flolive", dataset="edge").get().body
    for digits in (b"99999999999999999.99", b'"netAmount":0.0001', b'"totalAmount":-12.5', b'"taxAmount":0.005'):
        assert digits in body
    assert b'"totalAmount":13310,' in body


@pytest.mark.statement("FL-37", "FL-38")
def test_the_due_date_may_be_absent(client: Client) -> None:
    shown = client.get().json["content"]
    assert {"dueDate" in invoice for invoice in shown} == {True, False}
    in_file = {invoice["id"]: invoice.get("dueDate") for invoice in records()}
    assert all(invoice.get("dueDate") == in_file[invoice["id"]] for invoice in shown)


@pytest.mark.statement("FL-39", "FL-40")
def test_the_due_date_is_a_day_although_the_table_types_it_date_time(client: Client) -> None:
    """The two contradict: written as in the example, and still a time that a reader of ISO 8601 takes."""
    due = [invoice["dueDate"] for invoice in everything(client) if "dueDate" in invoice]
    assert due
    for text in due:
        assert str(date.fromisoformat(text)) == text
        assert datetime.fromisoformat(text).date() == date.fromisoformat(text)


def test_the_requestor_of_the_example_sees_all_kinds_by_itself(client: Client) -> None:
    shown = client.get().json["content"]
    mine = owned(customer("Harbourlight")["customer_id"])
    assert {"dueDate" in invoice for invoice in shown} == {True, False}
    assert {invoice["totalAmount"] == 0 for invoice in shown} == {True, False}
    assert {invoice["_published"] for invoice in mine} == {True, False}
    assert min(invoice["creationTime"] for invoice in mine) < "2025-07-15"
