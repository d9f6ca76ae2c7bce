"""A front with a fixed reply."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Mapping
from typing import TYPE_CHECKING, Any

from mockserver.engine.wsgi import REPLY
from mockserver.sdk.http import Reply, Request
from mockserver.server.front import Front

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIEnvironment

HEADERS = [("Content-Type", "application/json"), ("X-Name", "Jos\xe9")]


class StubFront(Front):
    """``reply`` is the vendors'; without one every path is the admin app's, which answers with ``body``."""

    def __init__(
        self, reply: Reply | None = None, body: bytes = b"", most: Callable[[WSGIEnvironment], int] | None = None
    ) -> None:
        self.reply, self._body, self._most = reply, body, most
        self.environ: Mapping[str, Any] = {}
        self.request: Request | None = None
        self.read, self.thread, self.closed = b"", "", False

    def is_ours(self, path: str, host: str | None) -> bool:
        return self.reply is None or path.startswith("/__")

    def handle(self, request: Request) -> Reply:
        self.request, self.thread = request, threading.current_thread().name
        assert self.reply is not None
        return self.reply

    def max_body_bytes(self, environ: WSGIEnvironment) -> int:
        return 1 << 30 if self._most is None else self._most(environ)

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        self.environ, self.thread = environ, threading.current_thread().name
        if "wsgi.input" in environ:
            self.read = environ["wsgi.input"].read()
        if self.reply is not None:
            environ[REPLY] = self.reply
        start_response("200 OK", HEADERS)
        return self

    def __iter__(self) -> Any:
        body = self._body if self.reply is None else self.reply.body
        return iter((body[:100], body[100:]))

    def close(self) -> None:
        self.closed = True
