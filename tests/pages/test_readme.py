"""The README's commands print what it shows.

A block marked ``console`` holds commands behind ``$`` and their output; those of one block run one after the other,
against a server on a free port. A block marked ``sh`` holds commands that are run by a test of their own below.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path

import pytest

from mockserver.sdk.contract import Vendor
from mockserver.vendors import find_vendors
from tests.support.client import Client, compact
from tests.support.servers import copy_checkout, running, serving

ROOT = Path(__file__).parent.parent.parent
README = (ROOT / "README.md").read_text(encoding="utf-8")
SHOWN = "http://127.0.0.1:8080"


def blocks(kind: str) -> list[str]:
    return re.findall(rf"^```{kind}\n(.*?)^```$", README, re.MULTILINE | re.DOTALL)


def sessions() -> list[list[tuple[str, str]]]:
    """The commands of each console block (continued lines joined), each with the output below it."""
    pattern = r"^\$ ((?:.*\\\n)*.*)\n((?:(?!\$ ).*\n)*)"
    return [re.findall(pattern, block, re.MULTILINE) for block in blocks("console")]


@pytest.fixture(scope="module")
def server() -> Iterator[str]:
    with running(serving()) as (url, _):
        yield url


@pytest.mark.parametrize("session", sessions(), ids=lambda session: session[0][0][:50])
def test_commands_print_what_the_readme_shows(session: list[tuple[str, str]], server: str, tmp_path: Path) -> None:
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    for command, output in session:
        done = subprocess.run(
            ["bash", "-c", command.replace(SHOWN, server)],
            cwd=ROOT,
            env={**os.environ, "PATH": path, "TMPDIR": str(tmp_path)},
            capture_output=True,
            text=True,
            check=False,
            timeout=60,
        )
        shown = (done.stdout + done.stderr).replace(server, SHOWN).strip()
        if "..." in output:
            pattern = ".*?".join(re.escape(part) for part in output.strip().split("..."))
            assert re.fullmatch(pattern, shown, re.DOTALL), shown
        else:
            assert shown == output.strip(), command


def test_the_readme_shows_commands() -> None:
    assert sum(map(len, sessions())) >= 8
    lines = {line for block in blocks("sh") for line in block.splitlines() if line and not line.startswith("#")}
    assert lines == {"make serve", "make test", "pip install . && mockserver serve", "docker compose up"}


def test_the_table_has_every_vendor() -> None:
    for vendor in find_vendors():
        row = next(line for line in README.splitlines() if line.startswith(f"| {vendor.title}"))
        for endpoint in vendor.operations:
            assert endpoint.path in row
        assert vendor.document in row


@pytest.mark.parametrize("vendor", find_vendors(), ids=lambda vendor: vendor.name)
def test_the_documented_requests_of_the_readme_and_of_the_datasets_get_what_the_documents_print(vendor: Vendor) -> None:
    row = next(line for line in README.splitlines() if line.startswith(f"| {vendor.title} | `/") and " with `" in line)
    target, *headers = re.findall(r"`([^`]+)`", row.split(" | ")[1])
    readings = re.findall(r"`[a-z]+\.([^`]+)`", row.split(" | ")[2])
    client = Client(vendor.name, dataset="docs")
    path, _, query = target.partition("?")
    sent = dict(header.split(": ", 1) for header in headers)
    answer = client.get(query, path=path, headers=sent, readings=",".join(readings))
    assert answer.status == 200
    assert answer.body == documented_reply(vendor.name)
    comment = (
        (vendor.fixtures / "docs.yaml").read_text(encoding="utf-8").partition("vendor:")[0].replace("\n#       ", "")
    )
    for part in (target, *headers, *(f"{vendor.name}.{reading}" for reading in readings)):
        assert part in comment


def documented_reply(vendor: str) -> bytes:
    """The example reply of the document, from the tests of the vendor; 000:79-99 repeats 000:40-60."""
    module = import_module(f"tests.vendors.{vendor}.test_docs")
    names = ("SUCCESS", "REPLY", "RESPONSE", "FULL_SUCCESS_ACK")
    return compact(next(getattr(module, name) for name in names if hasattr(module, name)))


@pytest.mark.slow
@pytest.mark.timeout(300)
def test_make_serve_serves_from_a_fresh_checkout(tmp_path: Path) -> None:
    copy_checkout(tmp_path)
    # The make that runs this test must not hand its own variables down.
    clean = dict.fromkeys(("MAKEFLAGS", "MAKELEVEL", "MAKEOVERRIDES", "MFLAGS"), "")
    with running(["make", "serve", "ARGS=--port 0"], cwd=tmp_path, environment=clean) as (url, printed):
        for vendor in find_vendors():
            assert vendor.title in printed
        curls = re.findall(r"^  (curl .*)$", printed, re.MULTILINE)
        assert len(curls) == len(find_vendors())
        for curl in curls:
            done = subprocess.run(
                ["bash", "-c", curl + r" -sS -o /dev/null -w '%{http_code}'"],
                capture_output=True,
                text=True,
                check=True,
            )
            assert done.stdout == "200", curl
        assert url
