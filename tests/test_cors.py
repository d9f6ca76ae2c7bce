"""Browsers of other origins."""

from __future__ import annotations

from dataclasses import replace

import pytest

from mockserver.cors import headers
from mockserver.vendor import Request, Vendor
from tests.acme import BILLS, Sandboxed

ORIGIN = "https://app.example"


@pytest.fixture(scope="module")
def server(vendor: Vendor) -> Sandboxed:
    return Sandboxed(vendor)


def preflight(server: Sandboxed, path: str = BILLS) -> dict[str, str]:
    answer = server.get(path, method="OPTIONS", key=None, Origin=ORIGIN, Access_Control_Request_Method="GET")
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
    assert headers(Request("GET", BILLS, "", {"origin": origin}), ()) == (("Vary", "Origin"),)
