"""Serves the pages: the files in ``site/``, which hold no secret and get what they show from the API."""

from __future__ import annotations

from pathlib import Path

from flask import Response, request, send_from_directory

from ..sdk.version import __version__
from .browsers import wants_page
from .http import AdminContext, json_response
from .route import describe_routes

SITE = Path(__file__).parent / "site"
# Our pages run only our own files, connect only to this server, and appear in no foreign frame.
POLICY = "default-src 'self'; img-src 'self' data:; base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
# The system's own table may differ.
_TYPES = {".html": "text/html", ".css": "text/css", ".js": "text/javascript", ".svg": "image/svg+xml"}


def redirect_to_console(control: AdminContext) -> Response:
    """Redirects to the path with a slash, which the page's relative links need, also below a sandbox's URL."""
    return Response(status=308, headers={"Location": "__admin/"})


def get_console(control: AdminContext) -> Response:
    """Serves the console to browsers, and the list of routes to other clients."""
    if wants_page(request.environ):
        reply = serve_file("console/index.html")
    else:
        reply = json_response({"version": __version__, "offers": describe_routes(control.routes)})
    reply.headers["Vary"] = "Accept"
    return reply


def get_file(control: AdminContext, name: str) -> Response:
    return serve_file(name)


def serve_file(name: str, policy: str = POLICY, folder: Path = SITE) -> Response:
    """Serves a file of ours; browsers revalidate it on each use."""
    reply = send_from_directory(folder, name, mimetype=_TYPES.get(Path(name).suffix), max_age=0)
    reply.headers["Content-Security-Policy"] = policy
    reply.headers["X-Content-Type-Options"] = "nosniff"
    reply.headers["Referrer-Policy"] = "no-referrer"
    return reply
