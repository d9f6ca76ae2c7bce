"""Control of verdicts: did the client behave."""

from __future__ import annotations

from flask import Blueprint, Response, request

from ..verdict import document, judge, junit
from .speech import Control, bad, said


def add(routes: Blueprint, control: Control) -> None:
    """The routes of this part."""
    world = control.world

    @routes.get("/verdict")
    def verdict() -> Response:
        form = request.args.get("format", "json")
        if form not in ("json", "junit"):
            raise bad(f"format is {form[:80]!r}, wanted json or junit.")
        checks = judge(control.journal.entries(), world.vendors, refuses_live=world.settings.refuse_live)
        if form == "junit":
            return Response(
                junit(control.name, checks), headers={"Cache-Control": "no-store"}, content_type="application/xml"
            )
        return said(document(control.name, checks))
