"""Where a credential travels."""

from __future__ import annotations

import pytest

from mockserver.sdk.credentials import Credential

BARE, BEARER = Credential("Apikey", identifying_headers=("Brand",)), Credential("Authorization", scheme="Bearer")


@pytest.mark.parametrize(
    ("credential", "headers", "secret"),
    [
        (BARE, {"apikey": "k"}, "k"),
        (BARE, {"apikey": " \tk k\t "}, "k k"),
        (BARE, {"apikey": ""}, None),
        (BARE, {"apikey": "  "}, None),
        (BARE, {}, None),
        (BEARER, {"authorization": "Bearer k"}, "k"),
        (BEARER, {"authorization": "bEARER   k "}, "k"),
        (BEARER, {"authorization": "Bearer"}, None),
        (BEARER, {"authorization": "Bearer "}, None),
        (BEARER, {"authorization": "Bearerk"}, None),
        (BEARER, {"authorization": "k"}, None),
        (BEARER, {"authorization": "Basic k"}, None),
        (BEARER, {"apikey": "k"}, None),
    ],
)
def test_reading(credential: Credential, headers: dict[str, str], secret: str | None) -> None:
    assert credential.read(headers) == secret


@pytest.mark.parametrize("credential", [BARE, BEARER])
def test_what_is_written_is_read(credential: Credential) -> None:
    sent = {name.lower(): value for name, value in credential.write("a secret").items()}
    assert credential.read(sent) == "a secret"


def test_every_header_a_client_must_send() -> None:
    assert BARE.headers == ("Apikey", "Brand")
    assert BEARER.headers == ("Authorization",)
    assert BARE.write("k") == {"Apikey": "k"}
    assert BEARER.write("k") == {"Authorization": "Bearer k"}


@pytest.mark.parametrize(
    ("credential", "headers", "sent", "places"),
    [
        (BARE, {}, [], []),
        (BARE, {"authorization": "Bearer k", "brand": "b"}, [("page", "1")], ["header.Authorization"]),
        (BARE, {"token": "k", "x-api-key": " "}, [("ApiKey", "k"), ("key", "")], ["header.Token", "query.ApiKey"]),
        (BARE, {"apikey": "k", "token": "k"}, [("key", "k")], []),
        (BARE, {"apikey": "Bearer\tk"}, [], ["header.Apikey"]),
        (BEARER, {"authorization": "Bearer Bearer k"}, [], ["header.Authorization"]),
        (BEARER, {"authorization": "k"}, [], ["header.Authorization"]),
        (BEARER, {"authorization": "bearer "}, [("access_token", "k")], ["query.access_token"]),
    ],
)
def test_where_a_secret_seems_to_be_instead(
    credential: Credential, headers: dict[str, str], sent: list[tuple[str, str]], places: list[str]
) -> None:
    assert credential.find_misplaced(headers, sent) == places
