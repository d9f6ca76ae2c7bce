"""The sandbox as a Flask app: any WSGI server can serve it."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any

from flask import Flask, Response, request
from werkzeug.exceptions import HTTPException, MethodNotAllowed, NotFound

from .admin.app import QuietFlask, refuse, respond
from .engine.build import build_runtime
from .engine.handle import handle
from .engine.runtime import Runtime
from .engine.wsgi import CARRIER, read_request
from .sandbox.settings import Settings, make_settings
from .sandbox.store import Store
from .sdk import clock
from .sdk.contract import Vendor
from .server.front import Front, lead, read_body
from .server.wsgi_faults import wait

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIEnvironment


def create_app(
    settings: Settings | None = None,
    *,
    vendors: Iterable[Vendor] = (),
    store: Store | None = None,
    wall: Callable[[], float] = clock.wall_time,
) -> Flask:
    """A Flask app around ``handle``: our vendors, installed ones, and those given.

    Raises InvalidSetting, InvalidFixture or BadVendor with a sentence when it cannot be put together.
    """
    runtime = build_runtime(settings or make_settings(), vendors=vendors, store=store, wall=wall)
    app = QuietFlask("mockserver", static_folder=None)
    app.extensions["mockserver"] = runtime
    app.url_map.merge_slashes = False
    app.url_map.strict_slashes = True

    def call(**path_params: str) -> Response:
        """The one view. The router reads the path again, as it does for every front."""
        reply = handle(runtime, read_request(request.environ, read_body(request.environ)))
        if reply.delay and not request.environ.get(CARRIER):
            wait(reply.delay)
        return respond(reply)

    def refused(error: HTTPException) -> Response:
        """A path or method that no rule has is the router's to judge, too."""
        return call() if isinstance(error, NotFound | MethodNotAllowed) else refuse(runtime, error)

    app.register_error_handler(HTTPException, refused)
    add_rules(app, runtime, call)
    app.wsgi_app = _Mount(app.wsgi_app, Front(runtime))  # type: ignore[method-assign]  # Flask's own way to wrap
    return app


def add_rules(app: Flask, runtime: Runtime, view: Callable[..., Response]) -> None:
    """A rule per documented address, so that ``flask routes`` lists them."""
    for address in runtime.router.addresses:
        for operation in address.operations.values():
            name = f"{address.vendor.name}.{operation.id}{' (prefix)' if address.prefix else ''}"
            path = re.sub(r"{(\w+)}", r"<\1>", address.prefix + address.path)
            app.add_url_rule(path, name, view, methods=[operation.method], provide_automatic_options=False)


class _Mount:
    """WSGI: the admin app beside Flask's own."""

    def __init__(self, calls: Any, front: Front) -> None:
        self._calls, self._front = calls, front

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        if self._front.is_ours(environ["PATH_INFO"], environ.get("HTTP_HOST")):
            return self._front.admin(lead(environ), start_response)
        body: Iterable[bytes] = self._calls(environ, start_response)
        return body
