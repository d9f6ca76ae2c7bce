"""gunicorn, embedded: one worker process with threads, on a socket that is already listening."""

from __future__ import annotations

import os
import signal
import socket
from collections.abc import Callable
from pathlib import Path
from typing import Any

from flask import Flask
from gunicorn.app.base import BaseApplication

from ..app import REPLY
from .threaded import Carrier

THREADS = 1200  # made as they are needed; a delayed call holds one
GRACE = 10


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
        "worker_class": "gthread",
        "threads": THREADS,
        "preload_app": True,
        "graceful_timeout": GRACE,
        "keepalive": 15,
        "limit_request_line": 0,
        "forwarded_allow_ips": "",  # or a client's SCRIPT_NAME header would rewrite its path
        "worker_connections": 2 * THREADS,
        "control_socket_disable": True,
        "loglevel": "warning",
        "accesslog": None,
        "post_worker_init": lambda worker: _started(ready),
    }
    if tls:
        options |= {"certfile": str(tls[0]), "keyfile": str(tls[1])}
    _Embedded(app, options).run()


def _started(ready: Callable[[], None]) -> None:
    """In the worker: Ctrl-C is for the master alone (a terminal sends it to both), whose quick stop ends us at once.

    gunicorn's own handler of it takes a lock that the interrupted code may hold, and hangs for the grace period.
    """
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGQUIT, lambda number, frame: os._exit(0))
    ready()
