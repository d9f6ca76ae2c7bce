"""Scenarios: named sets of data, time, limits and faults, each in a YAML file; ours, and the user's.

A scenario applies as a whole to a sandbox as on first use. A dry run comes first, so that an invalid one changes
nothing.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any

from ..data.fixture_errors import Fault, FileError, InvalidFixture, describe_value
from ..data.fixtures import parse_yaml, read_text
from ..sdk.clock import Clock, parse_duration, parse_instant
from ..sdk.contract import Vendor
from ..sdk.errors import InvalidSetting, Problem
from ..sdk.names import WANTED_NAME, is_file_name
from .editor import RecordEditor
from .edits import Edits
from .fault_rules import FaultRule, parse_rule
from .fault_values import InvalidRule
from .registry import Sandboxes
from .sandbox import Sandbox
from .scenario_faults import collect_faults, list_faults, make_error, split_found_wanted
from .scheduled_changes import FIRST, LAST_PAGE, InvalidChange, ScheduledChange, apply_change, parse_change
from .settings_patch import KEYS as SETTINGS
from .settings_patch import patch_sandbox
from .store import DEFAULT
from .store.memory import MemoryStore

OURS = Path(__file__).resolve().parent / "scenarios"
MAX_CHANGES = 100  # each is tried on the data that the changes before it made
KEYS = ("description", *SETTINGS, "clock", "expireCredentials", "faults", "changes")


@dataclass(frozen=True)
class Scenario:
    """One scenario, as its file describes it. ``settings`` have the form of the control API."""

    name: str
    file: Path
    description: str = ""
    settings: Mapping[str, Any] | None = None
    clock: Mapping[str, Any] | None = None
    expired: bool = False
    faults: tuple[FaultRule, ...] = ()
    changes: tuple[ScheduledChange, ...] = ()

    @property
    def ours(self) -> bool:
        return self.file.parent == OURS

    def document(self) -> dict[str, Any]:
        """The scenario as JSON, without defaults."""
        parts = {
            **(self.settings or {}),
            "clock": self.clock,
            "expireCredentials": self.expired,
            "faults": [rule.document() for rule in self.faults],
            "changes": [change.document() for change in self.changes],
        }
        head = {"name": self.name, "description": self.description, "ours": self.ours}
        return head | {name: part for name, part in parts.items() if part not in (None, False, [])}


class Scenarios:
    """The scenarios of a server: the user's folder first, then ours."""

    def __init__(self, sandboxes: Sandboxes) -> None:
        self._sandboxes = sandboxes
        folder = sandboxes.settings.scenarios
        self._folders = [*([folder] if folder else []), OURS]

    def names(self) -> list[str]:
        return sorted(self._files())

    def get(self, name: str, wall: float) -> Scenario:
        """Reads the scenario of this name from its file. Raises InvalidFixture, or KeyError if there is none."""
        return read_scenario(self._files()[name], self._sandboxes, wall)

    def check(self, wall: float) -> None:
        """Tries every scenario of the user. Raises InvalidFixture with the faults of all files."""
        faults: list[FileError] = []
        for folder in self._folders:
            try:
                os.listdir(folder)
            except OSError as error:
                raise InvalidSetting(f"--scenarios {folder} cannot be read: {error.strerror}.") from None
        for file in self._files().values():
            if file.parent != OURS:
                faults += find_faults(file, self._sandboxes, wall)
        for folder in self._folders:
            faults += [FileError(file, 1, "", "the ending .yml", "the ending .yaml") for file in folder.glob("*.yml")]
        if faults:
            raise InvalidFixture(faults)

    def apply(self, scenario: Scenario, name: str, wall: float) -> Sandbox:
        """Applies a scenario to a sandbox as on first use; the journal continues.

        Raises InvalidFixture when the scenario is invalid, Problem when it exceeds a bound of the server.
        """
        sandbox, edits = dry_run(scenario, name, self._sandboxes, wall)
        return self._sandboxes.restart(sandbox, edits, wall)

    def _files(self) -> dict[str, Path]:
        return {file.stem: file for folder in reversed(self._folders) for file in sorted(folder.glob("*.yaml"))}


def find_faults(file: Path, sandboxes: Sandboxes, wall: float) -> list[FileError]:
    """The faults of a scenario's file."""
    try:
        dry_run(read_scenario(file, sandboxes, wall), DEFAULT, sandboxes, wall)
    except InvalidFixture as broken:
        return list(broken.faults)
    return []


def dry_run(scenario: Scenario, name: str, sandboxes: Sandboxes, wall: float) -> tuple[Sandbox, dict[str, Edits]]:
    """Applies a scenario in a store of its own; returns the sandbox and its edits to each vendor's data.

    Raises InvalidFixture.
    """
    trial = Sandboxes(sandboxes.settings, sandboxes.catalog, sandboxes.vendors, MemoryStore())
    sandbox = patch_sandbox(sandboxes, sandboxes.initial(name, wall), scenario.settings or {}, wall)
    sandbox = replace(
        sandbox,
        clock=_set_clock(sandbox.clock, scenario.clock or {}, wall),
        expired=scenario.expired,
        faults=scenario.faults,
        changes=tuple(change.document() for change in scenario.changes if change.after),
        scenario=scenario.name,
    )
    trial.put(sandbox, {}, wall)
    now = [(index, change) for index, change in enumerate(scenario.changes) if not change.after]
    later = [(index, change) for index, change in enumerate(scenario.changes) if change.after]
    wrong = [each for index, change in now for each in _apply_now(index, change, trial, name, wall)]
    edited = trial.get_or_create(name, wall)
    edits = {vendor.name: trial.edits(edited, vendor)[1] for vendor in sandboxes.vendors if vendor.name in edited.edits}
    if any(change.vendor for _, change in later):  # changes for every vendor cannot fail
        for index, change in sorted(later, key=lambda pair: pair[1].after):
            if change.remove not in (FIRST, LAST_PAGE):  # depends on what a call will show
                wrong += _apply_now(index, change, trial, name, wall)
    if wrong:
        raise make_error(scenario.file, wrong)
    return sandbox, edits


def _apply_now(index: int, change: ScheduledChange, sandboxes: Sandboxes, name: str, wall: float) -> list[Fault]:
    """Applies a change to the data of every vendor that it meets; returns its faults."""
    wrong: list[Fault] = []
    for vendor in sandboxes.vendors:
        if change.meets(vendor):
            try:
                apply_change(change, RecordEditor(sandboxes, name, vendor, wall))
            except Problem as problem:
                if problem.status == 507:
                    raise
                wrong += list_faults(("changes", index), problem)
    return wrong


def read_scenario(file: Path, sandboxes: Sandboxes, wall: float) -> Scenario:
    """Reads a scenario from a file. Raises InvalidFixture with all its faults."""
    content, _ = parse_yaml(file, read_text(file))
    scenario, wrong = check_scenario(content, file, sandboxes, wall)
    if wrong:
        raise make_error(file, wrong)
    return scenario


def check_scenario(content: Any, file: Path, sandboxes: Sandboxes, wall: float) -> tuple[Scenario, list[Fault]]:
    """The scenario that a parsed file describes, and its faults."""
    name = file.stem
    wrong: list[Fault] = []
    if not is_file_name(name):
        wrong.append(((), f"the file name {file.name}", f"{WANTED_NAME}, and .yaml"))
    if not isinstance(content, dict):
        return Scenario(name, file), [*wrong, ((), describe_value(content), "a map with " + ", ".join(KEYS))]
    wrong += [((key,), f"the unknown key {key}", "one of " + ", ".join(KEYS)) for key in content if key not in KEYS]
    if not isinstance(content.get("description"), str):
        wrong.append((("description",), describe_value(content.get("description")), "what it is, in a sentence"))
    settings = {key: content[key] for key in SETTINGS if key in content}
    if isinstance(settings.get("quotas"), str):
        settings["quotas"] = {vendor.name: settings["quotas"] for vendor in sandboxes.vendors}
    fresh = sandboxes.initial(DEFAULT, wall)
    for key, value in settings.items():
        wrong += collect_faults((key,), partial(patch_sandbox, sandboxes, fresh, {key: value}, wall))
    clock, expired = content.get("clock"), content.get("expireCredentials", False)
    if clock is not None:
        wrong += _check_clock(clock, fresh.clock, wall)
    if not isinstance(expired, bool):
        wrong.append((("expireCredentials",), describe_value(expired), "true or false"))
    rules = _parse_rules(content, name, sandboxes.vendors, wrong)
    changes = _parse_changes(content, sandboxes.vendors, wrong)
    scenario = Scenario(name, file, str(content.get("description")), settings, clock, expired is True, rules, changes)
    return scenario, wrong


def _parse_rules(
    content: Mapping[str, Any], name: str, vendors: Sequence[Vendor], wrong: list[Fault]
) -> tuple[FaultRule, ...]:
    """The valid fault rules of a scenario; adds the faults of the others to ``wrong``."""
    rules: list[FaultRule] = []
    for index, body in _list_items(content, "faults", wrong):
        try:
            rules.append(parse_rule(f"{name}-{index + 1}", body, vendors))
        except InvalidRule as error:
            wrong.append((("faults", index), *split_found_wanted(str(error))))
    return tuple(rules)


def _parse_changes(
    content: Mapping[str, Any], vendors: Sequence[Vendor], wrong: list[Fault]
) -> tuple[ScheduledChange, ...]:
    """The valid changes of a scenario; adds the faults of the others to ``wrong``."""
    changes: list[ScheduledChange] = []
    items = list(_list_items(content, "changes", wrong))
    if len(items) > MAX_CHANGES:
        wrong.append((("changes",), f"{len(items):,} changes", f"at most {MAX_CHANGES}"))
    for index, body in items[:MAX_CHANGES]:
        try:
            changes.append(parse_change(body, vendors))
        except InvalidChange as error:
            inside = (error.where,) if error.where else ()
            wrong.append((("changes", index, *inside), error.found, error.wanted))
    return tuple(changes)


def _list_items(content: Mapping[str, Any], key: str, wrong: list[Fault]) -> Iterator[tuple[int, Any]]:
    rows = content.get(key, [])
    if isinstance(rows, list):
        yield from enumerate(rows)
    else:
        wrong.append(((key,), describe_value(rows), f"a list of {key}"))


def _check_clock(asked: Any, clock: Clock, wall: float) -> list[Fault]:
    wanted = "a map with frozen (true or false), and advance (a duration like 90d) or to (a time), or neither"
    if not isinstance(asked, dict) or not asked or {"advance", "to"} <= set(asked):
        return [(("clock",), describe_value(asked), wanted)]
    wrong: list[Fault] = []
    for key, value in asked.items():
        if key not in ("advance", "to", "frozen"):
            wrong.append((("clock", key), f"the unknown key {key}", wanted))
        elif key == "frozen" and not isinstance(value, bool):
            wrong.append((("clock", key), describe_value(value), "true or false"))
        elif key != "frozen":
            try:
                _set_clock(clock, {key: value}, wall)
            except (ValueError, TypeError):
                form = "a duration like 90d or -12h" if key == "advance" else "a time like 2026-03-01T00:00:00Z"
                wrong.append((("clock", key), describe_value(value), form))
    return wrong


def _set_clock(clock: Clock, asked: Mapping[str, Any], wall: float) -> Clock:
    if "advance" in asked:
        clock = clock.advance(parse_duration(asked["advance"]), wall)
    if "to" in asked:
        clock = clock.set_to(parse_instant(asked["to"]), wall)
    if "frozen" in asked:
        clock = clock.freeze(wall) if asked["frozen"] else Clock(clock.now(wall), wall)
    return clock
