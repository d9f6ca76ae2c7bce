"""Failures: ``{"status": "error", "message": …}``. The envelope is public (P[30a]); statuses and texts are inferred."""

from __future__ import annotations

from ...sdk import Call, ErrorSpec, Reading, Reply, encode, errors

FAILURE_STATUS = Reading(
    "failure-status",
    "http",
    ("http", "always-200"),
    source="P[30a]",
    about="Failures carry an HTTP status of their own, or 200 like a success: `status` in the body then says it all.",
)

TABLE = (
    ErrorSpec(errors.Unauthenticated, 401, "wisecp.401", "Invalid API key", "inferred", "P[30a]"),
    ErrorSpec(
        errors.Forbidden, 403, "wisecp.403", "You do not have permission to perform this action", "inferred", "P[29]"
    ),
    # A filter without a match is a success (inferred): only a request for the error leads to this row.
    ErrorSpec(errors.NotFound, 404, "wisecp.404", "Invoice not found", "inferred", "P[30a]"),
    ErrorSpec(errors.UnknownPath, 404, "wisecp.404.unknown-path", "Action not found", "inferred", "P[30a]"),
    ErrorSpec(errors.MethodNotAllowed, 405, "wisecp.405", "Method not allowed", "inferred", "P[30a]"),
    ErrorSpec(errors.InternalError, 500, "wisecp.500", "Internal server error", "inferred", "P[30a]"),
    # Bad values fall back to the defaults, unless the readings out-of-range or unknown-value refuse them.
    ErrorSpec(errors.InvalidParams, 400, "wisecp.400", "Invalid parameter", "inferred", "P[30a]"),
    # No public page names these: only the rules of HTTP or a request for the error lead to them.
    ErrorSpec(errors.UriTooLong, 414, "wisecp.414", "Request URI too long", "inferred", "P[30a]"),
    ErrorSpec(errors.Throttled, 429, "wisecp.429", "Too many requests", "inferred", "P[30a]"),
    ErrorSpec(errors.Unavailable, 503, "wisecp.503", "Service unavailable", "inferred", "P[30a]"),
)


def render_error(call: Call, spec: ErrorSpec, error: errors.ApiError) -> Reply:
    """The failure envelope (P[30a])."""
    status = 200 if call.readings["failure-status"] == "always-200" else spec.status
    return Reply.json(encode({"status": "error", "message": spec.text}), status)
