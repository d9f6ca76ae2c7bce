"""Two ways lead from an address to ``serve``: what comes back is the same, to the byte and the header."""

from __future__ import annotations

from typing import Any

import pytest
from mockserver.engine.addresses import Addresses

from mockserver.engine import addresses
from mockserver.sdk.contract import Vendor
from tests.support.acme import BILLS, Sandboxed
from tests.support.client import Answer

TAKEN = [
    BILLS,
    f"/acme{BILLS}",
    f"{BILLS}?state=paid&page=2&%C3%B6=1",
    "/v3/bills/4",
    "/v3/bills/%C3%B6",
    "/v3/bills/a%20b",
    "/v3/bills/4?trouble=drip",
    "/v3/bills/4?trouble=crash",
    f"/__sandbox/mine{BILLS}",
    f"/__sandbox/mine/acme{BILLS}",
    f"/__sandbox/no%20name{BILLS}",
]
LEFT = [
    "/v3/bills/",
    "/v3/bills/4/5",
    "/v3//bills",
    "//v3/bills",
    "/acme",
    "/acme/",
    "/nowhere",
    "/",
    "/__sandbox/mine",
]


def answer(vendor: Vendor, target: str, how: dict[str, Any]) -> Answer:
    return Sandboxed(vendor, cors=True).get(target, **how)


def by_flask(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Addresses, "at", lambda self, path: (None, {}))


@pytest.mark.parametrize("target", [*TAKEN, *LEFT])
@pytest.mark.parametrize(
    "how",
    [
        {},
        {"method": "HEAD"},
        {"method": "POST"},
        {"method": "OPTIONS", "Origin": "http://page.example", "Access-Control-Request-Method": "GET"},
        {"key": None, "Origin": "http://page.example"},
        {"Host": "api.acme.example", "X_Mock_Sandbox": "other"},
        {"Prefer": "code=429", "X_Mock_Readings": "acme.no-such=1"},
    ],
)
def test_both_ways_answer_alike(
    vendor: Vendor, target: str, how: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    first = answer(vendor, target, how)
    by_flask(monkeypatch)
    second = answer(vendor, target, how)
    assert (first.status, first.body) == (second.status, second.body)
    assert sorted(first.headers.items()) == sorted(second.headers.items())


@pytest.mark.parametrize(("target", "short"), [*((t, True) for t in TAKEN), *((t, False) for t in LEFT)])
def test_what_an_endpoint_has_needs_nothing_of_flask(
    vendor: Vendor, target: str, short: bool, monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest
) -> None:
    short = short and not request.config.getoption("--flask-way")
    asked: list[str] = []
    server = Sandboxed(vendor)
    assert isinstance(server.app.wsgi_app, Addresses)
    inner = server.app.wsgi_app._app

    def spy(environ: Any, start_response: Any) -> Any:
        asked.append(environ["PATH_INFO"])
        return inner(environ, start_response)

    monkeypatch.setattr(server.app.wsgi_app, "_app", spy)
    server.get(target)
    assert bool(asked) != short


def test_a_request_with_a_body_goes_flasks_way_and_is_kept(vendor: Vendor) -> None:
    server = Sandboxed(vendor)
    server.app.test_client().get(BILLS, headers={"X-Acme-Key": "x"}, data="what a get has no use for")
    (_, kept) = server.world.store.entries("default")[0]
    assert kept["request"]["body"] == "what a get has no use for"


def test_a_path_that_two_vendors_claim_is_nobodys_at_the_root(vendor: Vendor) -> None:
    one = vendor.operations[0].path
    own, torn = addresses.addresses([vendor, vendor])
    assert {address.prefix for address in own} == {"/acme"}
    assert one in {claimed[0].path for claimed in torn}
    own, torn = addresses.addresses([vendor])
    assert ({address.prefix for address in own}, torn) == ({"", "/acme"}, [])


def test_no_long_name_of_a_header_is_remembered() -> None:
    before = addresses._known_header.cache_info().currsize
    for number in range(10):
        name = f"{number}{'A' * 5000}"
        assert addresses._header(f"HTTP_{name}_B") == f"{name.lower()}-b"
    assert addresses._known_header.cache_info().currsize == before
