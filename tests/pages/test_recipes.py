"""Runs the recipes of docs/recipes.md unchanged, with their real tools or stand-ins."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from mockserver.vendors import find_vendors
from tests.support.servers import PYTEST, ROOT

TOOLS = ROOT / "build" / "browser" / "node_modules"  # make browser-tools
PAGE = (ROOT / "docs" / "recipes.md").read_text(encoding="utf-8")
RUN = [sys.executable, "-m", "mockserver", "run"]

VITEST = """\
import assert from "node:assert/strict";
export { test } from "node:test";
export const expect = (found) => ({ toEqual: (wanted) => assert.deepEqual(found, wanted) });
"""
PLAYWRIGHT = """\
import assert from "node:assert/strict";
import { test as run } from "node:test";

const send = (method) => async (url, { data, headers } = {}) => {
  const reply = await fetch(url, {
    method, body: JSON.stringify(data), headers: { "Content-Type": "application/json", ...headers },
  });
  assert.ok(reply.ok, `${method} ${url}: ${reply.status}`);
};
const request = { put: send("PUT"), post: send("POST"), delete: send("DELETE") };
const { MOCKSERVER_WISECP_URL: url, MOCKSERVER_WISECP_HEADERS: headers } = process.env;

function browser() {
  let extra = {}, shown = "";
  return {
    setExtraHTTPHeaders: async (given) => { extra = given; },
    goto: async () => {
      const reply = await fetch(`${url}/api/Billing/GetInvoices`, { headers: { ...JSON.parse(headers), ...extra } });
      shown = reply.status === 503 ? "please try again" : "all is well";
    },
    getByRole: () => () => shown,
  };
}

export const expect = (text) => ({ toContainText: async (wanted) => assert.match(text(), new RegExp(wanted)) });
export const test = {
  extend: ({ sandbox }) => (title, body) => run(title, async () => {
    const page = browser();
    await sandbox({ page, request }, (made) => body({ page, sandbox: made }), { testId: "0a1b2c-3d4e5f" });
  }),
};
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


def recipe(heading: str, folder: Path, language: str = r"\w+") -> Path:
    """Write the first code below a heading (in a language) to the file that its first line names."""
    found = re.search(rf"^## {heading}\n.*?^```{language}\n((?:#|//) (\S+)\n.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)
    assert found, heading
    (folder / found[2]).write_text(found[1], encoding="utf-8")
    return folder / found[2]


def needs(tool: str) -> None:
    if shutil.which(tool) is None:
        if os.environ.get("CI"):
            pytest.fail(f"{tool} is not installed, and CI is there to have it")
        pytest.skip(f"{tool} is not installed")


def done(command: list[str], folder: Path) -> str:
    """The output of a successful command."""
    finished = subprocess.run(
        command,
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=False,
        timeout=250,
    )
    assert finished.returncode == 0, finished.stdout + finished.stderr
    return finished.stdout + finished.stderr


def node_tests(file: Path, module: str, stand_in: str) -> str:
    """The report of Node's test runner on a file, with a stand-in for the imported module."""
    needs("node")
    place = file.parent / "node_modules" / module
    place.mkdir(parents=True)
    for folder in (place, file.parent):
        (folder / "package.json").write_text('{"type": "module"}')
    (place / "index.js").write_text(stand_in)
    return done([*RUN, "--", "node", "--test", "--test-reporter=tap", file.name], file.parent)


@pytest.mark.slow
def test_pytest(tmp_path: Path) -> None:
    file = recipe("pytest", tmp_path)
    assert "1 passed" in done([sys.executable, "-m", "pytest", *PYTEST, file.name], tmp_path)


@pytest.mark.slow
def test_unittest(tmp_path: Path) -> None:
    assert "\nOK\n" in done([sys.executable, "-m", "unittest", recipe("unittest", tmp_path).stem], tmp_path)


@pytest.mark.slow
def test_vitest(tmp_path: Path) -> None:
    """With Node's test runner behind the imported names."""
    assert "# pass 1\n" in node_tests(recipe("Vitest and Jest", tmp_path), "vitest", VITEST)


@pytest.mark.slow
def test_junit(tmp_path: Path) -> None:
    """With a stand-in for the two imported names of JUnit."""
    needs("java")
    file = recipe("JUnit", tmp_path)
    for name, text in JUNIT.items():
        (tmp_path / name).write_text(text)
    compiler = ["java", "-m", "jdk.compiler/com.sun.tools.javac.Main", "-d", "classes"]
    done([*compiler, file.name, *JUNIT], tmp_path)
    done([*RUN, "--", "java", "-cp", "classes", "Main"], tmp_path)


@pytest.mark.slow
def test_playwright(tmp_path: Path) -> None:
    """With stand-ins for the browser and its page; the control API is real."""
    told = node_tests(recipe("Playwright", tmp_path), "@playwright/test", PLAYWRIGHT)
    assert "# pass 1\n" in told
    assert "mockserver: the verdict on 1 call stands.\n" in told


@pytest.mark.slow
def test_a_shell(tmp_path: Path) -> None:
    needs("curl")
    done([*RUN, "--dataset", "empty", "--", "sh", "-e", recipe("curl in a shell", tmp_path).name], tmp_path)


@pytest.mark.slow
@pytest.mark.timeout(300)
def test_typed_clients(tmp_path: Path) -> None:
    """With the recipe's tools from npm; an unknown parameter does not compile."""
    needs("node")
    if not (TOOLS / "openapi-typescript").exists():
        (pytest.fail if os.environ.get("CI") else pytest.skip)("make browser-tools installs what this needs")
    types, client = recipe("Typed clients", tmp_path, "sh"), recipe("Typed clients", tmp_path, "ts")
    (tmp_path / "node_modules").symlink_to(TOOLS)
    (tmp_path / "package.json").write_text('{"type": "module"}')
    done([*RUN, "--", "sh", "-e", types.name], tmp_path)
    compiler = ["npx", "--no-install", "tsc", "--strict", "--target", "es2022", "--module", "nodenext"]
    for vendor in find_vendors():
        assert f'"{vendor.operations[0].path}"' in (tmp_path / f"{vendor.name}.d.ts").read_text()
    done([*compiler, client.name, *(f"{vendor.name}.d.ts" for vendor in find_vendors())], tmp_path)
    (tmp_path / "main.js").write_text(
        "const { MOCKSERVER_WISECP_URL: url, MOCKSERVER_WISECP_CREDENTIAL: key } = process.env;\n"
        'console.log(await (await import("./invoices.js")).unpaid(url, key));\n'
    )
    assert "'#1000098'" in done([*RUN, "--", "node", "main.js"], tmp_path)
    client.write_text(client.read_text().replace("filter[status]", "filter[state]"))
    refused = subprocess.run([*compiler, client.name], cwd=tmp_path, capture_output=True, text=True, check=False)
    assert "'\"filter[state]\"' does not exist" in refused.stdout
