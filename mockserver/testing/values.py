"""Reads the values that the control API sends, and names what is missing."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, TypedDict
from urllib.parse import quote

from ..sdk.secret_names import is_secret_name

Json = dict[str, Any]


Rows = list[Json]


Condition = str | int | Mapping[str, str | bool]


NETWORK = ("reset", "empty", "truncate", "malformed", "drip")


_STRANGER = "The reply is none of a mockserver's; is something else at this address?"


class Settings(TypedDict, total=False):
    """What may be set in a sandbox, spelled as in the control API."""

    dataset: str
    readings: Mapping[str, str]
    quotas: Mapping[str, str | None]
    strict: bool
    acceptAnyCredential: bool
    delay: int | Mapping[str, Any] | None


class Matcher(TypedDict, total=False):
    """What a call looks like: each part optional, all must fit. A condition is a text, or a map like
    ``{"contains": "x"}`` or ``{"absent": True}``.
    """

    operation: str
    method: str
    path: str
    status: int | None
    query: Mapping[str, Condition]
    headers: Mapping[str, Condition]


class Rule(TypedDict, total=False):
    """A fault rule, without its outcome and vendor."""

    operation: str
    match: Mapping[str, Any]
    headers: Mapping[str, str]
    delay: int | Mapping[str, Any]
    probability: float
    times: int
    after: int


def _matcher(vendor: str | None, matcher: Mapping[str, Any]) -> Json:
    """Whole numbers among the conditions are texts on the wire."""
    asked = dict(matcher) if vendor is None else {"vendor": vendor, **matcher}
    for field in ("query", "headers"):
        if field in asked:
            asked[field] = {name: _texts(condition) for name, condition in asked[field].items()}
    return asked


def _told(matcher: Json) -> Json:
    """A matcher as a test that failed may print it: without what it wants where credentials are."""
    told = dict(matcher)
    for field in ("query", "headers"):
        if field in told:
            told[field] = {
                name: "[redacted]" if is_secret_name(name) else condition for name, condition in told[field].items()
            }
    return told


def _texts(condition: Condition) -> Any:
    return str(condition) if isinstance(condition, int) else condition


def _times(number: int) -> str:
    return "once" if number == 1 else f"{number} times"


def _one_of(names: Iterable[str], name: str) -> str:
    if name not in names:
        raise LookupError(f"there is no vendor {name!r}; there are {', '.join(names)}")
    return name


def _part(value: str | int) -> str:
    """A text as one segment of a path."""
    return quote(str(value), safe="")


def _word(value: bool | None) -> str | None:
    return None if value is None else str(value).lower()


def _map(found: Any) -> Json:
    if not isinstance(found, dict):
        raise ConnectionError(_STRANGER)
    return dict(found)


def _rows(found: Any, name: str = "") -> Rows:
    rows = found.get(name) if isinstance(found, dict) else found
    if not isinstance(rows, list):
        raise ConnectionError(_STRANGER)
    return list(rows)
