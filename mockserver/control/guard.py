"""Who may control: a person on this machine, or whoever has the token; never a web page of somebody else."""

from __future__ import annotations

import hmac
from urllib.parse import urlsplit

from flask import Blueprint, request

from ..errors import Misuse
from ..serve import World
from ..settings import is_loopback

SANDBOX = "mockserver.sandbox"  # where the address of a request leaves the sandbox that its URL names
OPEN = ("health", "ready", "version")
TOKEN_HEADER = "X-Mock-Control-Token"
BODY_LIMIT = 16 * 1024 * 1024


def protect(routes: Blueprint, world: World) -> None:
    """Refuse a request without the token, if there is one, a foreign Host or Origin, and a write that is not JSON.

    A valid token lifts the check of Host; health, ready and version need neither.
    """
    token, bound = world.settings.control_token, world.settings.host

    @routes.before_request
    def check() -> None:
        if request.path.removeprefix("/__admin/") in OPEN:
            return
        if token is not None and not _has(token):
            raise Misuse("Token wanted", f"Send the control token as {TOKEN_HEADER}.", 401, code="token-wanted")
        if token is None and not is_ours(request.host, bound):
            raise Misuse("Foreign host", "The Host is none of this server's own.", 403, code="foreign-host")
        origin = request.headers.get("Origin")
        if origin is not None and not is_ours(_netloc(origin), bound) and origin.lower() != _origin():
            raise Misuse("Foreign origin", "Pages of other origins may not control.", 403, code="foreign-origin")
        request.max_content_length = BODY_LIMIT
        if request.method not in ("GET", "HEAD", "OPTIONS") and request.get_data() and not request.is_json:
            raise Misuse("JSON wanted", "A write has Content-Type application/json.", 415, code="json-wanted")


def is_ours(netloc: str, bound: str) -> bool:
    """Whether a host (with or without port) is this machine's loopback, ``*.localhost``, or the bound address."""
    try:
        host = urlsplit(f"//{netloc}").hostname
    except ValueError:
        return False
    return host is not None and (is_loopback(host) or host.endswith(".localhost") or host == bound.lower().strip("[]"))


def _has(token: str) -> bool:
    scheme, _, value = request.headers.get("Authorization", "").partition(" ")
    bearer = value.strip() if scheme.lower() == "bearer" else ""
    given = request.headers.get(TOKEN_HEADER) or bearer
    return hmac.compare_digest(given.encode(), token.encode())


def _origin() -> str:
    """The origin of the address that was called: a page served there is no stranger once its Host may control."""
    return f"{request.scheme}://{request.host}".lower()


def _netloc(origin: str) -> str:
    try:
        return urlsplit(origin).netloc
    except ValueError:
        return ""
