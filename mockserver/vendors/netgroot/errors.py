"""Error Responses (000:65-74): ``{"success": false, "message": …}``, this message for all that is not found."""

from __future__ import annotations

from ...sdk import Call, ErrorSpec, Reply, encode, errors


class NoInvoices(errors.NotFound):
    """The subscriber has no invoice at all, which one reading answers as not found."""


TABLE = (
    ErrorSpec(errors.Unauthenticated, 401, "netgroot.401", "Unauthorized", "public", "P[2]"),
    ErrorSpec(errors.NotFound, 404, "netgroot.404", "Subscriber not found", "documented", "000:67-74"),
    ErrorSpec(NoInvoices, 404, "netgroot.404.no-invoices", "No invoices found", "inferred", "P[3]"),
    ErrorSpec(errors.InvalidParams, 422, "netgroot.422", "Validation error occurred", "inferred", "P[4]"),
    ErrorSpec(errors.InternalError, 500, "netgroot.500", "Internal Server Error", "inferred", "P[3b]"),
    # No public page names these: only the rules of HTTP or a request for the error lead to them.
    ErrorSpec(errors.UnknownPath, 404, "netgroot.404.unknown-path", "Not Found", "inferred", "000:69-72"),
    ErrorSpec(errors.MethodNotAllowed, 405, "netgroot.405", "Method Not Allowed", "inferred", "000:69-72"),
    ErrorSpec(errors.Forbidden, 403, "netgroot.403", "Forbidden", "inferred", "000:69-72"),
    ErrorSpec(errors.UriTooLong, 414, "netgroot.414", "URI Too Long", "inferred", "000:69-72"),
    ErrorSpec(errors.Throttled, 429, "netgroot.429", "Too Many Requests", "inferred", "000:69-72"),
    ErrorSpec(errors.Unavailable, 503, "netgroot.503", "Service Unavailable", "inferred", "000:69-72"),
)


def render_error(call: Call, spec: ErrorSpec, error: errors.ApiError) -> Reply:
    """The failure envelope (000:69-72)."""
    return Reply.json(encode({"success": False, "message": spec.text}), spec.status)
