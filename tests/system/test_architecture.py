"""The rules of the house: the core names no vendor, few import flask, one file reads the clock, layers hold."""

from __future__ import annotations

import ast
import io
import re
import subprocess
import sys
import tokenize
from collections.abc import Iterator
from pathlib import Path

import pytest

import mockserver

ROOT = Path(mockserver.__file__).parent
VENDORS = sorted(path.parent.name for path in (ROOT / "vendors").glob("*/__init__.py"))
CORE = sorted(path for path in ROOT.rglob("*.py") if path.relative_to(ROOT).parts[:2][0] != "vendors")
CORE.append(ROOT / "vendors" / "__init__.py")
NOW = {"now", "today", "utcnow", "time", "time_ns", "monotonic", "perf_counter", "localtime", "gmtime", "sleep"}


def name(path: Path) -> str:
    return str(path.relative_to(ROOT))


def list_imports(tree: ast.AST) -> Iterator[str]:
    """The imported top-level packages of others."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name.partition(".")[0] for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and not node.level:
            yield (node.module or "").partition(".")[0]


def find_time_calls(tree: ast.AST) -> set[str]:
    """The used functions that read or pass time."""
    used = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.attr in NOW:
            if node.value.id in ("time", "datetime", "date"):
                used.add(f"{node.value.id}.{node.attr}")
        elif isinstance(node, ast.ImportFrom) and node.module == "time":
            used |= {f"time.{alias.name}" for alias in node.names}
    return used


@pytest.mark.parametrize("path", CORE, ids=name)
def test_the_core_names_no_vendor(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    assert not re.findall("|".join(VENDORS), text, re.IGNORECASE)


@pytest.mark.parametrize("path", sorted(ROOT.rglob("*.py")), ids=name)
def test_who_imports_flask_and_who_reads_time(path: Path) -> None:
    tree, top = ast.parse(path.read_text(encoding="utf-8")), path.relative_to(ROOT).parts[0]
    if top not in ("app.py", "admin", "testing", "server"):
        assert not {"flask", "werkzeug", "gunicorn"} & set(list_imports(tree))
    allowed = {"time.sleep"} if top in ("server", "cli") else set()
    if name(path) != "sdk/clock.py":
        assert find_time_calls(tree) <= allowed


# The cost in time or memory, not a time limit, which is behaviour.
FIGURE = re.compile(
    r"\d\s?(µs|us|ms|[KMG]i?B)\b|(third|fifth|fraction) of the time|\d s (sooner|less|shorter|longer)\b"
)


def prose(text: str) -> Iterator[str]:
    """The docstrings and comments of a module, lines joined."""
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
            yield " ".join((ast.get_docstring(node) or "").split())
    for token in tokenize.generate_tokens(io.StringIO(text).readline):
        if token.type == tokenize.COMMENT:
            yield token.string


@pytest.mark.parametrize("path", sorted(ROOT.rglob("*.py")), ids=name)
def test_what_something_costs_is_said_in_the_page_on_performance_alone(path: Path) -> None:
    assert [text for text in prose(path.read_text(encoding="utf-8")) if FIGURE.search(text)] == []


@pytest.mark.parametrize(
    "cost",
    ["3 µs less", "a start is 40 ms shorter", "weighs 25 MB", "in a third of the time that x takes", "0.2 s sooner"],
)
def test_a_cost_is_found_in_docstrings_and_comments(cost: str) -> None:
    source = f'def f():\n    """What it does: {cost}."""\n    return "{cost}"  # {cost}\n'
    assert [bool(FIGURE.search(text)) for text in prose(source)] == [False, True, True]


def test_the_tests_of_the_core_name_no_vendor_either() -> None:
    folders = ("sdk", "data", "sandbox", "engine", "server", "testing")
    mirrored = [path for folder in folders for path in (ROOT.parent / "tests" / folder).rglob("test_*.py")]
    assert len(mirrored) > 30
    for path in (*mirrored, ROOT.parent / "tests" / "support" / "acme.py"):
        if path.stem.removeprefix("test_") in {core.stem for core in CORE} or path.stem == "acme":
            assert not re.findall("|".join(VENDORS), path.read_text(encoding="utf-8"), re.IGNORECASE), path


def test_the_layers_hold() -> None:
    """In a process: import-linter disables every logger."""
    program = "from importlinter.cli import lint_imports_command; lint_imports_command(['--no-cache'])"
    linted = subprocess.run(
        [sys.executable, "-c", program], cwd=ROOT.parent, capture_output=True, text=True, check=False
    )
    assert linted.returncode == 0, linted.stdout + linted.stderr
    assert "5 kept, 0 broken" in linted.stdout
