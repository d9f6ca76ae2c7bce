"""A vendor whose spec does not say where everything comes from is refused at the start, and told what is missing."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from click.testing import CliRunner

from mockserver.cli import commands
from mockserver.spec_basis import spec_basis
from mockserver.vendor import Vendor
from mockserver.vendors import BadVendor
from tests.acme import ERRORS, READINGS, Sandboxed, acme, only

Broken = Callable[[Vendor], Vendor]


def without(text: str, instead: str = "") -> Broken:
    """The vendor with a spec in which this text is another one."""

    def broken(vendor: Vendor) -> Vendor:
        spec = vendor.spec.read_text(encoding="utf-8")
        assert text in spec
        vendor.spec.write_text(spec.replace(text, instead), encoding="utf-8")
        return vendor

    return broken


LIST = "operationId: listBills"
BASED = "x-basis: {basis: documented, source: 'doc:1', about: The page.}"
LACKING: list[tuple[Broken, str]] = [
    (without("operationId: oneBill", "operationId: twoBills"), "the operation oneBill (GET /v3/bills/{id})"),
    (without("/v3/bills/{id}:", "/v4/bills/{id}:"), "the operation oneBill (GET /v3/bills/{id})"),
    (without(f"get:\n      {LIST}", f"post:\n      {LIST}"), "the operation listBills"),
    (without(f"{LIST}\n      {BASED}", LIST), "the operation listBills"),
    (without(f"{{name: since, in: query, schema: {{}}, {BASED}", "{name: since, in: query"), "the parameter since of"),
    (without("{name: id, in: path,", "{name: no, in: path,"), "the parameter id of oneBill"),
    (without("'200':", "'300':"), "the success of listBills"),
    (without("rule: acme.429,", "rule: acme.430,"), "the error acme.429 or its response"),
    (without("cents: {basis: inferred", "cents: {basis: guessed"), "the reading amounts=cents"),
    (without("  bad-input:", "  bad-output:"), "the reading bad-input=refuse"),
    (without("name: X-Acme-Key, x-basis", "name: X-Acme-Key, x-bases"), "a security scheme"),
    (lambda vendor: replace(vendor, errors=(*ERRORS, replace(ERRORS[0], rule="acme.402"))), "the error acme.402"),
    (lambda vendor: replace(vendor, readings=(*READINGS, replace(READINGS[0], name="new"))), "the reading new=plain"),
]  # fmt: skip


@pytest.mark.parametrize(("broken", "wanted"), LACKING, ids=[wanted for _, wanted in LACKING])
def test_a_vendor_of_which_its_spec_is_silent_is_refused(tmp_path: Path, broken: Broken, wanted: str) -> None:
    vendor = broken(acme(tmp_path))
    with pytest.raises(BadVendor) as refused:
        Sandboxed(vendor)
    assert str(refused.value).startswith("acme: its spec acme-spec.yaml lacks ")
    assert f"{wanted}" in str(refused.value)


@pytest.mark.parametrize("text", [None, "openapi: [", "openapi: 3.1.0\npaths: {a: &x {b: *x}}\n"])
def test_a_spec_that_cannot_be_read_is_told_in_a_sentence(tmp_path: Path, text: str | None) -> None:
    vendor = acme(tmp_path)
    vendor.spec.unlink()
    if text is not None:
        vendor.spec.write_text(text, encoding="utf-8")
    with pytest.raises(BadVendor, match="acme: its spec cannot be read: "):
        spec_basis(vendor)


def test_validate_says_it_too(tmp_path: Path) -> None:
    vendor = without("rule: acme.429,", "rule: acme.430,")(acme(tmp_path))
    with only(vendor):
        told = CliRunner().invoke(commands, ["validate", str(vendor.spec)])
    assert told.exit_code == 1
    assert "acme-spec.yaml:1: found nothing, wanted the error acme.429" in told.output


def test_the_parts_of_an_error_are_its_text_its_status_and_its_condition(vendor: Vendor) -> None:
    text, status, condition = spec_basis(vendor).errors["acme.401"]
    assert [part.kind for part in (text, status, condition)] == ["text", "status", "condition"]
    assert {part.basis for part in (text, status, condition)} == {"documented"}
