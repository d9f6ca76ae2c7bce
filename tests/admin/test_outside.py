"""How the server is called from outside: by --public-url, and by what a trusted proxy says."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

import pytest

from mockserver.data import yaml_text
from mockserver.sdk.contract import Vendor
from tests.support.acme import RICH, Sandboxed
from tests.support.client import Answer

PUBLIC = "https://mock.example:8443/billing"
PROXY, STRANGER = "10.1.2.3", "10.9.9.9"
SAID = {"X-Forwarded-Proto": "https", "X-Forwarded-Host": "mock.example", "X-Forwarded-Prefix": "/billing"}
TOKEN = {"X-Mock-Control-Token": "only-for-the-team"}


@pytest.fixture(scope="module")
def public(vendor: Vendor) -> Sandboxed:
    return Sandboxed(vendor, public_url=PUBLIC)


@pytest.fixture(scope="module")
def proxied(vendor: Vendor) -> Sandboxed:
    """A server behind a proxy of another machine; those who come through it have the token."""
    return Sandboxed(vendor, host="0.0.0.0", control_token=TOKEN["X-Mock-Control-Token"], trusted_proxies="10.1.0.0/16")


def asked(
    server: Sandboxed,
    path: str,
    headers: Mapping[str, str] | None = None,
    *,
    method: str = "GET",
    peer: str = PROXY,
    json: Any = None,
) -> Answer:
    """The reply to what comes from an address, with the token."""
    sent, away = {**TOKEN, **(headers or {})}, {"REMOTE_ADDR": peer}
    return Answer.of(server.app.test_client().open(path, method=method, headers=sent, json=json, environ_base=away))


def servers(spec: Answer) -> list[str]:
    """The URLs of a spec's servers, without reading the rest of it."""
    (block,) = re.findall(r"(?m)^servers:.*\n(?:[ -].*\n)*", spec.body.decode())
    read: Any = yaml_text.load(block)
    return [server["url"] for server in read["servers"]]


def urls(server: Sandboxed, headers: Mapping[str, str] | None = None, peer: str = PROXY) -> dict[str, str]:
    """One URL of each place that tells some."""
    made = asked(server, "/__admin/sandboxes/mine", headers, method="PUT", json={}, peer=peer)
    listed = asked(server, "/__admin/sandboxes", headers, peer=peer)
    start = asked(server, "/", {**(headers or {}), "Accept": "application/json"}, peer=peer)
    specs = asked(server, "/__docs/specs", headers, peer=peer)
    found = {
        "made": made.json["url"],
        "vendor": made.json["vendors"]["acme"]["url"],
        "location": made.headers["Location"],
        "listed": next(row["url"] for row in listed.json["sandboxes"] if row["name"] == "mine"),
        "console": start.json["console"],
        "address": start.json["vendors"][0]["addresses"][0],
        "spec": specs.json["specs"][0]["url"],
    }
    for name in ("acme", "control"):
        found[name] = servers(asked(server, f"/__docs/specs/{name}.yaml", headers, peer=peer))[0]
    return found


PATHS = {
    "made": "/__sandbox/mine",
    "vendor": "/__sandbox/mine/acme",
    "location": "/__admin/sandboxes/mine",
    "listed": "/__sandbox/mine",
    "console": "/__admin/",
    "address": "/acme/v3/bills",
    "spec": "/__docs/specs/acme.yaml",
    "acme": "/acme",
    "control": "/__admin",
}
WHOLE = ("made", "vendor", "listed")  # what is a whole URL also where nobody says how the server is called


def below(base: str) -> dict[str, str]:
    return {name: base + path for name, path in PATHS.items()}


def as_called(host: str = "localhost") -> dict[str, str]:
    return {name: (f"http://{host}" if name in WHOLE else "") + path for name, path in PATHS.items()}


def test_every_url_is_below_the_public_one(public: Sandboxed) -> None:
    assert urls(public, peer="127.0.0.1") == below(PUBLIC)
    assert urls(public, {"Host": "mock.example"}, peer="127.0.0.1") == below(PUBLIC)


def test_a_sandboxs_pages_tell_urls_of_its_own(public: Sandboxed) -> None:
    inside = f"{PUBLIC}/__sandbox/mine"
    start = public.get("/__sandbox/mine/", Accept="application/json").json
    assert (start["console"], start["health"]) == (f"{inside}/__admin/", f"{inside}/__admin/health")
    assert start["vendors"][0]["addresses"][0] == f"{inside}/acme/v3/bills"
    assert servers(public.get("/__sandbox/mine/__docs/specs/acme.yaml")) == [f"{inside}/acme", inside]
    made = public.app.test_client().post("/__sandbox/mine/__admin/faults", json={"vendor": "acme", "status": 503})
    assert made.headers["Location"] == f"{inside}/__admin/faults/fault-1"


def test_what_a_trusted_proxy_says_counts_for_its_request_alone(proxied: Sandboxed) -> None:
    assert urls(proxied, SAID) == below("https://mock.example/billing")
    assert urls(proxied) == as_called()
    assert urls(proxied, {"X-Forwarded-Prefix": "/billing/"}) == below("http://localhost/billing")
    assert urls(proxied, {"X-Forwarded-Proto": "HTTPS"}) == below("https://localhost")
    assert urls(proxied, {"X-Forwarded-Host": "[fd00::1]:8443"}) == below("http://[fd00::1]:8443")


def test_of_several_proxies_the_last_one_is_believed(proxied: Sandboxed) -> None:
    said = {"X-Forwarded-Proto": "http, https", "X-Forwarded-Host": "evil.example, mock.example"}
    assert urls(proxied, said) == below("https://mock.example")


@pytest.mark.parametrize("peer", [STRANGER, "127.0.0.1", "::1", "::ffff:10.9.9.9"])
def test_what_anybody_else_says_is_ignored(proxied: Sandboxed, peer: str) -> None:
    assert urls(proxied, SAID, peer) == as_called()


def test_no_proxy_is_trusted_before_one_is_named(vendor: Vendor) -> None:
    assert urls(Sandboxed(vendor), SAID, "127.0.0.1") == as_called()


@pytest.mark.parametrize(
    "said",
    [
        {"X-Forwarded-Host": "evil.example\\@mock.example"},
        {"X-Forwarded-Host": "mock.example/evil"},
        {"X-Forwarded-Proto": "javascript"},
        {"X-Forwarded-Prefix": "//evil.example"},
        {"X-Forwarded-Prefix": "/a/../.."},
        {"X-Forwarded-Prefix": 'billing"'},
        {"X-Forwarded-Prefix": "/billing/%2e%2e%5cevil"},
        {"X-Forwarded-Prefix": "/billing%252f.."},
    ],
)
def test_what_makes_no_sense_leads_nowhere_else(vendor: Vendor, proxied: Sandboxed, said: dict[str, str]) -> None:
    assert urls(proxied, said) == below("http://localhost")
    both = Sandboxed(vendor, control_token="only-for-the-team", trusted_proxies="10.1.0.0/16", public_url=PUBLIC)
    assert urls(both, said) == below(PUBLIC)


def test_what_a_proxy_says_of_a_request_goes_before_the_public_url(vendor: Vendor) -> None:
    both = Sandboxed(vendor, control_token="only-for-the-team", trusted_proxies="10.1.0.0/16", public_url=PUBLIC)
    assert urls(both, {"X-Forwarded-Host": "other.example"}) == below("https://other.example/billing")
    assert urls(both, SAID, STRANGER) == below(PUBLIC)


@pytest.mark.parametrize(
    ("host", "origin", "status"),
    [
        ("mock.example", None, 200),
        ("Mock.Example:8443", None, 200),
        ("127.0.0.1:8080", None, 200),
        ("mock.example", "https://mock.example:8443", 200),
        ("127.0.0.1:8080", "https://mock.example:8443", 200),
        ("127.0.0.1:8080", "http://localhost:3000", 200),
        ("other.example", None, 403),
        ("mock.example.evil.example", None, 403),
        ("127.0.0.1:8080", "https://mock.example", 403),
        ("127.0.0.1:8080", "http://mock.example:8443", 403),
        ("127.0.0.1:8080", "https://mock.example:8443.evil.example", 403),
        ("127.0.0.1:8080", "https://other.example:8443", 403),
    ],
)
def test_the_public_host_and_origin_may_control(public: Sandboxed, host: str, origin: str | None, status: int) -> None:
    sent = {"Host": host, **({"Origin": origin} if origin else {})}
    assert public.control("GET", "/settings", headers=sent).status == status


def test_a_refused_host_is_told_what_is_wanted(public: Sandboxed) -> None:
    told = public.control("GET", "/settings", headers={"Host": "other.example"}).json["detail"]
    wanted = "wanted this machine's own, like 127.0.0.1 or mock.example; or --control-token."
    assert told == f"The Host is 'other.example', {wanted}"


def test_behind_a_trusted_proxy_its_host_and_the_own_one_are_both_looked_at(vendor: Vendor) -> None:
    """A page whose name leads to this machine may send any X-Forwarded-Host, and comes from a trusted address."""
    server = Sandboxed(vendor, trusted_proxies="127.0.0.1", public_url="https://mock.example")
    for host, forwarded, status in (
        ("127.0.0.1:8080", "mock.example", 200),
        ("mock.example", "mock.example", 200),
        ("127.0.0.1:8080", "evil.example", 403),
        ("evil.example", "127.0.0.1", 403),
        ("evil.example", "mock.example", 403),
        ("127.0.0.1:8080", "", 403),
    ):
        sent = {"Host": host, "X-Forwarded-Host": forwarded}
        assert server.control("GET", "/settings", headers=sent).status == status, (host, forwarded)


def test_the_origin_of_the_forwarded_address_is_our_own(proxied: Sandboxed) -> None:
    for origin, status in (("https://mock.example", 200), ("http://mock.example", 403), ("https://evil.example", 403)):
        assert asked(proxied, "/__admin/settings", {**SAID, "Origin": origin}).status == status
    assert asked(proxied, "/__admin/settings", {**SAID, "Origin": "https://mock.example"}, peer=STRANGER).status == 403


def test_vendors_are_called_as_ever(public: Sandboxed, proxied: Sandboxed) -> None:
    for server in (public, proxied):
        assert server.get(headers=SAID).body == server.get().body
        assert server.get(headers=SAID).status == 200


@pytest.mark.parametrize("path", ["/", "/__admin/", "/__docs/"])
def test_no_page_has_an_address_that_skips_what_stands_before_it(public: Sandboxed, path: str) -> None:
    page = public.app.test_client().get(path, headers={"Accept": "text/html"}, buffered=True).text
    addresses = re.findall(r'(?:href|src|action)="([^"]*)"', page)
    assert addresses
    assert not [address for address in addresses if address.startswith("/") or "://" in address]
    assert RICH not in page
