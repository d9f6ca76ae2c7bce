"""How the control API hears and speaks."""

from __future__ import annotations

from typing import Any

import pytest

from mockserver.vendor import Vendor
from tests.acme import Sandboxed


@pytest.fixture(scope="module")
def server(vendor: Vendor) -> Sandboxed:
    return Sandboxed(vendor)


@pytest.mark.parametrize(
    ("body", "status", "detail"),
    [
        (b"{", 400, "The body is no JSON"),
        (b'{"delay": NaN}', 400, "NaN is no JSON number"),
        (b"\xff", 400, "The body is no JSON"),
        (b"[" * 100_000, 400, "The body is no JSON"),
        (b"[1]", 422, "The body is list, wanted an object."),
        (b"null", 422, "The body is NoneType, wanted an object."),
        (b'{"stric": true}', 422, "The body has 'stric', wanted only dataset, readings,"),
    ],
)
def test_a_body_that_cannot_be_used(server: Sandboxed, body: bytes, status: int, detail: str) -> None:
    answer = server.control("PATCH", "/settings", body)
    assert (answer.status, answer.headers["Content-Type"]) == (status, "application/problem+json")
    assert detail in answer.json["detail"]


def test_a_body_too_large_is_not_read(server: Sandboxed) -> None:
    answer = server.control("PATCH", "/settings", b'{"strict":' + b" " * 17_000_000 + b"true}")
    assert (answer.status, answer.headers["Content-Type"]) == (413, "application/problem+json")
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


def test_a_path_that_is_not_there(vendor: Vendor, server: Sandboxed) -> None:
    answer = server.control("GET", "/setings")
    assert (answer.status, answer.headers["Content-Type"]) == (404, "application/problem+json")
    assert answer.json["choices"][0] == "/__admin/settings"
    assert "Control is under /__admin." in answer.json["detail"]
    off = Sandboxed(vendor, control="false").control("GET", "/settings")
    assert (off.status, off.headers["Content-Type"]) == (404, "application/problem+json")
    assert "--no-control" in off.json["detail"]


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
