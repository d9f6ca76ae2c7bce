"""Serves the verdict: whether the client behaved."""

from __future__ import annotations

from flask import Response

from ..engine.verdict import judge, parse_checks, render_json, render_junit
from .http import AdminContext, json_response, parse_query


def get_verdict(control: AdminContext) -> Response:
    runtime = control.runtime
    params = parse_query(format=_parse_format, ignore=parse_checks)
    checks = judge(
        control.journal.entries(),
        runtime.vendors,
        refuses_live=runtime.settings.refuse_live,
        whole=not runtime.store.dropped(control.name),
        ignore=params.get("ignore", ()),
    )
    if params.get("format") == "junit":
        text = render_junit(control.name, checks)
        return Response(text, headers={"Cache-Control": "no-store"}, content_type="application/xml")
    return json_response(render_json(control.name, checks))


def _parse_format(text: str) -> str:
    if text not in ("json", "junit"):
        raise ValueError("json or junit")
    return text
