"""Controls the records and accounts of a sandbox, and exports them as fixture files."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from urllib.parse import quote

from flask import Response

from ..sandbox.editor import MAX_GENERATED, RecordEditor
from ..sandbox.store import DEFAULT
from ..sdk.errors import Problem
from ..sdk.jsontext import Fragment, format_brief
from ..sdk.resource import Resource
from . import browse
from .http import (
    AdminContext,
    json_body,
    json_response,
    no_content,
    not_found,
    parse_number,
    parse_query,
    unprocessable,
)


def list_records(control: AdminContext, vendor: str) -> Response:
    """Lists the records, or those that contain a text, sorted by a field; ``limit`` of them from ``offset`` on."""
    records = _editor(control, vendor).data.records
    params = parse_query(offset=parse_number, limit=parse_number, contains=str, sort=_make_field(records.resource))
    rows = browse.find_rows(records, params.get("contains", ""), params.get("sort", ""))
    start = params.get("offset", 0)
    texts = [Fragment(records.text(row)) for row in rows[start : start + params.get("limit", len(rows))]]
    return json_response({"records": texts, "meta": {"total": len(records), "found": len(rows)}})


def get_totals(control: AdminContext, vendor: str) -> Response:
    records = _editor(control, vendor).data.records
    summary = records.resource.summary
    if summary is None:
        raise Problem("No chart", f"{vendor} does not say what its records amount to.", 404, code="no-chart")
    return json_response({"totals": browse.calculate_totals(records, summary), "meta": {"total": len(records)}})


def add_record(control: AdminContext, vendor: str) -> Response:
    editor = _editor(control, vendor)
    row = editor.add(json_body())
    id = quote(str(row[editor.vendor.resource.id]), safe="")
    return json_response(row, 201, control.location(f"/records/{vendor}/{id}"))


def generate_records(control: AdminContext, vendor: str) -> Response:
    editor, body = _editor(control, vendor), json_body("records", "seed", needed=("records",))
    count, seed = body["records"], body.get("seed")
    _check_number("records", count, 1, MAX_GENERATED)
    if seed is not None:
        _check_number("seed", seed, 0, 2**31)
    ids = editor.generate(count, seed)
    return json_response({"records": len(ids), "ids": ids, "meta": {"total": len(editor.data.records)}}, 201)


def get_record(control: AdminContext, vendor: str, id: str) -> Response:
    return json_response(_editor(control, vendor).record(id))


def patch_record(control: AdminContext, vendor: str, id: str) -> Response:
    return json_response(_editor(control, vendor).change(id, json_body()))


def delete_record(control: AdminContext, vendor: str, id: str) -> Response:
    _editor(control, vendor).remove(id)
    return no_content()


def list_accounts(control: AdminContext, vendor: str) -> Response:
    return json_response({"accounts": list(_editor(control, vendor).data.accounts)})


def replace_accounts(control: AdminContext, vendor: str) -> Response:
    accounts = json_body("accounts", needed=("accounts",))["accounts"]
    return json_response({"accounts": _editor(control, vendor).replace_accounts(accounts)})


def list_exports(control: AdminContext) -> Response:
    """Lists the fixture files that describe the sandbox."""
    names = [vendor.name for vendor in control.runtime.vendors]
    files = [{"vendor": name, "path": f"{name}/{_existing_editor(control, name).file}"} for name in names]
    return json_response({"sandbox": control.name, "files": files})


def export(control: AdminContext, vendor: str) -> Response:
    editor = _existing_editor(control, vendor)
    kind = "application/jsonl" if editor.file.endswith(".jsonl") else "application/yaml"
    headers = {"Content-Disposition": f'attachment; filename="{editor.file}"', "Cache-Control": "no-store"}
    return Response(editor.fixture(), content_type=kind, headers=headers)


def _editor(control: AdminContext, vendor: str) -> RecordEditor:
    return RecordEditor(control.runtime.sandboxes, control.name, control.vendor(vendor), control.now)


def _existing_editor(control: AdminContext, vendor: str) -> RecordEditor:
    """The editor of a sandbox that exists: an export of a misspelled name must not create one."""
    sandboxes = control.runtime.sandboxes
    if control.name != DEFAULT and not sandboxes.exists(control.name, control.now):
        raise not_found(f"There is no sandbox {control.name} to export.", tuple(sandboxes.names(control.now)))
    return _editor(control, vendor)


def _make_field(resource: Resource) -> Callable[[str], str]:
    """Makes a parser of the field to sort by: a field of the records, or a path into one (``user.id``)."""
    known = list(resource.schema().by_wire_name)

    def parse_field(text: str) -> str:
        if text.removeprefix("-").partition(".")[0] not in known:
            raise ValueError(f"one of {', '.join(known)}, perhaps after a -")
        return text

    return parse_field


def _check_number(name: str, value: Any, low: int, high: int) -> None:
    if isinstance(value, bool) or not isinstance(value, int) or not low <= value <= high:
        raise unprocessable(f"{name} is {format_brief(value)}, wanted a whole number from {low} to {high}.")
