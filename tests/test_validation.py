"""Checking fixture files and specs."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from mockserver.data import shipped
from mockserver.scenario import OURS
from mockserver.settings import WrongSetting
from mockserver.validation import check_all
from mockserver.vendor import Vendor
from mockserver.vendors import found as found_vendors
from tests.acme import BILL_ROWS, FIXTURE, only

SPEC = """\
openapi: 3.1.0
info: {title: Acme, version: '1'}
paths:
  /v3/bills:
    get:
      operationId: listBills
      parameters:
      - name: page
        in: query
        schema: {type: integer}
        x-basis: {basis: documented, source: 'doc:1', about: The page.}
      responses:
        '200':
          description: Bills.
          x-basis: {basis: documented, source: 'doc:1', about: The list.}
"""


GOOD = FIXTURE.format(vendor="acme", dataset="own") + "records:\n" + BILL_ROWS


def faults(vendor: Vendor, path: Path, text: str) -> list[str]:
    """What is wrong with a file of this text."""
    path.parent.mkdir(exist_ok=True)
    path.write_text(text, encoding="utf-8")
    with only(vendor):
        checked, found = check_all([path])
    assert checked == 1
    return [str(fault).removeprefix(f"{path}:") for fault in found]


def test_without_paths_all_of_ours_are_checked(vendor: Vendor) -> None:
    with only(vendor):
        assert check_all([]) == (4 + len(list(OURS.glob("*.yaml"))), [])


def test_a_folder_is_checked_whole_and_all_faults_are_told(vendor: Vendor, tmp_path: Path) -> None:
    (tmp_path / "deep").mkdir()
    (tmp_path / "own.yaml").write_text(GOOD)
    (tmp_path / "spec.yaml").write_text(SPEC)
    (tmp_path / "notes.txt").write_text("")
    (tmp_path / "deep" / "one.yaml").write_text(GOOD.replace("state: void", "state: lost"))
    (tmp_path / "deep" / "two.yaml").write_text(GOOD.replace("id: 2", "id: two"))
    with only(vendor):
        checked, found = check_all([tmp_path])
    assert checked == 4
    assert [(fault.file.name, fault.line, fault.path) for fault in found] == [
        ("one.yaml", 15, "records[2].state"),
        ("two.yaml", 14, "records[1].id"),
    ]


def test_what_is_not_there(vendor: Vendor, tmp_path: Path) -> None:
    with only(vendor):
        with pytest.raises(WrongSetting, match="there is no file or folder /nowhere"):
            check_all([Path("/nowhere")])
        with pytest.raises(WrongSetting, match=r"holds no \.yaml or \.jsonl file"):
            check_all([tmp_path])


@pytest.mark.parametrize(
    ("name", "text", "told"),
    [
        ("x/a.yaml", GOOD.replace("vendor: acme", "vendor: bolt"), ["1: vendor: found bolt, wanted one of acme"]),
        ("x/a.yaml", "- 1", ["1: found [1], wanted a map: a fixture file, a spec or a scenario"]),
        ("x/a.yaml", "", ["1: found nothing, wanted a map: a fixture file, a spec or a scenario"]),
        ("x/a.yml", GOOD, ["1: found the ending .yml, wanted the ending .yaml"]),
        ("acme/a.yaml", "a: 1\na: 2", ["2: found broken YAML (the key a is there twice), wanted YAML"]),
        ("x/a.yaml", "a: [", ["2: found broken YAML (did not find expected node content), wanted YAML"]),
        ("x/a.jsonl", "{}\n", ["1: vendor: found x, wanted one of acme"]),
        ("x/spec.yaml", "openapi: 3.1.0\n", ["1: paths: found no path, wanted at least one path with an operation"]),
        ("x/spec.yaml", SPEC, []),
        ("x/spec.yaml", "openapi: 3.1.0\nservers: [{url: 'http://x/__admin'}]\npaths: {/a: {}}\n", []),
        (
            "x/spec.yaml",
            SPEC.replace("basis: documented", "basis: guessed").replace("about: The page.", "about: ''"),
            [
                "8: paths./v3/bills.get.parameters.0: found no x-basis, wanted x-basis with basis, source and about",
                "13: paths./v3/bills.get.responses.200: found no x-basis, wanted x-basis with basis, source and about",
            ],
        ),
        (
            "x/spec.yaml",
            "openapi: 3.1.0\npaths:\n  /a:\n    summary: A\n    get:\n      responses: {'200': null}\n  /b: null\n",
            ["6: paths./a.get.responses.200: found no x-basis, wanted x-basis with basis, source and about"],
        ),
    ],
)
def test_each_kind_of_file(vendor: Vendor, tmp_path: Path, name: str, text: str, told: list[str]) -> None:
    assert faults(vendor, tmp_path / name, text) == told


def test_json_lines_are_known_by_their_folder(vendor: Vendor, tmp_path: Path) -> None:
    text = '{"vendor":"acme","dataset":"a","anchor":"2026-03-31","accounts":[{"account":"a","secret":5}]}\n'
    wanted = "text (in quotes if it looks like a number)"
    assert faults(vendor, tmp_path / "acme" / "a.jsonl", text) == [
        f"1: accounts[0].secret: found something that is not shown, wanted {wanted}"
    ]


@pytest.mark.parametrize(
    ("found", "wanted", "told"),
    [
        ("openapi: 3.1.0", "openapi: 9", "openapi: found 9, wanted 3.1.x"),
        ("type: string", "type: strng", "found strng, wanted one of array, boolean"),
        ("in: query", "in: nowhere", "found nowhere, wanted one of cookie, header, path, query"),
    ],
)
def test_a_slip_in_a_spec_is_told_with_its_line(tmp_path: Path, found: str, wanted: str, told: str) -> None:
    ours = next(spec for spec in shipped.folder("specs").glob("*.yaml") if found in spec.read_text())
    (tmp_path / "spec.yaml").write_text(ours.read_text().replace(found, wanted, 1))
    _, faults = check_all([tmp_path])
    assert any(told in str(fault) for fault in faults), faults
    assert all(fault.line > 0 for fault in faults)


def test_a_file_in_a_vendors_folder_is_checked_as_that_vendors(tmp_path: Path) -> None:
    first, second, *_ = found_vendors()
    (tmp_path / first.name).mkdir()
    (tmp_path / first.name / "empty.yaml").write_text((second.fixtures / "empty.yaml").read_text())
    _, faults = check_all([tmp_path])
    assert f"found {json.dumps(second.name)}, wanted {first.name}" in str(faults[0])


def test_a_scenario_is_known_by_its_keys_and_tried(vendor: Vendor, tmp_path: Path) -> None:
    assert faults(vendor, tmp_path / "own.yaml", "description: x\nquotas: 3/minute\n") == []
    assert faults(vendor, tmp_path / "own.yaml", "description: x\nstrict: 1\n") == [
        "2: strict: found 1, wanted true or false"
    ]
    (told,) = faults(vendor, tmp_path / "own.yaml", "description: x\nchanges: [{vendor: acme, remove: [77]}]\n")
    assert told.startswith("2: changes[0]: found acme has no record '77'")


def test_a_fixture_with_a_key_of_a_scenario_is_a_fixture(vendor: Vendor, tmp_path: Path) -> None:
    (told,) = faults(vendor, tmp_path / "own.yaml", GOOD + "description: x\n")
    assert "the unknown key description" in told
