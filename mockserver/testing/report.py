"""Describes calls, warnings, near misses and verdicts in lines: why a test failed."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from ..sdk.call_warnings import UNDOCUMENTED_HEADER
from ..sdk.similar import find_closest_paths

Call = Mapping[str, Any]

MAX_CALLS, MAX_BODY_CHARS = 20, 200
HARMLESS_WARNINGS = frozenset(
    {"undocumented-status", UNDOCUMENTED_HEADER}
)  # the test asks for the one, tools add the other
LIVE = "live-credential"


def find_mistakes(calls: Iterable[Call]) -> list[Call]:
    """Find strict calls with a warning or without an operation, and any call with a credential that looks live."""
    return [call for call in calls if call["fault"] == LIVE or (call["strict"] and _is_mistaken(call))]


def _is_mistaken(call: Call) -> bool:
    return call["operation"] is None or any(warning["code"] not in HARMLESS_WARNINGS for warning in call["warnings"])


def describe_calls(calls: Iterable[Call], paths: Callable[[str], Iterable[str]]) -> list[str]:
    """A line per call, oldest first, with its warnings, the body of a refusal, or the closest documented path.

    ``calls`` come newest first.
    """
    lines, newest = [], list(calls)
    if len(newest) > MAX_CALLS:
        lines.append(f"  ... {format_count(len(newest) - MAX_CALLS, 'earlier call')}")
    for call in reversed(newest[:MAX_CALLS]):
        lines.append(f"  {describe_call(call)}")
        skipped = "unknown-path" if call["vendor"] else None  # described below, with the closest path
        warnings = [warning for warning in call["warnings"] if warning["code"] != skipped]
        lines += [f"      {warning['location']}: {warning['message']}" for warning in warnings]
        if call["fault"] == LIVE:
            lines.append("      It carried a credential that looks live: it was refused, and nothing else of it kept.")
        elif call["vendor"] is None:  # a path at the root: the warning says it
            continue
        elif call["operation"] is None:
            near = find_closest_paths(call["request"]["path"], paths(call["vendor"]))
            lines.append(f"      {call['vendor']} has no endpoint there.{f' Closest: {near[0]}' if near else ''}")
        elif not call["received"]["fault"] and call["response"]["status"] >= 400 and call["response"]["body"]:
            lines.append(f"      {_shorten(call['response']['body'])}")
    return lines


def describe_call(call: Call) -> str:
    """Method, address and what the client received, with the fault that spoiled it."""
    sent = call["request"]
    address = f"{sent['method']} {sent['url']}" if sent["url"] else f"a call of {call['vendor'] or 'no vendor'}"
    fault = f" (fault {call['fault']})" if call["fault"] else ""
    status, network = call["response"]["status"], call["received"]["fault"]
    received = f"{network} ({status} intended)" if network else status
    return f"#{call['id']} {address} -> {received}{fault}"


def describe_near_misses(near: Iterable[Call]) -> list[str]:
    """The nearest calls, each with its differences."""
    lines = []
    for miss in near:
        lines.append(f"  near: {describe_call(miss['request'])}")
        for difference in miss["differences"]:
            hint = f" ({difference['hint']})" if difference.get("hint") else ""
            lines.append(
                f"      {difference['field']}: wanted {_describe_value(difference['expected'])}, "
                f"found {_describe_value(difference['found'])}{hint}"
            )
    return lines


def describe_verdict(verdict: Mapping[str, Any]) -> list[str]:
    """A line per check, its findings below it."""
    lines = [f"sandbox {verdict['sandbox']}: {verdict['verdict']}"]
    for check in verdict["checks"]:
        advisory = " (advisory)" if check["advisory"] else ""
        lines.append(f"  {check['verdict']:<9} {check['title']}{advisory}")
        lines += [f"            {finding['message']}" for finding in check["findings"]]
    return lines


def describe_findings(verdict: Mapping[str, Any]) -> list[str]:
    """A line per check that was broken or gives advice, its findings below it."""
    lines = []
    for check in verdict["checks"]:
        if check["findings"]:
            kind = "advisory" if check["advisory"] else "broken"
            lines += [f"  {kind}: {check['title']}", *(f"      {finding['message']}" for finding in check["findings"])]
    return lines


def format_count(number: int, thing: str) -> str:
    return f"{number} {thing}{'' if number == 1 else 's'}"


def _shorten(text: str) -> str:
    """A text as one line of at most MAX_BODY_CHARS."""
    line = " ".join(text.split())
    return line if len(line) <= MAX_BODY_CHARS else f"{line[:MAX_BODY_CHARS]}..."


def _describe_value(value: Any) -> str:
    return "nothing" if value is None else repr(value)
