"""Shows the fidelity ledger: what is documented, public or inferred."""

from __future__ import annotations

from typing import Any

from flask import Response

from ..engine.fidelity import InvalidSpec, Row, count_bases, list_fidelity
from ..sdk.contract import Vendor
from ..sdk.errors import Problem
from .http import AdminContext, json_response


def get_fidelity(control: AdminContext) -> Response:
    ledgers = [(vendor, _read_ledger(vendor)) for vendor in control.runtime.vendors]
    all_rows = [row for _, rows in ledgers for row in rows]
    return json_response(
        {"counts": count_bases(all_rows), "vendors": [_describe(vendor, rows) for vendor, rows in ledgers]}
    )


def get_vendor_fidelity(control: AdminContext, name: str) -> Response:
    vendor = control.vendor(name)
    return json_response(_describe(vendor, _read_ledger(vendor)))


def _read_ledger(vendor: Vendor) -> tuple[Row, ...]:
    try:
        return list_fidelity(vendor)
    except InvalidSpec as error:
        raise Problem("Bad spec", str(error), 500, code="bad-spec") from None


def _describe(vendor: Vendor, rows: tuple[Row, ...]) -> dict[str, Any]:
    return {
        "vendor": vendor.name,
        "title": vendor.title,
        "document": vendor.document,
        "counts": count_bases(rows),
        "rows": [row.document() for row in rows],
    }
