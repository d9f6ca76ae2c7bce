"""Control of verdicts: did the client behave."""

from __future__ import annotations

from flask import Blueprint, Response

from ..engine.verdict import judge, parse_checks, render_json, render_junit
from .http import AdminContext, json_response, query_args


def add(routes: Blueprint, control: AdminContext) -> None:
    """The routes of this part."""
    world = control.world

    @routes.get("/verdict")
    def verdict() -> Response:
        asked = query_args(format=_form, ignore=parse_checks)
        form, whole = asked.get("format", "json"), not world.store.dropped(control.name)
        checks = judge(
            control.journal.entries(),
            world.vendors,
            refuses_live=world.settings.refuse_live,
            whole=whole,
            ignore=asked.get("ignore", ()),
        )
        if form == "junit":
            return Response(
                render_junit(control.name, checks),
                headers={"Cache-Control": "no-store"},
                content_type="application/xml",
            )
        return json_response(render_json(control.name, checks))


def _form(text: str) -> str:
    if text not in ("json", "junit"):
        raise ValueError("json or junit")
    return text
