"""Access to the control API: from this machine or with the token, and never from a foreign web page."""

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
from .http import MAX_BODY_BYTES
from .routes import OPEN_FOLDERS, OPEN_PATHS

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIEnvironment


def protect(routes: Blueprint, runtime: Runtime) -> None:
    """Makes a blueprint refuse every request that ``make_check`` refuses."""
    routes.before_request(make_check(runtime))


def make_body_limit(runtime: Runtime) -> Callable[[WSGIEnvironment], int]:
    """Makes a function that says, by a request's head, how many bytes of its body control reads.

    It reads nothing of a body whose head it refuses.
    """
    check, enter = make_check(runtime), Flask(__name__, static_folder=None).request_context

    def count_bytes(environ: WSGIEnvironment) -> int:
        with enter(environ):
            try:
                check()
            except (Problem, HTTPException):
                return 0
            return 0 if is_open() else MAX_BODY_BYTES + 1

    return count_bytes


def make_check(runtime: Runtime) -> Callable[[], None]:
    """Makes the check of a request's head, which runs before its body is read.

    It refuses a request without the token (if there is one), a foreign Host or Origin, and a write that is not JSON or
    too long. A valid token lifts the check of Host. Open routes pass. Without a token no other machine may control,
    also where the user's own server (``flask run --host``) listens on more than ``--host`` says. The check raises
    Problem or RequestEntityTooLarge.
    """
    token, bound, public = runtime.settings.control_token, runtime.settings.host, runtime.settings.public_url
    hosts = (bound, public.host) if public else (bound,)

    def is_own(origin: Origin | None) -> bool:
        return origin is not None and (_is_near(origin.host, (bound,)) or origin in outside.origins(runtime.settings))

    def check() -> None:
        if is_open():
            return
        if token is not None and not _has_token(token):
            raise _token_wanted(
                f"Send the control token as {TOKEN_HEADER}: what --control-token says, or what was printed."
            )
        if token is None and not is_loopback(request.remote_addr or bound):
            raise _token_wanted("To control from another machine, start the server with --control-token, and send it.")
        for host in outside.hosts(runtime.settings) if token is None else ():
            if not is_ours(host, *hosts):
                own = " or ".join(("127.0.0.1", *hosts[1:]))
                detail = f"The Host is {host[:80]!r}, wanted this machine's own, like {own}; or --control-token."
                raise Problem("Foreign host", detail, 403, code="foreign-host")
        origin = request.headers.get("Origin")
        if origin is not None and not is_own(read_origin(origin)):
            detail = f"The Origin is {origin[:80]!r}; only pages of this machine may control."
            raise Problem("Foreign origin", detail, 403, code="foreign-origin")
        _check_body()

    return check


def _check_body() -> None:
    """Raises Problem or RequestEntityTooLarge when the head announces a body that is not JSON, or too long."""
    request.max_content_length = MAX_BODY_BYTES + 1  # one byte more shows that it is too long
    if request.method not in ("GET", "HEAD", "OPTIONS") and has_body(request.environ) and not request.is_json:
        found = f"is {request.content_type[:80]!r}" if request.content_type else "is missing"
        detail = f"The Content-Type {found}, wanted application/json (curl: -H 'Content-Type: application/json')."
        raise Problem("JSON wanted", detail, 415, code="json-wanted")
    if (request.content_length or 0) > MAX_BODY_BYTES:
        raise RequestEntityTooLarge


def is_open() -> bool:
    """Whether the request's path is open to everybody."""
    return request.path in OPEN_PATHS or request.path.startswith(OPEN_FOLDERS)


def is_ours(netloc: str, *own: str) -> bool:
    """Whether a host (with or without port) is loopback, ``*.localhost`` or one of ``own``."""
    found = read_authority(netloc)
    return found is not None and _is_near(found.host, own)


def _is_near(host: str, own: tuple[str, ...]) -> bool:
    return is_loopback(host) or host.endswith(".localhost") or host in map(_normalise, own)


def _normalise(host: str) -> str:
    """An address as a Host header writes it: without brackets and zone id."""
    text = host.strip("[]").partition("%")[0]
    found = read_authority(f"[{text}]" if ":" in text else text)
    return found.host if found else ""


def _token_wanted(detail: str) -> Problem:
    return Problem("Token wanted", detail, 401, code="token-wanted")


def _has_token(token: str) -> bool:
    scheme, _, value = request.headers.get("Authorization", "").partition(" ")
    bearer = value.strip() if scheme.lower() == "bearer" else ""
    given = request.headers.get(TOKEN_HEADER) or bearer
    return hmac.compare_digest(given.encode(), token.encode())
