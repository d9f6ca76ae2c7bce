"""Control of scenarios: which there are, and one put in place."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, Response

from ..data.fixture_errors import BrokenFixture
from ..sandbox.scenario import FORMAT, Scenario, Scenarios
from ..sandbox.settings_patch import shown
from ..sdk.errors import Misuse
from ..sdk.jsontext import brief
from .clock import time_of
from .http import Control, bad, heard, missing, said
from .redact import rule_told, teller


def add(routes: Blueprint, control: Control) -> None:
    """The routes of this part."""
    scenarios = Scenarios(control.world.sandboxes)

    @routes.get("/scenarios")
    def listed() -> Response:
        rows = [_shown(_read(scenarios, name, control.now).document()) for name in scenarios.names()]
        return said({"active": control.sandbox.scenario, "scenarios": rows})

    @routes.put("/scenarios/active")
    def activate() -> Response:
        name: Any = heard("name", needed=("name",))["name"]
        if not isinstance(name, str):
            raise bad(f"name is {brief(name)}, wanted the name of a scenario.")
        if name not in scenarios.names():
            names = tuple(scenarios.names())
            raise missing(f"There is no scenario {name[:80]!r}; there are {', '.join(names)}.", names)
        now = control.now
        scenario = _read(scenarios, name, now)
        try:
            sandbox = scenarios.apply(scenario, control.name, now)
        except BrokenFixture as broken:
            raise _told(broken) from None
        return said({"active": name, "settings": shown(sandbox), "clock": time_of(sandbox, now)})

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
    except BrokenFixture as broken:
        raise _told(broken) from None


def _told(broken: BrokenFixture) -> Misuse:
    faults = tuple(
        {"path": f"{fault.file}:{fault.line} {fault.path}".rstrip(), "found": fault.found, "wanted": fault.wanted}
        for fault in broken.faults
    )
    return Misuse(
        "Bad scenario", f"{broken}\nSuch files are described in {FORMAT}.", 422, code="bad-scenario", validation=faults
    )
