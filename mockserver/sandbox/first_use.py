"""Creates a sandbox on its first use."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date

from ..data.catalog import DatasetCatalog
from ..sdk.clock import Clock, from_timestamp, parse_instant
from ..sdk.contract import Vendor
from .sandbox import Sandbox
from .settings import Settings


def initial_sandbox(
    settings: Settings, name: str, catalog: DatasetCatalog, vendors: Iterable[Vendor], wall: float
) -> Sandbox:
    """The sandbox that the first use creates: with the settings of the server."""
    clock = make_clock(settings.clock, settings.dataset, catalog, vendors, wall)
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


def make_clock(mode: str, dataset: str, catalog: DatasetCatalog, vendors: Iterable[Vendor], wall: float) -> Clock:
    """The clock that ``--clock`` describes, for a dataset; its anchor is the latest of all vendors."""
    if mode == "real":
        return Clock(from_timestamp(wall), wall)
    if mode in ("anchor", "frozen"):
        anchor = max(catalog.dataset(vendor, dataset).anchor for vendor in vendors)
        return Clock(anchor, wall, frozen=mode == "frozen")
    return Clock(parse_instant(mode), wall)


def first_day(settings: Settings, wall: float) -> date | None:
    """The day for which data is generated: today if the clock is real, else None (the day of the files)."""
    return from_timestamp(wall).date() if settings.clock == "real" else None
