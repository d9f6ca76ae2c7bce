"""Paths of no vendor or of several: answered and recorded like any call."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from mockserver.engine.exchange import Exchange
from mockserver.sdk.contract import Vendor
from tests.support.acme import BILLS, RICH, Sandboxed


def test_a_path_that_nobody_has_is_told_like_a_call(vendor: Vendor, monkeypatch: pytest.MonkeyPatch) -> None:
    told: list[Exchange] = []
    server = Sandboxed(vendor, strict="true")
    monkeypatch.setattr(server.runtime, "observers", [told.append])
    answer = server.get("/v3/bils", Origin="http://page.example")
    assert answer.headers["Access-Control-Allow-Origin"] == "http://page.example"
    assert [(done.vendor, done.reply.status, done.failed) for done in told] == [(None, 404, True)]
    server.get("/__admin/nothing")
    assert len(told) == 1


@pytest.mark.parametrize("way", ["header", "url", "suffix", "none"])
def test_a_path_that_nobody_has_is_in_the_journal_of_its_sandbox(vendor: Vendor, other: Vendor, way: str) -> None:
    server = Sandboxed(vendor, other)
    prefix = "/__sandbox/box" if way == "url" else ""
    key = RICH + "~box" * (way == "suffix")
    extra: dict[str, Any] = {"X_Mock_Sandbox": "box"} if way == "header" else {}
    target = f"{prefix}/v9/bills?page=2&token=a-secret-1&page=3"
    answer = server.get(target, key=key, Authorization=f"Bearer {RICH}", X_Trace=f"<{RICH}>", **extra)
    name = "default" if way == "none" else "box"
    assert (answer.status, answer.json["type"]) == (404, "urn:mockserver:unknown-path")
    assert answer.headers["X-Mock-Sandbox"] == name
    ((id, kept),) = server.runtime.store.entries(name)
    assert id == answer.call
    request = kept["request"]
    assert (kept["vendor"], kept["operation"], kept["sandbox"], kept["reached"]) == (None, None, name, "sandbox")
    assert (request["path"], request["query"]) == ("/v9/bills", {"page": ["2", "3"], "token": "[redacted]"})
    assert request["url"].startswith("/v9/bills?page=2&")
    assert (request["headers"]["x-acme-key"], request["headers"]["authorization"]) == (
        "[redacted]",
        "Bearer [redacted]",
    )
    assert RICH not in str(kept)
    assert (kept["response"]["status"], kept["response"]["body"]) == (404, answer.body.decode())
    assert [warning["code"] for warning in kept["warnings"]] == ["unknown-path"]
    asked: dict[str, Any] = {"sandbox": name}
    assert [row["id"] for row in server.control("GET", "/requests/unmatched", **asked).json["requests"]] == [id]
    assert server.control("GET", "/requests?vendor=acme", **asked).json["requests"] == []
    assert server.control("POST", "/requests/count", {"path": "/v9/bills"}, **asked).json == {"count": 1}
    assert server.control("POST", "/requests/near-misses", {"vendor": "acme", "path": BILLS}, **asked).status == 200
    assert server.control("GET", "/verdict", **asked).json["verdict"] == "untested"


@pytest.mark.parametrize(("asked", "strict"), [({}, True), ({"X_Mock_Strict": "false"}, False)])
def test_such_a_call_is_as_strict_as_any_other(vendor: Vendor, asked: dict[str, Any], strict: bool) -> None:
    server = Sandboxed(vendor)
    server.runtime.sandboxes.change("a", server.wall(), lambda box: replace(box, strict=True))
    server.get("/v9/bills", X_Mock_Sandbox="a", **asked)
    ((_, kept),) = server.runtime.store.entries("a")
    assert kept["strict"] is strict


def test_such_a_call_is_refused_for_the_same_reasons_as_any_other(vendor: Vendor) -> None:
    server = Sandboxed(vendor, max_sandboxes="1")
    refusals: list[tuple[dict[str, Any], int, str]] = [
        ({"X_Mock_Sandbox": "a b"}, 400, "bad-sandbox-name"),
        ({"X_Mock_Sandbox": "one"}, 404, "unknown-path"),
        ({"X_Mock_Sandbox": "two"}, 507, "too-many-sandboxes"),
        ({"X_Mock_Sandbox": "one", "X_Mock_Strict": "perhaps"}, 400, "bad-strictness"),
        ({"X_Mock_Sandbox": "one", "X_Acme_Key": "sk_live_0123456789"}, 400, "live-credential"),
    ]
    for sent, status, code in refusals:
        answer = server.get("/v9/bills", **sent)
        assert (answer.status, answer.json["type"]) == (status, f"urn:mockserver:{code}")
        assert ("X-Mock-Sandbox" in answer.headers) == bool(answer.call) == (sent["X_Mock_Sandbox"] == "one")
    kept = [entry for _, entry in server.runtime.store.entries("one")]
    assert [entry["fault"] for entry in kept] == [None, "bad-strictness", "live-credential"]
    assert (kept[-1]["vendor"], kept[-1]["request"]["path"]) == (None, "")
    verdict = server.control("GET", "/verdict", sandbox="one").json
    assert "live-credentials" in [check["name"] for check in verdict["checks"] if check["verdict"] == "broken"]


def test_a_live_credential_in_such_a_path_is_told_nowhere(vendor: Vendor) -> None:
    told: list[Exchange] = []
    server = Sandboxed(vendor)
    server.runtime.observers.append(told.append)
    answer = server.get("/v9/sk_live_0123456789")
    assert answer.json["type"] == "urn:mockserver:live-credential"
    everything = f"{answer.body!r}{answer.headers}{server.runtime.store.entries('default')}{told[0].path}"
    assert "sk_live" not in everything


def test_a_path_that_two_vendors_have_is_in_the_journal_too(both: Sandboxed) -> None:
    answer = both.get(BILLS, X_Mock_Sandbox="torn")
    assert answer.json["type"] == "urn:mockserver:ambiguous-path"
    assert [(id, kept["vendor"]) for id, kept in both.runtime.store.entries("torn")] == [(answer.call, None)]


def test_a_preflight_that_is_refused_is_all_that_comes_of_a_call(vendor: Vendor) -> None:
    server = Sandboxed(vendor)
    asked = {"Origin": "http://page.example", "Access-Control-Request-Method": "GET"}
    for target in ("/v9/bills", BILLS):
        server.get(target, method="OPTIONS", headers=asked)
    assert [kept["request"]["path"] for _, kept in server.runtime.store.entries("default")] == ["/v9/bills"]


def test_a_store_that_breaks_there_is_a_problem_of_ours(vendor: Vendor, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*anything: object, **more: object) -> None:
        raise ConnectionError("the store is gone")

    server = Sandboxed(vendor)
    monkeypatch.setattr(server.runtime.store, "append", fail)
    answer = server.get("/v9/bills")
    assert (answer.status, answer.json["type"]) == (500, "urn:mockserver:broken")
