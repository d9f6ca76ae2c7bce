"""The control API under ``/__admin``. So far: whether the server is alive."""

from __future__ import annotations

from flask import Blueprint, Response

from ..serve import World
from ..toolkit import jsontext
from ..version import __version__


def blueprint(world: World) -> Blueprint:
    """The routes of the control API."""
    routes = Blueprint("control", __name__, url_prefix="/__admin")

    @routes.get("/health")
    def health() -> Response:
        body = {"status": "healthy", "version": __version__, "vendors": [vendor.name for vendor in world.vendors]}
        return Response(jsontext.encode(body), content_type="application/json")

    return routes
