"""Redacts what the control API says.

It masks the secrets of accounts, the token, what looks live, and whatever the request has where secrets stand.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import partial
from typing import Any

from flask import g, request

from ..engine.redacted_request import MASK
from ..engine.runtime import Runtime
from ..engine.wsgi import SANDBOX, read_request
from ..sandbox.secrets.index import MIN_QUOTED_CHARS
from ..sandbox.store import DEFAULT
from ..sdk.errors import Problem
from ..sdk.http import SANDBOX_HEADER

MAX_DETAIL_CHARS = 2000  # a problem quotes what was sent; it does not send it back whole
WANTED = ", wanted "


def sandbox_name() -> str:
    """The caller's sandbox: by header, else by URL, else ``default``."""
    names = (request.headers.get(SANDBOX_HEADER), request.environ.get(SANDBOX), DEFAULT)
    return next(name for name in names if name is not None)


def redact_problem(runtime: Runtime, problem: Problem) -> Problem:
    """The problem without secrets and with bounded texts. Every problem of control passes here."""
    redact = make_redactor(runtime)
    validation = tuple({name: redact(shorten(text)) for name, text in fault.items()} for fault in problem.validation)
    choices = tuple(map(redact, problem.choices))
    return replace(problem, detail=redact(shorten(problem.detail)), choices=choices, validation=validation)


def shorten(text: str) -> str:
    """Shortens a text to its beginning and to what is wanted.

    Call it before redaction, which then searches no more than people read. A cut secret is recognised by its beginning,
    so the part that is kept of the end starts with our own words.
    """
    if len(text) <= MAX_DETAIL_CHARS:
        return text
    _, wanted, last = text[-MAX_DETAIL_CHARS // 2 :].rpartition(WANTED)
    return f"{text[: MAX_DETAIL_CHARS // 2]} ...{wanted}{last if wanted else ''}"


def redact_trace(runtime: Runtime, text: str) -> str:
    """The trace of a crash, without secrets."""
    return make_redactor(runtime)(text)


def redact_rule(runtime: Runtime, document: Mapping[str, Any], redact: Callable[[str], str]) -> dict[str, Any]:
    """A fault rule without the secrets in its matcher."""
    match = document.get("match")
    return {**document, "match": redact_matcher(runtime, match, redact)} if match else dict(document)


def redact_matcher(runtime: Runtime, match: Mapping[str, Any], redact: Callable[[str], str]) -> dict[str, Any]:
    """A matcher without secrets."""
    is_secret = runtime.redactor.is_secret
    shown: dict[str, Any] = {}
    for field, wanted in match.items():
        if field == "credential":
            shown[field] = _redact_condition(wanted, lambda text: MASK)
        elif isinstance(wanted, Mapping):
            shown[field] = {
                redact(name): _redact_condition(condition, (lambda text: MASK) if is_secret(name) else redact)
                for name, condition in wanted.items()
            }
        else:
            shown[field] = redact(wanted) if isinstance(wanted, str) else wanted
    return shown


def _redact_condition(condition: Any, redact: Callable[[str], str]) -> Any:
    if isinstance(condition, str):
        return redact(condition)
    return {word: redact(text) if isinstance(text, str) else text for word, text in condition.items()}


def make_redactor(runtime: Runtime) -> Callable[[str], str]:
    """Makes a function that masks known secrets, and those of the request: of its address, headers and body."""
    sent = runtime.redactor.redact(read_request(request.environ))
    body: bytes = g.get("body", b"")  # a body that was not read cannot be quoted
    if body:
        sent = runtime.redactor.with_json(sent, body.decode("utf-8", "replace"))
    return partial(runtime.redactor.redact_text, request=sent, cut=MIN_QUOTED_CHARS)
