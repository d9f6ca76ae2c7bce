"""The front of a server: what needs nothing of Flask is answered without it."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from threading import Lock
from typing import TYPE_CHECKING

from .engine.addresses import Addresses, Keeps
from .engine.serve import Runtime

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment


class Later:
    """WSGI: an app that is made when it is first called."""

    def __init__(self, make: Callable[[], WSGIApplication]) -> None:
        self._make, self._making = make, Lock()
        self._made: WSGIApplication | None = None

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        with self._making:
            self._made = self._made or self._make()
        return self._made(environ, start_response)


def front(world: Runtime) -> Addresses:
    """What ``create_app`` makes, with Flask imported for the first call that needs it."""

    def flask() -> WSGIApplication:
        from .app import routed

        return routed(world)

    return Addresses(Later(flask), world, _control_keeps(world))


def _control_keeps(world: Runtime) -> Keeps:
    """What control looks at of a body; it is made, like control itself, when it is first asked."""
    made: list[Keeps] = []

    def keeps(environ: WSGIEnvironment) -> int:
        if not made:
            from .admin.guard import make_body_limit

            made.append(make_body_limit(world))
        return made[0](environ)

    return keeps if world.settings.control else lambda environ: 0
