"""The recipes of docs/recipes.md are run, as they stand, by what runs them elsewhere, or by a stand-in for it."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.servers import PYTEST, ROOT

PAGE = (ROOT / "docs" / "recipes.md").read_text(encoding="utf-8")
RUN = [sys.executable, "-m", "mockserver", "run"]

VITEST = """\
import assert from "node:assert/strict";
export { test } from "node:test";
export const expect = (found) => ({ toEqual: (wanted) => assert.deepEqual(found, wanted) });
"""
JUNIT = {
    "Test.java": "package org.junit.jupiter.api; public @interface Test {}",
    "Assertions.java": """\
package org.junit.jupiter.api;
public class Assertions {
  public static void assertEquals(int wanted, int found) {
    if (wanted != found) throw new AssertionError("wanted " + wanted + ", found " + found);
  }
}
""",
    "Main.java": """\
public class Main {
  public static void main(String[] arguments) throws Exception { new InvoicesTest().anOutageIsReported(); }
}
""",
}


def recipe(heading: str, folder: Path) -> Path:
    """The code below a heading, in the file that its first line names."""
    found = re.search(rf"^## {heading}\n.*?^```\w+\n((?:#|//) (\S+)\n.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)
    assert found, heading
    (folder / found[2]).write_text(found[1], encoding="utf-8")
    return folder / found[2]


def needs(tool: str) -> None:
    if shutil.which(tool) is None:
        pytest.skip(f"{tool} is not installed")


def done(command: list[str], folder: Path) -> str:
    """What a command prints that ends well."""
    finished = subprocess.run(
        command,
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=False,
        timeout=100,
    )
    assert finished.returncode == 0, finished.stdout + finished.stderr
    return finished.stdout + finished.stderr


@pytest.mark.slow
def test_pytest(tmp_path: Path) -> None:
    file = recipe("pytest", tmp_path)
    assert "1 passed" in done([sys.executable, "-m", "pytest", *PYTEST, file.name], tmp_path)


@pytest.mark.slow
def test_unittest(tmp_path: Path) -> None:
    assert "\nOK\n" in done([sys.executable, "-m", "unittest", recipe("unittest", tmp_path).stem], tmp_path)


@pytest.mark.slow
def test_vitest(tmp_path: Path) -> None:
    """With node's own test runner behind the names that the recipe imports."""
    needs("node")
    file, module = recipe("Vitest and Jest", tmp_path), tmp_path / "node_modules" / "vitest"
    module.mkdir(parents=True)
    (module / "index.js").write_text(VITEST)
    (module / "package.json").write_text('{"type": "module"}')
    (tmp_path / "package.json").write_text('{"type": "module"}')
    assert "# pass 1\n" in done([*RUN, "--", "node", "--test", "--test-reporter=tap", file.name], tmp_path)


@pytest.mark.slow
def test_junit(tmp_path: Path) -> None:
    """With a stand-in for the two names of JUnit that the recipe imports."""
    needs("java")
    file = recipe("JUnit", tmp_path)
    for name, text in JUNIT.items():
        (tmp_path / name).write_text(text)
    compiler = ["java", "-m", "jdk.compiler/com.sun.tools.javac.Main", "-d", "classes"]
    done([*compiler, file.name, *JUNIT], tmp_path)
    done([*RUN, "--", "java", "-cp", "classes", "Main"], tmp_path)


def test_playwright(tmp_path: Path) -> None:
    """Browsers are not at hand everywhere: that node can read it is all that is shown here."""
    needs("node")
    file = recipe("Playwright", tmp_path)
    done(["node", "--check", str(file.rename(file.with_suffix(".mjs")))], tmp_path)


@pytest.mark.slow
def test_a_shell(tmp_path: Path) -> None:
    needs("curl")
    done([*RUN, "--dataset", "empty", "--", "sh", "-e", recipe("curl in a shell", tmp_path).name], tmp_path)
