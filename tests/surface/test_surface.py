"""The public surface is what surface.yaml says: nothing is missing there, and nothing too much."""

from __future__ import annotations

import os
import shlex
import subprocess
from pathlib import Path

from tests.support.servers import PROGRAM
from tests.surface import written
from tests.surface.collected import surface

BROKEN = "vendor: wisecp\ndataset: default\nrecords: 7\n"


def test_the_surface_is_what_is_written_down() -> None:
    listed = written.read()
    del listed[written.BY_HAND]
    assert written.as_text(surface()) == written.as_text(listed), (
        "python -m tests.surface --write, and look at the diff"
    )


def test_commands_end_with_the_status_that_is_written_down(tmp_path: Path) -> None:
    for file in (tmp_path / "broken.yaml", tmp_path / "broken" / "wisecp" / "default.yaml"):
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(BROKEN, encoding="utf-8")
    path = f"{Path(PROGRAM).parent}{os.pathsep}{os.environ['PATH']}"
    expected: dict[str, int] = written.read()[written.BY_HAND]
    started = {
        command: subprocess.Popen(
            shlex.split(command),
            cwd=tmp_path,
            env={**os.environ, "PATH": path},
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        for command in expected
    }
    assert {command: process.wait(60) for command, process in started.items()} == expected
