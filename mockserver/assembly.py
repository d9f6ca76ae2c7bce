"""Assembly: from settings to the world that calls are served in."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from . import clock
from . import vendors as shelf
from .data import cache
from .data.cache import Cache
from .errors import Misuse, StoreAway
from .library import Library
from .sandbox import Sandboxes, check_quotas, check_readings, first_day
from .serve import World
from .settings import Settings, WrongSetting, without_password
from .spec_basis import spec_basis
from .store import Store
from .store.memory import MemoryStore
from .vendor import Vendor


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
    kept = Cache(cache.folder()) if settings.cache else None
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
        from .scenario import Scenarios

        Scenarios(sandboxes).check(wall())
    return World(settings, served, sandboxes, store, start, bases, wall)


def store_of(settings: Settings) -> Store:
    """The store that the settings name, found to be there. Raises WrongSetting."""
    entries, bytes, of_all = settings.journal_entries, settings.journal_bytes, settings.all_journals_bytes
    if settings.store == "memory":
        return MemoryStore(journal_entries=entries, journal_bytes=bytes, all_journals_bytes=of_all)
    told = f"--store (or MOCKSERVER_STORE) is {without_password(settings.store)!r}, and"
    try:
        from .store.redis import RedisStore
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
