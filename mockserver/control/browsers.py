"""Telling a browser from every other client."""

from __future__ import annotations

from typing import TYPE_CHECKING

from werkzeug.datastructures import MIMEAccept
from werkzeug.http import parse_accept_header

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIEnvironment


def wants_page(environ: WSGIEnvironment) -> bool:
    """Whether a request reads and likes HTML better than JSON; ``*/*`` likes both the same."""
    liked = parse_accept_header(environ.get("HTTP_ACCEPT"), MIMEAccept)
    reads = environ["REQUEST_METHOD"] in ("GET", "HEAD")
    return reads and liked.quality("text/html") > liked.quality("application/json")
