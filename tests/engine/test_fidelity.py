"""Fidelity rows read from the specs: documented, public or inferred."""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path
from typing import Any, get_args

import pytest

from mockserver import vendors as shelf
from mockserver.data import yaml_text
from mockserver.engine.fidelity import InvalidSpec, Row, count_bases, iterate_rows, list_fidelity
from mockserver.sdk.basis import Basis
from mockserver.sdk.contract import Vendor

ALL = pytest.mark.parametrize("each", shelf.find_vendors(), ids=lambda vendor: vendor.name)

SPEC = """\
components:
  securitySchemes:
    key: {type: apiKey, in: header, name: X-Key, x-basis: {basis: documented, source: 'doc:1', about: The key.}}
    token: {type: http, scheme: bearer, x-basis: {basis: public, source: 'P[1]', about: The token.}}
  schemas:
    Bill:
      type: object
      properties:
        id: {type: integer, x-basis: {basis: documented, source: 'doc:2', about: A number.}}
        parts:
          type: array
          x-basis: {basis: inferred, source: none, about: A guess., confidence: low}
          x-null-basis: {basis: public, source: 'P[2]', about: May be null.}
          items:
            properties:
              whole: {$ref: '#/components/schemas/Bill'}
              net: {type: number, x-readings: [amounts], x-basis: {basis: public, source: 'P[3]', about: Money.}}
    Failure:
      properties:
        error: {x-basis: {basis: inferred, source: none, about: Words., confidence: medium}}
paths:
  /bills:
    parameters: []
    get:
      operationId: listBills
      x-basis: {basis: documented, source: 'doc:1', about: The list.}
      parameters:
      - {name: page, in: query, x-readings: [a, b], x-basis: {basis: documented, source: 'doc:3', about: Which.}}
      x-headers:
      - {name: Accept, x-basis: {basis: documented, source: 'doc:4', about: Any.}}
      responses:
        '200':
          x-basis: {basis: documented, source: 'doc:5', about: Bills.}
          x-rules: [{rule: listBills.200, basis: documented, source: 'doc:5', text: ''}]
          headers: {X-Left: {x-basis: {basis: inferred, source: none, about: Left., confidence: low}}}
          content:
            application/json:
              schema:
                oneOf:
                - {type: array, items: {$ref: '#/components/schemas/Bill'}}
                - $ref: '#/components/schemas/Failure'
        '404':
          x-basis: {basis: public, source: 'P[4]', about: Gone.}
          x-rules:
          - {rule: acme.404, code: GONE, text: No such bill., basis: inferred, source: none, confidence: high}
          content: {application/json: {schema: {$ref: '#/components/schemas/Failure'}}}
"""


def test_a_spec_read_whole() -> None:
    assert list(iterate_rows(yaml_text.load(SPEC))) == [
        Row("credential", "X-Key", "header", "documented", "doc:1", "The key."),
        Row("credential", "Authorization", "header", "public", "P[1]", "The token."),
        Row("operation", "listBills", "GET /bills", "documented", "doc:1", "The list."),
        Row("parameter", "page", "query", "documented", "doc:3", "Which.", readings=("a", "b")),
        Row("header", "Accept", "request", "documented", "doc:4", "Any."),
        Row("response", "200", "response", "documented", "doc:5", "Bills."),
        Row("header", "X-Left", "response 200", "inferred", "none", "Left.", "low"),
        Row("response", "404", "response", "public", "P[4]", "Gone."),
        Row("error", "acme.404", "response 404", "inferred", "none", "GONE: No such bill.", "high"),
        Row("field", "[].id", "response 200", "documented", "doc:2", "A number."),
        Row("field", "[].parts", "response 200", "inferred", "none", "A guess.", "low"),
        Row("field-null", "[].parts", "response 200", "public", "P[2]", "May be null."),
        Row("field", "[].parts[].net", "response 200", "public", "P[3]", "Money.", readings=("amounts",)),
        Row("field", "error", "response 200, 404", "inferred", "none", "Words.", "medium"),
    ]


@pytest.mark.parametrize("spec", [None, [], {"paths": {"/x": None}}, {"paths": {"/x": {"get": {"parameters": 1}}}}])
def test_a_spec_that_says_nothing_has_no_rows(spec: Any) -> None:
    assert list(iterate_rows(spec)) == []


def test_references_that_lead_nowhere_or_in_a_circle_end() -> None:
    circle = {"$ref": "#/components/schemas/A"}
    answers = {"200": {"content": {"application/json": {"schema": circle}}}, "400": {"$ref": "#/nowhere"}}
    spec = {"components": {"schemas": {"A": circle}}, "paths": {"/x": {"get": {"responses": answers}}}}
    assert list(iterate_rows(spec)) == []


def test_counts_are_per_basis() -> None:
    found = list(iterate_rows(yaml_text.load(SPEC)))
    assert count_bases(found) == {"documented": 6, "public": 4, "inferred": 4}
    assert count_bases([]) == {"documented": 0, "public": 0, "inferred": 0}


def test_a_file_is_read_once_and_again_when_it_changes(vendor: Vendor, tmp_path: Path) -> None:
    spec = tmp_path / "spec.yaml"
    spec.write_text(SPEC)
    own = replace(vendor, spec=spec)
    assert list_fidelity(own) is list_fidelity(own)
    spec.write_text(SPEC.replace("The token.", "Another."))
    os.utime(spec, ns=(1, 1))
    assert list_fidelity(own)[1].about == "Another."


@pytest.mark.parametrize("text", [None, "a: [", "a: 1\na: 2", "\udcff"])
def test_a_spec_that_cannot_be_read_is_told(vendor: Vendor, tmp_path: Path, text: str | None) -> None:
    spec = tmp_path / "spec.yaml"
    if text is not None:
        spec.write_bytes(text.encode("utf-8", "surrogateescape"))
    with pytest.raises(InvalidSpec, match="The spec of acme cannot be read: "):
        list_fidelity(replace(vendor, spec=spec))


@ALL
def test_every_row_of_every_vendor_is_complete(each: Vendor) -> None:
    found = list_fidelity(each)
    assert {"credential", "operation", "response", "error", "field"} <= {row.kind for row in found}
    for row in found:
        assert row.basis in get_args(Basis), row
        assert row.name, row
        assert row.source, row
        assert (row.confidence is not None) == (row.basis == "inferred"), row
        assert set(row.readings) <= {reading.name for reading in each.readings}, row


@ALL
def test_the_errors_of_the_ledger_are_those_of_the_code(each: Vendor) -> None:
    told = {row.name: (row.basis, row.source) for row in list_fidelity(each) if row.kind == "error"}
    told.pop(f"{each.name}.default", None)
    assert told == {words.rule: (words.basis, words.source) for words in each.errors}


@ALL
def test_every_parameter_and_every_visible_field_of_a_record_is_in_the_ledger(each: Vendor) -> None:
    found = list_fidelity(each)
    sent = {row.name for row in found if row.kind == "parameter"}
    for endpoint in each.operations:
        assert {field.data_key or name for name, field in endpoint.query.fields.items()} <= sent
    shown = {row.name.rpartition(".")[2] for row in found if row.kind == "field"}
    visible = {name for name in each.resource.schema().by_wire_name if name[0] != "_"}
    assert visible <= shown


def stated(thing: Any) -> set[tuple[str, str, str]]:
    """Every basis anywhere in a spec."""
    inner = thing.values() if isinstance(thing, dict) else thing if isinstance(thing, list) else ()
    found = {each for item in inner for each in stated(item)}
    for key, value in thing.items() if isinstance(thing, dict) else ():
        if key.startswith("x-") and key.endswith("basis"):
            found.add((value["basis"], str(value["source"]), value["about"]))
    return found


@ALL
def test_no_basis_of_a_spec_is_lost(each: Vendor) -> None:
    told = {(row.basis, row.source, row.about) for row in list_fidelity(each)}
    assert stated(yaml_text.load(each.spec.read_text(encoding="utf-8"))) <= told


def test_what_an_object_and_a_host_are_based_on_is_told_once() -> None:
    basis = {"basis": "documented", "source": "doc:5", "about": "Two keys in this order."}
    inner = {"type": "object", "properties": {"id": {"x-basis": basis}}, "x-basis": basis}
    body = {"type": "object", "x-basis": basis, "properties": {"one": inner, "many": {"items": inner}}}
    answer = {"content": {"application/json": {"schema": body}}}
    servers = [{"url": "https://acme.example", "x-basis": basis}, {"url": "http://localhost"}]
    first, *found = iterate_rows({"servers": servers, "paths": {"/a": {"get": {"responses": {"200": answer}}}}})
    assert (first.kind, first.name, first.where) == ("server", "https://acme.example", "address")
    named = {(row.kind, row.name, row.where) for row in found}
    assert named == {
        ("object", "body", "response 200"),
        ("field", "one", "response 200"),
        ("field", "one.id", "response 200"),
        ("object", "many[]", "response 200"),
        ("field", "many[].id", "response 200"),
    }
    assert len(found) == 5
