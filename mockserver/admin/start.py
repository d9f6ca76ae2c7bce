"""The start page at ``/``, for browsers. It asks control for what it shows."""

from __future__ import annotations

from urllib.parse import quote

from flask import Response, request

from ..engine.wsgi import SANDBOX
from .pages import serve_file


def start_page() -> Response:
    """The page; it holds nothing of the server, which may be secret."""
    sandbox, sent = request.environ.get(SANDBOX), request.environ
    path = str(sent.get("RAW_URI") or sent.get("REQUEST_URI") or "/").partition("?")[0]
    if sandbox and not path.endswith("/"):  # to where the page's own addresses hold
        return Response(status=308, headers={"Location": f"{quote(sandbox)}/", "Vary": "Accept"})
    reply = serve_file("start/index.html")
    reply.headers["Vary"] = "Accept"
    return reply
