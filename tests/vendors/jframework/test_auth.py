"""Auth-Key and Brand-URL: the key first, then the brand."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from mockserver.app import create_app
from mockserver.sandbox.settings import make_settings
from tests.support.client import WALL, Client
from tests.vendors.jframework.helpers import BRAND, account, credentials, jframework

TEXT = (
    "The user is not authorized to access the requested resource. The request is missing the required Auth-Key header."
)
KEY = str(account(0)["auth_key"])


@pytest.fixture
def client() -> Client:
    return jframework()


@pytest.mark.statement("JF-30", "JF-31", "JF-04")
@pytest.mark.parametrize("number", [0, 1, 4])
def test_the_key_fixes_the_current_user_of_the_brand(client: Client, number: int) -> None:
    found = client.get(headers=credentials(number)).json["data"]["items"]
    assert {invoice["user"]["id"] for invoice in found} == {account(number)["user_id"]}


def test_an_account_without_invoices_gets_an_empty_page(client: Client) -> None:
    answer = client.get(headers=credentials(2))
    assert answer.json["data"] == {"items": [], "totalItems": 0, "pageNumber": 0, "pageSize": 200}


@pytest.mark.statement("JF-32", "JF-37", "JF-38")
@pytest.mark.parametrize(
    "headers",
    [
        pytest.param({}, id="missing"),
        pytest.param({"Auth-Key": ""}, id="empty"),
        pytest.param({"Auth-Key": "nobody-has-this-key"}, id="unknown"),
        pytest.param({"Auth-Key": KEY.upper()}, id="other letter case"),
        pytest.param({"Auth-Key": KEY + "0"}, id="longer"),
        pytest.param({"Auth-Key": KEY[:-1]}, id="shorter"),
        pytest.param({"Auth-Key": "schlüssel".encode().decode("latin-1")}, id="not ASCII"),
        pytest.param({"Auth-Key": "k" * 8000}, id="huge"),
        pytest.param({"Auth-Key": account(3)["auth_key"]}, id="expired"),
    ],
)
def test_who_is_not_authenticated_is_refused(client: Client, headers: dict[str, str]) -> None:
    answer = client.get(headers={"Brand-URL": BRAND} | headers)
    assert (answer.status, answer.rule) == (401, "jframework.401")
    assert answer.json["errors"][0]["message"] == TEXT


def test_a_key_is_good_until_it_expires() -> None:
    before = jframework(clock="2026-07-14T08:59:59Z")
    assert before.get(headers=credentials(3)).status == 200


@pytest.mark.parametrize(("key", "brand"), [(0, 4), (4, 0)])
def test_a_key_is_not_good_with_another_brand(client: Client, key: int, brand: int) -> None:
    answer = client.get(headers={"Brand-URL": account(brand)["brand_url"], "Auth-Key": account(key)["auth_key"]})
    assert (answer.status, answer.rule) == (401, "jframework.401.other-brand")
    assert answer.json["errors"][0]["message"] == TEXT
    assert client.get(headers=credentials(key)).status == 200


@pytest.mark.statement("JF-32", "JF-37", "JF-38")
@pytest.mark.parametrize("brand", [None, "", "/", "https://", "https://nobody.example", account(4)["brand_url"]])
@pytest.mark.parametrize("key", [None, "", "nobody-has-this-key", account(3)["auth_key"]])
@pytest.mark.parametrize("readings", ["", "brand=ignored", "bad-input=ignore"])
@pytest.mark.parametrize("query", ["", "UserId=&PageSize="])
def test_without_a_good_key_it_is_401_whatever_the_brand(
    client: Client, brand: str | None, key: str | None, readings: str, query: str
) -> None:
    sent = {name: value for name, value in (("Brand-URL", brand), ("Auth-Key", key)) if value is not None}
    answer = client.get(query, headers=sent, readings=readings)
    assert (answer.status, answer.rule) == (401, "jframework.401")
    assert answer.json["errors"][0]["message"] == TEXT


def test_credentials_that_the_sandbox_lets_expire_are_401_whatever_the_brand() -> None:
    app = create_app(make_settings({}, {}), wall=lambda: WALL)
    http = app.test_client()
    http.put("/__admin/scenarios/active", json={"name": "expired-credentials"})
    for brand in ({}, {"Brand-URL": "https://nobody.example"}, {"Brand-URL": BRAND}):
        assert http.get("/jframework/api/v1/invoices", headers={"Auth-Key": KEY, **brand}).status_code == 401


@pytest.mark.parametrize("headers", [{}, {"Brand-URL": ""}, {"Origin": BRAND}])
@pytest.mark.parametrize("readings", ["", "bad-input=ignore", "brand=refused"])
def test_a_missing_brand_is_bad_input_once_the_key_is_good(
    client: Client, headers: dict[str, str], readings: str
) -> None:
    answer = client.get(headers={"Auth-Key": KEY} | headers, readings=readings)
    assert (answer.status, answer.rule) == (400, "jframework.400.brand-url-missing")
    assert answer.json["errors"][0]["code"] == "InvalidInput"


@pytest.mark.parametrize("brand", ["https://nobody.example", BRAND + "/portal", "northgate.example", "https://"])
def test_an_unknown_brand_is_not_found(client: Client, brand: str) -> None:
    answer = client.get(headers={"Brand-URL": brand, "Auth-Key": KEY})
    assert (answer.status, answer.rule) == (404, "jframework.404")
    assert answer.json["errors"][0]["code"] == "BrandNotFound"


@pytest.mark.parametrize("brand", [None, "", "https://nobody.example"])
def test_a_missing_or_unknown_brand_may_be_ignored(client: Client, brand: str | None) -> None:
    sent = {"Auth-Key": KEY} | ({} if brand is None else {"Brand-URL": brand})
    assert client.get(headers=sent, readings="brand=ignored").body == client.get().body


@pytest.mark.parametrize("readings", ["", "brand=ignored"])
@pytest.mark.parametrize(
    "spelled", [str.upper, lambda brand: brand + "//", lambda brand: brand.removeprefix("https://").title() + "/"]
)
def test_scheme_letter_case_and_slashes_at_the_end_make_no_other_brand(
    client: Client, spelled: Callable[[str], str], readings: str
) -> None:
    answer = client.get(headers={"Brand-URL": spelled(BRAND), "Auth-Key": KEY}, readings=readings)
    assert answer.body == client.get().body
    other = client.get(headers={"Brand-URL": spelled(account(4)["brand_url"]), "Auth-Key": KEY}, readings=readings)
    assert (other.status, other.rule) == (401, "jframework.401.other-brand")


@pytest.mark.parametrize(
    ("brand", "key", "user", "rule"),
    [
        ("", "", "x", "jframework.401"),
        ("https://nobody.example", "", "x", "jframework.401"),
        (BRAND, "", "x", "jframework.401"),
        ("", KEY, "x", "jframework.400.brand-url-missing"),
        ("https://nobody.example", KEY, "x", "jframework.404"),
        (BRAND, KEY, "x", "jframework.400"),
        (BRAND, KEY, "0", "jframework.403"),
        (BRAND, KEY, "", "getInvoices.200"),
    ],
)
def test_key_then_brand_then_input_then_permission(client: Client, brand: str, key: str, user: str, rule: str) -> None:
    query = {"x": "PageNumber=x&UserId=somebody", "0": "PageNumber=0&UserId=somebody", "": ""}[user]
    assert client.get(query, headers={"Brand-URL": brand, "Auth-Key": key}).rule == rule


def test_header_names_are_the_same_in_any_letter_case(client: Client) -> None:
    assert client.get(headers={"brand-url": BRAND, "AUTH-KEY": KEY}).body == client.get().body


def test_blanks_around_a_header_are_no_part_of_it(client: Client) -> None:
    padded = {"Brand-URL": f" {BRAND}\t", "Auth-Key": f"\t{KEY} "}
    assert client.get(method="HEAD", headers=padded).status == 200
    assert client.get(method="HEAD", headers={"Brand-URL": "  ", "Auth-Key": KEY}).status == 400
    assert client.get(method="HEAD", headers={"Brand-URL": BRAND, "Auth-Key": "  "}).status == 401


@pytest.mark.parametrize(
    ("headers", "status", "locations"),
    [
        ({"BrandUrl": BRAND, "AuthKey": KEY}, 401, ["header.BrandUrl", "header.AuthKey"]),
        ({"BrandUrl": BRAND, "Auth-Key": KEY}, 400, ["header.BrandUrl"]),
        ({"Brand-URL": BRAND, "AuthKey": KEY}, 401, ["header.AuthKey"]),
        ({"Brand-URL": BRAND, "Auth-Key": KEY, "AuthKey": KEY}, 200, ["header.AuthKey"]),
    ],
)
def test_the_older_clients_header_names_are_not_read_but_told(
    client: Client, headers: dict[str, str], status: int, locations: list[str]
) -> None:
    answer = client.get(headers=headers)
    assert answer.status == status
    assert [(w["location"], w["code"]) for w in answer.warnings] == [(at, "deprecated-header") for at in locations]
    assert KEY not in str(answer.warnings)


@pytest.mark.parametrize(
    ("headers", "query", "location"),
    [
        ({"Brand-URL": BRAND, "Authorization": f"Bearer {KEY}"}, "", "header.Authorization"),
        ({"Brand-URL": BRAND, "X-Api-Key": KEY}, "", "header.X-Api-Key"),
        ({"Brand-URL": BRAND, "Token": KEY}, "", "header.Token"),
        ({"Brand-URL": BRAND, "Auth-Key": f"Bearer {KEY}"}, "", "header.Auth-Key"),
        ({"Brand-URL": BRAND, "Auth-Key": f"ApiKey {KEY}"}, "", "header.Auth-Key"),
        ({"Brand-URL": BRAND}, f"bearer={KEY}", "query.bearer"),
        ({"Brand-URL": BRAND}, f"Auth-Key={KEY}", "query.Auth-Key"),
        ({"Brand-URL": BRAND}, f"auth_key={KEY}&authKey", "query.auth_key"),
        ({"Auth-Key": KEY}, f"brandUrl={BRAND}", "query.brandUrl"),
    ],
)
def test_a_credential_in_a_wrong_place_is_told_and_not_repeated(
    client: Client, headers: dict[str, str], query: str, location: str
) -> None:
    answer = client.get(query, headers=headers)
    assert answer.status == (401 if "Brand-URL" in headers else 400)
    assert (answer.warnings[0]["location"], answer.warnings[0]["code"]) == (location, "misplaced-credential")
    assert KEY not in str(answer.warnings)


def test_nothing_is_out_of_place_beside_a_good_credential(client: Client) -> None:
    answer = client.get(Authorization="Basic c29tZTpib2R5")
    assert answer.warnings == []
    assert answer.body == client.get().body
    assert [w["code"] for w in client.get("token=x").warnings] == ["unknown-parameter"]


def test_help_never_changes_the_body(client: Client) -> None:
    plain = client.get(headers={"Brand-URL": BRAND})
    assert client.get(headers={"Brand-URL": BRAND, "Authorization": "Bearer x"}).body == plain.body


@pytest.mark.parametrize("brand", [None, BRAND, account(4)["brand_url"], "https://nobody.example"])
@pytest.mark.parametrize("key", ["nobody-has-this-key", account(1)["auth_key"]])
def test_any_credential_is_a_key_of_whatever_value_with_any_brand_or_none(brand: str | None, key: str) -> None:
    lenient = jframework(accept_any_credential=True)
    expected = jframework().get(headers=credentials(1 if key == account(1)["auth_key"] else 0))
    sent = {} if brand is None else {"Brand-URL": brand}
    assert lenient.get(headers={**sent, "Auth-Key": key}).body == expected.body
    assert lenient.get(headers=sent).status == 401


def test_a_brand_that_only_the_switch_lets_pass_is_not_documented() -> None:
    lenient = Client("jframework", accept_any_credential=True)
    own, other = credentials(), credentials() | {"Brand-URL": "https://unknown.example"}
    told = [lenient.get("", headers=headers).headers["X-Mock-Basis"] for headers in (own, other)]
    assert ["any credential" in basis for basis in told] == [False, True]
