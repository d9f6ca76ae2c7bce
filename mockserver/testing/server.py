"""A server inside the test process: on a free loopback port, in threads that die with the process."""

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

POLL = 0.05


class Server:
    """A server with these settings, as ``mockserver serve`` knows them; without any, those of the environment.

        with Server(dataset="docs") as server:
            sandbox = server.client.sandbox("mine")

    It shares this process with the tests, and so what they do to it: where time is frozen or moved (freezegun,
    time-machine), its clocks, quotas and idle sandboxes go by that time; gevent's patches, blocked sockets and forks
    reach it, too. The pytest plugin and ``mockserver run`` are immune to that: there it has a process of its own.
    """

    def __init__(
        self, *, vendors: Iterable[Vendor] = (), wall: Callable[[], float] = clock.wall_time, **settings: Any
    ) -> None:
        self._given, self._vendors, self._wall = {**settings, "control": True}, tuple(vendors), wall
        self._listener = listen.listen("127.0.0.1", 0)
        self._stopped = Event()
        self._thread = Thread(target=self._run, name="mockserver", daemon=True)
        self._serving: Any = None
        self._world: Runtime | None = None
        self.url = listen.format_url(self._listener, tls=False)

    @property
    def client(self) -> Client:
        """Its control API."""
        return Client(self.url, make_settings(self._given).control_token)

    @property
    def world(self) -> Runtime:
        """What the server serves, once it was started."""
        assert self._world is not None
        return self._world

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(self, *anything: object) -> None:
        self.stop()

    def start(self) -> Self:
        """Serve. Raises WrongSetting, BrokenFixture or BadVendor when there is nothing to serve."""
        try:
            self._serving = self._made()
        except BaseException:
            self._listener.close()
            raise
        self._thread.start()
        return self

    def stop(self) -> None:
        """Answer no more; the port is free again."""
        self._stopped.set()
        if self._thread.ident is not None:
            self._thread.join()
        if self._serving is not None:
            self._serving.server_close()
            self.world.store.close()
        self._listener.close()

    def _made(self) -> Any:
        from ..engine.build import build_runtime
        from ..server import werkzeug
        from ..server.front import Front

        self._world = build_runtime(make_settings(self._given), vendors=self._vendors, wall=self._wall)
        serving = werkzeug.build_server(Front(self._world), self._listener, cors=self._world.settings.cors)
        serving.timeout = POLL
        return serving

    def _run(self) -> None:
        while not self._stopped.is_set():
            self._serving.handle_request()
