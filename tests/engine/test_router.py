"""The router: from method, path and host to vendor and operation."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

import pytest

from mockserver import vendors as shelf
from mockserver.app import create_app
from mockserver.engine.router import Router, split_sandbox
from mockserver.sandbox.settings import make_settings
from mockserver.sdk.call import Call
from mockserver.sdk.contract import Operation, Vendor
from mockserver.sdk.http import Reply, Request
from tests.support.acme import BILL, BILLS, RICH, Sandboxed, acme
from tests.support.client import WALL


@pytest.fixture(scope="module")
def server(vendor: Vendor) -> Sandboxed:
    return Sandboxed(vendor)


@pytest.mark.parametrize(
    ("path", "host"),
    [
        (BILLS, ""),
        (f"/acme{BILLS}", ""),
        (BILLS, "api.acme.example"),
        (BILLS, "API.Acme.Example:8443"),
        (BILLS, "api.acme.example."),
        (BILLS, "acme.localhost:8080"),
        (f"/acme{BILLS}", "elsewhere.example"),
    ],
)
def test_every_form_of_address_gives_the_same_bytes(server: Sandboxed, path: str, host: str) -> None:
    answer = server.get(path, headers={"Host": host} if host else {})
    assert answer.status == 200
    assert answer.body == server.get().body


def test_parts_of_a_path_are_read_at_every_address(server: Sandboxed) -> None:
    for path, host in (("/v3/bills/4", ""), ("/acme/v3/bills/4", ""), ("/v3/bills/4", "acme.localhost")):
        assert server.get(path, headers={"Host": host} if host else {}).json["bill"]["name"] == "Ölpumpe"


def test_further_addresses_of_an_endpoint(both: Sandboxed, other: Vendor) -> None:
    wanted = both.get(f"/bolt{BILLS}").body
    assert both.get("/v9/bolts").body == both.get("/bolt/v9/bolts").body == wanted
    assert both.get("/v9/bolts", Host="bolt.localhost").body == wanted
    assert both.get("/v9/bolts", Host=other.hosts[0]).body == wanted


@pytest.mark.parametrize("path", [BILLS, "/v3/bills/1"])
@pytest.mark.parametrize("method", ["GET", "POST"])
def test_a_path_that_two_vendors_claim_names_both_prefixes(both: Sandboxed, path: str, method: str) -> None:
    answer = both.get(path, method=method)
    assert (answer.status, answer.headers["Content-Type"]) == (404, "application/problem+json")
    assert answer.json["type"] == "urn:mockserver:ambiguous-path"
    claimed = [f"/{name}{path.replace('/1', '/{id}')}" for name in ("acme", "bolt")]
    assert answer.json["choices"] == claimed
    assert answer.json["detail"].startswith("Acme Billing and Bolt Billing both document ")
    for prefix in claimed:
        assert prefix in answer.json["detail"]


def test_prefix_and_host_still_work_where_the_root_is_torn(both: Sandboxed) -> None:
    assert both.get(f"/acme{BILLS}").status == both.get(f"/bolt{BILLS}").status == 200
    assert both.get(Host="api.acme.example").status == both.get(Host="bolt.localhost").status == 200


def test_a_clash_with_a_vendor_that_was_found(tmp_path: Path) -> None:
    found = shelf.find_vendors()[0]
    path = found.operations[0].path
    newcomer = acme(tmp_path, name="newcomer", also=(path,))
    client = create_app(make_settings({}, {}), vendors=[newcomer], wall=lambda: WALL).test_client()
    choices = client.get(path).get_json()["choices"]
    assert sorted(choices) == sorted([f"/{found.name}{path}", f"/newcomer{path}"])
    assert client.get(f"/newcomer{path}", headers={"X-Acme-Key": RICH}).status_code == 200
    assert client.get(BILLS, headers={"X-Acme-Key": RICH}).status_code == 200


@pytest.mark.parametrize(
    "path",
    [
        "/acme",
        "/acme/",
        "/acme/x/y",
        "/acme/x%0Ay",
        "/acme/%0A",
        f"/acme{BILLS}/",
        f"/acme/{BILLS}",
        "/acme/v3/bills/1/2",
    ],
)
def test_an_unknown_path_under_a_vendor_is_answered_in_its_words(server: Sandboxed, path: str) -> None:
    for method in ("GET", "POST"):
        answer = server.get(path, method=method)
        assert (answer.status, answer.rule) == (404, "acme.404.unknown-path")
    assert server.get("/nowhere", Host="acme.localhost").rule == "acme.404.unknown-path"
    assert server.get("/", Host="acme.localhost").rule == "acme.404.unknown-path"


def test_an_unknown_path_at_the_root_tells_the_vendors_and_the_closest_paths(server: Sandboxed) -> None:
    answer = server.get("/v3/bils")
    assert (answer.status, answer.headers["Content-Type"]) == (404, "application/problem+json")
    assert answer.json["choices"][0] == BILLS
    assert answer.json["detail"].startswith("Nothing is at /v3/bils. Vendors are under /acme. Closest: /v3/bills, ")
    far = server.get("/zzzzzzzzzzzzzzzzzz")
    assert far.json["detail"] == "Nothing is at /zzzzzzzzzzzzzzzzzz. Vendors are under /acme."
    assert "choices" not in far.json
    assert len(server.get("/" + "z" * 9999).body) < 1000
    assert server.get(BILLS + "/").status == 404


def test_the_sandbox_of_a_url_stands_in_front_of_every_address(server: Sandboxed) -> None:
    wanted = server.get().body
    for path, host in (
        (BILLS, ""),
        (f"/acme{BILLS}", ""),
        (BILLS, "acme.localhost"),
        (f"/acme{BILLS}", "api.acme.example"),
    ):
        answer = server.get(f"/__sandbox/mine{path}", headers={"Host": host} if host else {})
        assert (answer.status, answer.body, answer.headers["X-Mock-Sandbox"]) == (200, wanted, "mine"), (path, host)


@pytest.mark.parametrize(
    ("path", "found"),
    [
        ("/v3/bills", (None, "/v3/bills")),
        ("/__sandbox/mine/v3/bills", ("mine", "/v3/bills")),
        ("/__sandbox/mine/", ("mine", "/")),
        ("/__sandbox/mine", ("mine", "/")),
        ("/__sandbox//v3", ("", "/v3")),
        ("/__sandbox", (None, "/__sandbox")),
    ],
)
def test_what_stands_behind_the_sandbox_of_a_url(path: str, found: tuple[str | None, str]) -> None:
    assert split_sandbox(path) == found


@pytest.mark.parametrize(
    ("path", "host", "ours"),
    [
        ("/", None, True),
        ("/", "127.0.0.1:8080", True),
        ("/", "acme.localhost", False),
        ("/__admin/health", "acme.localhost", True),
        ("/__docs", None, True),
        ("/__anything", None, True),
        (BILLS, None, False),
        ("/nowhere", None, False),
        ("/_", None, False),
    ],
)
def test_what_the_admin_app_answers(vendor: Vendor, path: str, host: str | None, ours: bool) -> None:
    assert Router([vendor]).is_ours(path, host) is ours


@pytest.mark.parametrize(
    ("sent", "name"),
    [
        ("4", "4"),
        ("%34", "4"),
        ("%C3%B6", "\xf6"),
        ("a%20b", "a b"),
        ("a%2Bb+c", "a+b+c"),
        ("%FF", "\ufffd"),
        ("a%0Ab", "a\nb"),
    ],
)
def test_a_name_in_a_path_is_decoded(vendor: Vendor, sent: str, name: str) -> None:
    seen: list[str] = []

    def look(call: Call) -> Reply:
        seen.append(call.request.path_params["id"])
        return Reply(200, b"{}")

    one = replace(vendor.operations[1], handler=look)
    server = Sandboxed(replace(vendor, operations=(vendor.operations[0], one)))
    for prefix in ("", "/acme", "/__sandbox/mine/acme"):
        assert server.get(f"{prefix}/v3/bills/{sent}").status == 200
    assert seen == [name] * 3


@pytest.mark.parametrize(
    "target", [f"{BILLS}/", f"/{BILLS}", "/v3//bills", "/v3/bills//", "/v3/bills/1/", f"/acme/{BILLS}"]
)
def test_a_slash_too_many_is_another_path(server: Sandboxed, target: str) -> None:
    assert server.get(target).status == 404


def test_head_is_get_and_a_wrong_method_is_told_the_right_ones(server: Sandboxed) -> None:
    for path in (BILLS, f"/acme{BILLS}", "/v3/bills/4"):
        assert server.get(path, method="HEAD").status == 200
        for method in ("POST", "PUT", "DELETE", "OPTIONS", "BREW"):
            answer = server.get(path, method=method)
            assert (answer.status, answer.headers["Allow"]) == (405, "GET, HEAD")


@pytest.fixture(scope="module")
def several(tmp_path_factory: pytest.TempPathFactory) -> Vendor:
    """Acme with further operations on its paths, in its spec too."""
    vendor = acme(tmp_path_factory.mktemp("several"))
    text, more = vendor.spec.read_text(encoding="utf-8"), list[Operation]()
    for known, id, method in zip(vendor.operations, ("makeBill", "dropBill"), ("POST", "DELETE"), strict=True):
        block = re.search(rf"    get:\n      operationId: {known.id}\n(?:      .*\n)*", text)
        assert block is not None
        further = block[0].replace("get:", f"{method.lower()}:").replace(known.id, id)
        text = text.replace(block[0], block[0] + further)
        more.append(replace(known, id=id, method=method))
    vendor.spec.write_text(text, encoding="utf-8")
    return replace(vendor, operations=(*vendor.operations, *more))


@pytest.mark.parametrize("path", [BILLS, f"/acme{BILLS}"])
@pytest.mark.parametrize(
    ("method", "operation"), [("GET", "listBills"), ("HEAD", "listBills"), ("POST", "makeBill"), ("PUT", "listBills")]
)
def test_a_path_has_an_operation_by_method(several: Vendor, path: str, method: str, operation: str) -> None:
    route = Router([several]).match(Request(method, path))
    assert route.operation is not None
    assert (route.operation.id, route.methods) == (operation, ("GET", "HEAD", "POST"))
    other = Router([several]).match(Request("DELETE", f"{path}/4"))
    assert other.operation is not None
    assert (other.operation.id, other.methods, other.path_params) == (
        "dropBill",
        ("GET", "HEAD", "DELETE"),
        {"id": "4"},
    )


def test_a_path_with_several_methods_answers_each_and_allows_them(several: Vendor) -> None:
    server = Sandboxed(several)
    assert [server.get(method=method).status for method in ("GET", "POST", "PUT")] == [200, 200, 405]
    assert server.get(method="PUT").headers["Allow"] == "GET, HEAD, POST"
    entries = server.control("GET", "/requests").json["requests"]
    assert [entry["operation"] for entry in entries] == ["listBills", "listBills", "makeBill", "listBills"]
    origin = {"Origin": "http://page.example", "Access-Control-Request-Method": "POST"}
    preflight = Sandboxed(several, cors=True).get(method="OPTIONS", headers=origin)
    assert preflight.headers["Access-Control-Allow-Methods"] == "GET, HEAD, POST"


def test_a_path_that_two_vendors_claim_is_nobodys_at_the_root(vendor: Vendor, other: Vendor) -> None:
    addresses = Router([vendor, other]).addresses
    assert {address.prefix for address in addresses if address.path in (BILLS, BILL)} == {"/acme", "/bolt"}
    assert [address.vendor.name for address in addresses if not address.prefix] == ["bolt"]
