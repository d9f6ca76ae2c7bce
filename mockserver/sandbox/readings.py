"""Selects the choice of each reading for a call, and checks readings and quotas of the settings."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from ..sdk.contract import Vendor
from ..sdk.errors import InvalidSetting, Problem
from ..sdk.resource import Readings
from ..sdk.similar import did_you_mean, find_closest


def check_readings(readings: Mapping[str, str], vendors: Iterable[Vendor]) -> None:
    """Raises Problem, with the choices, when a ``vendor.reading=choice`` is unknown."""
    known = {f"{vendor.name}.{reading.name}": reading for vendor in vendors for reading in vendor.readings}
    for name, choice in readings.items():
        if name not in known:
            hint = did_you_mean(find_closest(name, known))
            raise Problem(
                "Unknown reading", f"There is no reading {name}.{hint}", choices=tuple(known), code="unknown-reading"
            )
        if choice not in known[name].choices:
            choices = known[name].choices
            detail = f"{name} cannot be {choice}; its choices are {', '.join(choices)}."
            raise Problem(
                "Unknown reading", detail, choices=tuple(f"{name}={c}" for c in choices), code="unknown-reading"
            )


def check_quotas(quotas: Iterable[str], vendors: Iterable[Vendor]) -> None:
    """Raises InvalidSetting when a quota names an unknown vendor."""
    known = [vendor.name for vendor in vendors]
    for name in quotas:
        if name not in known:
            raise InvalidSetting(f"--quotas (or MOCKSERVER_QUOTAS) names {name}, wanted one of {', '.join(known)}.")


def readings_for(vendor: Vendor, *layers: Mapping[str, str]) -> Readings:
    """The vendor's reading choices: its defaults, then each layer of ``vendor.reading=choice`` over the one before."""
    if not any(layers):
        return vendor.default_readings
    chosen = dict(vendor.default_readings)
    prefix = vendor.name + "."
    for layer in layers:
        for name, choice in layer.items():
            if name.startswith(prefix):
                chosen[name.removeprefix(prefix)] = choice
    return chosen
