"""The start page at ``/``, for browsers; anybody else gets the JSON of app.py. It asks control for what it shows."""

from __future__ import annotations

from urllib.parse import quote

from flask import Blueprint, Response, request

from ..engine.addresses import SANDBOX
from ..engine.serve import Runtime
from .pages import page


def blueprint(world: Runtime) -> Blueprint:
    """The route of this part: it holds nothing of the world, which may be secret."""
    routes = Blueprint("start", __name__)

    @routes.get("/")
    def start() -> Response:
        named, sent = request.environ.get(SANDBOX), request.environ
        path = str(sent.get("RAW_URI") or sent.get("REQUEST_URI") or "/").partition("?")[0]
        if named and not path.endswith("/"):  # to where the page's own addresses hold
            return Response(status=308, headers={"Location": f"{quote(named)}/", "Vary": "Accept"})
        reply = page("start/index.html")
        reply.headers["Vary"] = "Accept"
        return reply

    return routes
