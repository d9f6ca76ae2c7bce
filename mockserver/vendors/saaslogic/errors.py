"""Errors: the document has none.

That clients react to 401 is public; the bodies are those of Spring Boot, the likely back end: a guess.
"""

from __future__ import annotations

from ...sdk import Call, ErrorSpec, Reading, Reply, encode, errors

ERROR_BODY = Reading(
    "error-body",
    "spring",
    ("spring", "empty"),
    source="P[27]",
    about="No error body is public: Spring Boot's default, or none. Clients do well to read the status only.",
)


class InvertedRange(errors.InvalidParams):
    """The range ends before it starts: refused by who does not read it as one that holds nothing."""


MISSING = "Required request parameter '{parameter}' for method parameter type String is not present"
EMPTY = "{parameter} must not be empty"
BAD_DATE = "Invalid {parameter}. Expected format yyyy-MM-dd"
INVERTED = "startDate must not be after endDate"

TABLE = (
    ErrorSpec(errors.Unauthenticated, 401, "saaslogic.401", "Unauthorized", "inferred", "P[27]"),
    ErrorSpec(errors.InvalidParams, 400, "saaslogic.400", "Bad Request", "inferred", "P[27]"),
    ErrorSpec(errors.InvalidParams, 400, "saaslogic.400.missing", MISSING, "inferred", "P[27]", when="required"),
    ErrorSpec(errors.InvalidParams, 400, "saaslogic.400.empty", EMPTY, "inferred", "P[27]", when="empty"),
    ErrorSpec(errors.InvalidParams, 400, "saaslogic.400.date", BAD_DATE, "inferred", "P[19]", when="bad-date"),
    ErrorSpec(InvertedRange, 400, "saaslogic.400.inverted-range", INVERTED, "inferred", "none"),
    ErrorSpec(errors.MethodNotAllowed, 405, "saaslogic.405", "Method Not Allowed", "inferred", "P[27]"),
    ErrorSpec(errors.InternalError, 500, "saaslogic.500", "Internal Server Error", "inferred", "P[27]"),
    # From here on: never seen in public; said only by the rules of HTTP, or when asked for.
    ErrorSpec(errors.NotFound, 404, "saaslogic.404", "Not Found", "inferred", "P[27]"),
    ErrorSpec(errors.UnknownPath, 404, "saaslogic.404.unknown-path", "Not Found", "inferred", "P[27]"),
    ErrorSpec(errors.Forbidden, 403, "saaslogic.403", "Forbidden", "inferred", "P[27]"),
    ErrorSpec(errors.UriTooLong, 414, "saaslogic.414", "URI Too Long", "inferred", "P[27]"),
    ErrorSpec(errors.Throttled, 429, "saaslogic.429", "Too Many Requests", "inferred", "P[27]"),
    ErrorSpec(errors.Unavailable, 503, "saaslogic.503", "Service Unavailable", "inferred", "P[27]"),
)

PHRASES = {words.status: words.text for words in reversed(TABLE)}  # the first row of a status says its HTTP phrase


def render_error(call: Call, spec: ErrorSpec, error: errors.ApiError) -> Reply:
    """Spring Boot's error body, with the sandbox clock's time; or none at all. The first complaint is told."""
    if call.readings["error-body"] == "empty":
        return Reply(spec.status, b"")
    complaints = error.errors if isinstance(error, errors.InvalidParams) else ()
    body = {
        "timestamp": call.now.isoformat(timespec="milliseconds"),
        "status": spec.status,
        "error": PHRASES.get(spec.status, spec.text),
        "message": spec.text.format(parameter=complaints[0].name) if complaints else spec.text,
        "path": call.request.path,
    }
    return Reply.json(encode(body), spec.status)
