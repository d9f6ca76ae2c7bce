"""Get Invoices (000:3-62): the list of a subscriber, one invoice of it, and every field."""

from __future__ import annotations

import re
from datetime import datetime
from decimal import Decimal
from itertools import pairwise
from typing import Any

import pytest

from mockserver.sdk import params
from tests.support.client import Client
from tests.vendors.netgroot.helpers import accounts, content, credentials, invoices

PATH = "/api/v1/subscriber/getCustomersInvoices"
KEYS = ["invoice_id", "amount", "status", "date", "due_date", "description"]
NOT_FOUND = b'{"success":false,"message":"Subscriber not found"}'
FIRST = invoices()[0]["invoice_id"]


@pytest.fixture
def client() -> Client:
    return Client("netgroot")


@pytest.fixture
def data(client: Client) -> list[dict[str, Any]]:
    """The example subscriber's invoices as they come over the wire."""
    found: list[dict[str, Any]] = client.get().json["data"]
    return found


# Endpoint (000:5-9) -------------------------------------------------------------------------------------------------


@pytest.mark.statement("NG-01", "NG-02", "NG-14")
def test_the_documented_request_lists_invoices(client: Client) -> None:
    answer = client.get("", path=PATH, headers=credentials("harbourlight"))
    assert answer.status == 200
    assert answer.json["data"] == invoices(subscriber="harbourlight")
    assert answer.headers["Content-Type"] == "application/json; charset=utf-8"
    assert answer.basis == "inferred; rule=getCustomersInvoices.200"


@pytest.mark.parametrize("wrong", [PATH.lower(), PATH + "/", PATH.replace("/v1", "/v2"), PATH.replace("/api", "//api")])
@pytest.mark.statement("NG-01")
def test_only_the_documented_path_is_one(client: Client, wrong: str) -> None:
    answer = client.get("", path=f"/netgroot{wrong}")
    assert (answer.status, answer.rule) == (404, "netgroot.404.unknown-path")


def test_the_body_of_a_get_is_ignored(client: Client) -> None:
    answer = client.app.test_client().get(PATH, headers=credentials("harbourlight"), json={"id": "abc"})
    assert answer.data == client.get().body


# Query Parameters (000:19-22) ---------------------------------------------------------------------------------------


@pytest.mark.statement("NG-06")
def test_id_is_the_only_parameter(client: Client) -> None:
    assert params.param_names(client.vendor.operations[0].query) == ["id"]
    for name in ("filter", "sort_by", "sort", "page", "limit", "status", "ID", "invoice_id", "ids[]", "id[0]"):
        answer = client.get({name: str(FIRST)})
        assert answer.body == client.get().body, name
        assert [(warning["location"], warning["code"]) for warning in answer.warnings] == [
            (f"query.{name}", "unknown-parameter")
        ]


@pytest.mark.statement("NG-08", "NG-10")
def test_without_id_all_invoices_are_listed(client: Client) -> None:
    answer = client.get("")
    assert answer.status == 200
    assert answer.json["data"] == invoices()
    assert len(answer.json["data"]) > 12
    assert 0 < sum(not invoice["amount"] for invoice in answer.json["data"]) <= len(answer.json["data"]) / 10


@pytest.mark.statement("NG-09", "NG-11", "NG-18")
def test_id_lists_the_one_invoice_of_that_invoice_id(client: Client) -> None:
    for invoice in invoices():
        answer = client.get(f"id={invoice['invoice_id']}")
        assert answer.status == 200
        assert answer.json == {"success": True, "data": [invoice]}


@pytest.mark.parametrize("written", ["{}", "000{}", "%2B{}"])
@pytest.mark.statement("NG-07")
def test_an_integer_may_have_a_sign_and_leading_zeros(client: Client, written: str) -> None:
    answer = client.get("id=" + written.format(FIRST))
    assert [invoice["invoice_id"] for invoice in answer.json["data"]] == [FIRST]


@pytest.mark.parametrize(
    "value",
    ["abc", "1.5", "12abc", "1e3", "0x7b", "-", "--1", "1,2", "null", "true", "%20", "1%202", "1%00", "%D9%A1", "%FF"],
)
@pytest.mark.statement("NG-07")
def test_an_id_that_is_no_integer_is_refused(client: Client, value: str) -> None:
    answer = client.get(f"id={value}")
    assert (answer.status, answer.rule) == (422, "netgroot.422")
    assert answer.body == b'{"success":false,"message":"Validation error occurred"}'


@pytest.mark.parametrize("value", ["0", "-0", "-1", f"-{FIRST}", "2147483648", "9" * 30, "9" * 5000])
@pytest.mark.statement("NG-41")
def test_an_integer_that_is_no_invoice_is_not_found(client: Client, value: str) -> None:
    answer = client.get(f"id={value}")
    assert (answer.status, answer.body) == (404, NOT_FOUND)


@pytest.mark.parametrize("query", ["id=", "id"])
def test_an_empty_id_is_as_absent(client: Client, query: str) -> None:
    answer = client.get(query)
    assert answer.body == client.get("").body
    assert answer.codes == ["ignored-value"]


@pytest.mark.parametrize("name", ["id[]", "id%5B%5D"])
def test_an_array_of_ids_is_read_as_php_reads_it_and_told(client: Client, name: str) -> None:
    second = invoices()[1]["invoice_id"]
    answer = client.get(f"{name}={second}")
    assert answer.body == client.get(f"id={second}").body
    assert [(w["location"], w["code"]) for w in answer.warnings] == [("query.id[]", "respelled-parameter")]
    both = client.get(f"{name}={FIRST}&{name}={second}")
    assert (both.body, both.codes) == (answer.body, ["respelled-parameter", "repeated-parameter"])
    assert client.get(f"{name}=abc").status == 422
    assert client.get(f"{name}=7").status == 404


@pytest.mark.parametrize(("sent", "meant"), [("ids", "id"), ("invoice_id", "id"), ("status", None), ("page", None)])
def test_what_an_unknown_name_seems_to_mean(client: Client, sent: str, meant: str | None) -> None:
    (warning,) = client.get({sent: "1"}).warnings
    assert warning["message"].partition("Did you mean ")[2] == (f"{meant}?" if meant else "")


def test_of_a_repeated_id_the_last_counts(client: Client) -> None:
    second = invoices()[1]["invoice_id"]
    answer = client.get(f"id=abc&id={FIRST}&id={second}")
    assert [invoice["invoice_id"] for invoice in answer.json["data"]] == [second]
    assert answer.codes == ["repeated-parameter"]
    assert client.get(f"id={FIRST}&id=").body == client.get("").body
    assert client.get(f"id={FIRST}&id=abc").status == 422


# Response (000:36-62) -----------------------------------------------------------------------------------------------


@pytest.mark.statement("NG-15", "NG-16", "NG-17", "NG-18")
def test_the_envelope_is_success_true_then_the_array_of_invoices(client: Client) -> None:
    for query in ("", f"id={FIRST}"):
        body = client.get(query).json
        assert list(body) == ["success", "data"]
        assert body["success"] is True
        assert isinstance(body["data"], list)
        assert all(isinstance(invoice, dict) for invoice in body["data"])


@pytest.mark.statement("NG-30", "NG-31")
def test_an_invoice_has_six_keys_in_the_documents_order(data: list[dict[str, Any]]) -> None:
    assert data
    assert all(list(invoice) == KEYS for invoice in data)


@pytest.mark.statement("NG-19", "NG-20")
def test_invoice_ids_are_integers_and_unique(client: Client) -> None:
    met = [invoice["invoice_id"] for account in accounts() for invoice in all_of(client, account)]
    assert all(type(number) is int for number in met)
    assert len(met) == len(set(met)) == len(content()["records"])


@pytest.mark.parametrize("dataset", ["default", "edge", "docs"])
@pytest.mark.statement("NG-21", "NG-22")
def test_amounts_are_numbers_with_two_decimals(dataset: str) -> None:
    answer = Client("netgroot", dataset=dataset).get()
    written = re.findall(r'"amount":([^,}]*)', answer.body.decode())
    assert written == [str(invoice["amount"]) for invoice in invoices(dataset)]
    assert all(re.fullmatch(r"-?(0|[1-9]\d*)\.\d\d", digits) for digits in written)


@pytest.mark.statement("NG-21")
def test_amounts_differ_and_are_kept_exactly() -> None:
    written = {invoice["amount"] for invoice in Client("netgroot", dataset="edge").get().json["data"]}
    assert {Decimal("99999999999999.99"), Decimal("0.01"), Decimal("-12.50")} < written


@pytest.mark.statement("NG-23", "NG-24", "NG-25")
def test_the_status_is_paid_or_pending(data: list[dict[str, Any]]) -> None:
    assert {invoice["status"] for invoice in data} == {"Paid", "Pending"}


@pytest.mark.statement("NG-25")
def test_the_list_of_statuses_is_open() -> None:
    assert "Overdue" in {invoice["status"] for invoice in Client("netgroot", dataset="edge").get().json["data"]}


@pytest.mark.statement("NG-26", "NG-27", "NG-28")
def test_an_invoice_is_created_at_its_date_and_due_14_days_later_in_utc(data: list[dict[str, Any]]) -> None:
    now = datetime.fromisoformat(content()["anchor"])
    for invoice in data:
        for name in ("date", "due_date"):
            assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", invoice[name])
        created, due = (datetime.fromisoformat(invoice[name]) for name in ("date", "due_date"))
        assert created <= now
        assert (due - created).days == 14


@pytest.mark.statement("NG-29")
def test_a_description_says_what_the_invoice_is_for(data: list[dict[str, Any]]) -> None:
    assert "Monthly Fibre Internet Subscription" in {invoice["description"] for invoice in data}
    assert all(isinstance(invoice["description"], str) for invoice in data)


def test_text_of_any_script_arrives_as_it_is() -> None:
    answer = Client("netgroot", dataset="edge").get()
    assert answer.json["data"] == invoices("edge")
    assert "インターネット月額料金 — Подписка за месяц — اشتراك شهري — 🧾" in answer.body.decode()
    described = {invoice["description"] for invoice in answer.json["data"]}
    assert 'Credit "note"\twith\nbreaks, <b>tags</b> & a backslash \\' in described


@pytest.mark.parametrize("dataset", ["default", "edge"])
@pytest.mark.statement("NG-32")
def test_the_newest_comes_first_and_ties_are_in_the_order_of_their_ids(dataset: str) -> None:
    """In ``edge`` the file has them in another order."""
    data = Client("netgroot", dataset=dataset).get().json["data"]
    dates = [invoice["date"] for invoice in data]
    assert dates == sorted(dates, reverse=True)
    ties = [(a, b) for a, b in pairwise(data) if a["date"] == b["date"]]
    assert ties
    assert all(a["invoice_id"] < b["invoice_id"] for a, b in ties)


def test_a_subscriber_without_invoices_gets_an_empty_array(client: Client) -> None:
    answer = client.get(headers=credentials("newcomer"))
    assert (answer.status, answer.body) == (200, b'{"success":true,"data":[]}')
    assert Client("netgroot", dataset="empty").get().body == answer.body


def all_of(client: Client, account: dict[str, Any]) -> list[dict[str, Any]]:
    """The invoices that an account's token opens; an administrator's opens none."""
    found: list[dict[str, Any]] = client.get(headers=credentials(account["subscriber_id"])).json.get("data", [])
    return found
