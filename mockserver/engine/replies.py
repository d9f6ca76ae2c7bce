"""Replies that are no answer: errors in the vendor's words, problems, crashes."""

from __future__ import annotations

import logging
import traceback
from dataclasses import replace

from ..sandbox.secrets.index import MIN_QUOTED_CHARS
from ..sdk import jsontext
from ..sdk.call import Call
from ..sdk.call_warnings import CallWarning
from ..sdk.contract import ErrorSpec, Vendor
from ..sdk.errors import ApiError, InternalError, InvalidParams, MethodNotAllowed, Problem, StoreUnavailable, Throttled
from ..sdk.http import Headers, Reply
from ..sdk.logtext import escape_text, indent_lines
from ..sdk.quota import QuotaState
from .exchange import STORE_UNAVAILABLE, Exchange
from .redacted_request import RedactedRequest
from .runtime import Runtime

log = logging.getLogger("mockserver")
CRASH = Problem("Internal Server Error", "The sandbox itself failed; its log says why.", 500, code="broken")


def render_error(call: Call, error: ApiError, spec: ErrorSpec | None = None) -> Reply:
    """The vendor's words for an error, with the headers that HTTP wants beside them."""
    spec = spec or find_error(call.vendor, error)
    reply = call.vendor.render_error(call, spec, error)
    extra: Headers = ()
    if isinstance(error, MethodNotAllowed):
        extra = (("Allow", ", ".join(error.allowed)),)
    if isinstance(error, Throttled):
        extra = (("Retry-After", str(error.retry_after)),)
        call.quota = call.quota or QuotaState(False, error.limit, error.remaining, error.reset.timestamp())
    return reply._replace(headers=(*reply.headers, *extra), rule=spec.rule)


def find_error(vendor: Vendor, error: ApiError) -> ErrorSpec:
    """The vendor's first row for this error, or for the nearest kind that it has.

    A parameter error may have a row of its own.
    """
    code = error.errors[0].code if isinstance(error, InvalidParams) and error.errors else ""
    for kind in type(error).__mro__:
        rows = [spec for spec in vendor.errors if spec.error is kind]
        match = next((spec for spec in rows if spec.when and spec.when == code), None)
        match = match or next((spec for spec in rows if not spec.when), None)
        if match:
            return match
    return next(spec for spec in vendor.errors if spec.error is InternalError)  # no vendor is accepted without


def problem_reply(runtime: Runtime, exchange: Exchange, problem: Problem) -> Reply:
    """Misuse of the sandbox, or a path that nobody has; without the secrets that it may quote."""
    if problem is exchange.route.problem:
        exchange.raised.insert(0, CallWarning("path", problem.code, problem.detail))
    else:
        exchange.fault = problem.code
    redacted = runtime.redactor.redact(exchange.request, exchange.vendor)
    return render_problem(replace(problem, detail=redacted(problem.detail, cut=MIN_QUOTED_CHARS)))


def render_problem(problem: Problem) -> Reply:
    """A problem as problem+json (RFC 9457)."""
    body: dict[str, object] = {
        "type": f"urn:mockserver:{problem.code}",
        "title": problem.title,
        "status": problem.status,
        "detail": problem.detail,
    }
    if problem.choices:
        body["choices"] = list(problem.choices)
    if problem.validation:
        body["validation"] = [dict(fault) for fault in problem.validation]
    return Reply(problem.status, jsontext.encode(body), (("Content-Type", "application/problem+json"),))


def unavailable_reply(runtime: Runtime, exchange: Exchange, error: StoreUnavailable) -> Reply:
    """The vendor's words for a store that cannot be used. What is said of nobody's path holds without a store."""
    if exchange.call is None:
        assert exchange.route.problem is not None
        return problem_reply(runtime, exchange, exchange.route.problem)
    warn_of_store(exchange.call)
    return render_error(exchange.call, error)


def warn_of_store(call: Call) -> None:
    """Say that the store is unavailable: none of it is the client's fault."""
    message = "The store is away: this is the sandbox as it was last seen here, or what needs the store is refused."
    if all(warning.code != STORE_UNAVAILABLE for warning in call.warnings):
        call.warn("sandbox", STORE_UNAVAILABLE, message)


def crash_reply(runtime: Runtime, exchange: Exchange) -> Reply:
    """Log the exception that is being handled; the vendor's 500, or ours where no vendor can say it."""
    redacted = runtime.redactor.redact(exchange.request, exchange.vendor)
    log_crash(runtime, exchange, redacted)
    if exchange.call is None:
        return render_problem(CRASH)
    try:
        return render_error(exchange.call, InternalError())
    except Exception:
        log_crash(runtime, exchange, redacted)
        return render_problem(CRASH)


def log_crash(runtime: Runtime, exchange: Exchange, redacted: RedactedRequest) -> None:
    """Log the exception that is being handled, with its trace, which may quote secrets."""
    trace = runtime.redactor.redact_text(traceback.format_exc(), redacted)
    method, path = escape_text(exchange.request.method)[:20], escape_text(redacted.path)
    log.error("%s %s broke\n%s", method, path, indent_lines(trace))
