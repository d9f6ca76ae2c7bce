"""What the control API says, without the secrets that it knows: those of accounts, its token, what looks live, and what
a request has where secrets are.
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

LONGEST = 2000  # characters of a detail: what was sent is told, not sent back whole
WANTED = ", wanted "


def named() -> str:
    """The caller's sandbox: by header, else by URL, else ``default``."""
    found = (request.headers.get(SANDBOX_HEADER), request.environ.get(SANDBOX), DEFAULT)
    return next(name for name in found if name is not None)


def told(world: Runtime, misuse: Problem) -> Problem:
    """What went wrong, without secrets, and in a few sentences: every problem of control goes through here."""
    tell = teller(world)
    validation = tuple({name: tell(bounded(text)) for name, text in fault.items()} for fault in misuse.validation)
    choices = tuple(map(tell, misuse.choices))
    return replace(misuse, detail=tell(bounded(misuse.detail)), choices=choices, validation=validation)


def bounded(text: str) -> str:
    """A text of which no more is searched for secrets, and told, than people read: its beginning, and what is wanted.

    It is cut before it is searched. What is left of a secret that is cut is found by its beginning, so the end of the
    text begins with words of ours.
    """
    if len(text) <= LONGEST:
        return text
    _, wanted, last = text[-LONGEST // 2 :].rpartition(WANTED)
    return f"{text[: LONGEST // 2]} ...{wanted}{last if wanted else ''}"


def trace_told(world: Runtime, text: str) -> str:
    """The trace of a crash, without secrets."""
    return teller(world)(text)


def rule_told(world: Runtime, document: Mapping[str, Any], tell: Callable[[str], str]) -> dict[str, Any]:
    """A fault rule as it may be shown: what its matcher wants of a credential is not."""
    match = document.get("match")
    return {**document, "match": match_told(world, match, tell)} if match else dict(document)


def match_told(world: Runtime, match: Mapping[str, Any], tell: Callable[[str], str]) -> dict[str, Any]:
    """A matcher as it may be shown."""
    is_secret = world.redactor.is_secret
    shown: dict[str, Any] = {}
    for field, wanted in match.items():
        if field == "credential":
            shown[field] = _condition(wanted, lambda text: MASK)
        elif isinstance(wanted, Mapping):
            shown[field] = {
                tell(name): _condition(condition, (lambda text: MASK) if is_secret(name) else tell)
                for name, condition in wanted.items()
            }
        else:
            shown[field] = tell(wanted) if isinstance(wanted, str) else wanted
    return shown


def _condition(condition: Any, tell: Callable[[str], str]) -> Any:
    if isinstance(condition, str):
        return tell(condition)
    return {word: tell(text) if isinstance(text, str) else text for word, text in condition.items()}


def teller(world: Runtime) -> Callable[[str], str]:
    """Masks the secrets of the request, in its address, its headers and the body that was read, and known ones."""
    sent = world.redactor.redact(read_request(request.environ))
    body: bytes = g.get("heard", b"")  # what nobody has read cannot be quoted
    if body:
        sent = world.redactor.with_json(sent, body.decode("utf-8", "replace"))
    return partial(world.redactor.redact_text, request=sent, cut=MIN_QUOTED_CHARS)
