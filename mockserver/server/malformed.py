"""What a server says of a request that is no HTTP, or too much of it: problem+json, whichever server it is."""

from __future__ import annotations

from ..engine.replies import render_problem
from ..sdk.errors import Problem
from ..sdk.http import Headers, Reply, reason_phrase
from ..sdk.logtext import escape_text

LINE = 64 * 1024  # bytes of a request line; one over gates.MAX_TARGET_BYTES, and up to this, the vendor has words for
FIELDS, FIELD = 100, 8190  # how many headers, and bytes of each

_LIMITS = {
    414: f"The request line is over {LINE} bytes, the most that the server reads.",
    431: f"The headers are too many or too long, wanted at most {FIELDS}, each of at most {FIELD} bytes.",
    500: "The sandbox itself failed; its log says why.",
}


def refusal(status: int, why: str, beside: Headers = ()) -> Reply:
    """The reply to a request that never becomes a call; ``why`` may quote it, or says how long was waited. ``beside``
    are headers that let a browser read it.
    """
    told = escape_text(why).rstrip(".")
    unknown = f"{told}." if status == 408 else f"The request is no HTTP that the server understands: {told}."
    detail = _LIMITS.get(status, unknown)
    reply = render_problem(Problem(reason_phrase(status), detail, status, code="http"))
    return reply._replace(headers=(*reply.headers, *beside))
