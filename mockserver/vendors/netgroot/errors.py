"""Error Responses (000:65-74): ``{"success": false, "message": …}``, this message for all that is not found."""

from __future__ import annotations

from ...sdk.call import Call
from ...sdk.contract import Words
from ...sdk.errors import (
    Broken,
    Fact,
    Forbidden,
    InvalidParams,
    MethodNotAllowed,
    NotFound,
    Throttled,
    Unauthenticated,
    Unavailable,
    UnknownPath,
    UriTooLong,
)
from ...sdk.http import Reply
from ...sdk.jsontext import encode


class NoInvoices(NotFound):
    """The subscriber has no invoice at all: not found, for who reads the sibling pages so."""


TABLE = (
    Words(Unauthenticated, 401, "netgroot.401", "Unauthorized", "public", "P[2]"),
    Words(NotFound, 404, "netgroot.404", "Subscriber not found", "documented", "000:67-74"),
    Words(NoInvoices, 404, "netgroot.404.no-invoices", "No invoices found", "inferred", "P[3]"),
    Words(InvalidParams, 422, "netgroot.422", "Validation error occurred", "inferred", "P[4]"),
    Words(Broken, 500, "netgroot.500", "Internal Server Error", "inferred", "P[3b]"),
    # From here on nothing public speaks of this API: said only by the rules of HTTP, or when asked for.
    Words(UnknownPath, 404, "netgroot.404.unknown-path", "Not Found", "inferred", "000:69-72"),
    Words(MethodNotAllowed, 405, "netgroot.405", "Method Not Allowed", "inferred", "000:69-72"),
    Words(Forbidden, 403, "netgroot.403", "Forbidden", "inferred", "000:69-72"),
    Words(UriTooLong, 414, "netgroot.414", "URI Too Long", "inferred", "000:69-72"),
    Words(Throttled, 429, "netgroot.429", "Too Many Requests", "inferred", "000:69-72"),
    Words(Unavailable, 503, "netgroot.503", "Service Unavailable", "inferred", "000:69-72"),
)


def refuse(call: Call, words: Words, fact: Fact) -> Reply:
    """The failure envelope (000:69-72)."""
    return Reply.json(encode({"success": False, "message": words.text}), words.status)
