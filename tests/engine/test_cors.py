"""CORS: browsers of other origins."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest

from mockserver.engine.cors import make_headers
from mockserver.sdk.contract import Vendor
from mockserver.sdk.http import Request
from mockserver.testing.report import find_mistakes
from tests.support.acme import BILLS, RICH, Sandboxed

ORIGIN = "https://app.example"


@pytest.fixture(scope="module")
def server(vendor: Vendor) -> Sandboxed:
    return Sandboxed(vendor)


def preflight(server: Sandboxed, path: str = BILLS, asked: str | None = None) -> dict[str, str]:
    sent = {"Origin": ORIGIN, "Access-Control-Request-Method": "GET"}
    sent |= {} if asked is None else {"Access-Control-Request-Headers": asked}
    answer = server.get(path, method="OPTIONS", key=None, headers=sent)
    assert (answer.status, answer.body) == (204, b"")
    return dict(answer.headers)


@pytest.mark.parametrize("path", [BILLS, f"/acme{BILLS}", "/v3/bills/1", "/acme/nowhere"])
def test_a_real_preflight_passes_all_gates(server: Sandboxed, path: str) -> None:
    headers = preflight(server, path)
    assert headers["Access-Control-Allow-Origin"] == ORIGIN
    assert headers["Access-Control-Allow-Credentials"] == "true"
    assert headers["Access-Control-Allow-Methods"] == "GET, HEAD"
    assert headers["Vary"] == "Origin"
    allowed = headers["Access-Control-Allow-Headers"].split(", ")
    for name in ("X-Acme-Key", "X-Acme-Brand", "Prefer", "X-Mock-Sandbox", "X-Mock-Delay", "X-Mock-Strict"):
        assert name in allowed


@pytest.mark.parametrize("missing", ["Origin", "Access-Control-Request-Method"])
@pytest.mark.parametrize(("path", "status"), [(BILLS, 405), ("/acme/nowhere", 404)])
def test_any_other_options_is_an_ordinary_call(server: Sandboxed, missing: str, path: str, status: int) -> None:
    headers = {"Origin": ORIGIN, "Access-Control-Request-Method": "GET"}
    del headers[missing]
    answer = server.get(path, method="OPTIONS", headers=headers)
    assert answer.status == status
    assert "Access-Control-Allow-Methods" not in answer.headers


def test_a_get_with_the_headers_of_a_preflight_is_a_get(server: Sandboxed) -> None:
    assert server.get(Origin=ORIGIN, Access_Control_Request_Method="GET").status == 200


@pytest.mark.parametrize(
    ("path", "extra", "status"),
    [
        (BILLS, {}, 200),
        (BILLS, {"X-Acme-Key": "wrong"}, 401),
        (BILLS + "?page=x", {}, 400),
        (BILLS, {"Prefer": "code=503"}, 503),
        (BILLS, {"X-Mock-Delay": "x"}, 400),
        ("/acme/nowhere", {}, 404),
    ],
)
def test_successes_and_errors_can_be_read_by_the_page(
    server: Sandboxed, path: str, extra: dict[str, str], status: int
) -> None:
    answer = server.get(path, Origin="null", headers=extra)
    assert answer.status == status
    assert answer.headers["Access-Control-Allow-Origin"] == "null"
    assert answer.headers["Access-Control-Allow-Credentials"] == "true"
    assert answer.headers["Vary"] == "Origin"
    exposed = answer.headers["Access-Control-Expose-Headers"].split(", ")
    for name in ("Retry-After", "RateLimit-Remaining", "X-Mock-Basis", "X-Mock-Warnings", "Preference-Applied"):
        assert name in exposed


def test_a_vendors_own_rate_headers_are_exposed(vendor: Vendor) -> None:
    own = replace(vendor, quota_headers=lambda call, spent: (("X-RateLimit-Left", str(spent.remaining)),))
    server = Sandboxed(own, quotas="acme=5/minute")
    answer = server.get(Origin=ORIGIN)
    assert answer.headers["X-RateLimit-Left"] == "4"
    assert answer.headers["Access-Control-Expose-Headers"].endswith(", X-RateLimit-Left")


def test_without_an_origin_only_vary_is_said(server: Sandboxed) -> None:
    answer = server.get()
    assert answer.headers["Vary"] == "Origin"
    assert not [name for name in answer.headers if name.startswith("Access-Control")]


def test_switched_off_there_is_none_of_it(vendor: Vendor) -> None:
    server = Sandboxed(vendor, cors=False)
    answer = server.get(Origin=ORIGIN)
    assert answer.status == 200
    assert "Vary" not in answer.headers
    assert not [name for name in answer.headers if name.startswith("Access-Control")]
    assert server.get(method="OPTIONS", Origin=ORIGIN, Access_Control_Request_Method="GET").status == 405


def test_control_paths_have_none_of_it(server: Sandboxed) -> None:
    answer = server.get("/__admin/health", Origin=ORIGIN)
    assert answer.status == 200
    assert "Access-Control-Allow-Origin" not in answer.headers


@pytest.mark.parametrize("origin", ["http://x\x1b[2J", "http://x\x7f", "http://x\xe9", "http://x\tb"])
def test_what_is_no_origin_is_not_sent_back(origin: str) -> None:
    assert make_headers(Request("GET", BILLS, "", {"origin": origin}), ()) == (("Vary", "Origin"),)


TRACED = {"traceparent": "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01", "X-Requested-With": "fetch"}


def asking(server: Sandboxed, names: str) -> tuple[list[str], list[dict[str, str]]]:
    """The headers that a preflight allows, and its warnings."""
    headers = preflight(server, asked=names)
    return headers["Access-Control-Allow-Headers"].split(", "), json.loads(headers.get("X-Mock-Warnings", "[]"))


def calls(server: Sandboxed, sandbox: str = "default") -> list[dict[str, Any]]:
    entries: list[dict[str, Any]] = server.control("GET", "/requests", sandbox=sandbox).json["requests"]
    return entries


def test_a_preflight_allows_what_is_asked_for_and_warns_of_what_no_document_has(server: Sandboxed) -> None:
    allowed, warned = asking(server, "baggage, sentry-trace,x-acme-key,X-Mock-Delay,content-type")
    assert {"baggage", "sentry-trace", "X-Acme-Key", "X-Mock-Delay", "Content-Type"} <= set(allowed)
    assert len(allowed) == len({name.lower() for name in allowed})
    assert [(each["location"], each["code"]) for each in warned] == [
        ("header.baggage", "undocumented-header"),
        ("header.sentry-trace", "undocumented-header"),
    ]
    assert warned[0]["message"] == (
        "Acme Billing does not document the header baggage; where it does not allow it, browsers do not call."
    )
    assert asking(server, "x-acme-key, prefer") == (asking(server, "")[0], [])


@pytest.mark.parametrize("name", [RICH, f"x-{RICH.upper()}"])
def test_a_name_that_is_a_secret_is_sent_back_to_the_browser_alone(vendor: Vendor, name: str) -> None:
    seen = Sandboxed(vendor, cors_headers="x-other")
    for server in (Sandboxed(vendor), seen):
        answer = preflight(server, asked=name)
        told = str([{k: v for k, v in answer.items() if k != "Access-Control-Allow-Headers"}, calls(server)])
        assert RICH not in told.lower()
        assert "[redacted]" in answer["X-Mock-Warnings"]
        assert (name in answer["Access-Control-Allow-Headers"]) == (server is not seen)
    assert len(calls(seen)) == 1


@pytest.mark.parametrize(
    "name", ["x y", "x:y", "x\ty", "x@y", '"x"', "x;y", "x(y)", "x=y", "a" * 101, "x[0]"], ids=lambda name: name[:9]
)
def test_what_is_no_name_of_a_header_is_not_allowed(server: Sandboxed, name: str) -> None:
    allowed, warned = asking(server, f"x-good, {name}")
    assert "x-good" in allowed
    assert name not in allowed
    assert [(each["location"], each["code"]) for each in warned] == [
        ("header.Access-Control-Request-Headers", "refused-header"),
        ("header.x-good", "undocumented-header"),
    ]
    assert warned[0]["message"].startswith(
        "1 of the headers asked for cannot be allowed, wanted at most 64 names, each"
    )


def test_only_so_many_headers_are_allowed(server: Sandboxed) -> None:
    allowed, warned = asking(server, ",".join(f"x-{number}" for number in range(1000)))
    assert [name for name in allowed if name.startswith("x-")] == [f"x-{number}" for number in range(64)]
    assert warned[0]["message"].startswith("936 of the headers asked for cannot be allowed")


def test_a_list_limits_what_is_allowed(vendor: Vendor) -> None:
    server = Sandboxed(vendor, cors_headers="X-App, traceparent")
    allowed, warned = asking(server, "x-app,x-acme-key,x-other")
    assert {"X-App", "traceparent", "X-Acme-Key", "X-Mock-Sandbox"} <= set(allowed)
    assert "x-other" not in allowed
    assert ("header.x-other", "refused-header") in [(each["location"], each["code"]) for each in warned]
    assert "--cors-headers does not name x-other, so a browser does not send the call." in warned[0]["message"]
    none = Sandboxed(vendor, cors_headers="")
    assert "traceparent" not in asking(none, "traceparent")[0]


def test_a_preflight_after_which_no_call_comes_is_in_the_journal_and_fails_where_strict(vendor: Vendor) -> None:
    server = Sandboxed(vendor, cors_headers="X-App")
    failed: list[bool] = []
    server.runtime.observers.append(lambda done: failed.append(done.failed))
    sent = {"Origin": ORIGIN, "Access-Control-Request-Method": "GET", "X-Mock-Strict": "true"}
    for names in ("x-app", "x-acme-key,x-other"):
        server.get(method="OPTIONS", headers={**sent, "Access-Control-Request-Headers": names})
    (entry,) = calls(server)
    assert (entry["request"]["method"], entry["response"]["status"]) == ("OPTIONS", 204)
    assert [warning["code"] for warning in entry["warnings"]] == ["refused-header", "undocumented-header"]
    assert failed == [False, True]
    assert len(find_mistakes(calls(server))) == 1


def test_a_call_from_another_origin_warns_of_such_headers_and_is_no_mistake(vendor: Vendor) -> None:
    server = Sandboxed(vendor, strict=True)
    failed: list[bool] = []
    server.runtime.observers.append(lambda done: failed.append(done.failed))
    answer = server.get(Origin=ORIGIN, headers={**TRACED, "Sec-Fetch-Mode": "cors", "X-Forwarded-For": "10.0.0.1"})
    assert answer.status == 200
    warned = [(each["location"], each["code"]) for each in json.loads(answer.headers["X-Mock-Warnings"])]
    assert sorted(warned) == [
        ("header.traceparent", "undocumented-header"),
        ("header.x-requested-with", "undocumented-header"),
    ]
    (entry,) = calls(server)
    assert sorted((each["location"], each["code"]) for each in entry["warnings"]) == sorted(warned)
    assert failed == [False]
    assert find_mistakes(calls(server)) == []


@pytest.mark.parametrize("sent", [{}, {"Origin": "http://localhost"}])
def test_a_call_that_is_no_browsers_of_another_origin_is_not_warned(server: Sandboxed, sent: dict[str, str]) -> None:
    assert "X-Mock-Warnings" not in server.get(headers={**TRACED, **sent}).headers


def test_switched_off_nothing_of_it_is_warned(vendor: Vendor) -> None:
    server = Sandboxed(vendor, cors=False)
    assert "X-Mock-Warnings" not in server.get(Origin=ORIGIN, headers=TRACED).headers
    refused = server.get(method="OPTIONS", Origin=ORIGIN, Access_Control_Request_Method="GET")
    assert refused.status == 405
    assert [entry["response"]["status"] for entry in calls(server)] == [405, 200]
