"""Verdicts: whether the client behaved as a careful client of a billing API does, judged by the journal of its sandbox.

Each check is ``kept``, ``broken`` or ``untested`` (nothing happened that could have told), with the calls that prove
it. Calls are the same call when method, URL and credential are the same; one that came before an earlier one was
answered is no repetition of it. A wait counts by whichever clock shows more of it, the sandbox's or the wall's: a test
may move the one and wait by the other.

A list of several pages of which only the first was asked for breaks ``pages``: a job that takes the first page for
everything is the mistake that loses invoices, and nothing tells it from a screen that shows one page on purpose. Who
tests such a screen leaves that check out by its name: it is ``untested`` then.
"""

from __future__ import annotations

import re
import xml.etree.ElementTree as ET
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from itertools import pairwise
from typing import Any, Literal

from .clock import parse_instant
from .live import CODE as LIVE
from .vendor import Endpoint, Paging, Vendor

Outcome = Literal["kept", "broken", "untested"]
Entry = Mapping[str, Any]

LEAST_WAIT = timedelta(milliseconds=100)
CHECKS = ("pages", "retry-after", "refused", "back-off", "parameters", "live-credentials", "quota")
PASSED_OVER = ("unknown-parameter", "ignored-value", "repeated-parameter", "unread-body")
_NO_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


@dataclass(frozen=True, slots=True)
class Finding:
    """One way in which a check was broken, and the calls that show it."""

    calls: tuple[int, ...]
    message: str


@dataclass(frozen=True, slots=True)
class Check:
    """One check with its outcome. ``calls`` are journal ids: those that break it, or those that prove it kept."""

    name: str
    title: str
    verdict: Outcome
    about: str
    calls: tuple[int, ...] = ()
    findings: tuple[Finding, ...] = ()

    def document(self) -> dict[str, Any]:
        """The check as JSON."""
        return {
            "name": self.name,
            "title": self.title,
            "verdict": self.verdict,
            "about": self.about,
            "calls": list(self.calls),
            "findings": [{"calls": list(found.calls), "message": found.message} for found in self.findings],
        }


@dataclass
class _Evidence:
    """What one check has found so far: the calls that prove it, and what breaks it."""

    proof: list[int] = field(default_factory=list)
    findings: list[Finding] = field(default_factory=list)

    def broken(self, message: str, *calls: Entry) -> None:
        self.findings.append(Finding(tuple(call["id"] for call in calls), message))


class Calls:
    """The calls of a sandbox's journal, as checks look at them; oldest first."""

    def __init__(self, entries: Iterable[Entry], vendors: Iterable[Vendor]) -> None:
        self.all = sorted(entries, key=lambda entry: int(entry["id"]))
        self.served = [entry for entry in self.all if entry["evidence"] is not None]
        vendors = tuple(vendors)
        self._meant = {words.rule: words.status for vendor in vendors for words in vendor.errors}
        self._endpoints = {(v.name, endpoint.operation): endpoint for v in vendors for endpoint in v.endpoints}

    def status(self, entry: Entry) -> int:
        """The status that a reply of the vendor means, also under a reading in which every failure is a 200; 0 for a
        reply that is not the vendor's.
        """
        if entry["basis"] is None:
            return 0
        return int(self._meant.get(entry["basis"]["rule"], entry["response"]["status"]))

    def endpoint(self, entry: Entry) -> Endpoint | None:
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


def _in_flight(before: Entry, after: Entry) -> bool:
    """Whether the later call came before the earlier one's reply was let go."""
    held = timedelta(milliseconds=before["evidence"]["delay"])
    return parse_instant(after["time"]) < parse_instant(before["time"]) + held


def _waited(before: Entry, after: Entry) -> timedelta:
    by_wall = parse_instant(after["time"]) - parse_instant(before["time"])
    by_sandbox = parse_instant(after["evidence"]["now"]) - parse_instant(before["evidence"]["now"])
    return max(by_wall, by_sandbox)


def names(text: str) -> frozenset[str]:
    """The checks that a text names, with commas between them. Raises ValueError with what is wanted."""
    found = frozenset(filter(None, map(str.strip, text.split(","))))
    if not found <= set(CHECKS):
        raise ValueError("some of " + ", ".join(CHECKS))
    return found


def judge(
    entries: Iterable[Entry],
    vendors: Iterable[Vendor],
    *,
    refuses_live: bool = True,
    whole: bool = True,
    ignore: Collection[str] = (),
) -> list[Check]:
    """All checks over a journal's entries, those of ``ignore`` untested.

    ``refuses_live``: whether the server looks for live credentials. ``whole``: whether the journal still has all calls;
    of one that let the oldest go nobody knows whether a page was asked for before.
    """
    checks = _judged(Calls(entries, vendors), refuses_live, whole)
    return [
        Check(check.name, check.title, "untested", "It was left out, as asked.") if check.name in ignore else check
        for check in checks
    ]


def _judged(calls: Calls, refuses_live: bool, whole: bool) -> list[Check]:
    bounds = "" if whole else " in what the journal still has (--journal-entries, --journal-bytes)"
    return [
        _check(
            "pages",
            "Followed every page to the end",
            f"No list of more than one page was asked for{bounds}.",
            _pages(calls, whole),
        ),
        _check("retry-after", "Honoured Retry-After", "No reply had a Retry-After.", _retry_after(calls)),
        _check("refused", "Did not retry a 401 or 403", "No reply was a 401 or 403.", _refused(calls)),
        _check("back-off", "Backed off on 5xx", "No reply was a 5xx.", _back_off(calls)),
        _check("parameters", "Sent no unknown or ignored parameter", "No parameter was read.", _parameters(calls)),
        _check(
            "live-credentials",
            "Sent no credential that looks live",
            "No call carried a credential." if refuses_live else "The server does not look for them (--refuse-live).",
            _live(calls, refuses_live),
        ),
        _check("quota", "Stayed within the quota", "No call was counted against a quota.", _quota(calls)),
    ]


def overall(checks: Iterable[Check]) -> Outcome:
    """Broken if any check is, else kept if any is."""
    outcomes = {check.verdict for check in checks}
    return "broken" if "broken" in outcomes else "kept" if "kept" in outcomes else "untested"


def document(sandbox: str, checks: Sequence[Check]) -> dict[str, Any]:
    """The verdict as JSON."""
    found = [check.verdict for check in checks]
    return {
        "sandbox": sandbox,
        "verdict": overall(checks),
        "counts": {outcome: found.count(outcome) for outcome in ("kept", "broken", "untested")},
        "checks": [check.document() for check in checks],
    }


def junit(sandbox: str, checks: Sequence[Check]) -> bytes:
    """The verdict as JUnit XML: broken is a failure, untested is skipped."""
    found = [check.verdict for check in checks]
    suites = ET.Element("testsuites", name="mockserver")
    suite = ET.SubElement(
        suites,
        "testsuite",
        name=_xml(f"mockserver.{sandbox}"),
        tests=str(len(checks)),
        failures=str(found.count("broken")),
        errors="0",
        skipped=str(found.count("untested")),
    )
    for check in checks:
        case = ET.SubElement(suite, "testcase", classname=_xml(f"mockserver.{sandbox}"), name=check.title, time="0")
        if check.verdict == "broken":
            failure = ET.SubElement(case, "failure", message=_xml(check.about), type=check.name)
            failure.text = _xml("\n".join(f"calls {_ids(each.calls)}: {each.message}" for each in check.findings))
        elif check.verdict == "untested":
            ET.SubElement(case, "skipped", message=_xml(check.about))
    xml: bytes = ET.tostring(suites, encoding="utf-8", xml_declaration=True)
    return xml


def _xml(text: str) -> str:
    """The text with the characters that XML cannot hold written as escapes."""
    return _NO_XML.sub(lambda match: match[0].encode("unicode_escape").decode(), text)


def _ids(calls: Iterable[int]) -> str:
    return ", ".join(map(str, calls))


def _check(name: str, title: str, untested: str, found: _Evidence) -> Check:
    if found.findings:
        ids = tuple(dict.fromkeys(id for each in found.findings for id in each.calls))
        more = f" (and {len(found.findings) - 1} more)" if found.findings[1:] else ""
        return Check(name, title, "broken", found.findings[0].message + more, ids, tuple(found.findings))
    if found.proof:
        return Check(name, title, "kept", title + ".", tuple(sorted(found.proof)))
    return Check(name, title, "untested", untested)


# The checks ---------------------------------------------------------------------------------------------------------


def _retry_after(calls: Calls) -> _Evidence:
    found = _Evidence()
    for before, after in calls.repeated():
        wanted = next((v for name, v in before["response"]["headers"].items() if name.lower() == "retry-after"), "")
        if not wanted.isdecimal():
            continue
        found.proof.append(before["id"])
        if after is None:
            continue
        found.proof.append(after["id"])
        waited = _waited(before, after)
        if waited < timedelta(seconds=int(wanted)):
            message = f"{_named(after)} came again after {_seconds(waited)}, though Retry-After asked for {wanted} s."
            found.broken(message, before, after)
    return found


def _refused(calls: Calls) -> _Evidence:
    found = _Evidence()
    for before, after in calls.repeated():
        if calls.status(before) not in (401, 403):
            continue
        found.proof.append(before["id"])
        if after is not None:
            message = f"{_named(after)} came again with the same credential after a {calls.status(before)}."
            found.broken(message, before, after)
    return found


def _back_off(calls: Calls) -> _Evidence:
    found = _Evidence()
    for before, after in calls.repeated():
        if calls.status(before) < 500:
            continue
        found.proof.append(before["id"])
        if after is None:
            continue
        found.proof.append(after["id"])
        waited = _waited(before, after) - timedelta(milliseconds=before["evidence"]["delay"])
        if waited < LEAST_WAIT:
            least = _seconds(LEAST_WAIT)
            message = f"{_named(after)} came again {_seconds(waited)} after a {calls.status(before)}, wanted {least}."
            found.broken(message, before, after)
    return found


def _parameters(calls: Calls) -> _Evidence:
    found = _Evidence()
    for entry in calls.served:
        if entry["reached"] not in ("parameters", "answer"):
            continue
        found.proof.append(entry["id"])
        for warning in entry["warnings"]:
            if warning["code"] in PASSED_OVER:
                found.broken(f"{_named(entry)}: {warning['message']}", entry)
    return found


def _live(calls: Calls, looked: bool) -> _Evidence:
    found = _Evidence()
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


def _quota(calls: Calls) -> _Evidence:
    found = _Evidence()
    for entry in calls.served:
        quota = entry["evidence"]["quota"]
        if quota is None or entry["reached"] == "faults":  # one that only was said to be over its quota
            continue
        found.proof.append(entry["id"])
        if entry["reached"] == "quota":
            found.broken(f"{_named(entry)} was over the quota of {quota['limit']} calls.", entry)
    return found


def _pages(calls: Calls, whole: bool) -> _Evidence:
    found = _Evidence()
    for paging, number, entries in _lists(calls):
        answered = {number(entry): entry for entry in entries if entry["evidence"]["page"]}
        if not answered:
            continue
        ends = [page for page, entry in answered.items() if _is_last(entry)]
        start = paging.first if whole else max(answered)
        needed = range(start, min(ends) + 1) if ends else range(start, max(answered) + 2)
        missing = next((page for page in needed if page not in answered), None)
        if missing is None:
            if needed.start == paging.first and len(needed) > 1:
                found.proof += [entry["id"] for entry in answered.values()]
            continue
        named, asked = (
            f"{_named(entries[0])}: {paging.parameter}={missing}",
            [e for e in entries if number(e) == missing],
        )
        later = [
            entry for page, entry in answered.items() if page > missing and asked and entry["id"] > asked[-1]["id"]
        ]
        if later:
            message = f"{named} was refused and not asked for again, but later pages were."
            found.broken(message, *asked, *later)
        elif not asked:  # who gives up at a page that is refused does what can be done
            place = " (the first page)" if missing == paging.first else ""
            found.broken(f"{named}{place} was never asked for.", *answered.values())
    return found


def _lists(calls: Calls) -> Iterator[tuple[Paging, Callable[[Entry], int], list[Entry]]]:
    """The calls that ask for pages of one list: they differ in nothing but the page's number."""
    lists: dict[tuple[Any, ...], list[Entry]] = {}
    for entry in calls.served:
        endpoint = calls.endpoint(entry)
        if endpoint is None or endpoint.paging is None or entry["request"]["method"] != "GET":
            continue
        request = entry["request"]
        rest = {n: v for n, v in request["query"].items() if n.casefold() != endpoint.paging.parameter.casefold()}
        same = (entry["vendor"], entry["operation"], request["path"], entry["evidence"]["caller"])
        lists.setdefault((*same, repr(sorted(rest.items()))), []).append(entry)
    for entries in lists.values():
        endpoint = calls.endpoint(entries[0])
        assert endpoint is not None
        assert endpoint.paging is not None
        yield endpoint.paging, _numbering(endpoint, endpoint.paging), entries


def _numbering(endpoint: Endpoint, paging: Paging) -> Callable[[Entry], int]:
    """How the number of the page that a call asks for is read, as the endpoint itself does."""

    def number(entry: Entry) -> int:
        values = [v for name, v in entry["request"]["query"].items() if name.casefold() == paging.parameter.casefold()]
        value = values[0] if values else ""
        if isinstance(value, list):
            value = value[0] if endpoint.repeated == "first" else value[-1]
        return max(paging.first, int(value)) if re.fullmatch(r"[+-]?\d{1,18}", value, re.ASCII) else paging.first

    return number


def _is_last(entry: Entry) -> bool:
    page = entry["evidence"]["page"]
    return bool(page["stop"] >= page["total"])


def _named(entry: Entry) -> str:
    url = entry["request"]["url"]
    return f"{entry['request']['method']} {url if len(url) <= 200 else url[:197] + '...'}"


def _seconds(duration: timedelta) -> str:
    return f"{max(0.0, duration.total_seconds()):.3g} s"
