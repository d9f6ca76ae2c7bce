"""What the journal of a sandbox proves of its client, check by check; docs/verdict.md has the rule of each.

Calls are the same call when method, URL and credential are the same; one that came before an earlier one was answered
is no repetition of it. A wait counts by whichever clock shows more of it, the sandbox's or the wall's: a test may move
the one and wait by the other. A reply that a network fault spoiled is no evidence against the client.

A list of several pages of which only the first was asked for breaks ``pages``: a job that takes the first page for
everything is the mistake that loses invoices, and nothing tells it from a screen that shows one page on purpose. Who
tests such a screen leaves that check out by its name: it is ``untested`` then.
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

LEAST_WAIT = timedelta(milliseconds=100)
EARLY = timedelta(milliseconds=5)  # timers of event loops round to milliseconds
UNAVAILABLE = 503  # how the retry of a reply that did not arrive whole is judged
PASSED_OVER = ("unknown-parameter", "ignored-value", "repeated-parameter", "unread-body")


@dataclass(frozen=True, slots=True)
class Finding:
    """One way in which a check was broken, and the calls that show it."""

    calls: tuple[int, ...]
    message: str


@dataclass
class Evidence:
    """What one check has found so far: the calls that prove it, what breaks it, what is only advised; ``kept`` says in
    which way it was kept, if its title does not.
    """

    proof: list[int] = field(default_factory=list)
    findings: list[Finding] = field(default_factory=list)
    advice: list[Finding] = field(default_factory=list)
    kept: str = ""

    def broken(self, message: str, *calls: Entry) -> None:
        self.findings.append(Finding(tuple(call["id"] for call in calls), message))

    def advised(self, message: str, *calls: Entry) -> None:
        self.advice.append(Finding(tuple(call["id"] for call in calls), message))


class Calls:
    """The calls of a sandbox's journal, as checks look at them; oldest first."""

    def __init__(self, entries: Iterable[Entry], vendors: Iterable[Vendor]) -> None:
        self.all = sorted(entries, key=lambda entry: int(entry["id"]))
        self.served = [entry for entry in self.all if entry["evidence"] is not None]
        vendors = tuple(vendors)
        self._meant = {words.rule: words.status for vendor in vendors for words in vendor.errors}
        self._endpoints = {(v.name, endpoint.id): endpoint for v in vendors for endpoint in v.operations}

    def status(self, entry: Entry) -> int:
        """The status that a reply of the vendor means, also under a reading in which every failure is a 200; 0 for a
        reply that is not the vendor's, ``UNAVAILABLE`` for one that a network fault spoiled.
        """
        if _spoiled(entry):
            return UNAVAILABLE
        if entry["basis"] is None:
            return 0
        return int(self._meant.get(entry["basis"]["rule"], entry["response"]["status"]))

    def endpoint(self, entry: Entry) -> Operation | None:
        return self._endpoints.get((entry["vendor"], entry["operation"]))

    def repeated(self) -> Iterator[tuple[Entry, Entry | None]]:
        """Every call with its next repetition, if it was repeated after its answer."""
        same: dict[tuple[Any, ...], list[Entry]] = {}
        for entry in self.served:
            request = entry["request"]
            key = (entry["vendor"], request["method"], request["url"], entry["evidence"]["caller"])
            same.setdefault(key, []).append(entry)
        for entries in same.values():
            for before, after in pairwise((*entries, None)):
                assert before is not None
                yield before, after if after is None or not _in_flight(before, after) else None

    def following(self) -> Mapping[int, Entry]:
        """By the id of each call the next one of its caller, whatever that asks for."""
        found, newest = dict[int, Entry](), dict[tuple[Any, ...], Entry]()
        for entry in reversed(self.served):
            caller = (entry["vendor"], entry["evidence"]["caller"])
            if caller in newest:
                found[entry["id"]] = newest[caller]
            newest[caller] = entry
        return found


def _spoiled(entry: Entry) -> bool:
    """Whether a network fault kept the reply from arriving as it was intended."""
    return entry["received"]["fault"] is not None


def _retry_delay(entry: Entry) -> timedelta | None:
    """How long the reply asked the client to wait; None if it did not, or did not arrive."""
    headers = entry["response"]["headers"].items()
    wanted = next((value for name, value in headers if name.lower() == "retry-after"), "")
    return timedelta(seconds=int(wanted)) if wanted.isdecimal() and not _spoiled(entry) else None


def _too_early(before: Entry, after: Entry, asked: timedelta) -> bool:
    return _waited(before, after) < asked - EARLY


def _hasty(before: Entry, after: Entry, asked: timedelta) -> str:
    waited = _seconds(_waited(before, after))
    return f"{_named(after)} came again after {waited}, though Retry-After asked for {_seconds(asked)}."


def _in_flight(before: Entry, after: Entry) -> bool:
    """Whether the later call came before the earlier one's reply was let go."""
    held = timedelta(milliseconds=before["evidence"]["delay"])
    return parse_instant(after["time"]) < parse_instant(before["time"]) + held


def _waited(before: Entry, after: Entry) -> timedelta:
    by_wall = parse_instant(after["time"]) - parse_instant(before["time"])
    by_sandbox = parse_instant(after["evidence"]["now"]) - parse_instant(before["evidence"]["now"])
    return max(by_wall, by_sandbox)


def find_retry_after(calls: Calls) -> Evidence:
    found = Evidence()
    for before, after in calls.repeated():
        asked = _retry_delay(before)
        if asked is None:
            continue
        found.proof.append(before["id"])
        if after is None:
            continue
        found.proof.append(after["id"])
        if _too_early(before, after, asked):
            found.broken(_hasty(before, after, asked), before, after)
    return found


def find_refused(calls: Calls) -> Evidence:
    found = Evidence()
    for before, after in calls.repeated():
        if calls.status(before) not in (401, 403):
            continue
        found.proof.append(before["id"])
        if after is not None:
            message = f"{_named(after)} came again with the same credential after a {calls.status(before)}."
            found.broken(message, before, after)
    return found


def find_back_off(calls: Calls) -> Evidence:
    found = Evidence()
    for before, after in calls.repeated():
        if calls.status(before) < 500:
            continue
        found.proof.append(before["id"])
        if after is None:
            continue
        found.proof.append(after["id"])
        asked = _retry_delay(before)
        waited = _waited(before, after) - timedelta(milliseconds=before["evidence"]["delay"])
        if asked is not None and _too_early(before, after, asked):
            found.broken(_hasty(before, after, asked), before, after)
        elif asked is None and waited < LEAST_WAIT:
            spoiled = before["received"]["fault"]
            what = f"the network fault {spoiled}" if spoiled else f"a {calls.status(before)}"
            message = f"{_named(after)} came again {_seconds(waited)} after {what}; better wait {_seconds(LEAST_WAIT)}."
            found.advised(message, before, after)
    return found


def find_parameters(calls: Calls) -> Evidence:
    found = Evidence()
    for entry in calls.served:
        if entry["reached"] not in ("parameters", "answer"):
            continue
        found.proof.append(entry["id"])
        for warning in entry["warnings"]:
            if warning["code"] in PASSED_OVER:
                found.broken(f"{_named(entry)}: {warning['message']}", entry)
    return found


def find_live(calls: Calls, looked: bool) -> Evidence:
    found = Evidence()
    if not looked:
        return found
    for entry in calls.all:
        if entry["fault"] == LIVE:
            found.broken(
                f"A call of {entry['vendor'] or 'no vendor'} carried a credential that looks live; it was refused.",
                entry,
            )
        elif entry["evidence"] and entry["evidence"]["caller"]:
            found.proof.append(entry["id"])
    return found


def find_quota(calls: Calls) -> Evidence:
    found = Evidence()
    repeated = {before["id"]: after for before, after in calls.repeated() if after is not None}
    following = calls.following()
    for entry in calls.served:
        quota = entry["evidence"]["quota"]
        if quota is None or entry["reached"] == "faults":  # one that only was said to be over its quota
            continue
        found.proof.append(entry["id"])
        asked = _retry_delay(entry)
        if entry["reached"] != "quota" or asked is None:
            continue
        over = f"over the quota of {quota['limit']} calls"
        found.kept = f"Waited as Retry-After asked when {over}."
        later = repeated.get(entry["id"]) or following.get(entry["id"])
        if later is not None and not _in_flight(entry, later) and _too_early(entry, later, asked):
            after = _seconds(_waited(entry, later))
            message = f"{_named(entry)} was {over}; the next call came after {after}, Retry-After asked for"
            found.broken(f"{message} {_seconds(asked)}.", entry, later)
    return found


def _named(entry: Entry) -> str:
    url = entry["request"]["url"]
    return f"{entry['request']['method']} {url if len(url) <= 200 else url[:197] + '...'}"


def _seconds(duration: timedelta) -> str:
    return f"{max(0.0, duration.total_seconds()):.3g} s"
