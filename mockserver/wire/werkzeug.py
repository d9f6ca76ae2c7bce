"""werkzeug's threaded server: for Windows, where gunicorn does not run, and for servers inside a test process."""

from __future__ import annotations

import socket
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from threading import Thread
from typing import TYPE_CHECKING

from werkzeug.serving import BaseWSGIServer, WSGIRequestHandler, make_server

from ..addresses import REPLY
from ..metrics import Metrics
from ..reloading import PAUSE, Reloading
from ..settings import WrongSetting
from .threaded import Carrier

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIApplication, WSGIEnvironment


class _Handler(WSGIRequestHandler):
    """One that leaves the log of calls to us, and keeps no connection alive on which a reply was lost."""

    def log_request(self, code: int | str = "-", size: int | str = "-") -> None:
        pass

    def connection_dropped(self, error: BaseException, environ: WSGIEnvironment | None = None) -> None:
        self.close_connection = True


def server(app: WSGIApplication, listener: socket.socket, tls: tuple[Path, Path] | None = None) -> BaseWSGIServer:
    """A server on a listening socket; ``serve_forever`` runs it, ``shutdown`` from another thread stops it."""
    host, port = listener.getsockname()[:2]
    context = (str(tls[0]), str(tls[1])) if tls else None
    return make_server(
        host,
        port,
        Carrier(app, REPLY),
        threaded=True,
        request_handler=_Handler,
        ssl_context=context,
        fd=listener.fileno(),
    )


def run(
    app: WSGIApplication,
    listener: socket.socket,
    ready: Callable[[], None],
    tls: tuple[Path, Path] | None = None,
    encrypted: socket.socket | None = None,
    *,
    workers: int = 1,
    leaving: Callable[[], None] = lambda: None,
    metrics: Metrics | None = None,
    data: Reloading | None = None,
) -> None:
    """Serve until interrupted; ``ready`` is called just before the first call can be answered, ``leaving`` at the end.
    Raises WrongSetting.

    With a certificate and its key the socket speaks TLS, or if there is one more only that: then this one speaks HTTP.
    ``data`` is read anew when it says so, if it watches. The one process counts where it counted.
    """
    if workers > 1:
        raise WrongSetting(f"--workers is {workers}, wanted 1: on this system there can be no more.")
    serving = server(app, listener, None if encrypted else tls)
    if encrypted:
        Thread(target=server(app, encrypted, tls).serve_forever, daemon=True).start()
    if data and data.watching:
        Thread(target=_watch, args=[data, partial(time.sleep, PAUSE)], daemon=True).start()
    ready()
    try:
        serving.serve_forever()
    except KeyboardInterrupt:
        pass
    finally:
        serving.server_close()
        leaving()


def _watch(data: Reloading, pause: Callable[[], None]) -> None:
    """Look whether files have changed, again and again."""
    while True:
        pause()
        if data.look():
            data.renew()
