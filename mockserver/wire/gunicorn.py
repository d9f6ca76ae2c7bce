"""gunicorn, embedded: worker processes with an event loop each, on a socket that is already listening."""

from __future__ import annotations

import asyncio
import gc
import os
import resource
import signal
import socket
import ssl
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from pathlib import Path
from threading import Thread
from typing import TYPE_CHECKING, Any

from gunicorn.app.base import BaseApplication
from gunicorn.arbiter import Arbiter
from gunicorn.asgi import protocol
from gunicorn.workers import gasgi

from ..addresses import REPLY, framed
from ..faults import phrase
from ..metrics import REGIONS, Metrics
from ..reloading import PAUSE, Reloading
from ..vendor import Reply
from .inline import Inline, is_plain

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIApplication

FILES = 8192
GRACE = 10


class _Protocol(protocol.ASGIProtocol):  # type: ignore[misc]  # gunicorn has no types
    """A connection on which nothing but HTTP is spoken, and of which its worker knows."""

    app: Any  # Inline, or for the length of one request a reply that it carries

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.worker.connections.add(self)
        super().connection_made(transport)

    def connection_lost(self, failure: Exception | None) -> None:
        self.worker.connections.discard(self)
        super().connection_lost(failure)

    async def _serve_http_request(self, request: Any, sockname: Any, peername: Any) -> bool:
        """A call that needs neither Flask nor patience needs none of ASGI's tasks, scopes and messages, either: it is
        answered here and now, with one write (45 µs less of 160). Whether the connection goes on.
        """
        inline: Inline = self.app
        try:
            reply = inline.at_once(request)
        except Exception:
            self.log.exception("A call broke before it was one")
            self._send_error_response(500, "Internal Server Error")
            return False
        if reply is None:
            return bool(await super()._serve_http_request(request, sockname, peername))
        if reply.delay or reply.network or not is_plain(reply):
            self.app = partial(inline.carry, reply)  # a connection has one request at a time
            try:
                return bool(await super()._serve_http_request(request, sockname, peername))
            finally:
                self.app = inline
        closes = self._will_close(request, False)
        self._response_buffer = self._head(request, reply, closes)
        self._send_body(b"" if request.method == "HEAD" else reply.body)
        if self._flow_control.write_paused:
            await self._flow_control.drain()
        elif self._http1_buffered():
            await asyncio.sleep(0)  # the others' turn, before what this client sent beyond its request
        return not closes

    def _head(self, request: Any, reply: Reply, closes: bool) -> bytes:
        """All that goes before the body, spelled as gunicorn would, but encoded in one go (4 µs less)."""
        headers = "".join([f"{name}: {value}\r\n" for name, value in framed(reply)]).encode("latin-1")
        status = protocol._get_cached_status_line(request.version, reply.status)
        server, date = protocol._CACHED_SERVER_HEADER, protocol._get_cached_date_header()
        return b"".join((status, headers, server, date, b"Connection: close\r\n\r\n" if closes else b"\r\n"))

    def _is_websocket_upgrade(self, request: object) -> bool:
        return False  # a client that offers it gets the answer to its request

    def hang_up(self) -> None:
        """Close the connection if no call is on it."""
        if self._awaiting_request:
            self._close_transport()


# Its worker offers no other way to say which protocol, and which words stand behind a status.
gasgi.ASGIProtocol = _Protocol
protocol._REASON_PHRASES.update({status: phrase(status) for status in range(400, 600)})


class _Worker(gasgi.ASGIWorker):  # type: ignore[misc]  # gunicorn has no types
    """One that stops at once when it is told to, and does not wait for connections that are only kept alive."""

    connections: set[_Protocol]
    region: int  # where it counts
    # Not reset to what the system does, end the process: the master's handler, which it inherits, does no harm until
    # there is our own.
    SIGNALS = [number for number in gasgi.ASGIWorker.SIGNALS if number != signal.SIGHUP]
    _fetching: asyncio.Task[None] | None = None

    def init_signals(self) -> None:
        super().init_signals()
        self.loop.add_signal_handler(signal.SIGHUP, self._follow)

    def notify(self) -> None:
        """Say that it is alive, once a second. A signal that came too early to be heard is made up for."""
        super().notify()
        self._follow()

    def _follow(self) -> None:
        """Serve the data that the master has read anew, if it has."""
        data: Reloading | None = self.app.data
        if data and data.behind and (self._fetching is None or self._fetching.done()):
            self._fetching = self.loop.create_task(self._fetch(data))

    async def _fetch(self, data: Reloading) -> None:
        """Read it in a thread, and put it in place between two calls."""
        while data.behind:
            (await asyncio.to_thread(data.fetched))()

    async def _serve(self) -> None:
        task = asyncio.current_task()
        assert task is not None
        self.connections, self._wake = set(), task.cancel
        if self.app.encrypted:  # beside gunicorn's own socket: TLS on all of those, or on none, is all that it offers
            listener, context = self.app.encrypted
            self.servers.append(await self.loop.create_server(lambda: _Protocol(self), sock=listener, ssl=context))
        await super()._serve()

    def handle_exit_signal(self) -> None:
        if self.alive:  # told again, by its master beside its group, it is shutting down by then
            self._wake()  # it sleeps between heartbeats, and goes on to shut down
        super().handle_exit_signal()

    async def _shutdown(self) -> None:
        for connection in tuple(self.connections):
            connection.hang_up()
        await super()._shutdown()

    def _cleanup(self) -> None:
        """A signal that is sent again, to it and by its master, has nobody left to wake, and no pipe to write to."""
        signal.set_wakeup_fd(-1)
        super()._cleanup()


class _Master(Arbiter):  # type: ignore[misc]  # gunicorn has no types
    """One that reads fixtures anew where gunicorn's would replace its workers, which hold connections and sandboxes.

    It reads in a thread, so that it hears signals meanwhile; but none is there while it forks.
    """

    _reading: Thread | None = None
    _asked = _read_it = False

    def wait_for_signals(self, timeout: float = 1.0) -> list[int]:
        data = self.app.data
        found: list[int] = super().wait_for_signals(PAUSE if data and data.watching else timeout)
        if self._reading and self._read_it:
            self._reading.join()
            self._reading, self._read_it = None, False
            self.kill_workers(signal.SIGHUP)
        if not self._reading and data and (self._asked or (data.watching and data.look())):
            self._asked, self._reading = False, Thread(target=self._read, args=[data], daemon=True)
            self._reading.start()
        return found

    def _read(self, data: Reloading) -> None:
        try:
            data.renew()
        finally:
            self._read_it = True
            self.wakeup()

    def handle_hup(self) -> None:
        self._asked = True
        self.wakeup()

    def spawn_worker(self) -> Any:
        if self._reading:
            self._reading.join()
        return super().spawn_worker()


class _Embedded(BaseApplication):  # type: ignore[misc]  # gunicorn has no types
    def __init__(
        self,
        app: WSGIApplication,
        options: dict[str, Any],
        encrypted: tuple[socket.socket, ssl.SSLContext] | None = None,
        data: Reloading | None = None,
    ) -> None:
        self._wsgi, self._options = Inline(app, REPLY), options
        self.encrypted, self.data = encrypted, data
        super().__init__()

    def run(self) -> None:
        _Master(self).run()

    def load_config(self) -> None:
        for name, value in self._options.items():
            self.cfg.set(name, value)

    def load(self) -> Inline:
        return self._wsgi


def run(
    app: WSGIApplication,
    listener: socket.socket,
    ready: Callable[[], None],
    tls: tuple[Path, Path] | None = None,
    encrypted: socket.socket | None = None,
    *,
    workers: int = 1,
    leaving: Callable[[], None] = lambda: None,
    metrics: Metrics | None = None,
    data: Reloading | None = None,
) -> None:
    """Serve until a signal says stop; ``ready`` is called once calls are answered. Ends by SystemExit.

    A worker that ends at once calls ``leaving`` before. Each worker counts in a region of ``metrics`` of its own. On
    SIGHUP ``data`` is read anew, and whenever it says so if it watches.

    With a certificate and its key the socket speaks TLS, or if there is one more only that: then this one speaks HTTP.
    The socket is gunicorn's from here on. The request line is not limited here: vendors have words for one that is too
    long.
    """

    def started(worker: _Worker) -> None:
        if metrics:
            metrics.enter(worker.region)
        _started(ready if worker.age == 1 else lambda: None, leaving)

    def ended(arbiter: Any, worker: _Worker) -> None:
        if metrics:
            metrics.leave(worker.region)

    options: dict[str, Any] = {
        "bind": f"fd://{listener.detach()}",
        "workers": workers,
        "worker_class": _Worker,
        "asgi_lifespan": "off",
        "asgi_loop": "asyncio",
        "http_parser": "python",  # its limits hold, whatever else is installed
        "preload_app": True,
        "graceful_timeout": GRACE,
        "keepalive": 15,
        "limit_request_line": 0,
        "forwarded_allow_ips": "",  # or a client's SCRIPT_NAME header would rewrite its path
        "control_socket_disable": True,
        "loglevel": "warning",
        "accesslog": None,
        "pre_fork": _allot,
        "post_worker_init": started,
        "child_exit": ended,
    }
    _raise_limit_of_files()
    beside = None
    if tls and encrypted:
        context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        context.load_cert_chain(*tls)
        beside = encrypted, context
    elif tls:
        options |= {"certfile": str(tls[0]), "keyfile": str(tls[1])}
    _settle()
    _Embedded(app, options, beside, data).run()


def _allot(arbiter: Any, worker: _Worker) -> None:
    """Give a worker that is about to start a region in which no other one counts, but perhaps one did."""
    taken = {other.region for other in arbiter.WORKERS.values()}
    worker.region = min(set(range(REGIONS)) - taken, default=0)


def _settle() -> None:
    """Let the garbage collector pass over what is loaded by now, which stays to the end, and come less often.

    Calls of the job take 0.92 of the time for it, and the worker shares more pages with its parent.
    """
    gc.freeze()
    gc.set_threshold(20_000, 20, 20)


def _raise_limit_of_files() -> None:
    """Every connection is an open file, and some systems allow 256 or 1,024 unless asked."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = FILES if hard == resource.RLIM_INFINITY else min(FILES, hard)
    if soft != resource.RLIM_INFINITY and soft < wanted:
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))


def _started(ready: Callable[[], None], leaving: Callable[[], None]) -> None:
    """In the worker: Ctrl-C is for the master alone (a terminal sends it to both), whose quick stop ends us at once.

    gunicorn's own handler of it takes a lock that the interrupted code may hold, and hangs for the grace period.
    """

    def end(number: int, frame: object) -> None:
        with suppress(OSError, RuntimeError):  # nobody reads any more; or a line was just being written
            leaving()
        os._exit(0)

    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGQUIT, end)
    ready()
