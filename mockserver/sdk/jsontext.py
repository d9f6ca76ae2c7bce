"""JSON text with exact numbers: Decimals print their own digits, ready-made fragments go in untouched."""

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

    Raises ValueError, also for the NaN and Infinity that Python would let pass, and for numbers that would take more
    than DIGITS to write out; and where keys must be ``unique``, for one that is there twice.
    """
    pairs = _build_unique_map if unique else None
    return json.loads(
        text,
        parse_float=parse_decimal,
        parse_int=parse_integer,
        parse_constant=_reject_constant,
        object_pairs_hook=pairs,
    )


MAX_DIGITS = 2000  # of a number written out: 1E+999999999 must not come to a gigabyte when it is printed


def parse_integer(text: str) -> int:
    """An integer out of its digits. Raises ValueError for more than DIGITS."""
    if len(text) > MAX_DIGITS:
        raise ValueError(f"a number of {len(text)} digits, wanted at most {MAX_DIGITS}")
    return int(text)


def parse_decimal(text: str) -> Decimal:
    """A number out of its digits, point and exponent. Raises ValueError when it takes more than DIGITS to write out."""
    digits, _, exponent = text.lower().partition("e") if "e" in text or "E" in text else (text, "", "")
    if len(exponent) > len("-1000") or len(digits) + abs(int(exponent or 0)) > MAX_DIGITS:
        raise ValueError(f"the number {text if len(text) < 40 else text[:37] + '...'} takes over {MAX_DIGITS} digits")
    return Decimal(text)


def to_floats(value: Any) -> Any:
    """The same value with floats for Decimals: for what is a measure, never for money."""
    if isinstance(value, Decimal):
        return float(value)
    if isinstance(value, Mapping):
        return {name: to_floats(item) for name, item in value.items()}
    return [to_floats(item) for item in value] if isinstance(value, list | tuple) else value


def to_decimals(value: Any) -> Any:
    """The same value with Decimals for floats, in their shortest digits: measures as ``encode`` takes them."""
    if isinstance(value, float):
        return Decimal(repr(value))
    if isinstance(value, Mapping):
        return {name: to_decimals(item) for name, item in value.items()}
    return [to_decimals(item) for item in value] if isinstance(value, list | tuple) else value


def format_brief(value: Any, most: int = 80) -> str:
    """A value as the JSON that a caller knows, cut to ``most`` characters: for telling what was found."""
    text = json.dumps(to_floats(value), ensure_ascii=False, default=str)
    return text if len(text) <= most else text[: most - 3] + "..."


MAX_REMEMBERED_CHARS = 64  # characters of a name: those that clients made up must not fill the memory


@lru_cache(maxsize=4096)  # names of fields: there are few, and they come in every reply
def _key(name: str) -> bytes:
    return _string(name).encode("utf-8", "replace") + b":"


def is_encodable(value: Any) -> bool:
    """Whether all texts in a JSON value can be sent and kept: JSON can spell what UTF-8 cannot (``\\ud800``)."""
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


_MAPS, _LISTS = (dict, Mapping), (list, tuple)  # to name a union in the call would make it anew each time


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
