"""Pages for people: files as they lie in ``site/``. Nothing in them is secret; what they show they ask the API for."""

from __future__ import annotations

from pathlib import Path

from flask import Blueprint, Response, send_from_directory

from .speech import Control

SITE = Path(__file__).parent / "site"
# A page of ours runs nothing but files of ours, talks to nobody else, and is shown in no frame of others.
POLICY = "default-src 'self'; img-src 'self' data:; base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
# Whatever the system's own table says.
_TYPES = {".html": "text/html", ".css": "text/css", ".js": "text/javascript", ".svg": "image/svg+xml"}


def add(routes: Blueprint, control: Control) -> None:
    """The routes of this part."""

    @routes.get("/site/<path:name>")
    def site(name: str) -> Response:
        return page(name)


def page(name: str, policy: str = POLICY, folder: Path = SITE) -> Response:
    """A file of ours as browsers get it: asked for again each time, sent again only when it is another one."""
    reply = send_from_directory(folder, name, mimetype=_TYPES.get(Path(name).suffix), max_age=0)
    reply.headers["Content-Security-Policy"] = policy
    reply.headers["X-Content-Type-Options"] = "nosniff"
    reply.headers["Referrer-Policy"] = "no-referrer"
    return reply
