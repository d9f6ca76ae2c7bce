"""Fixtures that change while they are served: read anew, and put in place of the old ones, or refused.

Files are looked at (``--watch``), or somebody says that they changed (SIGHUP). They are read and checked as at the
start. A file that is good is served; in place of one that is bad stays what was served before, and the log says what is
wrong with it. Nothing else changes: no connection is closed, no sandbox is lost.

What a sandbox changed lies over the new data as it lay over the old:

- A record that it changed or added is as the sandbox has it, whatever the file says of it now, and also if the file has
  it no more. One that it removed stays removed (those that a scenario removed, too). All others are the file's.
- Accounts are the sandbox's once it replaced them; records of accounts that it has not are nobody's there.
- Its clock goes on as it is: the file's ``anchor`` counts in sandboxes that are made or reset from now on.
- A credential that is in no file any more opens nothing, but is still kept out of journal and log.

What was remembered of the old data (answers, views, data with a sandbox's changes) is not asked for again. Scenarios
are read whenever they are used, and not looked at here.
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

POLL_SECONDS = 0.2  # seconds between two looks
log = logging.getLogger("mockserver")


class ReloadResult(NamedTuple):
    """What the files say now: what is wrong with them, in sentences; and which data is new, and what serves it, unless
    nothing can be served.
    """

    errors: list[str]
    changed: list[Dataset] = []
    swap: Callable[[], None] | None = None


class DataReload:
    """One process, which has no calls to answer or is the only one, looks, reads and tells (``renew``); workers that it
    forked follow when they are ``behind``. They share a number, which it raises each time.
    """

    def __init__(self, runtime: Runtime) -> None:
        """To be made before workers are forked."""
        self._runtime, self.watching = runtime, runtime.settings.watch
        self._polled_stamps = self._read_stamps = self._initial_stamps = runtime.sandboxes.catalog.read_stamps()
        self._newest_version, self._version = memoryview(mmap.mmap(-1, 8)).cast("Q"), 0

    def find_changes(self) -> bool:
        """Whether files are not as they were when read last, and are as at the last look: nobody is writing them."""
        before, self._polled_stamps = self._polled_stamps, self._runtime.sandboxes.catalog.read_stamps()
        return self._polled_stamps != self._read_stamps and self._polled_stamps == before

    def swap(self) -> None:
        """Read what the files say now, tell what comes of it, and serve what is good."""
        self._polled_stamps = self._read_stamps = stamps = self._runtime.sandboxes.catalog.read_stamps()
        other = [
            path
            for path, stamp in stamps.items()
            if self._initial_stamps.get(path) != stamp and not path.endswith(".yml")
        ]
        changed = [(stamps[path][0], Path(path).stem) for path in other]  # those since then are loaded by now
        found = self._read_files(changed)
        for sentence in found.errors:
            log.error("Not served, what was there stays: %s", sentence)
        if found.changed or not found.errors:
            news = [f"{data.vendor} {data.name} ({len(data.records):,} records)" for data in found.changed]
            log.info("Fixtures read anew: %s.", ", ".join(news) or "nothing changed")
        self._runtime.metrics.count_reload(refused=bool(found.errors))
        if found.swap:
            found.swap()
            self._version = self._newest_version[0] + 1
            self._newest_version[0] = self._version

    @property
    def is_behind(self) -> bool:
        """Whether the data of this process is not the newest."""
        return self._version != self._newest_version[0]

    def fetch(self) -> Callable[[], None]:
        """Read what the files say now; returns what serves it. What is wrong with them was told by ``renew``."""
        newest = self._newest_version[0]
        found = self._read_files()

        def serve() -> None:
            if found.swap:
                found.swap()
            self._version = newest

        return serve

    def _read_files(self, others: Iterable[tuple[str, str]] = ()) -> ReloadResult:
        runtime, before = self._runtime, self._runtime.sandboxes.catalog
        try:
            library, wrong = before.reload(others)
            start = library.load_all(runtime.settings.dataset, first_day(runtime.settings, runtime.wall_time()))
        except (InvalidFixture, InvalidSetting) as error:
            return ReloadResult(describe_faults(error))
        except Exception as error:  # a bug, of a vendor's schema perhaps: no reason to serve nothing any more
            log.exception("Fixtures could not be read anew")
            return ReloadResult([f"files that break their reader ({error})"])
        return ReloadResult(wrong, library.find_differing(before), partial(runtime.swap_data, library, start))
