"""A sandbox as it is on first use."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date

from ..data.catalog import DatasetCatalog
from ..sdk.clock import Clock, from_timestamp, parse_instant
from ..sdk.contract import Vendor
from .sandbox import Sandbox
from .settings import Settings


def initial_sandbox(
    settings: Settings, name: str, library: DatasetCatalog, vendors: Iterable[Vendor], wall: float
) -> Sandbox:
    """A sandbox as it is on first use: what the server was started with."""
    clock = make_clock(settings.clock, settings.dataset, library, vendors, wall)
    return Sandbox(
        name,
        settings.dataset,
        clock,
        first_day(settings, wall),
        settings.readings,
        settings.quotas,
        settings.strict,
        settings.accept_any_credential,
        seed=settings.seed,
    )


def make_clock(mode: str, dataset: str, library: DatasetCatalog, vendors: Iterable[Vendor], wall: float) -> Clock:
    """A clock as ``--clock`` describes it, for a dataset: its anchor is the latest of the vendors'."""
    if mode == "real":
        return Clock(from_timestamp(wall), wall)
    if mode in ("anchor", "frozen"):
        anchor = max(library.dataset(vendor, dataset).anchor for vendor in vendors)
        return Clock(anchor, wall, frozen=mode == "frozen")
    return Clock(parse_instant(mode), wall)


def first_day(settings: Settings, wall: float) -> date | None:
    """The day for which data is made by default: today where the clock is real, else that of the files (None)."""
    return from_timestamp(wall).date() if settings.clock == "real" else None
