"""A request and a reply as WSGI has them."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING
from urllib.parse import quote

from ..sdk.http import Reply, Request
from ..sdk.querystring import MAX_CACHED_CHARS

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIEnvironment

# Keys of an environment: the sandbox that the URL names, the Reply for the server in front, and whether that server
# carries out delays and network faults.
SANDBOX, REPLY, CARRIER = "mockserver.sandbox", "mockserver.reply", "mockserver.carrier"
WITHOUT_PREFIX = ("CONTENT_TYPE", "CONTENT_LENGTH")  # headers that WSGI names so


def read_request(environ: WSGIEnvironment, body: bytes = b"") -> Request:
    """The request as a plain value."""
    query, path = environ.get("QUERY_STRING", ""), decode_path(environ["PATH_INFO"])
    target = environ.get("RAW_URI") or environ.get("REQUEST_URI") or quote(path) + (f"?{query}" if query else "")
    headers = {
        _header_name(key): value
        for key, value in environ.items()
        if key[:5] == "HTTP_" or (value and key in WITHOUT_PREFIX)
    }
    return Request(
        environ["REQUEST_METHOD"],
        path,
        query,
        headers,
        target_length=len(target),
        body=body,
        sandbox=environ.get(SANDBOX),
        carries_faults=environ.get(CARRIER, False),
    )


def _header_name(key: str) -> str:
    """The name of a header; a long one is not remembered, or what a client sends would fill the memory."""
    return (_known_header_name if len(key) <= MAX_CACHED_CHARS else _known_header_name.__wrapped__)(key)


@lru_cache(maxsize=1000)
def _known_header_name(key: str) -> str:
    return key.removeprefix("HTTP_").replace("_", "-").lower()


def decode_path(text: str) -> str:
    """A path as text: WSGI hands over its bytes as Latin-1."""
    return text if text.isascii() else text.encode("latin-1").decode(errors="replace")


def has_body(environ: WSGIEnvironment) -> bool:
    """Whether a request says that it has a body."""
    return environ.get("CONTENT_LENGTH", "0") not in ("", "0") or "HTTP_TRANSFER_ENCODING" in environ


def frame_headers(reply: Reply) -> list[tuple[str, str]]:
    """The headers of a reply with its length, but for the status that has none (RFC 9110, 8.6)."""
    headers = list(reply.headers)
    if reply.status != 204:
        headers.append(("Content-Length", str(len(reply.body))))
    return headers
