"""Control of the ledger."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

from mockserver.vendor import Vendor
from tests.acme import Sandboxed, acme

PARAMETER: dict[str, Any] = {
    "kind": "parameter",
    "name": "page",
    "where": "query",
    "basis": "documented",
    "source": "doc:1",
    "about": "The page.",
    "confidence": None,
    "readings": [],
}


def test_the_ledger_of_one_vendor(vendor: Vendor) -> None:
    answer = Sandboxed(vendor).control("GET", "/fidelity/acme")
    assert answer.status == 200
    assert {name: answer.json[name] for name in ("vendor", "title", "document")} == {
        "vendor": "acme",
        "title": "Acme Billing",
        "document": "https://acme.example/docs",
    }
    assert answer.json["counts"] == {"documented": 2, "public": 0, "inferred": 0}
    assert answer.json["rows"][0] == PARAMETER
    assert [row["kind"] for row in answer.json["rows"]] == ["parameter", "response"]


def test_the_ledger_of_all_adds_up(vendor: Vendor, tmp_path: Path) -> None:
    other = acme(tmp_path, name="other")
    other.spec.write_text(other.spec.read_text().replace("basis: documented", "basis: public"))
    server = Sandboxed(vendor, other)
    answer = server.control("GET", "/fidelity")
    assert answer.json["counts"] == {"documented": 2, "public": 2, "inferred": 0}
    assert answer.json["vendors"] == [server.control("GET", f"/fidelity/{name}").json for name in ("acme", "other")]


def test_a_vendor_that_there_is_not(vendor: Vendor) -> None:
    answer = Sandboxed(vendor).control("GET", "/fidelity/nobody")
    assert (answer.status, answer.json["choices"]) == (404, ["acme"])


def test_a_spec_that_is_not_there(vendor: Vendor, tmp_path: Path) -> None:
    answer = Sandboxed(replace(vendor, spec=tmp_path / "none.yaml")).control("GET", "/fidelity")
    assert (answer.status, answer.json["type"]) == (500, "urn:mockserver:bad-spec")
