"""A connection of gunicorn's event loop, with time limits for slow clients."""

from __future__ import annotations

import asyncio
import re
from functools import partial
from typing import Any

from gunicorn.asgi import protocol
from gunicorn.workers import gasgi

from ..engine.cors import make_refusal_headers
from ..engine.wsgi import frame_headers
from ..sdk.http import CLIENT_TIMEOUT_SECONDS, Reply, reason_phrase
from .asgi import AsgiAdapter, is_plain, reset_connection
from .malformed import MAX_HEADER_BYTES, MAX_HEADERS, MAX_LINE_BYTES, render_refusal

# Both in seconds. How long a connection is kept alive for the next request. A connection that was busy a LINGER before
# a stop may have its next request on the way, which is answered, too.
KEEPALIVE_SECONDS = 15
LINGER_SECONDS = 1.0

# How it speaks with clients.
HTTP_OPTIONS = {
    "http_parser": "python",  # its limits hold, whatever else is installed
    "limit_request_line": MAX_LINE_BYTES,
    "limit_request_fields": MAX_HEADERS,
    "limit_request_field_size": MAX_HEADER_BYTES,
    "forwarded_allow_ips": "",  # or a client's SCRIPT_NAME header would rewrite its path
}


_ORIGIN = re.compile(rb"(?im)^origin:([^\r\n]*)")


class Connection(protocol.ASGIProtocol):  # type: ignore[misc]  # gunicorn has no types
    """A connection on which nothing but HTTP is spoken, and of which its worker knows."""

    app: Any  # AsgiAdapter, or for the length of one request a reply that it carries
    _last_state: tuple[Any, ...] = ()  # what it was doing when it was last looked at, and since when
    _unchanged_since = 0.0
    cors = True  # whether browsers of other origins may read what is refused

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.worker.connections.add(self)
        self._unchanged_since = self.worker.loop.time()
        super().connection_made(transport)

    def connection_lost(self, failure: Exception | None) -> None:
        self.worker.connections.discard(self)
        super().connection_lost(failure)
        self._task.add_done_callback(self._break_cycles)

    def _break_cycles(self, task: asyncio.Task[None]) -> None:
        """Take apart what holds on to each other: it would stay, with all that was sent, until garbage is looked for,
        which is seldom.
        """
        self._callback_parser = self._body_receiver = None

    async def _serve_http_request(self, request: Any, sockname: Any, peername: Any) -> bool:
        """A call that needs neither Flask nor patience needs none of ASGI's tasks, scopes and messages, either: it is
        answered here and now, with one write. Whether the connection goes on.
        """
        adapter: AsgiAdapter = self.app
        try:
            reply = adapter.handle_without_body(request)
        except Exception:
            self.log.exception("A call broke before it was one")
            self._send_error_response(500, "Internal Server Error")
            return False
        if reply is None:
            return bool(await super()._serve_http_request(request, sockname, peername))
        if reply.network or not is_plain(reply):
            self.app = partial(adapter.carry, reply)  # a connection has one request at a time
            try:
                return bool(await super()._serve_http_request(request, sockname, peername))
            finally:
                self.app = adapter
        if reply.delay:
            await asyncio.sleep(reply.delay)
            if self._closed:  # nobody waits for it any more
                return False
        closes = self._will_close(request, False)
        self._response_buffer = self._head(request, reply, closes)
        self._send_body(b"" if request.method == "HEAD" else reply.body)
        if self._flow_control.write_paused:
            await self._flow_control.drain()
        elif self._http1_buffered():
            await asyncio.sleep(0)  # the others' turn, before what this client sent beyond its request
        return not closes

    def _head(self, request: Any, reply: Reply, closes: bool) -> bytes:
        """All that goes before the body, spelled as gunicorn would, but encoded in one go."""
        headers = "".join([f"{name}: {value}\r\n" for name, value in frame_headers(reply)]).encode("latin-1")
        status = protocol._get_cached_status_line(request.version, reply.status)
        server, date = protocol._CACHED_SERVER_HEADER, protocol._get_cached_date_header()
        return b"".join((status, headers, server, date, b"Connection: close\r\n\r\n" if closes else b"\r\n"))

    def _feed_callback_parser(self, data: bytes) -> bool:
        try:
            return bool(super()._feed_callback_parser(data))
        except ValueError:  # a length of thousands of digits, which Python does not read
            self._send_error_response(400, "a length is no number")
            self._close_transport()
            return False

    def _send_error_response(self, status: int, message: str, extra_headers: object = ()) -> None:
        """In our words: gunicorn's are plain text, and quote what was sent."""
        reply = render_refusal(status, message, make_refusal_headers(*self._read_arrived()) if self.cors else ())
        head = "".join([f"{name}: {value}\r\n" for name, value in (*frame_headers(reply), ("Connection", "close"))])
        self._safe_write(f"HTTP/1.1 {status} {reason_phrase(status)}\r\n{head}\r\n".encode("latin-1") + reply.body)

    def _read_arrived(self) -> tuple[str, list[str]]:
        """The path and each Origin of a request, as far as it is there and was read."""
        parser: Any = self._callback_parser
        if parser is None:
            return "", []
        head = b"" if parser._state not in ("request_line", "headers") else bytes(parser._buffer).split(b"\r\n\r\n")[0]
        path = parser.path or head.partition(b" ")[2].partition(b" ")[0]
        found = [value for name, value in parser._headers_list if name == b"origin"] + _ORIGIN.findall(head)
        return path.decode("latin-1"), [value.strip().decode("latin-1") for value in found]

    def _is_websocket_upgrade(self, request: object) -> bool:
        return False  # a client that offers it gets the answer to its request

    def close_if_idle(self, now: float) -> None:
        """Close the connection if it has no call and none is likely to arrive."""
        idle_since = (
            self._keepalive_handle.when() - KEEPALIVE_SECONDS if self._keepalive_handle else self._unchanged_since
        )
        if self._awaiting_request and not self._is_arriving() and now >= idle_since + LINGER_SECONDS:
            self._close_and_wake()

    def check_timeout(self, now: float, stopped: float) -> None:
        """Give up a client that lets us wait: from time to time each connection is looked at. While this process was
        ``stopped`` (for so many seconds since the last look), no client let it wait.
        """
        self._unchanged_since += stopped
        unsent, arriving = self.transport.get_write_buffer_size(), self._is_arriving()
        found = (self.req_count, unsent, arriving)
        if found != self._last_state:
            self._last_state, self._unchanged_since = found, now
        elif now >= self._unchanged_since + CLIENT_TIMEOUT_SECONDS:
            if unsent:
                reset_connection(self.transport)
            elif arriving:
                self._send_error_response(
                    408, f"The request did not arrive whole within {CLIENT_TIMEOUT_SECONDS:g} seconds."
                )
                self._close_and_wake()
            elif self._awaiting_request:
                self._close_and_wake()

    def _close_and_wake(self) -> None:
        self._close_transport()
        self._request_ready.set()  # for nobody waits any more

    def _is_arriving(self) -> bool:
        """Whether a request has arrived in part."""
        if self._current_request is not None:
            return self._body_receiver is not None and not self._body_receiver._complete
        parser: Any = self._callback_parser
        return bool(parser._buffer) or parser._state != "request_line"

    def _resume_reading(self) -> None:
        """Read on, once there is room: gunicorn would after each request, and so keep all that a client cares to send
        ahead, however much that is.
        """
        if self._reading_paused and not self._is_buffer_full():
            super()._resume_reading()

    def _keepalive_timeout(self) -> None:
        if not self._is_arriving():  # else it has as long as any other request
            super()._keepalive_timeout()


# Its worker offers no other way to say which protocol, and which words stand behind a status.
gasgi.ASGIProtocol = Connection
protocol._REASON_PHRASES.update({status: reason_phrase(status) for status in range(400, 600)})
