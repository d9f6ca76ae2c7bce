"""JSON text with exact numbers."""

from __future__ import annotations

import json
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as some

from mockserver.sdk import jsontext
from mockserver.sdk.jsontext import Fragment, decode, encode, format_brief, to_decimals, to_floats
from mockserver.sdk.money import as_double

TEXT = some.text(some.characters(exclude_categories=["Cs"]))
DECIMALS = some.decimals(allow_nan=False, allow_infinity=False, places=3).map(abs)  # JSON keeps no sign of a zero
VALUES = some.recursive(
    some.none() | some.booleans() | some.integers() | DECIMALS | TEXT,
    lambda inner: some.lists(inner) | some.dictionaries(TEXT, inner),
)


@given(VALUES)
def test_what_is_written_is_read_with_every_digit(value: object) -> None:
    text = encode(value)
    assert decode(text) == value
    assert encode(decode(text)) == text


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (Decimal("50.00"), "50.00"),
        (Decimal("1E+3"), "1000"),
        (Decimal("1E-7"), "0.0000001"),
        ({"b": 1, "a": [True, False, None]}, '{"b":1,"a":[true,false,null]}'),
        ({}, "{}"),
        ([], "[]"),
        ((1, "ö\n"), '[1,"ö\\n"]'),
        ({"x": Fragment(b'{"as": "it is"}')}, '{"x":{"as": "it is"}}'),
    ],
)
def test_the_form(value: object, text: str) -> None:
    assert encode(value) == text.encode()


def test_numbers_may_be_printed_in_a_vendors_way() -> None:
    assert encode([Decimal("3.78")], as_double) == b"[3.779999999999999804600747665972448885440826416015625]"


@pytest.mark.parametrize("value", [1.5, {1, 2}, b"bytes", object()])
def test_a_float_and_its_like_are_refused(value: object) -> None:
    with pytest.raises(TypeError, match="has no JSON form"):
        encode({"deep": [value]})


def test_half_a_surrogate_pair_becomes_a_question_mark() -> None:
    assert json.loads(encode("a\ud800")) == "a?"


@pytest.mark.parametrize("text", [b"NaN", b"[Infinity]", b"-Infinity", b"{", b""])
def test_what_is_no_json_is_refused(text: bytes) -> None:
    with pytest.raises(ValueError):
        decode(text)


MEASURES = [
    ({"a": [0.1, {"b": 1e-7}], "c": 5, "d": True, "e": None, "f": "1.5"}, b'{"a":[0.1,{"b":0.0000001}],"c":5,'),
    (1.0, b"1.0"),
    ([1e22], b"[10000000000000000000000]"),
]


@pytest.mark.parametrize(("value", "text"), MEASURES)
def test_measures_are_floats_here_and_decimals_on_the_wire(value: object, text: bytes) -> None:
    assert encode(to_decimals(value)).startswith(text)
    assert to_floats(decode(encode(to_decimals(value)))) == value


def test_what_is_not_a_measure_is_left_alone() -> None:
    fragment = Fragment(b"[1.50]")
    assert encode(to_decimals({"rows": fragment, "amount": Decimal("1.50")})) == b'{"rows":[1.50],"amount":1.50}'
    assert to_floats(("x", [Decimal("0.5")])) == ["x", [0.5]]


@pytest.mark.parametrize(
    ("value", "told"),
    [
        (None, "null"),
        (True, "true"),
        ("é", '"é"'),
        (Decimal("2.50"), "2.5"),
        ({"a": [1, None]}, '{"a": [1, null]}'),
        ("x" * 100, '"' + "x" * 76 + "..."),
    ],
)
def test_what_was_found_is_told_as_json(value: object, told: str) -> None:
    assert format_brief(value) == told


@pytest.mark.parametrize(
    "text", ["9" * 2_001, "1E+999999999", "1e-2000", "-1.5E-0000000001", "0." + "1" * 2_000, "NaN"]
)
def test_a_number_that_would_fill_the_memory_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"wanted at most 2000|takes over 2000 digits|no JSON number"):
        decode(text.encode())


@pytest.mark.parametrize("text", ["9" * 2_000, "1E+999", "-1.5e-1000", "0." + "1" * 1_998])
def test_a_large_number_is_read_again_as_it_is_written(text: str) -> None:
    written = encode(decode(text.encode()))
    assert encode(decode(written)) == written


def test_half_a_surrogate_pair_in_a_name_does_so_too() -> None:
    assert json.loads(encode({"a\ud800": 1})) == {"a?": 1}


def test_no_long_name_is_remembered() -> None:
    before = jsontext._key.cache_info().currsize
    for number in range(10):
        name = f"{number}{'a' * 5000}"
        assert encode({name: 1}) == f'{{"{name}":1}}'.encode()
    assert jsontext._key.cache_info().currsize == before
