"""The values of a fault rule: delays and numbers within bounds."""

from __future__ import annotations

import math
from collections.abc import Mapping
from random import Random
from typing import Any

from ..sdk.jsontext import format_brief

MAX_DELAY_MS = 60_000


class InvalidRule(ValueError):
    """An invalid rule or delay; the message names the part, what was found and what was wanted."""


def draw_delay(delay: Any, draw: Random) -> float:
    """A delay in seconds: milliseconds as a number, or ``{"type": "uniform", "lower", "upper"}``, or
    ``{"type": "lognormal", "median", "sigma"}``, as WireMock has them. Raises InvalidRule.
    """
    if delay is None:
        return 0.0
    if _is_number(delay):
        return _capped(delay)
    if isinstance(delay, Mapping):
        kind, rest = delay.get("type"), {name: value for name, value in delay.items() if name != "type"}
        numbers = all(map(_is_number, rest.values()))
        if kind == "uniform" and numbers and set(rest) == {"lower", "upper"} and rest["lower"] <= rest["upper"]:
            return draw.uniform(_capped(rest["lower"]), _capped(rest["upper"]))
        sound = kind == "lognormal" and numbers and set(rest) == {"median", "sigma"}
        if sound and 0 < rest["median"] <= MAX_DELAY_MS and 0 <= rest["sigma"] <= 10:
            return min(draw.lognormvariate(math.log(rest["median"]), rest["sigma"]), MAX_DELAY_MS) / 1000
    wanted = 'milliseconds, {"type":"uniform","lower","upper"} or {"type":"lognormal","median","sigma"}'
    raise InvalidRule(f"delay is {format_brief(delay)}, wanted {wanted}")


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and abs(value) <= 10**9  # excludes NaN


def _capped(milliseconds: float) -> float:
    if not 0 <= milliseconds <= MAX_DELAY_MS:
        raise InvalidRule(f"delay is {milliseconds}, wanted milliseconds from 0 to {MAX_DELAY_MS}")
    return milliseconds / 1000


def check_bounds(body: Mapping[str, Any], name: str, kind: Any, low: float, high: float) -> None:
    """Raises InvalidRule when a number of a rule is out of bounds."""
    value = body.get(name)
    if value is not None and (isinstance(value, bool) or not isinstance(value, kind) or not low <= value <= high):
        wanted = "a whole number" if kind is int else "a number"
        raise InvalidRule(f"{name} is {format_brief(value)}, wanted {wanted} from {low} to {high}")
