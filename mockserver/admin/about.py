"""Describes the server: its health and version, its vendors, and what each of them can do."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from flask import Response

from ..engine.examples import describe_vendor
from ..sdk.contract import Vendor
from ..sdk.version import __version__
from .http import AdminContext, json_response


def get_health(control: AdminContext) -> Response:
    runtime = control.runtime
    names = [vendor.name for vendor in runtime.vendors]
    return json_response(
        {"status": "healthy", "version": __version__, "vendors": names, "instance": runtime.store.instance()}
    )


def get_ready(control: AdminContext) -> Response:
    control.runtime.store.check()
    return json_response({"status": "ready"})


def get_version(control: AdminContext) -> Response:
    return json_response({"version": __version__})


def list_vendors(control: AdminContext) -> Response:
    return json_response([_describe(control, vendor) for vendor in control.runtime.vendors])


def get_vendor(control: AdminContext, name: str) -> Response:
    vendor = control.vendor(name)
    datasets = control.runtime.sandboxes.catalog.list_names(vendor)
    return json_response({**_describe(control, vendor), **_describe_contract(vendor), "datasets": datasets})


def _describe(control: AdminContext, vendor: Vendor) -> dict[str, Any]:
    sandbox = control.sandbox
    return describe_vendor(vendor, control.runtime.sandboxes.dataset(sandbox, vendor), sandbox.name)


def _describe_contract(vendor: Vendor) -> dict[str, Any]:
    """The vendor's operations, its errors and readings, and the fields of a record."""
    summary = vendor.resource.summary
    return {
        "operations": [operation.id for operation in vendor.operations],
        "errors": [
            {"rule": e.rule, "status": e.status, "code": e.code, "text": e.text, "basis": e.basis, "source": e.source}
            for e in vendor.errors
        ],
        "readings": [
            {"name": r.name, "default": r.default, "choices": r.choices, "about": r.about, "basis": r.basis}
            for r in vendor.readings
        ],
        "records": {
            "id": vendor.resource.id,
            "fields": list(vendor.resource.schema().by_wire_name),
            "chart": asdict(summary) if summary else None,
            "recipe": vendor.recipe is not None,
        },
    }
