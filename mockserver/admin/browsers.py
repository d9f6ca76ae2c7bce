"""Telling a browser from every other client."""

from __future__ import annotations

from typing import TYPE_CHECKING

from werkzeug.datastructures import MIMEAccept
from werkzeug.http import parse_accept_header

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIEnvironment


LONGEST = 1000  # characters of an Accept: to read a longer one takes long, and no browser sends it


def wants_page(environ: WSGIEnvironment) -> bool:
    """Whether a request reads and likes HTML better than JSON; ``*/*`` likes both the same."""
    if len(environ.get("HTTP_ACCEPT", "")) > LONGEST:
        return False
    liked = parse_accept_header(environ.get("HTTP_ACCEPT"), MIMEAccept)
    reads = environ["REQUEST_METHOD"] in ("GET", "HEAD")
    return reads and liked.quality("text/html") > liked.quality("application/json")
