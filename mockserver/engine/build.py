"""Builds the runtime from settings."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from .. import vendors as our_vendors
from ..data import disk_cache
from ..data.catalog import DatasetCatalog
from ..data.disk_cache import DiskCache
from ..sandbox.first_use import first_day
from ..sandbox.readings import check_quotas, check_readings
from ..sandbox.registry import Sandboxes
from ..sandbox.settings import Settings
from ..sandbox.store import Store
from ..sandbox.store.memory import MemoryStore
from ..sandbox.store_url import without_password
from ..sdk import clock
from ..sdk.contract import Vendor
from ..sdk.errors import InvalidSetting, Problem, StoreUnavailable
from .runtime import Runtime
from .spec_basis import read_spec_basis


def build_runtime(
    settings: Settings,
    *,
    vendors: Iterable[Vendor] = (),
    store: Store | None = None,
    wall: Callable[[], float] = clock.wall_time,
) -> Runtime:
    """Build the runtime for these settings, with bundled vendors, installed vendors and ``vendors``.

    Raises InvalidSetting, InvalidFixture or BadVendor.
    """
    served = our_vendors.check_vendors((*our_vendors.find_vendors(), *vendors))
    cache = DiskCache(disk_cache.cache_folder()) if settings.cache else None
    bases = {vendor.name: read_spec_basis(vendor, cache) for vendor in served}
    catalog = DatasetCatalog(served, settings.fixtures, settings.records, settings.seed, cache)
    store = store or open_store(settings)
    sandboxes = Sandboxes(settings, catalog, served, store)
    check_quotas(settings.quotas, served)
    try:
        check_readings(settings.readings, served)
    except Problem as problem:
        raise InvalidSetting(f"--readings (or MOCKSERVER_READINGS): {problem.detail}") from None
    start = catalog.load_all(settings.dataset, first_day(settings, wall()))
    if settings.scenarios:
        from ..sandbox.scenario import Scenarios  # most servers have no scenarios of their own

        Scenarios(sandboxes).check(wall())
    return Runtime(settings, served, sandboxes, store, start, bases, wall)


def open_store(settings: Settings) -> Store:
    """Open the store that the settings name. Raises InvalidSetting."""
    entries, bytes, all_bytes = settings.journal_entries, settings.journal_bytes, settings.all_journals_bytes
    if settings.store == "memory":
        return MemoryStore(journal_entries=entries, journal_bytes=bytes, all_journals_bytes=all_bytes)
    setting = f"--store (or MOCKSERVER_STORE) is {without_password(settings.store)!r}, and"
    try:
        from ..sandbox.store.redis import RedisStore  # the package redis is an extra
    except ImportError:
        raise InvalidSetting(f"{setting} that takes the package redis: pip install 'mockserver[redis]'.") from None
    try:
        shared = RedisStore(settings.store, journal_entries=entries, journal_bytes=bytes, all_journals_bytes=all_bytes)
        shared.open()
    except ValueError as error:
        raise InvalidSetting(f"{setting} {error}.") from None
    except StoreUnavailable as error:
        wanted = "wanted a Redis or Valkey, 6.2 or newer, that lets us write"
        raise InvalidSetting(f"{setting} it cannot be used ({str(error).rstrip('.')}), {wanted}.") from None
    return shared
