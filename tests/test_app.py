"""The Flask app in front: addresses, the clash at the root, unknown paths, hosts."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import flask.cli
import pytest
from click.testing import CliRunner

import mockserver
from mockserver import vendors as shelf
from mockserver.app import create_app
from mockserver.engine.exchange import Exchange
from mockserver.sandbox.settings import make_settings
from mockserver.sdk.contract import Vendor
from mockserver.sdk.errors import InvalidSetting
from mockserver.vendors import BadVendor
from tests.support.acme import BILLS, RICH, Sandboxed, acme, only
from tests.support.client import WALL


@pytest.fixture(scope="module")
def other(tmp_path_factory: pytest.TempPathFactory) -> Vendor:
    """A vendor that documents the same paths as acme."""
    return acme(tmp_path_factory.mktemp("bolt"), name="bolt", also=("/v9/bolts",))


@pytest.fixture(scope="module")
def server(vendor: Vendor) -> Sandboxed:
    return Sandboxed(vendor)


@pytest.fixture(scope="module")
def both(vendor: Vendor, other: Vendor) -> Sandboxed:
    return Sandboxed(vendor, other)


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


def test_a_wrong_method_on_a_path_of_ours_says_which_are_right(server: Sandboxed) -> None:
    answer = server.get("/__admin/health", method="DELETE")
    assert (answer.status, answer.json["title"]) == (405, "Method Not Allowed")
    assert "GET" in answer.headers["Allow"]


def test_a_vendors_host_keeps_the_paths_of_ours(server: Sandboxed) -> None:
    assert server.get("/__admin/health", Host="acme.localhost").json["vendors"] == ["acme"]


def test_the_start_page_says_who_is_here(server: Sandboxed) -> None:
    found = server.get("/").json
    assert found["vendors"] == [
        {
            "name": "acme",
            "title": "Acme Billing",
            "document": "https://acme.example/docs",
            "addresses": ["/acme/v3/bills", "/acme/v3/bills/{id}"],
        }
    ]
    assert found["health"] == "/__admin/health"


def test_what_breaks_outside_a_call_is_a_plain_problem(vendor: Vendor) -> None:
    def mute(*anything: object) -> None:
        raise RuntimeError("no words")

    answer = Sandboxed(replace(vendor, render_error=mute)).get(key=None)  # type: ignore[arg-type]
    assert (answer.status, answer.json["title"]) == (500, "Internal Server Error")
    assert b"no words" not in answer.body


def test_flask_lists_each_documented_endpoint(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FLASK_RUN_FROM_CLI", "true")
    listed = CliRunner().invoke(flask.cli.cli, ["--app", "mockserver", "routes"])
    assert listed.exit_code == 0, listed.output
    for vendor in shelf.find_vendors():
        for endpoint in vendor.operations:
            assert f"{vendor.name}.{endpoint.id}" in listed.output
            assert f"/{vendor.name}{endpoint.path}" in listed.output.replace("<", "{").replace(">", "}")


def test_the_package_gives_create_app_and_nothing_else() -> None:
    assert mockserver.create_app is create_app
    with pytest.raises(AttributeError, match="no attribute 'nothing'"):
        _ = mockserver.nothing


@pytest.mark.parametrize(
    ("settings", "sentence"),
    [
        ({"quotas": "bolt=1/day"}, "--quotas (or MOCKSERVER_QUOTAS) names bolt, wanted one of acme."),
        (
            {"readings": "acme.amounts=x"},
            "--readings (or MOCKSERVER_READINGS): acme.amounts cannot be x; its choices are plain, cents.",
        ),
        ({"dataset": "nope"}, "acme has no dataset 'nope'; there are default, empty, hand."),
    ],
)
def test_an_app_that_cannot_be_put_together_says_why(vendor: Vendor, settings: dict[str, Any], sentence: str) -> None:
    with pytest.raises(InvalidSetting) as refused:
        Sandboxed(vendor, **settings)
    assert str(refused.value) == sentence


def test_two_vendors_of_one_name(vendor: Vendor, tmp_path: Path) -> None:
    with only(vendor), pytest.raises(BadVendor, match="two vendors are named acme"):
        create_app(make_settings({}, {}), vendors=[acme(tmp_path)])


def test_a_path_that_nobody_has_is_told_like_a_call(vendor: Vendor, monkeypatch: pytest.MonkeyPatch) -> None:
    told: list[Exchange] = []
    server = Sandboxed(vendor, strict="true")
    monkeypatch.setattr(server.world, "observers", [told.append])
    answer = server.get("/v3/bils", Origin="http://page.example")
    assert answer.headers["Access-Control-Allow-Origin"] == "http://page.example"
    assert [(done.vendor, done.reply.status, done.failed) for done in told] == [(None, 404, True)]
    server.get("/__admin/nothing")
    assert len(told) == 1


def test_a_header_that_looks_like_ours_and_is_not_is_told(server: Sandboxed) -> None:
    answer = server.get(X_Mock_Strickt="true")
    assert answer.codes == ["unknown-header"]


# Paths at the root that nobody has --------------------------------------------------------------------------------


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
    ((id, kept),) = server.world.store.entries(name)
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
    server.world.sandboxes.change("a", server.wall(), lambda box: replace(box, strict=True))
    server.get("/v9/bills", X_Mock_Sandbox="a", **asked)
    ((_, kept),) = server.world.store.entries("a")
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
    kept = [entry for _, entry in server.world.store.entries("one")]
    assert [entry["fault"] for entry in kept] == [None, "bad-strictness", "live-credential"]
    assert (kept[-1]["vendor"], kept[-1]["request"]["path"]) == (None, "")
    verdict = server.control("GET", "/verdict", sandbox="one").json
    assert "live-credentials" in [check["name"] for check in verdict["checks"] if check["verdict"] == "broken"]


def test_a_live_credential_in_such_a_path_is_told_nowhere(vendor: Vendor) -> None:
    told: list[Exchange] = []
    server = Sandboxed(vendor)
    server.world.observers.append(told.append)
    answer = server.get("/v9/sk_live_0123456789")
    assert answer.json["type"] == "urn:mockserver:live-credential"
    everything = f"{answer.body!r}{answer.headers}{server.world.store.entries('default')}{told[0].path}"
    assert "sk_live" not in everything


def test_a_path_that_two_vendors_have_is_in_the_journal_too(both: Sandboxed) -> None:
    answer = both.get(BILLS, X_Mock_Sandbox="torn")
    assert answer.json["type"] == "urn:mockserver:ambiguous-path"
    assert [(id, kept["vendor"]) for id, kept in both.world.store.entries("torn")] == [(answer.call, None)]


def test_a_preflight_that_is_refused_is_all_that_comes_of_a_call(vendor: Vendor) -> None:
    server = Sandboxed(vendor)
    asked = {"Origin": "http://page.example", "Access-Control-Request-Method": "GET"}
    for target in ("/v9/bills", BILLS):
        server.get(target, method="OPTIONS", headers=asked)
    assert [kept["request"]["path"] for _, kept in server.world.store.entries("default")] == ["/v9/bills"]


def test_a_store_that_breaks_there_is_a_problem_of_ours(vendor: Vendor, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*anything: object, **more: object) -> None:
        raise ConnectionError("the store is gone")

    server = Sandboxed(vendor)
    monkeypatch.setattr(server.world.store, "append", fail)
    answer = server.get("/v9/bills")
    assert (answer.status, answer.json["type"]) == (500, "urn:mockserver:broken")


def test_of_a_large_body_no_more_is_held_than_the_journal_may_keep(vendor: Vendor) -> None:
    told: list[Exchange] = []
    server = Sandboxed(vendor)
    server.world.observers.append(told.append)
    for size in (10, 64 * 1024, 1_000_000):
        server.app.test_client().post(BILLS, data=b"b" * size)
    assert [len(done.request.body) for done in told] == [10, 64 * 1024, 64 * 1024 + 1]
    kept = [len(entry["request"]["body"]) for _, entry in server.world.store.entries("default")]
    assert kept == [10, 64 * 1024, 64 * 1024]
