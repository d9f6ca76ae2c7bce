"""Servers as processes: start them, time and weigh them, and always stop them."""

from __future__ import annotations

import http.client
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from bench.job import ROOT, WORK
from bench.load import PATIENCE, Failed
from mockserver.vendors import find_vendors

LONGEST_START = 1800  # seconds; a million records take long
PAUSE = 0.001
MIB = 1024 * 1024
QUOTA = "999999999/day"  # counted, never reached


@dataclass(frozen=True)
class Command:
    """How to start a server; ``{port}`` stands for the port it shall listen on (0: a free one each time).

    ``path`` answers 200 once it is up.
    """

    name: str
    words: Sequence[str]
    path: str
    headers: Mapping[str, str]
    port: int = 0


@dataclass(frozen=True)
class Server:
    """A running server. ``seconds`` is the time from its start to its first 200."""

    name: str
    pid: int
    port: int
    seconds: float

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def get(self, path: str, headers: Mapping[str, str]) -> tuple[int, bytes]:
        """One reply: status and body."""
        return ask(self.port, "GET", path, headers)

    @property
    def pss(self) -> float:
        """The memory of its process tree in MiB, with its share of shared pages."""
        return sum(_pss(pid) for pid in tree(self.pid)) / MIB

    @property
    def cpu(self) -> float:
        """The CPU seconds of its process tree so far."""
        return sum(_cpu(pid) for pid in tree(self.pid))


def ask(port: int, method: str, path: str, headers: Mapping[str, str], body: bytes | None = None) -> tuple[int, bytes]:
    """One reply of a server on this machine, over a new connection."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=PATIENCE)
    try:
        connection.request(method, path, body, dict(headers))
        response = connection.getresponse()
        return response.status, response.read()
    finally:
        connection.close()


@contextmanager
def running(command: Command) -> Iterator[Server]:
    """Run a server from its first 200 to the end of the block. Raises Failed when it does not start."""
    port = command.port or free_port()
    words = [word.replace("{port}", str(port)) for word in command.words]
    log = WORK / f"{command.name.replace(' ', '-')}.log"
    log.parent.mkdir(parents=True, exist_ok=True)
    with log.open("w") as output:
        began = time.perf_counter()
        environment = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
        process = subprocess.Popen(
            words, stdout=output, stderr=output, start_new_session=True, cwd=ROOT, env=environment
        )
        try:
            _await(process, port, command, log)
            yield Server(command.name, process.pid, port, time.perf_counter() - began)
        finally:
            stop(process)


def _await(process: subprocess.Popen[bytes], port: int, command: Command, log: Path) -> None:
    latest = time.perf_counter() + LONGEST_START
    while time.perf_counter() < latest:
        if process.poll() is not None:
            break
        with suppress(OSError, http.client.HTTPException):
            if ask(port, "GET", command.path, command.headers)[0] == 200:
                return
        time.sleep(PAUSE)
    raise Failed(f"{command.name} does not answer {command.path}; {log} says why.")


def stop(process: subprocess.Popen[bytes]) -> None:
    """Stop a server and every process of its session."""
    process.terminate()
    with suppress(subprocess.TimeoutExpired):
        process.wait(15)
    with suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def tree(root: int) -> set[int]:
    """A process and its descendants."""
    parents = {}
    for folder in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):
            parents[int(folder.name)] = int((folder / "stat").read_text().rpartition(")")[2].split()[1])
    found, new = {root}, {root}
    while new:
        new = {pid for pid, parent in parents.items() if parent in new} - found
        found |= new
    return found


def _pss(pid: int) -> int:
    """The memory of one process in bytes, 0 after its end."""
    with suppress(OSError):
        for line in Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines():
            if line.startswith("Pss:"):
                return int(line.split()[1]) * 1024
    return 0


def _cpu(pid: int) -> float:
    """The CPU seconds of one process, 0 after its end."""
    with suppress(OSError):
        user, system = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[11:13]
        return (int(user) + int(system)) / os.sysconf("SC_CLK_TCK")
    return 0


# The two servers of every table --------------------------------------------------------------------------------------


def ours(name: str, path: str, headers: Mapping[str, str], *options: str) -> Command:
    """This sandbox as users start it, with a quota that is counted and never reached."""
    quotas = ",".join(f"{vendor.name}={QUOTA}" for vendor in find_vendors())
    words = ("-m", "mockserver", "serve", "--port", "{port}", "--quotas", quotas, *options)
    return Command(name, (sys.executable, *words), path, headers)


def bare(bodies: Mapping[str, bytes], *, plain: bool = False) -> Command:
    """A Flask app of routes that return these bytes, with our server or (``plain``) with gunicorn's default worker."""
    folder = WORK / "bodies"
    folder.mkdir(parents=True, exist_ok=True)
    words = [sys.executable, "-m", "bench.bare", "--port", "{port}", *(["--plain"] if plain else [])]
    for number, (path, body) in enumerate(bodies.items()):
        file = folder / f"{number}.json"
        file.write_bytes(body)
        words += [path, str(file)]
    return Command("plain gunicorn" if plain else "bare route", words, next(iter(bodies)), {})
