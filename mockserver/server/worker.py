"""gunicorn's worker: a process with an event loop that serves until a signal stops it."""

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

GRACE_SECONDS = 10  # for calls in progress at a stop
STOP_SIGNALS = {signal.SIGTERM, signal.SIGQUIT, signal.SIGINT}


class Worker(gasgi.ASGIWorker):  # type: ignore[misc]  # gunicorn has no types
    """A worker that answers its pending calls before it stops, and limits how long clients take."""

    connections: set[Connection]
    region: int  # of the metrics
    # SIGHUP keeps the handler inherited from the master until the worker sets its own: the default ends the process.
    SIGNALS = [number for number in gasgi.ASGIWorker.SIGNALS if number != signal.SIGHUP]
    _fetch_task: asyncio.Task[None] | None = None

    def init_signals(self) -> None:
        super().init_signals()
        self.loop.add_signal_handler(signal.SIGHUP, self._fetch_newer_data)

    def _fetch_newer_data(self) -> None:
        """Start to fetch the data that the master has reloaded, if any."""
        data: DataReload | None = self.app.data
        if data and data.is_behind and (self._fetch_task is None or self._fetch_task.done()):
            self._fetch_task = self.loop.create_task(self._fetch(data))

    async def _fetch(self, data: DataReload) -> None:
        """Read the data in a thread and swap it in between two calls."""
        while data.is_behind:
            (await asyncio.to_thread(data.fetch))()

    async def _serve(self) -> None:
        task = asyncio.current_task()
        assert task is not None
        self.connections, self._wake, self._trimmer = set(), task.cancel, MemoryTrimmer()
        if self.app.encrypted:  # gunicorn offers TLS on all of its own sockets or on none
            listener, context = self.app.encrypted
            self.servers.append(await self.loop.create_server(lambda: Connection(self), sock=listener, ssl=context))
        self.loop.call_soon(self._restore_backlog)  # runs once the sockets listen
        await super()._serve()

    def _restore_backlog(self) -> None:
        """Restore the configured backlog of each socket: asyncio sets 100."""
        for listener in self.sockets:
            listener.sock.listen(self.cfg.backlog)

    def handle_exit_signal(self) -> None:
        if self.alive:  # a second signal, from the master after the group's, finds the shutdown begun
            self._wake()  # ends the sleep between heartbeats, and so starts the shutdown
        super().handle_exit_signal()

    def notify(self) -> None:
        """Send the heartbeat, once a second, and check reloads, connections and memory.

        The check for reloads covers a SIGHUP that came before its handler.
        """
        super().notify()
        self._fetch_newer_data()
        now, stopped = self.loop.time(), process_time.tick()
        for connection in tuple(self.connections):
            connection.check_timeout(now, stopped)
        self._trimmer.trim(now)

    async def _shutdown(self) -> None:
        deadline = self.loop.time() + GRACE_SECONDS - 0.5  # before the master kills the worker
        await self._await_master()
        accepted = await self._accept_pending()
        while (now := self.loop.time()) < deadline and not self._quick_shutdown:
            for connection in tuple(self.connections):
                connection.close_if_idle(now)
            if not self.connections and accepted.done():
                return
            await asyncio.sleep(0.01)
        calls = sum(not connection._awaiting_request for connection in self.connections)
        log.warning("worker %d stops after %d s with calls that are not answered: %d", self.pid, GRACE_SECONDS, calls)

    def _cleanup(self) -> None:
        signal.pthread_sigmask(signal.SIG_BLOCK, STOP_SIGNALS)
        for number in STOP_SIGNALS:  # the loop closes next, and with it the pipe that reports signals
            self.loop.remove_signal_handler(number)
        ignore_signals()
        super()._cleanup()

    async def _await_master(self) -> None:
        """Keep serving until the master closes its socket, at most ``LINGER_SECONDS``.

        While that socket is open, the system accepts connections, which end with a reset if no worker takes them. The
        wait is limited because a signal to a worker alone does not stop the master.
        """
        deadline = self.loop.time() + LINGER_SECONDS
        while not self.app.closed[0] and self.loop.time() < deadline:
            await asyncio.sleep(0.005)

    async def _accept_pending(self) -> asyncio.Future[Any]:
        """Stop listening, and take the connections that the system has already accepted."""
        listeners = [(listener.sock, self._context) for listener in self.sockets]
        if self.app.encrypted:
            listeners.append(self.app.encrypted)
        for listener, _ in listeners:
            self.loop.remove_reader(listener)
        await asyncio.sleep(0)  # lets the loop make connections of the sockets it has just accepted
        accepted = []
        for listener, context in listeners:
            with suppress(OSError):  # none is left
                while True:
                    accepted.append((listener.accept()[0], context))
        for server in self.servers:
            server.close()
        connect = self.loop.connect_accepted_socket
        return asyncio.gather(
            *(connect(lambda: Connection(self), connection, ssl=context) for connection, context in accepted),
            return_exceptions=True,
        )

    def _get_ssl_context(self) -> Any:
        self._context = super()._get_ssl_context()
        return self._context


def ignore_signals() -> None:
    """Ignore further stop signals, which would end this process with a traceback or another status."""
    for number in STOP_SIGNALS:
        signal.signal(number, signal.SIG_IGN)
