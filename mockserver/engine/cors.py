"""CORS: what browsers of other origins may send to a vendor path, and read of the reply."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from ..sandbox.web import HEADER_NAME
from ..sdk.call import Call
from ..sdk.call_warnings import UNDOCUMENTED_HEADER, CallWarning
from ..sdk.contract import Vendor
from ..sdk.http import CALL_HEADERS, REPLY_HEADERS, Headers, Reply, Request
from .router import list_methods

MAX_NAMES = 64  # header names that a preflight may request
MAX_NAME_CHARS = 100  # of such a name
MAX_AGE_SECONDS = "600"
_OUR_HEADERS = ("Prefer", *CALL_HEADERS)
REFUSED_HEADER = "refused-header"  # warning code: no call follows such a preflight
_AUTOMATIC_HEADERS = re.compile(  # sent by browsers without a preflight, or added by proxies
    "accept(-.*)?|access-control-.*|cache-control|connection|content-(language|length|type)|cookie|date|device-memory"
    "|dnt|downlink|dpr|ect|expect|forwarded|host|if-(modified-since|none-match)|keep-alive|origin|pragma|priority"
    "|proxy-.*|purpose|range|referer|rtt|save-data|sec-.*|te|trailer|transfer-encoding|upgrade(-insecure-requests)?"
    "|user-agent|via|viewport-width|width|x-forwarded-.*|x-mock-.*|x-real-ip",
    re.DOTALL,
)
_EXPOSED_HEADERS = (
    "Preference-Applied",
    "RateLimit-Limit",
    "RateLimit-Remaining",
    "RateLimit-Reset",
    "Retry-After",
    *REPLY_HEADERS,
)


def is_preflight(request: Request) -> bool:
    """Whether a request is a CORS preflight. Any other OPTIONS is a wrong method."""
    return (
        request.method == "OPTIONS"
        and "origin" in request.headers
        and "access-control-request-method" in request.headers
    )


def answer_preflight(call: Call, limit: tuple[str, ...] | None) -> Reply:
    """The reply to a preflight: the documented methods, and the headers that a browser may send.

    Allowed are the vendor's and our own headers, and others that it requests unless ``limit`` leaves them out.
    Warns of headers that the real vendor may refuse.
    """
    vendor = call.vendor
    methods = call.methods or list_methods(vendor.operations)  # a page may read that a path is unknown
    known = ("Accept", "Content-Type", *vendor.credential.headers, *_OUR_HEADERS, *(limit or ()))
    requested, warnings = _read_requested(call.request)
    lower = {name.lower() for name in known}
    others = [name for name in requested if name.lower() not in lower]
    if limit is not None:
        warnings += [_warn_refused(name) for name in others]
        others = []
    documented = _documented_headers(vendor)
    warnings += [_warn_undocumented(name, vendor) for name in requested if name.lower() not in documented]
    allowed = ", ".join((*known, *others))  # unredacted: without each name the browser does not call
    call.warnings += warnings
    return Reply(
        204,
        b"",
        (
            ("Access-Control-Allow-Methods", ", ".join(methods)),
            ("Access-Control-Allow-Headers", allowed),
            ("Access-Control-Max-Age", MAX_AGE_SECONDS),
        ),
    )


def is_allowed_preflight(request: Request, reply: Reply, warnings: Iterable[CallWarning]) -> bool:
    """Whether a browser sends the call itself after this exchange."""
    refused = reply.status != 204 or any(warning.code == REFUSED_HEADER for warning in warnings)
    return is_preflight(request) and not refused


def find_undocumented(vendor: Vendor, request: Request) -> list[CallWarning]:
    """Warnings of undocumented headers on a call from a page of another origin.

    A browser asks for such headers first, and sends nothing where the real vendor does not allow them.
    """
    origin = request.headers.get("origin")
    if origin is None or origin.partition("://")[2] == request.headers.get("host"):
        return []
    documented = _documented_headers(vendor)
    return [
        _warn_undocumented(name, vendor)
        for name in request.headers
        if name not in documented and not _AUTOMATIC_HEADERS.fullmatch(name)
    ][:MAX_NAMES]


def _read_requested(request: Request) -> tuple[list[str], list[CallWarning]]:
    """The header names that a preflight requests, each once, and a warning if some cannot be allowed."""
    sent = request.headers.get("access-control-request-headers", "").split(",")
    names = {name.lower(): name for name in map(str.strip, sent) if name}
    legal = [name for name in names.values() if len(name) <= MAX_NAME_CHARS and HEADER_NAME.fullmatch(name)]
    left_out = len(names) - len(legal[:MAX_NAMES])
    if not left_out:
        return legal, []
    message = (
        f"{left_out} of the headers asked for cannot be allowed, wanted at most {MAX_NAMES} names, "
        f"each of at most {MAX_NAME_CHARS} letters, digits and signs."
    )
    return legal[:MAX_NAMES], [CallWarning("header.Access-Control-Request-Headers", REFUSED_HEADER, message)]


def _documented_headers(vendor: Vendor) -> frozenset[str]:
    return frozenset(name.lower() for name in ("Accept", "Content-Type", *vendor.credential.headers, *_OUR_HEADERS))


def _warn_undocumented(name: str, vendor: Vendor) -> CallWarning:
    message = f"{vendor.title} does not document the header {name}; where it does not allow it, browsers do not call."
    return CallWarning(f"header.{name}", UNDOCUMENTED_HEADER, message)


def _warn_refused(name: str) -> CallWarning:
    message = f"--cors-headers does not name {name}, so a browser does not send the call."
    return CallWarning(f"header.{name}", REFUSED_HEADER, message)


def make_headers(request: Request, reply: Headers) -> Headers:
    """CORS headers that let the page at the request's Origin read the reply and its rate headers."""
    origin = request.headers.get("origin")
    if origin is None or not (origin.isascii() and origin.isprintable()):  # an invalid Origin is not echoed
        return (("Vary", "Origin"),)
    limits = tuple(name for name, _ in reply if name.startswith("X-RateLimit-"))
    return (
        ("Vary", "Origin"),
        ("Access-Control-Allow-Origin", origin),
        ("Access-Control-Allow-Credentials", "true"),
        ("Access-Control-Expose-Headers", ", ".join((*_EXPOSED_HEADERS, *limits))),
    )


def make_refusal_headers(path: str, origins: Sequence[str]) -> Headers:
    """CORS headers for a request that the server refuses unread; ``path`` and ``origins`` are what arrived of it.

    Without an Origin any page may read the reply, which holds no data; a request with credentials needs its own Origin
    back. Pages of other origins never read control.
    """
    if "/__admin" in path or "/__docs" in path:
        return ()
    if len(origins) == 1:
        return make_headers(Request("", path, headers={"origin": origins[0]}), ())
    return (("Vary", "Origin"), ("Access-Control-Allow-Origin", "*"))
