"""Money: decimal from YAML to wire, printed the way each vendor prints it."""

from __future__ import annotations

from decimal import ROUND_HALF_UP, Context, Decimal
from functools import cache
from math import isfinite

_EXACT = Context(prec=1000)  # the usual 28 digits would round what a double or a very large amount holds


def round_to(amount: Decimal, places: int) -> Decimal:
    """The amount with exactly this many decimals, halves away from zero."""
    return amount.quantize(_unit(places), ROUND_HALF_UP, _EXACT)


@cache
def _unit(places: int) -> Decimal:
    return Decimal(1).scaleb(-places)


def format_plain(amount: Decimal) -> str:
    """The amount's own digits, never an exponent: ``50.00`` stays ``50.00``."""
    return format(amount, "f")


def strip_zeros(amount: Decimal) -> Decimal:
    """The same value without trailing zeros: ``211.0`` becomes ``211``, ``25.90`` becomes ``25.9``."""
    trimmed = amount.normalize(_EXACT)
    return trimmed.quantize(Decimal(1), context=_EXACT) if trimmed == trimmed.to_integral_value() else trimmed


def as_double(amount: Decimal) -> str:
    """Every digit of the nearest IEEE-754 double, as PHP prints floats at a high precision: 3.78 is 3.7799999…

    An amount beyond any double keeps its digits.
    """
    double = float(amount)
    return format_plain(strip_zeros(Decimal(double)) if isfinite(double) else amount)


def from_double(amount: Decimal) -> Decimal:
    """The shortest decimal of the same IEEE-754 double: 3.7799999… is 3.78."""
    double = float(amount)
    return strip_zeros(Decimal(repr(double))) if isfinite(double) else amount
