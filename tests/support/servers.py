"""Starting the real server, as a user does, on a free loopback port; stopping it by its process id."""

from __future__ import annotations

import os
import re
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from importlib.metadata import entry_points
from pathlib import Path

ROOT = Path(__file__).parent.parent.parent
PLUGIN = "mockserver.testing.plugin"
KNOWN = any(point.value == PLUGIN for point in entry_points(group="pytest11"))  # not so in a checkout never installed
PYTEST = ("-p", "no:cacheprovider", "-p", "no:schemathesis", "-p", "no:playwright", *(() if KNOWN else ("-p", PLUGIN)))
PROGRAM = str(Path(sys.executable).with_name("mockserver"))


def copy_checkout(target: Path) -> Path:
    """What git would hand to somebody else: a copy of every file it knows or would add."""
    listing = ["git", "ls-files", "--cached", "--others", "--exclude-standard"]
    for name in subprocess.run(listing, cwd=ROOT, capture_output=True, text=True, check=True).stdout.splitlines():
        if (ROOT / name).is_file():
            (target / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(ROOT / name, target / name)
    return target


@contextmanager
def running(
    command: list[str], *, cwd: Path | None = None, environment: Mapping[str, str] | None = None
) -> Iterator[tuple[str, str]]:
    """Runs a command that serves; gives its URL and what it printed until it was ready, and stops it afterwards."""
    with subprocess.Popen(
        command,
        cwd=cwd,
        env={**os.environ, **(environment or {})},
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
        start_new_session=True,
    ) as server:
        assert server.stdout is not None
        printed = []
        try:
            for line in server.stdout:
                printed.append(line)
                if "stop: Ctrl-C" in line:
                    break
            else:
                raise AssertionError(f"{command} ended with {server.wait()}: {''.join(printed)}")
            text = "".join(printed)
            found = re.search(r" serves dataset \S+ on (https?://[^\s,]+)", text)
            assert found is not None
            yield found[1], text
        finally:
            end(server)


def end(server: subprocess.Popen[str]) -> None:
    """Ends the session of a command; one that does not end in peace is killed, so that none is left."""
    os.killpg(server.pid, signal.SIGTERM)
    try:
        server.wait(60)
    finally:
        if server.poll() is None:
            os.killpg(server.pid, signal.SIGKILL)


def serving(*flags: str) -> list[str]:
    """The command line of a server of this checkout on a free port."""
    return [PROGRAM, "serve", "--port", "0", *flags]
