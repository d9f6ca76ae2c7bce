"""gunicorn's worker: a process with an event loop, which serves until a signal stops it."""

from __future__ import annotations

import asyncio
import logging
import signal
from contextlib import suppress
from typing import Any

from gunicorn.workers import gasgi

from ..engine.reload import DataReload
from ..sdk.clock import process_time
from .connection import LINGER_SECONDS, Connection
from .memory import MemoryTrimmer

log = logging.getLogger("mockserver")

GRACE_SECONDS = 10  # for the calls under way at a stop
STOP_SIGNALS = {signal.SIGTERM, signal.SIGQUIT, signal.SIGINT}


class Worker(gasgi.ASGIWorker):  # type: ignore[misc]  # gunicorn has no types
    """One that stops as soon as it is told to and the calls that it was sent are answered, and waits for no client
    longer than it said.
    """

    connections: set[Connection]
    region: int  # of the metrics
    # Not reset to what the system does, end the process: the master's handler, which it inherits, does no harm until
    # there is our own.
    SIGNALS = [number for number in gasgi.ASGIWorker.SIGNALS if number != signal.SIGHUP]
    _fetch_task: asyncio.Task[None] | None = None

    def init_signals(self) -> None:
        super().init_signals()
        self.loop.add_signal_handler(signal.SIGHUP, self._fetch_newer_data)

    def _fetch_newer_data(self) -> None:
        """Start fetching the data that the master has reloaded, if any."""
        data: DataReload | None = self.app.data
        if data and data.is_behind and (self._fetch_task is None or self._fetch_task.done()):
            self._fetch_task = self.loop.create_task(self._fetch(data))

    async def _fetch(self, data: DataReload) -> None:
        """Read it in a thread, and put it in place between two calls."""
        while data.is_behind:
            (await asyncio.to_thread(data.fetch))()

    async def _serve(self) -> None:
        task = asyncio.current_task()
        assert task is not None
        self.connections, self._wake, self._trimmer = set(), task.cancel, MemoryTrimmer()
        if self.app.encrypted:  # beside gunicorn's own socket: TLS on all of those, or on none, is all that it offers
            listener, context = self.app.encrypted
            self.servers.append(await self.loop.create_server(lambda: Connection(self), sock=listener, ssl=context))
        self.loop.call_soon(self._restore_backlog)  # once it listens
        await super()._serve()

    def _restore_backlog(self) -> None:
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
        self._fetch_newer_data()
        now, stopped = self.loop.time(), process_time.tick()
        for connection in tuple(self.connections):
            connection.check_timeout(now, stopped)
        self._trimmer.trim(now)

    async def _shutdown(self) -> None:
        until = self.loop.time() + GRACE_SECONDS - 0.5  # before the master's patience ends
        await self._await_master()
        coming = await self._accept_pending()
        while (now := self.loop.time()) < until and not self._quick_shutdown:
            for connection in tuple(self.connections):
                connection.close_if_idle(now)
            if not self.connections and coming.done():
                return
            await asyncio.sleep(0.01)
        calls = sum(not connection._awaiting_request for connection in self.connections)
        log.warning("worker %d stops after %d s with calls that are not answered: %d", self.pid, GRACE_SECONDS, calls)

    def _cleanup(self) -> None:
        signal.pthread_sigmask(signal.SIG_BLOCK, STOP_SIGNALS)
        for number in STOP_SIGNALS:  # the loop that is closed next would be told by a pipe that is closed, too
            self.loop.remove_signal_handler(number)
        ignore_signals()
        super()._cleanup()

    async def _await_master(self) -> None:
        """Go on until the master listens no more, if it is about to: connections that come when nobody takes them in
        any more, but the master's socket is still open, would be cut. A signal to the group of processes tells a worker
        at the same moment as its master, one to a worker alone tells the master nothing.
        """
        until = self.loop.time() + LINGER_SECONDS
        while not self.app.closed[0] and self.loop.time() < until:
            await asyncio.sleep(0.005)

    async def _accept_pending(self) -> asyncio.Future[Any]:
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
            *(take(lambda: Connection(self), connection, ssl=context) for connection, context in taken),
            return_exceptions=True,
        )

    def _get_ssl_context(self) -> Any:
        self._context = super()._get_ssl_context()
        return self._context


def ignore_signals() -> None:
    """Heed no further signal to stop: this process is all but over, and would end with a trace or another status."""
    for number in STOP_SIGNALS:
        signal.signal(number, signal.SIG_IGN)
