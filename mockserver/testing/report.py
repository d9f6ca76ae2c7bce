"""Calls, warnings, near misses and verdicts as lines for a person who wonders why a test failed."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from ..sdk.call_warnings import UNDOCUMENTED_HEADER
from ..sdk.similar import find_closest_paths

Call = Mapping[str, Any]

LONGEST, WIDEST = 20, 200
NO_MISTAKES = frozenset({"undocumented-status", UNDOCUMENTED_HEADER})  # asked for by the test, or added by a tool
LIVE = "live-credential"


def mistakes(calls: Iterable[Call]) -> list[Call]:
    """The strict calls that were warned of, or that met no endpoint; and whatever carried a credential that looks live,
    of which nothing more is known.
    """
    return [call for call in calls if call["fault"] == LIVE or (call["strict"] and _is_mistaken(call))]


def _is_mistaken(call: Call) -> bool:
    return call["operation"] is None or any(warning["code"] not in NO_MISTAKES for warning in call["warnings"])


def calls_told(calls: Iterable[Call], paths: Callable[[str], Iterable[str]]) -> list[str]:
    """A line per call (given newest first, told oldest first), its warnings below it; what a refused one was told; and
    of one that met no endpoint which of its vendor's documented paths it may have meant.
    """
    told, newest = [], list(calls)
    if len(newest) > LONGEST:
        told.append(f"  ... {numbered(len(newest) - LONGEST, 'earlier call')}")
    for call in reversed(newest[:LONGEST]):
        told.append(f"  {call_told(call)}")
        elsewhere = "unknown-path" if call["vendor"] else None  # is told below, with what may have been meant
        warnings = [warning for warning in call["warnings"] if warning["code"] != elsewhere]
        told += [f"      {warning['location']}: {warning['message']}" for warning in warnings]
        if call["fault"] == LIVE:
            told.append("      It carried a credential that looks live: it was refused, and nothing else of it kept.")
        elif call["vendor"] is None:  # a path at the root: the warning has said it
            continue
        elif call["operation"] is None:
            near = find_closest_paths(call["request"]["path"], paths(call["vendor"]))
            told.append(f"      {call['vendor']} has no endpoint there.{f' Closest: {near[0]}' if near else ''}")
        elif not call["received"]["fault"] and call["response"]["status"] >= 400 and call["response"]["body"]:
            told.append(f"      {_cut(call['response']['body'])}")
    return told


def call_told(call: Call) -> str:
    """Method, address and what the client received; the rule or wish that spoiled it, if one did."""
    sent = call["request"]
    address = f"{sent['method']} {sent['url']}" if sent["url"] else f"a call of {call['vendor'] or 'no vendor'}"
    fault = f" (fault {call['fault']})" if call["fault"] else ""
    status, network = call["response"]["status"], call["received"]["fault"]
    received = f"{network} ({status} intended)" if network else status
    return f"#{call['id']} {address} -> {received}{fault}"


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
    """A line per check, its findings below it."""
    told = [f"sandbox {verdict['sandbox']}: {verdict['verdict']}"]
    for check in verdict["checks"]:
        advisory = " (advisory)" if check["advisory"] else ""
        told.append(f"  {check['verdict']:<9} {check['title']}{advisory}")
        told += [f"            {finding['message']}" for finding in check["findings"]]
    return told


def findings_told(verdict: Mapping[str, Any]) -> list[str]:
    """A line per check that was broken or gives advice, its findings below it."""
    told = []
    for check in verdict["checks"]:
        if check["findings"]:
            kind = "advisory" if check["advisory"] else "broken"
            told += [f"  {kind}: {check['title']}", *(f"      {finding['message']}" for finding in check["findings"])]
    return told


def numbered(number: int, thing: str) -> str:
    return f"{number} {thing}{'' if number == 1 else 's'}"


def _cut(text: str) -> str:
    """A text in one line of bearable width."""
    line = " ".join(text.split())
    return line if len(line) <= WIDEST else f"{line[:WIDEST]}..."


def _shown(value: Any) -> str:
    return "nothing" if value is None else repr(value)
