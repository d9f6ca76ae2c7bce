"""Control of a sandbox's fault rules."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from mockserver.sdk.contract import Vendor
from tests.support.acme import BILLS, POOR, RICH, Sandboxed, acme


@pytest.fixture
def server(vendor: Vendor) -> Sandboxed:
    return Sandboxed(vendor)


def add(server: Sandboxed, **rule: Any) -> dict[str, Any]:
    answer = server.control("POST", "/faults", rule)
    assert answer.status == 201, answer.body
    return dict(answer.json)


def statuses(server: Sandboxed, calls: int, **more: Any) -> list[int]:
    return [server.get(**more).status for _ in range(calls)]


def test_a_rule_from_beginning_to_end(server: Sandboxed) -> None:
    answer = server.control("POST", "/faults", {"vendor": "acme", "status": 503, "times": 2})
    rule = {"id": "fault-1", "vendor": "acme", "status": 503, "times": 2}
    assert (answer.status, answer.headers["Location"], answer.json) == (201, "/__admin/faults/fault-1", rule)
    assert server.control("GET", "/faults").json == {"faults": [rule], "meta": {"total": 1}}
    assert server.control("GET", "/faults/fault-1").json == rule
    assert statuses(server, 3) == [503, 503, 200]
    gone = server.control("DELETE", "/faults/fault-1")
    assert (gone.status, gone.body, gone.headers.get("Content-Type")) == (204, b"", None)
    for method in ("GET", "PATCH", "DELETE"):
        missing = server.control(method, "/faults/fault-1")
        assert (missing.status, missing.json["type"]) == (404, "urn:mockserver:not-found")


def test_the_first_rule_that_meets_a_call_decides(server: Sandboxed) -> None:
    add(server, operation="oneBill", status=500)
    add(server, match={"query": {"page": {"equalTo": "2"}}}, status=502)
    add(server, match={"credential": POOR}, error="ACME_SLOW_DOWN")
    add(server, vendor="acme", status=503)
    assert server.get(f"{BILLS}/1").status == 500
    assert server.get(f"{BILLS}?page=2").status == 502
    assert server.get(key=POOR).status == 429
    assert server.get().status == 503
    cleared = server.control("DELETE", "/faults")
    assert (cleared.status, cleared.body) == (204, b"")
    assert server.control("GET", "/faults").json == {"faults": [], "meta": {"total": 0}}
    assert server.get().status == 200


def test_a_rule_is_changed_in_its_place_and_counts_on(server: Sandboxed) -> None:
    first = add(server, status=503, times=1, after=1)
    add(server, status=500)
    assert statuses(server, 2) == [500, 503]
    changes = {"times": 3, "status": None, "error": "ACME_SLOW_DOWN"}
    changed = server.control("PATCH", f"/faults/{first['id']}", changes)
    assert (changed.status, changed.json) == (200, {"id": "fault-1", "error": "ACME_SLOW_DOWN", "times": 3, "after": 1})
    assert [rule["id"] for rule in server.control("GET", "/faults").json["faults"]] == ["fault-1", "fault-2"]
    assert statuses(server, 3) == [429, 429, 500]


def test_an_id_comes_once(server: Sandboxed) -> None:
    first = add(server, status=503, times=1)
    assert statuses(server, 2) == [503, 200]
    server.control("DELETE", f"/faults/{first['id']}")
    second = add(server, status=503, times=1)
    assert second["id"] != first["id"]
    assert statuses(server, 2) == [503, 200]  # nothing of the first one's count


def test_draws_repeat_by_the_seed(vendor: Vendor) -> None:
    def run(seed: str) -> list[int]:
        server = Sandboxed(vendor, seed=seed)
        rule = add(server, status=500, probability=0.5)
        assert float(rule["probability"]) == 0.5
        return statuses(server, 40)

    assert run("1") == run("1") != run("2")
    assert 5 < run("1").count(500) < 35


def test_without_a_vendor_it_meets_every_vendor(vendor: Vendor, tmp_path_factory: pytest.TempPathFactory) -> None:
    bolt = acme(tmp_path_factory.mktemp("bolt"), name="bolt")
    server = Sandboxed(vendor, bolt)
    add(server, vendor="bolt", status=502)
    rule = add(server, error="ACME_SLOW_DOWN")  # a name that all of them have
    assert "vendor" not in rule
    assert server.get(f"/acme{BILLS}").status == 429
    assert server.get(f"/bolt{BILLS}").status == 502


def test_a_name_that_not_every_vendor_has_needs_its_vendor(
    vendor: Vendor, tmp_path_factory: pytest.TempPathFactory
) -> None:
    bolt = acme(tmp_path_factory.mktemp("bolt"), name="bolt")
    bare = replace(bolt, errors=tuple(replace(words, code="") for words in bolt.errors))
    server = Sandboxed(vendor, bare)
    for body, wanted in (({}, "a vendor beside it"), ({"vendor": "bolt"}, "a status")):
        answer = server.control("POST", "/faults", {"error": "ACME_SLOW_DOWN", **body})
        assert (answer.status, answer.json["detail"]) == (422, f'error is "ACME_SLOW_DOWN", wanted {wanted}.')
    assert add(server, error="ACME_SLOW_DOWN", vendor="acme")["vendor"] == "acme"


def test_a_row_of_the_table_is_asked_for_by_its_rule(server: Sandboxed) -> None:
    """Two rows may have one status and no name: each can be had."""
    add(server, error="acme.404.unknown-path", vendor="acme")
    answer = server.get()
    assert (answer.status, answer.json, answer.rule) == (404, {"error": "No such page."}, "acme.404.unknown-path")
    answer = server.control("POST", "/faults", {"error": "acme.404.unknown-path"})
    assert (answer.status, answer.json["detail"][:33]) == (422, 'error is "acme.404.unknown-path",')
    assert server.get(Prefer="code=acme.405").status == 405


def test_rules_are_the_sandboxs_own(server: Sandboxed) -> None:
    server.control("POST", "/faults", {"status": 503}, sandbox="a")
    assert server.get(X_Mock_Sandbox="a", key=RICH).status == 503
    assert server.get().status == 200
    assert server.control("GET", "/faults").json["faults"] == []


@pytest.mark.parametrize("method", ["POST", "PATCH"])
@pytest.mark.parametrize(
    ("body", "detail"),
    [
        ({"status": 399}, "status is 399, wanted a whole number from 400 to 599."),
        ({"status": True}, "status is true, wanted a whole number from 400 to 599."),
        ({"status": 503.5}, "status is 503.5, wanted a whole number from 400 to 599."),
        ({"status": 500, "network": "reset"}, "a rule has status and network, wanted one of status, error, network"),
        ({"status": 500, "vendor": "bolt"}, 'vendor is "bolt", wanted one of acme.'),
        ({"status": 500, "vendor": ["acme"]}, 'vendor is ["acme"], wanted one of acme.'),
        ({"status": 500, "operation": "pay"}, 'operation is "pay", wanted one of listBills, oneBill.'),
        ({"status": 500, "match": []}, "match: a matcher is [], wanted an object."),
        ({"status": 500, "match": {"colour": 1}}, "match: colour is no field of a matcher"),
        ({"status": 500, "match": {"query": {"a": 1}}}, "match: query.a is 1, wanted a text"),
        ({"status": 500, "probability": 1.01}, "probability is 1.01, wanted a number from 0 to 1."),
        ({"status": 500, "times": 0}, "times is 0, wanted a whole number from 1 to"),
        ({"status": 500, "after": -1}, "after is -1, wanted a whole number from 0 to"),
        ({"status": 500, "delay": {"type": "uniform", "lower": 0, "upper": 10**9}}, "milliseconds from 0 to 60000."),
        ({"status": 500, "delay": {"type": "lognormal", "median": 10**400, "sigma": 1}}, "wanted milliseconds"),
        ({"status": None, "error": "NOPE"}, 'error is "NOPE", wanted one of ACME_BAD_DAY, ACME_SLOW_DOWN.'),
        ({"status": None, "error": ["NOPE"]}, 'error is ["NOPE"], wanted one of'),
        ({"status": None, "network": "slow"}, 'network is "slow", wanted one of reset, empty, truncate'),
        ({"status": 500, "id": "mine"}, "The body has 'id', wanted only vendor, operation,"),
    ],
)
def test_a_rule_that_cannot_be_is_refused_and_nothing_changes(
    server: Sandboxed, method: str, body: dict[str, Any], detail: str
) -> None:
    before = add(server, status=503)
    path = "/faults" if method == "POST" else f"/faults/{before['id']}"
    answer = server.control(method, path, body)
    assert (answer.status, answer.headers["Content-Type"]) == (422, "application/problem+json")
    assert detail in answer.json["detail"]
    assert server.control("GET", "/faults").json["faults"] == [before]


def test_a_rule_without_an_outcome(server: Sandboxed) -> None:
    answer = server.control("POST", "/faults", {"vendor": "acme"})
    assert answer.json["detail"] == "a rule has no outcome, wanted one of status, error, network, or a delay."
    assert add(server, delay=5) == {"id": "fault-1", "delay": 5}


def test_rules_are_bounded(vendor: Vendor) -> None:
    server = Sandboxed(vendor, max_sandbox_bytes="500")
    add(server, status=503)
    answer = server.control("POST", "/faults", {"status": 500, "match": {"path": "x" * 500}})
    assert (answer.status, answer.json["type"]) == (507, "urn:mockserver:sandbox-too-large")
    assert "--max-sandbox-bytes" in answer.json["detail"]
    assert server.control("GET", "/faults").json["meta"] == {"total": 1}


@pytest.mark.parametrize("field", ["status", "vendor", "operation"])
def test_a_rule_that_could_never_meet_a_call_is_refused(server: Sandboxed, field: str) -> None:
    refused = server.control("POST", "/faults", {"status": 503, "match": {field: 200 if field == "status" else "x"}})
    assert (refused.status, server.control("GET", "/faults").json["faults"]) == (422, [])
    wanted = "wanted one of method, path, query, headers, credential."
    assert refused.json["detail"] == f"match: {field} is no field of a matcher, {wanted}"


def test_a_credential_in_a_matcher_is_not_shown_again(server: Sandboxed) -> None:
    match = {
        "credential": {"contains": POOR},
        "headers": {"Authorization": f"Bearer {POOR}", "X-Acme-Brand": {"absent": True}, "X-Trace": f"of {POOR}"},
        "query": {"token": {"equalTo": "abc"}, "page": "2", POOR: "x"},
        "path": f"/v3/{POOR}",
    }
    shown = {
        "credential": {"contains": "[redacted]"},
        "headers": {"Authorization": "[redacted]", "X-Acme-Brand": {"absent": True}, "X-Trace": "of [redacted]"},
        "query": {"token": {"equalTo": "[redacted]"}, "page": "2", "[redacted]": "[redacted]"},
        "path": "/v3/[redacted]",
    }
    made = server.control("POST", "/faults", {"status": 503, "match": match})
    assert (made.status, made.json["match"]) == (201, shown)
    (listed,) = server.control("GET", "/faults").json["faults"]
    assert listed["match"] == server.control("GET", "/faults/fault-1").json["match"] == shown
    again = server.control("PATCH", "/faults/fault-1", {"match": shown, "times": 2})
    assert (again.status, again.json["match"], again.json["times"]) == (200, shown, 2)
    (kept,) = server.runtime.sandboxes.get_or_create("default", server.wall()).faults
    assert kept.match == match  # as it was meant
    assert server.control("PATCH", "/faults/fault-1", {"match": None}).json == {
        "id": "fault-1",
        "status": 503,
        "times": 2,
    }


def test_what_is_shown_in_place_of_a_credential_is_none(server: Sandboxed) -> None:
    add(server, status=503)
    for method, path in (("POST", "/faults"), ("PATCH", "/faults/fault-1")):
        answer = server.control(method, path, {"status": 503, "match": {"credential": "[redacted]"}})
        assert (answer.status, "wanted the credential itself" in answer.json["detail"]) == (422, True)
    assert server.control("GET", "/faults").json["faults"] == [{"id": "fault-1", "status": 503}]


def test_an_outcome_that_nobody_documents_is_told_where_it_was_asked_for(server: Sandboxed) -> None:
    add(server, status=418, times=1)
    failed: list[bool] = []
    server.runtime.observers.append(lambda done: failed.append(done.failed))
    server.control("PATCH", "/settings", {"strict": True})
    answers = [
        server.get(),
        server.get(Prefer="code=418"),
        server.get(f"{BILLS}?__code=418", Prefer="code=417"),
    ]
    assert ([answer.status for answer in answers], failed) == ([418] * 3, [False] * 3)
    assert [[(each["location"], each["code"]) for each in answer.warnings] for answer in answers] == [
        [("fault.fault-1", "undocumented-status")],
        [("header.Prefer", "undocumented-status")],
        [("query.__code", "undocumented-status")],
    ]


def test_the_location_leads_into_the_sandbox_of_the_url(vendor: Vendor) -> None:
    client = Sandboxed(vendor).app.test_client()
    for path, body in (("/faults", {"status": 503}), ("/records/acme", {"id": 900})):
        made = client.post(f"/__sandbox/a/__admin{path}", json=body)
        assert made.headers["Location"].startswith(f"/__sandbox/a/__admin{path}/")
        assert client.get(made.headers["Location"]).json == made.json
        assert client.get(made.headers["Location"].removeprefix("/__sandbox/a")).status_code == 404
        assert client.post(f"/__admin{path}", json=body).headers["Location"].startswith(f"/__admin{path}/")


def test_a_sandbox_has_no_more_rules_than_a_call_can_be_held_against(vendor: Vendor) -> None:
    server = Sandboxed(vendor)
    for number in range(100):
        assert server.control("POST", "/faults", {"status": 503, "match": {"path": f"/{number}"}}).status == 201
    refused = server.control("POST", "/faults", {"status": 503})
    assert (refused.status, refused.json["type"]) == (422, "urn:mockserver:too-many-rules")
    assert refused.json["detail"] == "The sandbox would have 101 fault rules, wanted at most 100."
    assert server.control("GET", "/faults").json["meta"] == {"total": 100}
    assert server.control("PATCH", "/faults/fault-1", {"status": 500}).status == 200
