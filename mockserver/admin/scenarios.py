"""Control of scenarios: which there are, and one put in place."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, Response

from ..data.fixture_errors import InvalidFixture
from ..sandbox.scenario import FORMAT, Scenario, Scenarios
from ..sandbox.settings_patch import describe_settings
from ..sdk.errors import Problem
from ..sdk.jsontext import format_brief
from .clock import time_of
from .http import AdminContext, json_body, json_response, not_found, unprocessable
from .redact import rule_told, teller


def add(routes: Blueprint, control: AdminContext) -> None:
    """The routes of this part."""
    scenarios = Scenarios(control.world.sandboxes)

    @routes.get("/scenarios")
    def listed() -> Response:
        rows = [_shown(_read(scenarios, name, control.now).document()) for name in scenarios.names()]
        return json_response({"active": control.sandbox.scenario, "scenarios": rows})

    @routes.put("/scenarios/active")
    def activate() -> Response:
        name: Any = json_body("name", needed=("name",))["name"]
        if not isinstance(name, str):
            raise unprocessable(f"name is {format_brief(name)}, wanted the name of a scenario.")
        if name not in scenarios.names():
            names = tuple(scenarios.names())
            raise not_found(f"There is no scenario {name[:80]!r}; there are {', '.join(names)}.", names)
        now = control.now
        scenario = _read(scenarios, name, now)
        try:
            sandbox = scenarios.apply(scenario, control.name, now)
        except InvalidFixture as broken:
            raise _told(broken) from None
        return json_response({"active": name, "settings": describe_settings(sandbox), "clock": time_of(sandbox, now)})

    def _shown(scenario: dict[str, Any]) -> dict[str, Any]:
        rules = scenario.get("faults")
        if not rules:
            return scenario
        tell = teller(control.world)
        return {**scenario, "faults": [rule_told(control.world, rule, tell) for rule in rules]}


def _read(scenarios: Scenarios, name: str, now: float) -> Scenario:
    """The scenario as its file is now: it may have been edited since the server was started."""
    try:
        return scenarios.get(name, now)
    except InvalidFixture as broken:
        raise _told(broken) from None


def _told(broken: InvalidFixture) -> Problem:
    faults = tuple(
        {"path": f"{fault.file}:{fault.line} {fault.path}".rstrip(), "found": fault.found, "wanted": fault.wanted}
        for fault in broken.faults
    )
    return Problem(
        "Bad scenario", f"{broken}\nSuch files are described in {FORMAT}.", 422, code="bad-scenario", validation=faults
    )
