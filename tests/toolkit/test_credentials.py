"""Where a credential travels."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as some

from mockserver.toolkit import credentials
from mockserver.toolkit.credentials import SHORTEST, Credential, Mentions, looks_secret

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
    assert credential.misplaced(headers, sent) == places


@given(
    secrets=some.lists(some.text("abc-", max_size=25), max_size=6),
    pieces=some.lists(some.integers(0, 5) | some.text("abc-", max_size=12), max_size=6),
)
def test_every_secret_that_stands_in_a_text_is_found(secrets: list[str], pieces: list[int | str]) -> None:
    words = [piece if isinstance(piece, str) else secrets[piece] if piece < len(secrets) else "" for piece in pieces]
    text = "".join(words)
    wanted = {secret for secret in secrets if len(secret) >= SHORTEST and secret in text}
    assert set(Mentions(secrets).find(text)) == wanted


@pytest.mark.parametrize("length", [6, 7, 8, 15, 16, 17, 40])
@pytest.mark.parametrize("longer", [0, 1, 30])
def test_a_secret_is_found_at_every_place(length: int, longer: int) -> None:
    letters = "".join(chr(0x100 + index) for index in range(100))
    secret, other = letters[: length + longer], letters[-length:]
    for before in range(20):
        for after in (0, 1, 9):
            assert Mentions([secret, other]).find("-" * before + secret + "-" * after) == [secret]


def test_what_is_looked_up_does_not_grow_with_the_number_of_secrets() -> None:
    class Counted(dict[str, object]):
        looks = 0

        def get(self, *asked: object) -> object:
            self.looks += 1
            return super().get(*asked)  # type: ignore[call-overload]

    looks = []
    for number in (2, 2000):
        mentions = Mentions(f"a-secret-of-somebody-{index:08d}" for index in range(number))
        counted = Counted(mentions._pieces)
        mentions._pieces = counted  # type: ignore[assignment]
        assert mentions.find("x" * 200 + "a-secret-of-somebody-00000001" + "y" * 200) == [
            "a-secret-of-somebody-00000001"
        ]
        looks.append(counted.looks)
    assert looks[0] == looks[1] < 60


def test_a_long_name_is_not_remembered() -> None:
    known = credentials._plain.cache_info().currsize
    assert credentials.plain("Long-Name" * 100) == "longname" * 100
    assert credentials._plain.cache_info().currsize == known


def test_a_secret_is_found_in_any_case_of_its_letters() -> None:
    mentions = Mentions(["Of-Somebody-Ä", "another-secret-of-İ"])
    assert mentions.find("x OF-SOMEBODY-Ä y of-somebody-Ä") == ["OF-SOMEBODY-Ä", "of-somebody-Ä"]
    assert mentions.find("İİ Another-Secret-Of-İ") == ["Another-Secret-Of-İ"]


@pytest.mark.parametrize(
    "name", ["Authorization", "auth[token]", "clientSecret", "X-Vault-Token", "Cookie", "pwd", "KEY"]
)
def test_names_of_secrets(name: str) -> None:
    assert looks_secret(name)


@pytest.mark.parametrize("name", ["page", "PageToken", "tokens", "secretary", "Idempotency-Key", "filter[status]"])
def test_names_of_what_is_none(name: str) -> None:
    assert not looks_secret(name)
