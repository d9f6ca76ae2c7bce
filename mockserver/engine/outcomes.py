"""Outcomes that a request or a fault rule asks for: an error, a delay, a network fault."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import timedelta
from functools import partial

from ..sandbox.fault_rules import (
    DEFAULT_RETRY_AFTER_SECONDS,
    MAX_RETRY_AFTER_SECONDS,
    NO_OUTCOME,
    RETRY_AFTER,
    Outcome,
    is_retry_after,
    match_rules,
)
from ..sandbox.fault_values import MAX_DELAY_MS
from ..sandbox.sandbox import Sandbox
from ..sdk.call import Call
from ..sdk.contract import ErrorSpec, Vendor
from ..sdk.errors import ApiError, Problem, RequestedStatus, Throttled
from ..sdk.http import DELAY_HEADER, LOWER_DELAY, Reply, Request, reason_phrase
from ..sdk.querystring import remove_name
from . import counting
from .journal import match_input_of_call
from .replies import render_error
from .runtime import Runtime


def requested_outcome(request: Request) -> tuple[Outcome, Request]:
    """Return the outcome that a request asks for, and the request without ``__code``.

    It reads ``Prefer: code=429, retry-after=1``, ``?__code=429`` and ``X-Mock-Delay: 800`` (milliseconds). Raises
    Problem for an invalid delay or retry-after.
    """
    if "prefer" not in request.headers and LOWER_DELAY not in request.headers and "__code" not in request.query:
        return NO_OUTCOME, request
    query, code = remove_name(request.query, "__code")
    where = "query.__code"
    preferred = _parse_preferences(request.headers.get("prefer", ""))
    if code is None and (code := preferred.get("code")) is not None:
        where = "header.Prefer"
    retry_after = _read_retry_after(preferred, code)
    delay = request.headers.get(LOWER_DELAY, "0").strip()
    if not re.fullmatch(r"\d{1,9}", delay, re.ASCII) or int(delay) > MAX_DELAY_MS:
        detail = f"{DELAY_HEADER} is {delay!r}, wanted whole milliseconds from 0 to {MAX_DELAY_MS}."
        raise Problem("Bad delay", detail, code="bad-delay")
    if query != request.query:
        request = request._replace(query=query)
    if code is None:
        return NO_OUTCOME._replace(delay=int(delay) / 1000), request
    return Outcome(f"Prefer: code={code}", code, None, int(delay) / 1000, where, retry_after), request


def match_fault(runtime: Runtime, sandbox: Sandbox, call: Call, requested: Outcome) -> Outcome:
    """Return the requested outcome, or else that of the sandbox's fault rules, with the sandbox's delay.

    A requested outcome leaves the rules unused. Raises Problem for a network fault that the server cannot carry out.
    """
    rules = sandbox.faults if requested.code is None else ()
    outcome = NO_OUTCOME
    if rules or sandbox.delay is not None:
        outcome = match_rules(
            rules,
            call.vendor.name,
            call.operation.id if call.operation else None,
            match_input_of_call(call),
            sandbox_delay=sandbox.delay,
            seed=sandbox.seed,
            count=partial(counting.count, runtime, sandbox, call, goes_on=requested.code is None),
        )
    if outcome.network and not call.request.carries_faults:
        detail = f"This WSGI server cannot carry out the network fault {outcome.network!r}; use mockserver serve."
        raise Problem("Network fault", detail, 501, code="network-fault-unsupported")
    if requested.code is None:
        return outcome._replace(delay=outcome.delay + requested.delay) if requested.delay else outcome
    return requested._replace(delay=outcome.delay + requested.delay)


def force_error(runtime: Runtime, call: Call, outcome: Outcome) -> Reply:
    """Reply with the error of an outcome. Warns of a status that no public text mentions."""
    spec, error = find_forced_error(call, outcome)
    known = runtime.bases[call.vendor.name].errors.get(spec.rule)
    if known is None or known[1].basis == "inferred":
        message = f"No public text says that {call.vendor.title} answers {spec.status} here; this reply is inferred."
        call.warn(outcome.where, "undocumented-status", message)
    reply = render_error(call, error, spec)
    if outcome.retry_after is None or isinstance(error, Throttled):  # Throttled sets the header itself
        return reply
    return reply._replace(headers=(*reply.headers, (RETRY_AFTER, str(outcome.retry_after))))


def spoil(reply: Reply, outcome: Outcome) -> Reply:
    """Add the delay and the network fault of an outcome to the reply, for the server."""
    if not outcome.delay and not outcome.network:
        return reply
    return reply._replace(delay=reply.delay + outcome.delay, network=outcome.network or reply.network)


def apply_preference(reply: Reply, requested: Outcome) -> Reply:
    """Add the header ``Preference-Applied`` to the reply (RFC 7240)."""
    wait = "" if requested.retry_after is None else f", retry-after={requested.retry_after}"
    return reply._replace(headers=(*reply.headers, ("Preference-Applied", f"code={requested.code}{wait}")))


def _read_retry_after(preferred: Mapping[str, str], code: str | None) -> int | None:
    text = preferred.get("retry-after")
    if text is None:
        return None
    if code is None or not is_retry_after(text):
        found = f"{text!r}" if code is not None else "without a code"
        wanted = f"whole seconds from 0 to {MAX_RETRY_AFTER_SECONDS} beside a code"
        raise Problem("Bad Retry-After", f"Prefer: retry-after is {found}, wanted {wanted}.", code="bad-retry-after")
    return int(text)


def find_forced_error(call: Call, outcome: Outcome) -> tuple[ErrorSpec, ApiError]:
    """Find the error of an outcome by status (400 to 599), code or rule in the vendor's errors.

    A status without an entry gets the vendor's failure envelope with the HTTP phrase. Raises Problem for anything else.
    """
    spec = _row(call.vendor, outcome.code or "")
    if spec.error is RequestedStatus:
        return spec, RequestedStatus(spec.status)
    if spec.error is Throttled:
        wait = DEFAULT_RETRY_AFTER_SECONDS if outcome.retry_after is None else outcome.retry_after
        return spec, Throttled(limit=60, retry_after=wait, reset=call.now + timedelta(seconds=wait))
    return spec, spec.error()


def _row(vendor: Vendor, code: str) -> ErrorSpec:
    by_name = next((spec for spec in vendor.errors if code and code in (spec.code, spec.rule)), None)
    if by_name:
        return by_name
    if not re.fullmatch(r"[45]\d\d", code, re.ASCII):
        names = tuple(dict.fromkeys(spec.code for spec in vendor.errors if spec.code))
        wanted = " or ".join(
            filter(None, ("a status from 400 to 599", "an error of the vendor's table" if names else ""))
        )
        detail = f"The code asked for is {code!r}, wanted {wanted}."
        statuses = tuple(dict.fromkeys(str(spec.status) for spec in vendor.errors))
        raise Problem("Unknown outcome", detail, choices=names + statuses, code="unknown-outcome")
    status = int(code)
    by_status = next((spec for spec in vendor.errors if spec.status == status), None)
    return by_status or ErrorSpec(
        RequestedStatus, status, f"{vendor.name}.default", reason_phrase(status), "inferred", "none"
    )


def _parse_preferences(header: str) -> dict[str, str]:
    """Parse the preferences of RFC 7240 by name. The first of each name counts."""
    preferences: dict[str, str] = {}
    for preference in re.split(r"[,;]", header):
        name, _, value = preference.partition("=")
        preferences.setdefault(name.strip().lower(), value.strip().strip('"'))
    return preferences
