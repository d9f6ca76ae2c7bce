"""Authorization (000:12-16): whose token it is, and what is no token."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.support.client import Client
from tests.vendors.netgroot.helpers import accounts, content, invoices

UNAUTHORIZED = b'{"success":false,"message":"Unauthorized"}'
TOKEN = accounts()[0]["token"]


@pytest.fixture
def client() -> Client:
    return Client("netgroot")


@pytest.mark.statement("NG-03", "NG-04", "NG-05")
def test_a_bearer_token_opens_its_own_subscribers_invoices_and_no_others(client: Client) -> None:
    subscribers = [account for account in accounts() if not account.get("is_admin")]
    assert len(subscribers) > 2
    seen = 0
    for account in subscribers:
        answer = client.get(headers={"Authorization": f"Bearer {account['token']}"})
        assert answer.status == 200
        assert answer.json["data"] == invoices(subscriber=account["subscriber_id"])
        seen += len(answer.json["data"])
    assert seen == len(content()["records"])  # and so every invoice is somebody's


@pytest.mark.parametrize("value", ["bearer {}", "BEARER {}", "Bearer   {}", "Bearer {} \t"])
def test_the_scheme_word_has_any_case_and_blanks_do_not_matter(client: Client, value: str) -> None:
    answer = client.get(headers={"Authorization": value.format(TOKEN)})
    assert answer.body == client.get().body
    assert answer.warnings == []


@pytest.mark.parametrize(
    "value",
    [
        None,
        "",
        "Bearer",
        "Bearer ",
        TOKEN,
        f"Bearer{TOKEN}",
        f"Bearer: {TOKEN}",
        f"Token {TOKEN}",
        f"Basic {TOKEN}",
        f"Bearer Bearer {TOKEN}",
        f"Bearer {TOKEN.upper()}",
        f"Bearer {TOKEN[:-1]}",
        f"Bearer {TOKEN}x",
        f"Bearer {TOKEN}, Bearer {TOKEN}",
        "Bearer <your_token_here>",
        "Bearer YOURAPITOKENHERE",  # of another dataset
        "Bearer tökën",
        "Bearer " + "a" * 8000,
    ],
)
@pytest.mark.statement("NG-04", "NG-05")
def test_anything_else_is_unauthorized(client: Client, value: str | None) -> None:
    answer = client.get(headers={} if value is None else {"Authorization": value})
    assert (answer.status, answer.body) == (401, UNAUTHORIZED)
    assert answer.basis == "public; rule=netgroot.401"


@pytest.mark.parametrize(
    ("headers", "query", "location"),
    [
        ({"Authorization": TOKEN}, "", "header.Authorization"),
        ({"Authorization": f"Token {TOKEN}"}, "", "header.Authorization"),
        ({"Apikey": TOKEN}, "", "header.Apikey"),
        ({"X-Api-Key": TOKEN}, "", "header.X-Api-Key"),
        ({"Authorization": "Bearer", "Token": TOKEN}, "", "header.Token"),
        ({}, f"token={TOKEN}", "query.token"),
        ({}, f"id=1&API_KEY={TOKEN}", "query.API_KEY"),
    ],
)
def test_a_token_in_a_wrong_place_does_not_count_and_is_told(
    client: Client, headers: dict[str, str], query: str, location: str
) -> None:
    answer = client.get(query, headers=headers)
    assert (answer.status, answer.body) == (401, UNAUTHORIZED)
    assert [(warning["location"], warning["code"]) for warning in answer.warnings] == [
        (location, "misplaced-credential")
    ]
    assert TOKEN not in json.dumps(dict(answer.headers))


@pytest.mark.parametrize("value", ["", "Bearer", "bearer ", "Bearer nobody-has-this-token"])
def test_a_missing_or_unknown_token_is_not_told_as_misplaced(client: Client, value: str) -> None:
    answer = client.get("token=", headers={"Authorization": value, "Apikey": ""})
    assert answer.status == 401
    assert answer.warnings == []


def test_a_token_in_a_wrong_place_beside_the_right_one_changes_nothing(client: Client) -> None:
    answer = client.get("token=nobody-has-this-token", Apikey="nobody-has-this-key")
    assert answer.body == client.get().body
    assert answer.codes == ["unknown-parameter"]


@pytest.mark.parametrize(("expires", "status"), [("2026-07-15T09:00:01Z", 200), ("2026-07-15T09:00:00Z", 401)])
def test_a_token_expires(tmp_path: Path, expires: str, status: int) -> None:
    folder = tmp_path / "netgroot"
    folder.mkdir()
    (folder / "empty.yaml").write_text(
        "vendor: netgroot\ndataset: empty\nanchor: '2026-07-15T09:00:00Z'\nrecords: []\n"
        f"accounts: [{{subscriber_id: a, token: a-token-that-ends, expires: '{expires}'}}]\n"
    )
    assert Client("netgroot", dataset="empty", fixtures=tmp_path).get().status == status
