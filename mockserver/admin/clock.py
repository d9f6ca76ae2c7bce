"""Controls a sandbox's clock."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from flask import Response

from ..sandbox.sandbox import Sandbox
from ..sdk.clock import Clock, format_instant, parse_duration, parse_instant
from ..sdk.jsontext import format_brief
from .http import AdminContext, json_body, json_response, unprocessable


def get_clock(control: AdminContext) -> Response:
    return json_response(describe_clock(control.sandbox, control.now))


def freeze(control: AdminContext) -> Response:
    _refuse_body()
    return _change_clock(control, lambda sandbox, now: sandbox.clock.freeze(now))


def advance(control: AdminContext) -> Response:
    duration = _read_text("duration", "36h")
    return _change_clock(control, lambda sandbox, now: sandbox.clock.advance(parse_duration(duration), now))


def set_clock(control: AdminContext) -> Response:
    to = _read_text("to", "2026-03-01T00:00:00Z")
    return _change_clock(control, lambda sandbox, now: sandbox.clock.set_to(parse_instant(to), now))


def reset(control: AdminContext) -> Response:
    _refuse_body()
    return _change_clock(control, control.runtime.sandboxes.first_clock)


def describe_clock(sandbox: Sandbox, now: float) -> dict[str, str]:
    """The time of a sandbox's clock, and whether it ticks."""
    mode = "frozen" if sandbox.clock.frozen else "ticking"
    return {"now": format_instant(sandbox.clock.now(now)), "mode": mode}


def _change_clock(control: AdminContext, change: Callable[[Sandbox, float], Clock]) -> Response:
    now = control.now

    def change_sandbox(sandbox: Sandbox) -> Sandbox:
        return replace(sandbox, clock=change(sandbox, now))

    try:
        sandbox = control.runtime.sandboxes.change(control.name, now, change_sandbox)
    except ValueError as error:
        raise unprocessable(f"{error}.") from None
    return json_response(describe_clock(sandbox, now))


def _refuse_body() -> None:
    body = json_body()
    if body:
        raise unprocessable(f"The body has {next(iter(body))[:80]!r}, wanted none.")


def _read_text(name: str, example: str) -> str:
    value: Any = json_body(name, needed=(name,))[name]
    if not isinstance(value, str):
        raise unprocessable(f"{name} is {format_brief(value)}, wanted a text like {example}.")
    return value
