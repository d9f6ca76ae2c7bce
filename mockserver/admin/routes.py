"""The control API under ``/__admin``: one blueprint, put together from one module per thing it controls."""

from __future__ import annotations

from flask import Blueprint

from ..engine.runtime import Runtime
from . import (
    about,
    clock,
    faults,
    fidelity,
    guard,
    metrics,
    pages,
    records,
    requests,
    sandboxes,
    scenarios,
    settings,
    verdict,
)
from .http import AdminContext

PARTS = (about, metrics, sandboxes, settings, faults, clock, records, requests, scenarios, verdict, fidelity, pages)


def blueprint(world: Runtime) -> Blueprint:
    """The routes of the control API, behind its guard."""
    routes = Blueprint("control", __name__, url_prefix="/__admin")
    control = AdminContext(world)
    guard.protect(routes, world)
    control.errors(routes)
    control.asks(routes)
    control.resets(routes)
    for part in PARTS:
        own = Blueprint(part.__name__.rpartition(".")[2], part.__name__)  # so that views of two parts may share a name
        part.add(own, control)
        routes.register_blueprint(own)
    return routes
