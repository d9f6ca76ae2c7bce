"""Control of sandboxes: listed, described, made, forgotten, put back."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from flask import Blueprint, Response

from ..engine.examples import describe_vendor, sandbox_prefix
from ..sandbox.edits import Edits
from ..sandbox.sandbox import Sandbox
from ..sandbox.settings_patch import KEYS, describe_settings, patch_sandbox
from ..sdk.http import SANDBOX_HEADER
from ..sdk.jsontext import format_brief
from . import outside
from .clock import time_of
from .http import AdminContext, json_body, json_response, no_content, not_found, unprocessable

BASE = "base"


def add(routes: Blueprint, control: AdminContext) -> None:
    """The routes of this part."""
    world = control.world
    rooms = world.sandboxes

    @routes.get("/sandboxes")
    def listed() -> Response:
        names = rooms.names(control.now)
        rows = [{"name": name, "url": _url(control, name), "idleSeconds": round(idle)} for name, idle in names.items()]
        return json_response({"sandboxes": rows, "meta": {"total": len(rows)}})

    @routes.get("/sandboxes/<name>")
    def one(name: str) -> Response:
        if not rooms.exists(control.legal(name), control.now):
            raise not_found(f"There is no sandbox {name}; it is made by its first use, or by PUT.")
        return json_response(_shown(control, rooms.get_or_create(name, control.now)))

    @routes.put("/sandboxes/<name>")
    def put(name: str) -> Response:
        body = json_body(*KEYS, "from")
        sandbox, edits = _origin(control, control.legal(name), body.pop("from", BASE))
        made = rooms.put(patch_sandbox(rooms, sandbox, body, control.now), edits, control.now)
        return json_response(_shown(control, made), 201, control.at(f"/sandboxes/{name}"))

    @routes.delete("/sandboxes/<name>")
    def delete(name: str) -> Response:
        rooms.delete(control.legal(name))
        return no_content()

    @routes.post("/reset")
    def reset() -> Response:
        scope = json_body("scope").get("scope", "sandbox")
        if scope not in ("sandbox", "all"):
            raise unprocessable(f"scope is {format_brief(scope)}, wanted sandbox or all.")
        own = control.name
        names = list(rooms.names(control.now)) if scope == "all" else [own]
        for name in names:
            rooms.reset(name, control.now)
        return json_response({"reset": names})


def _origin(control: AdminContext, name: str, source: Any) -> tuple[Sandbox, dict[str, Edits]]:
    """What a new sandbox begins as: a copy of another one, or, as ``base``, what the server was started with."""
    rooms, now = control.world.sandboxes, control.now
    if not isinstance(source, str):
        raise unprocessable(f"from is {format_brief(source)}, wanted the name of a sandbox, or {BASE}.")
    if rooms.exists(control.legal(source), now):
        sandbox = rooms.get_or_create(source, now)
        vendors = [vendor for vendor in control.world.vendors if vendor.name in sandbox.edits]
        edits = {vendor.name: rooms.edits(sandbox, vendor)[1] for vendor in vendors}
        return replace(sandbox, name=name), edits
    if source != BASE:
        raise not_found(f"There is no sandbox {source[:80]!r} to begin from.", tuple(rooms.names(now))[:20])
    return rooms.initial(name, now), {}


def _shown(control: AdminContext, sandbox: Sandbox) -> dict[str, Any]:
    """All that a test needs to know to use this sandbox."""
    vendors, url = {}, _url(control, sandbox.name)
    for vendor in control.world.vendors:
        example = describe_vendor(vendor, control.world.sandboxes.dataset(sandbox, vendor), sandbox.name)["example"]
        own = {name.lower() for name in vendor.credential.headers}
        headers = {name: value for name, value in example["headers"].items() if name.lower() in own}
        vendors[vendor.name] = {
            "url": f"{_url(control, sandbox.name)}/{vendor.name}",
            "headers": headers,
            "example": example,
        }
    return {
        "name": sandbox.name,
        "url": url,
        "header": {SANDBOX_HEADER: sandbox.name},
        "vendors": vendors,
        "settings": describe_settings(sandbox),
        "clock": time_of(sandbox, control.now),
        "scenario": sandbox.scenario,
    }


def _url(control: AdminContext, name: str) -> str:
    return outside.url(control.world.settings) + sandbox_prefix(name)
