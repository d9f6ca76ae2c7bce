"""Browsers of other origins: what they may send to a vendor path, and what of the reply they may read."""

from __future__ import annotations

from .vendor import Headers, Reply, Request, Vendor

METHODS = "GET, HEAD"
MAX_AGE = "600"
_OURS = ("Prefer", "X-Mock-Delay", "X-Mock-Readings", "X-Mock-Sandbox", "X-Mock-Strict")
_EXPOSED = (
    "Preference-Applied",
    "RateLimit-Limit",
    "RateLimit-Remaining",
    "RateLimit-Reset",
    "Retry-After",
    "X-Mock-Basis",
    "X-Mock-Call",
    "X-Mock-Sandbox",
    "X-Mock-Version",
    "X-Mock-Warnings",
)


def is_preflight(request: Request) -> bool:
    """Only this passes the gates; any other OPTIONS is a wrong method."""
    return (
        request.method == "OPTIONS"
        and "origin" in request.headers
        and "access-control-request-method" in request.headers
    )


def preflight(vendor: Vendor) -> Reply:
    """What a browser may send: the documented methods, the credential headers, the sandbox's own."""
    allowed = ("Accept", "Content-Type", *vendor.credential.headers, *_OURS)
    return Reply(
        204,
        b"",
        (
            ("Access-Control-Allow-Methods", METHODS),
            ("Access-Control-Allow-Headers", ", ".join(allowed)),
            ("Access-Control-Max-Age", MAX_AGE),
        ),
    )


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
