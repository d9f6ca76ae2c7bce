"""Lists the scenarios, and applies one."""

from __future__ import annotations

from typing import Any

from flask import Response

from ..data.fixture_errors import InvalidFixture
from ..sandbox.scenario import Scenario, Scenarios
from ..sandbox.scenario_faults import FORMAT
from ..sandbox.settings_patch import describe_settings
from ..sdk.errors import Problem
from ..sdk.jsontext import format_brief
from .clock import describe_clock
from .http import AdminContext, json_body, json_response, not_found, unprocessable
from .redact import make_redactor, redact_rule


def list_scenarios(control: AdminContext) -> Response:
    scenarios = Scenarios(control.runtime.sandboxes)
    rows = [_describe(control, _read(scenarios, name, control.now)) for name in scenarios.names()]
    return json_response({"active": control.sandbox.scenario, "scenarios": rows})


def activate(control: AdminContext) -> Response:
    scenarios, now = Scenarios(control.runtime.sandboxes), control.now
    name: Any = json_body("name", needed=("name",))["name"]
    if not isinstance(name, str):
        raise unprocessable(f"name is {format_brief(name)}, wanted the name of a scenario.")
    if name not in scenarios.names():
        names = tuple(scenarios.names())
        raise not_found(f"There is no scenario {name[:80]!r}; there are {', '.join(names)}.", names)
    scenario = _read(scenarios, name, now)
    try:
        sandbox = scenarios.apply(scenario, control.name, now)
    except InvalidFixture as error:
        raise _problem(error) from None
    return json_response(
        {"active": name, "settings": describe_settings(sandbox), "clock": describe_clock(sandbox, now)}
    )


def _describe(control: AdminContext, scenario: Scenario) -> dict[str, Any]:
    document = scenario.document()
    if not document.get("faults"):
        return document
    redact = make_redactor(control.runtime)
    return {**document, "faults": [redact_rule(control.runtime, rule, redact) for rule in document["faults"]]}


def _read(scenarios: Scenarios, name: str, now: float) -> Scenario:
    """Reads the scenario's file now: it may have been edited since the server was started. Raises Problem."""
    try:
        return scenarios.get(name, now)
    except InvalidFixture as error:
        raise _problem(error) from None


def _problem(error: InvalidFixture) -> Problem:
    faults = tuple(
        {"path": f"{fault.file}:{fault.line} {fault.path}".rstrip(), "found": fault.found, "wanted": fault.wanted}
        for fault in error.faults
    )
    return Problem(
        "Bad scenario", f"{error}\nSuch files are described in {FORMAT}.", 422, code="bad-scenario", validation=faults
    )
