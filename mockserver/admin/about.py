"""The server itself: alive, ready, which version, which vendors, and what each of them can do."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from flask import Blueprint, Response

from ..engine.examples import describe_vendor
from ..sdk.contract import Vendor
from ..sdk.version import __version__
from .http import AdminContext, json_response


def add(routes: Blueprint, control: AdminContext) -> None:
    """The routes of this part."""
    world = control.world

    @routes.get("/health")
    def health() -> Response:
        names = [vendor.name for vendor in world.vendors]
        return json_response(
            {"status": "healthy", "version": __version__, "vendors": names, "instance": world.store.instance()}
        )

    @routes.get("/ready")
    def ready() -> Response:
        world.store.check()
        return json_response({"status": "ready"})

    @routes.get("/version")
    def version() -> Response:
        return json_response({"version": __version__})

    @routes.get("/vendors")
    def vendors() -> Response:
        sandbox = control.sandbox
        return json_response(
            [describe_vendor(v, world.sandboxes.dataset(sandbox, v), sandbox.name) for v in world.vendors]
        )

    @routes.get("/vendors/<name>")
    def vendor(name: str) -> Response:
        sandbox, found = control.sandbox, control.vendor(name)
        told = describe_vendor(found, world.sandboxes.dataset(sandbox, found), sandbox.name)
        return json_response({**told, **_contract(found), "datasets": world.sandboxes.catalog.list_names(found)})


def _contract(vendor: Vendor) -> dict[str, Any]:
    """What can be asked of a vendor: its operations, each error and reading that it knows, the fields of a record."""
    chart = vendor.resource.summary
    return {
        "operations": [endpoint.id for endpoint in vendor.operations],
        "errors": [
            {"rule": w.rule, "status": w.status, "code": w.code, "text": w.text, "basis": w.basis, "source": w.source}
            for w in vendor.errors
        ],
        "readings": [
            {"name": r.name, "default": r.default, "choices": r.choices, "about": r.about, "basis": r.basis}
            for r in vendor.readings
        ],
        "records": {
            "id": vendor.resource.id,
            "fields": list(vendor.resource.schema().by_wire_name),
            "chart": asdict(chart) if chart else None,
            "recipe": vendor.recipe is not None,
        },
    }
