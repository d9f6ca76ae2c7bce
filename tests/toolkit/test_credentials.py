"""Where a credential travels."""

from __future__ import annotations

import pytest

from mockserver.toolkit.credentials import Credential

BARE, BEARER = Credential("Apikey", also=("Brand",)), Credential("Authorization", scheme="Bearer")


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
