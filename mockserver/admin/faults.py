"""Control of a sandbox's fault rules, in the order in which they are tried."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from flask import Blueprint, Response

from ..engine.redacted_request import MASK
from ..sandbox.fault_rules import FaultRule, parse_rule
from ..sandbox.fault_values import InvalidRule
from ..sandbox.sandbox import Sandbox
from ..sdk.jsontext import encode
from .http import AdminContext, json_body, json_response, no_content, not_found, unprocessable
from .redact import rule_told, teller

PARTS = tuple(name for name in FaultRule.__slots__ if name != "id")


def add(routes: Blueprint, control: AdminContext) -> None:
    """The routes of this part."""
    world = control.world
    rooms = world.sandboxes

    @routes.get("/faults")
    def rules() -> Response:
        tell = teller(world)
        rows = [rule_told(world, rule.document(), tell) for rule in control.sandbox.faults]
        return json_response({"faults": rows, "meta": {"total": len(rows)}})

    @routes.post("/faults")
    def add_rule() -> Response:
        rule = made(json_body(*PARTS), "")
        # An id comes once in the life of a sandbox: what is counted and drawn goes by it. A copy has ids of its origin.
        while rule.id in {"", *(kept.id for kept in control.sandbox.faults)}:
            rule = replace(rule, id=f"fault-{world.store.count(control.name, 'faults') + 1}")
        rooms.change(control.name, control.now, lambda found: replace(found, faults=(*found.faults, rule)))
        return json_response(shown(rule), 201, control.at(f"/faults/{rule.id}"))

    @routes.delete("/faults")
    def clear() -> Response:
        rooms.change(control.name, control.now, lambda found: replace(found, faults=()))
        return no_content()

    @routes.get("/faults/<id>")
    def one(id: str) -> Response:
        return json_response(shown(_found(control.sandbox, id)))

    @routes.patch("/faults/<id>")
    def change(id: str) -> Response:
        body = json_body(*PARTS)

        def changed(found: Sandbox) -> Sandbox:
            before = _found(found, id)
            again = "match" in body and body["match"] == shown(before).get("match")  # sent back as it was shown
            merged = {**before.document(), **body} | ({"match": before.match} if again else {})
            rule = made({part: value for part, value in merged.items() if part != "id"}, id)
            return replace(found, faults=tuple(rule if kept.id == id else kept for kept in found.faults))

        return json_response(shown(_found(rooms.change(control.name, control.now, changed), id)))

    @routes.delete("/faults/<id>")
    def remove(id: str) -> Response:
        def without(found: Sandbox) -> Sandbox:
            gone = _found(found, id)
            return replace(found, faults=tuple(kept for kept in found.faults if kept is not gone))

        rooms.change(control.name, control.now, without)
        return no_content()

    def shown(rule: FaultRule) -> dict[str, Any]:
        return rule_told(world, rule.document(), teller(world))

    def made(body: Any, id: str) -> FaultRule:
        if MASK.encode() in encode(body.get("match")):
            raise unprocessable(
                f"match has {MASK}, which is shown in place of a credential, wanted the credential itself."
            )
        try:
            return parse_rule(id, body, world.vendors)
        except InvalidRule as error:
            raise unprocessable(f"{error}.") from None


def _found(sandbox: Sandbox, id: str) -> FaultRule:
    for rule in sandbox.faults:
        if rule.id == id:
            return rule
    raise not_found(f"The sandbox {sandbox.name} has no fault {id[:80]!r}.", tuple(rule.id for rule in sandbox.faults))
