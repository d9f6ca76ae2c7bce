"""One door: control, documents and pages go to the admin app, everything else to ``handle``."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import cached_property
from threading import Lock
from typing import TYPE_CHECKING

from ..engine.handle import handle
from ..engine.redaction import MAX_BODY_BYTES
from ..engine.router import split_sandbox
from ..engine.runtime import Runtime
from ..engine.wsgi import REPLY, SANDBOX, frame_headers, has_body, read_request
from ..sdk.http import Reply, Request, reason_phrase

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

CHUNK_BYTES = 64 * 1024


class Front:
    """What a server of ours asks: plain requests, or (as a WSGI app) environments."""

    def __init__(self, runtime: Runtime) -> None:
        self.runtime = runtime
        self._admin: WSGIApplication | None = None
        self._lock = Lock()

    @property
    def admin(self) -> WSGIApplication:
        """The admin app, made when it is first needed: a start without Flask is shorter."""
        with self._lock:
            if self._admin is None:
                from ..admin.app import create_admin_app  # with Flask, which most calls do without

                self._admin = create_admin_app(self.runtime)
        return self._admin

    def is_ours(self, path: str, host: str | None) -> bool:
        """Whether a path is for the admin app."""
        return self.runtime.router.is_ours(split_sandbox(path)[1], host)

    def handle(self, request: Request) -> Reply:
        """The reply to a request that is not for the admin app."""
        return handle(self.runtime, request)

    def max_body_bytes(self, environ: WSGIEnvironment) -> int:
        """How much of a body is looked at; the rest of it may be forgotten as it arrives."""
        if not self.is_ours(environ["PATH_INFO"], environ.get("HTTP_HOST")):
            return MAX_BODY_BYTES + 1  # one more says that there is more
        return self._control_body_limit(lead(environ)) if self.runtime.settings.control else 0

    @cached_property
    def _control_body_limit(self) -> Callable[[WSGIEnvironment], int]:
        from ..admin.guard import make_body_limit  # with Flask, as the admin app

        return make_body_limit(self.runtime)

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        if self.is_ours(environ["PATH_INFO"], environ.get("HTTP_HOST")):
            return self.admin(lead(environ), start_response)
        reply = environ[REPLY] = self.handle(read_request(environ, read_body(environ)))
        start_response(f"{reply.status} {reason_phrase(reply.status)}", frame_headers(reply))
        return [b"" if environ["REQUEST_METHOD"] == "HEAD" else reply.body]


def read_body(environ: WSGIEnvironment) -> bytes:
    """As much of a body as is looked at; the rest is read, so that the connection can go on, and forgotten."""
    if not has_body(environ):
        return b""
    from werkzeug.wsgi import get_input_stream  # most requests have none

    stream, pieces, length = get_input_stream(environ), list[bytes](), 0
    while piece := stream.read(CHUNK_BYTES):
        if length <= MAX_BODY_BYTES:
            pieces.append(piece)
            length += len(piece)
    return b"".join(pieces)[: MAX_BODY_BYTES + 1]


def lead(environ: WSGIEnvironment) -> WSGIEnvironment:
    """The environment for the admin app: without the sandbox in front of its path, which it holds beside."""
    sandbox, path = split_sandbox(environ["PATH_INFO"])
    return environ if sandbox is None else {**environ, "PATH_INFO": path, SANDBOX: sandbox}
