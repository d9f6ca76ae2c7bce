"""Verdicts: each check kept, broken and untested, by careful and careless clients."""

from __future__ import annotations

import xml.etree.ElementTree as ET
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pytest

from mockserver.engine.journal import Journal
from mockserver.engine.verdict import (
    CHECKS,
    Check,
    apply_fail_on,
    combine,
    judge,
    parse_checks,
    render_json,
    render_junit,
)
from mockserver.engine.verdict_evidence import Finding
from mockserver.sdk.call import Call
from mockserver.sdk.contract import ErrorSpec, Vendor
from mockserver.sdk.http import Reply
from tests.support.acme import BILLS, POOR, RICH, Sandboxed, render_error

LIVE = "sk_" + "live_" + "0123456789abcdef"  # split, so that no scanner takes it for a real one


class Watched(Sandboxed):
    """A server whose calls are checked."""

    def judged(self, sandbox: str = "default", **how: Any) -> dict[str, Check]:
        """The checks of a sandbox's journal by name."""
        entries = Journal(self.runtime.store, sandbox).entries()
        return {check.name: check for check in judge(entries, self.runtime.vendors, **how)}

    def outcome(self, name: str) -> tuple[str, tuple[int, ...]]:
        check = self.judged()[name]
        return check.verdict, check.calls

    def spoil(self, network: str, times: int = 1) -> None:
        """Let a network fault spoil the next calls."""
        self.control("POST", "/faults", {"network": network, "times": times})

    def walk(self, *numbers: int, **more: Any) -> None:
        for number in numbers:
            self.get(f"{BILLS}?size=2&page={number}", **more)


@pytest.fixture
def server(vendor: Vendor) -> Watched:
    return Watched(vendor)


def test_of_nothing_nothing_is_said(server: Watched) -> None:
    checks = list(server.judged().values())
    assert {check.verdict for check in checks} == {"untested"}
    assert combine(checks) == "untested"
    assert all(check.about and not check.calls for check in checks)


# Pages: rich has six bills, three pages of two -----------------------------------------------------------------------


def test_a_walk_to_the_end_is_proof(server: Watched) -> None:
    server.walk(1, 2, 3)
    assert server.outcome("pages") == ("kept", (1, 2, 3))


def test_pages_may_come_in_any_order_and_twice(server: Watched) -> None:
    server.walk(1, 3, 2, 2, 1)
    assert server.outcome("pages")[0] == "kept"


@pytest.mark.parametrize(
    ("numbers", "missing"),
    [
        ((1,), "page=2 was"),
        ((1, 2), "page=3 was"),
        ((1, 3), "page=2 was"),
        ((2, 3), "page=1 (the first page) was"),
        ((1, 9), "page=2 was"),
    ],
)
def test_a_page_that_is_left_out_breaks_it(server: Watched, numbers: tuple[int, ...], missing: str) -> None:
    server.walk(*numbers)
    check = server.judged()["pages"]
    assert (check.verdict, check.calls) == ("broken", tuple(range(1, len(numbers) + 1)))
    assert f"{missing} never asked for" in check.about


def test_another_filter_account_or_size_is_another_list(server: Watched) -> None:
    server.walk(1, 2, 3)
    server.get(f"{BILLS}?size=3")
    check = server.judged()["pages"]
    assert (check.verdict, check.calls) == ("broken", (4,))
    assert len(check.findings) == 1


def test_the_first_page_needs_no_number(server: Watched) -> None:
    server.get(f"{BILLS}?size=4")
    server.get(f"{BILLS}?page=2&size=4")
    assert server.outcome("pages")[0] == "kept"


def test_one_page_proves_nothing(server: Watched) -> None:
    server.walk(1, key=POOR)
    check = server.judged()["pages"]
    assert (check.verdict, check.about) == (
        "untested",
        "Not exercised: no list of more than one page could be followed.",
    )


def test_a_walk_that_a_failure_stops_is_not_the_clients_fault(server: Watched) -> None:
    server.walk(1)
    server.get(f"{BILLS}?size=2&page=2", Prefer="code=503")
    assert server.outcome("pages")[0] == "untested"


def test_to_go_on_past_a_page_that_was_refused_is(server: Watched) -> None:
    server.walk(1)
    server.get(f"{BILLS}?size=2&page=2", Prefer="code=503")
    server.walk(3)
    check = server.judged()["pages"]
    assert (check.verdict, check.calls) == ("broken", (2, 3))
    assert "page=2 was refused and not asked for again, but later pages were." in check.about
    server.walk(2)
    assert server.outcome("pages") == ("kept", (1, 3, 4))


SPOILED = ("reset", "empty", "truncate", "malformed", "drip")


@pytest.mark.parametrize("network", SPOILED)
def test_a_page_that_a_network_fault_spoiled_is_not_the_clients_fault(server: Watched, network: str) -> None:
    server.spoil(network, times=2)
    server.walk(1)
    assert server.outcome("pages")[0] == "untested"
    server.walk(1, 1, 2, 3)  # one failed retry, then a good one
    assert server.outcome("pages")[0] == "kept"
    server.get(f"{BILLS}?size=4")
    assert server.outcome("pages")[0] == "broken"


@pytest.mark.parametrize("lost", [1, 2, 3])
def test_to_go_on_past_a_page_that_never_arrived_is_told_as_advice(server: Watched, lost: int) -> None:
    for page in (1, 2, 3):
        if page == lost:
            server.spoil("reset")
        server.walk(page)
    check = server.judged()["pages"]
    assert (check.verdict, check.advisory) == ("untested", lost < 3)
    found = f"page={lost} was spoiled by the network fault reset and not asked for again, but later pages were."
    assert (found in check.about) == (lost < 3)
    server.walk(lost)
    assert server.outcome("pages")[0] == "kept"


def test_a_page_that_came_slowly_may_have_come_whole(server: Watched) -> None:
    server.spoil("drip")
    server.walk(1, 2, 3)
    check = server.judged()["pages"]
    assert (check.verdict, check.findings) == ("untested", ())


@pytest.mark.parametrize(("numbers", "verdict"), [((3, 2), "untested"), ((2,), "broken"), ((1, 2, 3), "kept")])
def test_of_a_journal_that_let_calls_go_only_the_end_is_sure(
    server: Watched, numbers: tuple[int, ...], verdict: str
) -> None:
    server.walk(*numbers)
    check = server.judged(whole=verdict == "kept")["pages"]
    assert check.verdict == verdict
    assert ("--journal-entries" in check.about) == (verdict == "untested")


def test_what_is_left_out_is_untested_and_breaks_nothing(server: Watched) -> None:
    server.walk(1)
    server.get(f"{BILLS}?size=50&stat=paid")
    assert [check.name for check in server.judged().values() if check.verdict == "broken"] == ["pages", "parameters"]
    checks = server.judged(ignore={"pages", "parameters"})
    assert combine(checks.values()) == "kept"
    assert (checks["pages"].verdict, checks["pages"].about, checks["pages"].calls) == (
        "untested", "It was left out, as asked.", (),
    )  # fmt: skip


def test_checks_are_named_in_a_text(server: Watched) -> None:
    assert tuple(server.judged()) == CHECKS
    assert parse_checks(" pages,back-off,") == {"pages", "back-off"}
    assert parse_checks("") == frozenset()
    with pytest.raises(ValueError, match=r"^some of pages, retry-after, .*, quota$"):
        parse_checks("pages,paging")


@pytest.mark.parametrize("kept", ["evidence", "nothing"])
def test_a_call_at_a_path_that_no_vendor_has_breaks_nothing(server: Watched, kept: str) -> None:
    server.get()
    ((_, known),) = server.runtime.store.entries("default")
    lost = {**known, "vendor": None, "operation": None, "basis": None, "reached": "address"}
    evidence = {**known["evidence"], "caller": None, "quota": None, "page": None} if kept == "evidence" else None
    again = [{"id": id, **lost, "evidence": evidence} for id in (2, 3)]
    before, after = judge([{"id": 1, **known}], [server.vendor]), judge([{"id": 1, **known}, *again], [server.vendor])
    assert before == after
    (live,) = [
        check
        for check in judge([{"id": 4, **lost, "evidence": None, "fault": "live-credential"}], [server.vendor])
        if check.name == "live-credentials"
    ]
    assert live.about == "A call of no vendor carried a credential that looks live; it was refused."


def test_of_a_repeated_number_the_one_counts_that_the_endpoint_reads(server: Watched) -> None:
    server.walk(1, 2)
    server.get(f"{BILLS}?size=2&page=1&page=3")
    assert server.outcome("pages")[0] == "kept"


def test_an_endpoint_without_pages_has_none_to_follow(server: Watched) -> None:
    server.get("/v3/bills/1")
    server.get(method="HEAD")
    assert server.outcome("pages")[0] == "untested"


# Waits ----------------------------------------------------------------------------------------------------------------


def throttle(server: Watched) -> None:
    server.control("PATCH", "/settings", {"quotas": {"acme": "1/minute"}})
    server.get()
    assert server.get().headers["Retry-After"] == "60"


@pytest.mark.parametrize(("seconds", "verdict"), [(0, "broken"), (59, "broken"), (60, "kept"), (600, "kept")])
def test_retry_after_is_waited_for(server: Watched, seconds: int, verdict: str) -> None:
    throttle(server)
    server.wall.seconds += seconds
    server.get()
    assert server.outcome("retry-after") == (verdict, (2, 3))


def test_to_advance_the_clock_is_to_wait(server: Watched) -> None:
    throttle(server)
    server.control("POST", "/clock/advance", {"duration": "60s"})
    assert server.get().status == 200
    assert server.outcome("retry-after") == ("kept", (2, 3))


def test_to_give_up_honours_it_too(server: Watched) -> None:
    throttle(server)
    assert server.outcome("retry-after") == ("kept", (2,))


def test_another_call_and_another_caller_are_no_repetition(server: Watched) -> None:
    throttle(server)
    server.get(f"{BILLS}?state=paid")
    server.get(key=POOR)
    assert server.outcome("retry-after") == ("kept", (2, 3))  # the third was refused, too


def test_what_was_sent_before_the_answer_came_is_no_repetition(server: Watched) -> None:
    server.get(Prefer="code=503", X_Mock_Delay="3000")
    server.wall.seconds += 2
    server.get(Prefer="code=503")
    assert server.judged()["back-off"].findings == ()
    server.get(Prefer="code=503")
    (finding,) = server.judged()["back-off"].findings
    assert finding.calls == (2, 3)


@pytest.mark.parametrize(("seconds", "advisory"), [(0.0, True), (0.09, True), (0.11, False), (30.0, False)])
@pytest.mark.parametrize("status", [500, 503, 599])
def test_after_a_5xx_without_retry_after_a_pause_is_only_advised(
    server: Watched, status: int, seconds: float, advisory: bool
) -> None:
    for wish in ({"Prefer": f"code={status}"}, None):
        server.get(f"{BILLS}?size=50", headers=wish)
        server.wall.seconds += seconds
    checks = server.judged()
    check = checks["back-off"]
    assert (check.verdict, check.advisory, check.calls) == ("kept", advisory, (1, 2))
    assert (f"after a {status}; better wait 0.1 s." in check.about) == advisory
    assert combine(checks.values()) == "kept"


@pytest.mark.parametrize(("seconds", "verdict"), [(0.11, "broken"), (1.9, "broken"), (2.0, "kept")])
def test_the_retry_after_of_a_5xx_breaks_back_off_if_it_is_not_waited_for(
    vendor: Vendor, seconds: float, verdict: str
) -> None:
    def with_retry_after(call: Call, words: ErrorSpec, fact: Any) -> Reply:
        reply = render_error(call, words, fact)
        return reply._replace(headers=(*reply.headers, ("Retry-After", "2")))

    server = Watched(replace(vendor, render_error=with_retry_after))
    server.get(Prefer="code=503")
    server.wall.seconds += seconds
    server.get()
    check = server.judged()["back-off"]
    assert (check.verdict, check.advisory, check.calls) == (verdict, False, (1, 2))
    assert server.outcome("retry-after") == (verdict, (1, 2))


@pytest.mark.parametrize("network", SPOILED)
@pytest.mark.parametrize(("seconds", "advisory"), [(0.0, True), (0.2, False)])
def test_how_soon_a_client_comes_again_after_a_network_fault_is_judged_as_after_a_503(
    server: Watched, network: str, seconds: float, advisory: bool
) -> None:
    server.spoil(network)
    server.get()
    server.wall.seconds += seconds
    server.get()
    check = server.judged()["back-off"]
    assert (check.verdict, check.advisory, check.calls) == ("kept", advisory, (1, 2))
    assert (f"after the network fault {network}; better wait" in check.about) == advisory


def test_what_never_arrived_asked_for_nothing_and_refused_nothing(server: Watched) -> None:
    server.control("PATCH", "/settings", {"quotas": {"acme": "1/minute"}})
    server.get()
    server.spoil("reset", times=4)
    for key in (RICH, RICH, "nobody-has-this-secret", "nobody-has-this-secret"):
        server.get(key=key)
    found = server.judged()
    assert {found[name].verdict for name in ("retry-after", "refused")} == {"untested"}
    assert found["quota"].verdict == "kept"


@pytest.mark.parametrize("status", [401, 403])
def test_a_refused_credential_is_not_sent_again(server: Watched, status: int) -> None:
    server.get(Prefer=f"code={status}")
    assert server.outcome("refused") == ("kept", (1,))
    server.get(f"{BILLS}?page=2")
    server.get(key=POOR)
    assert server.outcome("refused") == ("kept", (1,))
    server.wall.seconds += 10
    server.get()
    assert server.outcome("refused") == ("broken", (1, 4))


def test_a_status_counts_by_its_meaning_not_by_its_number(vendor: Vendor) -> None:
    def always_200(call: Call, words: ErrorSpec, fact: Any) -> Reply:
        return render_error(call, words, fact)._replace(status=200)

    server = Watched(replace(vendor, render_error=always_200))
    for _ in range(2):
        assert server.get(key="nobody-has-this-secret").status == 200
    assert server.outcome("refused") == ("broken", (1, 2))


def test_a_misuse_of_the_sandbox_is_not_the_vendors_reply(server: Watched) -> None:
    for _ in range(2):
        assert server.get(X_Mock_Delay="soon").status == 400
    assert {check.verdict for check in server.judged().values()} <= {"untested", "kept"}


# Parameters, credentials, quota --------------------------------------------------------------------------------------


@pytest.mark.parametrize("query", ["stat=paid", "state=", "page=1&page=2"])
def test_a_parameter_that_is_passed_over_breaks_it(server: Watched, query: str) -> None:
    server.get(f"{BILLS}?state=paid")
    assert server.outcome("parameters") == ("kept", (1,))
    server.get(f"{BILLS}?{query}")
    assert server.outcome("parameters") == ("broken", (2,))


def test_a_call_whose_parameters_nobody_read_proves_nothing(server: Watched) -> None:
    server.get(f"{BILLS}?stat=paid", key=None)
    server.get(f"{BILLS}?stat=paid", Prefer="code=500")
    assert server.outcome("parameters") == ("untested", ())


def test_a_credential_that_looks_live_breaks_it_and_is_not_repeated(server: Watched) -> None:
    server.get()
    assert server.outcome("live-credentials") == ("kept", (1,))
    assert server.get(key=LIVE).status == 400
    assert server.outcome("live-credentials") == ("broken", (2,))
    assert LIVE not in repr(render_json("default", list(server.judged().values())))


def test_where_nobody_looks_for_them_nothing_is_said(server: Watched) -> None:
    server.get()
    found = server.judged(refuses_live=False)
    assert (found["live-credentials"].verdict, "--refuse-live" in found["live-credentials"].about) == ("untested", True)


def test_the_quota_is_kept_until_a_call_is_over_it(server: Watched) -> None:
    server.get()
    assert server.outcome("quota") == ("untested", ())
    server.control("PATCH", "/settings", {"quotas": {"acme": "1/minute"}})
    server.get()
    assert server.outcome("quota") == ("kept", (2,))
    server.get()
    assert server.outcome("quota") == ("kept", (2, 3))  # a client learns the quota from a reply
    server.get(f"{BILLS}?page=2")
    assert server.outcome("quota") == ("broken", (3, 4))


def test_who_waits_as_retry_after_asks_is_not_blamed_for_the_quota(server: Watched) -> None:
    server.control("PATCH", "/settings", {"quotas": {"acme": "2/minute"}})
    for page in range(1, 7):
        while server.get(f"{BILLS}?size=1&page={page}").status == 429:
            server.wall.seconds += 60
    check = server.judged()["quota"]
    assert (check.verdict, check.about) == ("kept", "Waited as Retry-After asked when over the quota of 2 calls.")


def test_calls_that_were_under_way_together_may_all_wait(server: Watched) -> None:
    server.control("PATCH", "/settings", {"quotas": {"acme": "1/minute"}})
    server.walk(1, 2, 3)
    for page in (2, 3):
        server.wall.seconds += 60
        server.walk(page)
    assert server.outcome("quota")[0] == "kept"
    server.walk(1, 2)
    server.walk(2)
    assert server.outcome("quota")[0] == "broken"


def test_a_429_that_was_asked_for_is_not_over_a_quota(server: Watched) -> None:
    server.get(Prefer="code=429")
    assert server.outcome("quota") == ("untested", ())
    assert server.outcome("retry-after") == ("kept", (1,))


def test_the_mark_of_a_caller_tells_callers_apart_and_no_secret(server: Watched) -> None:
    for key in (RICH, POOR, RICH, None):
        server.get(key=key)
    first, second, third, fourth = [kept["evidence"]["caller"] for _, kept in server.runtime.store.entries("default")]
    assert first == third != second
    assert fourth is None
    assert len(first) == 6
    server.get(X_Mock_Sandbox="other")
    assert server.runtime.store.entries("other")[0][1]["evidence"]["caller"] != first


# Output ---------------------------------------------------------------------------------------------------------------

MADE_UP = [
    Check("a", "Did a", "kept", "Did a.", (1, 2)),
    Check("b", "Did b", "broken", "<&\"'\x00\x1b]]>", (3,), (Finding((3,), "x\x01\ud800\ufffe\U0001f511 <b>"),)),
    Check("c", "Did c", "untested", "Nothing."),
]


def test_as_json() -> None:
    told = render_json("mine", MADE_UP)
    assert (told["sandbox"], told["verdict"]) == ("mine", "broken")
    assert told["counts"] == {"kept": 1, "broken": 1, "untested": 1}
    assert told["checks"][0] == {
        "name": "a", "title": "Did a", "verdict": "kept", "advisory": False, "about": "Did a.", "calls": [1, 2],
        "findings": [],
    }  # fmt: skip
    assert told["checks"][1]["findings"][0]["calls"] == [3]


def test_as_junit() -> None:
    suites = ET.fromstring(render_junit("mine", MADE_UP))
    (suite,) = suites
    assert (suites.tag, suite.tag) == ("testsuites", "testsuite")
    numbers: Mapping[str, str] = suite.attrib
    assert [numbers[name] for name in ("tests", "failures", "errors", "skipped")] == ["3", "1", "0", "1"]
    assert [case.get("name") for case in suite] == ["Did a", "Did b", "Did c"]
    failure, skipped = suite[1][0], suite[2][0]
    assert (failure.tag, failure.get("message")) == ("failure", "<&\"'\\x00\\x1b]]>")
    assert failure.text == "calls 3: x\\x01\\ud800\\ufffe\U0001f511 <b>"
    assert (skipped.tag, skipped.get("message")) == ("skipped", "Nothing.")
    assert len(suite[0]) == 0


ADVISED = [
    Check("pages", "Did pages", "broken", "One.", (1,), (Finding((1,), "One."),)),
    Check("back-off", "Did back off", "kept", "Two.", (2,), (Finding((2,), "Two."),), advisory=True),
]


@pytest.mark.parametrize(
    ("fail_on", "advisory", "verdict"),
    [
        ((), ("pages", "back-off"), "kept"),
        (("pages",), ("back-off",), "broken"),
        (("back-off",), ("pages",), "broken"),
        (("quota", "parameters"), ("pages", "back-off"), "kept"),
    ],
)
def test_a_run_goes_by_what_it_is_told_to_fail_on(
    fail_on: tuple[str, ...], advisory: tuple[str, ...], verdict: str
) -> None:
    checks = apply_fail_on([*ADVISED, *MADE_UP[::2]], fail_on)
    assert tuple(check.name for check in checks if check.advisory) == advisory
    assert combine(checks) == verdict


def test_advice_is_no_failure_of_junit() -> None:
    suite = ET.fromstring(render_junit("mine", apply_fail_on(ADVISED)))[0]
    assert (suite.get("failures"), suite.get("skipped")) == ("0", "0")
    assert [(case[0].tag, case[0].text) for case in suite] == [
        ("system-out", "calls 1: One."),
        ("system-out", "calls 2: Two."),
    ]
