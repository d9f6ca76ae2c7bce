"""Pages for people: files as they lie in ``site/``. Nothing in them is secret; what they show they ask the API for."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

from flask import Blueprint, Response, current_app, request, send_from_directory

from ..sdk.version import __version__
from .browsers import wants_page
from .http import AdminContext, json_response

SITE = Path(__file__).parent / "site"
# A page of ours runs nothing but files of ours, talks to nobody else, and is shown in no frame of others.
POLICY = "default-src 'self'; img-src 'self' data:; base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
# Whatever the system's own table says.
_TYPES = {".html": "text/html", ".css": "text/css", ".js": "text/javascript", ".svg": "image/svg+xml"}


def add(routes: Blueprint, control: AdminContext) -> None:
    """The routes of this part."""

    @routes.get("")
    def bare() -> Response:
        """To where the page's own addresses hold, in a sandbox's URL, too."""
        return Response(status=308, headers={"Location": "__admin/"})

    @routes.get("/")
    def console() -> Response:
        """The console for browsers; for everybody else what the control API offers."""
        reply = (
            page("console/index.html")
            if wants_page(request.environ)
            else json_response({"version": __version__, "offers": _offers()})
        )
        reply.headers["Vary"] = "Accept"
        return reply

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


def _offers() -> list[dict[str, Any]]:
    """Each path of the control API with its methods."""
    offers: dict[str, set[str]] = {}
    for rule in current_app.url_map.iter_rules():
        if rule.rule.startswith("/__admin") and not rule.endpoint.startswith("control.pages."):
            path = re.sub(r"<(?:\w+:)?(\w+)>", r"{\1}", rule.rule)
            offers.setdefault(path, set()).update((rule.methods or set()) - {"HEAD", "OPTIONS"})
    return [{"path": path, "methods": sorted(methods)} for path, methods in sorted(offers.items())]
