"""Selects the sandbox of a request: by header, URL or credential suffix."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from ..sdk.call_warnings import CallWarning
from ..sdk.contract import Vendor
from ..sdk.errors import Problem
from ..sdk.http import LOWER_SANDBOX, SANDBOX_HEADER, Request
from ..sdk.names import WANTED_NAME, is_name
from .store import DEFAULT


class Selection(NamedTuple):
    """The sandbox of a call, the request as its vendor sees it, and warnings about the selection."""

    name: str
    request: Request
    warnings: tuple[CallWarning, ...] = ()


def names_a_sandbox(request: Request, vendor: Vendor) -> bool:
    """Whether the request names a sandbox; most do not."""
    if LOWER_SANDBOX in request.headers or request.sandbox is not None:
        return True
    return "~" in request.headers.get(vendor.credential.header.lower(), "")


def select(request: Request, vendor: Vendor, known: Callable[[str, str], bool]) -> Selection:
    """Selects by header, else URL, else credential suffix, else ``default``. Always strips the suffix.

    ``known`` says whether a credential is valid in a sandbox; the tilde of an unknown one may be its own. Raises
    Problem for an illegal name.
    """
    names = {f"header {SANDBOX_HEADER}": request.headers.get(LOWER_SANDBOX), "URL": request.sandbox}
    named = {where: name for where, name in names.items() if name is not None}
    for where, name in named.items():
        if not is_name(name):
            shown = repr(name) if len(name) <= 80 else f"by {len(name)} characters"  # a cut secret is not recognised
            detail = f"The {where} names the sandbox {shown}, wanted {WANTED_NAME}."
            raise Problem("Bad sandbox name", detail, code="bad-sandbox-name")
    header = vendor.credential.header
    head, tilde, tail = (vendor.credential.read(request.headers) or "").rpartition("~")
    if tilde and head and is_name(tail) and known(head, next(iter(named.values()), tail)):
        named["credential"] = tail
        sent = request.headers[header.lower()].rstrip(" \t").removesuffix(f"~{tail}")
        request = request._replace(headers={**request.headers, header.lower(): sent})
    (where, chosen), *others = named.items() or [("", DEFAULT)]
    warnings = tuple(
        CallWarning(
            "path" if other == "URL" else f"header.{header}",
            "sandbox-disagreement",
            f"The {other} names the sandbox {name}, the {where} {chosen}: {chosen} it is.",
        )
        for other, name in others
        if name != chosen
    )
    return Selection(chosen, request, warnings)
