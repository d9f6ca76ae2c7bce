"""The handling of a call, from its sandbox to its reply."""

from __future__ import annotations

import json
import logging
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path
from typing import Any, NoReturn
from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as some

from mockserver.engine.exchange import Exchange
from mockserver.engine.handle import handle
from mockserver.engine.replies import find_error
from mockserver.sandbox.fault_rules import FaultRule
from mockserver.sandbox.store.memory import MemoryStore
from mockserver.sdk.clock import Clock
from mockserver.sdk.contract import Vendor
from mockserver.sdk.errors import ApiError, NotFound, Throttled
from mockserver.sdk.http import Reply, Request
from mockserver.sdk.jsontext import decode
from mockserver.sdk.quota import Quota
from tests.support.acme import BILLS, GONE, ORDERS, POOR, RICH, ROWS, Sandboxed
from tests.support.stores import Elapsed

ANCHOR_DAY = date(2026, 3, 31)


@pytest.fixture(scope="module")
def server(vendor: Vendor) -> Sandboxed:
    return Sandboxed(vendor)


# The gates ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("target", "method", "key", "status", "rule"),
    [
        (BILLS, "GET", RICH, 200, "listBills.200"),
        ("/v3/bills/1", "GET", RICH, 200, "oneBill.200"),
        ("/v3/bills/7", "GET", RICH, 404, "acme.404"),  # another account's
        ("/v3/bills/x", "GET", RICH, 404, "acme.404"),
        (BILLS, "GET", None, 401, "acme.401"),
        (BILLS, "GET", "unknown", 401, "acme.401"),
        (BILLS + "?page=x", "GET", None, 401, "acme.401"),  # credentials before parameters
        (BILLS, "POST", None, 405, "acme.405"),  # methods before credentials
        ("/acme/nowhere", "POST", None, 404, "acme.404.unknown-path"),
        ("/acme/nowhere", "GET", RICH, 404, "acme.404.unknown-path"),
        (BILLS + "?page=0", "GET", RICH, 400, "acme.400"),
        (BILLS + "?since=today", "GET", RICH, 400, "acme.400.day"),
        (BILLS + "?page=0&since=today", "GET", RICH, 400, "acme.400"),  # the row of the first error
        (BILLS + "?x=" + "a" * 16_384, "GET", None, 414, "acme.414"),
        ("/v3/bills/1?trouble=crash", "GET", RICH, 500, "acme.500"),
    ],
)
def test_each_gate_refuses_in_the_vendors_words(
    server: Sandboxed, target: str, method: str, key: str | None, status: int, rule: str
) -> None:
    answer = server.get(target, method=method, key=key)
    assert (answer.status, answer.rule) == (status, rule)
    words = next((words for words in server.vendor.errors if words.rule == rule), None)
    if words:
        assert answer.json["error"] == words.text
        assert answer.basis.startswith(words.basis + ";")
    assert answer.headers["Content-Type"] == "application/json; charset=utf-8"
    assert ("Allow" in answer.headers) == (status == 405)


def test_every_complaint_reaches_the_vendor(server: Sandboxed) -> None:
    answer = server.get(f"{BILLS}?since=x&size=x&page=0")
    assert answer.json == {"error": "That is wrong.", "wrong": ["page", "size", "since"]}


def test_head_passes_all_gates_as_get(server: Sandboxed) -> None:
    head, get = server.get(method="HEAD"), server.get()
    assert (head.status, head.body) == (200, b"")
    assert head.headers["Content-Length"] == str(len(get.body))
    assert server.get(method="HEAD", key=None).status == 401


def test_a_request_of_exactly_16_kib_is_read(server: Sandboxed) -> None:
    start = f"{BILLS}?x="
    assert server.get(start + "a" * (16_384 - len(start))).status == 200
    assert server.get(start + "a" * (16_385 - len(start))).status == 414


def test_a_crash_is_the_vendors_500_and_its_trace_stays_in_the_log(
    server: Sandboxed, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(logging.getLogger("mockserver"), "propagate", True)
    with caplog.at_level(logging.ERROR, "mockserver"):
        answer = server.get("/v3/bills/1?trouble=crash")
    assert answer.json == {"error": "Acme is broken."}
    assert b"Traceback" not in answer.body
    assert "a bug of acme" not in str(answer.headers) + str(answer.body)
    (entry,) = caplog.records
    assert entry.getMessage().startswith("GET /v3/bills/1 broke\n    Traceback")
    assert "RuntimeError: a bug of acme" in caplog.text
    assert RICH not in caplog.text


@pytest.fixture
def logged(caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch) -> pytest.LogCaptureFixture:
    monkeypatch.setattr(logging.getLogger("mockserver"), "propagate", True)
    caplog.set_level(logging.ERROR, "mockserver")
    return caplog


def test_data_that_breaks_at_run_time_is_the_vendors_500_and_not_the_end(
    vendor: Vendor, tmp_path: Path, logged: pytest.LogCaptureFixture
) -> None:
    (tmp_path / "acme").mkdir()
    (tmp_path / "acme" / "later.yaml").write_text("- broken")
    server = Sandboxed(vendor, fixtures=str(tmp_path))
    server.runtime.sandboxes.change("a", server.wall(), lambda box: replace(box, dataset="later"))
    answer = server.get(X_Mock_Sandbox="a")
    assert (answer.status, answer.json) == (500, {"error": "Acme is broken."})
    assert answer.rule == "acme.500"
    assert answer.headers["X-Mock-Sandbox"] == "a"
    assert "InvalidFixture" in logged.text
    assert [entry["reached"] for _, entry in server.runtime.store.entries("a")] == ["sandbox"]
    assert server.get(key=f"{RICH}~a").status == 500  # selecting the sandbox reads its accounts
    assert server.get().status == 200


@pytest.mark.parametrize(
    ("broken", "counted"),
    [
        ("read", {}),
        ("append", {}),
        ("spend", {"quotas": {"acme": Quota(9, 60)}}),
        ("count", {"changes": ({"vendor": "acme", "after": 9, "remove": "all"},)}),
        ("count_all", {"faults": (FaultRule("1", delay=1, times=1),)}),
    ],
)
def test_a_store_that_breaks_is_the_vendors_500(
    vendor: Vendor,
    broken: str,
    counted: dict[str, Any],
    logged: pytest.LogCaptureFixture,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def fail(*anything: object, **more: object) -> None:
        raise ConnectionError("the store is gone")

    server = Sandboxed(vendor)
    server.runtime.sandboxes.change("default", server.wall(), lambda box: replace(box, **counted))
    monkeypatch.setattr(server.runtime.store, broken, fail)
    answer = server.get()
    assert (answer.status, answer.json) == (500, {"error": "Acme is broken."})
    assert answer.headers["Content-Type"] == "application/json; charset=utf-8"
    assert "ConnectionError: the store is gone" in logged.text


@pytest.mark.parametrize("what", ["quota_headers", "observer"])
def test_what_breaks_after_the_answer_is_the_vendors_500_too(
    vendor: Vendor, what: str, logged: pytest.LogCaptureFixture
) -> None:
    def fail(*anything: object) -> Any:
        raise LookupError("a bug")

    server = Sandboxed(replace(vendor, quota_headers=fail) if what != "observer" else vendor, quotas="acme=9/minute")
    if what == "observer":
        server.runtime.observers.append(fail)
    answer = server.get()
    assert (answer.status, answer.json) == (500, {"error": "Acme is broken."})
    assert "LookupError: a bug" in logged.text


def test_a_vendor_that_cannot_even_say_so_is_a_problem_of_ours(
    vendor: Vendor, logged: pytest.LogCaptureFixture
) -> None:
    def refuse(*anything: object) -> Reply:
        raise LookupError("no words")

    answer = Sandboxed(replace(vendor, render_error=refuse)).get(key=None)
    assert (answer.status, answer.headers["Content-Type"]) == (500, "application/problem+json")
    assert answer.json["type"] == "urn:mockserver:broken"
    assert "LookupError: no words" in logged.text


def test_a_fact_without_words_is_said_as_the_nearest_one_that_has(vendor: Vendor) -> None:
    class Lost(NotFound):
        """A vendor's own error."""

    class Odd(ApiError):
        """An error without an ErrorSpec."""

    assert find_error(vendor, Lost()).rule == "acme.404"
    assert find_error(vendor, Odd()).rule == "acme.500"


# Callers --------------------------------------------------------------------------------------------------------------


def test_each_account_sees_its_own(server: Sandboxed) -> None:
    assert server.ids(f"{BILLS}?size=50") == [1, 2, 3, 4, 5, 6]
    assert server.ids(key=POOR) == [7]


def test_an_expired_account_is_refused_from_that_second_on(vendor: Vendor) -> None:
    assert Sandboxed(vendor).get(key=GONE).status == 401
    early = Sandboxed(vendor, clock="2026-03-31T11:59:58Z")
    assert early.ids(key=GONE) == []
    early.wall.seconds += 1
    assert early.get(key=GONE).status == 401


def test_any_credential_acts_for_the_first_account_but_none_does_not(vendor: Vendor) -> None:
    lenient = Sandboxed(vendor, accept_any_credential=True)
    assert lenient.get(key="whoever").body == lenient.get(key=RICH).body
    assert lenient.ids(key=POOR) == [7]
    assert lenient.get(key=None).status == 401
    assert lenient.get(key=GONE).status == 401


# Sandboxes ------------------------------------------------------------------------------------------------------------


def test_only_an_unknown_credential_rests_on_the_switch(vendor: Vendor) -> None:
    lenient = Sandboxed(vendor, accept_any_credential=True)
    told = {key: lenient.get(f"{BILLS}/1", key=key).headers["X-Mock-Basis"] for key in (RICH, POOR, "nobodys")}
    because = 'because="authentication any credential (--accept-any-credential)"'
    assert [because in basis for basis in told.values()] == [False, False, True]
    assert lenient.get(f"{BILLS}/1", key=RICH).headers["X-Mock-Basis"].startswith("documented;")


@pytest.mark.parametrize("any_credential", [False, True])
def test_the_three_ways_into_a_sandbox(vendor: Vendor, any_credential: bool) -> None:
    server = Sandboxed(vendor, accept_any_credential=any_credential)
    for answer in (
        server.get(X_Mock_Sandbox="box"),
        server.get("/__sandbox/box/acme" + BILLS),
        server.get("/__sandbox/box" + BILLS),
        server.get("/__sandbox/box/v3/bills", headers={"Host": "api.acme.example"}),
        server.get(key=f"{RICH}~box"),
    ):
        assert (answer.status, answer.headers["X-Mock-Sandbox"], answer.warnings) == (200, "box", [])
        assert answer.body == server.get().body
    assert server.get().headers["X-Mock-Sandbox"] == "default"
    kept = [entry["sandbox"] for _, entry in server.runtime.store.entries("box")]
    assert kept == ["box"] * 5
    told = server.get(key=f"{RICH}~box", X_Mock_Sandbox="other")
    assert (told.status, told.headers["X-Mock-Sandbox"], told.codes) == (200, "other", ["sandbox-disagreement"])


def test_a_credential_that_nobody_knows_is_not_split_unless_any_is_accepted(vendor: Vendor) -> None:
    server = Sandboxed(vendor)
    answer = server.get(key="who-ever~box")
    assert (answer.status, answer.headers["X-Mock-Sandbox"]) == (401, "default")
    assert "box" not in server.runtime.store.sandboxes()
    lenient = Sandboxed(vendor, accept_any_credential=True)
    answer = lenient.get(key="who-ever~box")
    assert (answer.status, answer.headers["X-Mock-Sandbox"]) == (200, "box")
    server.runtime.sandboxes.change("box", server.wall(), lambda box: replace(box, any_credential=True))
    assert server.get(key="who-ever~box").headers["X-Mock-Sandbox"] == "box"


def test_a_credential_is_looked_up_among_the_accounts_of_the_sandbox_that_it_names(vendor: Vendor) -> None:
    server = Sandboxed(vendor)
    account = {"account": "rich", "secret": "another-secret-0000009"}
    server.runtime.sandboxes.edit("box", server.wall(), vendor, lambda edits, data: edits.with_accounts([account]))
    assert server.ids(key="another-secret-0000009~box") == [1, 2, 3, 4, 5]
    assert server.get(key="another-secret-0000009~other").headers["X-Mock-Sandbox"] == "default"
    assert server.get(key=f"{RICH}~box").status == 401


@pytest.mark.parametrize("target", [BILLS, "/acme/nowhere"])
@pytest.mark.parametrize("how", ["header", "url"])
def test_a_name_that_cannot_be_is_no_vendor_reply_and_makes_none(server: Sandboxed, how: str, target: str) -> None:
    before = set(server.runtime.store.sandboxes())
    answer = server.get(target, X_Mock_Sandbox="a b") if how == "header" else server.get(f"/__sandbox/a%20b{target}")
    assert (answer.status, answer.headers["Content-Type"]) == (400, "application/problem+json")
    assert answer.json["type"] == "urn:mockserver:bad-sandbox-name"
    assert "X-Mock-Sandbox" not in answer.headers
    assert set(server.runtime.store.sandboxes()) == before


def test_too_many_are_told_with_the_setting_and_those_in_use_live_on(vendor: Vendor) -> None:
    passed = Elapsed()
    server = Sandboxed(vendor, store=MemoryStore(elapsed=passed), max_sandboxes=2, sandbox_idle=100)
    assert [server.get(X_Mock_Sandbox=name).status for name in "aba"] == [200, 200, 200]
    full = server.get(X_Mock_Sandbox="c")
    assert (full.status, full.headers["Content-Type"]) == (507, "application/problem+json")
    assert "--max-sandboxes" in full.json["detail"]
    assert len(server.runtime.store.entries("a")) == 2
    passed.seconds += 101
    assert server.get(X_Mock_Sandbox="c").status == 200
    assert set(server.runtime.store.sandboxes()) == {"c"}


# Quota ----------------------------------------------------------------------------------------------------------------


def test_quota_headers_go_on_success_and_refusal_and_waiting_suffices(vendor: Vendor) -> None:
    server = Sandboxed(vendor, quotas="acme=2/minute")
    told = []
    for _ in range(4):
        answer = server.get()
        limit = [answer.headers[f"RateLimit-{name}"] for name in ("Limit", "Remaining", "Reset")]
        told.append((answer.status, limit, answer.headers.get("Retry-After")))
        server.wall.seconds += 0.5
    assert told == [
        (200, ["2", "1", "60"], None),
        (200, ["2", "0", "60"], None),
        (429, ["2", "0", "59"], "59"),
        (429, ["2", "0", "59"], "59"),
    ]
    server.wall.seconds += 58.4  # at 60.4 s
    assert server.get().status == 200


@given(passed=some.floats(0, 59.999), start=some.floats(0, 1))
def test_advancing_the_clock_by_retry_after_always_suffices(vendor: Vendor, passed: float, start: float) -> None:
    server = Sandboxed(vendor, quotas="acme=1/minute")
    server.wall.seconds += start
    server.get(f"{BILLS}?size=1")
    server.wall.seconds += passed
    refused = server.get(f"{BILLS}?size=1")
    assert refused.status == 429
    assert refused.json == {"error": "Slow down."}
    assert refused.headers["RateLimit-Reset"] == refused.headers["Retry-After"]
    server.wall.seconds += int(refused.headers["Retry-After"])
    assert server.get(f"{BILLS}?size=1").status == 200


def test_what_is_refused_before_or_by_the_quota_is_not_counted(vendor: Vendor) -> None:
    server = Sandboxed(vendor, quotas="acme=2/hour", clock="frozen")
    for _ in range(3):
        assert server.get(key=None).status == 401
        assert server.get(method="POST").status == 405
    assert "RateLimit-Limit" not in server.get(key=None).headers
    assert server.get(f"{BILLS}?page=x").headers["RateLimit-Remaining"] == "1"  # a bad parameter is a counted call
    assert server.get().headers["RateLimit-Remaining"] == "0"
    assert server.get().status == 429
    assert server.get(key=POOR).headers["RateLimit-Remaining"] == "1"  # each account has its own


def test_without_a_quota_nothing_is_said_of_one(server: Sandboxed) -> None:
    assert not [name for name in server.get().headers if name.startswith("RateLimit")]


def test_a_vendor_may_be_out_of_patience_by_itself(vendor: Vendor) -> None:
    def busy(call: object) -> Reply:
        raise Throttled(5, 0, 9)

    busy_vendor = replace(vendor, operations=(replace(vendor.operations[0], handler=busy),))
    answer = Sandboxed(busy_vendor).get()
    assert (answer.status, answer.headers["Retry-After"], answer.headers["RateLimit-Limit"]) == (429, "9", "5")
    assert answer.headers["RateLimit-Reset"] == "0"  # the epoch is over


# Time -----------------------------------------------------------------------------------------------------------------


def test_real_time_remakes_recipes_and_rolls_the_rest(vendor: Vendor) -> None:
    real = Sandboxed(vendor, clock="real")
    assert real.ids(f"{BILLS}?size=50") == list(range(100, 123))
    rolled = Sandboxed(vendor, clock="real", dataset="hand")
    assert rolled.ids(f"{BILLS}?size=50") == [1, 2, 3, 4, 5, 6]
    shift = timedelta(days=(rolled.runtime.sandboxes.get_or_create("default", 0).clock.start.date() - ANCHOR_DAY).days)
    assert rolled.get("/v3/bills/3").json["bill"]["due"] == (ANCHOR_DAY + shift).isoformat()


# Readings -------------------------------------------------------------------------------------------------------------


def test_a_reading_can_be_set_for_the_server_and_over_it_for_a_request(vendor: Vendor, server: Sandboxed) -> None:
    def amount(of: Sandboxed, readings: str = "") -> str:
        body = of.get("/v3/bills/1", X_Mock_Readings=readings).body
        return body.partition(b'"amount":')[2].partition(b"}")[0].decode()

    cents = Sandboxed(vendor, readings="acme.amounts=cents")
    assert (amount(server), amount(cents)) == ("10.50", "1050")
    assert amount(server, " acme.amounts = cents ,") == "1050"
    assert amount(cents, "acme.amounts=plain") == "10.50"
    assert server.get(f"{BILLS}?page=0").status == 400
    forgiving = server.get(f"{BILLS}?page=0&size=99", X_Mock_Readings="acme.bad-input=ignore,acme.amounts=cents")
    assert forgiving.status == 200
    assert forgiving.codes == ["ignored-value", "ignored-value"]
    assert forgiving.body == server.get(f"{BILLS}?size=50", X_Mock_Readings="acme.amounts=cents").body


@pytest.mark.parametrize(
    ("asked", "kind"),
    [("acme.amounts", "misuse"), ("acme.nope=1", "unknown-reading"), ("acme.amounts=x", "unknown-reading")],
)
def test_a_reading_that_makes_no_sense_is_no_vendor_reply(server: Sandboxed, asked: str, kind: str) -> None:
    answer = server.get(X_Mock_Readings=asked)
    assert (answer.status, answer.headers["Content-Type"]) == (400, "application/problem+json")
    assert (answer.json["type"], answer.json["status"]) == (f"urn:mockserver:{kind}", 400)
    assert answer.headers["X-Mock-Sandbox"] == "default"
    assert "X-Mock-Basis" not in answer.headers


# Response headers -----------------------------------------------------------------------------------------------------


def test_the_headers_of_ours(server: Sandboxed) -> None:
    answer = server.get(f"{BILLS}?stat=paid")
    assert answer.headers["X-Mock-Sandbox"] == "default"
    assert answer.basis == "inferred; rule=listBills.200"
    assert answer.because == "warning unknown-parameter (no source)"
    assert answer.headers["X-Mock-Version"]
    assert answer.warnings == [
        {
            "location": "query.stat",
            "code": "unknown-parameter",
            "message": "stat is not a parameter of this endpoint and was ignored. Did you mean state?",
        }
    ]
    assert "X-Mock-Warnings" not in server.get().headers


def test_without_them_the_reply_is_byte_faithful(vendor: Vendor, server: Sandboxed) -> None:
    bare = Sandboxed(vendor, mock_headers=False)
    for target in (BILLS + "?stat=paid", BILLS + "?page=x"):
        answer = bare.get(target)
        assert not [name for name in answer.headers if name.startswith("X-Mock")]
        assert answer.body == server.get(target).body


def test_warnings_never_change_the_body_and_stay_small_and_ascii(server: Sandboxed) -> None:
    query = "&".join(f"{quote('ünknown')}{index}={index}" for index in range(400))
    answer = server.get(f"{BILLS}?{query}")
    header = answer.headers["X-Mock-Warnings"]
    assert len(header) <= 4096
    assert header.isascii()
    assert answer.warnings[0]["location"] == "query.ünknown0"
    assert answer.warnings[-1]["message"] == "380 more names are no parameters of this endpoint."
    assert answer.body == server.get().body


def test_a_vendors_own_warnings_come_along_with_a_refusal(server: Sandboxed) -> None:
    answer = server.get(key=None, Authorization="Bearer secret-value")
    assert answer.codes == ["misplaced-credential"]
    assert "secret-value" not in answer.headers["X-Mock-Warnings"]


def test_a_repeated_parameter_is_told(server: Sandboxed) -> None:
    assert server.get(f"{BILLS}?page=9&page=1").codes == ["repeated-parameter"]
    assert server.get("/v3/bills/1?trouble=&trouble=crash").codes == ["repeated-parameter", "ignored-value"]


@pytest.mark.parametrize(
    ("default", "asked", "strict"),
    [(False, None, False), (True, None, True), (False, " TRUE ", True), (True, "false", False)],
)
def test_strictness_counts_a_warned_call_and_changes_no_byte(
    vendor: Vendor, server: Sandboxed, default: bool, asked: str | None, strict: bool
) -> None:
    told: list[Exchange] = []
    own = Sandboxed(vendor, strict=default)
    own.runtime.observers.append(told.append)
    answer = own.get(f"{BILLS}?stat=paid", headers={"X-Mock-Strict": asked} if asked else {})
    assert answer.status == 200
    assert answer.body == server.get().body
    assert [(done.failed, len(done.warnings)) for done in told] == [(strict, 1)]


def test_a_strictness_that_is_no_yes_and_no_no(server: Sandboxed) -> None:
    answer = server.get(X_Mock_Strict="perhaps")
    assert (answer.status, answer.json["type"]) == (400, "urn:mockserver:bad-strictness")
    assert answer.json["detail"] == "X-Mock-Strict is 'perhaps', wanted true or false."


def test_a_sandbox_may_be_strict_by_itself(vendor: Vendor) -> None:
    server = Sandboxed(vendor)
    server.runtime.sandboxes.change("a", server.wall(), lambda box: replace(box, strict=True))
    for name, asked in (("a", None), ("a", "false"), ("b", None), ("b", "true")):
        server.get(f"{BILLS}?stat=paid", X_Mock_Sandbox=name, headers={"X-Mock-Strict": asked} if asked else {})
    kept = [entry for name in "ab" for _, entry in server.runtime.store.entries(name)]
    assert [entry["strict"] for entry in kept] == [True, False, False, True]
    assert [len(entry["warnings"]) for entry in kept] == [1, 1, 1, 1]


@pytest.mark.parametrize(
    ("target", "sent", "reached"),
    [
        (BILLS, {"key": None, "X_Mock_Readings": "no.such=thing"}, "sandbox"),
        (BILLS, {"X_Mock_Delay": "soon"}, "sandbox"),
        (BILLS, {"Prefer": "code=503"}, "faults"),
        (BILLS, {"Prefer": "code=nonsense"}, "faults"),
        ("/acme/nowhere", {}, "faults"),
        (BILLS, {"method": "POST"}, "faults"),
        (BILLS, {"key": None}, "authentication"),
        (BILLS, {"key": POOR}, "quota"),
        (f"{BILLS}?page=x", {}, "parameters"),
        ("/v3/bills/x", {}, "answer"),
        ("/v3/bills/1?trouble=crash", {}, "answer"),
        (BILLS, {}, "answer"),
    ],
)
def test_the_journal_says_how_far_a_call_came(vendor: Vendor, target: str, sent: dict[str, Any], reached: str) -> None:
    server = Sandboxed(vendor, quotas="acme=1/minute")
    server.get(key=POOR)
    answer = server.get(target, **sent)
    id, entry = server.runtime.store.entries("default")[-1]
    assert (id, entry["response"]["status"], entry["reached"]) == (answer.call, answer.status, reached)


def test_a_misuse_is_in_the_journal_under_its_name(vendor: Vendor) -> None:
    server = Sandboxed(vendor)
    answers = [server.get(X_Mock_Delay="x"), server.get(X_Mock_Readings="x.y=z"), server.get(Prefer="code=x")]
    kept = server.runtime.store.entries("default")
    assert [entry["fault"] for _, entry in kept] == ["bad-delay", "unknown-reading", "unknown-outcome"]
    assert [id for id, _ in kept] == [answer.call for answer in answers]
    assert {entry["response"]["status"] for _, entry in kept} == {400}


def test_delay_and_network_faults_are_written_on_the_reply_for_the_server_in_front(server: Sandboxed) -> None:
    headers = {"x-acme-key": RICH, "x-mock-delay": "800"}
    request = Request("GET", "/v3/bills/1", "trouble=drip", headers)
    reply = handle(server.runtime, request)
    assert (reply.status, reply.delay, reply.network) == (200, 0.8, "drip")
    refused = handle(server.runtime, request._replace(headers={"x-mock-delay": "5"}))
    assert (refused.status, refused.delay, refused.network) == (401, 0.005, None)


def test_observers_learn_of_every_call_that_is_over(vendor: Vendor) -> None:
    server = Sandboxed(vendor)
    told: list[Exchange] = []
    server.runtime.observers.append(told.append)
    server.get("/v3/bills/1")
    server.get("/acme/nowhere")
    server.get(X_Mock_Delay="x")
    server.get("/__admin/health")
    seen = [
        (d.vendor and d.vendor.name, d.operation and d.operation.id, d.sandbox, d.reply.status, len(d.warnings))
        for d in told
    ]
    assert seen == [
        ("acme", "oneBill", "default", 200, 0),
        ("acme", None, "default", 404, 1),
        ("acme", "listBills", "default", 400, 0),
    ]
    assert all(done.ms >= 0 for done in told)


def test_the_same_request_gets_the_same_bytes(vendor: Vendor, server: Sandboxed) -> None:
    again = Sandboxed(vendor)
    again.wall.seconds += 5
    assert again.get("/v3/bills/1").body == server.get("/v3/bills/1").body
    assert server.get("/v3/bills/1?x").json["trace"] != server.get("/v3/bills/1").json["trace"]


def test_the_sandbox_has_a_clock_of_its_own(server: Sandboxed) -> None:
    assert isinstance(server.runtime.sandboxes.get_or_create("default", server.wall()).clock, Clock)


# Properties -----------------------------------------------------------------------------------------------------------


@given(
    rows=some.lists(ROWS, max_size=25),
    query=some.fixed_dictionaries(
        {},
        optional={
            "state": some.sampled_from(["open", "PAID", "void"]),
            "text": some.sampled_from(["a", "Ö", "open", "zz"]),
            "since": some.dates().map(str),
            "order": some.sampled_from(list(ORDERS)),
        },
    ),
    size=some.integers(1, 50),
)
def test_pages_partition_the_filtered_sorted_set(
    vendor: Vendor, rows: list[dict[str, object]], query: dict[str, str], size: int
) -> None:
    server = Sandboxed(vendor, data=rows)
    raw = "".join(f"&{name}={quote(value)}" for name, value in query.items())
    met: list[int] = []
    for page in range(1, 30):
        found = server.get(f"{BILLS}?size={size}&page={page}{raw}").json
        met += [bill["id"] for bill in found["bills"]]
        if found["last"]:
            break
    wanted = [{**row, "id": index} for index, row in enumerate(rows)]
    if "state" in query:
        wanted = [row for row in wanted if row["state"] == query["state"].lower()]
    if "text" in query:
        text = query["text"].casefold()
        wanted = [row for row in wanted if text in f"{row['name'] or ''}\n{row['state']}".casefold()]
    if "since" in query:
        wanted = [row for row in wanted if str(row["due"]) >= query["since"]]
    wanted.sort(key=ORDERS[query.get("order", "id")])
    assert met == [row["id"] for row in wanted]
    assert found["total"] == len(met)


HEADER = some.text(some.characters(min_codepoint=32, max_codepoint=255, exclude_characters="\x7f"), max_size=40)


@given(
    query=some.text(some.characters(min_codepoint=33, max_codepoint=255, exclude_characters="#\x7f"), max_size=60)
    | some.lists(
        some.tuples(
            some.sampled_from(["page", "size", "state", "since", "text", "order", "pge"]), some.text(max_size=8)
        ),
        max_size=4,
    ).map(lambda pairs: "&".join(f"{name}={quote(value, errors='replace')}" for name, value in pairs)),
    headers=some.dictionaries(
        some.sampled_from(
            ["Accept", "Content-Type", "Origin", "Range", "If-None-Match", "X-Acme-Brand", "Cookie", "Prefer"]
        ),
        HEADER,
        max_size=3,
    ),
    key=some.none() | some.just(RICH) | HEADER,
    method=some.sampled_from(["GET", "HEAD", "POST", "OPTIONS", "BREW"]),
)
def test_whatever_http_allows_gets_a_reply_in_the_vendors_words_below_500(
    vendor: Vendor, server: Sandboxed, query: str, headers: dict[str, str], key: str | None, method: str
) -> None:
    sent = {name.lower(): value for name, value in headers.items()} | ({"x-acme-key": key} if key is not None else {})
    sent = {name: value for name, value in sent.items() if name != "prefer" or "code" not in value.lower()}
    reply = handle(server.runtime, Request(method, BILLS, query, sent))
    assert reply.status < 500
    if "__code" not in query:
        assert reply.rule.startswith(("acme.", "listBills.")) or reply.status == 204
        assert set(decode(reply.body)) <= {"total", "last", "bills", "error", "wrong"} if reply.body else True
    for name, value in reply.headers:
        assert value.isprintable() or name.startswith("Access-Control"), name
    json.loads(dict(reply.headers).get("X-Mock-Warnings", "[]"))
    through = server.app.test_client().open(
        BILLS, method=method, headers=sent, environ_overrides={"QUERY_STRING": query}
    )
    assert through.status_code == reply.status


# Requests that must not reach Flask -----------------------------------------------------------------------------------


def test_data_that_breaks_at_run_time_is_the_vendors_500(
    server: Sandboxed, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def breaks(*anything: object) -> NoReturn:
        raise RuntimeError("a fixture file broke meanwhile")

    told: list[Exchange] = []
    monkeypatch.setattr(server.runtime.sandboxes, "dataset", breaks)
    monkeypatch.setattr(server.runtime, "observers", [told.append])
    monkeypatch.setattr(logging.getLogger("mockserver"), "propagate", True)
    answer = server.get("/acme/v3/bi%0alls", Origin="http://page.example")
    assert (answer.status, answer.json) == (500, {"error": "Acme is broken."})
    assert answer.headers["Access-Control-Allow-Origin"] == "http://page.example"
    assert [done.reply.status for done in told] == [500]
    assert "GET /v3/bi\\nlls broke" in caplog.text


@pytest.mark.parametrize("clock", ["8999-12-31T23:59:59Z", "1970-01-01"])
def test_a_clock_at_the_edges_of_time_answers(vendor: Vendor, clock: str) -> None:
    assert Sandboxed(vendor, clock=clock).get().status == 200


def test_a_reply_under_another_reading_is_no_documented_one(server: Sandboxed) -> None:
    assert server.get().basis == "documented; rule=listBills.200"
    assert server.get(X_Mock_Readings="acme.amounts=cents").basis == "inferred; rule=listBills.200"


def test_an_outcome_that_was_asked_for_is_no_failure_of_a_strict_client(
    server: Sandboxed, monkeypatch: pytest.MonkeyPatch
) -> None:
    told: list[Exchange] = []
    monkeypatch.setattr(server.runtime, "observers", [told.append])
    assert server.get(Prefer="code=418", X_Mock_Strict="true").codes == ["undocumented-status"]
    server.get(f"{BILLS}?nonsense=1", X_Mock_Strict="true")
    assert [done.failed for done in told] == [False, True]
