"""Every statement of the documents has a test, and statements.md names it."""

from __future__ import annotations

import re
from collections import defaultdict
from pathlib import Path

import pytest

from tests import statements

TABLE = """\
# Invented

| id | lines | kind | statement | tests |
|---|---|---|---|---|
| AC-01 | 1 | route | `GET /a` | test_old.py::test_gone |
| AC-02 | 2, 4-5 | field | `b`: string |  |
"""


@pytest.fixture
def root(tmp_path: Path) -> Path:
    (tmp_path / "statements.md").write_text(TABLE)
    return tmp_path


def write(root: Path, name: str, text: str) -> None:
    path = root / name
    path.parent.mkdir(exist_ok=True)
    path.write_text(text)


def run(root: Path, *arguments: str) -> int:
    return statements.main(arguments, root, root / "statements.md")


def test_every_statement_has_a_test_and_the_table_is_up_to_date() -> None:
    shown, faults = statements.collect(statements.ROOT)
    assert faults + statements.amiss(statements.TABLE.read_text(encoding="utf-8"), shown) == []


def test_the_table_numbers_every_vendors_statements_without_a_gap() -> None:
    numbers = defaultdict(list)
    for row in statements.ROW.finditer(statements.TABLE.read_text(encoding="utf-8")):
        vendor, _, number = row["id"].partition("-")
        numbers[vendor].append(number)
    assert {vendor: len(found) for vendor, found in numbers.items()} == {
        "NG": 43,
        "JF": 102,
        "SL": 55,
        "FL": 54,
        "WI": 149,
    }
    for found in numbers.values():
        assert found == [f"{number:02}" for number in range(1, len(found) + 1)]


def test_every_row_of_the_table_is_read() -> None:
    text = statements.TABLE.read_text(encoding="utf-8")
    assert len(statements.ROW.findall(text)) == len(re.findall(r"^\| [A-Z]+-", text, re.MULTILINE)) == 403


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("@pytest.mark.statement('A-1')\ndef test_x(): ...", {"A-1": ["test_x"]}),
        ("@pytest.mark.statement('A-1', 'A-2')\ndef test_x(): ...", {"A-1": ["test_x"], "A-2": ["test_x"]}),
        (
            "@pytest.mark.statement('A-1')\n@pytest.mark.slow\n@pytest.mark.statement('A-1', 'A-2')\ndef test_x(): ...",
            {"A-1": ["test_x"], "A-2": ["test_x"]},
        ),
        (
            "@pytest.mark.statement('A-1')\ndef test_x(): ...\n@pytest.mark.statement('A-1')\ndef test_y(): ...",
            {"A-1": ["test_x", "test_y"]},
        ),
        (
            "@pytest.mark.parametrize('a', [\n"
            "    pytest.param(1, marks=pytest.mark.statement('A-1')),\n"
            "    pytest.param(2, marks=[pytest.mark.slow, pytest.mark.statement('A-2')]),\n"
            "])\ndef test_x(a): ...",
            {"A-1": ["test_x"], "A-2": ["test_x"]},
        ),
        (
            "@pytest.mark.statement('A-1')\n"
            "class TestX(Contract):\n"
            "    @pytest.mark.statement('A-2')\n"
            "    def test_y(self): ...",
            {"A-1": ["TestX"], "A-2": ["TestX::test_y"]},
        ),
        (
            "ROWS = [pytest.param(1, marks=pytest.mark.statement('A-1'))]\n"
            "@pytest.mark.parametrize('a', ROWS)\ndef test_x(a): ...\n"
            "@pytest.mark.parametrize('a', [*ROWS, 2])\ndef test_y(a): ...",
            {"A-1": ["test_x", "test_y"]},
        ),
        ("def test_x(): ...", {}),
        ("text = \"@pytest.mark.statement('A-1')\"  # @pytest.mark.statement('A-2')", {}),
    ],
)
def test_markers_are_found(tmp_path: Path, text: str, shown: dict[str, list[str]]) -> None:
    write(tmp_path, "test_a.py", text)
    found = {name: [f"test_a.py::{test}" for test in tests] for name, tests in shown.items()}
    assert statements.collect(tmp_path) == (found, [])


@pytest.mark.parametrize(
    ("text", "line", "fault"),
    [
        ("ID = 'A-1'\n@pytest.mark.statement(ID)\ndef test_x(): ...", 2, "the statement's id is not written out"),
        ("\n@pytest.mark.statement(*IDS)\ndef test_x(): ...", 2, "the statement's id is not written out"),
        ("ROWS = [pytest.param(1, marks=pytest.mark.statement('A-1'))]", 1, "the marker stands on no test"),
        ("@pytest.mark.statement('A-1')\ndef helper(): ...", 1, "the marker stands on no test"),
        ("shows = pytest.mark.statement", 1, "the marker stands on no test"),
        ("@pytest.mark.statement\ndef test_x(): ...", 1, "the marker stands on no test"),
    ],
)
def test_markers_that_cannot_be_read_are_told(tmp_path: Path, text: str, line: int, fault: str) -> None:
    write(tmp_path, "test_a.py", text)
    assert statements.collect(tmp_path) == ({}, [f"test_a.py:{line}: {fault}"])


def test_the_last_column_is_rewritten_and_nothing_else(root: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write(root, "vendors/test_b.py", "@pytest.mark.statement('AC-02', 'AC-01')\ndef test_b(): ...")
    write(root, "test_a.py", "@pytest.mark.statement('AC-02')\ndef test_a(): ...")
    assert run(root) == 0
    assert (root / "statements.md").read_text() == TABLE.replace(
        " test_old.py::test_gone |", " vendors/test_b.py::test_b |"
    ).replace("|  |", "| test_a.py::test_a<br>vendors/test_b.py::test_b |")
    assert capsys.readouterr().out == "2 statements, 0 amiss\n"
    assert run(root, "--check") == 0


def test_a_check_tells_everything_and_changes_nothing(root: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write(
        root, "test_a.py", "@pytest.mark.statement('AC-01', 'AC-03')\ndef test_a(): ...\nlost = pytest.mark.statement"
    )
    assert run(root, "--check") == 1
    assert capsys.readouterr().out.splitlines() == [
        "test_a.py:3: the marker stands on no test",
        "AC-01 is out of date: run make statements",
        "AC-02 has no test",
        "AC-03 is no statement, but marks test_a.py::test_a",
        "2 statements, 4 amiss",
    ]
    assert (root / "statements.md").read_text() == TABLE


def test_rewriting_tells_what_it_cannot_mend_and_goes_on(root: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(root) == 0
    assert capsys.readouterr().out.splitlines() == ["AC-01 has no test", "AC-02 has no test", "2 statements, 2 amiss"]
    assert "test_gone" not in (root / "statements.md").read_text()
