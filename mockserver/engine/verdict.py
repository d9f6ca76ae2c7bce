"""Verdicts: checks a client's behaviour against the journal of its sandbox.

Each check is ``kept``, ``broken`` or ``untested`` (no call exercised it), with the calls that prove it. An
``advisory`` check does not affect the verdict.
"""

from __future__ import annotations

import re
import xml.etree.ElementTree as ET
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal

from ..sdk.contract import Vendor
from .verdict_evidence import (
    Calls,
    Entry,
    Evidence,
    Finding,
    find_back_off,
    find_live,
    find_parameters,
    find_quota,
    find_refused,
    find_retry_after,
)
from .verdict_pages import find_pages

CheckResult = Literal["kept", "broken", "untested"]

CHECKS = ("pages", "retry-after", "refused", "back-off", "parameters", "live-credentials", "quota")
OPTIONAL_CHECKS = ("pages",)  # a test run fails on these only if it asks for them
_NOT_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


@dataclass(frozen=True, slots=True)
class Check:
    """One check with its outcome.

    ``calls`` are the journal ids of its findings, or those that prove it kept. An ``advisory`` check does not affect
    the verdict.
    """

    name: str
    title: str
    verdict: CheckResult
    about: str
    calls: tuple[int, ...] = ()
    findings: tuple[Finding, ...] = ()
    advisory: bool = False

    @property
    def decides(self) -> bool:
        """Whether it breaks the whole verdict."""
        return self.verdict == "broken" and not self.advisory

    def document(self) -> dict[str, Any]:
        """Return the check as JSON."""
        return {
            "name": self.name,
            "title": self.title,
            "verdict": self.verdict,
            "advisory": self.advisory,
            "about": self.about,
            "calls": list(self.calls),
            "findings": [{"calls": list(finding.calls), "message": finding.message} for finding in self.findings],
        }


def parse_checks(text: str) -> frozenset[str]:
    """Parse comma-separated check names. Raises ValueError with the names allowed."""
    names = frozenset(filter(None, map(str.strip, text.split(","))))
    if not names <= set(CHECKS):
        raise ValueError("some of " + ", ".join(CHECKS))
    return names


def judge(
    entries: Iterable[Entry],
    vendors: Iterable[Vendor],
    *,
    refuses_live: bool = True,
    whole: bool = True,
    ignore: Collection[str] = (),
) -> list[Check]:
    """Run all checks over a journal's entries. Those in ``ignore`` are untested.

    ``refuses_live``: whether the server detects live credentials. ``whole``: whether the journal still has all calls;
    a journal that dropped the oldest cannot prove that a page was never requested.
    """
    checks = _run_checks(Calls(entries, vendors), refuses_live, whole)
    return [
        Check(check.name, check.title, "untested", "It was left out, as asked.") if check.name in ignore else check
        for check in checks
    ]


def _run_checks(calls: Calls, refuses_live: bool, whole: bool) -> list[Check]:
    bounds = "" if whole else " in what the journal still has (--journal-entries, --journal-bytes)"
    return [
        _make_check(
            "pages",
            "Followed every page to the end",
            f"Not exercised: no list of more than one page could be followed{bounds}.",
            find_pages(calls, whole),
        ),
        _make_check(
            "retry-after", "Honoured Retry-After", "No reply that arrived had a Retry-After.", find_retry_after(calls)
        ),
        _make_check("refused", "Did not retry a 401 or 403", "No reply was a 401 or 403.", find_refused(calls)),
        _make_check(
            "back-off", "Backed off on 5xx", "No reply was a 5xx or lost to a network fault.", find_back_off(calls)
        ),
        _make_check(
            "parameters", "Sent no unknown or ignored parameter", "No parameter was read.", find_parameters(calls)
        ),
        _make_check(
            "live-credentials",
            "Sent no credential that looks live",
            "No call carried a credential." if refuses_live else "The server does not look for them (--refuse-live).",
            find_live(calls, refuses_live),
        ),
        _make_check("quota", "Stayed within the quota", "No call was counted against a quota.", find_quota(calls)),
    ]


def combine(checks: Iterable[Check]) -> CheckResult:
    """Combine checks: broken if any that decides is broken, else kept if any is kept."""
    checks = list(checks)
    if any(check.decides for check in checks):
        return "broken"
    return "kept" if any(check.verdict == "kept" for check in checks) else "untested"


def apply_fail_on(checks: Iterable[Check], fail_on: Collection[str] = ()) -> list[Check]:
    """Return the checks as a test run applies them.

    For those in ``fail_on`` advice also breaks the check. The others of ``OPTIONAL_CHECKS`` become advisory.
    """
    return [_apply_fail_on(check, check.name in fail_on) for check in checks]


def _apply_fail_on(check: Check, wanted: bool) -> Check:
    if not check.findings:
        return check
    if wanted:
        return replace(check, verdict="broken", advisory=False)
    return replace(check, advisory=True) if check.name in OPTIONAL_CHECKS else check


def render_json(sandbox: str, checks: Sequence[Check]) -> dict[str, Any]:
    """Return the verdict as JSON."""
    verdicts = [check.verdict for check in checks]
    return {
        "sandbox": sandbox,
        "verdict": combine(checks),
        "counts": {outcome: verdicts.count(outcome) for outcome in ("kept", "broken", "untested")},
        "checks": [check.document() for check in checks],
    }


def render_junit(sandbox: str, checks: Sequence[Check]) -> bytes:
    """Return the verdict as JUnit XML: broken fails, untested is skipped, advice is output."""
    suites = ET.Element("testsuites", name="mockserver")
    suite = ET.SubElement(
        suites,
        "testsuite",
        name=_escape_xml(f"mockserver.{sandbox}"),
        tests=str(len(checks)),
        failures=str(sum(check.decides for check in checks)),
        errors="0",
        skipped=str(sum(check.verdict == "untested" for check in checks)),
    )
    for check in checks:
        case = ET.SubElement(
            suite, "testcase", classname=_escape_xml(f"mockserver.{sandbox}"), name=check.title, time="0"
        )
        findings = _escape_xml("\n".join(f"calls {_join_ids(each.calls)}: {each.message}" for each in check.findings))
        if check.decides:
            ET.SubElement(case, "failure", message=_escape_xml(check.about), type=check.name).text = findings
            continue
        if check.verdict == "untested":
            ET.SubElement(case, "skipped", message=_escape_xml(check.about))
        if findings:
            ET.SubElement(case, "system-out").text = findings
    xml: bytes = ET.tostring(suites, encoding="utf-8", xml_declaration=True)
    return xml


def _escape_xml(text: str) -> str:
    """Escape the characters that XML cannot hold."""
    return _NOT_XML.sub(lambda match: match[0].encode("unicode_escape").decode(), text)


def _join_ids(calls: Iterable[int]) -> str:
    return ", ".join(map(str, calls))


def _make_check(name: str, title: str, untested: str, evidence: Evidence) -> Check:
    verdict: CheckResult = "broken" if evidence.findings else "kept" if evidence.proof else "untested"
    findings = tuple(evidence.findings or evidence.advice)
    if findings:
        ids = tuple(dict.fromkeys(id for each in findings for id in each.calls))
        more = f" (and {len(findings) - 1} more)" if findings[1:] else ""
        return Check(name, title, verdict, findings[0].message + more, ids, findings, advisory=not evidence.findings)
    if evidence.proof:
        return Check(name, title, verdict, evidence.detail or title + ".", tuple(sorted(set(evidence.proof))))
    return Check(name, title, verdict, untested)
