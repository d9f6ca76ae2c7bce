"""gunicorn, embedded: one worker process with threads, on a socket that is already listening."""

from __future__ import annotations

import os
import resource
import signal
import socket
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

from flask import Flask
from gunicorn.app.base import BaseApplication
from gunicorn.workers.gthread import ThreadWorker

from ..app import REPLY
from .threaded import Carrier

THREADS = 1200  # a delayed call holds one while it waits; started when needed, and idle ones cost little
CONNECTIONS = 4096  # with those kept alive between calls
FILES = 8192
GRACE = 10


class _Worker(ThreadWorker):  # type: ignore[misc]  # gunicorn has no types
    """One whose loop never waits for a client to hang up: it would accept nobody for as long as that takes."""

    def handle(self, conn: Any) -> Any:
        kept = super().handle(conn)
        if not kept:
            with suppress(OSError):
                conn.close(graceful=True)
            conn.close = lambda graceful=False: None  # the loop's own goodbye
        return kept


class _Embedded(BaseApplication):  # type: ignore[misc]  # gunicorn has no types
    def __init__(self, app: Flask, options: dict[str, Any]) -> None:
        self._wsgi, self._options = Carrier(app, REPLY), options
        super().__init__()

    def load_config(self) -> None:
        for name, value in self._options.items():
            self.cfg.set(name, value)

    def load(self) -> Carrier:
        return self._wsgi


def run(app: Flask, listener: socket.socket, ready: Callable[[], None], tls: tuple[Path, Path] | None = None) -> None:
    """Serve until a signal says stop; ``ready`` is called once calls are answered. Ends by SystemExit.

    The socket is gunicorn's from here on. The request line is not limited here: vendors have words for one that is too
    long.
    """
    options: dict[str, Any] = {
        "bind": f"fd://{listener.detach()}",
        "workers": 1,
        "worker_class": _Worker,
        "threads": THREADS,
        "worker_connections": CONNECTIONS,
        "preload_app": True,
        "graceful_timeout": GRACE,
        "keepalive": 15,
        "limit_request_line": 0,
        "forwarded_allow_ips": "",  # or a client's SCRIPT_NAME header would rewrite its path
        "control_socket_disable": True,
        "loglevel": "warning",
        "accesslog": None,
        "post_worker_init": lambda worker: _started(ready),
    }
    _raise_limit_of_files()
    if tls:
        options |= {"certfile": str(tls[0]), "keyfile": str(tls[1])}
    _Embedded(app, options).run()


def _raise_limit_of_files() -> None:
    """Every connection is an open file, and some systems allow 256 or 1,024 unless asked."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = FILES if hard == resource.RLIM_INFINITY else min(FILES, hard)
    if soft != resource.RLIM_INFINITY and soft < wanted:
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))


def _started(ready: Callable[[], None]) -> None:
    """In the worker: Ctrl-C is for the master alone (a terminal sends it to both), whose quick stop ends us at once.

    gunicorn's own handler of it takes a lock that the interrupted code may hold, and hangs for the grace period.
    """
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGQUIT, lambda number, frame: os._exit(0))
    ready()
