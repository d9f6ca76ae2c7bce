"""JSON text with exact numbers: Decimals keep their digits, ready-made fragments go in unchanged."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from functools import lru_cache
from typing import Any

from .money import format_plain

_string = json.JSONEncoder(ensure_ascii=False).encode


@dataclass(slots=True)
class Fragment:
    """JSON text made earlier, put into a larger text as it is."""

    text: bytes


def encode(value: Any, number: Callable[[Decimal], str] = format_plain) -> bytes:
    """Compact UTF-8 JSON of dicts, lists, strings, integers, booleans, None, Decimals and Fragments.

    Keys keep their order. A float is refused (TypeError): money that went through one is already wrong.
    """
    parts: list[bytes] = []
    _write(value, number, parts.append)
    return b"".join(parts)


def decode(text: bytes, *, unique: bool = False) -> Any:
    """The value of a JSON text; numbers with a point come back as Decimals with the digits they had.

    Raises ValueError, also for NaN, Infinity and numbers of more than MAX_DIGITS; with ``unique``, for a repeated key.
    """
    pairs = _build_unique_map if unique else None
    return json.loads(
        text,
        parse_float=parse_decimal,
        parse_int=parse_integer,
        parse_constant=_reject_constant,
        object_pairs_hook=pairs,
    )


MAX_DIGITS = 2000  # of a number written out: 1E+999999999 must not fill the memory when it is printed


def parse_integer(text: str) -> int:
    """The integer of these digits. Raises ValueError for more than MAX_DIGITS."""
    if len(text) > MAX_DIGITS:
        raise ValueError(f"a number of {len(text)} digits, wanted at most {MAX_DIGITS}")
    return int(text)


def parse_decimal(text: str) -> Decimal:
    """The number of these digits, point and exponent. Raises ValueError when it has over MAX_DIGITS written out."""
    digits, _, exponent = text.lower().partition("e") if "e" in text or "E" in text else (text, "", "")
    if len(exponent) > len("-1000") or len(digits) + abs(int(exponent or 0)) > MAX_DIGITS:
        raise ValueError(f"the number {text if len(text) < 40 else text[:37] + '...'} takes over {MAX_DIGITS} digits")
    return Decimal(text)


def to_floats(value: Any) -> Any:
    """The value with floats in place of Decimals: for measures, never for money."""
    if isinstance(value, Decimal):
        return float(value)
    if isinstance(value, Mapping):
        return {name: to_floats(item) for name, item in value.items()}
    return [to_floats(item) for item in value] if isinstance(value, list | tuple) else value


def to_decimals(value: Any) -> Any:
    """The value with Decimals in place of floats, in their shortest digits, as ``encode`` takes them."""
    if isinstance(value, float):
        return Decimal(repr(value))
    if isinstance(value, Mapping):
        return {name: to_decimals(item) for name, item in value.items()}
    return [to_decimals(item) for item in value] if isinstance(value, list | tuple) else value


def format_brief(value: Any, most: int = 80) -> str:
    """A value as JSON cut to ``most`` characters, for messages."""
    text = json.dumps(to_floats(value), ensure_ascii=False, default=str)
    return text if len(text) <= most else text[: most - 3] + "..."


MAX_REMEMBERED_CHARS = 64  # of a name: names that clients invent must not fill the memory


@lru_cache(maxsize=4096)  # field names: there are few, and every reply has them
def _key(name: str) -> bytes:
    return _string(name).encode("utf-8", "replace") + b":"


def is_encodable(value: Any) -> bool:
    """Whether UTF-8 can encode all texts of a JSON value: JSON can spell half a character (``\\ud800``)."""
    try:
        json.dumps(value, ensure_ascii=False, default=str).encode()
    except UnicodeEncodeError:
        return False
    return True


def _build_unique_map(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        names = Counter(name for name, _ in pairs)
        twice = next(name for name, times in names.items() if times > 1)
        raise ValueError(f"the key {twice[:80]!r} is there twice")
    return found


def _reject_constant(text: str) -> Any:
    raise ValueError(f"{text} is no JSON number")


_MAPS, _LISTS = (dict, Mapping), (list, tuple)  # a union in the call would be made anew each time


def _write(value: Any, number: Callable[[Decimal], str], put: Callable[[bytes], None]) -> None:
    if isinstance(value, str):
        put(_string(value).encode("utf-8", "replace"))
    elif isinstance(value, Fragment):
        put(value.text)
    elif value is None:
        put(b"null")
    elif isinstance(value, bool):
        put(b"true" if value else b"false")
    elif isinstance(value, int):
        put(str(value).encode())
    elif isinstance(value, Decimal):
        put(number(value).encode())
    elif isinstance(value, _MAPS):
        before = b"{"
        for key, item in value.items():
            put(before + (_key if len(key) <= MAX_REMEMBERED_CHARS else _key.__wrapped__)(key))
            if type(item) is int:
                put(b"%d" % item)
            elif type(item) is str:
                put(_string(item).encode("utf-8", "replace"))
            elif type(item) is Fragment:
                put(item.text)
            else:
                _write(item, number, put)
            before = b","
        put(b"}" if value else b"{}")
    elif isinstance(value, _LISTS):
        before = b"["
        for item in value:
            put(before)
            _write(item, number, put)
            before = b","
        put(b"]" if value else b"[]")
    else:
        raise TypeError(f"{type(value).__name__} has no JSON form here: {value!r}")
