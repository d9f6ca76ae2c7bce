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

KEEPALIVE_SECONDS = 15
LINGER_SECONDS = 1.0  # a connection busy this long before a stop may have its next request on the way

HTTP_OPTIONS = {
    "http_parser": "python",  # enforces the limits below, whatever else is installed
    "limit_request_line": MAX_LINE_BYTES,
    "limit_request_fields": MAX_HEADERS,
    "limit_request_field_size": MAX_HEADER_BYTES,
    "forwarded_allow_ips": "",  # else a client's SCRIPT_NAME header would rewrite its path
}


_ORIGIN = re.compile(rb"(?im)^origin:([^\r\n]*)")


class Connection(protocol.ASGIProtocol):  # type: ignore[misc]  # gunicorn has no types
    """An HTTP connection that is registered with its worker."""

    app: Any  # AsgiAdapter, or during one request the adapter bound to its reply
    _last_state: tuple[Any, ...] = ()  # the state at the last check
    _unchanged_since = 0.0
    cors = True  # whether browsers of other origins may read refusals

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.worker.connections.add(self)
        self._unchanged_since = self.worker.loop.time()
        super().connection_made(transport)

    def connection_lost(self, failure: Exception | None) -> None:
        self.worker.connections.discard(self)
        super().connection_lost(failure)
        self._task.add_done_callback(self._break_cycles)

    def _break_cycles(self, task: asyncio.Task[None]) -> None:
        """Break reference cycles, which would hold the request data until a rare garbage collection."""
        self._callback_parser = self._body_receiver = None

    async def _serve_http_request(self, request: Any, sockname: Any, peername: Any) -> bool:
        """Answer a simple call directly, with one write; pass others to ASGI.

        Returns whether the connection stays open.
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
            if self._closed:  # the client has left
                return False
        closes = self._will_close(request, False)
        self._response_buffer = self._head(request, reply, closes)
        self._send_body(b"" if request.method == "HEAD" else reply.body)
        if self._flow_control.write_paused:
            await self._flow_control.drain()
        elif self._http1_buffered():
            await asyncio.sleep(0)  # lets other clients run before this client's pipelined requests
        return not closes

    def _head(self, request: Any, reply: Reply, closes: bool) -> bytes:
        """Encode everything before the body at once, with gunicorn's spelling."""
        headers = "".join([f"{name}: {value}\r\n" for name, value in frame_headers(reply)]).encode("latin-1")
        status = protocol._get_cached_status_line(request.version, reply.status)
        server, date = protocol._CACHED_SERVER_HEADER, protocol._get_cached_date_header()
        return b"".join((status, headers, server, date, b"Connection: close\r\n\r\n" if closes else b"\r\n"))

    def _feed_callback_parser(self, data: bytes) -> bool:
        try:
            return bool(super()._feed_callback_parser(data))
        except ValueError:  # Python does not parse a length of thousands of digits
            self._send_error_response(400, "a length is no number")
            self._close_transport()
            return False

    def _send_error_response(self, status: int, message: str, extra_headers: object = ()) -> None:
        """Send a problem document: gunicorn's plain text quotes the request."""
        reply = render_refusal(status, message, make_refusal_headers(*self._read_arrived()) if self.cors else ())
        head = "".join([f"{name}: {value}\r\n" for name, value in (*frame_headers(reply), ("Connection", "close"))])
        self._safe_write(f"HTTP/1.1 {status} {reason_phrase(status)}\r\n{head}\r\n".encode("latin-1") + reply.body)

    def _read_arrived(self) -> tuple[str, list[str]]:
        """Return the path and each Origin of a request that may be incomplete."""
        parser: Any = self._callback_parser
        if parser is None:
            return "", []
        head = b"" if parser._state not in ("request_line", "headers") else bytes(parser._buffer).split(b"\r\n\r\n")[0]
        path = parser.path or head.partition(b" ")[2].partition(b" ")[0]
        origins = [value for name, value in parser._headers_list if name == b"origin"] + _ORIGIN.findall(head)
        return path.decode("latin-1"), [value.strip().decode("latin-1") for value in origins]

    def _is_websocket_upgrade(self, request: object) -> bool:
        return False  # a client that offers an upgrade gets a plain reply

    def close_if_idle(self, now: float) -> None:
        """Close the connection if it has no call and none is likely to arrive."""
        idle_since = (
            self._keepalive_handle.when() - KEEPALIVE_SECONDS if self._keepalive_handle else self._unchanged_since
        )
        if self._awaiting_request and not self._is_arriving() and now >= idle_since + LINGER_SECONDS:
            self._close_and_wake()

    def check_timeout(self, now: float, stopped: float) -> None:
        """Close a connection whose state has not changed for too long.

        ``stopped``: seconds since the last check during which this process was suspended. They do not count.
        """
        self._unchanged_since += stopped
        unsent, arriving = self.transport.get_write_buffer_size(), self._is_arriving()
        state = (self.req_count, unsent, arriving)
        if state != self._last_state:
            self._last_state, self._unchanged_since = state, now
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
        self._request_ready.set()  # ends the wait for the next request

    def _is_arriving(self) -> bool:
        """Whether a request has arrived only in part."""
        if self._current_request is not None:
            return self._body_receiver is not None and not self._body_receiver._complete
        parser: Any = self._callback_parser
        return bool(parser._buffer) or parser._state != "request_line"

    def _resume_reading(self) -> None:
        """Resume reading only while the buffer has room.

        gunicorn resumes after each request, and so stores any amount of pipelined data.
        """
        if self._reading_paused and not self._is_buffer_full():
            super()._resume_reading()

    def _keepalive_timeout(self) -> None:
        if not self._is_arriving():  # else the request has its usual time
            super()._keepalive_timeout()


# gunicorn's worker has no other setting for the protocol and the reason phrases.
gasgi.ASGIProtocol = Connection
protocol._REASON_PHRASES.update({status: reason_phrase(status) for status in range(400, 600)})
