"""The start page at ``/``, for browsers; anybody else gets the JSON of app.py. It asks control for what it shows."""

from __future__ import annotations

from flask import Blueprint, Response

from ..serve import World
from .pages import page


def blueprint(world: World) -> Blueprint:
    """The route of this part: it holds nothing of the world, which may be secret."""
    routes = Blueprint("start", __name__)

    @routes.get("/")
    def start() -> Response:
        reply = page("start/index.html")
        reply.headers["Vary"] = "Accept"
        return reply

    return routes
