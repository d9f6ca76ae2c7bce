"""Calls, warnings, near misses and verdicts as lines for a person who wonders why a test failed."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from difflib import get_close_matches
from typing import Any

Call = Mapping[str, Any]

LONGEST = 20
ASKED_FOR = frozenset({"undocumented-status"})  # by a fault of the test itself: no mistake of its client


def mistakes(calls: Iterable[Call]) -> list[Call]:
    """The strict calls that were warned of, or that met no endpoint of their vendor."""
    return [call for call in calls if call["strict"] and (_is_warned(call) or call["operation"] is None)]


def _is_warned(call: Call) -> bool:
    return any(warning["code"] not in ASKED_FOR for warning in call["warnings"])


def calls_told(calls: Iterable[Call], paths: Callable[[str], Iterable[str]]) -> list[str]:
    """A line per call (given newest first, told oldest first), its warnings below it; and of one that met no endpoint
    which of its vendor's documented paths it may have meant.
    """
    told, newest = [], list(calls)
    if len(newest) > LONGEST:
        told.append(f"  ... {len(newest) - LONGEST} earlier calls")
    for call in reversed(newest[:LONGEST]):
        told.append(f"  {call_told(call)}")
        told += [f"      {warning['location']}: {warning['message']}" for warning in call["warnings"]]
        if call["operation"] is None and call["request"]["url"]:
            near = get_close_matches(call["request"]["path"], list(paths(call["vendor"])), n=1)
            told.append(f"      {call['vendor']} has no endpoint there.{f' Closest: {near[0]}' if near else ''}")
    return told


def call_told(call: Call) -> str:
    """Method, address and status; the fault that spoiled it, if one did."""
    sent = call["request"]
    fault = f" (fault {call['fault']})" if call["fault"] else ""
    return f"#{call['id']} {sent['method'] or 'a call'} {sent['url']} -> {call['response']['status']}{fault}"


def near_misses_told(near: Iterable[Call]) -> list[str]:
    """The nearest calls, each with what is different."""
    told = []
    for miss in near:
        told.append(f"  near: {call_told(miss['request'])}")
        for difference in miss["differences"]:
            hint = f" ({difference['hint']})" if difference.get("hint") else ""
            told.append(
                f"      {difference['field']}: wanted {_shown(difference['expected'])}, "
                f"found {_shown(difference['found'])}{hint}"
            )
    return told


def verdict_told(verdict: Mapping[str, Any]) -> list[str]:
    """A line per check, the findings of a broken one below it."""
    told = [f"sandbox {verdict['sandbox']}: {verdict['verdict']}"]
    for check in verdict["checks"]:
        told.append(f"  {check['verdict']:<9} {check['title']}")
        told += [f"            {finding['message']}" for finding in check["findings"]]
    return told


def _shown(value: Any) -> str:
    return "nothing" if value is None else repr(value)
