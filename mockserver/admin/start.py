"""Serves the start page at ``/`` to browsers; other clients get the JSON of app.py."""

from __future__ import annotations

from urllib.parse import quote

from flask import Blueprint, Response, request

from ..engine.addresses import SANDBOX
from ..engine.serve import Runtime
from .pages import serve_file


def blueprint(runtime: Runtime) -> Blueprint:
    """The route of the start page; the page itself holds nothing of the runtime, which may be secret."""
    routes = Blueprint("start", __name__)

    @routes.get("/")
    def start() -> Response:
        environ = request.environ
        sandbox = environ.get(SANDBOX)
        path = str(environ.get("RAW_URI") or environ.get("REQUEST_URI") or "/").partition("?")[0]
        if sandbox and not path.endswith("/"):  # the page's relative links need the slash
            return Response(status=308, headers={"Location": f"{quote(sandbox)}/", "Vary": "Accept"})
        reply = serve_file("start/index.html")
        reply.headers["Vary"] = "Accept"
        return reply

    return routes
