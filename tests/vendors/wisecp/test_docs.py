"""The document's own requests and response (004:27-28, 32-45, 49-204), replayed."""

from __future__ import annotations

from decimal import Decimal
from functools import lru_cache
from pathlib import Path

import pytest

from mockserver.sdk.jsontext import decode
from tests.support.client import Client, compact
from tests.vendors.helpers import Row
from tests.vendors.wisecp.helpers import ids, rows

# 004:49-204 to the letter, but for the e-mail address, which the document masks.
RESPONSE = (Path(__file__).parent / "documented.json").read_text().replace("[email\u00a0protected]", "info@example.com")
REQUEST = "page=1&limit=10"  # 004:27
KEY = {"Apikey": "[YOUR_API_KEY]"}  # 004:28


@pytest.fixture
def client() -> Client:
    return Client("wisecp", dataset="docs")


@lru_cache
def examples() -> tuple[Row, Row]:
    """The documented records 327 and 367."""
    first, second = decode(RESPONSE.encode())["data"]
    return first, second


@pytest.mark.statement("WI-02", "WI-03", "WI-04", "WI-06", "WI-48", "WI-145", "WI-146", "WI-147", "WI-148")
@pytest.mark.statement("WI-51", "WI-52", "WI-53", "WI-54", "WI-55", "WI-56", "WI-57", "WI-58", "WI-59", "WI-107")
def test_the_documented_request_gets_the_documented_response(client: Client) -> None:
    """The sample lists 327 before 367 (004:57, 135), the defaults say the contrary (004:16-17): hence the reading."""
    path, reading = "/api/Billing/GetInvoices", "default-order=id-ascending"
    answer = client.get(REQUEST, path=path, headers=KEY, readings=reading, Host="example.com")
    assert answer.status == 200
    assert answer.body == compact(RESPONSE)
    assert answer.rule == "GetInvoices.200"
    assert answer.warnings == []
    assert client.get(f"{REQUEST}&sort_type=ASC", headers=KEY).body == answer.body


@pytest.mark.statement("WI-18", "WI-22", "WI-145")
def test_the_request_exactly_as_printed_lists_the_higher_id_first(client: Client) -> None:
    answer = client.get(REQUEST, headers=KEY)
    assert ids(examples()) == [327, 367]
    assert ids(answer.json["data"]) == [367, 327]
    assert answer.json == {**decode(RESPONSE.encode()), "data": [*reversed(examples())]}


@pytest.mark.statement("WI-147", "WI-148")
def test_amounts_in_short_are_the_same_doubles(client: Client) -> None:
    """Any JSON reader makes the same number of 0.6886 and of its 53 digits."""
    answer = client.get(f"{REQUEST}&sort_type=ASC", headers=KEY, readings="amounts=short")
    short, printed = (text.decode().split(",") for text in (answer.body, compact(RESPONSE)))
    assert answer.body != compact(RESPONSE)
    for ours, theirs in zip(short, printed, strict=True):
        if ours != theirs:
            (name, value), (_, digits) = (text.rstrip("}]").rsplit(":", 1) for text in (ours, theirs))
            assert name.rsplit('"', 2)[1] in ("subtotal", "tax", "total", "amount")
            assert len(value) <= 7
            assert float(value) == float(digits)


@pytest.mark.statement("WI-23", "WI-26", "WI-49")
def test_the_internal_sample_over_http() -> None:
    """``'filter' => ['status' => "unpaid"]`` is what ``filter[status]=unpaid`` becomes in PHP."""
    body = Client("wisecp").get(f"{REQUEST}&filter[status]=unpaid").json
    unpaid = rows(where=lambda row: row["status"] == "unpaid")
    assert (body["page"], body["limit"], body["total"]) == (1, 10, len(unpaid))
    assert ids(body["data"]) == ids(unpaid)[:10]
    assert Client("wisecp", dataset="docs").get(f"{REQUEST}&filter[status]=unpaid").json["data"] == []


@pytest.mark.statement("WI-149")
@pytest.mark.parametrize("dataset", ["docs", "default", "edge"])
def test_a_list_shows_as_much_of_an_invoice_as_the_call_for_one(dataset: str) -> None:
    """The page of GetInvoice is not public; found by its id, an invoice has the same keys and values as in a list."""
    client = Client("wisecp", dataset=dataset)
    for row in client.get().json["data"]:
        assert client.get(f"filter[id]={row['id']}").json["data"] == [row]


@pytest.mark.statement("WI-46", "WI-47", "WI-62")
def test_the_documented_invoice_is_found_by_id_and_number(client: Client) -> None:
    assert ids(client.get("filter[id]=327", headers=KEY).json["data"]) == [327]
    assert ids(client.get("filter[number]=%23327", headers=KEY).json["data"]) == [327]
    assert client.get("filter[number]=#327", headers=KEY).json["total"] == 2  # the hash sign was not sent
    assert ids(client.get("filter[formalized]=true", headers=KEY).json["data"]) == [367]
    assert ids(client.get("filter[local]=false", headers=KEY).json["data"]) == [327]


@pytest.mark.statement("WI-107", "WI-108")
def test_the_documented_amounts(client: Client) -> None:
    noisy = [  # 004:95, 97, 114, 124, 125, 174, 175
        "0.68859999999999998987476601541857235133647918701171875",
        "0.550899999999999945288209346472285687923431396484375",
        "0.137699999999999989075405437688459642231464385986328125",
        "3.779999999999999804600747665972448885440826416015625",
        "24.780000000000001136868377216160297393798828125",
    ]
    assert [RESPONSE.count(digits) for digits in noisy] == [3, 1, 1, 1, 1]
    for digits in noisy:
        assert Decimal(float(round(Decimal(digits), 4))) == Decimal(digits)
    first, second = client.get("sort_type=ASC").json["data"]
    assert [str(first[name]) for name in ("subtotal", "tax", "total")] == [noisy[0], "0", noisy[1]]
    assert [str(second[name]) for name in ("subtotal", "tax", "total")] == ["21", noisy[3], noisy[4]]
