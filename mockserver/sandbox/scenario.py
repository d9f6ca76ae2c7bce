"""Scenarios: named bundles of data, time, limits and trouble, each in a YAML file; ours, and the user's.

A scenario is put in place as a whole, on a sandbox as on first use. It is tried out beside the sandbox first, so that
one that cannot be used changes nothing.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any

from ..data.fixture_errors import DataPath, Fault, FileError, InvalidFixture, describe_value, format_path
from ..data.fixtures import parse_yaml, read_text
from ..sdk.clock import Clock, parse_duration, parse_instant
from ..sdk.errors import InvalidSetting, Problem
from ..sdk.names import WANTED_NAME, is_file_name
from .editor import RecordEditor
from .edits import Edits
from .fault_rules import FaultRule, parse_rule
from .fault_values import InvalidRule
from .registry import Sandboxes
from .sandbox import Sandbox
from .scheduled_changes import FIRST, LAST_PAGE, InvalidChange, ScheduledChange, apply_change, parse_change
from .settings_patch import KEYS as SETTINGS
from .settings_patch import patch_sandbox
from .store import DEFAULT
from .store.memory import MemoryStore

FORMAT = "docs/scenarios.md"  # describes what stands in such a file
OURS = Path(__file__).resolve().parent / "scenarios"
_TURN = re.compile("[,;] wanted |; its choices are |; there (?:is|are) ")
MAX_CHANGES = 100  # each is tried on the data as all before it have left it
KEYS = ("description", *SETTINGS, "clock", "expireCredentials", "faults", "changes")


@dataclass(frozen=True)
class Scenario:
    """One scenario as its file says. ``settings`` are as the control API takes them."""

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
        """The scenario as JSON, without what it leaves open."""
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

    def __init__(self, rooms: Sandboxes) -> None:
        self._rooms = rooms
        folder = rooms.settings.scenarios
        self._folders = [*([folder] if folder else []), OURS]

    def names(self) -> list[str]:
        return sorted(self._files())

    def get(self, name: str, wall: float) -> Scenario:
        """The scenario of this name, read anew. Raises BrokenFixture when its file is wrong, KeyError without one."""
        return read_scenario(self._files()[name], self._rooms, wall)

    def check(self, wall: float) -> None:
        """Try every scenario of the user. Raises BrokenFixture with the faults of all files together."""
        faults: list[FileError] = []
        for folder in self._folders:
            try:
                os.listdir(folder)
            except OSError as error:
                raise InvalidSetting(f"--scenarios {folder} cannot be read: {error.strerror}.") from None
        for file in self._files().values():
            if file.parent != OURS:
                faults += find_faults(file, self._rooms, wall)
        for folder in self._folders:
            faults += [FileError(file, 1, "", "the ending .yml", "the ending .yaml") for file in folder.glob("*.yml")]
        if faults:
            raise InvalidFixture(faults)

    def apply(self, scenario: Scenario, name: str, wall: float) -> Sandbox:
        """Put a scenario in place: the sandbox is as on first use but for it, and its journal goes on.

        Raises BrokenFixture when the scenario cannot be used, Misuse when a bound of the server is in its way.
        """
        sandbox, edits = dry_run(scenario, name, self._rooms, wall)
        return self._rooms.restart(sandbox, edits, wall)

    def _files(self) -> dict[str, Path]:
        return {file.stem: file for folder in reversed(self._folders) for file in sorted(folder.glob("*.yaml"))}


def find_faults(file: Path, rooms: Sandboxes, wall: float) -> list[FileError]:
    """Everything that is wrong with a scenario's file."""
    try:
        dry_run(read_scenario(file, rooms, wall), DEFAULT, rooms, wall)
    except InvalidFixture as broken:
        return list(broken.faults)
    return []


def dry_run(scenario: Scenario, name: str, rooms: Sandboxes, wall: float) -> tuple[Sandbox, dict[str, Edits]]:
    """What the scenario makes of a sandbox of this name: its settings, and the changes to each vendor's data.

    Made in a store of its own, so nobody sees it. Raises BrokenFixture.
    """
    beside = Sandboxes(rooms.settings, rooms.catalog, rooms.vendors, MemoryStore())
    sandbox = patch_sandbox(rooms, rooms.initial(name, wall), scenario.settings or {}, wall)
    sandbox = replace(
        sandbox,
        clock=_set_clock(sandbox.clock, scenario.clock or {}, wall),
        expired=scenario.expired,
        faults=scenario.faults,
        changes=tuple(change.document() for change in scenario.changes if change.after),
        scenario=scenario.name,
    )
    beside.put(sandbox, {}, wall)
    now = [(index, change) for index, change in enumerate(scenario.changes) if not change.after]
    later = [(index, change) for index, change in enumerate(scenario.changes) if change.after]
    wrong = [each for index, change in now for each in _apply_now(index, change, beside, name, wall)]
    edited = beside.get_or_create(name, wall)
    edits = {vendor.name: beside.edits(edited, vendor)[1] for vendor in rooms.vendors if vendor.name in edited.edits}
    if any(change.vendor for _, change in later):  # those of every vendor cannot fail
        for index, change in sorted(later, key=lambda pair: pair[1].after):
            if change.remove not in (FIRST, LAST_PAGE):  # what a call will show is not known
                wrong += _apply_now(index, change, beside, name, wall)
    if wrong:
        raise _broken(scenario.file, wrong)
    return sandbox, edits


def _apply_now(index: int, change: ScheduledChange, rooms: Sandboxes, name: str, wall: float) -> list[Fault]:
    """Make a change to the data of all vendors that it meets; returns what is wrong with it."""
    wrong: list[Fault] = []
    for vendor in rooms.vendors:
        if change.meets(vendor):
            try:
                apply_change(change, RecordEditor(rooms, name, vendor, wall))
            except Problem as misuse:
                if misuse.status == 507:
                    raise
                wrong += _wrong(("changes", index), misuse)
    return wrong


def read_scenario(file: Path, rooms: Sandboxes, wall: float) -> Scenario:
    """The scenario of a file. Raises BrokenFixture with everything that is wrong with it."""
    content, _ = parse_yaml(file, read_text(file))
    scenario, wrong = check_scenario(content, file, rooms, wall)
    if wrong:
        raise _broken(file, wrong)
    return scenario


def check_scenario(content: Any, file: Path, rooms: Sandboxes, wall: float) -> tuple[Scenario, list[Fault]]:
    """The scenario that a parsed file describes, and what is wrong with it."""
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
        settings["quotas"] = {vendor.name: settings["quotas"] for vendor in rooms.vendors}
    fresh = rooms.initial(DEFAULT, wall)
    for key, value in settings.items():
        wrong += _attempt((key,), partial(patch_sandbox, rooms, fresh, {key: value}, wall))
    clock, expired = content.get("clock"), content.get("expireCredentials", False)
    if clock is not None:
        wrong += _clock(clock, fresh.clock, wall)
    if not isinstance(expired, bool):
        wrong.append((("expireCredentials",), describe_value(expired), "true or false"))
    rules: list[FaultRule] = []
    changes: list[ScheduledChange] = []
    for index, body in _listed(content, "faults", wrong):
        try:
            rules.append(parse_rule(f"{name}-{index + 1}", body, rooms.vendors))
        except InvalidRule as bad:
            wrong.append((("faults", index), *_sides(str(bad))))
    asked = list(_listed(content, "changes", wrong))
    if len(asked) > MAX_CHANGES:
        wrong.append((("changes",), f"{len(asked):,} changes", f"at most {MAX_CHANGES}"))
    for index, body in asked[:MAX_CHANGES]:
        try:
            changes.append(parse_change(body, rooms.vendors))
        except InvalidChange as unfit:
            inside = (unfit.where,) if unfit.where else ()
            wrong.append((("changes", index, *inside), unfit.found, unfit.wanted))
    scenario = Scenario(
        name, file, str(content.get("description")), settings, clock, expired is True, tuple(rules), tuple(changes)
    )
    return scenario, wrong


def _listed(content: Mapping[str, Any], key: str, wrong: list[Fault]) -> Iterator[tuple[int, Any]]:
    rows = content.get(key, [])
    if isinstance(rows, list):
        yield from enumerate(rows)
    else:
        wrong.append(((key,), describe_value(rows), f"a list of {key}"))


def _attempt(where: DataPath, do: Callable[[], Any]) -> list[Fault]:
    """What is wrong there, if this fails for a reason that can be told."""
    try:
        do()
    except Problem as misuse:
        return _wrong(where, misuse)
    except InvalidSetting as error:
        found, wanted = _sides(str(error))
        return [(where, found.removeprefix(f"{where[-1]} is ").removeprefix(f"{where[-1]}: "), wanted)]
    return []


def _wrong(where: DataPath, misuse: Problem) -> list[Fault]:
    if misuse.validation:
        return [((*where, fault["path"]), fault["found"], fault["wanted"]) for fault in misuse.validation]
    found, wanted = _sides(misuse.detail)
    if misuse.status == 404:
        wanted = "the id of a record that is there then"
    return [(where, found, "one of " + ", ".join(misuse.choices) if misuse.choices else wanted)]


def _sides(sentence: str) -> tuple[str, str]:
    """``X is 1, wanted 2.`` as what was found and what was wanted."""
    parts = _TURN.split(sentence.removesuffix("."), maxsplit=1)
    return parts[0].removeprefix("found "), parts[1] if parts[1:] else "what the server can do"


def _clock(asked: Any, clock: Clock, wall: float) -> list[Fault]:
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


def _broken(file: Path, wrong: Iterable[Fault]) -> InvalidFixture:
    """The faults with their lines, in the order of the file."""
    wrong = list(wrong)
    _, line_of = parse_yaml(file, read_text(file))
    lines = line_of([where for where, _, _ in wrong])
    faults = [
        FileError(file, line, format_path(where), found, wanted, FORMAT)
        for line, (where, found, wanted) in zip(lines, wrong, strict=True)
    ]
    return InvalidFixture(sorted(faults, key=lambda fault: fault.line))
