"""What the control API says, without the secrets that it knows: those of accounts, its token, what looks live, and what
a request has where secrets are.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from typing import Any

from flask import g, request

from .. import live
from ..addresses import SANDBOX, received
from ..data.dataset import Accounts
from ..errors import Misuse, StoreAway
from ..redaction import HIDDEN, Redaction, hidden, spelled
from ..sandbox import DEFAULT
from ..serve import World

LONGEST = 2000  # characters of a detail: what was sent is told, not sent back whole
PIECE = 8  # characters of a secret that are left where a text was cut are hidden, too
WANTED = ", wanted "
CUTS = ("...", "'", '"', " ...")  # where texts end that were cut


def named() -> str:
    """The caller's sandbox: by header, else by URL, else ``default``."""
    found = (request.headers.get("X-Mock-Sandbox"), request.environ.get(SANDBOX), DEFAULT)
    return next(name for name in found if name is not None)


def told(world: World, misuse: Misuse) -> Misuse:
    """What went wrong, without secrets, and in a few sentences: every problem of control goes through here."""
    try:
        tell = teller(world, of_sandbox=misuse.status != 500)  # a store that broke is not asked again
    except StoreAway:
        tell = teller(world, of_sandbox=False)
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


def trace_told(world: World, text: str) -> str:
    """The trace of a crash, without secrets; the store may be what broke, and is not asked."""
    return teller(world, of_sandbox=False)(text)


def rule_told(world: World, document: Mapping[str, Any], tell: Callable[[str], str]) -> dict[str, Any]:
    """A fault rule as it may be shown: what its matcher wants of a credential is not."""
    match = document.get("match")
    return {**document, "match": match_told(world, match, tell)} if match else dict(document)


def match_told(world: World, match: Mapping[str, Any], tell: Callable[[str], str]) -> dict[str, Any]:
    """A matcher as it may be shown."""
    is_secret = world.redaction.is_secret
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


def teller(world: World, *, of_sandbox: bool = True) -> Callable[[str], str]:
    """What takes secrets out of texts: to make it takes longer than to use it."""
    secrets = spelled((*_known(world, of_sandbox=of_sandbox), *_sent(world.redaction)))

    def tell(text: str) -> str:
        text = hidden(text, secrets)
        for secret in secrets:
            text = _without_beginning(text, secret)
        return live.hidden(text, HIDDEN)

    return tell


def _known(world: World, *, of_sandbox: bool) -> Iterator[str]:
    """The control token, and the secrets of all accounts of the server's start and of the caller's sandbox."""
    yield world.settings.control_token or ""
    yield from world.redaction.secrets
    sandbox = world.sandboxes.look(named(), world.wall()) if of_sandbox else None
    for vendor in world.vendors:
        start = world.start[vendor.name].accounts
        here = world.sandboxes.dataset(sandbox, vendor).accounts if sandbox else start
        if here is not start:
            yield from _secrets(here, vendor.credential.key)


def _sent(redaction: Redaction) -> Iterator[str]:
    """What the request itself has where secrets are, in its address and headers, and in its body at any depth."""
    yield from redaction.of(received(request.environ, "", {})).secrets
    body: bytes = g.get("heard", b"")  # what nobody has read cannot be quoted
    if body:
        yield from redaction.in_body(body.decode("utf-8", "replace"))


def _secrets(accounts: Accounts, key: str) -> Iterator[str]:
    return (str(account[key]) for account in accounts if account.get(key))


def _without_beginning(text: str, secret: str) -> str:
    """The text without what is left of a secret where it was cut."""
    start = 0
    while (at := text.find(secret[:PIECE], start)) >= 0:
        start = at + min(PIECE, len(secret))
        while start < len(text) and secret.startswith(text[at : start + 1]):
            start += 1
        if start == len(text) or text.startswith(CUTS, start):
            text = f"{text[:at]}{HIDDEN}{text[start:]}"
            start = at + len(HIDDEN)
    return text
