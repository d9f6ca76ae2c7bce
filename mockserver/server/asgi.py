"""Carrying out calls, delays and network faults in an event loop, where a call that waits costs no thread.

What the app answers soon it answers in the loop itself: handing a call to a thread costs more than most calls do.
Only pages of ours (``/__…``) go to threads, but for those that are known to be quick: they may work for long.
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
    """A reply as it is sent."""

    status: int
    headers: list[tuple[bytes, bytes]]
    body: bytes


class AsgiAdapter:
    """An ASGI app around a front, which carries out delays and network faults without a thread for each."""

    def __init__(self, front: Front, sleep: Callable[[float], Awaitable[None]] = asyncio.sleep) -> None:
        self._front, self._sleep = front, sleep

    def handle_without_body(self, request: Any) -> Reply | None:
        """The reply to one of gunicorn's requests, without ASGI's messages; None for one with a body, or of ours."""
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
        """Send a reply, with its delay and its network fault."""
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
            reset_connection(receive.__self__.protocol.transport)  # type: ignore[attr-defined]  # gunicorn hands out no other
        if fault in ("reset", "empty"):
            raise asyncio.CancelledError  # the server closes the connection, and passes over it in silence
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
    """Whether a page of ours may take longer than a call, so that it needs a thread.

    Not so what a console asks for every second or two.
    """
    quick = path == "/__admin/health" or (path == "/__admin/requests" and "brief=true" in query)
    return path.startswith("/__") and not quick


def split_target(path: str, host: str | None) -> tuple[str, str | None]:
    """The path and host of a request target, which may be in absolute form, as a client behind a proxy sends it."""
    found = _ABSOLUTE.fullmatch(path)
    return (found[2] or "/", found[1]) if found else (path, host)


_HOST = r"(?:[\w.~-]+|\[[\da-f:.]+\])(?::\d*)?"
_ABSOLUTE = re.compile(rf"https?://({_HOST})(/.*)?", re.IGNORECASE | re.ASCII | re.DOTALL)  # decoded, without its query


def reset_connection(transport: Any) -> None:
    """Close a connection with an RST: what was written to it and is not sent yet is forgotten, by the system, too."""
    linger = struct.pack("ii", 1, 0)
    transport.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
    transport.abort()


def call_wsgi(app: WSGIApplication, environ: WSGIEnvironment) -> Answer:
    told: list[Any] = []

    def start_response(status: str, headers: list[tuple[str, str]], failure: Any = None) -> Callable[[bytes], object]:
        told[:] = status, headers
        return told.append

    pieces = app(environ, start_response)
    try:
        body = b"".join(pieces)
    finally:
        if hasattr(pieces, "close"):
            pieces.close()
    status, headers = told
    return Answer(int(status[:3]), encode_headers(headers), body)


def encode_headers(headers: list[tuple[str, str]]) -> list[tuple[bytes, bytes]]:
    """Headers as they travel."""
    return [(_bytes(name), value.encode("latin-1")) for name, value in headers]


def is_plain(reply: Reply) -> bool:
    """Whether a reply can go out as it stands: no header of it ends early, is beyond Latin-1, or is the server's to
    say, and it has no body where HTTP allows none. What is not plain gunicorn itself must see to.
    """
    names, values = zip(*reply.headers, strict=True) if reply.headers else ((), ())
    text = "".join(values)
    if not (text.isascii() and text.isprintable()) and _ODD.search(text):  # to search takes ten times as long
        return False
    return _are_plain(names) and not (reply.body and reply.status in (204, 304))


_ODD = re.compile(r"[\x00-\x08\x0a-\x1f\x7f]|[^\x00-\xff]")


@lru_cache(maxsize=1000)
def _are_plain(names: tuple[str, ...]) -> bool:
    ours = all(name.lower() not in ("connection", "date", "server", "transfer-encoding") for name in names)
    return ours and not _ODD.search("".join(names))


@lru_cache(maxsize=1000)
def _bytes(name: str) -> bytes:
    return name.encode("latin-1")


def environment(scope: Mapping[str, Any]) -> WSGIEnvironment:
    """The WSGI environment of a request without its body; a header that comes twice has its values joined."""
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


REMEMBERED = 64  # bytes of a header's name: what a client sends must not fill the memory


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


async def _body(receive: Receive, most: int) -> bytes:
    """The first so many bytes of a request's body, all of which is read.

    Raises CancelledError when the client leaves before it sent all: half a request is none.
    """
    body, more = bytearray(), True
    while more:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise asyncio.CancelledError
        if len(body) < most:
            body += message.get("body", b"")  # in place: a body may come in millions of pieces
        more = message.get("more_body", False)
    return bytes(body[:most])
