"""Errors: the document has none.

It is public that clients react to 401. The bodies are those of Spring Boot, the likely back end: a guess.
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
    """The range ends before it starts, which one reading refuses."""


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
    # No public page names these: only the rules of HTTP or a request for the error lead to them.
    ErrorSpec(errors.NotFound, 404, "saaslogic.404", "Not Found", "inferred", "P[27]"),
    ErrorSpec(errors.UnknownPath, 404, "saaslogic.404.unknown-path", "Not Found", "inferred", "P[27]"),
    ErrorSpec(errors.Forbidden, 403, "saaslogic.403", "Forbidden", "inferred", "P[27]"),
    ErrorSpec(errors.UriTooLong, 414, "saaslogic.414", "URI Too Long", "inferred", "P[27]"),
    ErrorSpec(errors.Throttled, 429, "saaslogic.429", "Too Many Requests", "inferred", "P[27]"),
    ErrorSpec(errors.Unavailable, 503, "saaslogic.503", "Service Unavailable", "inferred", "P[27]"),
)

PHRASES = {spec.status: spec.text for spec in reversed(TABLE)}  # the first row of a status has its HTTP phrase


def render_error(call: Call, spec: ErrorSpec, error: errors.ApiError) -> Reply:
    """Spring Boot's error body, with the sandbox clock's time; or none at all. It names the first parameter error."""
    if call.readings["error-body"] == "empty":
        return Reply(spec.status, b"")
    wrong = error.errors if isinstance(error, errors.InvalidParams) else ()
    body = {
        "timestamp": call.now.isoformat(timespec="milliseconds"),
        "status": spec.status,
        "error": PHRASES.get(spec.status, spec.text),
        "message": spec.text.format(parameter=wrong[0].name) if wrong else spec.text,
        "path": call.request.path,
    }
    return Reply.json(encode(body), spec.status)
