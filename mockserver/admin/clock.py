"""Control of a sandbox's clock."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from flask import Blueprint, Response

from ..sandbox.sandbox import Sandbox
from ..sdk.clock import Clock, format_instant, parse_duration, parse_instant
from ..sdk.jsontext import format_brief
from .http import AdminContext, json_body, json_response, unprocessable


def add(routes: Blueprint, control: AdminContext) -> None:
    """The routes of this part."""
    rooms = control.world.sandboxes

    def turned(turn: Callable[[Sandbox, float], Clock]) -> Response:
        now = control.now
        try:
            sandbox = rooms.change(control.name, now, lambda found: replace(found, clock=turn(found, now)))
        except ValueError as error:
            raise unprocessable(f"{error}.") from None
        return json_response(time_of(sandbox, now))

    @routes.get("/clock")
    def clock() -> Response:
        return json_response(time_of(control.sandbox, control.now))

    @routes.post("/clock/freeze")
    def freeze() -> Response:
        _nothing()
        return turned(lambda sandbox, now: sandbox.clock.freeze(now))

    @routes.post("/clock/advance")
    def advance() -> Response:
        duration = _text("duration", "36h")
        return turned(lambda sandbox, now: sandbox.clock.advance(parse_duration(duration), now))

    @routes.post("/clock/set")
    def set_() -> Response:
        to = _text("to", "2026-03-01T00:00:00Z")
        return turned(lambda sandbox, now: sandbox.clock.set_to(parse_instant(to), now))

    @routes.post("/clock/reset")
    def reset() -> Response:
        _nothing()
        return turned(lambda sandbox, now: rooms.first_clock(sandbox, now))


def time_of(sandbox: Sandbox, now: float) -> dict[str, str]:
    """What a sandbox's clock shows, and whether it ticks."""
    mode = "frozen" if sandbox.clock.frozen else "ticking"
    return {"now": format_instant(sandbox.clock.now(now)), "mode": mode}


def _nothing() -> None:
    body = json_body()
    if body:
        raise unprocessable(f"The body has {next(iter(body))[:80]!r}, wanted none.")


def _text(name: str, example: str) -> str:
    value: Any = json_body(name, needed=(name,))[name]
    if not isinstance(value, str):
        raise unprocessable(f"{name} is {format_brief(value)}, wanted a text like {example}.")
    return value
