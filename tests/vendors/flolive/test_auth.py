"""Who may ask (bearer token, inferred) and about whom (Eligibility, 003:10-11)."""

from __future__ import annotations

import pytest

from tests.support.client import Client
from tests.vendors.flolive.helpers import DOES_NOT_EXIST, accounts, credentials, customer, listed, path, path_of

UNAUTHORIZED = b'{"errorCode":"AUTH_1001","errorMessage":"Unauthorized","content":[],"pageable":null}'
NOBODY = "f47ac10b-58cc-4372-a567-0e02b2c3d479"


@pytest.fixture
def client() -> Client:
    return Client("flolive")


# The token ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("scheme", ["Bearer ", "bearer ", "BEARER   ", "bEaReR \t "])
def test_the_scheme_word_may_have_any_case_and_blanks_behind(client: Client, scheme: str) -> None:
    headers = {"Authorization": f"{scheme}{customer('Harbourlight')['token']}"}
    assert client.get(headers=headers).body == client.get().body


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"Authorization": ""},
        {"Authorization": "Bearer"},
        {"Authorization": "Bearer "},
        {"Authorization": "Bearer None"},
        {"Authorization": "Bearer nobody-has-this-token"},
        {"Authorization": f"Bearer {customer('Harbourlight')['token'].upper()}"},
        {"Authorization": f"Bearer {customer('Harbourlight')['token']} again"},
        {"Authorization": f"Bearer {customer('Harbourlight')['customer_id']}"},
        {"Authorization": f"Bearer {'x' * 5000}"},
        {"Authorization": "Bearer fl_\xe9\xff"},
        {"Authorization": f"Basic {customer('Harbourlight')['token']}"},
    ],
)
def test_without_a_known_token_nobody_is_told_anything(client: Client, headers: dict[str, str]) -> None:
    for target in (path("Harbourlight"), path("Sequoia"), path_of(NOBODY)):
        answer = client.get(path=target, headers=headers)
        assert (answer.status, answer.body, answer.rule) == (401, UNAUTHORIZED, "flolive.401")


def test_the_token_decides_who_asks(client: Client) -> None:
    for account in accounts():
        if "token" in account:
            own = client.get(
                path=path_of(account["customer_id"]), headers={"Authorization": f"Bearer {account['token']}"}
            )
            assert own.status == 200
            assert [invoice["id"] for invoice in own.json["content"]] == listed(account["customer_id"])


@pytest.mark.parametrize(
    ("headers", "query", "location"),
    [
        ({"Authorization": "{token}"}, "", "header.Authorization"),
        ({"Authorization": "Token {token}"}, "", "header.Authorization"),
        ({"Apikey": "{token}"}, "", "header.Apikey"),
        ({"x-api-key": "{token}"}, "", "header.X-Api-Key"),
        ({"Auth-Key": "{token}"}, "", "header.Auth-Key"),
        ({}, "access_token={token}", "query.access_token"),
        ({}, "ApiKey={token}", "query.ApiKey"),
    ],
)
def test_a_token_in_the_wrong_place_is_told_and_never_repeated(
    client: Client, headers: dict[str, str], query: str, location: str
) -> None:
    token = customer("Harbourlight")["token"]
    answer = client.get(
        query.format(token=token), headers={name: value.format(token=token) for name, value in headers.items()}
    )
    assert answer.body == UNAUTHORIZED
    assert [(w["location"], w["code"]) for w in answer.warnings] == [(location, "misplaced-credential")]
    assert token not in str(answer.headers)


def test_no_place_is_told_when_there_is_no_token_or_one_where_it_belongs(client: Client) -> None:
    assert client.get(headers={}).warnings == []
    assert client.get(headers={"Authorization": "Bearer wrong", "Apikey": "wrong"}).warnings == []
    assert client.get(Apikey="beside the right one").warnings == []


# Eligibility --------------------------------------------------------------------------------------------------------


@pytest.mark.statement("FL-06")
def test_the_requestor_reads_the_invoices_of_its_own_customer(client: Client) -> None:
    for name in ("Harbourlight", "Kestrel", "Tundra", "Lanternfish"):
        answer = client.get(path=path(name), headers=credentials(name))
        assert [invoice["id"] for invoice in answer.json["content"]] == listed(customer(name)["customer_id"])
        assert answer.json["content"]


@pytest.mark.statement("FL-02", "FL-07")
@pytest.mark.parametrize("name", ["Kestrel", "Blauwal", "Sequoia", "Mistral"])
def test_the_requestor_reads_the_invoices_of_its_sub_customers(client: Client, name: str) -> None:
    assert customer(name)["parent"] == customer("Harbourlight")["customer_id"]
    answer = client.get(path=path(name))
    assert [invoice["id"] for invoice in answer.json["content"]] == listed(customer(name)["customer_id"])
    assert answer.json["content"]
    assert answer.body != client.get().body


@pytest.mark.statement("FL-08")
@pytest.mark.parametrize(
    ("requestor", "asked"),
    [
        pytest.param("Harbourlight", "Tundra", id="a sub-customer's sub-customer"),
        pytest.param("Harbourlight", "Oliveto", id="another one, without a token"),
        pytest.param("Kestrel", "Harbourlight", id="its parent"),
        pytest.param("Tundra", "Harbourlight", id="its parent's parent"),
        pytest.param("Kestrel", "Blauwal", id="another sub-customer of its parent"),
        pytest.param("Harbourlight", "Lanternfish", id="a stranger"),
        pytest.param("Harbourlight", "Ceiba", id="a stranger's sub-customer"),
        pytest.param("Lanternfish", "Nordlys", id="a stranger, neither having a parent"),
    ],
)
def test_no_other_customer_is_eligible_and_none_is_told_to_exist(client: Client, requestor: str, asked: str) -> None:
    answer = client.get(path=path(asked), headers=credentials(requestor))
    assert (answer.status, answer.body, answer.rule) == (404, DOES_NOT_EXIST, "flolive.404.customer-1002")


@pytest.mark.parametrize(
    "customer_id",
    [
        NOBODY,
        "x",
        "0",
        "null",
        "-1",
        "%20",
        "%00",
        "J%C3%BCrgen",
        "%ff%fe",
        "9" * 4000,
        customer("Harbourlight")["customer_id"].replace("-", ""),
        f"%7B{customer('Harbourlight')['customer_id']}%7D",
        customer("Harbourlight")["customer_id"] + "%20",
        customer("Harbourlight")["token"],
    ],
)
def test_an_id_that_is_no_customers_does_not_exist(client: Client, customer_id: str) -> None:
    answer = client.get(path=path_of(customer_id))
    assert (answer.status, answer.body, answer.rule) == (404, DOES_NOT_EXIST, "flolive.404.customer-1002")


def test_the_case_of_an_id_does_not_matter(client: Client) -> None:
    for name in ("Harbourlight", "Kestrel"):
        upper = path_of(customer(name)["customer_id"].upper())
        assert client.get(path=upper).body == client.get(path=path(name)).body


@pytest.mark.parametrize("customer_id", ["", "a/b", "a%2Fb"])
def test_an_id_that_is_not_one_segment_of_the_path_is_another_path(client: Client, customer_id: str) -> None:
    answer = client.get(path=f"/flolive{path_of(customer_id)}")
    assert (answer.status, answer.rule) == (404, "flolive.404.unknown-path")


def test_every_parent_is_a_customer() -> None:
    for dataset in ("default", "docs", "empty", "edge"):
        known = {account["customer_id"] for account in accounts(dataset)}
        assert {account.get("parent") for account in accounts(dataset)} - {None} <= known
