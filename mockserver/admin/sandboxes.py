"""Controls sandboxes: lists, describes, creates, deletes and resets them."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from flask import Response

from ..engine.examples import describe_vendor, sandbox_prefix
from ..sandbox.edits import Edits
from ..sandbox.sandbox import Sandbox
from ..sandbox.settings_patch import KEYS, describe_settings, patch_sandbox
from ..sdk.http import SANDBOX_HEADER
from ..sdk.jsontext import format_brief
from . import outside
from .clock import describe_clock
from .http import AdminContext, json_body, json_response, no_content, not_found, unprocessable

BASE = "base"


def list_sandboxes(control: AdminContext) -> Response:
    names = control.runtime.sandboxes.names(control.now)
    rows = [{"name": name, "url": _url(control, name), "idleSeconds": round(idle)} for name, idle in names.items()]
    return json_response({"sandboxes": rows, "meta": {"total": len(rows)}})


def get_sandbox(control: AdminContext, name: str) -> Response:
    sandboxes = control.runtime.sandboxes
    if not sandboxes.exists(control.check_name(name), control.now):
        raise not_found(f"There is no sandbox {name}. The first request that names it creates it; so does PUT.")
    return json_response(_describe(control, sandboxes.get_or_create(name, control.now)))


def put_sandbox(control: AdminContext, name: str) -> Response:
    sandboxes, body = control.runtime.sandboxes, json_body(*KEYS, "from")
    origin, edits = _copy_origin(control, control.check_name(name), body.pop("from", BASE))
    sandbox = sandboxes.put(patch_sandbox(sandboxes, origin, body, control.now), edits, control.now)
    return json_response(_describe(control, sandbox), 201, control.location(f"/sandboxes/{name}"))


def delete_sandbox(control: AdminContext, name: str) -> Response:
    control.runtime.sandboxes.delete(control.check_name(name))
    return no_content()


def reset(control: AdminContext) -> Response:
    sandboxes = control.runtime.sandboxes
    scope = json_body("scope").get("scope", "sandbox")
    if scope not in ("sandbox", "all"):
        raise unprocessable(f"scope is {format_brief(scope)}, wanted sandbox or all.")
    names = list(sandboxes.names(control.now)) if scope == "all" else [control.name]
    for name in names:
        sandboxes.reset(name, control.now)
    return json_response({"reset": names})


def _copy_origin(control: AdminContext, name: str, source: Any) -> tuple[Sandbox, dict[str, Edits]]:
    """What a new sandbox starts as: a copy of another one or, for ``base``, a sandbox as on first use."""
    sandboxes, now = control.runtime.sandboxes, control.now
    if not isinstance(source, str):
        raise unprocessable(f"from is {format_brief(source)}, wanted the name of a sandbox, or {BASE}.")
    if sandboxes.exists(control.check_name(source), now):
        sandbox = sandboxes.get_or_create(source, now)
        vendors = [vendor for vendor in control.runtime.vendors if vendor.name in sandbox.edits]
        edits = {vendor.name: sandboxes.edits(sandbox, vendor)[1] for vendor in vendors}
        return replace(sandbox, name=name), edits
    if source != BASE:
        raise not_found(f"There is no sandbox {source[:80]!r} to begin from.", tuple(sandboxes.names(now))[:20])
    return sandboxes.initial(name, now), {}


def _describe(control: AdminContext, sandbox: Sandbox) -> dict[str, Any]:
    """Everything that a test needs in order to use this sandbox."""
    vendors, url = {}, _url(control, sandbox.name)
    for vendor in control.runtime.vendors:
        example = describe_vendor(vendor, control.runtime.sandboxes.dataset(sandbox, vendor), sandbox.name)["example"]
        known = {name.lower() for name in vendor.credential.headers}
        headers = {name: value for name, value in example["headers"].items() if name.lower() in known}
        vendors[vendor.name] = {"url": f"{url}/{vendor.name}", "headers": headers, "example": example}
    return {
        "name": sandbox.name,
        "url": url,
        "header": {SANDBOX_HEADER: sandbox.name},
        "vendors": vendors,
        "settings": describe_settings(sandbox),
        "clock": describe_clock(sandbox, control.now),
        "scenario": sandbox.scenario,
    }


def _url(control: AdminContext, name: str) -> str:
    return outside.url(control.runtime.settings) + sandbox_prefix(name)
