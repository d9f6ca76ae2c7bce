"""The reply to a malformed or oversized HTTP request: problem+json, from whichever server."""

from __future__ import annotations

from ..engine.replies import render_problem
from ..sdk.errors import Problem
from ..sdk.http import Headers, Reply, reason_phrase
from ..sdk.logtext import escape_text

MAX_LINE_BYTES = (
    64 * 1024
)  # bytes of a request line; one over gates.MAX_TARGET_BYTES, and up to this, the vendor has words for
MAX_HEADERS, MAX_HEADER_BYTES = 100, 8190

_LIMITS = {
    414: f"The request line is over {MAX_LINE_BYTES} bytes, the most that the server reads.",
    431: f"The headers are too many or too long, wanted at most {MAX_HEADERS}, "
    f"each of at most {MAX_HEADER_BYTES} bytes.",
    500: "The sandbox itself failed; its log says why.",
}


def render_refusal(status: int, why: str, extra: Headers = ()) -> Reply:
    """The reply to a request that never becomes a call.

    ``why`` is the server's reason, which may quote the request; ``extra`` are headers for browsers.
    """
    reason = escape_text(why).rstrip(".")
    unknown = f"{reason}." if status == 408 else f"Malformed HTTP request: {reason}."
    detail = _LIMITS.get(status, unknown)
    reply = render_problem(Problem(reason_phrase(status), detail, status, code="http"))
    return reply._replace(headers=(*reply.headers, *extra))
