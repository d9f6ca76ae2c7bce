"""The Flask app: how it is put together, what it lists, its start page."""

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
from tests.support.acme import BILLS, Sandboxed, acme, only


@pytest.fixture(scope="module")
def server(vendor: Vendor) -> Sandboxed:
    return Sandboxed(vendor)


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


def test_a_header_that_looks_like_ours_and_is_not_is_told(server: Sandboxed) -> None:
    answer = server.get(X_Mock_Strickt="true")
    assert answer.codes == ["unknown-header"]


def test_of_a_large_body_no_more_is_held_than_the_journal_may_keep(vendor: Vendor) -> None:
    told: list[Exchange] = []
    server = Sandboxed(vendor)
    server.runtime.observers.append(told.append)
    for size in (10, 64 * 1024, 1_000_000):
        server.app.test_client().post(BILLS, data=b"b" * size)
    assert [len(done.request.body) for done in told] == [10, 64 * 1024, 64 * 1024 + 1]
    kept = [len(entry["request"]["body"]) for _, entry in server.runtime.store.entries("default")]
    assert kept == [10, 64 * 1024, 64 * 1024]
