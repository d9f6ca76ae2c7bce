"""Reloads fixtures while they are served. Bad files are refused, and the data before them stays.

``--watch`` polls the files, SIGHUP asks for a reload. Files are read and checked as at the start. The log says what is
wrong with a file that is refused. Connections stay open, and sandboxes keep their state.

A sandbox's changes apply to the new data as they did to the old:

- Records that the sandbox changed or added stay as they are, even if the file has them no longer. Removed records stay
  removed, also those that a scenario removed. All others come from the file.
- Accounts are the sandbox's once it replaced them; records of accounts that it lacks belong to nobody there.
- The sandbox's clock goes on; the file's ``anchor`` applies to sandboxes that are created or reset from now on.
- A credential that is in no file any more is refused, but still redacted from journal and log.

Caches of the old data are keyed by its version and are not used again. Scenarios are read at each use, not here.
"""

from __future__ import annotations

import logging
import mmap
from collections.abc import Callable, Iterable
from functools import partial
from pathlib import Path
from typing import NamedTuple

from ..data.catalog import describe_faults
from ..data.fixture_errors import InvalidFixture
from ..sandbox.first_use import first_day
from ..sdk.dataset import Dataset
from ..sdk.errors import InvalidSetting
from .runtime import Runtime

POLL_SECONDS = 0.2
log = logging.getLogger("mockserver")


class ReloadResult(NamedTuple):
    """What a reload found: errors, changed datasets, and the function that serves them (None if nothing can be)."""

    errors: list[str]
    changed: list[Dataset] = []
    swap: Callable[[], None] | None = None


class DataReload:
    """Reloads data in one process; the workers that it forked follow.

    The master (or the only process) calls ``swap``, which raises a version number in shared memory. A worker that
    ``is_behind`` calls ``fetch``.
    """

    def __init__(self, runtime: Runtime) -> None:
        """Must be created before workers are forked, because they share its memory."""
        self._runtime, self.watching = runtime, runtime.settings.watch
        self._polled_stamps = self._read_stamps = self._initial_stamps = runtime.sandboxes.catalog.read_stamps()
        self._newest_version, self._version = memoryview(mmap.mmap(-1, 8)).cast("Q"), 0

    def find_changes(self) -> bool:
        """Whether files changed since they were read, and not since the last poll: no write is under way."""
        before, self._polled_stamps = self._polled_stamps, self._runtime.sandboxes.catalog.read_stamps()
        return self._polled_stamps != self._read_stamps and self._polled_stamps == before

    def swap(self) -> None:
        """Read the files, log the result, and serve what is valid."""
        self._polled_stamps = self._read_stamps = stamps = self._runtime.sandboxes.catalog.read_stamps()
        other = [
            path
            for path, stamp in stamps.items()
            if self._initial_stamps.get(path) != stamp and not path.endswith(".yml")
        ]
        changed = [(stamps[path][0], Path(path).stem) for path in other]  # files added since the start
        result = self._read_files(changed)
        for sentence in result.errors:
            log.error("Not served, what was there stays: %s", sentence)
        if result.changed or not result.errors:
            changes = [f"{data.vendor} {data.name} ({len(data.records):,} records)" for data in result.changed]
            log.info("Fixtures read anew: %s.", ", ".join(changes) or "nothing changed")
        self._runtime.metrics.count_reload(refused=bool(result.errors))
        if result.swap:
            result.swap()
            self._version = self._newest_version[0] + 1
            self._newest_version[0] = self._version

    @property
    def is_behind(self) -> bool:
        """Whether another process serves newer data."""
        return self._version != self._newest_version[0]

    def fetch(self) -> Callable[[], None]:
        """Read the files; returns the function that serves them. ``swap`` has logged the errors."""
        newest = self._newest_version[0]
        result = self._read_files()

        def serve() -> None:
            if result.swap:
                result.swap()
            self._version = newest

        return serve

    def _read_files(self, others: Iterable[tuple[str, str]] = ()) -> ReloadResult:
        runtime, before = self._runtime, self._runtime.sandboxes.catalog
        try:
            catalog, errors = before.reload(others)
            start = catalog.load_all(runtime.settings.dataset, first_day(runtime.settings, runtime.wall_time()))
        except (InvalidFixture, InvalidSetting) as error:
            return ReloadResult(describe_faults(error))
        except Exception as error:  # a bug, perhaps in a vendor's schema: keep serving
            log.exception("Fixtures could not be read anew")
            return ReloadResult([f"files that break their reader ({error})"])
        return ReloadResult(errors, catalog.find_differing(before), partial(runtime.swap_data, catalog, start))
