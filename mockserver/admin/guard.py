"""Who may control: a person on this machine, or whoever has the token; never a web page of somebody else."""

from __future__ import annotations

import hmac
from collections.abc import Callable
from typing import TYPE_CHECKING

from flask import Blueprint, Flask, request
from werkzeug.exceptions import HTTPException, RequestEntityTooLarge

from ..engine.runtime import Runtime
from ..engine.wsgi import has_body
from ..sandbox.settings import is_loopback
from ..sandbox.web import Origin, read_authority, read_origin
from ..sdk.errors import Problem
from ..sdk.http import TOKEN_HEADER
from . import outside

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIEnvironment

OPEN = ("health", "ready", "version")
PAGES = ("/__admin", "/__admin/")  # the console, and what there is to control
SITE = "/__admin/site/"  # files that everybody may see
BODY_LIMIT = 1024 * 1024


def protect(routes: Blueprint, world: Runtime) -> None:
    """Refuse what ``checking`` refuses."""
    routes.before_request(checking(world))


def keeping(world: Runtime) -> Callable[[WSGIEnvironment], int]:
    """Says of a request's head how many bytes of its body control looks at: none of one that is refused by its head."""
    check, entered = checking(world), Flask(__name__, static_folder=None).request_context

    def kept(environ: WSGIEnvironment) -> int:
        with entered(environ):
            try:
                check()
            except (Problem, HTTPException):
                return 0
            return 0 if is_open() else BODY_LIMIT + 1

    return kept


def checking(world: Runtime) -> Callable[[], None]:
    """Refuses a request without the token, if there is one, a foreign Host or Origin, and a write that is not JSON or
    too long; all by its head, before anything of its body is read. Raises Misuse or RequestEntityTooLarge.

    A valid token lifts the check of Host; health, ready, version, the console's page and the files of pages need
    neither. Without a token nobody controls from another machine, also where a server of the user's own (``flask run
    --host``) is bound to more than we were told.
    """
    token, bound, public = world.settings.control_token, world.settings.host, world.settings.public_url
    hosts = (bound, public.host) if public else (bound,)

    def is_own(origin: Origin | None) -> bool:
        return origin is not None and (_is_near(origin.host, (bound,)) or origin in outside.origins(world.settings))

    def check() -> None:
        if is_open():
            return
        if token is not None and not _has(token):
            raise _locked(f"Send the control token as {TOKEN_HEADER}: what --control-token says, or what was printed.")
        if token is None and not is_loopback(request.remote_addr or bound):
            raise _locked("To control from another machine, start the server with --control-token, and send it.")
        for host in outside.hosts(world.settings) if token is None else ():
            if not is_ours(host, *hosts):
                own = " or ".join(("127.0.0.1", *hosts[1:]))
                detail = f"The Host is {host[:80]!r}, wanted this machine's own, like {own}; or --control-token."
                raise Problem("Foreign host", detail, 403, code="foreign-host")
        origin = request.headers.get("Origin")
        if origin is not None and not is_own(read_origin(origin)):
            detail = f"The Origin is {origin[:80]!r}; only pages of this machine may control."
            raise Problem("Foreign origin", detail, 403, code="foreign-origin")
        request.max_content_length = BODY_LIMIT + 1  # one more says that it is too long
        if request.method not in ("GET", "HEAD", "OPTIONS") and has_body(request.environ) and not request.is_json:
            found = f"is {request.content_type[:80]!r}" if request.content_type else "is missing"
            detail = f"The Content-Type {found}, wanted application/json (curl: -H 'Content-Type: application/json')."
            raise Problem("JSON wanted", detail, 415, code="json-wanted")
        if (request.content_length or 0) > BODY_LIMIT:
            raise RequestEntityTooLarge

    return check


def is_open() -> bool:
    """Whether everybody may have what the request asks for: it tells nothing of any sandbox."""
    path = request.path
    return path.removeprefix("/__admin/") in OPEN or path in PAGES or path.startswith(SITE)


def is_ours(netloc: str, *own: str) -> bool:
    """Whether a host (with or without port) is this machine's loopback, ``*.localhost``, or one of its own."""
    found = read_authority(netloc)
    return found is not None and _is_near(found.host, own)


def _is_near(host: str, own: tuple[str, ...]) -> bool:
    return is_loopback(host) or host.endswith(".localhost") or host in map(_plain, own)


def _plain(host: str) -> str:
    """An address as a Host names it: without brackets, and without the network card that it belongs to."""
    text = host.strip("[]").partition("%")[0]
    found = read_authority(f"[{text}]" if ":" in text else text)
    return found.host if found else ""


def _locked(detail: str) -> Problem:
    return Problem("Token wanted", detail, 401, code="token-wanted")


def _has(token: str) -> bool:
    scheme, _, value = request.headers.get("Authorization", "").partition(" ")
    bearer = value.strip() if scheme.lower() == "bearer" else ""
    given = request.headers.get(TOKEN_HEADER) or bearer
    return hmac.compare_digest(given.encode(), token.encode())
