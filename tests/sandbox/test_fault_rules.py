"""Fault rules and requested outcomes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from random import Random
from statistics import median
from typing import Any

import pytest

from mockserver.engine.handle import handle
from mockserver.engine.outcomes import requested_outcome
from mockserver.sandbox.fault_rules import NO_OUTCOME, FaultRule, Outcome, match_rules, parse_rule
from mockserver.sandbox.fault_values import InvalidRule, draw_delay
from mockserver.sandbox.matching import MatchInput
from mockserver.sandbox.store import SETTINGS
from mockserver.sandbox.store.counting import Counter
from mockserver.sandbox.store.memory import MemoryStore
from mockserver.sdk.contract import Vendor
from mockserver.sdk.errors import Problem
from mockserver.sdk.http import Reply, Request, reason_phrase
from mockserver.sdk.quota import Quota
from tests.support.acme import BILLS, POOR, RICH, Sandboxed


@pytest.fixture(scope="module")
def server(vendor: Vendor) -> Sandboxed:
    return Sandboxed(vendor)


def asks(code: str, where: str, retry_after: int | None = None) -> Outcome:
    """The outcome of a request with a code."""
    return Outcome(f"Prefer: code={code}", code, where=where, retry_after=retry_after)


@pytest.mark.parametrize(
    ("query", "headers", "wanted", "rest"),
    [
        ("a=1", {}, NO_OUTCOME, "a=1"),
        ("a=1&__code=404&b=2", {}, asks("404", "query.__code"), "a=1&b=2"),
        ("__code=404", {"prefer": "code=500"}, asks("404", "query.__code"), ""),
        ("", {"prefer": "code=429"}, asks("429", "header.Prefer"), ""),
        ("", {"prefer": 'respond-async, CODE = "429"; x=1'}, asks("429", "header.Prefer"), ""),
        ("", {"prefer": "code=400, code=500"}, asks("400", "header.Prefer"), ""),
        ("", {"prefer": "wait=5"}, NO_OUTCOME, ""),
        ("", {"prefer": "code=429, retry-after=1"}, asks("429", "header.Prefer", 1), ""),
        ("", {"prefer": 'Retry-After="86400"; code=503'}, asks("503", "header.Prefer", 86400), ""),
        ("__code=429", {"prefer": "retry-after=0"}, asks("429", "query.__code", 0), ""),
        ("", {"prefer": "code"}, asks("", "header.Prefer"), ""),
        ("", {"x-mock-delay": " 800 "}, NO_OUTCOME._replace(delay=0.8), ""),
        ("", {"x-mock-delay": "60000"}, NO_OUTCOME._replace(delay=60.0), ""),
    ],
)
def test_what_a_request_asks_for(query: str, headers: dict[str, str], wanted: Outcome, rest: str) -> None:
    found, request = requested_outcome(Request("GET", "/", query, headers))
    assert found == wanted
    assert request.query == rest


@pytest.mark.parametrize("prefer", [f"code=429, retry-after={bad}" for bad in ("x", "", "-1", "1.5", "86401", "٣")])
def test_a_retry_after_that_is_no_number_of_seconds(server: Sandboxed, prefer: str) -> None:
    with pytest.raises(Problem, match="Bad Retry-After"):
        requested_outcome(Request("GET", "/", "", {"prefer": prefer}))
    answer = server.get(Prefer=prefer.encode().decode("latin-1"))
    assert (answer.status, answer.json["type"]) == (400, "urn:mockserver:bad-retry-after")
    assert "from 0 to 86400" in answer.json["detail"]


def test_a_retry_after_without_an_outcome_is_a_slip(server: Sandboxed) -> None:
    answer = server.get(Prefer="retry-after=5")
    assert (answer.status, answer.json["type"]) == (400, "urn:mockserver:bad-retry-after")
    assert "without a code" in answer.json["detail"]


@pytest.mark.parametrize("code", ["429", "503", "418"])
def test_how_long_to_wait_can_be_asked_for(server: Sandboxed, code: str) -> None:
    answer = server.get(Prefer=f"code={code}, retry-after=7")
    assert (answer.status, answer.headers["Retry-After"]) == (int(code), "7")
    assert answer.headers["Preference-Applied"] == f"code={code}, retry-after=7"
    usual = server.get(Prefer=f"code={code}")
    assert usual.headers.get("Retry-After") == ("60" if code == "429" else None)
    assert usual.body == answer.body
    if code == "429":
        assert answer.headers["RateLimit-Reset"] == "7"


@pytest.mark.parametrize("delay", ["x", "", "-1", "1.5", "60001", "٣", "9" * 40])
def test_a_delay_that_is_no_number_of_milliseconds(server: Sandboxed, delay: str) -> None:
    with pytest.raises(Problem, match="Bad delay"):
        requested_outcome(Request("GET", "/", "", {"x-mock-delay": delay}))
    answer = server.get(headers={"X-Mock-Delay": delay.encode().decode("latin-1")})
    assert (answer.status, answer.json["type"]) == (400, "urn:mockserver:bad-delay")
    assert "from 0 to 60000" in answer.json["detail"]


@pytest.mark.parametrize("how", ["header", "query"])
@pytest.mark.parametrize(
    ("code", "status", "rule", "text"),
    [
        ("404", 404, "acme.404", "No such bill."),
        ("400", 400, "acme.400", "That is wrong."),
        ("ACME_BAD_DAY", 400, "acme.400.day", "That is no day."),
        ("503", 503, "acme.503", "Closed."),
        ("418", 418, "acme.default", "I'm a Teapot"),
        ("599", 599, "acme.default", "Status 599"),
    ],
)
def test_an_outcome_is_asked_for_by_status_or_by_name(
    server: Sandboxed, how: str, code: str, status: int, rule: str, text: str
) -> None:
    if how == "header":
        answer = server.get(Prefer=f"code={code}", key=None)
    else:
        answer = server.get(f"{BILLS}?page=x&__code={code}", key=None)
    assert (answer.status, answer.rule, answer.json) == (status, rule, {"error": text})
    assert answer.headers["Preference-Applied"] == f"code={code}"
    assert answer.codes == (["undocumented-status"] if status in (418, 503, 599) else [])


def test_a_429_on_demand_carries_what_a_real_one_does(server: Sandboxed) -> None:
    answer = server.get(Prefer="code=429")
    assert answer.headers["Retry-After"] == answer.headers["RateLimit-Reset"] == "60"
    assert (answer.headers["RateLimit-Limit"], answer.headers["RateLimit-Remaining"]) == ("60", "0")
    assert server.get(Prefer="code=ACME_SLOW_DOWN").body == answer.body
    assert server.get(Prefer="code=405").headers["Allow"] == "GET, HEAD"


@pytest.mark.parametrize("code", ["200", "399", "600", "abc", "", "4040", "٤٠٤", "acme_bad_day"])
def test_an_outcome_that_there_is_not_is_a_misuse_with_the_choices(server: Sandboxed, code: str) -> None:
    answer = server.get(f"{BILLS}?__code={code}")
    assert (answer.status, answer.headers["Content-Type"]) == (400, "application/problem+json")
    assert answer.json["type"] == "urn:mockserver:unknown-outcome"
    assert answer.json["choices"][:3] == ["ACME_BAD_DAY", "ACME_SLOW_DOWN", "401"]
    assert "an error of the vendor's table" in answer.json["detail"]


def test_a_vendor_without_names_of_its_own_offers_statuses_only(vendor: Vendor) -> None:
    bare = replace(vendor, errors=tuple(replace(words, code="") for words in vendor.errors))
    answer = Sandboxed(bare).get(Prefer="code=x")
    assert answer.json["detail"] == "The code asked for is 'x', wanted a status from 400 to 599."
    assert "ACME_BAD_DAY" not in answer.json["choices"]


def test_a_forced_outcome_spends_no_quota(vendor: Vendor) -> None:
    server = Sandboxed(vendor, quotas="acme=1/minute")
    assert server.get(Prefer="code=500").status == 500
    assert server.get(key=RICH).status == 200


def test_phrases() -> None:
    assert reason_phrase(404) == "Not Found"
    assert reason_phrase(599) == "Status 599"


# Rules ----------------------------------------------------------------------------------------------------------------

NOBODY = MatchInput({}, {}, {})


def hits(rules: list[FaultRule], calls: int, *, seed: int = 1, standing: Any = None) -> list[Outcome]:
    """The outcomes of the rules for a number of equal calls in sequence."""
    store = MemoryStore()
    store.write("x", SETTINGS, {}, expected=0, wall=1.0)

    def count(counts: Sequence[Counter]) -> Sequence[int]:
        return store.count_all("x", counts).earlier

    return [
        match_rules(rules, "acme", "listBills", NOBODY, sandbox_delay=standing, seed=seed, count=count)
        for _ in range(calls)
    ]


def ruled(vendor: Vendor, *rules: Mapping[str, Any], **settings: Any) -> Sandboxed:
    """A server whose default sandbox has these rules; their ids are 1, 2, …"""
    server = Sandboxed(vendor)
    made = tuple(parse_rule(str(number), dict(rule), [vendor]) for number, rule in enumerate(rules, 1))
    server.runtime.sandboxes.change("default", server.wall(), lambda box: replace(box, faults=made, **settings))
    return server


def replied(server: Sandboxed, target: str = BILLS, **headers: str) -> Reply:
    """A reply with its delay and network fault."""
    path, _, query = target.partition("?")
    sent = {"x-acme-key": RICH, **{name.lower().replace("_", "-"): value for name, value in headers.items()}}
    return handle(server.runtime, Request("GET", path, query, sent))


def test_the_first_rule_that_takes_hold_wins() -> None:
    rules = [
        FaultRule("1", vendor="bolt", status=500),
        FaultRule("2", operation="oneBill", status=501),
        FaultRule("3", status=502, times=2),
        FaultRule("4", status=503, after=1, times=1),
        FaultRule("5", status=504),
        FaultRule("6", status=505),
    ]
    assert [found.code for found in hits(rules, 5)] == ["502", "502", "504", "503", "504"]
    assert hits(rules[:2], 1) == [NO_OUTCOME]
    assert hits([], 1) == [NO_OUTCOME]


def test_so_many_pass_then_so_many_are_hit() -> None:
    found = hits([FaultRule("1", error="ACME_SLOW_DOWN", after=2, times=3)], 8)
    assert [bool(each.rule) for each in found] == [False, False, True, True, True, False, False, False]
    assert found[2] == Outcome("1", "ACME_SLOW_DOWN", where="fault.1")


def test_only_what_no_fault_ends_and_every_gate_lets_through_spends_the_quota(vendor: Vendor) -> None:
    rules: list[dict[str, Any]] = [
        {"status": 503, "times": 1},
        {"delay": 300, "after": 1, "times": 1},
        {"network": "reset", "times": 1},
    ]
    server = ruled(vendor, *rules, {"status": 504}, quotas={"acme": Quota(4, 86_400)})
    found = [replied(server) for _ in range(3)]
    assert [(reply.status, reply.delay, reply.network) for reply in found] == [
        (503, 0, None),
        (200, 0, "reset"),  # answered, but the reply was lost
        (200, 0.3, None),
    ]
    assert "RateLimit-Remaining" not in dict(found[0].headers)
    assert [dict(reply.headers)["RateLimit-Remaining"] for reply in found[1:]] == ["3", "2"]
    assert replied(server).status == 504
    server.runtime.sandboxes.change(
        "default", server.wall(), lambda box: replace(box, faults=(FaultRule("9", status=500, after=9, times=1),))
    )
    assert replied(server, x_acme_key="wrong").status == 401
    assert [replied(server).status for _ in range(3)] == [200, 200, 429]


def test_a_rule_that_takes_hold_each_time_is_not_counted(vendor: Vendor) -> None:
    """A rule that later gets ``times`` must have all of them left."""
    delay = {"type": "uniform", "lower": 0, "upper": 1}
    server = ruled(vendor, {"status": 500, "after": 1, "times": 1}, {"status": 503}, {"status": 504}, delay=delay)
    assert [server.get().status for _ in range(4)] == [503, 500, 503, 503]
    assert [server.runtime.store.get_count("default", f"fault/{name}") for name in ("1", "2", "3", "delay")] == [
        4,
        0,
        0,
        4,
    ]


def test_a_call_that_is_looked_at_ahead_is_answered_and_warned_once(vendor: Vendor) -> None:
    """Where faults, a quota and changes to come are all counted, the answer is known before they are."""
    change = {"vendor": "acme", "after": 2, "remove": "all"}
    server = ruled(
        vendor, {"status": 503, "after": 1, "times": 1}, quotas={"acme": Quota(4, 86_400)}, changes=(change,)
    )
    answers = [server.get(f"{BILLS}?colour=red") for _ in range(6)]
    assert [answer.status for answer in answers] == [200, 503, 200, 200, 200, 429]
    assert [answer.headers.get("X-Mock-Warnings", "").count("query.colour") for answer in answers] == [1, 0, 1, 1, 1, 0]
    assert [len(answers[place].json["bills"]) > 0 for place in (0, 2, 3)] == [True, True, False]


def test_probability_repeats_by_the_seed_and_is_about_right() -> None:
    rules = [FaultRule("1", status=500, probability=0.3)]
    drawn = [bool(each.rule) for each in hits(rules, 2000)]
    assert drawn == [bool(each.rule) for each in hits(rules, 2000)]
    assert drawn != [bool(each.rule) for each in hits(rules, 2000, seed=2)]
    assert 540 < sum(drawn) < 660
    assert not any(each.rule for each in hits([FaultRule("1", status=500, probability=0)], 50))
    assert all(each.rule for each in hits([FaultRule("1", status=500, probability=1.0)], 50))
    two = hits([FaultRule("1", status=500, probability=0.5), FaultRule("2", status=501, probability=0.5)], 400)
    assert {each.code for each in two} == {"500", "501", None}  # each rule draws independently


@pytest.mark.parametrize(
    ("delay", "low", "middle", "high"),
    [
        (250, 0.25, 0.25, 0.25),
        (0.5, 0.0005, 0.0005, 0.0005),
        ({"type": "uniform", "lower": 100, "upper": 300}, 0.1, 0.2, 0.3),
        ({"type": "uniform", "lower": 7, "upper": 7}, 0.007, 0.007, 0.007),
        ({"type": "lognormal", "median": 80, "sigma": 0.4}, 0.0, 0.08, 60),
        ({"type": "lognormal", "median": 60_000, "sigma": 0.4}, 0.0, 60, 60),
    ],
)
def test_delays_repeat_by_the_seed_and_stay_within_their_bounds(
    delay: Any, low: float, middle: float, high: float
) -> None:
    for rules, standing in (([FaultRule("1", delay=delay)], None), ([], delay)):
        drawn = [found.delay for found in hits(rules, 1000, standing=standing)]
        assert drawn == [found.delay for found in hits(rules, 1000, standing=standing)]
        assert low <= min(drawn) <= max(drawn) <= high
        assert median(drawn) == pytest.approx(middle, rel=0.15)
        if low != high:
            assert len(set(drawn)) > 300
            assert drawn != [found.delay for found in hits(rules, 1000, seed=2, standing=standing)]


def test_a_wild_delay_is_cut_at_the_longest() -> None:
    drawn = [
        found.delay
        for found in hits([FaultRule("1", delay={"type": "lognormal", "median": 60_000, "sigma": 10})], 1000)
    ]
    assert 0 <= min(drawn) < 0.01
    assert max(drawn) == 60
    assert 400 < drawn.count(60) < 600  # half of what is drawn is above the median


def test_the_sandboxs_own_delay_comes_on_top() -> None:
    assert [found.delay for found in hits([FaultRule("1", delay=200, times=1)], 2, standing=50)] == [0.25, 0.05]


@pytest.mark.parametrize(
    "delay",
    [
        -1,
        60_001,
        float("nan"),
        float("inf"),
        10**400,
        True,
        "5",
        [],
        {},
        {"type": "normal", "lower": 1, "upper": 2},
        {"type": "uniform", "lower": 2, "upper": 1},
        {"type": "uniform", "lower": -2, "upper": 1},
        {"type": "uniform", "lower": 0, "upper": 60_001},
        {"type": "uniform", "lower": 0},
        {"type": "uniform", "lower": 0, "upper": 1, "x": 2},
        {"type": "lognormal", "median": 0, "sigma": 1},
        {"type": "lognormal", "median": 1, "sigma": -1},
        {"type": "lognormal", "median": 1, "sigma": 11},
        {"type": "lognormal", "median": 1, "sigma": "x"},
    ],
)
def test_a_delay_that_cannot_be(delay: Any) -> None:
    with pytest.raises(InvalidRule, match=r"^delay is "):
        draw_delay(delay, Random(1))


@pytest.mark.parametrize(
    ("rule", "calls"),
    [
        ({"match": {"query": {"page": {"equalTo": "2"}}}}, {f"{BILLS}?page=2": True, f"{BILLS}?page=1": False}),
        ({"match": {"query": {"page": "2"}}}, {f"{BILLS}?page=2&__x=1": True, BILLS: False}),
        ({"match": {"headers": {"X-Acme-Brand": "b"}}}, {BILLS: False, f"{BILLS}#brand": True}),
        ({"match": {"credential": RICH}}, {BILLS: True, f"{BILLS}#poor": False, f"{BILLS}#boxed": True}),
        ({"operation": "oneBill"}, {BILLS: False, "/v3/bills/1": True, "/acme/nowhere": False}),
        ({"vendor": "acme"}, {BILLS: True, "/v3/bills/1": True, "/acme/nowhere": True}),
    ],
)
def test_whom_a_rule_meets(vendor: Vendor, rule: dict[str, Any], calls: dict[str, bool]) -> None:
    server = ruled(vendor, {**rule, "status": 503})
    for call, met in calls.items():
        target, _, how = call.partition("#")
        key = {"poor": POOR, "boxed": f"{RICH}~default"}.get(how, RICH)
        answer = server.get(target, key=key, headers={"X-Acme-Brand": "b"} if how == "brand" else {})
        assert (answer.json == {"error": "Closed."}) == met, call


def test_a_rule_may_say_how_long_to_wait(vendor: Vendor) -> None:
    rules = [
        {"status": 429, "headers": {"retry-after": "1"}, "times": 1},
        {"error": "ACME_SLOW_DOWN", "headers": {"Retry-After": "86400"}, "times": 1},
        {"status": 503, "headers": {"Retry-After": "0"}, "times": 1},
        {"status": 429, "headers": {}, "times": 1},
    ]
    server = ruled(vendor, *rules)
    answers = [server.get() for _ in rules]
    assert [a.headers["Retry-After"] for a in answers] == ["1", "86400", "0", "60"]
    assert [a.headers.get("RateLimit-Reset") for a in answers] == ["1", "86400", None, "60"]


def test_a_rule_speaks_the_vendors_words_and_leaves_a_trace_in_the_journal(vendor: Vendor) -> None:
    server = ruled(vendor, {"status": 429, "times": 1}, {"error": "ACME_BAD_DAY", "times": 1}, {"status": 418})
    answers = [server.get() for _ in range(3)]
    assert [(a.status, a.rule) for a in answers] == [(429, "acme.429"), (400, "acme.400.day"), (418, "acme.default")]
    assert answers[0].headers["Retry-After"] == "60"
    assert "Preference-Applied" not in answers[0].headers
    kept = [entry for _, entry in server.runtime.store.entries("default")]
    assert [(entry["fault"], entry["reached"]) for entry in kept] == [(id, "faults") for id in ("1", "2", "3")]


def test_a_network_fault_and_a_delay_of_a_rule_travel_on_the_reply(vendor: Vendor) -> None:
    server = ruled(vendor, {"network": "reset", "times": 1}, {"delay": 300}, delay=20)
    first, second = replied(server), replied(server)
    assert (first.status, first.network, first.delay) == (200, "reset", 0.02)
    assert (second.status, second.network, second.delay) == (200, None, 0.32)
    assert replied(server, X_Mock_Delay="100").delay == pytest.approx(0.42)


def test_what_a_request_asks_for_comes_before_the_rules_and_uses_none_up(vendor: Vendor) -> None:
    server = ruled(vendor, {"status": 503, "network": None, "times": 1}, {"network": "empty"}, delay=20)
    wished = replied(server, Prefer="code=404")
    assert (wished.status, wished.network, wished.delay) == (404, None, 0.02)
    assert replied(server, f"{BILLS}?__code=404").status == 404
    assert replied(server).status == 503
    assert replied(server).network == "empty"
    assert [entry["fault"] for _, entry in server.runtime.store.entries("default")] == [
        "Prefer: code=404",
        "Prefer: code=404",
        "1",
        "2",
    ]


def test_rules_of_one_sandbox_are_counted_there_alone(vendor: Vendor) -> None:
    server = Sandboxed(vendor)
    made = (parse_rule("1", {"status": 503, "times": 2}, [vendor]),)
    for name in ("a", "b"):
        server.runtime.sandboxes.change(name, server.wall(), lambda box: replace(box, faults=made))
    statuses = [server.get(X_Mock_Sandbox=name).status for name in "aabbabc"]
    assert statuses == [503, 503, 503, 503, 200, 200, 200]


@pytest.mark.parametrize(
    ("body", "told"),
    [
        ([], "a rule is [], wanted an object"),
        ({}, "a rule has no outcome, wanted one of status, error, network, or a delay"),
        ({"status": 500, "error": "ACME_BAD_DAY"}, "a rule has status and error, wanted one of"),
        ({"id": "x", "status": 500}, "id is no part of a rule, wanted one of vendor, operation, match"),
        ({"vendor": "bolt", "status": 500}, 'vendor is "bolt", wanted one of acme'),
        ({"vendor": [], "status": 500}, "vendor is [], wanted one of acme"),
        ({"operation": "nope", "status": 500}, 'operation is "nope", wanted one of listBills, oneBill'),
        ({"status": 399}, "status is 399, wanted a whole number from 400 to 599"),
        ({"status": 600}, "status is 600, wanted"),
        ({"status": "500"}, 'status is "500", wanted'),
        ({"status": True}, "status is true, wanted"),
        ({"status": 500.5}, "status is 500.5, wanted"),
        ({"error": "NOPE"}, 'error is "NOPE", wanted one of ACME_BAD_DAY, ACME_SLOW_DOWN'),
        ({"network": "slow"}, 'network is "slow", wanted one of reset, empty, truncate, malformed, drip'),
        ({"status": 500, "probability": 1.1}, "probability is 1.1, wanted a number from 0 to 1"),
        ({"status": 500, "times": 0}, "times is 0, wanted a whole number from 1"),
        ({"status": 500, "after": -1}, "after is -1, wanted a whole number from 0"),
        ({"status": 500, "match": {"page": "2"}}, "match: page is no field of a matcher"),
        ({"delay": "soon"}, 'delay is "soon", wanted milliseconds'),
        ({"status": 429, "headers": []}, "headers is [], wanted an object of names"),
        ({"status": 429, "headers": {"X-Else": "1"}}, 'headers has "X-Else", wanted Retry-After alone'),
        ({"status": 429, "headers": {"Retry-After": "soon"}}, 'headers.Retry-After is "soon", wanted a text of whole'),
        (
            {"status": 429, "headers": {"Retry-After": "86401"}},
            'headers.Retry-After is "86401", wanted a text of whole',
        ),
        ({"status": 429, "headers": {"Retry-After": 1}}, "headers.Retry-After is 1, wanted a text of whole seconds"),
        (
            {"status": 429, "headers": {"Retry-After": "1", "retry-after": "2"}},
            "headers has Retry-After more than once",
        ),
        ({"delay": 5, "headers": {"Retry-After": "1"}}, "headers stand beside no status and no error, wanted one"),
    ],
)
def test_a_rule_that_cannot_be(vendor: Vendor, body: Any, told: str) -> None:
    with pytest.raises(InvalidRule) as refused:
        parse_rule("1", body, [vendor])
    assert str(refused.value).startswith(told)


@pytest.mark.parametrize(
    "body",
    [
        {"vendor": "acme", "status": 503, "times": 2},
        {"operation": "oneBill", "match": {"query": {"a": "b"}}, "error": "ACME_BAD_DAY", "after": 3},
        {"network": "drip", "probability": 0.5},
        {"error": "ACME_SLOW_DOWN", "headers": {"Retry-After": "3"}},
        {"delay": {"type": "uniform", "lower": 1, "upper": 2.5}},
    ],
)
def test_a_rule_is_shown_as_it_was_given(vendor: Vendor, body: dict[str, Any]) -> None:
    rule = parse_rule("7", body, [vendor])
    assert rule.document() == {"id": "7", **body}
    assert FaultRule(**rule.document()) == rule
    spelled = {**body, "vendor": body.get("vendor"), "probability": body.get("probability", 1), "after": rule.after}
    assert parse_rule("7", spelled, [vendor]) == rule
