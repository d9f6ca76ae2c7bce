"""Header Params (002:81-96): who may ask, and where the token may stand."""

from __future__ import annotations

import pytest

from tests.support.client import Client
from tests.vendors.saaslogic.helpers import accounts, credentials, query, records


@pytest.fixture
def client() -> Client:
    return Client("saaslogic")


TOKEN = accounts()[0]["token"]


@pytest.mark.statement("SL-16", "SL-18")
@pytest.mark.parametrize("value", [f"Bearer {TOKEN}", f"bearer {TOKEN}", f"BEARER   {TOKEN} "])
def test_the_token_stands_behind_the_scheme_word(client: Client, value: str) -> None:
    answer = client.get(headers={"Authorization": value})
    assert answer.status == 200
    assert answer.body == client.get().body


@pytest.mark.statement("SL-17")
@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"Authorization": ""},
        {"Authorization": "Bearer"},
        {"Authorization": "Bearer "},
        {"Authorization": f"Bearer{TOKEN}"},
        {"Authorization": f"Bearer {TOKEN}x"},
        {"Authorization": f"Bearer {TOKEN.upper()}"},
        {"Authorization": f"Bearer {TOKEN} {TOKEN}"},
        {"Authorization": "Bearer ключ".encode().decode("latin-1")},
        {"Authorization": f"Bearer {'x' * 5000}"},
    ],
    ids=["none", "empty", "word", "word-blank", "no-blank", "longer", "case", "twice", "non-ascii", "huge"],
)
def test_without_the_token_nothing_is_told(client: Client, headers: dict[str, str]) -> None:
    answer = client.get(headers=headers)
    assert (answer.status, answer.rule) == (401, "saaslogic.401")
    assert answer.json["message"] == "Unauthorized"


def test_another_vendors_or_datasets_token_is_unknown(client: Client) -> None:
    assert client.get(headers=credentials(0, "edge")).status == 401
    assert client.get(headers=Client("netgroot").example["headers"]).status == 401


@pytest.mark.parametrize(
    ("headers", "extra", "location"),
    [
        ({"Authorization": TOKEN}, "", "header.Authorization"),
        ({"Authorization": f"Token {TOKEN}"}, "", "header.Authorization"),
        ({"Apikey": TOKEN}, "", "header.Apikey"),
        ({"x-api-key": TOKEN}, "", "header.X-Api-Key"),
        ({}, f"&access_token={TOKEN}", "query.access_token"),
        ({}, f"&Token={TOKEN}", "query.Token"),
    ],
)
def test_a_token_in_a_usual_wrong_place_is_told_but_not_read(
    client: Client, headers: dict[str, str], extra: str, location: str
) -> None:
    plain, answer = client.get(headers={}), client.get(f"a=b{extra}", headers=headers)
    assert answer.status == 401
    assert answer.body == plain.body
    assert [(w["location"], w["code"]) for w in answer.warnings] == [(location, "misplaced-credential")]
    assert TOKEN not in answer.headers["X-Mock-Warnings"]


@pytest.mark.parametrize(
    "headers", [{}, {"Authorization": "Bearer"}, {"Authorization": "Bearer unknown"}, {"Apikey": ""}]
)
def test_what_is_only_missing_or_unknown_is_not_misplaced(client: Client, headers: dict[str, str]) -> None:
    assert client.get("access_token=", headers=headers).warnings == []


def test_a_good_token_is_not_told_about_another_one(client: Client) -> None:
    assert client.get(Apikey="something").warnings == []


def test_a_tenant_sees_its_own_customers_only(client: Client) -> None:
    theirs, own = query(records(tenant=1)[0]), credentials(1)
    assert client.get(theirs).body == b"[]"
    assert {invoice["clientId"] for invoice in client.get(theirs, headers=own).json} == {theirs["customerId"]}
    assert client.get(headers=own).body == b"[]"


def test_tenants_with_the_same_customer_and_product_do_not_mix() -> None:
    edge = Client("saaslogic", dataset="edge")
    both = query(records("edge", tenant=1)[0])
    assert both == query(records("edge")[0])
    seen = [edge.get(both, headers=credentials(tenant, "edge")).json for tenant in (0, 1)]
    assert [invoice["invoiceId"] for invoice in seen[1]] == ["of-the-neighbour"]
    assert "of-the-neighbour" not in [invoice["invoiceId"] for invoice in seen[0]]


def test_a_tenant_without_invoices_gets_an_empty_list(client: Client) -> None:
    for invoice in (records()[0], records(tenant=1)[0]):
        answer = client.get(query(invoice), headers=credentials(2))
        assert (answer.status, answer.body) == (200, b"[]")


def test_an_expired_token_is_no_token() -> None:
    lapsed = accounts("edge")[2]
    assert lapsed["expires"] == "2028-03-01T00:00:00Z"  # the very instant at which the dataset's clock starts
    headers = credentials(2, "edge")
    assert Client("saaslogic", dataset="edge").get(headers=headers).status == 401
    assert Client("saaslogic", dataset="edge", clock="2028-02-29T23:59:59Z").get(headers=headers).status == 200


@pytest.mark.statement("SL-19", "SL-20", "SL-21", "SL-22")
@pytest.mark.parametrize("name", ["Content-Type", "Accept"])
@pytest.mark.parametrize("value", ["application/json", "application/xml", "text/html;q=0.1", ""])
def test_content_type_and_accept_are_optional_and_without_effect(client: Client, name: str, value: str) -> None:
    with_header, without = client.get(headers={**client.example["headers"], name: value}), client.get()
    assert name not in client.example["headers"]
    assert with_header.status == without.status == 200
    assert with_header.body == without.body
    assert with_header.headers["Content-Type"] == "application/json; charset=utf-8"
