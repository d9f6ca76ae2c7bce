"""What is counted, for Prometheus. It is told while the store is away, too: then it is wanted most."""

from __future__ import annotations

from flask import Blueprint, Response

from ..engine.metrics import CONTENT_TYPE
from ..sdk.errors import StoreUnavailable
from .http import AdminContext


def add(routes: Blueprint, control: AdminContext) -> None:
    """The routes of this part."""
    world = control.world

    @routes.get("/metrics")
    def metrics() -> Response:
        try:
            sandboxes: int | None = len(world.sandboxes.names(control.now))
        except StoreUnavailable:
            sandboxes = None
        return Response(
            world.metrics.render(sandboxes=sandboxes), headers={"Cache-Control": "no-store"}, content_type=CONTENT_TYPE
        )
