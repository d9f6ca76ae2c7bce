"""How the control API hears and speaks."""

from __future__ import annotations

from typing import Any

import pytest

from mockserver.sdk.contract import Vendor
from tests.support.acme import Sandboxed
from tests.support.client import Answer


@pytest.fixture(scope="module")
def server(vendor: Vendor) -> Sandboxed:
    return Sandboxed(vendor)


@pytest.mark.parametrize(
    ("body", "status", "detail"),
    [
        (b"{", 400, "The body is no JSON"),
        (b'{"delay": NaN}', 400, "NaN is no JSON number"),
        (b"\xff", 400, "The body is no JSON"),
        (b"[" * 100_000, 400, "The body is nested deeper than 64 levels."),
        (b'{"a":' * 64 + b"1" + b"}" * 64, 422, "The body has 'a', wanted only"),
        (b'{"a":' * 64 + b"[]" + b"}" * 64, 400, "The body is nested deeper than 64 levels."),
        (b'{"a": [' + b"[]," * 9_998 + b"[]]}", 422, "The body has 'a', wanted only"),
        (b'{"a": [' + b"[]," * 9_999 + b"[]]}", 422, "The body has over 10000 values, the most that control reads"),
        (b'{"delay": -Infinity}', 400, "-Infinity is no JSON number"),
        (b'{"delay": 1E+999999999}', 400, "the number 1E+999999999 takes over 2000 digits"),
        (b'{"delay": ' + b"9" * 5_000 + b"}", 400, "a number of 5000 digits, wanted at most 2000"),
        (b'{"dataset": "\\ud800"}', 400, "The body has half a character"),
        (b'{"quotas": {"\\ud800": null}}', 400, "The body has half a character"),
        (b'{"dataset": "\xed\xa0\x80"}', 400, "The body has half a character"),
        (b'{"strict": true, "strict": false}', 400, "The body is no JSON: the key 'strict' is there twice."),
        (b"[1]", 422, "The body is [1], wanted an object."),
        (b"null", 422, "The body is null, wanted an object."),
        (b'{"stric": true}', 422, "The body has 'stric', wanted only dataset, readings,"),
    ],
)
def test_a_body_that_cannot_be_used(server: Sandboxed, body: bytes, status: int, detail: str) -> None:
    answer = server.control("PATCH", "/settings", body)
    assert (answer.status, answer.headers["Content-Type"]) == (status, "application/problem+json")
    assert detail in answer.json["detail"]


def test_a_body_too_large_is_not_read(server: Sandboxed) -> None:
    answer = server.control("PATCH", "/settings", b'{"strict":' + b" " * 1_100_000 + b"true}")
    assert (answer.status, answer.headers["Content-Type"]) == (413, "application/problem+json")
    assert answer.json["detail"] == "The body is over 1048576 bytes, the most that control reads."
    assert server.control("GET", "/settings").json["strict"] is False


@pytest.mark.parametrize(
    ("method", "path", "allowed"),
    [
        ("POST", "/health", {"GET", "HEAD", "OPTIONS"}),
        ("GET", "/reset", {"POST", "OPTIONS"}),
        ("PUT", "/settings", {"GET", "HEAD", "PATCH", "OPTIONS"}),
        ("GET", "/clock/freeze", {"POST", "OPTIONS"}),
        ("TRACE", "/faults/x", {"GET", "HEAD", "PATCH", "DELETE", "OPTIONS"}),
    ],
)
def test_a_wrong_method(server: Sandboxed, method: str, path: str, allowed: set[str]) -> None:
    answer = server.control(method, path)
    assert (answer.status, answer.headers["Content-Type"]) == (405, "application/problem+json")
    assert answer.json["type"] == "urn:mockserver:http"
    assert set(answer.headers["Allow"].split(", ")) == allowed
    assert answer.json["detail"] == f"/__admin{path} is not for {method}, wanted one of {', '.join(sorted(allowed))}."


def test_a_path_that_is_not_there(vendor: Vendor, server: Sandboxed) -> None:
    answer = server.control("GET", "/setings")
    assert (answer.status, answer.headers["Content-Type"]) == (404, "application/problem+json")
    assert answer.json["choices"][0] == "/__admin/settings"
    assert "Control is under /__admin." in answer.json["detail"]
    off = Sandboxed(vendor, control="false").control("GET", "/settings")
    assert (off.status, off.headers["Content-Type"]) == (404, "application/problem+json")
    assert off.json["detail"] == "Nothing is at this path. Vendors are under /acme."


def test_a_path_is_told_as_people_write_it(server: Sandboxed) -> None:
    assert "/__admin/faults/{id}" in server.control("GET", "/faults/").json["choices"]


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("POST", "/reset?scope=all"),
        ("DELETE", "/requests?vendor=acme"),
        ("GET", "/requests/unmatched?vendor=acme"),
        ("POST", "/requests/count?status=200"),
        ("PUT", "/sandboxes/made?from=base"),
        ("GET", "/settings?sandbox=a"),
        ("DELETE", "/faults?id=fault-1"),
    ],
)
def test_a_parameter_where_none_is_taken_changes_nothing(vendor: Vendor, method: str, path: str) -> None:
    server = Sandboxed(vendor)
    server.control("PATCH", "/settings", {"strict": True})
    server.control("POST", "/faults", {"status": 503})
    server.get()
    answer, name = server.control(method, path), path.partition("?")[2].partition("=")[0]
    assert (answer.status, answer.json["detail"]) == (422, f"Unexpected parameter {name!r}: this route takes none.")
    assert server.control("GET", "/settings").json["strict"] is True
    assert len(server.control("GET", "/faults").json["faults"]) == 1
    assert len(server.control("GET", "/requests").json["requests"]) == 1
    assert list(server.runtime.store.sandboxes()) == ["default"]


@pytest.mark.parametrize("path", ["/health", "/ready", "/version"])
def test_a_load_balancer_may_add_what_it_likes(server: Sandboxed, path: str) -> None:
    assert server.control("GET", f"{path}?probe=1").status == 200


def test_a_parameter_comes_once(server: Sandboxed) -> None:
    answer = server.control("GET", "/requests?limit=1&limit=2")
    assert (answer.status, answer.json["detail"]) == (422, "limit is there more than once, wanted once.")


def test_what_was_sent_is_not_sent_back_whole(server: Sandboxed) -> None:
    for path, body in (("/faults", {"vendor": "x" * 100_000}), ("/faults", {"x" * 100_000: 1})):
        answer = server.control("POST", path, body)
        assert answer.status == 422
        assert len(answer.body) < 1600
        assert "wanted " in answer.json["detail"]


def test_a_crash_is_told_as_one(vendor: Vendor, monkeypatch: pytest.MonkeyPatch) -> None:
    server = Sandboxed(vendor)
    server.app.config["PROPAGATE_EXCEPTIONS"] = False
    monkeypatch.setattr(server.runtime.sandboxes, "get_or_create", None)
    answer = server.control("GET", "/settings")
    assert (answer.status, answer.headers["Content-Type"]) == (500, "application/problem+json")
    assert answer.json["detail"] == "The sandbox itself failed; its log says why."


@pytest.mark.parametrize("path", ["/health", "/ready", "/version", "/settings", "/clock"])
def test_a_head_is_a_get_without_its_body(server: Sandboxed, path: str) -> None:
    head, get = server.control("HEAD", path), server.control("GET", path)
    assert (head.status, head.body, head.headers) == (200, b"", get.headers)


def test_nothing_is_kept_by_a_cache(server: Sandboxed) -> None:
    for answer in (server.control("GET", "/settings"), server.control("GET", "/faults/x")):
        assert answer.headers["Cache-Control"] == "no-store"


def test_numbers_come_back_as_they_were_sent(server: Sandboxed) -> None:
    sent: Any = b'{"delay": {"type": "uniform", "lower": 0.1, "upper": 20}}'
    assert b'{"type":"uniform","lower":0.1,"upper":20}' in server.control("PATCH", "/settings", sent).body


@pytest.mark.parametrize("path", ["/settings", "/sandboxes", "/sandboxes/a", "/fidelity"])
def test_a_name_that_no_sandbox_can_have(server: Sandboxed, path: str) -> None:
    for where, headers in (("", {"X-Mock-Sandbox": "a b"}), ("/__sandbox/a%0D%0Ab", {"X-Mock-Sandbox": "a"})):
        method = "PUT" if path.endswith("/a") else "GET"
        reply = Answer.of(server.app.test_client().open(f"{where}/__admin{path}", method=method, headers=headers))
        assert (reply.status, reply.json["type"]) == (400, "urn:mockserver:bad-sandbox-name")
    assert server.app.test_client().get("/__sandbox/a%20b/__admin/health").status_code == 200
