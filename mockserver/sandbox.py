"""A sandbox: an isolated world with its own dataset, clock, readings and quotas; and how a call finds its own."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from .clock import Clock, at, format_instant, parse_instant
from .data.dataset import Dataset
from .data.records import Readings
from .errors import Misuse
from .library import Library
from .settings import Settings, WrongSetting
from .store import Document, Store
from .toolkit.notices import closest
from .toolkit.quota import Quota
from .vendor import Vendor

DEFAULT = "default"


@dataclass(frozen=True)
class Sandbox:
    """What is set in one sandbox. ``day`` is the day for which its data was made, when its clock is real."""

    name: str
    dataset: str
    clock: Clock
    day: date | None
    readings: Mapping[str, str]
    quotas: Mapping[str, Quota]
    strict: bool
    any_credential: bool

    def document(self) -> Document:
        """The same as JSON-able values, for the store."""
        return {
            "dataset": self.dataset,
            "clock": {
                "start": format_instant(self.clock.start),
                "since": self.clock.since,
                "frozen": self.clock.frozen,
            },
            "day": self.day.isoformat() if self.day else None,
            "readings": dict(self.readings),
            "quotas": {name: [quota.limit, quota.seconds] for name, quota in self.quotas.items()},
            "strict": self.strict,
            "acceptAnyCredential": self.any_credential,
        }

    @classmethod
    def of(cls, name: str, document: Document) -> Sandbox:
        """The sandbox that a stored document describes."""
        clock: Mapping[str, Any] = document["clock"]
        return cls(
            name,
            document["dataset"],
            Clock(parse_instant(clock["start"]), clock["since"], clock["frozen"]),
            date.fromisoformat(document["day"]) if document["day"] else None,
            document["readings"],
            {vendor: Quota(*quota) for vendor, quota in document["quotas"].items()},
            document["strict"],
            document["acceptAnyCredential"],
        )


def first(settings: Settings, name: str, library: Library, vendors: Iterable[Vendor], wall: float) -> Sandbox:
    """A sandbox as it is on first use: what the server was started with."""
    day = first_day(settings, wall)
    if day:
        clock = Clock(at(wall), wall)
    elif settings.clock in ("anchor", "frozen"):
        anchor = max(library.dataset(vendor, settings.dataset).anchor for vendor in vendors)
        clock = Clock(anchor, wall, frozen=settings.clock == "frozen")
    else:
        clock = Clock(parse_instant(settings.clock), wall)
    return Sandbox(
        name,
        settings.dataset,
        clock,
        day,
        settings.readings,
        settings.quotas,
        settings.strict,
        settings.accept_any_credential,
    )


def first_day(settings: Settings, wall: float) -> date | None:
    """The day for which data is made by default: today where the clock is real, else that of the files (None)."""
    return at(wall).date() if settings.clock == "real" else None


class Sandboxes:
    """All sandboxes of this server, made on first use, kept in the store."""

    def __init__(self, settings: Settings, library: Library, vendors: Iterable[Vendor], store: Store) -> None:
        self._settings, self.library, self._vendors, self._store = settings, library, tuple(vendors), store
        self._known: dict[str, tuple[int, Sandbox]] = {}

    def enter(self, name: str, wall: float) -> Sandbox:
        """The sandbox of this name, made now if there is none."""
        found = self._store.read(name)
        if found is None:
            made = first(self._settings, name, self.library, self._vendors, wall)
            found = self._store.write(name, made.document(), expected=0)
        version, document = found
        known = self._known.get(name)
        if known is None or known[0] != version:
            known = self._known[name] = (version, Sandbox.of(name, document))
        return known[1]

    def dataset(self, sandbox: Sandbox, vendor: Vendor) -> Dataset:
        """What the vendor's calls see in this sandbox."""
        return self.library.dataset(vendor, sandbox.dataset, sandbox.day)


def check_readings(asked: Mapping[str, str], vendors: Iterable[Vendor]) -> None:
    """Raises Misuse, with the choices, when a ``vendor.reading=choice`` names something that there is not."""
    known = {f"{vendor.name}.{reading.name}": reading for vendor in vendors for reading in vendor.readings}
    for name, choice in asked.items():
        if name not in known:
            match = closest(name, known)
            hint = f" Did you mean {match}?" if match else ""
            raise Misuse(
                "Unknown reading", f"There is no reading {name}.{hint}", choices=tuple(known), code="unknown-reading"
            )
        if choice not in known[name].choices:
            choices = known[name].choices
            detail = f"{name} cannot be {choice}; its choices are {', '.join(choices)}."
            raise Misuse(
                "Unknown reading", detail, choices=tuple(f"{name}={c}" for c in choices), code="unknown-reading"
            )


def check_quotas(quotas: Iterable[str], vendors: Iterable[Vendor]) -> None:
    """Raises WrongSetting when a quota is set for a vendor that there is not."""
    known = [vendor.name for vendor in vendors]
    for name in quotas:
        if name not in known:
            raise WrongSetting(f"--quotas (or MOCKSERVER_QUOTAS) names {name}, wanted one of {', '.join(known)}.")


def readings_for(vendor: Vendor, *layers: Mapping[str, str]) -> Readings:
    """The vendor's reading choices: its defaults, then each layer of ``vendor.reading=choice`` over the one before."""
    chosen = dict(vendor.defaults)
    prefix = vendor.name + "."
    for layer in layers:
        for name, choice in layer.items():
            if name.startswith(prefix):
                chosen[name.removeprefix(prefix)] = choice
    return chosen
