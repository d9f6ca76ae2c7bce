"""The servers that transcripts are sent to: one for all files that need the same options."""

from __future__ import annotations

import http.client
import json
import os
import shlex
import socket
import subprocess
import time
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from itertools import pairwise
from typing import Any
from urllib.parse import urlsplit

from tests.support.servers import ROOT, end, running, serving

OTHER = os.environ.get("TRANSCRIPTS_SERVE", "")  # gunicorn -k gthread -b 127.0.0.1:{port} 'mockserver:create_app()'
SECONDS = 60


class Fronts(ExitStack):
    """Starts servers when they are needed, and stops them all at the end."""

    def __init__(self) -> None:
        super().__init__()
        self.ports: dict[tuple[str, ...], int] = {}

    def port(self, options: tuple[str, ...]) -> int:
        """The port of a server with these options, its sandboxes as on first use."""
        if options in self.ports and "--no-control" not in options:
            clear(self.ports[options], options)
        else:
            self.ports[options] = self.enter_context(other(options) if OTHER else ours(options))
        return self.ports[options]


@contextmanager
def ours(options: tuple[str, ...]) -> Iterator[int]:
    with running(serving(*options), cwd=ROOT) as (url, _):
        port = urlsplit(url).port
        assert port is not None
        yield port


@contextmanager
def other(options: tuple[str, ...], line: str = OTHER) -> Iterator[int]:
    """A server of another kind, which this command line starts and which finds the options as variables."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    environment = {**os.environ, **variables(options)}
    command = [part.replace("{port}", str(port)) for part in shlex.split(line)]
    with subprocess.Popen(command, cwd=ROOT, env=environment, start_new_session=True, text=True) as server:
        try:
            await_listener(server, port)
            yield port
        finally:
            end(server)


def variables(options: tuple[str, ...]) -> dict[str, str]:
    """Options as the environment has them."""
    found, rest = {}, list(options)
    while rest:
        name = rest.pop(0).removeprefix("--").upper().replace("-", "_")
        if rest and not rest[0].startswith("--"):
            found[f"MOCKSERVER_{name}"] = rest.pop(0)
        else:
            found[f"MOCKSERVER_{name.removeprefix('NO_')}"] = "false" if name.startswith("NO_") else "true"
    return found


def await_listener(server: subprocess.Popen[str], port: int) -> None:
    deadline = time.monotonic() + SECONDS
    while True:
        try:
            socket.create_connection(("127.0.0.1", port), 1).close()
            return
        except ConnectionRefusedError:
            if server.poll() is not None or time.monotonic() > deadline:
                raise AssertionError(f"{OTHER} does not listen on {port}") from None
            time.sleep(0.05)


def clear(port: int, options: tuple[str, ...]) -> None:
    """Puts a server that other files have used back as it was."""
    token = dict(pairwise(options)).get("--control-token")
    headers = {"Authorization": f"Bearer {token}"} if token else {}
    for sandbox in ask(port, "GET", "/sandboxes", headers)["sandboxes"]:
        if sandbox["name"] != "default":
            ask(port, "DELETE", f"/sandboxes/{sandbox['name']}", headers)
    ask(port, "POST", "/reset", {**headers, "Content-Type": "application/json"}, '{"scope": "all"}')


def ask(port: int, method: str, path: str, headers: Mapping[str, str], body: str | None = None) -> Any:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=SECONDS)
    try:
        connection.request(method, f"/__admin{path}", body, dict(headers))
        reply = connection.getresponse()
        text = reply.read()
        assert reply.status < 300, text
        return json.loads(text) if text else None
    finally:
        connection.close()
