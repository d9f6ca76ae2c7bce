"""Browsers of other origins: what they may send to a vendor path, and what of the reply they may read."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from ..sandbox.web import HEADER_NAME
from ..sdk.call import Call
from ..sdk.call_warnings import UNDOCUMENTED_HEADER, CallWarning
from ..sdk.contract import Vendor
from ..sdk.http import CALL_HEADERS, REPLY_HEADERS, Headers, Reply, Request
from .router import list_methods

MAX_NAMES = 64  # of the headers that a preflight asks for
MAX_NAME_LENGTH = 100  # characters of such a name
MAX_AGE = "600"
_OURS = ("Prefer", *CALL_HEADERS)
REFUSED = "refused-header"  # the code of a warning: after such a preflight no call comes
_UNASKED = re.compile(  # what browsers send without asking, and what proxies add
    "accept(-.*)?|access-control-.*|cache-control|connection|content-(language|length|type)|cookie|date|device-memory"
    "|dnt|downlink|dpr|ect|expect|forwarded|host|if-(modified-since|none-match)|keep-alive|origin|pragma|priority"
    "|proxy-.*|purpose|range|referer|rtt|save-data|sec-.*|te|trailer|transfer-encoding|upgrade(-insecure-requests)?"
    "|user-agent|via|viewport-width|width|x-forwarded-.*|x-mock-.*|x-real-ip",
    re.DOTALL,
)
_EXPOSED = (
    "Preference-Applied",
    "RateLimit-Limit",
    "RateLimit-Remaining",
    "RateLimit-Reset",
    "Retry-After",
    *REPLY_HEADERS,
)


def is_preflight(request: Request) -> bool:
    """Only this passes the gates; any other OPTIONS is a wrong method."""
    return (
        request.method == "OPTIONS"
        and "origin" in request.headers
        and "access-control-request-method" in request.headers
    )


def preflight(call: Call, limit: tuple[str, ...] | None) -> Reply:
    """What a browser may send: the documented methods, the credential headers, the sandbox's own, and what it asks for
    beside them, as far as ``limit`` allows it. Warns of headers that the real vendor may refuse.
    """
    vendor = call.vendor
    methods = call.methods or list_methods(vendor.operations)  # a page may read that a path is unknown
    known = ("Accept", "Content-Type", *vendor.credential.headers, *_OURS, *(limit or ()))
    asked, notices = _asked(call.request)
    lower = {name.lower() for name in known}
    more = [name for name in asked if name.lower() not in lower]
    if limit is not None:
        notices += [_refused(name) for name in more]
        more = []
    documented = _documented(vendor)
    notices += [_undocumented(name, vendor) for name in asked if name.lower() not in documented]
    allowed = ", ".join((*known, *more))  # as sent, a secret too: without each name the browser does not call
    call.warnings += notices
    return Reply(
        204,
        b"",
        (
            ("Access-Control-Allow-Methods", ", ".join(methods)),
            ("Access-Control-Allow-Headers", allowed),
            ("Access-Control-Max-Age", MAX_AGE),
        ),
    )


def is_passed(request: Request, reply: Reply, notices: Iterable[CallWarning]) -> bool:
    """Whether this was a preflight after which a browser sends the call itself."""
    refused = reply.status != 204 or any(notice.code == REFUSED for notice in notices)
    return is_preflight(request) and not refused


def find_undocumented(vendor: Vendor, request: Request) -> list[CallWarning]:
    """Warnings of headers of a call from a page of another origin that the vendor does not document: before such a
    call a browser asks for them, and where the real vendor does not allow them it sends nothing.
    """
    origin = request.headers.get("origin")
    if origin is None or origin.partition("://")[2] == request.headers.get("host"):
        return []
    documented = _documented(vendor)
    return [
        _undocumented(name, vendor)
        for name in request.headers
        if name not in documented and not _UNASKED.fullmatch(name)
    ][:MAX_NAMES]


def _asked(request: Request) -> tuple[list[str], list[CallWarning]]:
    """The names of headers that a preflight asks for, each once; and a warning where some of them cannot be."""
    sent = request.headers.get("access-control-request-headers", "").split(",")
    names = {name.lower(): name for name in map(str.strip, sent) if name}
    legal = [name for name in names.values() if len(name) <= MAX_NAME_LENGTH and HEADER_NAME.fullmatch(name)]
    left_out = len(names) - len(legal[:MAX_NAMES])
    if not left_out:
        return legal, []
    message = (
        f"{left_out} of the headers asked for cannot be allowed, wanted at most {MAX_NAMES} names, "
        f"each of at most {MAX_NAME_LENGTH} letters, digits and signs."
    )
    return legal[:MAX_NAMES], [CallWarning("header.Access-Control-Request-Headers", REFUSED, message)]


def _documented(vendor: Vendor) -> frozenset[str]:
    return frozenset(name.lower() for name in ("Accept", "Content-Type", *vendor.credential.headers, *_OURS))


def _undocumented(name: str, vendor: Vendor) -> CallWarning:
    message = f"{vendor.title} does not document the header {name}; where it does not allow it, browsers do not call."
    return CallWarning(f"header.{name}", UNDOCUMENTED_HEADER, message)


def _refused(name: str) -> CallWarning:
    message = f"--cors-headers does not name {name}, so a browser does not send the call."
    return CallWarning(f"header.{name}", REFUSED, message)


def headers(request: Request, reply: Headers) -> Headers:
    """The headers that let the page at the request's Origin read the reply, its errors and its rate headers."""
    origin = request.headers.get("origin")
    if origin is None or not (origin.isascii() and origin.isprintable()):  # what is none is not sent back
        return (("Vary", "Origin"),)
    limits = tuple(name for name, _ in reply if name.startswith("X-RateLimit-"))
    return (
        ("Vary", "Origin"),
        ("Access-Control-Allow-Origin", origin),
        ("Access-Control-Allow-Credentials", "true"),
        ("Access-Control-Expose-Headers", ", ".join((*_EXPOSED, *limits))),
    )


def headers_of_refusal(path: str, origins: Sequence[str]) -> Headers:
    """The same for a request that the server refused before it was read: what of its path and Origin had arrived.

    Without an Origin any page may read the reply (it holds nothing of anybody), but not one that sent credentials:
    for these a browser wants its own Origin back. Control is for no page of another origin.
    """
    if "/__admin" in path or "/__docs" in path:
        return ()
    if len(origins) == 1:
        return headers(Request("", path, headers={"origin": origins[0]}), ())
    return (("Vary", "Origin"), ("Access-Control-Allow-Origin", "*"))
