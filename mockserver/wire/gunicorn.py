"""gunicorn, embedded: worker processes with an event loop each, on a socket that is already listening."""

from __future__ import annotations

import asyncio
import gc
import logging
import os
import resource
import signal
import socket
import ssl
import sys
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from pathlib import Path
from threading import Thread
from typing import TYPE_CHECKING, Any

from gunicorn.app.base import BaseApplication
from gunicorn.arbiter import Arbiter
from gunicorn.asgi import protocol
from gunicorn.errors import HaltServer
from gunicorn.workers import gasgi

from ..addresses import REPLY, framed
from ..faults import phrase
from ..metrics import REGIONS, Metrics
from ..reloading import PAUSE, Reloading
from ..settings import WrongSetting
from ..vendor import Reply
from . import scratch
from .inline import Inline, is_plain, reset
from .refusing import FIELD, FIELDS, LINE, refusal

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIApplication

log = logging.getLogger("mockserver")

FILES = 8192

# All in seconds. A stop has GRACE for the calls that are under way; a connection that was busy a LINGER ago may have
# its next request on the way, which is answered, too.
GRACE = 10
LINGER = 1.0
# How long a connection is kept alive for the next request; how long a request may take to arrive whole, and a client to
# take anything of a reply. gunicorn itself would wait for 30 seconds for more of a body.
KEPT = 15
PATIENCE = 20

STOPS = {signal.SIGTERM, signal.SIGQUIT, signal.SIGINT}

# How it speaks with clients.
SPOKEN = {
    "http_parser": "python",  # its limits hold, whatever else is installed
    "limit_request_line": LINE,
    "limit_request_fields": FIELDS,
    "limit_request_field_size": FIELD,
    "forwarded_allow_ips": "",  # or a client's SCRIPT_NAME header would rewrite its path
}


class _Protocol(protocol.ASGIProtocol):  # type: ignore[misc]  # gunicorn has no types
    """A connection on which nothing but HTTP is spoken, and of which its worker knows."""

    app: Any  # Inline, or for the length of one request a reply that it carries
    _looked: tuple[Any, ...] = ()  # what it was doing when it was last looked at, and since when
    _since = 0.0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.worker.connections.add(self)
        self._since = self.worker.loop.time()
        super().connection_made(transport)

    def connection_lost(self, failure: Exception | None) -> None:
        self.worker.connections.discard(self)
        super().connection_lost(failure)
        self._task.add_done_callback(self._dissolve)

    def _dissolve(self, task: asyncio.Task[None]) -> None:
        """Take apart what holds on to each other: it would stay, with all that was sent, until garbage is looked for,
        which is seldom.
        """
        self._callback_parser = self._body_receiver = None

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
        if reply.network or not is_plain(reply):
            self.app = partial(inline.carry, reply)  # a connection has one request at a time
            try:
                return bool(await super()._serve_http_request(request, sockname, peername))
            finally:
                self.app = inline
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
        """All that goes before the body, spelled as gunicorn would, but encoded in one go (4 µs less)."""
        headers = "".join([f"{name}: {value}\r\n" for name, value in framed(reply)]).encode("latin-1")
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
        reply = refusal(status, message)
        head = "".join([f"{name}: {value}\r\n" for name, value in (*framed(reply), ("Connection", "close"))])
        self._safe_write(f"HTTP/1.1 {status} {phrase(status)}\r\n{head}\r\n".encode("latin-1") + reply.body)

    def _is_websocket_upgrade(self, request: object) -> bool:
        return False  # a client that offers it gets the answer to its request

    def hang_up(self, now: float) -> None:
        """Close the connection if no call is on it, nor likely to be on its way."""
        idle_since = self._keepalive_handle.when() - KEPT if self._keepalive_handle else self._since
        if self._awaiting_request and not self._is_arriving() and now >= idle_since + LINGER:
            self._let_go()

    def look(self, now: float) -> None:
        """Give up a client that lets us wait: from time to time each connection is looked at."""
        unsent, arriving = self.transport.get_write_buffer_size(), self._is_arriving()
        found = (self.req_count, unsent, arriving)
        if found != self._looked:
            self._looked, self._since = found, now
        elif now >= self._since + PATIENCE:
            if unsent:
                reset(self.transport)
            elif arriving:
                self._send_error_response(408, f"The request did not arrive whole within {PATIENCE:g} seconds.")
                self._let_go()
            elif self._awaiting_request:
                self._let_go()

    def _let_go(self) -> None:
        self._close_transport()
        self._request_ready.set()  # for nobody waits any more

    def _is_arriving(self) -> bool:
        """Whether some of a request is there, but not yet all of it."""
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
gasgi.ASGIProtocol = _Protocol
protocol._REASON_PHRASES.update({status: phrase(status) for status in range(400, 600)})


class _Worker(gasgi.ASGIWorker):  # type: ignore[misc]  # gunicorn has no types
    """One that stops as soon as it is told to and the calls that it was sent are answered, and waits for no client
    longer than it said.
    """

    connections: set[_Protocol]
    region: int  # where it counts
    # Not reset to what the system does, end the process: the master's handler, which it inherits, does no harm until
    # there is our own.
    SIGNALS = [number for number in gasgi.ASGIWorker.SIGNALS if number != signal.SIGHUP]
    _fetching: asyncio.Task[None] | None = None

    def init_signals(self) -> None:
        super().init_signals()
        self.loop.add_signal_handler(signal.SIGHUP, self._follow)

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
        self.loop.call_soon(self._widen)  # once it listens
        await super()._serve()

    def _widen(self) -> None:
        """Let the system take in as many as it was told at first: asyncio has told it 100."""
        for listener in self.sockets:
            listener.sock.listen(self.cfg.backlog)

    def handle_exit_signal(self) -> None:
        if self.alive:  # told again, by its master beside its group, it is shutting down by then
            self._wake()  # it sleeps between heartbeats, and goes on to shut down
        super().handle_exit_signal()

    def notify(self) -> None:
        """Say that it is alive, once a second. A signal that came too early to be heard is made up for."""
        super().notify()
        self._follow()
        now = self.loop.time()
        for connection in tuple(self.connections):
            connection.look(now)

    async def _shutdown(self) -> None:
        until = self.loop.time() + GRACE - 0.5  # before the master's patience ends
        coming = await self._let_in()
        while (now := self.loop.time()) < until and not self._quick_shutdown:
            for connection in tuple(self.connections):
                connection.hang_up(now)
            if not self.connections and coming.done():
                return
            await asyncio.sleep(0.01)
        calls = sum(not connection._awaiting_request for connection in self.connections)
        log.warning("worker %d stops after %d s with calls that are not answered: %d", self.pid, GRACE, calls)

    def _cleanup(self) -> None:
        signal.pthread_sigmask(signal.SIG_BLOCK, STOPS)
        for number in STOPS:  # the loop that is closed next would be told by a pipe that is closed, too
            self.loop.remove_signal_handler(number)
        _turn_deaf()
        super()._cleanup()

    async def _let_in(self) -> asyncio.Future[Any]:
        """Listen no more, but take those connections that the system has accepted for us so far."""
        listeners = [(listener.sock, self._context) for listener in self.sockets]
        if self.app.encrypted:
            listeners.append(self.app.encrypted)
        for listener, _ in listeners:
            self.loop.remove_reader(listener)
        await asyncio.sleep(0)  # those that the loop has just accepted become connections
        taken = []
        for listener, context in listeners:
            with suppress(OSError):  # there are no more
                while True:
                    taken.append((listener.accept()[0], context))
        for server in self.servers:
            server.close()
        take = self.loop.connect_accepted_socket
        return asyncio.gather(
            *(take(lambda: _Protocol(self), connection, ssl=context) for connection, context in taken),
            return_exceptions=True,
        )

    def _get_ssl_context(self) -> Any:
        self._context = super()._get_ssl_context()
        return self._context


class _Arbiter(Arbiter):  # type: ignore[misc]  # gunicorn has no types
    """The master. It tells in our words how a worker ended, starts workers that hear each signal, and reads fixtures
    anew where gunicorn's would replace its workers, which hold connections and sandboxes.

    It reads in a thread, so that it hears signals meanwhile; but none is there while it forks.
    """

    _reading: Thread | None = None
    _asked = _read_it = False

    def __init__(self, app: _Embedded) -> None:
        self._ended: list[str] = []  # how those ended that are to be replaced
        super().__init__(app)

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

    def halt(self, reason: str | None = None, exit_status: int = 0) -> None:
        self.stop()
        sys.exit(exit_status)

    def stop(self, graceful: bool = True) -> None:
        super().stop(graceful)
        _turn_deaf()

    def reap_workers(self) -> None:
        for pid, worker in tuple(self.WORKERS.items()):
            ended, status = 0, 0
            with suppress(ChildProcessError):
                ended, status = os.waitpid(pid, os.WNOHANG)
            if not ended:
                continue
            del self.WORKERS[pid]
            worker.tmp.close()
            self.cfg.child_exit(self, worker)
            code = os.waitstatus_to_exitcode(status)
            if code in (self.WORKER_BOOT_ERROR, self.APP_LOAD_ERROR):
                raise HaltServer("a worker could not start, and has said why", code)
            if len(self.WORKERS) < self.num_workers:
                how = f"was killed (signal {-code})" if code < 0 else f"ended (exit status {code})"
                self._ended.append(f"worker {pid} {how}")
        super().reap_workers()  # others than workers, which a first process of a container inherits

    def spawn_worker(self) -> Any:
        if self._reading:
            self._reading.join()
        self.app.starting(self._ended.pop(0) if self._ended else "")
        before = signal.pthread_sigmask(signal.SIG_BLOCK, STOPS)  # until the worker has handlers of its own
        try:
            return super().spawn_worker()
        finally:
            signal.pthread_sigmask(signal.SIG_SETMASK, before)


class _Embedded(BaseApplication):  # type: ignore[misc]  # gunicorn has no types
    def __init__(
        self,
        app: WSGIApplication,
        options: dict[str, Any],
        encrypted: tuple[socket.socket, ssl.SSLContext] | None = None,
        starting: Callable[[str], None] = lambda ended: None,
        data: Reloading | None = None,
    ) -> None:
        self._wsgi, self._options = Inline(app, REPLY), options
        self.encrypted, self.starting, self.data = encrypted, starting, data
        super().__init__()

    def load_config(self) -> None:
        for name, value in self._options.items():
            self.cfg.set(name, value)

    def load(self) -> Inline:
        return self._wsgi

    def run(self) -> None:
        _Arbiter(self).run()


def run(
    app: WSGIApplication,
    listener: socket.socket,
    ready: Callable[[], None],
    tls: tuple[Path, Path] | None = None,
    encrypted: socket.socket | None = None,
    *,
    workers: int = 1,
    leaving: Callable[[], None] = lambda: None,
    starting: Callable[[str], None] = lambda ended: None,
    metrics: Metrics | None = None,
    data: Reloading | None = None,
) -> None:
    """Serve until a signal says stop; ``ready`` is called once calls are answered. Ends by SystemExit.

    A worker that ends at once calls ``leaving`` before. Before each worker starts ``starting`` is called in the process
    that it is forked from, and told how the one ended that it replaces (``worker 12 was killed (signal 9)``). Each
    counts in a region of ``metrics`` of its own. On SIGHUP ``data`` is read anew, or whenever it says so.

    With a certificate and its key the socket speaks TLS, or if there is one more only that: then this one speaks HTTP.
    The socket is gunicorn's from here on. Vendors have words for a request line that is too long, up to the limit set
    here.
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
        "preload_app": True,
        "worker_tmp_dir": scratch.folder(),  # for heartbeats
        "graceful_timeout": GRACE,
        **SPOKEN,
        "keepalive": KEPT,
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
    _Embedded(app, options, beside, starting, data).run()


def _allot(arbiter: Any, worker: _Worker) -> None:
    """Give a worker that is about to start a region in which no other one counts, but perhaps one did."""
    taken = {other.region for other in arbiter.WORKERS.values()}
    worker.region = min(set(range(REGIONS)) - taken, default=0)


def _turn_deaf() -> None:
    """Heed no further signal to stop: this process is all but over, and would end with a trace or another status."""
    for number in STOPS:
        signal.signal(number, signal.SIG_IGN)


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
    signal.pthread_sigmask(signal.SIG_UNBLOCK, STOPS)
    try:
        ready()
    except WrongSetting as wrong:
        log.error("%s", wrong)
        sys.exit(Arbiter.WORKER_BOOT_ERROR)
