"""``mockserver health``: whether a server is healthy."""

from __future__ import annotations

import http.client
import json
import ssl
import sys
import time
from typing import Any
from urllib.parse import SplitResult, urlsplit

import click

from ..sandbox.store_url import without_password
from ..sdk import clock
from .options import server_url

INTERVAL_SECONDS = 0.05
TIMEOUT_SECONDS = 5


@click.command()
@click.option(
    "--url", default=None, help="the server's address [MOCKSERVER_URL, else http://127.0.0.1:MOCKSERVER_PORT or 8080]"
)
@click.option(
    "--wait", default=0.0, type=click.FloatRange(0, 3600), metavar="SECONDS", help="keep asking for so long [0]"
)
def health(url: str | None, wait: float) -> None:
    """Ask a server whether it is healthy; exit status 0 when it is."""
    url = url or server_url()
    healthy, state = ask(url, wait)
    click.echo(f"{without_password(url)} {state}", err=not healthy)
    sys.exit(0 if healthy else 1)


def ask(url: str, wait: float = 0.0) -> tuple[bool, str]:
    """Ask the server at this URL until it is healthy, for up to ``wait`` seconds; returns its state in words, too.

    A server without a control API (``--no-control``) counts as healthy when its start page names it.
    """
    deadline = clock.monotonic_time() + wait
    while True:
        healthy, state = _ask_once(url)
        if healthy or clock.monotonic_time() >= deadline:
            return healthy, state
        time.sleep(INTERVAL_SECONDS)


def _ask_once(url: str) -> tuple[bool, str]:
    try:
        parts = urlsplit(url)
        if parts.scheme not in ("http", "https") or not parts.hostname:
            return False, "is no URL like http://127.0.0.1:8080"
        status, body = _get(parts, "/__admin/health")
        start = _get(parts, "/")[1] if status == 404 else {}
    except (OSError, ValueError, http.client.HTTPException) as error:
        return False, f"does not answer ({error})"
    if start.get("name") == "mockserver" and "health" not in start:
        return True, "answers; its control API is off"
    state = str(body.get("status", "unknown"))
    return status == 200 and state == "healthy", f"is {state}"


def _get(parts: SplitResult, path: str) -> tuple[int, dict[str, Any]]:
    """The status and the JSON object of a reply; an empty one for any other JSON. Raises as http.client and json do."""
    host, port = parts.hostname or "", parts.port
    connection: http.client.HTTPConnection
    if parts.scheme == "https":  # this machine rarely trusts a sandbox's own certificate
        context = ssl._create_unverified_context()
        connection = http.client.HTTPSConnection(host, port, timeout=TIMEOUT_SECONDS, context=context)
    else:
        connection = http.client.HTTPConnection(host, port, timeout=TIMEOUT_SECONDS)
    connection.request("GET", parts.path.rstrip("/") + path)
    reply = connection.getresponse()
    body = json.loads(reply.read())
    connection.close()
    return reply.status, body if isinstance(body, dict) else {}
