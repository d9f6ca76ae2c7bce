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
from mockserver.serve import Done
from mockserver.settings import WrongSetting, make
from mockserver.vendor import Vendor
from mockserver.vendors import BadVendor
from tests.acme import BILLS, RICH, Sandboxed, acme, only
from tests.client import WALL


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
    found = shelf.found()[0]
    path = found.endpoints[0].path
    newcomer = acme(tmp_path, name="newcomer", also=(path,))
    client = create_app(make({}, {}), vendors=[newcomer], wall=lambda: WALL).test_client()
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

    answer = Sandboxed(replace(vendor, refuse=mute)).get(key=None)  # type: ignore[arg-type]
    assert (answer.status, answer.json["title"]) == (500, "Internal Server Error")
    assert b"no words" not in answer.body


def test_flask_lists_each_documented_endpoint(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FLASK_RUN_FROM_CLI", "true")
    listed = CliRunner().invoke(flask.cli.cli, ["--app", "mockserver", "routes"])
    assert listed.exit_code == 0, listed.output
    for vendor in shelf.found():
        for endpoint in vendor.endpoints:
            assert f"{vendor.name}.{endpoint.operation}" in listed.output
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
    with pytest.raises(WrongSetting) as refused:
        Sandboxed(vendor, **settings)
    assert str(refused.value) == sentence


def test_two_vendors_of_one_name(vendor: Vendor, tmp_path: Path) -> None:
    with only(vendor), pytest.raises(BadVendor, match="two vendors are named acme"):
        create_app(make({}, {}), vendors=[acme(tmp_path)])


def test_a_path_that_nobody_has_is_told_like_a_call(vendor: Vendor, monkeypatch: pytest.MonkeyPatch) -> None:
    told: list[Done] = []
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
