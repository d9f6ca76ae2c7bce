"""The records and accounts that a sandbox holds: looked at, changed, made, and written down as fixtures."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from urllib.parse import quote

from flask import Blueprint, Response

from ..sandbox.editor import MAX_GENERATED, RecordEditor
from ..sandbox.store import DEFAULT
from ..sdk.errors import Problem
from ..sdk.jsontext import Fragment, format_brief
from ..sdk.resource import Resource
from . import browse
from .http import AdminContext, json_body, json_response, no_content, not_found, number, query_args, unprocessable


def add(routes: Blueprint, control: AdminContext) -> None:
    """The routes of this part."""

    def editor(vendor: str) -> RecordEditor:
        return RecordEditor(control.world.sandboxes, control.name, control.vendor(vendor), control.now)

    @routes.get("/records/<vendor>")
    def records(vendor: str) -> Response:
        """All of them, or those with a text in it; sorted by a field; ``limit`` from the one at ``offset`` on."""
        held = editor(vendor).data.records
        asked = query_args(offset=number, limit=number, contains=str, sort=_field(held.resource))
        found = browse.found(held, asked.get("contains", ""), asked.get("sort", ""))
        start = asked.get("offset", 0)
        rows = [Fragment(held.text(index)) for index in found[start : start + asked.get("limit", len(found))]]
        return json_response({"records": rows, "meta": {"total": len(held), "found": len(found)}})

    @routes.get("/totals/<vendor>")
    def totals(vendor: str) -> Response:
        held = editor(vendor).data.records
        if held.resource.summary is None:
            raise Problem("No chart", f"{vendor} does not say what its records amount to.", 404, code="no-chart")
        return json_response({"totals": browse.totals(held, held.resource.summary), "meta": {"total": len(held)}})

    @routes.post("/records/<vendor>")
    def add_record(vendor: str) -> Response:
        desk = editor(vendor)
        row = desk.add(json_body())
        id = quote(str(row[desk.vendor.resource.id]), safe="")
        return json_response(row, 201, control.at(f"/records/{vendor}/{id}"))

    @routes.post("/records/<vendor>/generate")
    def generate(vendor: str) -> Response:
        desk, asked = editor(vendor), json_body("records", "seed", needed=("records",))
        count, seed = asked["records"], asked.get("seed")
        _check("records", count, 1, MAX_GENERATED)
        if seed is not None:
            _check("seed", seed, 0, 2**31)
        ids = desk.generate(count, seed)
        return json_response({"records": len(ids), "ids": ids, "meta": {"total": len(desk.data.records)}}, 201)

    @routes.get("/records/<vendor>/<rest:id>")
    def record(vendor: str, id: str) -> Response:
        return json_response(editor(vendor).record(id))

    @routes.patch("/records/<vendor>/<rest:id>")
    def change_record(vendor: str, id: str) -> Response:
        return json_response(editor(vendor).change(id, json_body()))

    @routes.delete("/records/<vendor>/<rest:id>")
    def remove_record(vendor: str, id: str) -> Response:
        editor(vendor).remove(id)
        return no_content()

    @routes.get("/accounts/<vendor>")
    def accounts(vendor: str) -> Response:
        return json_response({"accounts": list(editor(vendor).data.accounts)})

    @routes.put("/accounts/<vendor>")
    def replace_accounts(vendor: str) -> Response:
        given = json_body("accounts", needed=("accounts",))["accounts"]
        return json_response({"accounts": editor(vendor).replace_accounts(given)})

    @routes.get("/export")
    def exports() -> Response:
        """The fixture files in which the sandbox can be written down."""
        names = [vendor.name for vendor in control.world.vendors]
        files = [{"vendor": name, "path": f"{name}/{there(name).file}"} for name in names]
        return json_response({"sandbox": control.name, "files": files})

    @routes.get("/export/<vendor>")
    def export(vendor: str) -> Response:
        desk = there(vendor)
        kind = "application/jsonl" if desk.file.endswith(".jsonl") else "application/yaml"
        named = {"Content-Disposition": f'attachment; filename="{desk.file}"', "Cache-Control": "no-store"}
        return Response(desk.fixture(), content_type=kind, headers=named)

    def there(vendor: str) -> RecordEditor:
        """For a sandbox that there is: a misspelled one is not made to be exported."""
        if control.name != DEFAULT and not control.world.sandboxes.exists(control.name, control.now):
            names = tuple(control.world.sandboxes.names(control.now))
            raise not_found(f"There is no sandbox {control.name} to export.", names)
        return editor(vendor)


def _field(kind: Resource) -> Callable[[str], str]:
    """Reads the name of a field to sort by: one of the records' own, or what is within it after a point."""
    known = list(kind.schema().by_wire_name)

    def read(text: str) -> str:
        if text.removeprefix("-").partition(".")[0] not in known:
            raise ValueError(f"one of {', '.join(known)}, perhaps after a -")
        return text

    return read


def _check(name: str, value: Any, low: int, high: int) -> None:
    if isinstance(value, bool) or not isinstance(value, int) or not low <= value <= high:
        raise unprocessable(f"{name} is {format_brief(value)}, wanted a whole number from {low} to {high}.")
