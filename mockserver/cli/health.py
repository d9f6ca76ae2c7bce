"""Asking a server whether it is healthy; needs nothing but the standard library."""

from __future__ import annotations

import http.client
import json
import ssl
import time
from typing import Any
from urllib.parse import SplitResult, urlsplit

from ..sdk import clock

EVERY = 0.05


def ask(url: str, wait: float = 0.0) -> tuple[bool, str]:
    """Whether the server at this URL is healthy, asked again for up to ``wait`` seconds; and what was found.

    One without a control API (``--no-control``) has no health to tell: that it says who it is is taken for it.
    """
    until = clock.monotonic_time() + wait
    while True:
        healthy, found = _once(url)
        if healthy or clock.monotonic_time() >= until:
            return healthy, found
        time.sleep(EVERY)


def _once(url: str) -> tuple[bool, str]:
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
    found = str(body.get("status", "unknown"))
    return status == 200 and found == "healthy", f"is {found}"


def _get(parts: SplitResult, path: str) -> tuple[int, dict[str, Any]]:
    """The status and the JSON object of a reply, empty for any other JSON. Raises as connections and json do."""
    if parts.scheme == "https":  # a sandbox's own certificate is rarely one that this machine trusts
        context = ssl._create_unverified_context()
        connection: http.client.HTTPConnection = http.client.HTTPSConnection(
            parts.hostname or "", parts.port, timeout=5, context=context
        )
    else:
        connection = http.client.HTTPConnection(parts.hostname or "", parts.port, timeout=5)
    connection.request("GET", parts.path.rstrip("/") + path)
    reply = connection.getresponse()
    body = json.loads(reply.read())
    connection.close()
    return reply.status, body if isinstance(body, dict) else {}
