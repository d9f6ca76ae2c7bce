"""Carries out delays and network faults where each call has its own thread, as under werkzeug."""

from __future__ import annotations

import socket
import struct
import time
from collections.abc import Callable, Iterable, Iterator
from errno import ECONNRESET  # servers ignore it silently
from threading import Semaphore
from typing import TYPE_CHECKING

from ..engine.wsgi import CARRIER, REPLY
from ..sdk.http import Reply
from .front import Front

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIEnvironment

AT_ONCE = 32
DRIP_PIECES = 10
DRIP_PAUSE = 0.2


class WsgiAdapter:
    """A WSGI app around a front that carries out delays and network faults.

    Any number of calls may wait, but at most ``AT_ONCE`` run: more would contend for the interpreter lock.
    """

    def __init__(self, front: Front, sleep: Callable[[float], None] = time.sleep) -> None:
        self._front, self._sleep = front, sleep
        self._turns = Semaphore(AT_ONCE)

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        with self._turns:
            environ[CARRIER] = True
            body = self._front(environ, start_response)
        reply: Reply | None = environ.get(REPLY)
        if reply is None:
            return body
        if reply.delay:
            self._sleep(reply.delay)
        if reply.network == "reset":
            _reset(environ)
            raise ConnectionResetError(ECONNRESET, "reset, as the fault asks")
        if reply.network == "empty":
            raise ConnectionResetError(ECONNRESET, "closed without a byte, as the fault asks")
        if reply.network == "truncate":
            return self._truncated(b"".join(body))
        if reply.network == "malformed":
            whole = b"".join(body)
            return [whole[: len(whole) // 2].ljust(len(whole), b"!")]
        if reply.network == "drip":
            return self._dripping(b"".join(body))
        return body

    def _truncated(self, whole: bytes) -> Iterator[bytes]:
        yield whole[: len(whole) // 2]
        raise ConnectionResetError(ECONNRESET, "cut in the middle, as the fault asks")

    def _dripping(self, whole: bytes) -> Iterator[bytes]:
        size = max(1, -(-len(whole) // DRIP_PIECES))
        for start in range(0, len(whole), size):
            yield whole[start : start + size]
            self._sleep(DRIP_PAUSE)


def _reset(environ: WSGIEnvironment) -> None:
    """Close the connection with an RST, before the server closes it normally."""
    connection = environ.get("werkzeug.socket")
    if isinstance(connection, socket.socket):
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        socket.close(connection.detach())


def wait(seconds: float) -> None:
    """Delay a reply in its own thread."""
    time.sleep(seconds)
