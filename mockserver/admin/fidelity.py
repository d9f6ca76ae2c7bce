"""Control of the ledger: what is documented, public or inferred."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, Response

from ..engine.fidelity import InvalidSpec, Row, count_bases, list_fidelity
from ..sdk.contract import Vendor
from ..sdk.errors import Problem
from .http import AdminContext, json_response


def add(routes: Blueprint, control: AdminContext) -> None:
    """The routes of this part."""

    @routes.get("/fidelity")
    def fidelity() -> Response:
        ledgers = [(vendor, _ledger(vendor)) for vendor in control.world.vendors]
        everything = [row for _, rows in ledgers for row in rows]
        return json_response(
            {"counts": count_bases(everything), "vendors": [_shown(vendor, rows) for vendor, rows in ledgers]}
        )

    @routes.get("/fidelity/<name>")
    def fidelity_of(name: str) -> Response:
        vendor = control.vendor(name)
        return json_response(_shown(vendor, _ledger(vendor)))


def _ledger(vendor: Vendor) -> tuple[Row, ...]:
    try:
        return list_fidelity(vendor)
    except InvalidSpec as bad:
        raise Problem("Bad spec", str(bad), 500, code="bad-spec") from None


def _shown(vendor: Vendor, rows: tuple[Row, ...]) -> dict[str, Any]:
    return {
        "vendor": vendor.name,
        "title": vendor.title,
        "document": vendor.document,
        "counts": count_bases(rows),
        "rows": [row.document() for row in rows],
    }
