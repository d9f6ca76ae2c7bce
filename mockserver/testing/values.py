"""The values that the control API takes and sends."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, TypedDict
from urllib.parse import quote

from ..sdk.secret_names import is_secret_name

Json = dict[str, Any]
Rows = list[Json]
Condition = str | int | Mapping[str, str | bool]

NETWORK = ("reset", "empty", "truncate", "malformed", "drip")
NOT_A_MOCKSERVER = "The reply is none of a mockserver's; is something else at this address?"

__tracebackhide__ = True  # a failed test shows its own line


class Settings(TypedDict, total=False):
    """The settings of a sandbox, spelled as in the control API."""

    dataset: str
    readings: Mapping[str, str]
    quotas: Mapping[str, str | None]
    strict: bool
    acceptAnyCredential: bool
    delay: int | Mapping[str, Any] | None


class Matcher(TypedDict, total=False):
    """Matches calls by the given parts, all of which must match.

    A condition is a text, or a map like ``{"contains": "x"}`` or ``{"absent": True}``.
    """

    operation: str
    method: str
    path: str
    status: int | None
    query: Mapping[str, Condition]
    headers: Mapping[str, Condition]


class Rule(TypedDict, total=False):
    """A fault rule without its outcome and vendor."""

    operation: str
    match: Mapping[str, Any]
    headers: Mapping[str, str]
    delay: int | Mapping[str, Any]
    probability: float
    times: int
    after: int


def make_matcher(vendor: str | None, matcher: Mapping[str, Any]) -> Json:
    """A matcher as the control API takes it: whole numbers among its conditions become texts."""
    body = dict(matcher) if vendor is None else {"vendor": vendor, **matcher}
    for field in ("query", "headers"):
        if field in body:
            body[field] = {name: _as_text(condition) for name, condition in body[field].items()}
    return body


def redact_matcher(matcher: Json) -> Json:
    """A matcher that a failed test may print: without its conditions on credentials."""
    redacted = dict(matcher)
    for field in ("query", "headers"):
        if field in redacted:
            redacted[field] = {
                name: "[redacted]" if is_secret_name(name) else condition for name, condition in redacted[field].items()
            }
    return redacted


def _as_text(condition: Condition) -> Any:
    return str(condition) if isinstance(condition, int) else condition


def format_times(number: int) -> str:
    return "once" if number == 1 else f"{number} times"


def check_vendor(names: Iterable[str], name: str) -> str:
    if name not in names:
        raise LookupError(f"there is no vendor {name!r}; there are {', '.join(names)}")
    return name


def quote_segment(value: str | int) -> str:
    """A text as one segment of a path, percent-encoded."""
    return quote(str(value), safe="")


def format_bool(value: bool | None) -> str | None:
    return None if value is None else str(value).lower()


def expect_map(value: Any) -> Json:
    if not isinstance(value, dict):
        raise ConnectionError(NOT_A_MOCKSERVER)
    return dict(value)


def expect_rows(value: Any, name: str = "") -> Rows:
    rows = value.get(name) if isinstance(value, dict) else value
    if not isinstance(rows, list):
        raise ConnectionError(NOT_A_MOCKSERVER)
    return list(rows)
