"""Query Params and Response Example (002:13-80): what is found, in which order, written how."""

from __future__ import annotations

import re
from collections import Counter
from decimal import Decimal
from functools import cache
from itertools import pairwise
from typing import Any

import pytest

from tests.support.client import Client
from tests.vendors.saaslogic.helpers import like, newest_first, query, records

KEYS = [
    *("invoiceId", "invoiceNumber", "clientId", "productId", "subscriptionRefId", "productName", "planName"),
    *("invoiceDate", "dueDate", "netAmount", "amountReceived", "totalTaxAmount", "totalDiscountAmount"),
    *("statusName", "currencySymbol", "billingCycleStartDate", "billingCycleEndDate"),
    *("billingFromDate", "billingToDate"),
]


@pytest.fixture
def client() -> Client:
    return Client("saaslogic")


@pytest.fixture
def edge() -> Client:
    return Client("saaslogic", dataset="edge")


def ids(client: Client, asked: dict[str, str] | str, **more: Any) -> list[str]:
    answer = client.get(asked, **more)
    assert answer.status == 200
    return [invoice["invoiceId"] for invoice in answer.json]


@cache
def everything(dataset: str) -> list[dict[str, Any]]:
    """Every invoice of the dataset's first tenant, as served."""
    client = Client("saaslogic", dataset=dataset)
    queries = {tuple(query(invoice).items()) for invoice in records(dataset)}
    return [invoice for asked in queries for invoice in client.get(dict(asked)).json]


# Route --------------------------------------------------------------------------------------------------------------


@pytest.mark.statement("SL-01", "SL-02")
def test_invoices_stand_under_a_base_url_that_ends_in_v1(client: Client) -> None:
    for base in ("/v1", "/saaslogic/v1"):
        assert client.get(path=f"{base}/invoices").body == client.get().body
    for host in ("api-sandbox.saaslogic.io", "api.saaslogic.io"):
        assert client.get(path="/v1/invoices", Host=host).body == client.get().body
    assert client.get(path="/saaslogic/invoices").status == 404


# Query Params -------------------------------------------------------------------------------------------------------


@pytest.mark.statement("SL-03", "SL-31")
def test_customer_id_is_the_client_id_of_what_comes(client: Client) -> None:
    for invoice in records()[:13]:
        found = client.get(query(invoice)).json
        assert {other["clientId"] for other in found} == {invoice["clientId"]}
        assert len(found) == len(like(invoice, records()))
    assert ids(client, query(records()[0], customerId=records()[1]["clientId"])) == []


@pytest.mark.statement("SL-06", "SL-33")
def test_product_id_is_the_product_id_of_what_comes(client: Client) -> None:
    one = records()[0]
    products = {invoice["productId"] for invoice in records() if invoice["clientId"] == one["clientId"]}
    assert len(products) > 1
    for product in products:
        found = client.get(query(one, productId=product)).json
        assert {invoice["productId"] for invoice in found} == {product}
        assert len(found) == len(like({**one, "productId": product}, records()))


@pytest.mark.statement("SL-09", "SL-12", "SL-38")
def test_both_ends_of_the_range_are_included_by_calendar_day(client: Client, edge: Client) -> None:
    same = like(records()[0], records())
    days = sorted(invoice["invoiceDate"][:10] for invoice in same)
    for start in days[::3]:
        for end in days[1::4]:
            within = [invoice for invoice in same if start <= invoice["invoiceDate"][:10] <= end]
            assert ids(client, query(same[0], startDate=start, endDate=end)) == newest_first(within)
    one = records("edge")[0]
    assert one["invoiceDate"] == "2028-02-29T23:59:59"
    assert ids(edge, query(one, startDate="2028-02-29", endDate="2028-02-29")) == [
        "année/2028 & co?",
        "leap-day-last-second",
    ]
    assert ids(edge, query(one, startDate="2028-03-01", endDate="2028-03-01")) == ["dated-after-its-cycle"]
    assert ids(edge, query(one, startDate="2028-01-31", endDate="2028-01-31")) == ["month-end-first-second"]
    assert ids(edge, query(one, startDate="2028-01-01", endDate="2028-01-30")) == []


@pytest.mark.statement("SL-15")
def test_the_four_are_read_from_the_query_alone(client: Client) -> None:
    asked, token = client.example["query"], client.example["headers"]
    assert client.get("", headers={**token, **asked}).rule == "saaslogic.400.missing"
    for kind in ({"data": asked}, {"json": asked}):
        refused = client.app.test_client().get("/v1/invoices", headers=token, **kind)
        assert refused.status_code == 400
        ignored = client.app.test_client().get("/v1/invoices", headers=token, query_string=asked, **kind)
        assert ignored.data == client.get().body


@pytest.mark.parametrize(
    "more", [{"page": "2"}, {"limit": "1"}, {"sort": "dueDate"}, {"statusName": "Paid"}, {"clientId": "another"}]
)
def test_there_is_no_paging_sorting_or_other_filter(client: Client, more: dict[str, str]) -> None:
    answer = client.get({**client.example["query"], **more})
    assert answer.body == client.get().body
    assert answer.codes == ["unknown-parameter"]


@pytest.mark.parametrize("name", ["customerId", "productId"])
@pytest.mark.parametrize(
    "value", ["nobody", "' OR 1=1 --", "%", "*", "ünbekannt", "\x00", " ", "x" * 5000, "000e0"], ids=repr
)
def test_an_unknown_customer_or_product_has_no_invoices(client: Client, name: str, value: str) -> None:
    answer = client.get({**client.example["query"], name: value})
    assert (answer.status, answer.body) == (200, b"[]")


def test_ids_are_opaque_words_of_exact_spelling(client: Client, edge: Client) -> None:
    one = records()[0]
    assert one["clientId"] != one["clientId"].upper()
    assert ids(client, query(one, customerId=one["clientId"].upper())) == []
    assert ids(client, query(one, customerId=one["clientId"] + " ")) == []
    assert ids(client, query(one, customerId=one["clientId"][:-1])) == []
    for invoice in records("edge"):
        assert invoice["invoiceId"] in ids(edge, query(invoice))
    assert any(not invoice["clientId"].isascii() for invoice in records("edge"))


def test_broken_percent_signs_and_bytes_are_a_value_like_any_other(client: Client) -> None:
    rest = "&productId=x&startDate=2023-06-01&endDate=2023-06-01"
    for value in ("%", "%zz", "%ff%fe", "a;b"):
        assert ids(client, f"customerId={value}{rest}") == []


def test_repeated_parameters_are_joined_by_commas(client: Client) -> None:
    one = records()[0]
    raw = "&".join(f"{name}={value}" for name, value in query(one).items())
    twice = client.get(f"{raw}&customerId={one['clientId']}")
    assert (twice.status, twice.body) == (200, b"[]")
    assert twice.codes == ["repeated-parameter"]
    date = client.get(f"{raw}&endDate=9999-12-31")
    assert (date.status, date.rule) == (400, "saaslogic.400.date")


def test_any_year_can_be_asked_for(client: Client, edge: Client) -> None:
    far = client.get({**client.example["query"], "startDate": "0001-01-01", "endDate": "9999-12-31"})
    assert far.body == client.get().body
    zero = next(invoice for invoice in records("edge") if invoice["invoiceId"] == "zero")
    assert ids(edge, query(zero, startDate="0001-01-01", endDate="1970-01-01")) == ["zero"]


# Response Example ---------------------------------------------------------------------------------------------------


@pytest.mark.statement("SL-24", "SL-25")
def test_a_success_is_200_with_a_bare_array(client: Client) -> None:
    answer = client.get()
    assert answer.status == 200
    assert isinstance(answer.json, list)
    assert answer.headers["Content-Type"] == "application/json; charset=utf-8"


@pytest.mark.statement("SL-26", "SL-27")
@pytest.mark.parametrize("dataset", ["default", "edge", "docs"])
def test_an_invoice_has_these_nineteen_keys_in_this_order(dataset: str) -> None:
    assert len(KEYS) == 19
    for invoice in everything(dataset):
        assert list(invoice) == KEYS


@pytest.mark.parametrize(
    "name",
    [
        pytest.param("invoiceId", marks=pytest.mark.statement("SL-28")),
        pytest.param("invoiceNumber", marks=pytest.mark.statement("SL-29")),
        pytest.param("clientId", marks=pytest.mark.statement("SL-30")),
        pytest.param("productId", marks=pytest.mark.statement("SL-32")),
        pytest.param("subscriptionRefId", marks=pytest.mark.statement("SL-34")),
        pytest.param("productName", marks=pytest.mark.statement("SL-35")),
        pytest.param("planName", marks=pytest.mark.statement("SL-36")),
        pytest.param("statusName", marks=pytest.mark.statement("SL-45")),
        pytest.param("currencySymbol", marks=pytest.mark.statement("SL-48")),
    ],
)
def test_a_text_comes_as_the_text_that_is_stored(name: str) -> None:
    for dataset in ("default", "edge"):
        served = everything(dataset)
        assert all(type(invoice[name]) is str for invoice in served)
        assert Counter(i[name] for i in served) == Counter(stored[name] for stored in records(dataset))


@pytest.mark.parametrize(
    "name",
    [
        pytest.param("invoiceDate", marks=pytest.mark.statement("SL-37", "SL-53")),
        pytest.param("dueDate", marks=pytest.mark.statement("SL-39", "SL-53")),
        pytest.param("billingCycleStartDate", marks=pytest.mark.statement("SL-49", "SL-53")),
        pytest.param("billingCycleEndDate", marks=pytest.mark.statement("SL-50", "SL-53")),
        pytest.param("billingFromDate", marks=pytest.mark.statement("SL-51", "SL-53")),
        pytest.param("billingToDate", marks=pytest.mark.statement("SL-52", "SL-53")),
    ],
)
def test_a_date_time_has_neither_zone_nor_fraction(name: str) -> None:
    clock = {"billingCycleStartDate": "00:00:00", "billingCycleEndDate": "23:59:59"}
    clock |= {"billingFromDate": "00:00:00", "billingToDate": "23:59:59"}
    for dataset in ("default", "edge"):
        served = everything(dataset)
        assert Counter(i[name] for i in served) == Counter(stored[name] for stored in records(dataset))
        for invoice in served:
            assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d", invoice[name])
            assert invoice[name].endswith(clock.get(name, ""))


@pytest.mark.parametrize(
    "name",
    [
        pytest.param("netAmount", marks=pytest.mark.statement("SL-40", "SL-44")),
        pytest.param("amountReceived", marks=pytest.mark.statement("SL-41", "SL-44")),
        pytest.param("totalTaxAmount", marks=pytest.mark.statement("SL-42", "SL-44")),
        pytest.param("totalDiscountAmount", marks=pytest.mark.statement("SL-43", "SL-44")),
    ],
)
def test_an_amount_is_a_number_without_idle_decimals(client: Client, name: str) -> None:
    for dataset in ("default", "edge"):
        served = everything(dataset)
        assert all(type(invoice[name]) in (int, Decimal) for invoice in served)
        assert Counter(i[name] for i in served) == Counter(stored[name] for stored in records(dataset))
    written = [
        digits
        for invoice in records()[:24]
        for digits in re.findall(rf'"{name}":([^,]*),'.encode(), client.get(query(invoice)).body)
    ]
    assert any(b"." not in digits for digits in written)
    assert any(b"." in digits for digits in written)
    assert all(re.fullmatch(rb"\d+(\.\d?[1-9])?", digits) for digits in written)


def test_amounts_at_the_edges_keep_every_digit(edge: Client) -> None:
    written = b"".join(edge.get(query(invoice)).body for invoice in records("edge"))
    for digits in (b"99999999999999.99,", b":0.01,", b":-12.5,", b":1234567,", b":12.345,", b":0.005,", b":0,"):
        assert digits in written


@pytest.mark.statement("SL-46", "SL-47")
def test_the_example_call_meets_both_statuses_and_what_is_paid_is_received(client: Client) -> None:
    invoices = client.get().json
    assert {invoice["statusName"] for invoice in invoices} == {"Paid", "Unpaid"}
    for invoice in invoices:
        assert (invoice["amountReceived"] == invoice["netAmount"]) == (invoice["statusName"] == "Paid")


def test_no_more_than_one_row_in_ten_is_worth_nothing(client: Client) -> None:
    invoices = client.get().json
    assert 0 < sum(not invoice["netAmount"] for invoice in invoices) <= len(invoices) / 10


def test_newest_first_and_of_one_instant_the_smaller_id_first(client: Client, edge: Client) -> None:
    served = [(invoice["invoiceDate"], invoice["invoiceId"]) for invoice in client.get().json]
    dates = [date for date, _ in served]
    assert dates == sorted(dates, reverse=True)
    ties = [(one, two) for one, two in pairwise(served) if one[0] == two[0]]
    assert ties
    assert all(one[1] < two[1] for one, two in ties)
    assert ids(edge, query(records("edge")[0])) == newest_first(like(records("edge")[0], records("edge")))


def test_the_example_call_sees_the_customers_whole_history(client: Client, edge: Client) -> None:
    for dataset, asked in (("default", client), ("edge", edge)):
        whole = newest_first(like(records(dataset)[0], records(dataset)))
        for choice in ("invoice-date", "billing-cycle"):
            assert ids(asked, asked.example["query"], readings=f"date-field={choice}") == whole


def test_a_tenant_without_records_is_shown_the_documents_own_query() -> None:
    assert Client("saaslogic", dataset="empty").example["query"] == {
        "customerId": "b2f3e6a4-5678-4b9c-9876-6f8a8b3d4567",
        "productId": "e1b1f2a3-5678-4d9c-9876-5f8a8b3d4568",
        "startDate": "2023-06-01",
        "endDate": "2023-07-21",
    }
