"""The README's commands are run: what it says a command prints is what it prints.

A block marked ``console`` holds commands behind ``$`` and their output; they run in the order of the page,
against a server on a free port. A block marked ``sh`` holds commands that are run by a test of their own below.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from mockserver.vendors import found
from tests.servers import copy_checkout, running, serving

ROOT = Path(__file__).parent.parent
README = (ROOT / "README.md").read_text(encoding="utf-8")
SHOWN = "http://127.0.0.1:8080"


def blocks(kind: str) -> list[str]:
    return re.findall(rf"^```{kind}\n(.*?)^```$", README, re.MULTILINE | re.DOTALL)


def steps() -> list[tuple[str, str]]:
    """Each command of the console blocks (continued lines joined) with the output shown below it."""
    found_steps = []
    for block in blocks("console"):
        for command, output in re.findall(r"^\$ ((?:.*\\\n)*.*)\n((?:(?!\$ ).*\n)*)", block, re.MULTILINE):
            found_steps.append((command, output))
    return found_steps


@pytest.fixture(scope="module")
def server() -> Iterator[str]:
    with running(serving()) as (url, _):
        yield url


@pytest.mark.parametrize(("command", "output"), steps(), ids=lambda text: str(text)[:50])
def test_a_command_prints_what_the_readme_shows(command: str, output: str, server: str, tmp_path: Path) -> None:
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    done = subprocess.run(
        ["bash", "-c", command.replace(SHOWN, server)],
        cwd=ROOT,
        env={**os.environ, "PATH": path, "TMPDIR": str(tmp_path)},
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    shown = (done.stdout + done.stderr).replace(server, SHOWN)
    if "..." in output:
        pattern = ".*?".join(re.escape(part) for part in output.strip().split("..."))
        assert re.fullmatch(pattern, shown.strip(), re.DOTALL), shown
    else:
        assert shown.strip() == output.strip()


def test_the_readme_shows_commands() -> None:
    assert len(steps()) >= 8
    lines = {line for block in blocks("sh") for line in block.splitlines() if line and not line.startswith("#")}
    assert lines == {"make serve", "make test", "pip install . && mockserver serve", "docker compose up"}


def test_the_table_has_every_vendor() -> None:
    for vendor in found():
        row = next(line for line in README.splitlines() if line.startswith(f"| {vendor.title}"))
        for endpoint in vendor.endpoints:
            assert endpoint.path in row
        assert vendor.document in row


@pytest.mark.slow
@pytest.mark.timeout(300)
def test_make_serve_serves_from_a_fresh_checkout(tmp_path: Path) -> None:
    copy_checkout(tmp_path)
    # The make that runs this test must not hand its own variables down.
    clean = dict.fromkeys(("MAKEFLAGS", "MAKELEVEL", "MAKEOVERRIDES", "MFLAGS"), "")
    with running(["make", "serve", "ARGS=--port 0"], cwd=tmp_path, environment=clean) as (url, printed):
        for vendor in found():
            assert vendor.title in printed
        curls = re.findall(r"^  (curl .*)$", printed, re.MULTILINE)
        assert len(curls) == len(found())
        for curl in curls:
            done = subprocess.run(
                ["bash", "-c", curl + r" -sS -o /dev/null -w '%{http_code}'"],
                capture_output=True,
                text=True,
                check=True,
            )
            assert done.stdout == "200", curl
        assert url
