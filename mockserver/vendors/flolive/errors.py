"""Error Codes (003:35-41): the success envelope with a code and its message, nothing in it (003:18-21).

The document names no HTTP status: this table is the only place that does.
"""

from __future__ import annotations

from ...sdk import Call, ErrorSpec, Reading, Reply, encode, errors

FAILURE_STATUS = Reading(
    "failure-status",
    "http",
    ("http", "always-200"),
    source="003:18-21",
    about="A failure has an HTTP status of its own, or always 200 with only errorCode to tell.",
)
FAILURE_CONTENT = Reading(
    "failure-content",
    "empty",
    ("empty", "null", "absent"),
    source="003:18-21",  # inferred, each of them: "for a failure it will be empty", and every field is optional
    about="A failure has an empty array for content, or null, or leaves it out.",
)
READINGS = (FAILURE_STATUS, FAILURE_CONTENT)
CONTENT: dict[str, dict[str, object]] = {"empty": {"content": []}, "null": {"content": None}, "absent": {}}

TABLE = (
    ErrorSpec(
        errors.Unavailable, 503, "flolive.503",
        "Service unavailable. Please try again", "documented", "003:39", code="GLOBAL_1001",
    ),
    ErrorSpec(
        errors.NotFound, 404, "flolive.404.customer-1002",
        "Customer does not exist", "documented", "003:40", code="CUSTOMER_1002",
    ),
    ErrorSpec(
        errors.InternalError, 500, "flolive.500",
        "Failed to retrieve customer details", "documented", "003:41", code="CUSTOMER_1006",
    ),
    # 003:36 mentions general codes that are not public. These are invented; the category AUTH is P[23].
    ErrorSpec(errors.Unauthenticated, 401, "flolive.401", "Unauthorized", "inferred", "P[23]", code="AUTH_1001"),
    ErrorSpec(errors.Forbidden, 403, "flolive.403", "Forbidden", "inferred", "P[23]", code="AUTH_403"),
    ErrorSpec(errors.UnknownPath, 404, "flolive.404.unknown-path", "Not found", "inferred", "none", code="GLOBAL_404"),
    ErrorSpec(errors.MethodNotAllowed, 405, "flolive.405", "Method not allowed", "inferred", "none", code="GLOBAL_405"),
    ErrorSpec(errors.InvalidParams, 400, "flolive.400", "Bad request", "inferred", "none", code="GLOBAL_400"),
    ErrorSpec(errors.UriTooLong, 414, "flolive.414", "URI too long", "inferred", "none", code="GLOBAL_414"),
    ErrorSpec(errors.Throttled, 429, "flolive.429", "Too many requests", "inferred", "none", code="GLOBAL_429"),
)  # fmt: skip


def render_error(call: Call, spec: ErrorSpec, error: errors.ApiError) -> Reply:
    """The envelope of a failure: content and pageable are empty (003:20-21)."""
    code = spec.code or f"GLOBAL_{spec.status}"
    content = CONTENT[call.readings["failure-content"]]
    body = encode({"errorCode": code, "errorMessage": spec.text, **content, "pageable": None})
    return Reply.json(body, 200 if call.readings["failure-status"] == "always-200" else spec.status)
