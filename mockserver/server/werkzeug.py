"""werkzeug's threaded server, for Windows (without gunicorn) and for servers inside a test process."""

from __future__ import annotations

import re
import socket
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from threading import Thread
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from werkzeug.serving import BaseWSGIServer, WSGIRequestHandler, make_server

from ..engine.cors import make_refusal_headers
from ..engine.metrics import Metrics
from ..engine.reload import POLL_SECONDS, DataReload
from ..engine.wsgi import frame_headers
from ..sdk.errors import InvalidSetting
from ..sdk.http import CLIENT_TIMEOUT_SECONDS, reason_phrase
from .front import Front
from .malformed import MAX_HEADER_BYTES, render_refusal
from .wsgi_faults import WsgiAdapter

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIEnvironment


_TOKEN = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
_LENGTH = re.compile(r"\d{1,18}", re.ASCII)
_CONTROL = re.compile(r"[\x00-\x08\x0a-\x1f\x7f]")


class _Handler(WSGIRequestHandler):
    """A handler that logs no calls and closes a connection that lost a reply."""

    default_request_version = "HTTP/1.0"  # HTTP/0.9 is not supported: its replies have no head
    cors = True  # whether browsers of other origins may read refusals

    def setup(self) -> None:
        self.timeout = CLIENT_TIMEOUT_SECONDS  # type: ignore[misc]  # typed as a class variable
        super().setup()

    def handle_one_request(self) -> None:
        self.path, self.headers = "", self.MessageClass()  # clears the previous request
        super().handle_one_request()

    def log_error(self, format: str, *args: object) -> None:
        """Log nothing: the message may contain a secret."""

    def parse_request(self) -> bool:
        """Parse the request; refuse a malformed one and return False.

        Stricter than http.server, since the value of a header may return in a header of the reply.
        """
        return super().parse_request() and self._is_legal()

    def _is_legal(self) -> bool:
        status, why = 400, ""
        try:
            urlsplit(self.path)
        except ValueError:
            why = "the address is none"
        if not _TOKEN.fullmatch(self.command):
            why = "the method is no word"
        lengths = self.headers.get_all("Content-Length", [])
        if len(lengths) + ("Transfer-Encoding" in self.headers) > 1 or not all(map(_LENGTH.fullmatch, lengths)):
            why = "the length is not said once, in digits"
        if self.headers.defects:  # the parser skips what follows a malformed header
            why = "a header has no name"
        for name, value in self.headers.items():
            if not _TOKEN.fullmatch(name) or _CONTROL.search(value):
                why = "a header has signs that no header may have"
            elif len(name) + len(value) > MAX_HEADER_BYTES:
                status, why = 431, "a header is too long"
        if why:
            self.send_error(status, why)
        return not why

    def send_error(self, code: int, message: str | None = None, explain: str | None = None) -> None:
        """Send a problem document: http.server sends an HTML page."""
        origins = self.headers.get_all("Origin", [])
        cors_headers = make_refusal_headers(self.path, origins) if self.cors else ()
        reply = render_refusal(int(code), explain or message or "", cors_headers)
        self.send_response_only(reply.status, reason_phrase(reply.status))
        for name, value in (*frame_headers(reply), ("Connection", "close")):
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(b"" if self.command == "HEAD" else reply.body)
        self.close_connection = True

    def log_request(self, code: int | str = "-", size: int | str = "-") -> None:
        pass

    def connection_dropped(self, error: BaseException, environ: WSGIEnvironment | None = None) -> None:
        self.close_connection = True


class _WithoutCors(_Handler):
    cors = False


def build_server(
    front: Front, listener: socket.socket, tls: tuple[Path, Path] | None = None, *, cors: bool = True
) -> BaseWSGIServer:
    """Build a server on a listening socket.

    ``serve_forever`` runs it; ``shutdown`` from another thread stops it.
    """
    host, port = listener.getsockname()[:2]
    context = (str(tls[0]), str(tls[1])) if tls else None
    return make_server(
        host,
        port,
        WsgiAdapter(front),
        threaded=True,
        request_handler=_Handler if cors else _WithoutCors,
        ssl_context=context,
        fd=listener.fileno(),
    )


def run(
    front: Front,
    listener: socket.socket,
    ready: Callable[[], None],
    tls: tuple[Path, Path] | None = None,
    encrypted: socket.socket | None = None,
    *,
    workers: int = 1,
    leaving: Callable[[], None] = lambda: None,
    starting: Callable[[str], None] = lambda ended: None,
    metrics: Metrics | None = None,
    data: DataReload | None = None,
    cors: bool = True,
    alone: bool = True,
) -> None:
    """Serve until interrupted. Raises InvalidSetting.

    ``ready`` runs just before the first call can be answered, ``leaving`` at the end. ``tls`` (certificate and key)
    applies to the socket ``encrypted`` if there is one, else to ``listener``. If ``data`` watches files, changes reload
    it. ``starting``, ``metrics`` and ``alone`` are ignored: the server is a single process.
    """
    if workers > 1:
        raise InvalidSetting(f"--workers is {workers}, wanted 1: on this system there can be no more.")
    server = build_server(front, listener, None if encrypted else tls, cors=cors)
    if encrypted:
        Thread(target=build_server(front, encrypted, tls, cors=cors).serve_forever, daemon=True).start()
    if data and data.watching:
        Thread(target=_poll_files, args=[data, partial(time.sleep, POLL_SECONDS)], daemon=True).start()
    ready()
    try:
        server.serve_forever()
    except KeyboardInterrupt:
        pass
    finally:
        server.server_close()
        leaving()


def _poll_files(data: DataReload, pause: Callable[[], None]) -> None:
    """Poll for changed files and swap in their data, forever."""
    while True:
        pause()
        if data.find_changes():
            data.swap()
