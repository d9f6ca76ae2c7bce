"""The control API from Python: a client of a server, and a handle on each of its sandboxes.

    client = Client("http://127.0.0.1:8080")
    sandbox = client.sandbox("checkout").create(strict=True)
    sandbox.fail_next(vendor, 503, times=2)

A refusal is raised as Refused, with the server's sentence. Numbers with a point come back as Decimals.
"""

from __future__ import annotations

import http.client
import re
import ssl
from collections.abc import Mapping
from functools import cached_property
from typing import Any
from urllib.parse import urlsplit

from ..sandbox.store_url import without_password
from ..sdk.http import SANDBOX_HEADER, TOKEN_HEADER
from ..sdk.jsontext import decode, encode, to_decimals
from .sandbox_client import Sandbox
from .values import NOT_A_MOCKSERVER, Json, Rows, expect_map, expect_rows, quote_segment

__tracebackhide__ = True  # a failed test shows its own line


class Refused(Exception):
    """The server refused a request; ``problem`` is its problem+json."""

    def __init__(self, call: str, status: int, problem: Mapping[str, Any]) -> None:
        self.status, self.problem = status, problem
        super().__init__(f"{call}: {status} {problem.get('title', '')}: {problem.get('detail', '')}".rstrip(": "))


class Client:
    """A server's control API. Safe to share between threads: each request has a connection of its own."""

    def __init__(
        self, url: str, token: str | None = None, *, context: ssl.SSLContext | None = None, timeout: float = 30.0
    ) -> None:
        """``token`` is needed off loopback; ``context`` is for a certificate that this machine does not trust."""
        self.url, self.timeout, self._safe_url = url.rstrip("/"), timeout, without_password(url.rstrip("/"))
        self._parts, self._token, self._context = urlsplit(self.url), token, context
        if self._parts.scheme not in ("http", "https") or not self._parts.hostname:
            raise ValueError(f"{self._safe_url!r} is no URL like http://127.0.0.1:8080")
        if token is not None and not re.fullmatch(r"[!-~]*", token):
            wanted = "visible ASCII characters without blanks"
            raise ValueError(f"the control token is something that is not shown, wanted {wanted}")

    def __repr__(self) -> str:
        return f"Client({self._safe_url!r})"

    def send(self, method: str, path: str, body: Any = None, *, sandbox: str | None = None) -> Any:
        """Send one request below ``/__admin``; returns the JSON of the reply, or its text.

        Raises Refused, or OSError when the server cannot be reached.
        """
        headers = {TOKEN_HEADER: self._token} if self._token else {}
        if sandbox is not None:
            headers[SANDBOX_HEADER] = sandbox
        if body is not None:
            headers["Content-Type"] = "application/json"
        text = None if body is None else encode(to_decimals(body))
        connection = self._connection()
        try:
            connection.request(method, f"{self._parts.path}/__admin{path}", text, headers)
            reply = connection.getresponse()
            content = reply.read()
        except http.client.HTTPException as error:
            raise ConnectionError(f"{self._safe_url} does not answer as a server should: {error!r}") from error
        finally:
            connection.close()
        kind = reply.headers.get_content_type()
        value: Any = decode(content) if content and kind.endswith("json") else content.decode("utf-8", "replace")
        if reply.status >= 400:
            problem = value if isinstance(value, dict) else {"title": reply.reason, "detail": NOT_A_MOCKSERVER}
            raise Refused(f"{method} /__admin{path}", reply.status, problem)
        return value

    def _connection(self) -> http.client.HTTPConnection:
        host, port = self._parts.hostname or "", self._parts.port
        if self._parts.scheme == "https":
            return http.client.HTTPSConnection(host, port, timeout=self.timeout, context=self._context)
        return http.client.HTTPConnection(host, port, timeout=self.timeout)

    # The server -----------------------------------------------------------------------------------------------------

    def health(self) -> Json:
        """Its status, version and vendors."""
        return expect_map(self.send("GET", "/health"))

    def ready(self) -> Json:
        return expect_map(self.send("GET", "/ready"))

    def version(self) -> str:
        return str(expect_map(self.send("GET", "/version"))["version"])

    @cached_property
    def names(self) -> list[str]:
        """The names of the vendors."""
        return list(self.health()["vendors"])

    def vendors(self) -> Rows:
        """Each vendor with its addresses and an example call that works."""
        return expect_rows(self.send("GET", "/vendors"))

    def sandboxes(self) -> Rows:
        """All current sandboxes."""
        return expect_rows(self.send("GET", "/sandboxes"), "sandboxes")

    def sandbox(self, name: str = "default") -> Sandbox:
        """A handle on a sandbox; the server is not called yet. Raises ValueError for an invalid name."""
        return Sandbox(self, name)

    def reset(self) -> None:
        """Put every sandbox back as on first use."""
        self.send("POST", "/reset", {"scope": "all"})

    def fidelity(self, vendor: str | None = None) -> Json:
        """Which behaviour is documented, public or inferred."""
        return expect_map(self.send("GET", f"/fidelity/{quote_segment(vendor)}" if vendor else "/fidelity"))
