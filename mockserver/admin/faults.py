"""Controls a sandbox's fault rules, in the order in which they are tried."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from flask import Response

from ..engine.redacted_request import MASK
from ..sandbox.fault_rules import FaultRule, parse_rule
from ..sandbox.fault_values import InvalidRule
from ..sandbox.sandbox import Sandbox
from ..sdk.jsontext import encode
from .http import AdminContext, json_body, json_response, no_content, not_found, unprocessable
from .redact import make_redactor, redact_rule

KEYS = tuple(name for name in FaultRule.__slots__ if name != "id")


def list_rules(control: AdminContext) -> Response:
    redact = make_redactor(control.runtime)
    rows = [redact_rule(control.runtime, rule.document(), redact) for rule in control.sandbox.faults]
    return json_response({"faults": rows, "meta": {"total": len(rows)}})


def add_rule(control: AdminContext) -> Response:
    runtime = control.runtime
    rule = _parse(control, json_body(*KEYS), "")
    # An id is used once in the life of a sandbox: counts and draws depend on it. A copied sandbox has its origin's ids.
    while rule.id in {"", *(other.id for other in control.sandbox.faults)}:
        rule = replace(rule, id=f"fault-{runtime.store.count(control.name, 'faults') + 1}")
    runtime.sandboxes.change(
        control.name, control.now, lambda sandbox: replace(sandbox, faults=(*sandbox.faults, rule))
    )
    return json_response(_describe(control, rule), 201, control.location(f"/faults/{rule.id}"))


def delete_rules(control: AdminContext) -> Response:
    control.runtime.sandboxes.change(control.name, control.now, lambda sandbox: replace(sandbox, faults=()))
    return no_content()


def get_rule(control: AdminContext, id: str) -> Response:
    return json_response(_describe(control, _find(control.sandbox, id)))


def patch_rule(control: AdminContext, id: str) -> Response:
    body = json_body(*KEYS)

    def change(sandbox: Sandbox) -> Sandbox:
        before = _find(sandbox, id)
        # A matcher that comes back as it was shown has masks in place of its secrets.
        is_same = "match" in body and body["match"] == _describe(control, before).get("match")
        merged = {**before.document(), **body} | ({"match": before.match} if is_same else {})
        rule = _parse(control, {key: value for key, value in merged.items() if key != "id"}, id)
        return replace(sandbox, faults=tuple(rule if other.id == id else other for other in sandbox.faults))

    sandbox = control.runtime.sandboxes.change(control.name, control.now, change)
    return json_response(_describe(control, _find(sandbox, id)))


def delete_rule(control: AdminContext, id: str) -> Response:
    def change(sandbox: Sandbox) -> Sandbox:
        rule = _find(sandbox, id)
        return replace(sandbox, faults=tuple(other for other in sandbox.faults if other is not rule))

    control.runtime.sandboxes.change(control.name, control.now, change)
    return no_content()


def _describe(control: AdminContext, rule: FaultRule) -> dict[str, Any]:
    return redact_rule(control.runtime, rule.document(), make_redactor(control.runtime))


def _parse(control: AdminContext, body: Any, id: str) -> FaultRule:
    if MASK.encode() in encode(body.get("match")):
        raise unprocessable(f"match has {MASK}, which is shown in place of a credential, wanted the credential itself.")
    try:
        return parse_rule(id, body, control.runtime.vendors)
    except InvalidRule as error:
        raise unprocessable(f"{error}.") from None


def _find(sandbox: Sandbox, id: str) -> FaultRule:
    for rule in sandbox.faults:
        if rule.id == id:
            return rule
    raise not_found(f"The sandbox {sandbox.name} has no fault {id[:80]!r}.", tuple(rule.id for rule in sandbox.faults))
