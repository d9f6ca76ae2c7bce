"""Evidence of each check in a sandbox's journal. docs/verdict.md has the rule of each check.

Two calls are the same when method, URL and credential are the same. A call that arrives before the earlier reply was
sent is not a repetition. A wait is measured by the sandbox's clock and the wall clock, and the longer one counts,
because a test may move one and wait by the other. A reply that a network fault spoiled is not held against the client.

A client that reads only the first of several pages breaks ``pages``. A screen that shows one page on purpose looks the
same; its test leaves out that check.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from itertools import pairwise
from typing import Any

from ..sandbox.live_credentials import LIVE_CREDENTIAL as LIVE
from ..sdk.clock import parse_instant
from ..sdk.contract import Operation, Vendor

Entry = Mapping[str, Any]

MIN_WAIT = timedelta(milliseconds=100)
TIMER_TOLERANCE = timedelta(milliseconds=5)  # event loops round timers to milliseconds
UNAVAILABLE = 503  # the status of a reply that a network fault spoiled
IGNORED_CODES = ("unknown-parameter", "ignored-value", "repeated-parameter", "unread-body")


@dataclass(frozen=True, slots=True)
class Finding:
    """A violation of a check, and the journal ids of the calls that show it."""

    calls: tuple[int, ...]
    message: str


@dataclass
class Evidence:
    """What one check found: ids of calls that prove it, findings that break it, advice.

    ``detail`` replaces the check's title in the message of a check that was kept.
    """

    proof: list[int] = field(default_factory=list)
    findings: list[Finding] = field(default_factory=list)
    advice: list[Finding] = field(default_factory=list)
    detail: str = ""

    def add_finding(self, message: str, *calls: Entry) -> None:
        self.findings.append(Finding(tuple(call["id"] for call in calls), message))

    def add_advice(self, message: str, *calls: Entry) -> None:
        self.advice.append(Finding(tuple(call["id"] for call in calls), message))


class Calls:
    """The calls of a sandbox's journal, oldest first."""

    def __init__(self, entries: Iterable[Entry], vendors: Iterable[Vendor]) -> None:
        self.all = sorted(entries, key=lambda entry: int(entry["id"]))
        self.served = [entry for entry in self.all if entry["evidence"] is not None]
        vendors = tuple(vendors)
        self._statuses = {spec.rule: spec.status for vendor in vendors for spec in vendor.errors}
        self._operations = {(v.name, operation.id): operation for v in vendors for operation in v.operations}

    def find_intended_status(self, entry: Entry) -> int:
        """The status that the vendor's reply means, even where a reading answers every failure with 200.

        0 for a reply that is not the vendor's; ``UNAVAILABLE`` for one that a network fault spoiled.
        """
        if is_spoiled(entry):
            return UNAVAILABLE
        if entry["basis"] is None:
            return 0
        return int(self._statuses.get(entry["basis"]["rule"], entry["response"]["status"]))

    def find_operation(self, entry: Entry) -> Operation | None:
        return self._operations.get((entry["vendor"], entry["operation"]))

    def pair_repetitions(self) -> Iterator[tuple[Entry, Entry | None]]:
        """Each call with its next repetition; None if it was not repeated after its reply."""
        same: dict[tuple[Any, ...], list[Entry]] = {}
        for entry in self.served:
            request = entry["request"]
            key = (entry["vendor"], request["method"], request["url"], entry["evidence"]["caller"])
            same.setdefault(key, []).append(entry)
        for entries in same.values():
            for before, after in pairwise((*entries, None)):
                assert before is not None
                yield before, after if after is None or not _is_in_flight(before, after) else None

    def map_next_calls(self) -> Mapping[int, Entry]:
        """The next call of the same caller, by the id of each call."""
        following, newest = dict[int, Entry](), dict[tuple[Any, ...], Entry]()
        for entry in reversed(self.served):
            caller = (entry["vendor"], entry["evidence"]["caller"])
            if caller in newest:
                following[entry["id"]] = newest[caller]
            newest[caller] = entry
        return following


def is_spoiled(entry: Entry) -> bool:
    """Whether a network fault kept the reply from arriving as it was intended."""
    return entry["received"]["fault"] is not None


def _retry_delay(entry: Entry) -> timedelta | None:
    """The Retry-After of a reply; None without one, or if the reply was spoiled."""
    headers = entry["response"]["headers"].items()
    wanted = next((value for name, value in headers if name.lower() == "retry-after"), "")
    return timedelta(seconds=int(wanted)) if wanted.isdecimal() and not is_spoiled(entry) else None


def _is_too_early(before: Entry, after: Entry, asked: timedelta) -> bool:
    return _measure_wait(before, after) < asked - TIMER_TOLERANCE


def _describe_early_retry(before: Entry, after: Entry, asked: timedelta) -> str:
    waited = _format_seconds(_measure_wait(before, after))
    return f"{describe_call(after)} came again after {waited}, though Retry-After asked for {_format_seconds(asked)}."


def _is_in_flight(before: Entry, after: Entry) -> bool:
    """Whether the later call arrived before the earlier reply was sent."""
    held = timedelta(milliseconds=before["evidence"]["delay"])
    return parse_instant(after["time"]) < parse_instant(before["time"]) + held


def _measure_wait(before: Entry, after: Entry) -> timedelta:
    """The time between two calls, by the clock that shows more."""
    by_wall = parse_instant(after["time"]) - parse_instant(before["time"])
    by_sandbox = parse_instant(after["evidence"]["now"]) - parse_instant(before["evidence"]["now"])
    return max(by_wall, by_sandbox)


def find_retry_after(calls: Calls) -> Evidence:
    """Repetitions that came before Retry-After had passed."""
    evidence = Evidence()
    for before, after in calls.pair_repetitions():
        asked = _retry_delay(before)
        if asked is None:
            continue
        evidence.proof.append(before["id"])
        if after is None:
            continue
        evidence.proof.append(after["id"])
        if _is_too_early(before, after, asked):
            evidence.add_finding(_describe_early_retry(before, after, asked), before, after)
    return evidence


def find_refused(calls: Calls) -> Evidence:
    """Repetitions of a call that was refused with 401 or 403."""
    evidence = Evidence()
    for before, after in calls.pair_repetitions():
        if calls.find_intended_status(before) not in (401, 403):
            continue
        evidence.proof.append(before["id"])
        if after is not None:
            status = calls.find_intended_status(before)
            message = f"{describe_call(after)} came again with the same credential after a {status}."
            evidence.add_finding(message, before, after)
    return evidence


def find_back_off(calls: Calls) -> Evidence:
    """Repetitions that came too soon after a server error or a network fault."""
    evidence = Evidence()
    for before, after in calls.pair_repetitions():
        if calls.find_intended_status(before) < 500:
            continue
        evidence.proof.append(before["id"])
        if after is None:
            continue
        evidence.proof.append(after["id"])
        asked = _retry_delay(before)
        waited = _measure_wait(before, after) - timedelta(milliseconds=before["evidence"]["delay"])
        if asked is not None and _is_too_early(before, after, asked):
            evidence.add_finding(_describe_early_retry(before, after, asked), before, after)
        elif asked is None and waited < MIN_WAIT:
            fault = before["received"]["fault"]
            what = f"the network fault {fault}" if fault else f"a {calls.find_intended_status(before)}"
            repeated = f"{describe_call(after)} came again {_format_seconds(waited)} after {what}"
            evidence.add_advice(f"{repeated}; better wait {_format_seconds(MIN_WAIT)}.", before, after)
    return evidence


def find_parameters(calls: Calls) -> Evidence:
    """Parameters that the vendor ignores or does not know."""
    evidence = Evidence()
    for entry in calls.served:
        if entry["reached"] not in ("parameters", "answer"):
            continue
        evidence.proof.append(entry["id"])
        for warning in entry["warnings"]:
            if warning["code"] in IGNORED_CODES:
                evidence.add_finding(f"{describe_call(entry)}: {warning['message']}", entry)
    return evidence


def find_live(calls: Calls, refuses_live: bool) -> Evidence:
    """Calls with a credential that looks live."""
    evidence = Evidence()
    if not refuses_live:
        return evidence
    for entry in calls.all:
        if entry["fault"] == LIVE:
            evidence.add_finding(
                f"A call of {entry['vendor'] or 'no vendor'} carried a credential that looks live; it was refused.",
                entry,
            )
        elif entry["evidence"] and entry["evidence"]["caller"]:
            evidence.proof.append(entry["id"])
    return evidence


def find_quota(calls: Calls) -> Evidence:
    """Calls over the quota after which the client did not wait."""
    evidence = Evidence()
    repeated = {before["id"]: after for before, after in calls.pair_repetitions() if after is not None}
    following = calls.map_next_calls()
    for entry in calls.served:
        quota = entry["evidence"]["quota"]
        if quota is None or entry["reached"] == "faults":  # a forced 429 counts nothing
            continue
        evidence.proof.append(entry["id"])
        asked = _retry_delay(entry)
        if entry["reached"] != "quota" or asked is None:
            continue
        over = f"over the quota of {quota['limit']} calls"
        evidence.detail = f"Waited as Retry-After asked when {over}."
        later = repeated.get(entry["id"]) or following.get(entry["id"])
        if later is not None and not _is_in_flight(entry, later) and _is_too_early(entry, later, asked):
            after = _format_seconds(_measure_wait(entry, later))
            message = f"{describe_call(entry)} was {over}; the next call came after {after}, Retry-After asked for"
            evidence.add_finding(f"{message} {_format_seconds(asked)}.", entry, later)
    return evidence


def describe_call(entry: Entry) -> str:
    """Method and URL of a call, for messages."""
    url = entry["request"]["url"]
    return f"{entry['request']['method']} {url if len(url) <= 200 else url[:197] + '...'}"


def _format_seconds(duration: timedelta) -> str:
    return f"{max(0.0, duration.total_seconds()):.3g} s"
