"""Money is decimal, to the last digit."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as some

from mockserver.sdk.money import as_double, format_plain, from_double, round_to, strip_zeros

AMOUNTS = some.decimals(allow_nan=False, allow_infinity=False, min_value=-(10**40), max_value=10**40, places=6)


@pytest.mark.parametrize(
    ("amount", "places", "text"),
    [("0.005", 2, "0.01"), ("-0.005", 2, "-0.01"), ("0.0049", 2, "0.00"), ("2.5", 0, "3"), ("7", 3, "7.000")],
)
def test_halves_are_rounded_away_from_zero(amount: str, places: int, text: str) -> None:
    assert str(round_to(Decimal(amount), places)) == text


@pytest.mark.parametrize(("amount", "text"), [("50.00", "50.00"), ("1E+5", "100000"), ("1E-9", "0.000000001")])
def test_plain_never_prints_an_exponent(amount: str, text: str) -> None:
    assert format_plain(Decimal(amount)) == text


@pytest.mark.parametrize(("amount", "text"), [("211.0", "211"), ("25.90", "25.9"), ("1E+2", "100"), ("0.00", "0")])
def test_the_shortest_form(amount: str, text: str) -> None:
    assert str(strip_zeros(Decimal(amount))) == text


@given(AMOUNTS)
def test_no_form_changes_the_value(amount: Decimal) -> None:
    assert strip_zeros(amount) == amount
    assert round_to(amount, 6) == amount
    assert Decimal(format_plain(amount)) == amount
    assert float(as_double(amount)) == float(amount)
    assert float(from_double(amount)) == float(amount)


def test_a_double_prints_every_digit_it_has() -> None:
    assert as_double(Decimal("3.78")) == "3.779999999999999804600747665972448885440826416015625"
    assert as_double(Decimal("2.50")) == "2.5"
    assert as_double(Decimal("211")) == "211"


@pytest.mark.parametrize("text", ["24.78", "-0.0001", "999999999999.9999", "0", "1.0842", "300"])
def test_the_decimals_that_a_double_was_made_of(text: str) -> None:
    assert str(from_double(Decimal(as_double(Decimal(text))))) == text


def test_what_no_double_holds_keeps_its_digits() -> None:
    beyond = Decimal("1" + "0" * 400)
    assert as_double(beyond) == str(from_double(beyond)) == "1" + "0" * 400
