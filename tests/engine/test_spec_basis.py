"""A vendor whose spec lacks a basis is refused at start-up, with the gaps named."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from click.testing import CliRunner

from mockserver.cli.commands import commands
from mockserver.data.disk_cache import DiskCache
from mockserver.engine.spec_basis import read_spec_basis
from mockserver.sdk.contract import Vendor
from mockserver.vendors import BadVendor
from tests.support.acme import BILLS, ERRORS, READINGS, Sandboxed, acme, only

Broken = Callable[[Vendor], Vendor]


def without(text: str, instead: str = "") -> Broken:
    """The vendor with this text of its spec replaced."""

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
        read_spec_basis(vendor)


def test_validate_says_it_too(tmp_path: Path) -> None:
    vendor = without("rule: acme.429,", "rule: acme.430,")(acme(tmp_path))
    with only(vendor):
        told = CliRunner().invoke(commands, ["validate", str(vendor.spec)])
    assert told.exit_code == 1
    assert "acme-spec.yaml:1: found nothing, wanted the error acme.429" in told.output


def test_the_parts_of_an_error_are_its_text_its_status_and_its_condition(vendor: Vendor) -> None:
    text, status, condition = read_spec_basis(vendor).errors["acme.401"]
    assert [part.kind for part in (text, status, condition)] == ["text", "status", "condition"]
    assert {part.basis for part in (text, status, condition)} == {"documented"}


OTHER = """\
  /v3/other:
    parameters:
    - {name: shared, in: query, schema: {}, x-basis: {basis: documented, source: 'doc:1', about: A.}}
    - {$ref: '#/components/parameters/Far'}
    post:
      operationId: other
      x-basis: {basis: documented, source: 'doc:3', about: A.}
      responses:
        '418':
          description: A teapot.
          x-basis: {basis: public, source: 'doc:4', about: A.}
          x-rules:
          - {rule: acme.401, text: No., basis: inferred, source: none, condition: {basis: inferred, source: none}}
        '401':
          description: No.
          x-basis: {basis: inferred, source: none, about: A.}
components:
  parameters:
    Far: {name: far, in: query, schema: {}, x-basis: {basis: public, source: 'doc:5', about: A.}}
"""

OTHERS = {
    "{basis: documented, source: 'doc:3', about: A.}": "the operation other (POST /v3/other)",
    "source: 'doc:4'": "the response 418 of other",
    "source: 'doc:5'": "the parameter far of other",
    "{basis: documented, source: 'doc:1', about: A.}": "the parameter shared of other",
    "text: No., basis: inferred, source: none": "the error acme.401 of other",
    "condition: {basis: inferred, source: none}": "the condition of acme.401 of other",
}


def with_other(vendor: Vendor, text: str = "", instead: str = "") -> Vendor:
    """The vendor with an operation only in its spec, and this text of it replaced."""
    assert text in OTHER
    return without("components:\n", OTHER.replace(text, instead) if text else OTHER)(vendor)


@pytest.mark.parametrize("text", OTHERS)
@pytest.mark.parametrize("how", ["guessed", "no source"])
def test_what_no_code_has_says_on_what_it_is_based_too(tmp_path: Path, text: str, how: str) -> None:
    broken = re.sub("basis: [a-z]+", "basis: guessed", text) if how == "guessed" else text
    broken = re.sub("source: [^,}]+", "source: ''", broken) if broken == text else broken
    vendor = with_other(acme(tmp_path), text, broken)
    cache = DiskCache(tmp_path / "cache")
    for _ in range(2):  # the second time from the cache
        with pytest.raises(BadVendor) as refused:
            read_spec_basis(vendor, cache)
        assert str(refused.value).startswith(f"acme: its spec acme-spec.yaml lacks {OTHERS[text]} with ")
    with only(vendor):
        told = CliRunner().invoke(commands, ["validate", str(vendor.spec)])
    assert told.exit_code == 1
    assert re.search(r"found no (x-)?basis, wanted ", told.output)


def test_a_scheme_or_a_reading_that_no_code_has_says_so_too(tmp_path: Path) -> None:
    vendor = without("x-reading-choices:\n", "x-reading-choices:\n  spare:\n    one: {basis: public}\n")(acme(tmp_path))
    vendor = without("  securitySchemes:\n", "  securitySchemes:\n    spare: {type: http, scheme: basic}\n")(vendor)
    with pytest.raises(BadVendor) as refused:
        read_spec_basis(vendor)
    assert "the security scheme spare" in str(refused.value)
    assert "the reading spare=one" in str(refused.value)


def test_errors_rest_on_what_is_said_of_their_own_operation(tmp_path: Path) -> None:
    found = read_spec_basis(with_other(acme(tmp_path)))
    assert {part.basis for part in found.errors["acme.401"]} == {"public", "inferred"}  # without a known operation
    assert {part.basis for part in found.operations["listBills"].errors["acme.401"]} == {"documented"}
    assert set(found.operations["other"].parameters) == {"shared", "far"}


def test_a_refusal_is_not_as_documented_as_that_of_another_operation(tmp_path: Path) -> None:
    vendor = acme(tmp_path)
    spec = vendor.spec.read_text(encoding="utf-8")
    assert "'401':" in spec
    first, rest = spec.split("  /v3/bills/{id}:", 1)
    rule = first.index("rule: acme.401")
    silent = first[:rule] + first[rule:].replace("basis: documented", "basis: inferred", 2)
    vendor.spec.write_text(f"{silent}  /v3/bills/{{id}}:{rest}", encoding="utf-8")
    server = Sandboxed(vendor)
    told = [server.get(path, key=None).headers["X-Mock-Basis"] for path in (BILLS, f"{BILLS}/1")]
    assert [basis.split(";")[0] for basis in told] == ["inferred", "documented"]
