"""What each reading changes, and that nothing else does."""

from __future__ import annotations

import pytest

from tests.client import Client
from tests.vendors.jframework.helpers import BRAND, credentials, ids, jframework, live
from tests.vendors.jframework.test_errors import BAD


@pytest.fixture
def client() -> Client:
    return jframework()


@pytest.mark.parametrize(("name", "value"), BAD)
def test_bad_input_may_be_ignored_and_told(client: Client, name: str, value: str) -> None:
    assert client.get({name: value}).status == 400
    answer = client.get({name: value}, readings="bad-input=ignore")
    assert answer.body == client.get().body
    assert [(w["location"], w["code"]) for w in answer.warnings] == [(f"query.{name}", "ignored-value")]


def test_ignoring_bad_input_spares_neither_the_good_nor_the_forbidden(client: Client) -> None:
    unpaid = [invoice["id"] for invoice in live() if invoice["status"] == "Unpaid"]
    assert ids(client.get("Status=Unpaid&PageSize=x", readings="bad-input=ignore")) == unpaid
    assert client.get("UserId=somebody&PageSize=x", readings="bad-input=ignore").status == 403


@pytest.mark.parametrize(
    ("name", "field"),
    [
        ("Name", "name"),
        ("Description", "description"),
        ("Notes", "notes"),
        ("Tags", "tags"),
        ("DeliveryInstructions", "deliveryInstructions"),
    ],
)
def test_text_may_have_to_be_equal(client: Client, name: str, field: str) -> None:
    value = next(invoice[field] for invoice in live() if invoice[field])
    same = [invoice["id"] for invoice in live() if invoice[field] == value]
    assert ids(client.get({name: value}, readings="text-match=equals")) == same
    for part in (value[:-1], value.upper()):
        assert ids(client.get({name: part}, readings="text-match=equals")) == []
        assert set(same) <= set(ids(client.get({name: part}, readings="text-match=contains")))
        assert ids(client.get({name: part})) == ids(client.get({name: part}, readings="text-match=contains"))


def test_keywords_are_parts_under_any_reading(client: Client) -> None:
    assert ids(client.get("Keywords=kestrel", readings="text-match=equals")) == ids(client.get("Keywords=kestrel"))
    assert ids(client.get("Keywords=kestrel"))


def test_a_date_may_be_one_instant(client: Client) -> None:
    invoice = next(invoice for invoice in live() if invoice["invoiceDate"])
    date = str(invoice["invoiceDate"])
    for part in (date[:10], date[:16], date[:19], date[:24]):
        assert invoice["id"] in ids(client.get({"InvoiceDate": part}))
        assert invoice["id"] in ids(client.get({"InvoiceDate": part}, readings="date-match=day"))
        assert ids(client.get({"InvoiceDate": part}, readings="date-match=instant")) == []
    assert invoice["id"] in ids(client.get({"InvoiceDate": date}, readings="date-match=instant"))
    edge = jframework("edge").get("InvoiceDate=2028-01-31", readings="date-match=instant")
    assert ids(edge) == ["edgeInvoice0000002"], "midnight is the instant of a date alone"


def test_names_may_have_to_be_spelled_as_printed(client: Client) -> None:
    assert ids(client.get("PageSize=3", readings="name-case=exact")) == ids(client.get())[:3]
    answer = client.get("pageSize=3", readings="name-case=exact")
    assert ids(answer) == ids(client.get())
    assert answer.codes == ["unknown-parameter"]
    assert "PageSize" in answer.warnings[0]["message"]
    assert ids(client.get("pageSize=3")) == ids(client.get())[:3]
    assert ids(client.get("status=unpaid", readings="name-case=exact")) == ids(client.get()), "names, not values"
    assert ids(client.get("Status=unpaid", readings="name-case=exact")) == ids(client.get("Status=Unpaid"))


@pytest.mark.parametrize(
    ("asked", "limit", "size", "codes"),
    [
        ("1000", "none", 1000, []),
        ("201", "200", 200, ["ignored-value"]),
        ("2147483647", "200", 200, ["ignored-value"]),
        ("200", "200", 200, []),
        ("7", "200", 7, []),
    ],
)
def test_pages_may_be_limited_to_200(asked: str, limit: str, size: int, codes: list[str]) -> None:
    many = jframework(records=300)
    answer = many.get({"PageSize": asked}, readings=f"page-size-limit={limit}")
    total = answer.json["data"]["totalItems"]
    assert total > 200
    assert answer.json["data"]["pageSize"] == size
    assert len(ids(answer)) == min(size, total)
    assert answer.codes == codes
    second = many.get({"PageSize": asked, "PageNumber": "1"}, readings=f"page-size-limit={limit}")
    assert len(ids(second)) == min(size, max(0, total - size)), "the offset is counted in the size in use"


@pytest.mark.parametrize(
    ("headers", "query"),
    [({"Brand-URL": BRAND}, ""), ({}, ""), ({"Brand-URL": "x"}, ""), (credentials(), "PageSize=0")],
)
def test_the_top_message_may_be_the_text_itself(client: Client, headers: dict[str, str], query: str) -> None:
    generic = client.get(query, headers=headers)
    described = client.get(query, headers=headers, readings="failure-message=description")
    assert generic.json["message"] == "The request failed."
    assert described.json["message"] == generic.json["errors"][0]["message"]
    assert described.json | {"message": ""} == generic.json | {"message": ""}
