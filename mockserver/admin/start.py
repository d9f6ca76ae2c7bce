"""The start page at ``/``: a page for browsers, JSON for all other clients."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from urllib.parse import quote

from flask import Blueprint, Response, request

from ..engine.examples import sandbox_prefix
from ..engine.runtime import Runtime
from ..engine.wsgi import SANDBOX
from ..sdk import jsontext
from ..sdk.http import Reply
from ..sdk.version import __version__
from . import outside
from .browsers import wants_page
from .pages import serve_file


def blueprint(runtime: Runtime, respond: Callable[[Reply], Response]) -> Blueprint:
    """The route of ``/``: a page for browsers, and JSON for all other clients."""
    own, control = Blueprint("start", __name__), runtime.settings.control

    @own.route("/", methods=["GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"], provide_automatic_options=False)
    def index() -> Response:
        if control and wants_page(request.environ):
            return _page()
        reply = Reply.json(jsontext.encode(_describe(runtime)))
        return respond(reply._replace(headers=(*reply.headers, ("Vary", "Accept"))) if control else reply)

    return own


def _describe(runtime: Runtime) -> dict[str, Any]:
    """The server, its pages and its vendors, with their addresses as called from outside."""
    settings, sandbox, base = runtime.settings, request.environ.get(SANDBOX), outside.base(runtime.settings)
    if base and sandbox:  # paths are below whatever was called, whole URLs are not
        base += sandbox_prefix(quote(sandbox))
    pages = {"health": f"{base}/__admin/health", "console": f"{base}/__admin/", "docs": f"{base}/__docs/"}
    links = {**pages, "tokenWanted": settings.control_token is not None} if settings.control else {}
    vendors = [
        {
            "name": vendor.name,
            "title": vendor.title,
            "document": vendor.document,
            "addresses": [f"{base}/{vendor.name}{operation.path}" for operation in vendor.operations],
        }
        for vendor in runtime.vendors
    ]
    return {"name": "mockserver", "version": __version__, **links, "vendors": vendors}


def _page() -> Response:
    """The page; it holds nothing of the server, which may be secret."""
    sandbox, sent = request.environ.get(SANDBOX), request.environ
    path = str(sent.get("RAW_URI") or sent.get("REQUEST_URI") or "/").partition("?")[0]
    if sandbox and not path.endswith("/"):  # to where the page's own addresses hold
        return Response(status=308, headers={"Location": f"{quote(sandbox)}/", "Vary": "Accept"})
    reply = serve_file("start/index.html")
    reply.headers["Vary"] = "Accept"
    return reply
