"""Serves the metrics for Prometheus, also while the store is unavailable."""

from __future__ import annotations

from flask import Response

from ..engine.metrics import CONTENT_TYPE
from ..sdk.errors import StoreUnavailable
from .http import AdminContext


def get_metrics(control: AdminContext) -> Response:
    runtime = control.runtime
    try:
        sandboxes: int | None = len(runtime.sandboxes.names(control.now))
    except StoreUnavailable:
        sandboxes = None
    text = runtime.metrics.render(sandboxes=sandboxes)
    return Response(text, headers={"Cache-Control": "no-store"}, content_type=CONTENT_TYPE)
