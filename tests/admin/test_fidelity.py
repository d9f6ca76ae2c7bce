"""Control of the ledger."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from pathlib import Path
from typing import Any

from mockserver.sdk.contract import Vendor
from tests.support.acme import Sandboxed, acme

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
    rows = answer.json["rows"]
    found = Counter(row["basis"] for row in rows)
    assert answer.json["counts"] == {"documented": found["documented"], "public": 0, "inferred": found["inferred"]}
    assert PARAMETER in rows
    kinds = {"credential", "error", "error-condition", "operation", "parameter", "reading", "response"}
    assert {row["kind"] for row in rows} == kinds


def test_the_ledger_of_all_adds_up(vendor: Vendor, tmp_path: Path) -> None:
    other = acme(tmp_path, name="other")
    other.spec.write_text(other.spec.read_text().replace("basis: documented", "basis: public"))
    server = Sandboxed(vendor, other)
    answer = server.control("GET", "/fidelity")
    documented, public, inferred = answer.json["counts"].values()
    assert documented == public > 0
    assert inferred > 0
    assert answer.json["vendors"] == [server.control("GET", f"/fidelity/{name}").json for name in ("acme", "other")]


def test_a_vendor_that_there_is_not(vendor: Vendor) -> None:
    answer = Sandboxed(vendor).control("GET", "/fidelity/nobody")
    assert (answer.status, answer.json["choices"]) == (404, ["acme"])


def test_a_spec_that_is_not_there(vendor: Vendor, tmp_path: Path) -> None:
    spec = tmp_path / "spec.yaml"
    spec.write_text(vendor.spec.read_text(encoding="utf-8"), encoding="utf-8")
    server = Sandboxed(replace(vendor, spec=spec))
    spec.unlink()
    answer = server.control("GET", "/fidelity")
    assert (answer.status, answer.json["type"]) == (500, "urn:mockserver:bad-spec")
