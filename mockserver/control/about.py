"""The server itself: alive, ready, which version, which vendors."""

from __future__ import annotations

from flask import Blueprint, Response

from ..listing import described
from ..version import __version__
from .speech import Control, said


def add(routes: Blueprint, control: Control) -> None:
    """The routes of this part."""
    world = control.world

    @routes.get("/health")
    def health() -> Response:
        names = [vendor.name for vendor in world.vendors]
        return said({"status": "healthy", "version": __version__, "vendors": names})

    @routes.get("/ready")
    def ready() -> Response:
        world.store.check()
        return said({"status": "ready"})

    @routes.get("/version")
    def version() -> Response:
        return said({"version": __version__})

    @routes.get("/vendors")
    def vendors() -> Response:
        sandbox = control.sandbox
        return said([described(v, world.sandboxes.dataset(sandbox, v), sandbox.name) for v in world.vendors])
