"""werkzeug's threaded server: for Windows, where gunicorn does not run, and for servers inside a test process."""

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
    """One that leaves the log of calls to us, and keeps no connection alive on which a reply was lost."""

    default_request_version = "HTTP/1.0"  # of HTTP/0.9, which replies without a head, nothing is left
    cors = True  # whether browsers of other origins may read what is refused

    def setup(self) -> None:
        self.timeout = CLIENT_TIMEOUT_SECONDS  # type: ignore[misc]  # it may well be each one's own
        super().setup()

    def handle_one_request(self) -> None:
        self.path, self.headers = "", self.MessageClass()  # nothing is left of the request before
        super().handle_one_request()

    def log_error(self, format: str, *args: object) -> None:
        """A client that hung, or sent what is no HTTP, is nobody's news; a secret may be in it."""

    def parse_request(self) -> bool:
        """Whether it is a request; if not, it is refused already. Stricter than http.server, and as strict as gunicorn
        where it would matter: what stands in a header may come back in a header of ours.
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
        if self.headers.defects:  # what stands behind a header that is none would be passed over
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
        """In our words: http.server's are a page."""
        origins = self.headers.get_all("Origin", [])
        beside = make_refusal_headers(self.path, origins) if self.cors else ()
        reply = render_refusal(int(code), explain or message or "", beside)
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
    """A server on a listening socket; ``serve_forever`` runs it, ``shutdown`` from another thread stops it."""
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
    """Serve until interrupted; ``ready`` is called just before the first call can be answered, ``leaving`` at the end.
    There are no workers to be ``starting``. Raises WrongSetting.

    With a certificate and its key the socket speaks TLS, or if there is one more only that: then this one speaks HTTP.
    ``data`` is read anew when it says so, if it watches. The one process counts where it counted; it is ``alone``.
    """
    if workers > 1:
        raise InvalidSetting(f"--workers is {workers}, wanted 1: on this system there can be no more.")
    serving = build_server(front, listener, None if encrypted else tls, cors=cors)
    if encrypted:
        Thread(target=build_server(front, encrypted, tls, cors=cors).serve_forever, daemon=True).start()
    if data and data.watching:
        Thread(target=_poll_files, args=[data, partial(time.sleep, POLL_SECONDS)], daemon=True).start()
    ready()
    try:
        serving.serve_forever()
    except KeyboardInterrupt:
        pass
    finally:
        serving.server_close()
        leaving()


def _poll_files(data: DataReload, pause: Callable[[], None]) -> None:
    """Look whether files have changed, again and again."""
    while True:
        pause()
        if data.find_changes():
            data.swap()
