"""Which tests show which statement of the documents: reads the tests' markers, writes the last column of statements.md.

``python -m tests.statements`` rewrites the column; with ``--check`` it changes nothing and fails if anything is amiss.
"""

from __future__ import annotations

import argparse
import ast
import re
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TypeGuard

ROOT = Path(__file__).parent
TABLE = ROOT / "statements.md"
MARKER = "pytest.mark.statement"
ROW = re.compile(r"^(?P<head>\| (?P<id>[A-Z]+-\d+) \|(?:[^|\n]*\|){3})(?P<tests>[^|\n]*)\|$", re.MULTILINE)

Shown = dict[str, list[str]]


def collect(root: Path) -> tuple[Shown, list[str]]:
    """The tests that are marked with each statement, and what is wrong with markers."""
    shown: Shown = {}
    faults = []
    for path in sorted(root.rglob("test_*.py")):
        file, tree = path.relative_to(root).as_posix(), ast.parse(path.read_text(encoding="utf-8"))
        used: set[ast.AST] = set()
        for call, test in marked(tree.body, file, constants(tree)):
            used.add(call.func)
            for argument in call.args:
                if not isinstance(argument, ast.Constant) or not isinstance(argument.value, str):
                    faults.append(f"{file}:{argument.lineno}: the statement's id is not written out")
                elif test not in shown.setdefault(argument.value, []):
                    shown[argument.value].append(test)
        stray = [node for node in ast.walk(tree) if is_marker(node) and node not in used]
        faults += [f"{file}:{node.lineno}: the marker stands on no test" for node in stray]
    return shown, faults


def constants(tree: ast.Module) -> dict[str, ast.expr]:
    """What a module's names stand for: rows of parameters may be given by name."""
    assigned = [node for node in tree.body if isinstance(node, ast.Assign)]
    return {name.id: node.value for node in assigned for name in node.targets if isinstance(name, ast.Name)}


def marked(body: Sequence[ast.stmt], path: str, named: dict[str, ast.expr]) -> Iterator[tuple[ast.Call, str]]:
    """Each marker in the decorators of test functions and classes (also within parametrize), and the test's id."""
    for node in body:
        if isinstance(node, ast.FunctionDef | ast.ClassDef) and node.name.lower().startswith("test"):
            test = f"{path}::{node.name}"
            for inner in (inner for decorator in node.decorator_list for inner in parts(decorator, named)):
                if isinstance(inner, ast.Call) and is_marker(inner.func):
                    yield inner, test
            if isinstance(node, ast.ClassDef):
                yield from marked(node.body, test, named)


def parts(decorator: ast.expr, named: dict[str, ast.expr]) -> Iterator[ast.AST]:
    """All that a decorator holds, also under the names it mentions."""
    for node in ast.walk(decorator):
        yield node
        if isinstance(node, ast.Name) and node.id in named:
            yield from ast.walk(named[node.id])


def is_marker(node: ast.AST) -> TypeGuard[ast.Attribute]:
    return isinstance(node, ast.Attribute) and ast.unparse(node) == MARKER


def rewritten(table: str, shown: Shown) -> str:
    """The table with its last column made anew."""
    return ROW.sub(lambda row: f"{row['head']} {cell(row, shown)} |", table)


def cell(row: re.Match[str], shown: Shown) -> str:
    return "<br>".join(shown.get(row["id"], ()))


def amiss(table: str, shown: Shown) -> list[str]:
    """What is out of date, which statements no test shows, and which ids are marked but are no statements."""
    rows = list(ROW.finditer(table))
    known = {row["id"] for row in rows}
    return [
        *(
            f"{row['id']} is out of date: run make statements"
            for row in rows
            if row["tests"].strip() != cell(row, shown)
        ),
        *(f"{row['id']} has no test" for row in rows if row["id"] not in shown),
        *(f"{id} is no statement, but marks {', '.join(tests)}" for id, tests in shown.items() if id not in known),
    ]


def main(arguments: Sequence[str], root: Path = ROOT, table: Path = TABLE) -> int:
    """Rewrite or check the table; the exit status."""
    parser = argparse.ArgumentParser(prog="python -m tests.statements", description=__doc__)
    parser.add_argument("--check", action="store_true", help="change nothing; fail if anything is amiss")
    check = parser.parse_args(arguments).check
    shown, faults = collect(root)
    text = table.read_text(encoding="utf-8")
    if not check:
        text = rewritten(text, shown)
        table.write_text(text, encoding="utf-8")
    faults += amiss(text, shown)
    print(*faults, f"{len(ROW.findall(text))} statements, {len(faults)} amiss", sep="\n")
    return 1 if check and faults else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
