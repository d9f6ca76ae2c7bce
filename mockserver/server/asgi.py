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
from contextlib import suppress
from functools import lru_cache
from typing import TYPE_CHECKING, Any, NamedTuple

from ..engine.addresses import framed, has_body, is_quick
from ..sdk.http import NetworkFault, Reply
from . import wsgi_faults

if TYPE_CHECKING:
    from _typeshed import SupportsWrite
    from _typeshed.wsgi import WSGIApplication, WSGIEnvironment

Message = Mapping[str, Any]
Send = Callable[[Message], Awaitable[None]]
Receive = Callable[[], Awaitable[Message]]

BODY_LIMIT = 16 * 1024 * 1024  # of a body for an app that does not say how much of one it looks at


class Answer(NamedTuple):
    """What a WSGI app gave back."""

    status: int
    headers: list[tuple[bytes, bytes]]
    body: bytes


class Inline:
    """An ASGI app that asks a WSGI app, then waits and misbehaves as the Reply says that it leaves under ``key``.

    A WSGI app that has an ``at_once`` beside is asked by that first, if the server behind can (``at_once`` here). One
    that has a ``keeps`` says by it how many bytes of a body it looks at; the rest is forgotten as it arrives.
    """

    def __init__(
        self, app: WSGIApplication, key: str, sleep: Callable[[float], Awaitable[None]] = asyncio.sleep
    ) -> None:
        self._app, self._key, self._sleep = app, key, sleep
        self._at_once: Callable[..., Reply | None] | None = getattr(app, "at_once", None)
        self._keeps: Callable[[WSGIEnvironment], int] = getattr(app, "keeps", lambda environ: BODY_LIMIT + 1)

    def at_once(self, request: Any) -> Reply | None:
        """The reply to one of gunicorn's requests, if it can be had without ASGI and WSGI."""
        if self._at_once is None or request.content_length or request.chunked:
            return None
        path = request.path
        headers: dict[str, str] = {}
        for name, value in request.headers_bytes:
            key, text = _lower(name), value.decode("latin-1")
            headers[key] = f"{headers[key]},{text}" if key in headers else text
        path = path if path.isascii() else path.encode().decode("latin-1")
        return self._at_once(request.method, path, request.query, headers, len(request.uri))

    async def __call__(self, scope: Mapping[str, Any], receive: Receive, send: Send) -> None:
        environ = environment(scope)
        if has_body(environ):
            body = await _body(receive, self._keeps(environ))
            environ["wsgi.input"] = io.BytesIO(body)
            environ.setdefault("CONTENT_LENGTH", str(len(body)))
        if scope["path"].startswith("/__") and not is_quick(scope["path"], scope["query_string"].decode("latin-1")):
            answer = await asyncio.to_thread(_answered, self._app, environ)
        else:
            answer = _answered(self._app, environ)
        await self._carry(answer, environ.get(self._key), receive, send)

    async def carry(self, reply: Reply, scope: Mapping[str, Any], receive: Receive, send: Send) -> None:
        """Send a reply that is there already, as it says."""
        answer = Answer(reply.status, encoded(framed(reply)), b"" if scope["method"] == "HEAD" else reply.body)
        await self._carry(answer, reply, receive, send)

    async def _carry(self, answer: Answer, reply: Reply | None, receive: Receive, send: Send) -> None:
        if reply is not None and reply.delay:
            await self._sleep(reply.delay)
        if reply is not None and reply.network:
            await self._misbehave(reply.network, answer, receive, send)
        else:
            await send({"type": "http.response.start", "status": answer.status, "headers": answer.headers})
            await send({"type": "http.response.body", "body": answer.body})

    async def _misbehave(self, fault: NetworkFault, answer: Answer, receive: Receive, send: Send) -> None:
        body, half = answer.body, len(answer.body) // 2
        if fault == "reset":
            reset(receive.__self__.protocol.transport)  # type: ignore[attr-defined]  # gunicorn hands out no other
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


class BatchedStream:
    """A stream that writes in one go what comes in one turn of the event loop, at its end; outside of a loop at once.

    No more than ``WHOLE`` bytes go together: so much reaches a pipe
    undivided, whatever other processes write to it. What a thread writes meanwhile comes before it. What cannot be
    written, to a disk that is full or a reader who is gone, is lost: the calls are answered all the same.
    """

    WHOLE = 4096

    def __init__(self, stream: SupportsWrite[str]) -> None:
        self._stream, self._texts, self._length = stream, list[str](), 0

    def write(self, text: str) -> None:
        loop = asyncio._get_running_loop()
        if loop is None:
            self._put(text)
            return
        if self._length + len(text) > self.WHOLE:
            self.flush()
        if not self._texts:
            loop.call_soon(self.flush)
        self._texts.append(text)
        self._length += len(text)

    def flush(self) -> None:
        """Write what there is so far."""
        texts, self._texts, self._length = self._texts, [], 0
        if texts:
            self._put("".join(texts))

    def _put(self, text: str) -> None:
        with suppress(OSError):
            self._stream.write(text)


def reset(transport: Any) -> None:
    """Close a connection with an RST: what was written to it and is not sent yet is forgotten, by the system, too."""
    linger = struct.pack("ii", 1, 0)
    transport.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
    transport.abort()


def _answered(app: WSGIApplication, environ: WSGIEnvironment) -> Answer:
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
    return Answer(int(status[:3]), encoded(headers), body)


def encoded(headers: list[tuple[str, str]]) -> list[tuple[bytes, bytes]]:
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
    }
    for name, value in scope["headers"]:
        key, text = _key(name), value.decode("latin-1")
        environ[key] = f"{environ[key]},{text}" if key in environ else text
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
