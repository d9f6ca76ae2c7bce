"""Where endpoints answer: every address of every vendor, and the short way from an address to ``serve``."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Callable, Iterable
from functools import lru_cache
from typing import TYPE_CHECKING, NamedTuple
from urllib.parse import quote

from ..sdk.contract import Operation, Vendor
from ..sdk.http import Reply, Request, reason_phrase
from ..sdk.querystring import MAX_CACHED_CHARS
from .redaction import MAX_BODY_BYTES
from .serve import Runtime, serve

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

# Where a request's environment holds the sandbox that its URL names, and the Reply for the server in front.
SANDBOX, REPLY = "mockserver.sandbox.sandbox", "mockserver.reply"
Keeps = Callable[["WSGIEnvironment"], int]  # of a request's head: how many bytes of its body are looked at


def is_quick(path: str, query: str) -> bool:
    """Whether a page of ours takes no longer than a call, so that it needs no thread: what a console asks for every
    second or two.
    """
    return path == "/__admin/health" or (path == "/__admin/requests" and "brief=true" in query)


class Address(NamedTuple):
    """An endpoint's path behind a prefix (none at the root)."""

    vendor: Vendor
    endpoint: Operation
    path: str
    prefix: str = ""


def addresses(vendors: Iterable[Vendor]) -> tuple[list[Address], list[list[Address]]]:
    """Every address, as documented at the root and under the vendor's prefix; and each path that several vendors claim
    at the root, where it is nobody's.
    """
    claims = defaultdict(list)
    prefixed = []
    for vendor in vendors:
        for endpoint in vendor.operations:
            for path in (endpoint.path, *endpoint.aliases):
                claims[re.sub(r"{\w+}", "{}", path)].append(Address(vendor, endpoint, path))
                prefixed.append(Address(vendor, endpoint, path, f"/{vendor.name}"))
    own = [claimed[0] for claimed in claims.values() if len(claimed) == 1]
    return [*own, *prefixed], [claimed for claimed in claims.values() if len(claimed) > 1]


def received(
    environ: WSGIEnvironment, prefix: str, path_params: dict[str, str], body: Callable[[], bytes] = bytes
) -> Request:
    """The request as plain values, without the vendor's prefix; ``body`` reads one, if there is one."""
    query, path = environ.get("QUERY_STRING", ""), _decoded(environ["PATH_INFO"])
    target = environ.get("RAW_URI") or environ.get("REQUEST_URI") or quote(path) + (f"?{query}" if query else "")
    headers = {_header(key): value for key, value in environ.items() if key[:5] == "HTTP_" or (value and key in OTHERS)}
    return Request(
        environ["REQUEST_METHOD"],
        path.removeprefix(prefix) or "/",
        query,
        headers,
        path_params,
        len(target),
        body() if has_body(environ) else b"",
        environ.get(SANDBOX),
    )


OTHERS = ("CONTENT_TYPE", "CONTENT_LENGTH")


def _header(key: str) -> str:
    """The name of a header; a long one is not remembered, or what a client sends would fill the memory."""
    return (_known_header if len(key) <= MAX_CACHED_CHARS else _known_header.__wrapped__)(key)


@lru_cache(maxsize=1000)
def _known_header(key: str) -> str:
    return key.removeprefix("HTTP_").replace("_", "-").lower()


def _decoded(text: str) -> str:
    """What stands in a path: WSGI hands over its bytes as Latin-1."""
    return text if text.isascii() else text.encode("latin-1").decode(errors="replace")


def has_body(environ: WSGIEnvironment) -> bool:
    """Whether a request says that it has a body."""
    return environ.get("CONTENT_LENGTH", "0") not in ("", "0") or "HTTP_TRANSFER_ENCODING" in environ


class Addresses:
    """WSGI: takes ``/__sandbox/<name>`` off the front of a path, and sends a vendor's own host to its prefix
    (``protocol.example/api`` is ``/vendor/api``), unless the URL names a sandbox and, behind it, a vendor itself.

    Then it answers what needs nothing of Flask, by the shorter way to the same ``serve``. Whatever is out of the
    ordinary (a body, a path that no endpoint has) goes Flask's way.
    """

    def __init__(self, app: WSGIApplication, world: Runtime, control_keeps: Keeps = lambda environ: 0) -> None:
        self._app, self._world, self._control_keeps = app, world, control_keeps
        self._hosts = {host.lower(): v.name for v in world.vendors for host in (*v.hosts, f"{v.name}.localhost")}
        own, _ = addresses(world.vendors)
        self._fixed = {address.prefix + address.path: address for address in own if "{" not in address.path}
        self._named = [
            (re.compile(re.sub(r"\\{(\w+)\\}", r"(?P<\1>[^/]+)", re.escape(address.prefix + address.path))), address)
            for address in own
            if "{" in address.path
        ]

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        sandbox, path = self._led(environ.get("PATH_INFO", "/"), environ.get("HTTP_HOST", ""))
        environ["PATH_INFO"] = path
        if sandbox is not None:
            environ[SANDBOX] = sandbox
        address, names = self.at(path)
        if address is None or has_body(environ):
            return self._app(environ, start_response)
        call = received(environ, address.prefix, names)
        reply = environ[REPLY] = serve(self._world, address.vendor, address.endpoint, call)
        start_response(f"{reply.status} {reason_phrase(reply.status)}", framed(reply))
        return [b"" if call.method == "HEAD" else reply.body]

    def keeps(self, environ: WSGIEnvironment) -> int:
        """How many bytes of a request's body are looked at, for a server that reads it before it asks us: what comes
        behind them it may forget.
        """
        _, path = self._led(environ["PATH_INFO"], environ.get("HTTP_HOST", ""))
        return self._control_keeps({**environ, "PATH_INFO": path}) if path.startswith("/__") else MAX_BODY_BYTES + 1

    def at_once(self, method: str, path: str, query: str, headers: dict[str, str], length: int) -> Reply | None:
        """The reply to a request without a body, for a server that can do without WSGI: no environment is made and
        taken apart again. None when it must go Flask's way.

        ``path`` is as WSGI has it, ``length`` that of the request target in bytes.
        """
        sandbox, path = self._led(path, headers.get("host", ""))
        address, names = self.at(path)
        if address is None:
            return None
        own = _decoded(path).removeprefix(address.prefix) or "/"
        call = Request(method, own, query, headers, names, length, b"", sandbox)
        return serve(self._world, address.vendor, address.endpoint, call)

    def _led(self, path: str, host: str) -> tuple[str | None, str]:
        """The sandbox that a path names, and what is left of the path, behind the prefix of whose host it is."""
        sandbox = None
        if path.startswith("/__sandbox/"):
            sandbox, slash, rest = path.removeprefix("/__sandbox/").partition("/")
            path = slash + rest or "/"
        vendor = self._hosts.get(host.partition(":")[0].lower().rstrip(".")) if host else None
        if vendor is None or path.startswith("/__") or (sandbox is not None and self._names_vendor(path)):
            return sandbox, path
        return sandbox, f"/{vendor}{path}"

    def _names_vendor(self, path: str) -> bool:
        return path.split("/")[1] in self._hosts.values()

    def at(self, path: str) -> tuple[Address | None, dict[str, str]]:
        """Whose this path is, and the values of the names in it."""
        if path in self._fixed:
            return self._fixed[path], {}
        for pattern, address in self._named:
            match = pattern.fullmatch(path)
            if match:
                return address, {name: _decoded(text) for name, text in match.groupdict().items()}
        return None, {}


def framed(reply: Reply) -> list[tuple[str, str]]:
    """The headers of a reply with its length, but for the one that has none (RFC 9110, 8.6)."""
    headers = list(reply.headers)
    if reply.status != 204:
        headers.append(("Content-Length", str(len(reply.body))))
    return headers
