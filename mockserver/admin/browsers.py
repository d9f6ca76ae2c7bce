"""Tells browsers from other clients."""

from __future__ import annotations

from typing import TYPE_CHECKING

from werkzeug.datastructures import MIMEAccept
from werkzeug.http import parse_accept_header

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIEnvironment


MAX_ACCEPT_CHARS = 1000  # a longer Accept header takes long to parse, and no browser sends one


def wants_page(environ: WSGIEnvironment) -> bool:
    """Whether a request is a GET or HEAD that prefers HTML to JSON; ``*/*`` has no preference."""
    if len(environ.get("HTTP_ACCEPT", "")) > MAX_ACCEPT_CHARS:
        return False
    accepted = parse_accept_header(environ.get("HTTP_ACCEPT"), MIMEAccept)
    is_read = environ["REQUEST_METHOD"] in ("GET", "HEAD")
    return is_read and accepted.quality("text/html") > accepted.quality("application/json")
