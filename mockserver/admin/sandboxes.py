"""Control of sandboxes: listed, described, made, forgotten, put back."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from flask import Blueprint, Response

from ..engine.examples import described, prefix_of
from ..sandbox.edits import Edits
from ..sandbox.sandbox import Sandbox
from ..sandbox.settings_patch import KEYS, amended, shown
from ..sdk.http import SANDBOX_HEADER
from ..sdk.jsontext import brief
from . import outside
from .clock import time_of
from .http import Control, bad, done, heard, missing, said

BASE = "base"


def add(routes: Blueprint, control: Control) -> None:
    """The routes of this part."""
    world = control.world
    rooms = world.sandboxes

    @routes.get("/sandboxes")
    def listed() -> Response:
        names = rooms.names(control.now)
        rows = [{"name": name, "url": _url(control, name), "idleSeconds": round(idle)} for name, idle in names.items()]
        return said({"sandboxes": rows, "meta": {"total": len(rows)}})

    @routes.get("/sandboxes/<name>")
    def one(name: str) -> Response:
        if not rooms.exists(control.legal(name), control.now):
            raise missing(f"There is no sandbox {name}; it is made by its first use, or by PUT.")
        return said(_shown(control, rooms.enter(name, control.now)))

    @routes.put("/sandboxes/<name>")
    def put(name: str) -> Response:
        body = heard(*KEYS, "from")
        sandbox, edits = _origin(control, control.legal(name), body.pop("from", BASE))
        made = rooms.put(amended(rooms, sandbox, body, control.now), edits, control.now)
        return said(_shown(control, made), 201, control.at(f"/sandboxes/{name}"))

    @routes.delete("/sandboxes/<name>")
    def delete(name: str) -> Response:
        rooms.delete(control.legal(name))
        return done()

    @routes.post("/reset")
    def reset() -> Response:
        scope = heard("scope").get("scope", "sandbox")
        if scope not in ("sandbox", "all"):
            raise bad(f"scope is {brief(scope)}, wanted sandbox or all.")
        own = control.name
        names = list(rooms.names(control.now)) if scope == "all" else [own]
        for name in names:
            rooms.reset(name, control.now)
        return said({"reset": names})


def _origin(control: Control, name: str, source: Any) -> tuple[Sandbox, dict[str, Edits]]:
    """What a new sandbox begins as: a copy of another one, or, as ``base``, what the server was started with."""
    rooms, now = control.world.sandboxes, control.now
    if not isinstance(source, str):
        raise bad(f"from is {brief(source)}, wanted the name of a sandbox, or {BASE}.")
    if rooms.exists(control.legal(source), now):
        sandbox = rooms.enter(source, now)
        vendors = [vendor for vendor in control.world.vendors if vendor.name in sandbox.edits]
        edits = {vendor.name: rooms.edits(sandbox, vendor)[1] for vendor in vendors}
        return replace(sandbox, name=name), edits
    if source != BASE:
        raise missing(f"There is no sandbox {source[:80]!r} to begin from.", tuple(rooms.names(now))[:20])
    return rooms.fresh(name, now), {}


def _shown(control: Control, sandbox: Sandbox) -> dict[str, Any]:
    """All that a test needs to know to use this sandbox."""
    vendors, url = {}, _url(control, sandbox.name)
    for vendor in control.world.vendors:
        example = described(vendor, control.world.sandboxes.dataset(sandbox, vendor), sandbox.name)["example"]
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
        "settings": shown(sandbox),
        "clock": time_of(sandbox, control.now),
        "scenario": sandbox.scenario,
    }


def _url(control: Control, name: str) -> str:
    return outside.url(control.world.settings) + prefix_of(name)
