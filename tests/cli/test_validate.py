"""``mockserver validate``: fixture files and specs."""

from __future__ import annotations

import errno
import json
import os
import sys
from collections.abc import Callable
from pathlib import Path
from types import FrameType
from typing import Any

import pytest

from mockserver.cli.validate import check_all
from mockserver.data.files import MAX_TEXT_BYTES
from mockserver.sandbox.scenario import OURS
from mockserver.sdk import shipped
from mockserver.sdk.contract import Vendor
from mockserver.sdk.errors import InvalidSetting
from mockserver.vendors import find_vendors as found_vendors
from tests.support.acme import BILL_ROWS, FIXTURE, only

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
    """The faults of a file with this text."""
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
        with pytest.raises(InvalidSetting, match="there is no file or folder /nowhere"):
            check_all([Path("/nowhere")])
        with pytest.raises(InvalidSetting, match=r"holds no \.yaml or \.jsonl file"):
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


@pytest.mark.parametrize(
    ("make", "found"),
    [(os.mkfifo, "a pipe"), (lambda path: path.symlink_to("/dev/zero"), "a device")],
)
@pytest.mark.parametrize("name", ["acme/own.yaml", "acme/own.jsonl", "x/own.yaml"])
def test_what_is_no_regular_file_is_not_read(
    vendor: Vendor, tmp_path: Path, name: str, make: Callable[[Path], None], found: str
) -> None:
    (tmp_path / name).parent.mkdir()
    make(tmp_path / name)
    for given in (tmp_path, tmp_path / name):
        with only(vendor):
            checked, faults = check_all([given])
        assert (checked, list(map(str, faults))) == (1, [f"{tmp_path}/{name}:1: found {found}, wanted a regular file"])


@pytest.mark.parametrize(
    ("make", "kind"),
    [
        (os.mkfifo, "a pipe"),
        (Path.touch, "a file"),
        (lambda path: path.symlink_to("nowhere"), "a link that leads nowhere"),
    ],
)
def test_what_is_called_like_a_vendor_and_is_no_folder_is_refused(
    vendor: Vendor, tmp_path: Path, make: Callable[[Path], None], kind: str
) -> None:
    make(tmp_path / "acme")
    (tmp_path / "own.yaml").write_text(GOOD)
    with only(vendor), pytest.raises(InvalidSetting, match=f"^{tmp_path}/acme is {kind}, wanted a folder.$"):
        check_all([tmp_path])


def test_a_file_that_is_too_large_is_not_read(vendor: Vendor, tmp_path: Path) -> None:
    with (tmp_path / "own.yaml").open("w") as file:
        file.truncate(MAX_TEXT_BYTES + 1)
    with only(vendor):
        _, (fault,) = check_all([tmp_path])
    assert str(fault).endswith("found 67,108,865 bytes, wanted a file of at most 67,108,864 bytes")


def test_a_folder_that_cannot_be_read_is_told(vendor: Vendor, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def forbidden(path: str) -> None:
        raise PermissionError(errno.EACCES, "Permission denied", path)

    monkeypatch.setattr(os, "scandir", forbidden)
    with only(vendor), pytest.raises(InvalidSetting, match=rf"^{tmp_path} cannot be read: Permission denied.$"):
        check_all([tmp_path])


# Work in proportion ---------------------------------------------------------------------------------------------------


def keys(indent: str, count: int) -> str:
    return "".join(f"{indent}zz{number}: 1\n" for number in range(count))


HEAD = '{"vendor":"acme","dataset":"own","anchor":"2026-03-31","accounts":[{"account":"a","secret":"s"}]}\n'
WRONG: dict[str, tuple[str, Callable[[int], str]]] = {
    "keys of a fixture": ("acme/own.yaml", lambda n: GOOD + keys("", n)),
    "keys of a record": ("acme/own.yaml", lambda n: GOOD + "- id: 9\n" + keys("  ", n)),
    "keys of an account": (
        "acme/own.yaml",
        lambda n: GOOD.replace("- account: rich\n", "- account: rich\n" + keys("  ", n)),
    ),
    "records": ("acme/own.yaml", lambda n: GOOD + "- {id: 9, zz: 1}\n" * n),
    "records that are none": ("acme/own.yaml", lambda n: GOOD + "- 1\n" * n),
    "records of nobody": (
        "acme/own.yaml",
        lambda n: (
            GOOD.replace("records:\n", keys_of_accounts(n) + "records:\n")
            + "".join(
                f"- {{id: {100 + i}, name: x, state: paid, due: '2026-01-31', amount: 1, _owner: o{i}}}\n"
                for i in range(n)
            )
        ),
    ),
    "keys of a line": (
        "acme/own.jsonl",
        lambda n: HEAD + "{" + ",".join(f'"zz{i}":1' for i in range(n)) + "}\n",
    ),
    "a key twice at the end of a line": (
        "acme/own.jsonl",
        lambda n: HEAD + "{" + ",".join(f'"zz{i}":1' for i in range(n)) + f',"zz{n - 1}":1}}\n',
    ),
    "lines": ("acme/own.jsonl", lambda n: HEAD + '{"id":1,"zz":1}\n' * n),
    "lines that are none": ("acme/own.jsonl", lambda n: HEAD + "{\n" * n),
    "keys of a scenario": ("x/own.yaml", lambda n: "description: x\n" + keys("", n)),
    "faults of a scenario": ("x/own.yaml", lambda n: "description: x\nfaults:\n" + "- {zz: 1}\n" * n),
    "parameters of a spec": (
        "x/spec.yaml",
        lambda n: SPEC.replace("      parameters:\n", "      parameters:\n" + "      - {name: zz, in: zz}\n" * n),
    ),
    "paths of a spec": (
        "x/spec.yaml",
        lambda n: SPEC + "".join(f"  /zz{i}: {{get: {{responses: {{'200': 1}}}}}}\n" for i in range(n)),
    ),
}


def keys_of_accounts(count: int) -> str:
    return "".join(f"- {{account: a{number}, secret: s{number}}}\n" for number in range(count))


def count_opcodes(do: Callable[[], object]) -> int:
    """The number of executed Python opcodes."""
    steps = 0

    def count(frame: FrameType, event: str, argument: object) -> Any:
        nonlocal steps
        frame.f_trace_opcodes, frame.f_trace_lines = True, False
        steps += event == "opcode"
        return count

    before = sys.gettrace()
    sys.settrace(count)
    try:
        do()
    finally:
        sys.settrace(before)
    return steps


@pytest.mark.slow
@pytest.mark.parametrize("kind", WRONG)
def test_all_that_is_wrong_takes_a_time_in_proportion(vendor: Vendor, tmp_path: Path, kind: str) -> None:
    name, text = WRONG[kind]
    path = tmp_path / name
    path.parent.mkdir()

    def work(count: int) -> int:
        path.write_text(text(count))
        with only(vendor):
            return count_opcodes(lambda: check_all([path]))

    work(1)  # what is done once for all
    assert work(480) <= 4.5 * work(120)


@pytest.mark.slow
@pytest.mark.parametrize("count", [1, 99, 100, 101, 8000])
def test_a_hundred_things_are_told_and_how_many_more_there_are(vendor: Vendor, tmp_path: Path, count: int) -> None:
    told = faults(vendor, tmp_path / "own.yaml", GOOD + keys("", count))
    assert told[0].endswith("zz0: found the unknown key zz0, wanted one of vendor, dataset, anchor, accounts, records")
    assert len(told) == min(count, 101)
    assert [line for line in told if "more" in line] == ([f" {count - 100:,} more"] if count > 100 else [])


def test_of_many_files_a_hundred_things_are_told_in_all(vendor: Vendor, tmp_path: Path) -> None:
    for name in ("a", "b", "c"):
        (tmp_path / f"{name}.yaml").write_text(GOOD.replace("dataset: own", f"dataset: {name}") + keys("", 150))
    with only(vendor):
        checked, found = check_all([tmp_path])
    assert (checked, len(found), sum(fault.number for fault in found)) == (3, 101, 450)


@pytest.mark.parametrize("silly", ["parameters: 1", "parameters: {a: 1}", "responses: [1]", "responses: null"])
def test_a_spec_in_which_nothing_is_as_it_must_be_is_told(vendor: Vendor, tmp_path: Path, silly: str) -> None:
    rest = "" if silly.startswith("responses") else "      responses: {}\n"
    text = f"openapi: 3.1.0\npaths:\n  /a:\n    get:\n      {silly}\n{rest}"
    (told,) = faults(vendor, tmp_path / "spec.yaml", text)
    assert "found no x-basis" in told
