"""The settings of a sandbox as JSON: described, checked and changed."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from random import Random
from typing import Any

from ..data.fixture_errors import InvalidFixture
from ..sdk.errors import InvalidSetting
from ..sdk.jsontext import format_brief, to_floats
from ..sdk.names import is_file_name
from ..sdk.quota import Quota
from .fault_values import InvalidRule, draw_delay
from .first_use import make_clock
from .readings import check_readings
from .registry import Sandboxes
from .sandbox import Sandbox

KEYS = ("dataset", "readings", "quotas", "strict", "acceptAnyCredential", "delay")


def describe_settings(sandbox: Sandbox) -> dict[str, Any]:
    """The settings of a sandbox as JSON."""
    document = sandbox.document()
    return {key: document[key] for key in KEYS}


def patch_sandbox(sandboxes: Sandboxes, sandbox: Sandbox, changes: Mapping[str, Any], wall: float) -> Sandbox:
    """The sandbox with these changes; readings and quotas are merged, null removes one.

    Another dataset drops the edits to the old one, and moves the clock to its anchor if the server's clock follows
    anchors. Raises InvalidSetting or Problem.
    """
    for name, change in changes.items():
        if name not in _CHANGES:
            raise InvalidSetting(f"There is no setting {name[:80]!r}, wanted {', '.join(KEYS)}.")
        sandbox = _CHANGES[name](sandboxes, sandbox, change, wall)
    return sandbox


def _dataset(sandboxes: Sandboxes, sandbox: Sandbox, name: Any, wall: float) -> Sandbox:
    if not isinstance(name, str) or not is_file_name(name):
        raise InvalidSetting(f"dataset is {format_brief(name)}, wanted the name of a dataset.")
    if name == sandbox.dataset:
        return sandbox
    try:
        sandboxes.catalog.load_all(name, sandbox.day)
    except InvalidFixture as broken:
        more = f" and {broken.number - 1:,} more" if broken.number > 1 else ""
        raise InvalidSetting(f"The dataset {name} cannot be used: {broken.faults[0]}{more}.") from None
    clock = sandbox.clock
    if sandboxes.settings.clock in ("anchor", "frozen"):
        clock = replace(make_clock("anchor", name, sandboxes.catalog, sandboxes.vendors, wall), frozen=clock.frozen)
    return replace(sandbox, dataset=name, clock=clock, edits={}, epoch=sandbox.epoch + 1)


def _readings(sandboxes: Sandboxes, sandbox: Sandbox, changes: Any, wall: float) -> Sandbox:
    _check_map("readings", changes, "vendor.reading", "one of its choices")
    check_readings({name: choice for name, choice in changes.items() if choice is not None}, sandboxes.vendors)
    return replace(sandbox, readings=_merge(sandbox.readings, changes))


def _quotas(sandboxes: Sandboxes, sandbox: Sandbox, changes: Any, wall: float) -> Sandbox:
    _check_map("quotas", changes, "vendor", "a quota")
    known = [vendor.name for vendor in sandboxes.vendors]
    for name in changes:
        if name not in known:
            raise InvalidSetting(f"quotas names {name[:80]!r}, wanted one of {', '.join(known)}.")
    try:
        quotas = {name: Quota.parse(text) if text is not None else None for name, text in changes.items()}
    except ValueError as error:
        raise InvalidSetting(f"quotas: {error}.") from None
    return replace(sandbox, quotas=_merge(sandbox.quotas, quotas))


def _strict(sandboxes: Sandboxes, sandbox: Sandbox, wanted: Any, wall: float) -> Sandbox:
    return replace(sandbox, strict=_check_switch("strict", wanted))


def _any_credential(sandboxes: Sandboxes, sandbox: Sandbox, wanted: Any, wall: float) -> Sandbox:
    return replace(sandbox, any_credential=_check_switch("acceptAnyCredential", wanted))


def _delay(sandboxes: Sandboxes, sandbox: Sandbox, delay: Any, wall: float) -> Sandbox:
    delay = to_floats(delay)
    try:
        draw_delay(delay, Random(0))
    except InvalidRule as bad:
        raise InvalidSetting(f"{bad}.") from None
    return replace(sandbox, delay=delay)


_CHANGES: Mapping[str, Callable[[Sandboxes, Sandbox, Any, float], Sandbox]] = dict(
    zip(KEYS, (_dataset, _readings, _quotas, _strict, _any_credential, _delay), strict=True)
)


def _merge(before: Mapping[str, Any], changes: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in {**before, **changes}.items() if value is not None}


def _check_map(name: str, value: Any, key: str, wanted: str) -> None:
    if not isinstance(value, Mapping) or not all(item is None or isinstance(item, str) for item in value.values()):
        raise InvalidSetting(f"{name} is {format_brief(value)}, wanted an object with {wanted} or null for each {key}.")


def _check_switch(name: str, value: Any) -> bool:
    if not isinstance(value, bool):
        raise InvalidSetting(f"{name} is {format_brief(value)}, wanted true or false.")
    return value
