"""Matchers: what a call must look like, as JSON, for fault rules and for searches of the journal.

``differences`` lists what does not fit, field by field; a call matches when nothing differs. A matcher is
``{"vendor", "operation", "method", "path", "status", "query": {name: M}, "headers": {name: M}, "credential": M}``,
each optional; the status is what the client received, null for none. M is a text that must be equal, or
``{"equalTo" | "contains": text}``, or ``{"absent": true}``.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import repeat
from operator import contains
from typing import Any, NamedTuple

from ..sdk.jsontext import format_brief
from ..sdk.secret_names import is_secret_name

PLAIN = ("vendor", "operation", "method", "path", "status")
MAPS = ("query", "headers")
MAX_NAMES = 100  # in each map; every call of the journal is compared with all of them
Matcher = Mapping[str, Any]


class InvalidMatcher(ValueError):
    """An invalid matcher; the message names the part, what was found and what was wanted."""


class MatchInput(NamedTuple):
    """What a matcher reads of one call. Header names are in lower case; a query name may have several values."""

    plain: Mapping[str, Any]
    query: Mapping[str, Sequence[str]]
    headers: Mapping[str, str]
    credential: str | None = None


class Difference(NamedTuple):
    """One field that does not fit: what was expected there, and what was found (None: nothing)."""

    field: str
    expected: Any
    found: Any


def check_matcher(matcher: Any, *, without: Sequence[str] = ()) -> Matcher:
    """Returns the matcher if it is valid. Raises InvalidMatcher.

    ``without``: fields that the compared calls never have, so that a matcher with them would never match.
    """
    if not isinstance(matcher, dict):
        raise InvalidMatcher(f"a matcher is {format_brief(matcher)}, wanted an object")
    known = [field for field in (*PLAIN, *MAPS, "credential") if field not in without]
    for field, wanted in matcher.items():
        if field not in known:
            raise InvalidMatcher(f"{field} is no field of a matcher, wanted one of {', '.join(known)}")
        if field in MAPS:
            if not isinstance(wanted, dict):
                raise InvalidMatcher(f"{field} is {format_brief(wanted)}, wanted an object of names")
            if len(wanted) > MAX_NAMES:
                raise InvalidMatcher(f"{field} has {len(wanted)} names, wanted at most {MAX_NAMES}")
            for name, condition in wanted.items():
                _check_condition(f"{field}.{name}", condition)
        elif field == "credential":
            _check_condition(field, wanted)
        elif field == "status" and (isinstance(wanted, bool) or not isinstance(wanted, int | None)):
            raise InvalidMatcher(f"status is {format_brief(wanted)}, wanted a whole number")
        elif field != "status" and not isinstance(wanted, str) and (wanted is not None or field != "operation"):
            raise InvalidMatcher(f"{field} is {format_brief(wanted)}, wanted a text")
    return matcher


def differences(matcher: Matcher, seen: MatchInput) -> list[Difference]:
    """Every field in which the call differs from the matcher."""
    return list(_differences(matcher, seen))


def matches(matcher: Matcher, seen: MatchInput) -> bool:
    return next(_differences(matcher, seen), None) is None


def make_test(matcher: Matcher) -> Callable[[MatchInput], bool]:
    """Makes a test for many calls."""
    compare = make_comparison(matcher)
    return lambda seen: next(compare(seen), None) is None


def make_comparison(matcher: Matcher) -> Callable[[MatchInput], Iterator[Difference]]:
    """Makes a comparison for many calls. It looks up all names that must be absent at once."""
    absent: dict[str, set[str]] = {}
    rest = dict(matcher)
    for field in MAPS:
        wanted = matcher.get(field, {})
        absent[field] = {name for name, condition in wanted.items() if condition == {"absent": True}}
        rest[field] = {name: condition for name, condition in wanted.items() if name not in absent[field]}
    names = {name.lower() for name in absent["headers"]}

    def compare(seen: MatchInput) -> Iterator[Difference]:
        are_absent = absent["query"].isdisjoint(seen.query) and names.isdisjoint(seen.headers)
        return _differences(rest if are_absent else matcher, seen)

    return compare


def count_missing(matcher: Matcher) -> Callable[[MatchInput], int]:
    """Makes a count of the wanted names that a call lacks: a lower bound of its differences."""
    query, headers = (
        {name for name, condition in matcher.get(field, {}).items() if condition != {"absent": True}} for field in MAPS
    )
    names = {name.lower() for name in headers}
    return lambda seen: len(query.difference(seen.query)) + len(names.difference(seen.headers))


def _differences(matcher: Matcher, seen: MatchInput) -> Iterator[Difference]:
    for field, wanted in matcher.items():
        if field == "query":
            for name, condition in wanted.items():
                values = seen.query.get(name, ())
                if not _any_meets(condition, values):
                    yield Difference(f"query.{name}", condition, values[-1] if values else None)
        elif field == "headers":
            for name, condition in wanted.items():
                value = seen.headers.get(name.lower())
                if not _meets(condition, value):
                    yield Difference(f"headers.{name}", condition, value)
        elif field == "credential":
            if not _meets(wanted, seen.credential):
                yield Difference("credential", "another", "this one" if seen.credential else None)
        elif seen.plain.get(field) != wanted:
            yield Difference(field, wanted, seen.plain.get(field))


def _any_meets(condition: Any, values: Sequence[str]) -> bool:
    """Whether one of several values meets a condition; fast for thousands of values."""
    if len(values) < 2:
        return _meets(condition, values[0] if values else None)
    if isinstance(condition, str) or "equalTo" in condition:
        return (condition if isinstance(condition, str) else condition["equalTo"]) in values
    if "absent" in condition:
        return not condition["absent"]
    return any(map(contains, values, repeat(condition["contains"])))


def _meets(condition: Any, value: str | None) -> bool:
    if isinstance(condition, str):
        return value == condition
    if "absent" in condition:
        return bool((value is None) == condition["absent"])
    if value is None:
        return False
    if "equalTo" in condition:
        return bool(value == condition["equalTo"])
    return bool(condition["contains"] in value)


def _check_condition(where: str, condition: Any) -> None:
    if isinstance(condition, str):
        return
    if isinstance(condition, dict) and len(condition) == 1:
        ((word, wanted),) = condition.items()
        if word in ("equalTo", "contains") and isinstance(wanted, str):
            return
        if word == "absent" and isinstance(wanted, bool):
            return
    wanted = 'a text, {"equalTo": text}, {"contains": text} or {"absent": true}'
    found = "something that is not shown" if is_secret_name(where.rpartition(".")[2]) else format_brief(condition)
    raise InvalidMatcher(f"{where} is {found}, wanted {wanted}")
