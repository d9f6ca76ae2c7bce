"""The admin app: control, the API documents, the start page, and what is said of any other path of ours."""

from __future__ import annotations

import re
import traceback
from collections.abc import Callable
from typing import Any

from flask import Flask, Response, current_app, request
from werkzeug.exceptions import HTTPException
from werkzeug.routing import PathConverter

from ..engine.replies import log, render_problem
from ..engine.router import CONTROL_PREFIXES, cut_path
from ..engine.runtime import Runtime
from ..engine.wsgi import REPLY
from ..sdk.errors import Problem
from ..sdk.http import VERSION_HEADER, Reply, reason_phrase
from ..sdk.logtext import escape_text, indent_lines
from ..sdk.similar import find_closest_paths
from ..sdk.version import __version__
from . import api, docs, start
from .redact import redact_problem, redact_trace


def create_admin_app(runtime: Runtime) -> Flask:
    """A Flask app for every path that starts with ``/__``, and for ``/``."""
    app = QuietFlask("mockserver", static_folder=None)
    app.extensions["mockserver"] = runtime
    app.url_map.merge_slashes = False
    app.url_map.strict_slashes = True
    app.url_map.converters["rest"] = RestConverter
    app.register_error_handler(HTTPException, _refuse(runtime))
    if runtime.settings.control:
        for part in (api, docs):
            app.register_blueprint(part.blueprint(runtime))
    app.register_blueprint(start.blueprint(runtime, respond))
    return app


class RestConverter(PathConverter):
    """Any rest of a path, also an empty one or one that starts with a slash."""

    regex = "(?s:.*?)"  # a line break is a character like any other
    part_isolating = False


class QuietFlask(Flask):
    """Logs a crash as that of a call is logged, without what it would tell of secrets.

    The same phrase stands behind a status under any server: werkzeug's own are in capitals.
    """

    def process_response(self, response: Response) -> Response:
        response.status = f"{response.status_code} {reason_phrase(response.status_code)}"
        return super().process_response(response)

    def log_exception(self, exc_info: Any) -> None:
        runtime: Runtime = self.extensions["mockserver"]
        first = f"{escape_text(request.method)[:20]} {escape_text(redact_trace(runtime, request.path))} broke"
        log.error("%s\n%s", first, indent_lines(redact_trace(runtime, "".join(traceback.format_exception(*exc_info)))))


def respond(reply: Reply) -> Response:
    """The reply as Flask sends it; delay and network fault are for the server in front."""
    request.environ[REPLY] = reply
    response = Response(reply.body, reply.status)
    response.headers.remove("Content-Type")
    for name, value in reply.headers:
        response.headers.add(name, value)
    return response


def _refuse(runtime: Runtime) -> Callable[[HTTPException], Response]:
    """Says what else HTTP forbids (a path, a method) as problem+json."""

    def handler(error: HTTPException) -> Response:
        if error.code == 404:
            return respond(render_problem(redact_problem(runtime, _unknown(runtime))))
        return refuse(runtime, error)

    return handler


def _unknown(runtime: Runtime) -> Problem:
    """Nothing is at this path: the paths most like it."""
    if not (request.path.startswith(CONTROL_PREFIXES) and runtime.settings.control):
        problem = runtime.router.unknown(request.path)
        if request.path.startswith(CONTROL_PREFIXES):  # which nobody learns of where control is off
            shown = cut_path(request.path)
            return Problem(
                problem.title, problem.detail.replace(shown, "this path", 1), 404, problem.choices, problem.code
            )
        return problem
    rules = [str(rule) for rule in current_app.url_map.iter_rules()]
    paths = [re.sub(r"<(?:\w+:)?(\w+)>", r"{\1}", rule) for rule in rules if rule.startswith(CONTROL_PREFIXES)]
    near = tuple(find_closest_paths(request.path, dict.fromkeys(paths), 3))
    detail = f"Nothing is at {cut_path(request.path)}. Control is under /__admin."
    if near:
        detail += f" Closest: {', '.join(near)}."
    return Problem("Unknown path", detail, 404, near, "unknown-path")


def refuse(runtime: Runtime, error: HTTPException) -> Response:
    """What HTTP forbids, as problem+json with the headers that HTTP wants beside it."""
    extra = tuple((name, value) for name, value in error.get_headers() if name == "Allow")
    detail = error.description or error.name
    if extra:
        allowed = ", ".join(sorted(extra[0][1].split(", ")))
        detail = f"{cut_path(request.path)} is not for {request.method[:20]}, wanted one of {allowed}."
    reply = render_problem(redact_problem(runtime, Problem(error.name, detail, error.code or 500, code="http")))
    return respond(reply._replace(headers=(*reply.headers, *extra, (VERSION_HEADER, __version__))))
