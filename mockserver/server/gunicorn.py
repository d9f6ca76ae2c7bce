"""gunicorn, embedded: worker processes with an event loop each, on a socket that is already listening."""

from __future__ import annotations

import gc
import logging
import mmap
import os
import resource
import signal
import socket
import ssl
import sys
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from threading import Thread
from typing import Any

from gunicorn.app.base import BaseApplication
from gunicorn.arbiter import Arbiter
from gunicorn.errors import HaltServer

from ..engine.metrics import REGIONS, Metrics
from ..engine.reload import POLL_SECONDS, DataReload
from ..sdk import clock
from ..sdk.errors import InvalidSetting
from . import connection, tempfiles
from .asgi import AsgiAdapter
from .front import Front
from .worker import GRACE_SECONDS, STOP_SIGNALS, Worker, ignore_signals

log = logging.getLogger("mockserver")

MAX_OPEN_FILES = 8192
WORKER_TIMEOUT_SECONDS = 30  # without a heartbeat; then a worker of several is replaced


class _Arbiter(Arbiter):  # type: ignore[misc]  # gunicorn has no types
    """The master process: logs how workers end, starts workers with signals blocked, and reloads fixtures.

    gunicorn's own reload would replace the workers, and so drop connections and sandboxes. Ours runs in a thread, so
    that signals are handled meanwhile; it never forks while that thread runs.
    """

    _reload_thread: Thread | None = None
    _reload_requested = _reload_done = False

    def __init__(self, app: _Application) -> None:
        self._endings: list[str] = []  # of workers to replace, as messages
        self._checked_at = self._resumed_at = clock.monotonic_time()
        super().__init__(app)

    def wait_for_signals(self, timeout: float = 1.0) -> list[int]:
        data = self.app.data
        found: list[int] = super().wait_for_signals(POLL_SECONDS if data and data.watching else timeout)
        if self._reload_thread and self._reload_done:
            self._reload_thread.join()
            self._reload_thread, self._reload_done = None, False
            self.kill_workers(signal.SIGHUP)
        if not self._reload_thread and data and (self._reload_requested or (data.watching and data.find_changes())):
            self._reload_requested, self._reload_thread = False, Thread(target=self._reload, args=[data], daemon=True)
            self._reload_thread.start()
        return found

    def _reload(self, data: DataReload) -> None:
        try:
            data.swap()
        finally:
            self._reload_done = True
            self.wakeup()

    def handle_hup(self) -> None:
        self._reload_requested = True
        self.wakeup()

    def halt(self, reason: str | None = None, exit_status: int = 0) -> None:
        self.stop()
        sys.exit(exit_status)

    def stop(self, graceful: bool = True) -> None:
        if self.app.encrypted:
            self.app.encrypted[0].close()
        super().stop(graceful)
        ignore_signals()

    def kill_workers(self, sig: int) -> None:
        self.app.closed[0] = not self.LISTENERS
        super().kill_workers(sig)

    def murder_workers(self) -> None:
        """Leave workers that were suspended with their master time for a heartbeat."""
        now = clock.monotonic_time()
        if now - self._checked_at > WORKER_TIMEOUT_SECONDS / 2:
            self._resumed_at = now
        self._checked_at = now
        if now - self._resumed_at > WORKER_TIMEOUT_SECONDS / 2:
            super().murder_workers()

    def handle_ttin(self) -> None:
        if self.app.alone:
            log.warning("SIGTTIN was ignored: what is in memory has one worker; with --store there may be more")
        else:
            super().handle_ttin()

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
                self._endings.append(f"worker {pid} {how}")
        super().reap_workers()  # others than workers, which a first process of a container inherits

    def spawn_worker(self) -> Any:
        if self._reload_thread:
            self._reload_thread.join()
        self.app.starting(self._endings.pop(0) if self._endings else "")
        before = signal.pthread_sigmask(signal.SIG_BLOCK, STOP_SIGNALS)  # until the worker has handlers of its own
        try:
            return super().spawn_worker()
        finally:
            signal.pthread_sigmask(signal.SIG_SETMASK, before)


class _Application(BaseApplication):  # type: ignore[misc]  # gunicorn has no types
    def __init__(
        self,
        front: Front,
        options: dict[str, Any],
        encrypted: tuple[socket.socket, ssl.SSLContext] | None = None,
        starting: Callable[[str], None] = lambda ended: None,
        data: DataReload | None = None,
        alone: bool = False,
    ) -> None:
        self._adapter, self._options = AsgiAdapter(front), options
        self.encrypted, self.starting, self.data, self.alone = encrypted, starting, data, alone
        self.closed = mmap.mmap(-1, 1)  # shared by all processes: whether the master stopped listening
        super().__init__()

    def load_config(self) -> None:
        for name, value in self._options.items():
            self.cfg.set(name, value)

    def load(self) -> AsgiAdapter:
        return self._adapter

    def run(self) -> None:
        _Arbiter(self).run()


def run(
    front: Front,
    listener: socket.socket,
    ready: Callable[[], None],
    tls: tuple[Path, Path] | None = None,
    encrypted: socket.socket | None = None,
    *,
    workers: int = 1,
    leaving: Callable[[], None] = lambda: None,
    starting: Callable[[str], None] = lambda ended: None,
    metrics: Metrics | None = None,
    data: DataReload | None = None,
    cors: bool = True,
    alone: bool = False,
) -> None:
    """Serve until a signal stops the server. Ends by SystemExit. gunicorn owns ``listener`` from here on.

    ``ready`` is called once calls are answered, ``leaving`` when a worker stops at once, ``starting`` in the master
    before a fork, with the ending of the worker that is replaced (``worker 12 was killed (signal 9)``).
    ``tls`` (certificate, key) applies to ``encrypted`` if there is one, else to ``listener``. ``data`` is reloaded on
    SIGHUP or when it changes. An ``alone`` worker holds all sandboxes in memory, and is never killed for its silence.
    ``cors``: browsers of other origins may also read what the server itself refuses.
    """

    connection.Connection.cors = cors
    _raise_file_limit()
    options = _make_options(listener, workers, ready, leaving, metrics, alone)
    tls_listener = None
    if tls and encrypted:
        context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        context.load_cert_chain(*tls)
        tls_listener = encrypted, context
    elif tls:
        options |= {"certfile": str(tls[0]), "keyfile": str(tls[1])}
    _tune_collector()
    _Application(front, options, tls_listener, starting, data, alone).run()


def _make_options(
    listener: socket.socket,
    workers: int,
    ready: Callable[[], None],
    leaving: Callable[[], None],
    metrics: Metrics | None,
    alone: bool,
) -> dict[str, Any]:
    """gunicorn's settings, with the hooks that each worker runs."""

    def started(worker: Worker) -> None:
        if metrics:
            metrics.enter(worker.region)
        _start_worker(ready if worker.age == 1 else lambda: None, leaving)

    def ended(arbiter: Any, worker: Worker) -> None:
        if metrics:
            metrics.leave(worker.region)

    return {
        "bind": f"fd://{listener.detach()}",
        "workers": workers,
        "worker_class": Worker,
        "asgi_lifespan": "off",
        "asgi_loop": "asyncio",
        "preload_app": True,
        "worker_tmp_dir": tempfiles.find_folder(),  # for heartbeats
        "timeout": 0 if alone else WORKER_TIMEOUT_SECONDS,
        "graceful_timeout": GRACE_SECONDS,
        **connection.HTTP_OPTIONS,
        "keepalive": connection.KEEPALIVE_SECONDS,
        "control_socket_disable": True,
        "loglevel": "warning",
        "accesslog": None,
        "pre_fork": _assign_region,
        "post_worker_init": started,
        "child_exit": ended,
    }


def _assign_region(arbiter: Any, worker: Worker) -> None:
    """Assign a free metrics region to a worker that is about to start; its counts may go on."""
    taken = {other.region for other in arbiter.WORKERS.values()}
    worker.region = min(set(range(REGIONS)) - taken, default=0)


def _tune_collector() -> None:
    """Freeze what is loaded, and run the garbage collector less often.

    Calls are faster, and workers share more pages with their parent.
    """
    gc.freeze()
    gc.set_threshold(5_000, 10, 5)


def _raise_file_limit() -> None:
    """Raise the limit of open files: each connection is one, and some systems allow few by default."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = MAX_OPEN_FILES if hard == resource.RLIM_INFINITY else min(MAX_OPEN_FILES, hard)
    if soft != resource.RLIM_INFINITY and soft < wanted:
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))


def _start_worker(ready: Callable[[], None], leaving: Callable[[], None]) -> None:
    """Set the worker's signal handlers. Ctrl-C is left to the master, whose quick stop ends the worker at once.

    gunicorn's own handler of it takes a lock that the interrupted code may hold, and hangs for the grace period.
    """

    def end(number: int, frame: object) -> None:
        with suppress(OSError, RuntimeError):  # nobody reads any more; or a line was just being written
            leaving()
        os._exit(0)

    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGQUIT, end)
    signal.pthread_sigmask(signal.SIG_UNBLOCK, STOP_SIGNALS)
    try:
        ready()
    except InvalidSetting as error:
        log.error("%s", error)
        sys.exit(Arbiter.WORKER_BOOT_ERROR)
