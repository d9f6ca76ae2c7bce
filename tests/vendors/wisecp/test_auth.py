"""``Apikey: [YOUR_API_KEY]`` (004:28): which keys open the list, and what is no key."""

from __future__ import annotations

import json

import pytest

from tests.support.client import Client
from tests.vendors.wisecp.helpers import content, credentials, ids, rows

KEY = content()["accounts"][0]["api_key"]
INVALID = b'{"status":"error","message":"Invalid API key"}'


@pytest.fixture
def client() -> Client:
    return Client("wisecp")


@pytest.mark.statement("WI-04")
def test_the_key_alone_in_its_header_opens_the_list(client: Client) -> None:
    answer = client.get("limit=50", headers={"Apikey": KEY})
    assert answer.status == 200
    assert ids(answer.json["data"]) == ids(rows())[:50]


def test_every_key_sees_all_invoices_of_the_installation(client: Client) -> None:
    assert client.get(headers=credentials("accounting")).body == client.get(headers=credentials("administrator")).body
    assert client.get().json["total"] == len(content()["records"])


@pytest.mark.parametrize("header", ["apikey", "APIKEY", "ApiKey"])
def test_the_headers_name_has_any_case_and_blanks_after_the_key_do_not_matter(client: Client, header: str) -> None:
    answer = client.get(headers={header: f"{KEY} \t"})
    assert answer.body == client.get().body
    assert answer.warnings == []


@pytest.mark.parametrize(
    "value",
    [
        None,
        "",
        KEY[:-1],
        f"{KEY}x",
        KEY.upper(),
        f'"{KEY}"',
        f"Bearer {KEY}",
        f"{KEY}, {KEY}",
        "administrator",
        "[YOUR_API_KEY]",  # of another dataset
        "kéy",
        "a" * 8000,
    ],
)
@pytest.mark.statement("WI-04", "WI-50")
def test_anything_else_is_an_invalid_credentials(client: Client, value: str | None) -> None:
    answer = client.get(headers={} if value is None else {"Apikey": value})
    assert (answer.status, answer.body) == (401, INVALID)
    assert answer.basis == "inferred; rule=wisecp.401"


def test_a_key_that_lacks_the_action_is_forbidden(client: Client) -> None:
    answer = client.get("page=x", headers=credentials("helpdesk"))
    assert answer.status == 403
    assert answer.body == b'{"status":"error","message":"You do not have permission to perform this action"}'
    assert answer.basis == "inferred; rule=wisecp.403"
    assert answer.warnings == []


@pytest.mark.parametrize(
    ("headers", "query", "location"),
    [
        ({"Authorization": KEY}, "", "header.Authorization"),
        ({"Authorization": f"Bearer {KEY}"}, "", "header.Authorization"),
        ({"X-Api-Key": KEY, "Apikey": ""}, "", "header.X-Api-Key"),
        ({"Apikey": f"Bearer {KEY}"}, "", "header.Apikey"),
        ({}, f"apikey={KEY}", "query.apikey"),
        ({}, f"page=1&Api_Key={KEY}", "query.Api_Key"),
    ],
)
def test_a_key_in_a_wrong_place_does_not_count_and_is_told(
    client: Client, headers: dict[str, str], query: str, location: str
) -> None:
    answer = client.get(query, headers=headers)
    assert (answer.status, answer.body) == (401, INVALID)
    told = [(warning["location"], warning["code"]) for warning in answer.warnings]
    assert told == [(location, "misplaced-credential")]
    assert KEY not in json.dumps(dict(answer.headers))


@pytest.mark.parametrize("value", ["", "nobody-has-this-key"])
def test_a_missing_or_unknown_key_is_not_told_as_misplaced(client: Client, value: str) -> None:
    answer = client.get("apikey=", headers={"Apikey": value, "Authorization": ""})
    assert answer.status == 401
    assert answer.warnings == []


def test_a_key_in_a_wrong_place_beside_the_right_one_changes_nothing(client: Client) -> None:
    answer = client.get("apikey=nobody-has-this-key", Authorization="Bearer nobody-has-this-key")
    assert answer.body == client.get().body
    assert answer.codes == ["unknown-parameter"]


def test_the_header_content_type_is_not_required_and_does_no_harm(client: Client) -> None:
    answer = client.get(Content_Type="application/json")  # the access page asks for it, the curl sample does not
    assert answer.body == client.get().body
