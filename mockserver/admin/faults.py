"""Control of a sandbox's fault rules, in the order in which they are tried."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from flask import Blueprint, Response

from ..engine.redacted_request import HIDDEN
from ..sandbox.fault_rules import Rule, rule_of
from ..sandbox.fault_values import BadRule
from ..sandbox.sandbox import Sandbox
from ..sdk.jsontext import encode
from .http import Control, bad, done, heard, missing, said
from .redact import rule_told, teller

PARTS = tuple(name for name in Rule.__slots__ if name != "id")


def add(routes: Blueprint, control: Control) -> None:
    """The routes of this part."""
    world = control.world
    rooms = world.sandboxes

    @routes.get("/faults")
    def rules() -> Response:
        tell = teller(world)
        rows = [rule_told(world, rule.document(), tell) for rule in control.sandbox.faults]
        return said({"faults": rows, "meta": {"total": len(rows)}})

    @routes.post("/faults")
    def add_rule() -> Response:
        rule = made(heard(*PARTS), "")
        # An id comes once in the life of a sandbox: what is counted and drawn goes by it. A copy has ids of its origin.
        while rule.id in {"", *(kept.id for kept in control.sandbox.faults)}:
            rule = replace(rule, id=f"fault-{world.store.count(control.name, 'faults') + 1}")
        rooms.change(control.name, control.now, lambda found: replace(found, faults=(*found.faults, rule)))
        return said(shown(rule), 201, control.at(f"/faults/{rule.id}"))

    @routes.delete("/faults")
    def clear() -> Response:
        rooms.change(control.name, control.now, lambda found: replace(found, faults=()))
        return done()

    @routes.get("/faults/<id>")
    def one(id: str) -> Response:
        return said(shown(_found(control.sandbox, id)))

    @routes.patch("/faults/<id>")
    def change(id: str) -> Response:
        body = heard(*PARTS)

        def changed(found: Sandbox) -> Sandbox:
            before = _found(found, id)
            again = "match" in body and body["match"] == shown(before).get("match")  # sent back as it was shown
            merged = {**before.document(), **body} | ({"match": before.match} if again else {})
            rule = made({part: value for part, value in merged.items() if part != "id"}, id)
            return replace(found, faults=tuple(rule if kept.id == id else kept for kept in found.faults))

        return said(shown(_found(rooms.change(control.name, control.now, changed), id)))

    @routes.delete("/faults/<id>")
    def remove(id: str) -> Response:
        def without(found: Sandbox) -> Sandbox:
            gone = _found(found, id)
            return replace(found, faults=tuple(kept for kept in found.faults if kept is not gone))

        rooms.change(control.name, control.now, without)
        return done()

    def shown(rule: Rule) -> dict[str, Any]:
        return rule_told(world, rule.document(), teller(world))

    def made(body: Any, id: str) -> Rule:
        if HIDDEN.encode() in encode(body.get("match")):
            raise bad(f"match has {HIDDEN}, which is shown in place of a credential, wanted the credential itself.")
        try:
            return rule_of(id, body, world.vendors)
        except BadRule as error:
            raise bad(f"{error}.") from None


def _found(sandbox: Sandbox, id: str) -> Rule:
    for rule in sandbox.faults:
        if rule.id == id:
            return rule
    raise missing(f"The sandbox {sandbox.name} has no fault {id[:80]!r}.", tuple(rule.id for rule in sandbox.faults))
