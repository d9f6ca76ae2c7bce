"""Errors: none is documented; the status is what counts, the body is Spring Boot's."""

from __future__ import annotations

from typing import Any

import pytest

from tests.support.client import Client
from tests.vendors.saaslogic.helpers import credentials


@pytest.fixture
def client() -> Client:
    return Client("saaslogic")


def changed(client: Client, **values: str | None) -> dict[str, str]:
    """The example query with other values; None leaves a parameter out."""
    return {name: value for name, value in {**client.example["query"], **values}.items() if value is not None}


def body(message: str, status: int = 400, error: str = "Bad Request", path: str = "/v1/invoices") -> dict[str, Any]:
    timestamp = "2026-07-15T09:00:00.000+00:00"
    return {"timestamp": timestamp, "status": status, "error": error, "message": message, "path": path}


@pytest.mark.parametrize(
    "name",
    [
        pytest.param("customerId", marks=pytest.mark.statement("SL-04")),
        pytest.param("productId", marks=pytest.mark.statement("SL-07")),
        pytest.param("startDate", marks=pytest.mark.statement("SL-10")),
        pytest.param("endDate", marks=pytest.mark.statement("SL-13")),
    ],
)
def test_each_parameter_is_required(client: Client, name: str) -> None:
    absent = client.get(changed(client, **{name: None}))
    message = f"Required request parameter '{name}' for method parameter type String is not present"
    assert (absent.status, absent.rule) == (400, "saaslogic.400.missing")
    assert absent.json == body(message)
    empty = client.get(changed(client, **{name: ""}))
    assert (empty.status, empty.rule) == (400, "saaslogic.400.empty")
    assert empty.json == body(f"{name} must not be empty")


def test_the_first_failure_in_the_documents_order_is_told(client: Client) -> None:
    assert "'customerId'" in client.get("").json["message"]
    assert "'productId'" in client.get("endDate=&startDate=x&customerId=1").json["message"]
    assert client.get("endDate=x&startDate=&productId=1&customerId=1").json["message"] == "startDate must not be empty"
    assert "'startDate'" in client.get("endDate=x&productId=1&customerId=1").json["message"]


def test_names_of_parameters_are_exact(client: Client) -> None:
    for name, other in (("customerId", "clientId"), ("customerId", "customerid"), ("startDate", "StartDate")):
        query = changed(client, **{name: None, other: client.example["query"][name]})
        assert client.get(query).rule == "saaslogic.400.missing"


@pytest.mark.parametrize("name", ["startDate", "endDate"])
@pytest.mark.parametrize(
    "value",
    [
        "2023-13-01",
        "2023-02-30",
        "2023-02-29",
        "2023-00-10",
        "0000-01-01",
        "21/07/2023",
        "2023-7-1",
        "20230721",
        "2023-06-01T00:00:00",
        " 2023-06-01",
        "2023-06-01 ",
        "2023-06-01\n",
        "２０２３-06-01",
        "yesterday",
        "1" * 5000,
    ],
)
def test_a_date_is_a_real_day_as_yyyy_mm_dd(client: Client, name: str, value: str) -> None:
    answer = client.get(changed(client, **{name: value}))
    assert (answer.status, answer.rule) == (400, "saaslogic.400.date")
    assert answer.json == body(f"Invalid {name}. Expected format yyyy-MM-dd")


def test_keys_stand_in_the_order_of_the_framework(client: Client) -> None:
    assert list(client.get("").json) == ["timestamp", "status", "error", "message", "path"]
    assert client.get("").headers["Content-Type"] == "application/json; charset=utf-8"


def test_the_timestamp_is_the_sandbox_clocks() -> None:
    late = Client("saaslogic", clock="2031-12-31T23:59:58.120Z")
    assert late.get("").json["timestamp"] == "2031-12-31T23:59:58.120+00:00"


@pytest.mark.parametrize(
    ("path", "told"),
    [
        ("/saaslogic/v1/invoice", "/v1/invoice"),
        ("/saaslogic/v1/invoices/", "/v1/invoices/"),
        ("/saaslogic/v2/invoices", "/v2/invoices"),
        ("/saaslogic", "/"),
        ("/saaslogic/v1/rechnungen/ä", "/v1/rechnungen/ä"),
    ],
)
def test_an_unknown_path_is_told_without_our_prefix(client: Client, path: str, told: str) -> None:
    answer = client.get(path=path)
    assert (answer.status, answer.rule) == (404, "saaslogic.404.unknown-path")
    assert answer.json == body("Not Found", 404, "Not Found", told)


def test_the_path_of_a_refused_call_has_no_prefix_either(client: Client) -> None:
    assert client.get("", path="/saaslogic/v1/invoices").json == client.get("").json


def test_a_wrong_method_says_so(client: Client) -> None:
    answer = client.get(method="POST")
    assert answer.json == body("Method Not Allowed", 405, "Method Not Allowed")


@pytest.mark.parametrize(("status", "phrase"), [(418, "I'm a Teapot"), (502, "Bad Gateway"), (599, "Status 599")])
def test_a_status_that_nobody_documents_says_its_phrase(client: Client, status: int, phrase: str) -> None:
    answer = client.get(Prefer=f"code={status}")
    assert answer.status == status
    assert {**answer.json, "error": "", "message": ""} == body("", status, "")
    assert answer.json["error"].lower() == answer.json["message"].lower() == phrase.lower()


def test_a_forced_bad_request_has_no_parameter_to_name(client: Client) -> None:
    answer = client.get("", Prefer="code=400", headers={})
    assert answer.rule == "saaslogic.400"
    assert answer.json == body("Bad Request")


def test_a_tenants_spent_quota_is_its_own() -> None:
    client = Client("saaslogic", quotas="saaslogic=1/minute", clock="frozen")
    assert client.get().status == 200
    spent = client.get()
    assert (spent.status, spent.headers["Retry-After"]) == (429, "60")
    assert spent.json == body("Too Many Requests", 429, "Too Many Requests")
    assert client.get(headers=credentials(1)).status == 200
