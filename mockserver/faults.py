"""Trouble on demand, asked for by the request itself: a status, an error of the vendor's table, a delay."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from datetime import timedelta
from http import HTTPStatus

from .errors import Asked, Fact, Misuse, Throttled
from .toolkit.querystring import without
from .vendor import Call, Request, Vendor, Words

LONGEST_DELAY = 60_000


@dataclass(frozen=True, slots=True)
class Wish:
    """What a request asks for beside its answer: an outcome (a status or an error's name), a delay in seconds."""

    code: str | None = None
    delay: float = 0.0


def wish(request: Request) -> tuple[Wish, Request]:
    """The request's wish (``Prefer: code=429``, ``?__code=429``, ``X-Mock-Delay: 800``), and the request without it.

    Raises Misuse when the delay is no number of milliseconds.
    """
    query, code = without(request.query, "__code")
    code = code if code is not None else _preferred(request.headers.get("prefer", ""))
    delay = request.headers.get("x-mock-delay", "0").strip()
    if not re.fullmatch(r"\d{1,9}", delay, re.ASCII) or int(delay) > LONGEST_DELAY:
        raise Misuse(
            "Bad delay",
            f"X-Mock-Delay is {delay!r}, wanted whole milliseconds from 0 to {LONGEST_DELAY}.",
            code="bad-delay",
        )
    return Wish(code, int(delay) / 1000), replace(request, query=query)


def granted(call: Call, code: str) -> tuple[Words, Fact]:
    """The words and the fact for an outcome asked for by status (400 to 599) or by a name of the vendor's table.

    A status without a row gets the vendor's failure envelope with the HTTP phrase. Warns when neither the document
    nor any public text knows it. Raises Misuse for anything else.
    """
    words = _row(call.vendor, code)
    if words.basis == "inferred":
        message = f"No public text says that {call.vendor.title} answers {words.status} here; this reply is inferred."
        call.warn("header.Prefer", "undocumented-status", message)
    if words.fact is Asked:
        return words, Asked(words.status)
    if words.fact is Throttled:
        return words, Throttled(limit=60, retry_after=60, reset=call.now + timedelta(seconds=60))
    return words, words.fact()


# RFC 9110's, which Python has from 3.13 on: bodies must not depend on the version that runs.
_PHRASES = {
    413: "Content Too Large",
    414: "URI Too Long",
    416: "Range Not Satisfiable",
    422: "Unprocessable Content",
}


def phrase(status: int) -> str:
    """The HTTP reason phrase of a status, also of one that nobody registered."""
    if status in _PHRASES:
        return _PHRASES[status]
    try:
        return HTTPStatus(status).phrase
    except ValueError:
        return f"Status {status}"


def _row(vendor: Vendor, code: str) -> Words:
    by_name = next((words for words in vendor.errors if code and words.code == code), None)
    if by_name:
        return by_name
    if not re.fullmatch(r"[45]\d\d", code, re.ASCII):
        names = tuple(dict.fromkeys(words.code for words in vendor.errors if words.code))
        wanted = " or ".join(
            filter(None, ("a status from 400 to 599", "an error of the vendor's table" if names else ""))
        )
        detail = f"The code asked for is {code!r}, wanted {wanted}."
        statuses = tuple(dict.fromkeys(str(words.status) for words in vendor.errors))
        raise Misuse("Unknown outcome", detail, choices=names + statuses, code="unknown-outcome")
    status = int(code)
    by_status = next((words for words in vendor.errors if words.status == status), None)
    return by_status or Words(Asked, status, f"{vendor.name}.default", phrase(status), "inferred", "none")


def _preferred(header: str) -> str | None:
    """The ``code`` among the preferences of RFC 7240; the first one counts."""
    for preference in re.split(r"[,;]", header):
        name, _, value = preference.partition("=")
        if name.strip().lower() == "code":
            return value.strip().strip('"')
    return None
