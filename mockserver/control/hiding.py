"""What the control API says, without the secrets that it knows: those of accounts, its token, what looks live, and what
a request has where secrets are.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import replace
from functools import partial
from typing import Any

from flask import request
from werkzeug.exceptions import HTTPException

from ..addresses import SANDBOX, received
from ..errors import Misuse
from ..redaction import HIDDEN
from ..sandbox import DEFAULT
from ..serve import World
from ..toolkit.secrets.index import MIN_QUOTED_CHARS

LONGEST = 2000  # characters of a detail: what was sent is told, not sent back whole


def named() -> str:
    """The caller's sandbox: by header, else by URL, else ``default``."""
    found = (request.headers.get("X-Mock-Sandbox"), request.environ.get(SANDBOX), DEFAULT)
    return next(name for name in found if name is not None)


def told(world: World, misuse: Misuse) -> Misuse:
    """What went wrong, without secrets, and in a few sentences: every problem of control goes through here."""
    tell = _teller(world)
    detail = tell(misuse.detail)
    if len(detail) > LONGEST and misuse.status == 422:
        detail = f"{detail[: LONGEST // 2]} ... {detail[-LONGEST // 2 :]}"
    validation = tuple({name: tell(text) for name, text in fault.items()} for fault in misuse.validation)
    return replace(misuse, detail=detail, choices=tuple(map(tell, misuse.choices)), validation=validation)


def trace_told(world: World, text: str) -> str:
    """The trace of a crash, without secrets."""
    return _teller(world)(text)


def rule_told(world: World, document: Mapping[str, Any]) -> dict[str, Any]:
    """A fault rule as it may be shown: what its matcher wants of a credential is not."""
    match = document.get("match")
    return {**document, "match": match_told(world, match)} if match else dict(document)


def match_told(world: World, match: Mapping[str, Any]) -> dict[str, Any]:
    """A matcher as it may be shown."""
    tell, is_secret = _teller(world), world.redaction.is_secret
    shown: dict[str, Any] = {}
    for field, wanted in match.items():
        if field == "credential":
            shown[field] = _condition(wanted, lambda text: HIDDEN)
        elif isinstance(wanted, Mapping):
            shown[field] = {
                tell(name): _condition(condition, (lambda text: HIDDEN) if is_secret(name) else tell)
                for name, condition in wanted.items()
            }
        else:
            shown[field] = tell(wanted) if isinstance(wanted, str) else wanted
    return shown


def _condition(condition: Any, tell: Callable[[str], str]) -> Any:
    if isinstance(condition, str):
        return tell(condition)
    return {word: tell(text) if isinstance(text, str) else text for word, text in condition.items()}


def _teller(world: World) -> Callable[[str], str]:
    """Masks the secrets of the request, in its address, its headers and its body, and those that are known."""
    redaction = world.redaction
    sent = redaction.of(received(request.environ, "", {}))
    if request.blueprint is not None:  # the body of a call of nobody's path is for the journal to read
        with suppress(HTTPException):  # too large: it is not read, and so not quoted
            sent = redaction.with_json(sent, request.get_data().decode("utf-8", "replace"))
    return partial(redaction.text, request=sent, cut=MIN_QUOTED_CHARS)
