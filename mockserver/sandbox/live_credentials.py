"""Refuses credentials that look live, without repeating any part of them."""

from __future__ import annotations

import base64
import binascii
import json
import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any
from urllib.parse import urlsplit

from ..sdk.contract import Vendor
from ..sdk.errors import Problem
from ..sdk.http import LOWER_SANDBOX, Request
from ..sdk.querystring import parse_pairs
from ..sdk.secret_names import USUAL_HEADERS, normalise
from .secrets.places import decode_basic

LIVE_CREDENTIAL = "live-credential"
_LIVE_KEY = re.compile(r"(?<![A-Za-z0-9])(?:sk|rk|pk|key|whsec)_live_\w{8,}")
_LIVE_LOOK = re.compile(r"(?<![A-Za-z0-9])(?:sk|rk|pk|key|whsec)_live_\w*|(?<![\w-])eyJ[\w-]{5,}(?:\.[\w-]*){0,2}")
_BASIC = re.compile(r"[ \t]*basic +(\S+)", re.IGNORECASE)
_JWT = re.compile(r"(?<![\w-])eyJ[\w-]{5,2000}\.(eyJ[\w-]{5,4000})\.[\w-]*")
_INVENTED = re.compile(r"(?:^|\.)(?:example(?:\.(?:com|net|org))?|test|invalid|localhost|local)$|^[\w-]+$|^127\.")


def refuse_live(wanted: bool, vendors: Iterable[Vendor], request: Request, wall: float) -> None:
    """Raises Problem when a request has a credential that looks live; does nothing unless ``wanted``.

    Looks in the places of these vendors' credentials, and in query, path and body.
    """
    if not wanted:
        return
    everything = "\n".join((request.query, request.path, *request.headers.values()))
    if not request.body and not _may_be_live(everything) and "basic" not in everything.lower():
        return
    texts = [*_credential_texts(vendors, request.headers)]
    if _may_be_live(request.query):
        texts += [value for _, value in parse_pairs(request.query)]
    texts += filter(_may_be_live, (request.path, request.body.decode("latin-1") if request.body else ""))
    if any(looks_live(text, wall) for text in texts):
        raise _problem()


def refuse_live_names(wanted: bool, vendors: Iterable[Vendor], request: Request, wall: float) -> None:
    """Raises Problem when a name of a sandbox looks live: by header, URL or credential suffix.

    Call it first: selecting a sandbox creates it under this name.
    """
    sent = (vendor.credential.read(request.headers) or "" for vendor in vendors)
    behind = (text.rpartition("~")[2] for text in sent if "~" in text)
    for name in (request.headers.get(LOWER_SANDBOX, ""), request.sandbox or "", *behind):
        refuse_live_name(wanted, name, wall)


def refuse_live_name(wanted: bool, name: str, wall: float) -> None:
    """Raises Problem when the name of a sandbox looks live; does nothing unless ``wanted``."""
    if wanted and _may_be_live(name) and looks_live(name, wall):
        raise _problem()


def mask_live(text: str, instead: str) -> str:
    """Masks what looks live in a text, also its beginning, since texts may be cut."""
    return _LIVE_LOOK.sub(instead, text)


def find_live(text: str) -> list[str]:
    """The live keys and the JWTs in a text, usable or not."""
    if not _may_be_live(text):
        return []
    return [token[0] for pattern in (_LIVE_KEY, _JWT) for token in pattern.finditer(text)]


def _problem() -> Problem:
    detail = "The request carries a credential that looks live; nothing of it was kept. Use one of the sandbox."
    return Problem("Live credential", detail, code=LIVE_CREDENTIAL)


def _may_be_live(text: str) -> bool:
    """A quick check that rules out most texts."""
    return "_live_" in text or "eyJ" in text


def _credential_texts(vendors: Iterable[Vendor], headers: Mapping[str, str]) -> Iterator[str]:
    """The values of credential headers; a Basic credential also decoded."""
    names: set[str] = set()
    for name, value in headers.items():
        wrapped = _BASIC.match(value)
        if wrapped or _may_be_live(value):
            names = names or set(map(normalise, (*(n for v in vendors for n in v.credential.headers), *USUAL_HEADERS)))
            if normalise(name) in names:
                yield value
                yield decode_basic(wrapped[1]) if wrapped else ""


def looks_live(text: str, wall: float) -> bool:
    """Whether a text has a live key, or a usable JWT: one that expires later, or is from or for a real host."""
    if _LIVE_KEY.search(text):
        return True
    return any(_is_usable(_claims(token[1]), wall) for token in _JWT.finditer(text))


def _is_usable(claims: Mapping[str, Any], wall: float) -> bool:
    expires = claims.get("exp")
    if isinstance(expires, int | float) and expires > wall:
        return True
    named = [claims.get("iss"), claims.get("aud")]
    hosts = [host for name in named for host in (name if isinstance(name, list) else [name])]
    return any(isinstance(host, str) and _is_real(host) for host in hosts)


def _claims(part: str) -> Mapping[str, Any]:
    try:
        claims = json.loads(base64.urlsafe_b64decode(part + "=" * (-len(part) % 4)))
    except (binascii.Error, ValueError, RecursionError):
        return {}
    return claims if isinstance(claims, dict) else {}


def _is_real(text: str) -> bool:
    try:
        host = urlsplit(text).hostname if "://" in text else text
    except ValueError:
        return False
    return host is not None and "." in host and not _INVENTED.search(host.lower())
