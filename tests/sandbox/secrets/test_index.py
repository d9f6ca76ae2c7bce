"""Which of many secrets stand in a text."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as some

from mockserver.sandbox.secrets.index import MIN_CUT_CHARS, MIN_SECRET_CHARS, SecretIndex


def found(index: SecretIndex, text: str) -> list[str]:
    return [text[start:stop] for start, stop in index.find(text)]


@given(
    secrets=some.lists(some.text("abc-", max_size=25), max_size=6),
    pieces=some.lists(some.integers(0, 5) | some.text("abc-", max_size=12), max_size=6),
)
def test_nothing_is_left_of_any_secret_in_a_text(secrets: list[str], pieces: list[int | str]) -> None:
    words = [piece if isinstance(piece, str) else secrets[piece] if piece < len(secrets) else "" for piece in pieces]
    text = "".join(words)
    spans = SecretIndex(secrets).find(text)
    rest = text
    for start, stop in reversed(spans):
        rest = f"{rest[:start]}#{rest[stop:]}"
    wanted = [secret for secret in secrets if len(secret) >= MIN_SECRET_CHARS]
    assert not [secret for secret in wanted if secret in rest]
    assert bool(spans) == any(secret in text for secret in wanted)


@pytest.mark.parametrize("length", [6, 7, 8, 15, 16, 17, 40, 127, 128, 129, 400])
@pytest.mark.parametrize("longer", [0, 1, 30])
def test_a_secret_is_found_at_every_place(length: int, longer: int) -> None:
    letters = "".join(chr(0x100 + index) for index in range(500))
    secret, other = letters[: length + longer], letters[-length:]
    for before in range(7):
        for after in (0, 1, 9):
            assert found(SecretIndex([secret, other]), "-" * before + secret + "-" * after) == [secret]


def test_a_secret_is_found_in_any_case_of_its_letters() -> None:
    index = SecretIndex(["Of-Somebody-Ä", "another-secret-of-İ"])
    assert found(index, "x OF-SOMEBODY-Ä y of-somebody-Ä") == ["OF-SOMEBODY-Ä", "of-somebody-Ä"]
    assert found(index, "İİ Another-Secret-Of-İ") == ["Another-Secret-Of-İ"]
    assert found(SecretIndex(["ΤΟ-ΜΥΣΤΙΚΟΣ", "ＦＵＬＬ-WIDTH"]), "İ το-μυστικος! ｆｕｌｌ-width") == [
        "το-μυστικος",
        "ｆｕｌｌ-width",
    ]


def test_a_secret_that_begins_another_one_hides_nothing_of_it() -> None:
    long = "x" * 150
    index = SecretIndex(["secret", "secret-of", "secret-of-the-house", f"{long}a", f"{long}abcdef"])
    assert found(index, "(secret-of-the-house) (secret-of-them)") == ["secret-of-the-house", "secret-of-the"]
    assert found(index, f"({long}abcdef)") == [f"{long}abcdef"]


def test_a_secret_that_was_added_twice_is_known_until_it_is_discarded_twice() -> None:
    index = SecretIndex(["a-secret", "a-secret", "a-secret-more"])
    before = index.version
    index.discard("a-secret")
    index.discard("never-added")
    index.discard("a-secret-that-was-never-added")
    assert (found(index, "<a-secret>"), index.version) == (["a-secret"], before)
    index.discard("A-Secret")
    assert (found(index, "<a-secret>"), found(index, "<a-secret-more>")) == ([], ["a-secret-more"])
    index.discard("a-secret-more")
    assert not index
    assert index.version > before


@pytest.mark.parametrize("kept", [4, 5, 6, 7, 20, 127, 128, 130, 199])
def test_the_beginning_of_a_secret_is_found_at_the_end_of_a_text_that_was_cut(kept: int) -> None:
    secret = "".join(chr(0x100 + index) for index in range(200))
    text = "of what was sent: " + secret[:kept]
    assert SecretIndex([secret, "another-one"]).find(text, cut=MIN_CUT_CHARS) == [(18, len(text))]
    assert SecretIndex([secret]).find(text) == ([(18, len(text))] if kept >= 128 else [])


@pytest.mark.parametrize("end", ["...", " ...", "'", '"', ""])
def test_the_beginning_of_a_secret_is_found_where_a_text_was_cut_in_between(end: str) -> None:
    text = f"'a-secret-o{end} is not one of ours"
    index = SecretIndex(["a-secret-of-somebody"])
    assert index.find(text, cut=10) == ([(1, 11)] if end else [])
    assert index.find(text, cut=11) == []


class Counted(dict[str, object]):
    looks = 0

    def get(self, *asked: object) -> object:
        self.looks += 1
        return super().get(*asked)  # type: ignore[call-overload]


def test_what_is_looked_up_does_not_grow_with_the_number_of_secrets() -> None:
    looks = []
    for number in (2, 2000):
        index = SecretIndex(f"a-secret-of-somebody-{number:08d}" for number in range(number))
        counted = Counted(index._buckets)
        index._buckets = counted  # type: ignore[assignment]
        assert found(index, "x" * 200 + "a-secret-of-somebody-00000001" + "y" * 200) == [
            "a-secret-of-somebody-00000001"
        ]
        looks.append(counted.looks)
    assert looks[0] == looks[1] < 60


@pytest.mark.parametrize("text", ["a", "ab", "aab-"])
def test_what_is_looked_up_grows_with_the_text_and_no_faster(text: str) -> None:
    """Also where every place of it may begin a secret."""
    secrets = [(text * 100)[:length] + "!" for length in range(6, 120)]
    looks = []
    for times in (1000, 4000):
        index = SecretIndex(secrets)
        counted = Counted(index._buckets)
        index._buckets = counted  # type: ignore[assignment]
        assert index.find(text * times) == []
        looks.append(counted.looks)
    assert looks[1] < 4.5 * looks[0]
