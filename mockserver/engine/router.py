"""One router: from method, path and host to a vendor, its operation and the values in the path."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from typing import NamedTuple

from ..sdk.contract import Operation, Vendor
from ..sdk.errors import Problem
from ..sdk.http import Request
from ..sdk.similar import find_closest_paths

MAX_TOLD_PATH_CHARS = 200
SANDBOX_PREFIX = "/__sandbox/"
CONTROL_PREFIXES = ("/__admin", "/__docs")


class Route(NamedTuple):
    """Where a request goes.

    ``operation`` is None when the vendor has no such path, ``vendor`` when nobody has it: ``problem`` says why.
    ``path`` has no prefix of ours; ``methods`` are those that it has.
    """

    vendor: Vendor | None
    operation: Operation | None
    path: str
    path_params: Mapping[str, str]
    sandbox: str | None = None
    methods: tuple[str, ...] = ()
    problem: Problem | None = None

    def strip(self, request: Request) -> Request:
        """The request without prefixes of ours."""
        if self.path == request.path and not self.path_params and self.sandbox == request.sandbox:
            return request
        return request._replace(path=self.path, path_params=self.path_params, sandbox=self.sandbox)


class Address(NamedTuple):
    """A documented path, behind a prefix of ours (none at the root), with its operations by method."""

    vendor: Vendor
    path: str
    prefix: str
    operations: Mapping[str, Operation]
    methods: tuple[str, ...]


def split_sandbox(path: str) -> tuple[str | None, str]:
    """The sandbox that a path names (``/__sandbox/<name>/…``), and the rest of the path."""
    if not path.startswith(SANDBOX_PREFIX):
        return None, path
    sandbox, slash, rest = path.removeprefix(SANDBOX_PREFIX).partition("/")
    return sandbox, slash + rest or "/"


class Router:
    """Knows every documented path: at the root, under the vendor's prefix, and by the vendor's host.

    A path at the root that several vendors document is nobody's.
    """

    def __init__(self, vendors: Iterable[Vendor]) -> None:
        self.vendors = tuple(vendors)
        self._by_name = {vendor.name: vendor for vendor in self.vendors}
        self._hosts = {host.lower(): v for v in self.vendors for host in (*v.hosts, f"{v.name}.localhost")}
        claims = defaultdict[str, list[Address]](list)
        for address in _addresses(self.vendors):
            claims[re.sub(r"{\w+}", "{}", address.path)].append(address)
        own = [claimed[0] for claimed in claims.values() if len(claimed) == 1]
        prefixed = [each._replace(prefix=f"/{each.vendor.name}") for claimed in claims.values() for each in claimed]
        self.addresses = (*own, *prefixed)
        self._fixed = {each.prefix + each.path: each for each in self.addresses if "{" not in each.path}
        self._patterns = [(_pattern(each.prefix + each.path), each) for each in self.addresses if "{" in each.path]
        self._ambiguous = [(_pattern(each[0].path), each) for each in claims.values() if len(each) > 1]

    def is_ours(self, path: str, host: str | None) -> bool:
        """Whether a path (behind the sandbox's) is for the admin app: control, the documents, and the start page."""
        return path.startswith("/__") or (path == "/" and self._vendor_of(host) is None)

    def match(self, request: Request) -> Route:
        """The route of a request. What nobody has, or several have, has a problem in place of a vendor."""
        sandbox, path = split_sandbox(request.path)
        if sandbox is None:
            sandbox = request.sandbox
        vendor = self._vendor_of(request.headers.get("host"))
        if vendor is not None and not path.startswith("/__") and (sandbox is None or not self._names_vendor(path)):
            path = f"/{vendor.name}{path}"
        path_params: Mapping[str, str] = {}
        address = self._fixed.get(path)
        if address is None:
            address, path_params = self._match_pattern(path)
            if address is None:
                return self._match_nothing(path, sandbox)
        operation = address.operations.get("GET" if request.method == "HEAD" else request.method)
        operation = operation or next(iter(address.operations.values()))
        own = path.removeprefix(address.prefix) if address.prefix else path
        return Route(address.vendor, operation, own, path_params, sandbox, address.methods)

    def _vendor_of(self, host: str | None) -> Vendor | None:
        return self._hosts.get(host.partition(":")[0].lower().rstrip(".")) if host else None

    def _names_vendor(self, path: str) -> bool:
        return path.split("/")[1] in self._by_name

    def _match_pattern(self, path: str) -> tuple[Address | None, Mapping[str, str]]:
        for pattern, address in self._patterns:
            match = pattern.fullmatch(path)
            if match:
                return address, match.groupdict()
        return None, {}

    def _match_nothing(self, path: str, sandbox: str | None) -> Route:
        """The route of a path that no operation has: its vendor's, by the prefix, or nobody's."""
        _, slash, rest = path.partition("/")
        name, slash, rest = rest.partition("/")
        vendor = self._by_name.get(name) if path.startswith("/") else None
        if vendor is not None:
            return Route(vendor, None, slash + rest or "/", {}, sandbox)
        problem = next((_ambiguous(claimed) for pattern, claimed in self._ambiguous if pattern.fullmatch(path)), None)
        return Route(None, None, path, {}, sandbox, problem=problem or self.unknown(path))

    def unknown(self, path: str) -> Problem:
        """Nobody has the path: who is there, and the closest paths."""
        documented = dict.fromkeys(
            f"{prefix}{operation.path}"
            for vendor in self.vendors
            for operation in vendor.operations
            for prefix in ("", f"/{vendor.name}")
        )
        near = tuple(find_closest_paths(path, documented, 3))
        detail = f"Nothing is at {cut_path(path)}. Vendors are under {', '.join(f'/{n}' for n in self._by_name)}."
        if near:
            detail += f" Closest: {', '.join(near)}."
        return Problem("Unknown path", detail, 404, near, "unknown-path")


def cut_path(path: str) -> str:
    """A path as messages quote it."""
    return path if len(path) <= MAX_TOLD_PATH_CHARS else f"{path[:MAX_TOLD_PATH_CHARS]}..."


def list_methods(operations: Iterable[Operation]) -> tuple[str, ...]:
    """The methods of operations, each once; HEAD passes as GET."""
    methods = [("GET", "HEAD") if operation.method == "GET" else (operation.method,) for operation in operations]
    return tuple(dict.fromkeys(name for names in methods for name in names))


def _addresses(vendors: Iterable[Vendor]) -> Iterator[Address]:
    for vendor in vendors:
        by_path = defaultdict[str, dict[str, Operation]](dict)
        for operation in vendor.operations:
            for path in (operation.path, *operation.aliases):
                by_path[path][operation.method] = operation
        for path, operations in by_path.items():
            yield Address(vendor, path, "", operations, list_methods(operations.values()))


def _pattern(path: str) -> re.Pattern[str]:
    return re.compile(re.sub(r"\\{(\w+)\\}", r"(?P<\1>[^/]+)", re.escape(path)))


def _ambiguous(claimed: list[Address]) -> Problem:
    path, vendors = claimed[0].path, [address.vendor for address in claimed]
    choices = tuple(f"/{vendor.name}{path}" for vendor in vendors)
    names = " and ".join(vendor.title for vendor in vendors)
    detail = f"{names} both document {path}; use {' or '.join(choices)}, or a Host of theirs."
    return Problem("Ambiguous path", detail, 404, choices, "ambiguous-path")
