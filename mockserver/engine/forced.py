"""Outcomes that a request or a fault rule asks for."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import timedelta
from typing import NamedTuple

from ..sandbox.fault_rules import DEFAULT_RETRY_AFTER_SECONDS, MAX_RETRY_AFTER_SECONDS, Outcome, _is_retry_after
from ..sandbox.fault_values import MAX_DELAY_MS
from ..sdk.call import Call
from ..sdk.contract import ErrorSpec, Vendor
from ..sdk.errors import ApiError, Problem, RequestedStatus, Throttled
from ..sdk.http import DELAY_HEADER, LOWER_DELAY, Request, reason_phrase
from ..sdk.querystring import remove_name


class Wish(NamedTuple):
    """What a request asks for beside its answer: an outcome (a status or an error's name), a delay in seconds.

    ``where`` says how it asks for the outcome: ``query.__code`` or ``header.Prefer``; ``retry_after`` what the outcome
    says of it, in seconds (None: what is usual).
    """

    code: str | None = None
    delay: float = 0.0
    where: str = ""
    retry_after: int | None = None


NO_WISH = Wish()


def wish(request: Request) -> tuple[Wish, Request]:
    """The request's wish (``Prefer: code=429, retry-after=1``, ``?__code=429``, ``X-Mock-Delay: 800``), and the request
    without it. Raises Misuse when the delay is no number of milliseconds, or retry-after none of seconds.
    """
    if "prefer" not in request.headers and LOWER_DELAY not in request.headers and "__code" not in request.query:
        return NO_WISH, request
    query, code = remove_name(request.query, "__code")
    where = "query.__code"
    preferred = _preferred(request.headers.get("prefer", ""))
    if code is None and (code := preferred.get("code")) is not None:
        where = "header.Prefer"
    retry_after = _wished_seconds(preferred, code)
    delay = request.headers.get(LOWER_DELAY, "0").strip()
    if not re.fullmatch(r"\d{1,9}", delay, re.ASCII) or int(delay) > MAX_DELAY_MS:
        raise Problem(
            "Bad delay",
            f"{DELAY_HEADER} is {delay!r}, wanted whole milliseconds from 0 to {MAX_DELAY_MS}.",
            code="bad-delay",
        )
    if query != request.query:
        request = request._replace(query=query)
    return Wish(code, int(delay) / 1000, where if code is not None else "", retry_after), request


def applied(wish: Wish) -> str:
    """What of the request's preferences was done (RFC 7240)."""
    wait = "" if wish.retry_after is None else f", retry-after={wish.retry_after}"
    return f"code={wish.code}{wait}"


def _wished_seconds(preferred: Mapping[str, str], code: str | None) -> int | None:
    text = preferred.get("retry-after")
    if text is None:
        return None
    if code is None or not _is_retry_after(text):
        found = f"{text!r}" if code is not None else "without a code"
        wanted = f"whole seconds from 0 to {MAX_RETRY_AFTER_SECONDS} beside a code"
        raise Problem("Bad Retry-After", f"Prefer: retry-after is {found}, wanted {wanted}.", code="bad-retry-after")
    return int(text)


def granted(call: Call, hit: Outcome) -> tuple[ErrorSpec, ApiError]:
    """The words and the fact for a hit's outcome: a status (400 to 599) or a name of the vendor's table, which is a
    code, or the rule of a row that has none of its own.

    A status without a row gets the vendor's failure envelope with the HTTP phrase. Raises Misuse for anything else.
    """
    words = _row(call.vendor, hit.code or "")
    if words.error is RequestedStatus:
        return words, RequestedStatus(words.status)
    if words.error is Throttled:
        wait = DEFAULT_RETRY_AFTER_SECONDS if hit.retry_after is None else hit.retry_after
        return words, Throttled(limit=60, retry_after=wait, reset=call.now + timedelta(seconds=wait))
    return words, words.error()


def _row(vendor: Vendor, code: str) -> ErrorSpec:
    by_name = next((words for words in vendor.errors if code and code in (words.code, words.rule)), None)
    if by_name:
        return by_name
    if not re.fullmatch(r"[45]\d\d", code, re.ASCII):
        names = tuple(dict.fromkeys(words.code for words in vendor.errors if words.code))
        wanted = " or ".join(
            filter(None, ("a status from 400 to 599", "an error of the vendor's table" if names else ""))
        )
        detail = f"The code asked for is {code!r}, wanted {wanted}."
        statuses = tuple(dict.fromkeys(str(words.status) for words in vendor.errors))
        raise Problem("Unknown outcome", detail, choices=names + statuses, code="unknown-outcome")
    status = int(code)
    by_status = next((words for words in vendor.errors if words.status == status), None)
    return by_status or ErrorSpec(
        RequestedStatus, status, f"{vendor.name}.default", reason_phrase(status), "inferred", "none"
    )


def _preferred(header: str) -> dict[str, str]:
    """The preferences of RFC 7240 by name; the first one of a name counts."""
    found: dict[str, str] = {}
    for preference in re.split(r"[,;]", header):
        name, _, value = preference.partition("=")
        found.setdefault(name.strip().lower(), value.strip().strip('"'))
    return found
