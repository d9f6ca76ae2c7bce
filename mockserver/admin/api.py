"""The control API as a blueprint: the routes of the table, behind the guard."""

from __future__ import annotations

from functools import partial

from flask import Blueprint, request

from ..engine.runtime import Runtime
from ..engine.wsgi import SANDBOX
from ..sdk.http import SANDBOX_HEADER
from . import guard
from .http import AdminContext, unprocessable
from .route import PREFIX
from .routes import BY_ENDPOINT, ROUTES


def blueprint(runtime: Runtime) -> Blueprint:
    """The routes of the control API, behind its guard."""
    api = Blueprint("control", __name__, url_prefix=PREFIX)
    control = AdminContext(runtime, ROUTES)
    guard.protect(api, runtime)
    control.handle_errors(api)
    api.before_request(partial(_check_request, control))
    api.before_request(partial(_reset_if_due, control))
    for route in ROUTES:
        api.add_url_rule(route.path, route.endpoint, partial(route.handler, control), methods=[route.method])
    return api


def _check_request(control: AdminContext) -> None:
    """Refuses a parameter where the route takes none, and a sandbox name that no sandbox can have.

    A parameter is sent to say what to do; ignoring it would do something else. Raises Problem.
    """
    route = BY_ENDPOINT[str(request.endpoint).partition(".")[2]]
    if route.kind == "probe":
        return
    for name in (request.headers.get(SANDBOX_HEADER), request.environ.get(SANDBOX)):
        if name is not None:
            control.check_name(name)
    if request.args and not route.parameters:
        raise unprocessable(f"Unexpected parameter {next(iter(request.args))[:80]!r}: this route takes none.")


def _reset_if_due(control: AdminContext) -> None:
    """Applies a due daily reset first: some routes, like those of the journal, read without entering a sandbox."""
    route = BY_ENDPOINT[str(request.endpoint).partition(".")[2]]
    if not route.is_open and not route.needs_no_store:
        control.runtime.sandboxes.reset_if_due(control.now)
