"""Assembly: from settings to the world that calls are served in."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from .. import vendors as shelf
from ..data import disk_cache
from ..data.catalog import Library
from ..data.disk_cache import Cache
from ..sandbox.first_use import first_day
from ..sandbox.readings import check_quotas, check_readings
from ..sandbox.registry import Sandboxes
from ..sandbox.settings import Settings
from ..sandbox.store import Store
from ..sandbox.store.memory import MemoryStore
from ..sandbox.store_url import without_password
from ..sdk import clock
from ..sdk.contract import Vendor
from ..sdk.errors import Misuse, StoreAway, WrongSetting
from .serve import World
from .spec_basis import spec_basis


def assemble(
    settings: Settings,
    *,
    vendors: Iterable[Vendor] = (),
    store: Store | None = None,
    wall: Callable[[], float] = clock.wall,
) -> World:
    """The world of these settings: our vendors, installed ones, and those given.

    Raises WrongSetting, BrokenFixture or BadVendor with a sentence when it cannot be put together.
    """
    served = shelf.distinct((*shelf.found(), *vendors))
    kept = Cache(disk_cache.folder()) if settings.cache else None
    bases = {vendor.name: spec_basis(vendor, kept) for vendor in served}
    library = Library(served, settings.fixtures, settings.records, settings.seed, kept)
    store = store or store_of(settings)
    sandboxes = Sandboxes(settings, library, served, store)
    check_quotas(settings.quotas, served)
    try:
        check_readings(settings.readings, served)
    except Misuse as misuse:
        raise WrongSetting(f"--readings (or MOCKSERVER_READINGS): {misuse.detail}") from None
    start = library.load_all(settings.dataset, first_day(settings, wall()))
    if settings.scenarios:
        from ..sandbox.scenario import Scenarios

        Scenarios(sandboxes).check(wall())
    return World(settings, served, sandboxes, store, start, bases, wall)


def store_of(settings: Settings) -> Store:
    """The store that the settings name, found to be there. Raises WrongSetting."""
    entries, bytes, of_all = settings.journal_entries, settings.journal_bytes, settings.all_journals_bytes
    if settings.store == "memory":
        return MemoryStore(journal_entries=entries, journal_bytes=bytes, all_journals_bytes=of_all)
    told = f"--store (or MOCKSERVER_STORE) is {without_password(settings.store)!r}, and"
    try:
        from ..sandbox.store.redis import RedisStore
    except ImportError:
        raise WrongSetting(f"{told} that takes the package redis: pip install 'mockserver[redis]'.") from None
    try:
        shared = RedisStore(settings.store, journal_entries=entries, journal_bytes=bytes, all_journals_bytes=of_all)
        shared.open()
    except ValueError as error:
        raise WrongSetting(f"{told} {error}.") from None
    except StoreAway as away:
        wanted = "wanted a Redis or Valkey, 6.2 or newer, that lets us write"
        raise WrongSetting(f"{told} it cannot be used ({str(away).rstrip('.')}), {wanted}.") from None
    return shared
