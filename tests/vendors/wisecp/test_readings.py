"""Readings: each choice does what it says, and nothing else."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import pytest

from mockserver.app import create_app
from mockserver.data import yaml_text
from mockserver.sandbox.settings import make_settings
from mockserver.sdk.jsontext import decode
from mockserver.sdk.money import as_double
from tests.support.client import WALL, Client
from tests.vendors.wisecp.helpers import content, ids, rows

INVALID = b'{"status":"error","message":"Invalid parameter"}'


@pytest.fixture
def client() -> Client:
    return Client("wisecp")


def test_the_readings_and_their_defaults(client: Client) -> None:
    assert client.vendor.default_readings == {
        "failure-status": "http",
        "out-of-range": "clamp",
        "unknown-value": "ignore",
        "casts": "php",
        "default-order": "id-descending",
        "number-order": "text",
        "amounts": "php",
        "user-id": "stored",
        "number-match": "exact",
    }


@pytest.mark.parametrize("status", [400, 401, 403, 404, 405, 414, 418, 429, 500, 503])
def test_failure_status(client: Client, status: int) -> None:
    http = client.get(Prefer=f"code={status}", readings="failure-status=http")
    always = client.get(Prefer=f"code={status}", readings="failure-status=always-200")
    assert (http.status, always.status) == (status, 200)
    assert always.body == http.body
    assert always.basis == http.basis
    assert always.headers.get("Retry-After") == http.headers.get("Retry-After")


def test_failure_status_of_failures_that_were_not_asked_for(client: Client) -> None:
    reading = "failure-status=always-200"
    missing = client.get(headers={}, readings=reading)
    assert (missing.status, missing.json["status"], missing.rule) == (200, "error", "wisecp.401")
    assert client.get(path="/wisecp/api/Billing/Nope", readings=reading).status == 200
    method = client.get(method="POST", readings=reading)
    assert (method.status, method.headers["Allow"]) == (200, "GET, HEAD")
    assert client.get(readings=reading).body == client.get().body


OUT_OF_RANGE = ["limit=0", "limit=-1", "limit=51", "limit=" + "9" * 5000, "page=0", "page=-1", f"page={2**63}"]
UNKNOWN = [
    "page=abc",
    "page=1.5",
    "limit=ten",
    "sort=status",
    "sort_type=UP",
    "filter[status]=Paid",
    "filter[status]=%D0%BE%D0%BF%D0%BB",
    "filter[local]=maybe",
    "filter[taxfree]=2",
    "filter[formalized]=yes",
    "filter[id]=%231000100",
]


@pytest.mark.parametrize("sent", OUT_OF_RANGE)
@pytest.mark.statement("WI-08", "WI-09")
def test_out_of_range(client: Client, sent: str) -> None:
    refused = client.get(sent, readings="out-of-range=refuse")
    assert (refused.status, refused.body, refused.rule) == (400, INVALID, "wisecp.400")
    for readings in ("out-of-range=clamp", "unknown-value=refuse"):
        assert client.get(sent, readings=readings).body == client.get(sent).body
        assert client.get(sent, readings=readings).codes == ["ignored-value"]


@pytest.mark.parametrize("sent", UNKNOWN)
def test_unknown_value(client: Client, sent: str) -> None:
    refused = client.get(sent, readings="unknown-value=refuse")
    assert (refused.status, refused.body, refused.rule) == (400, INVALID, "wisecp.400")
    for readings in ("unknown-value=ignore", "out-of-range=refuse"):
        assert client.get(sent, readings=readings).body == client.get().body


@pytest.mark.parametrize("sent", [sent for sent in UNKNOWN if sent.startswith("filter")])
def test_a_filter_of_an_unknown_value_may_find_nothing(client: Client, sent: str) -> None:
    answer = client.get(f"{sent}&limit=3", readings="unknown-value=no-match")
    empty = {"status": "successful", "total": 0, "page": 1, "limit": 3, "next_page": 0, "data": []}
    assert answer.json == empty
    assert answer.codes == ["ignored-value"]
    assert answer.warnings[0]["message"].endswith("; read as what no invoice has.")


@pytest.mark.parametrize("sent", [sent for sent in UNKNOWN if not sent.startswith("filter")])
def test_what_filters_nothing_is_ignored_where_filters_find_nothing(client: Client, sent: str) -> None:
    assert client.get(sent, readings="unknown-value=no-match").body == client.get(sent).body


@pytest.mark.parametrize(
    "sent", ["page=2abc", "page=%202", "limit=49.9", "filter[id]=1000100.0", "page=99999999999999999999x"]
)
def test_casts(client: Client, sent: str) -> None:
    assert client.get(sent).body == client.get(sent, readings="casts=php").body != client.get().body
    uncast = client.get(sent, readings="casts=none")
    assert (uncast.body, uncast.codes) == (client.get().body, ["ignored-value"])
    for casts in ("php", "none"):
        refused = client.get(sent, readings=f"casts={casts},unknown-value=refuse")
        assert (refused.status, refused.body) == (400, INVALID)
    found = client.get("filter[id]=1000100.0", readings="casts=none,unknown-value=no-match")
    assert found.json["total"] == 0


@pytest.mark.parametrize("sent", ["limit=51.5", "limit=0x", "page=0.5", "page=-2x"])
def test_what_is_cast_out_of_range_may_be_refused(client: Client, sent: str) -> None:
    assert client.get(sent, readings="out-of-range=refuse").body == INVALID
    assert client.get(sent).status == client.get(sent, readings="casts=none,out-of-range=refuse").status == 200


@pytest.mark.statement("WI-18", "WI-22", "WI-145")
@pytest.mark.parametrize("query", ["", "page=2&limit=50", "filter[status]=paid", "page=3&limit=7&filter[local]=true"])
def test_default_order(client: Client, query: str) -> None:
    lowest = client.get(query, readings="default-order=id-ascending")
    assert lowest.body == client.get(f"{query}&sort_type=ASC").body != client.get(query).body
    assert client.get(query, readings="default-order=id-descending").body == client.get(query).body
    for asked in ("sort=id", "sort=total", "sort_type=DESC", "sort_type=ASC"):
        wanted = client.get(f"{query}&{asked}").body
        assert client.get(f"{query}&{asked}", readings="default-order=id-ascending").body == wanted


@pytest.mark.statement("WI-13")
def test_number_order(client: Client) -> None:
    by_value = client.get("sort=number&sort_type=ASC&limit=50", readings="number-order=natural")
    assert by_value.body == client.get("sort=id&sort_type=ASC&limit=50").body
    assert by_value.body != client.get("sort=number&sort_type=ASC&limit=50").body
    assert client.get("sort=total", readings="number-order=natural").body == client.get("sort=total").body


@pytest.mark.parametrize("sent", ["page=1&limit=50", "limit=1", "filter[local]=1", "filter[status]=", "nonsense=x"])
def test_what_is_good_empty_or_unknown_by_name_is_never_refused(client: Client, sent: str) -> None:
    strict = client.get(sent, readings="out-of-range=refuse,unknown-value=refuse")
    assert strict.status == 200
    assert strict.body == client.get(sent).body


def test_one_bad_value_is_enough_to_be_refused(client: Client) -> None:
    assert client.get("limit=99&page=abc", readings="unknown-value=refuse").body == INVALID
    assert client.get("limit=99&page=abc", readings="out-of-range=refuse").body == INVALID


PRINTED = {
    "docs": {"subtotal", "tax", "total", "amount"},
    "default": {"total", "exchange_rate", "payment_method_commission_rate"},
    "edge": {"total", "exchange_rate", "tax_rate", "rate", "quantity"},
}


@pytest.mark.parametrize("dataset", PRINTED)
@pytest.mark.statement("WI-107", "WI-108")
def test_amounts(dataset: str) -> None:
    """``php`` prints every digit of the double of every number with a fraction: rates and free data, too."""
    client = Client("wisecp", dataset=dataset)
    short, php = (client.get("limit=50", readings=f"amounts={choice}").json["data"] for choice in ("short", "php"))
    printed = set()
    for (path, ours), (same, theirs) in zip(leaves(short), leaves(php), strict=True):
        assert path == same
        double = format(Decimal(float(ours)), "f") if isinstance(ours, Decimal) else ours
        assert str(theirs) == str(double), path
        if ours != theirs:
            printed.add(path[-1])
    assert printed >= PRINTED[dataset]
    assert client.get(readings="amounts=php").body == client.get().body


@pytest.mark.parametrize("amount", ["24.78", "999999999999.9999", "12345678901234567890.1234", "1" + "0" * 400])
def test_control_and_exports_have_the_decimals_of_the_data(amount: str) -> None:
    """However PHP prints it, and though no double has so many digits."""
    http = create_app(make_settings({}, {}), wall=lambda: WALL).test_client()
    http.patch("/__admin/records/wisecp/1000100", data=f'{{"total": {amount}}}', content_type="application/json")
    shown = decode(http.get("/__admin/records/wisecp/1000100").data)
    assert str(shown["total"]) == amount
    listed = decode(http.get("/__admin/records/wisecp?contains=%231000100").data)["records"]
    assert [str(row["total"]) for row in listed if row["id"] == 1000100] == [amount]
    http.patch("/__admin/records/wisecp/1000100", json={"notes": "touched"})
    exported = yaml_text.load(http.get("/__admin/export/wisecp").text)["records"]
    assert [str(row["total"]) for row in exported if row["id"] == 1000100] == [amount]
    before = {row["id"]: row for row in content()["records"]}
    assert [row for row in exported if row["id"] != 1000100] == [row for id, row in before.items() if id != 1000100]
    sent = {"Apikey": str(content()["accounts"][0]["api_key"])}
    for choice, written in (("php", as_double(Decimal(amount))), ("short", amount)):
        served = http.get(
            "/wisecp/api/Billing/GetInvoices?filter[id]=1000100",
            headers={**sent, "X-Mock-Readings": f"wisecp.amounts={choice}"},
        )
        assert f'"total":{written},'.encode() in served.data


def leaves(value: Any, path: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], Any]]:
    """Every plain value with its path, in their order."""
    if isinstance(value, dict):
        for name, below in value.items():
            yield from leaves(below, (*path, name))
    elif isinstance(value, list):
        for below in value:
            yield from leaves(below, path)
    else:
        yield path, value


@pytest.mark.parametrize(("choice", "first", "second"), [("stored", "2", 2), ("integer", 2, 2), ("string", "2", "2")])
@pytest.mark.statement("WI-66", "WI-67")
def test_user_id(choice: str, first: str | int, second: str | int) -> None:
    client = Client("wisecp", dataset="docs")
    served = client.get("sort_type=ASC", readings=f"user-id={choice}").json["data"]
    stored = client.get("sort_type=ASC").json["data"]
    assert [row["user"]["id"] for row in served] == [first, second]
    for row, same in zip(served, stored, strict=True):
        assert list(row["user"]) == list(same["user"])
        assert {**row, "user": {**row["user"], "id": same["user"]["id"]}} == same


def test_renderings_go_together() -> None:
    client = Client("wisecp", dataset="docs")
    (row,) = client.get("filter[id]=367", readings="user-id=string,amounts=php").json["data"]
    assert row["user"]["id"] == "2"
    assert str(row["total"]) == "24.780000000000001136868377216160297393798828125"


@pytest.mark.statement("WI-47")
def test_number_match(client: Client) -> None:
    row = rows()[40]
    bare, whole = f"filter[number]={row['id']}", f"filter[number]=%23{row['id']}"
    assert client.get(bare, readings="number-match=exact").json["data"] == []
    assert client.get(whole, readings="number-match=exact").json["total"] == 1
    for sent in (bare, whole):
        assert ids(client.get(sent, readings="number-match=bare").json["data"]) == [row["id"]]
    assert client.get("filter[number]=%23%23", readings="number-match=bare").json["data"] == []
    assert client.get("", readings="number-match=bare").body == client.get("").body


def test_number_match_where_one_invoice_has_the_bare_number_of_another() -> None:
    client = Client("wisecp", dataset="edge")
    assert {"98", "#98"} < {row["number"] for row in content("edge")["records"]}
    found = {
        (sent, choice): ids(client.get(f"filter[number]={sent}", readings=f"number-match={choice}").json["data"])
        for sent in ("98", "%2398")
        for choice in ("exact", "bare")
    }
    assert found == {
        ("98", "exact"): [106],
        ("98", "bare"): [106, 98],
        ("%2398", "exact"): [98],
        ("%2398", "bare"): [98],
    }
