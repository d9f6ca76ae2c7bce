"""The minimum of Flask: routes that return ready bytes.

``python -m bench.bare --port 8000 /path body.json [/path body.json ...]``, carried by the very server that carries the
sandbox; with ``--plain`` by gunicorn as it comes, without a module of ours.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from flask import Flask, Response

from mockserver.server.front import Front

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIEnvironment


def make_app(bodies: dict[str, bytes]) -> Flask:
    app = Flask("bare", static_folder=None)
    for path, body in bodies.items():
        app.add_url_rule(path, path, returning(body))
    return app


def returning(body: bytes) -> Callable[[], Response]:
    def view() -> Response:
        return Response(body, content_type="application/json")

    return view


class BareFront(Front):
    """An app in place of the sandbox."""

    def __init__(self, app: Flask) -> None:
        self._app = app

    def is_ours(self, path: str, host: str | None) -> bool:
        return True

    def max_body_bytes(self, environ: WSGIEnvironment) -> int:
        return 0

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        return self._app(environ, start_response)


def run_as_we_do(app: Flask, port: int) -> None:
    """Serve with the sandbox's own server."""
    from mockserver.server import gunicorn, listen

    gunicorn.run(BareFront(app), listen.listen("127.0.0.1", port), lambda: None)


def run_plain(app: Flask, port: int) -> None:
    """Serve with an embedded gunicorn: one worker with eight threads."""
    from gunicorn.app.base import BaseApplication

    class Embedded(BaseApplication):  # type: ignore[misc]  # gunicorn has no types
        def load_config(self) -> None:
            settings: dict[str, Any] = {"bind": f"127.0.0.1:{port}", "worker_class": "gthread", "threads": 8}
            for name, value in (settings | {"loglevel": "warning", "control_socket_disable": True}).items():
                self.cfg.set(name, value)

        def load(self) -> Flask:
            return app

    Embedded().run()


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--plain", action="store_true")
    parser.add_argument("bodies", nargs="+", metavar="/path file")
    given = parser.parse_args()
    paths, files = given.bodies[::2], given.bodies[1::2]
    app = make_app({path: Path(file).read_bytes() for path, file in zip(paths, files, strict=True)})
    (run_plain if given.plain else run_as_we_do)(app, given.port)


if __name__ == "__main__":
    main()
