"""Failures: the texts of 001:28-29 in the envelope of P[16a] and P[35], a success without data."""

from __future__ import annotations

import math

from ...sdk import Call, ErrorSpec, Headers, QuotaState, Reading, Reply, encode, errors

FAILURE_MESSAGE = Reading(
    "failure-message",
    "generic",
    ("generic", "description"),
    source="001:28-29, P[35]",
    about="The top message of a failure is always `The request failed.`, or it is the text of its error.",
)
READINGS = (FAILURE_MESSAGE,)


class OtherBrand(errors.Unauthenticated):
    """The key is good, but not with this brand."""


UNAUTHORIZED = (
    "The user is not authorized to access the requested resource. The request is missing the required Auth-Key header."
)
INVALID = "The input is invalid."

TABLE = (
    # The text is documented, its place in a body is not.
    ErrorSpec(errors.Unauthenticated, 401, "jframework.401", UNAUTHORIZED, "inferred", "001:28", "Unauthorized"),
    ErrorSpec(OtherBrand, 401, "jframework.401.other-brand", UNAUTHORIZED, "inferred", "P[16a]", "Unauthorized"),
    ErrorSpec(  # the text is documented (001:29), the number and the rest of the body are not
        errors.Throttled, 429, "jframework.429",
        "The user has exceeded the rate limit.", "public", "P[35]", "RateLimitExceeded",
    ),
    # These texts are public (P[16a], P[16b]); their use here is inferred.
    ErrorSpec(errors.InvalidParams, 400, "jframework.400", INVALID, "inferred", "P[16b]", "InvalidInput"),
    ErrorSpec(
        errors.InvalidParams, 400, "jframework.400.brand-url-missing",
        INVALID, "inferred", "P[7]", "InvalidInput", when="required",
    ),
    ErrorSpec(
        errors.Forbidden, 403, "jframework.403",
        "The user has no permission to access the specified resource.", "inferred", "P[16b]", "Forbidden",
    ),
    ErrorSpec(
        errors.NotFound, 404, "jframework.404",
        "The Brand was not found in the system.", "inferred", "P[16a]", "BrandNotFound",
    ),
    # These texts are invented: only the rules of HTTP or a request for the error lead to them.
    ErrorSpec(
        errors.UnknownPath, 404, "jframework.404.unknown-path",
        "The resource was not found.", "inferred", "none", "NotFound",
    ),
    ErrorSpec(
        errors.MethodNotAllowed, 405, "jframework.405",
        "The method is not allowed.", "inferred", "P[14]", "MethodNotAllowed",
    ),
    ErrorSpec(
        errors.UriTooLong, 414, "jframework.414",
        "The request URI is too long.", "inferred", "none", "UriTooLong",
    ),
    ErrorSpec(
        errors.InternalError, 500, "jframework.500",
        "An internal server error occurred.", "inferred", "P[14]", "InternalServerError",
    ),
    ErrorSpec(
        errors.Unavailable, 503, "jframework.503",
        "The service is unavailable.", "inferred", "none", "ServiceUnavailable",
    ),
)  # fmt: skip


def render_error(call: Call, spec: ErrorSpec, error: errors.ApiError) -> Reply:
    """The envelope of 001:36-96 with ``data`` null and one error, its text under both public names."""
    entry = {
        "code": spec.code or "".join(filter(str.isalnum, spec.text)),
        "message": spec.text,
        "details": spec.text,
        "correlationId": str(call.stable_uuid(spec.rule)),
    }
    body = {
        "success": False,
        "statusCode": spec.status,
        "message": spec.text if call.readings["failure-message"] == "description" else "The request failed.",
        "data": None,
        "errors": [entry],
    }
    return Reply.json(encode(body), spec.status)


def quota_headers(call: Call, quota: QuotaState) -> Headers:
    """The three headers of P[35]; the window ends at that second of the sandbox's clock."""
    return (
        ("X-RateLimit-Limit", str(quota.limit)),
        ("X-RateLimit-Remaining", str(quota.remaining)),
        ("X-RateLimit-Reset", str(math.ceil(quota.resets_at))),
    )
