"""Carries out calls, delays and network faults in an event loop, so that a waiting call needs no thread.

The loop itself answers calls, since a thread would cost more than most of them. Threads answer only the server's own
pages (``/__…``) that may be slow.
"""

from __future__ import annotations

import asyncio
import io
import re
import socket
import struct
import sys
from collections.abc import Awaitable, Callable, Mapping
from functools import lru_cache
from typing import TYPE_CHECKING, Any, NamedTuple

from ..engine.wsgi import CARRIER, frame_headers, has_body, read_request
from ..sdk.http import NetworkFault, Reply, Request
from . import wsgi_faults
from .front import Front

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIApplication, WSGIEnvironment

Message = Mapping[str, Any]
Send = Callable[[Message], Awaitable[None]]
Receive = Callable[[], Awaitable[Message]]


class Answer(NamedTuple):
    """A reply as the server sends it."""

    status: int
    headers: list[tuple[bytes, bytes]]
    body: bytes


class AsgiAdapter:
    """An ASGI app around a front that carries out delays and network faults without threads."""

    def __init__(self, front: Front, sleep: Callable[[float], Awaitable[None]] = asyncio.sleep) -> None:
        self._front, self._sleep = front, sleep

    def handle_without_body(self, request: Any) -> Reply | None:
        """Reply to a gunicorn request without ASGI messages.

        Returns None for a request with a body or for one of the server's own pages.
        """
        if request.content_length or request.chunked:
            return None
        headers: dict[str, str] = {}
        for name, value in request.headers_bytes:
            key, text = _lower(name), value.decode("latin-1")
            headers[key] = f"{headers[key]},{text}" if key in headers else text
        path = request.path
        if path[:1] != "/":
            path, host = split_target(path, headers.get("host"))
            headers |= {"host": host} if host else {}
        if self._front.is_ours(path, headers.get("host")):
            return None
        return self._front.handle(Request(request.method, path, request.query, headers, target_length=len(request.uri)))

    async def __call__(self, scope: Mapping[str, Any], receive: Receive, send: Send) -> None:
        environ = environment(scope)
        body = b""
        if has_body(environ):
            body = await _body(receive, self._front.max_body_bytes(environ))
            environ.setdefault("CONTENT_LENGTH", str(len(body)))
        if not self._front.is_ours(environ["PATH_INFO"], environ.get("HTTP_HOST")):
            await self.carry(self._front.handle(read_request(environ, body)), scope, receive, send)
            return
        environ["wsgi.input"] = io.BytesIO(body)
        if not is_slow(environ["PATH_INFO"], environ["QUERY_STRING"]):
            answer = call_wsgi(self._front, environ)
        else:
            answer = await asyncio.to_thread(call_wsgi, self._front, environ)
        await self._send(answer, send)

    async def carry(self, reply: Reply, scope: Mapping[str, Any], receive: Receive, send: Send) -> None:
        """Send a reply with its delay and network fault."""
        answer = Answer(
            reply.status, encode_headers(frame_headers(reply)), b"" if scope["method"] == "HEAD" else reply.body
        )
        if reply.delay:
            await self._sleep(reply.delay)
        if reply.network:
            await self._misbehave(reply.network, answer, receive, send)
        else:
            await self._send(answer, send)

    async def _send(self, answer: Answer, send: Send) -> None:
        await send({"type": "http.response.start", "status": answer.status, "headers": answer.headers})
        await send({"type": "http.response.body", "body": answer.body})

    async def _misbehave(self, fault: NetworkFault, answer: Answer, receive: Receive, send: Send) -> None:
        body, half = answer.body, len(answer.body) // 2
        if fault == "reset":
            reset_connection(receive.__self__.protocol.transport)  # type: ignore[attr-defined]  # always gunicorn's
        if fault in ("reset", "empty"):
            raise asyncio.CancelledError  # the server closes the connection silently
        await send({"type": "http.response.start", "status": answer.status, "headers": answer.headers})
        if fault == "malformed":
            await send({"type": "http.response.body", "body": body[:half].ljust(len(body), b"!")})
        elif fault == "truncate":
            await send({"type": "http.response.body", "body": body[:half], "more_body": True})
            raise asyncio.CancelledError
        elif fault == "drip":
            size = max(1, -(-len(body) // wsgi_faults.DRIP_PIECES))
            for start in range(0, len(body), size):
                await send({"type": "http.response.body", "body": body[start : start + size], "more_body": True})
                await self._sleep(wsgi_faults.DRIP_PAUSE)
            await send({"type": "http.response.body", "body": b""})


def is_slow(path: str, query: str) -> bool:
    """Whether one of the server's own pages may take long, so that it needs a thread.

    The requests that a console repeats are quick.
    """
    quick = path == "/__admin/health" or (path == "/__admin/requests" and "brief=true" in query)
    return path.startswith("/__") and not quick


def split_target(path: str, host: str | None) -> tuple[str, str | None]:
    """Split a request target, possibly in absolute form as sent through a proxy, into path and host."""
    match = _ABSOLUTE.fullmatch(path)
    return (match[2] or "/", match[1]) if match else (path, host)


_HOST = r"(?:[\w.~-]+|\[[\da-f:.]+\])(?::\d*)?"
_ABSOLUTE = re.compile(
    rf"https?://({_HOST})(/.*)?", re.IGNORECASE | re.ASCII | re.DOTALL
)  # matches a decoded target without its query


def reset_connection(transport: Any) -> None:
    """Close a connection with an RST, which also discards unsent data in the system's buffers."""
    linger = struct.pack("ii", 1, 0)
    transport.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
    transport.abort()


def call_wsgi(app: WSGIApplication, environ: WSGIEnvironment) -> Answer:
    started: list[Any] = []

    def start_response(status: str, headers: list[tuple[str, str]], failure: Any = None) -> Callable[[bytes], object]:
        started[:] = status, headers
        return started.append

    pieces = app(environ, start_response)
    try:
        body = b"".join(pieces)
    finally:
        if hasattr(pieces, "close"):
            pieces.close()
    status, headers = started
    return Answer(int(status[:3]), encode_headers(headers), body)


def encode_headers(headers: list[tuple[str, str]]) -> list[tuple[bytes, bytes]]:
    """Encode headers as bytes."""
    return [(_bytes(name), value.encode("latin-1")) for name, value in headers]


def is_plain(reply: Reply) -> bool:
    """Whether a reply can be sent without gunicorn's checks.

    Its headers have no control characters, fit Latin-1 and are not the server's own. A 204 or 304 has no body.
    """
    names, values = zip(*reply.headers, strict=True) if reply.headers else ((), ())
    text = "".join(values)
    if not (text.isascii() and text.isprintable()) and _ODD.search(text):  # skips the slow search for most replies
        return False
    return _are_plain(names) and not (reply.body and reply.status in (204, 304))


_ODD = re.compile(r"[\x00-\x08\x0a-\x1f\x7f]|[^\x00-\xff]")


@lru_cache(maxsize=1000)
def _are_plain(names: tuple[str, ...]) -> bool:
    are_allowed = all(name.lower() not in ("connection", "date", "server", "transfer-encoding") for name in names)
    return are_allowed and not _ODD.search("".join(names))


@lru_cache(maxsize=1000)
def _bytes(name: str) -> bytes:
    return name.encode("latin-1")


def environment(scope: Mapping[str, Any]) -> WSGIEnvironment:
    """Build the WSGI environment of a request without its body. Values of repeated headers are joined."""
    query, path = scope["query_string"].decode("latin-1"), scope["raw_path"].decode("latin-1")
    environ: WSGIEnvironment = {
        "REQUEST_METHOD": scope["method"],
        "SCRIPT_NAME": "",
        "PATH_INFO": scope["path"].encode().decode("latin-1"),
        "QUERY_STRING": query,
        "RAW_URI": f"{path}?{query}" if query else path,
        "SERVER_PROTOCOL": "HTTP/" + scope["http_version"],
        "SERVER_NAME": scope["server"][0],
        "SERVER_PORT": str(scope["server"][1]),
        **({"REMOTE_ADDR": scope["client"][0]} if scope.get("client") else {}),
        "wsgi.version": (1, 0),
        "wsgi.url_scheme": scope["scheme"],
        "wsgi.input": io.BytesIO(),
        "wsgi.input_terminated": True,
        "wsgi.errors": sys.stderr,
        "wsgi.multithread": True,
        "wsgi.multiprocess": False,
        "wsgi.run_once": False,
        CARRIER: True,
    }
    for name, value in scope["headers"]:
        key, text = _key(name), value.decode("latin-1")
        environ[key] = f"{environ[key]},{text}" if key in environ else text
    if environ["PATH_INFO"][:1] != "/":
        environ["PATH_INFO"], host = split_target(environ["PATH_INFO"], environ.get("HTTP_HOST"))
        environ |= {"HTTP_HOST": host} if host else {}
    return environ


REMEMBERED = 64  # bytes; longer header names are not cached, so that clients cannot fill the memory


def _lower(name: bytes) -> str:
    return _known_lower(name) if len(name) <= REMEMBERED else name.decode("latin-1")


@lru_cache(maxsize=1000)
def _known_lower(name: bytes) -> str:
    return name.decode("latin-1")


def _key(name: bytes) -> str:
    return (_known_key if len(name) <= REMEMBERED else _known_key.__wrapped__)(name)


@lru_cache(maxsize=1000)
def _known_key(name: bytes) -> str:
    key = name.decode("latin-1").upper().replace("-", "_")
    return key if key in ("CONTENT_TYPE", "CONTENT_LENGTH") else f"HTTP_{key}"


async def _body(receive: Receive, max_bytes: int) -> bytes:
    """Read the whole body of a request and return its first ``max_bytes`` bytes.

    Raises CancelledError if the client disconnects before the end.
    """
    body, more = bytearray(), True
    while more:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise asyncio.CancelledError
        if len(body) < max_bytes:
            body += message.get("body", b"")  # in place, since a body may come in millions of pieces
        more = message.get("more_body", False)
    return bytes(body[:max_bytes])
