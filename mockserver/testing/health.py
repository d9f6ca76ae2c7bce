"""Asking a server whether it is healthy; needs nothing but the standard library."""

from __future__ import annotations

import http.client
import json
import ssl
import time
from urllib.parse import urlsplit

from .. import clock

EVERY = 0.05


def ask(url: str, wait: float = 0.0) -> tuple[bool, str]:
    """Whether the server at this URL is healthy, asked again for up to ``wait`` seconds; and what was found.

    One whose control API is off (``--no-control``) has no health to tell: that it says so is taken for it.
    """
    until = clock.elapsed() + wait
    while True:
        healthy, found = _once(url)
        if healthy or clock.elapsed() >= until:
            return healthy, found
        time.sleep(EVERY)


def _once(url: str) -> tuple[bool, str]:
    try:
        parts = urlsplit(url)
        if parts.scheme not in ("http", "https") or not parts.hostname:
            return False, "is no URL like http://127.0.0.1:8080"
        if parts.scheme == "https":  # a sandbox's own certificate is rarely one that this machine trusts
            context = ssl._create_unverified_context()
            connection: http.client.HTTPConnection = http.client.HTTPSConnection(
                parts.hostname, parts.port, timeout=5, context=context
            )
        else:
            connection = http.client.HTTPConnection(parts.hostname, parts.port, timeout=5)
        connection.request("GET", parts.path.rstrip("/") + "/__admin/health")
        reply = connection.getresponse()
        body = json.loads(reply.read())
        connection.close()
    except (OSError, ValueError, http.client.HTTPException) as error:
        return False, f"does not answer ({error})"
    if isinstance(body, dict) and body.get("type") == "urn:mockserver:control-off":
        return True, "answers; its control API is off"
    status = str(body.get("status")) if isinstance(body, dict) else "unknown"
    return reply.status == 200 and status == "healthy", f"is {status}"
