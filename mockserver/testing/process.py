"""A server in a process of its own, for a run of tests.

It is immune to what the tests do to time, sockets and threads in their process, and to forks of that. It ends with the
process that started it, however that ends.
"""

from __future__ import annotations

import base64
import json
import os
import select
import signal
import socket
import subprocess
import sys
from contextlib import suppress
from threading import Event, Thread
from typing import Any, Self

from ..server import listen
from ..server.collector import pause_collector

POLL_SECONDS = 0.05
PARENT_CHECK_SECONDS = 0.5  # a fork of the parent may keep the pipe open

# The child's own path comes first: a module of the tests must not replace one of Python's.
BOOT = """\
import json, sys
given = json.loads(sys.stdin.buffer.readline())
sys.path += [folder for folder in given["path"] if folder not in sys.path]
from mockserver.testing import process
process.serve(given)
"""


class NotStarted(Exception):
    """The server could not start; its text is the reason."""


class ServerProcess:
    """A server with the settings of the environment, in a child process. A fork of this process does not stop it."""

    def __init__(self) -> None:
        self._child: subprocess.Popen[bytes] | None = None
        self._owner = os.getpid()

    def start(self, listener: socket.socket | None = None) -> str:
        """Start it, on a free loopback port or on this socket. Returns its URL. Raises NotStarted.

        Its log goes to standard error.
        """
        inherited = [listener.fileno()] if listener and os.name != "nt" else []
        try:
            self._child = child = subprocess.Popen(
                [sys.executable, "-P", "-c", BOOT], stdin=subprocess.PIPE, stdout=subprocess.PIPE, pass_fds=inherited
            )
        except OSError as error:
            raise NotStarted(f"{sys.executable} cannot be run: {error.strerror}.") from None
        assert child.stdin is not None
        assert child.stdout is not None
        given = {"parent": self._owner, "path": list(map(str, sys.path)), "listener": _share(listener, child.pid)}
        with suppress(BrokenPipeError):  # it has ended already
            child.stdin.write(json.dumps(given).encode() + b"\n")
            child.stdin.flush()
        with child.stdout:
            line = child.stdout.readline()
        answer = json.loads(line) if line else {"error": f"its process ended with {child.wait()}, and has said why."}
        if "error" in answer:
            self.stop()
            raise NotStarted(answer["error"])
        return str(answer["url"])

    def stop(self) -> None:
        """End it."""
        if self._child is None or os.getpid() != self._owner:
            return
        self._child.terminate()
        self._child.wait()
        if self._child.stdin:
            with suppress(BrokenPipeError):
                self._child.stdin.close()
        self._child = None


class LazyServerProcess:
    """A server process that starts with the first connection to its address, where connections queue until then.

    ``error`` says why it could not start.
    """

    def __init__(self) -> None:
        self._listener = listen.listen("127.0.0.1", 0)
        self._process, self._stopped = ServerProcess(), Event()
        self._thread = Thread(target=self._wait, name="mockserver", daemon=True)
        self.error = ""
        self.url = listen.format_url(self._listener, tls=False)

    def start(self) -> Self:
        """Wait for the first connection in a thread."""
        self._thread.start()
        return self

    def stop(self) -> None:
        """Stop waiting, end the server if it runs, and free the port."""
        self._stopped.set()
        self._thread.join()
        self._process.stop()

    def _wait(self) -> None:
        with self._listener:  # the child has its own copy once it serves
            while not self._stopped.is_set():
                if select.select([self._listener], [], [], POLL_SECONDS)[0]:
                    try:
                        self._process.start(self._listener)
                    except NotStarted as error:
                        self.error = str(error)
                    return


def _share(listener: socket.socket | None, child: int) -> int | str | None:
    """What the child needs to take over a socket."""
    if listener is None:
        return None
    if sys.platform == "win32":
        return base64.b64encode(listener.share(child)).decode()
    return listener.fileno()


# In the child ---------------------------------------------------------------------------------------------------------


def serve(given: dict[str, Any]) -> None:
    """Print the URL or an error as JSON, then serve until standard input ends or the parent changes."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C ends the tests, which then end this process
    with os.fdopen(os.dup(1), "w") as output:
        os.dup2(2, 1)  # whatever is printed from here on belongs to the log
        with pause_collector():
            print(json.dumps(_start(given["listener"])), file=output)
    ended = Event()
    Thread(target=_wait_for_end, args=[ended], daemon=True).start()
    while not ended.wait(PARENT_CHECK_SECONDS) and os.getppid() == given["parent"]:
        pass


def _start(shared: int | str | None) -> dict[str, str]:
    """Serve in threads, on the parent's socket or a new one. Returns the URL or an error."""
    from ..data.fixture_errors import InvalidFixture  # the parent, a run of tests, does without all of these
    from ..engine import access_log
    from ..engine.build import build_runtime
    from ..sandbox.settings import make_settings
    from ..sdk.errors import InvalidSetting
    from ..server import werkzeug
    from ..server.front import Front
    from ..vendors import BadVendor

    try:
        settings = make_settings({"control": True})
        access_log.configure_logging(settings.log_format)
        front, listener = Front(build_runtime(settings)), _receive(shared)
    except (InvalidSetting, BadVendor, InvalidFixture) as error:
        return {"error": str(error)}
    serving = werkzeug.build_server(front, listener, cors=settings.cors)
    Thread(target=serving.serve_forever, daemon=True).start()
    return {"url": listen.format_url(listener, tls=False)}


def _receive(shared: int | str | None) -> socket.socket:
    if shared is None:
        return listen.listen("127.0.0.1", 0)
    if sys.platform == "win32":
        return socket.fromshare(base64.b64decode(str(shared)))
    return socket.socket(fileno=int(shared))


def _wait_for_end(ended: Event) -> None:
    """Wait until the parent closes its end of the pipe."""
    while os.read(0, 1024):
        pass
    ended.set()
