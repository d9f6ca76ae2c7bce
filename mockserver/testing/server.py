"""A server inside the test process, on a free loopback port, in daemon threads."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from threading import Event, Thread
from typing import TYPE_CHECKING, Any, Self

from ..sandbox.settings import make_settings
from ..sdk import clock
from ..server import listen
from .client import Client

if TYPE_CHECKING:
    from ..engine.runtime import Runtime
    from ..sdk.contract import Vendor

POLL_SECONDS = 0.05


class Server:
    """A server with these settings, named as those of ``mockserver serve``; the environment gives the others.

        with Server(dataset="docs") as server:
            sandbox = server.client.sandbox("mine")

    It shares the process of the tests: frozen or moved time (freezegun, time-machine) changes its clocks, quotas and
    idle sandboxes; gevent's patches, blocked sockets and forks affect it, too. The pytest plugin and ``mockserver run``
    are immune: there the tests have another process.
    """

    def __init__(
        self, *, vendors: Iterable[Vendor] = (), wall: Callable[[], float] = clock.wall_time, **settings: Any
    ) -> None:
        self._settings, self._vendors, self._wall = {**settings, "control": True}, tuple(vendors), wall
        self._listener = listen.listen("127.0.0.1", 0)
        self._stopped = Event()
        self._thread = Thread(target=self._run, name="mockserver", daemon=True)
        self._server: Any = None
        self._runtime: Runtime | None = None
        self.url = listen.format_url(self._listener, tls=False)

    @property
    def client(self) -> Client:
        """Its control API."""
        return Client(self.url, make_settings(self._settings).control_token)

    @property
    def runtime(self) -> Runtime:
        """The runtime of the started server."""
        assert self._runtime is not None
        return self._runtime

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(self, *anything: object) -> None:
        self.stop()

    def start(self) -> Self:
        """Start serving. Raises InvalidSetting, InvalidFixture or BadVendor."""
        try:
            self._server = self._make_server()
        except BaseException:
            self._listener.close()
            raise
        self._thread.start()
        return self

    def stop(self) -> None:
        """Stop serving and free the port."""
        self._stopped.set()
        if self._thread.ident is not None:
            self._thread.join()
        if self._server is not None:
            self._server.server_close()
            self.runtime.store.close()
        self._listener.close()

    def _make_server(self) -> Any:
        from ..engine.build import build_runtime  # the client alone does without all of these
        from ..server import werkzeug
        from ..server.front import Front

        self._runtime = build_runtime(make_settings(self._settings), vendors=self._vendors, wall=self._wall)
        serving = werkzeug.build_server(Front(self._runtime), self._listener, cors=self._runtime.settings.cors)
        serving.timeout = POLL_SECONDS
        return serving

    def _run(self) -> None:
        while not self._stopped.is_set():
            self._server.handle_request()
