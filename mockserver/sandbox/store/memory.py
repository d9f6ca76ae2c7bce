"""The store of a single process: dicts behind one lock."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import takewhile
from threading import Lock

from ...sdk import clock
from ...sdk.quota import LATE_SECONDS, Quota, QuotaState
from . import DEFAULT, NEVER, NOTHING, SETTINGS, Document, Expiry, LastUse, NewEntries, Versioned, new_name
from .counting import Counter, CountResult, Spend


@dataclass(slots=True)
class _Sandbox:
    used: float = 0.0  # by the store's own time
    wall: float = 0.0
    documents: dict[str, Versioned] = field(default_factory=dict)
    windows: dict[str, tuple[float, int]] = field(default_factory=dict)
    counters: dict[str, int] = field(default_factory=dict)
    journal: deque[tuple[int, Document, int]] = field(default_factory=deque)
    journal_bytes: int = 0
    dropped: int = 0


class MemoryStore:
    """Keeps everything in this process.

    Each sandbox's journal is bounded in entries and bytes, and all journals together in bytes: beyond that, the largest
    journal drops its oldest entries, so that large journals do not displace small ones. ``elapsed`` is the store's own
    time.
    """

    def __init__(
        self,
        *,
        journal_entries: int = 1000,
        journal_bytes: int = 8 * 1024 * 1024,
        all_journals_bytes: int = 256 * 1024 * 1024,
        elapsed: Callable[[], float] = clock.process_time,
    ) -> None:
        self._elapsed = elapsed
        self._journal_entries, self._journal_bytes = journal_entries, journal_bytes
        self._all_journals_bytes = all_journals_bytes
        self._all_bytes = 0  # in all journals
        self._lock = Lock()
        self._sandboxes: dict[str, _Sandbox] = {}
        self._versions = 0
        self._ids = 0
        self._instance = new_name()

    def check(self) -> None:
        """Does nothing: this store is always available."""

    def close(self) -> None:
        """Does nothing: there is no connection."""

    def instance(self) -> str:
        return self._instance

    def fork(self) -> bool:
        self._instance = new_name()
        return True

    def read(self, sandbox: str, part: str, *, wall: float | None = None, expiry: Expiry = NEVER) -> Versioned | None:
        with self._lock:
            found = self._find(sandbox)
            if wall is not None:
                if expiry.is_over(self._last_use(found)):
                    self._forget(sandbox)
                    return None
                self._touch(found, wall)
            return found.documents.get(part)

    def last_known(self, sandbox: str) -> Document | None:
        with self._lock:
            found = self._find(sandbox).documents.get(SETTINGS)
            return found[1] if found else None

    def write(
        self,
        sandbox: str,
        part: str,
        document: Document,
        *,
        expected: int,
        wall: float,
        most: int | None = None,
        anew: bool = False,
        beside: Mapping[str, Document] = NOTHING,
    ) -> int:
        with self._lock:
            there = sandbox in self._sandboxes
            version, _ = self._find(sandbox).documents.get(part, (0, {}))
            if version != expected or not (there or part == SETTINGS):
                return 0
            if not there and sandbox != DEFAULT and most is not None:
                others = len(self._sandboxes) - (DEFAULT in self._sandboxes)
                if others >= most:
                    return 0
            if anew:
                self._forget(sandbox)
            found = self._find(sandbox)
            self._versions += 1
            for name, each in {**beside, part: document}.items():
                found.documents[name] = (self._versions, each)
            self._touch(found, wall)
            self._sandboxes[sandbox] = found
            return self._versions

    def sandboxes(self) -> Mapping[str, LastUse]:
        with self._lock:
            return {name: self._last_use(sandbox) for name, sandbox in self._sandboxes.items()}

    def delete(self, sandbox: str, expiry: Expiry | None = None) -> bool:
        with self._lock:
            if expiry is not None and not expiry.is_over(self._last_use(self._find(sandbox))):
                return False
            return self._forget(sandbox)

    def spend(self, sandbox: str, key: str, quota: Quota, now: float) -> QuotaState:
        with self._lock:
            return _spend(self._find(sandbox), Spend(key, quota, now))

    def count(self, sandbox: str, key: str) -> int:
        with self._lock:
            return _count(self._find(sandbox), key)

    def count_all(
        self, sandbox: str, counts: Sequence[Counter] = (), spend: Spend | None = None, last: str | None = None
    ) -> CountResult:
        with self._lock:
            found, earlier = self._find(sandbox), list[int]()
            for each in counts:
                earlier.append(_count(found, each.key) if each.key else 0)
                if each.applies(earlier[-1]):
                    if each.ends:
                        return CountResult(tuple(earlier))
                    break
            spent = None if spend is None else _spend(found, spend)
            if last is None or (spent is not None and not spent.allowed):
                return CountResult(tuple(earlier), spent)
            return CountResult(tuple(earlier), spent, _count(found, last))

    def get_count(self, sandbox: str, key: str) -> int:
        with self._lock:
            return self._find(sandbox).counters.get(key, 0)

    def reset_counters(self, sandbox: str) -> None:
        with self._lock:
            found = self._find(sandbox)
            found.windows.clear()
            found.counters.clear()

    def append(self, sandbox: str, entry: Document, size: int) -> int:
        with self._lock:
            self._ids += 1
            kept = self._sandboxes.get(sandbox)
            if kept is None:
                return self._ids
            kept.journal.append((self._ids, entry, size))
            self._grow(kept, size)
            while len(kept.journal) > self._journal_entries or kept.journal_bytes > self._journal_bytes:
                self._drop_oldest(kept)
            if self._all_bytes > self._all_journals_bytes:
                self._shrink_journals()
            return self._ids

    def entries(self, sandbox: str) -> list[tuple[int, Document]]:
        with self._lock:
            return [(id, entry) for id, entry, _ in self._find(sandbox).journal]

    def newer(self, sandbox: str, after: int) -> NewEntries:
        with self._lock:
            found = self._find(sandbox)
            fresh = [(id, entry) for id, entry, _ in takewhile(lambda entry: entry[0] > after, reversed(found.journal))]
            return NewEntries(fresh[::-1], len(found.journal), found.dropped)

    def dropped(self, sandbox: str) -> int:
        with self._lock:
            return self._find(sandbox).dropped

    def remove(self, sandbox: str, ids: frozenset[int] | None = None) -> int:
        with self._lock:
            found = self._find(sandbox)
            kept = [] if ids is None else [entry for entry in found.journal if entry[0] not in ids]
            removed = len(found.journal) - len(kept)
            found.journal = deque(kept)
            self._grow(found, sum(size for _, _, size in kept) - found.journal_bytes)
            found.dropped = found.dropped if kept else 0
            return removed

    def _grow(self, sandbox: _Sandbox, size: int) -> None:
        sandbox.journal_bytes += size
        self._all_bytes += size

    def _drop_oldest(self, sandbox: _Sandbox) -> None:
        self._grow(sandbox, -sandbox.journal.popleft()[2])
        sandbox.dropped += 1

    def _shrink_journals(self) -> None:
        """Shrinks all journals together to well below their bound: finding the largest takes time."""
        while self._all_bytes > self._all_journals_bytes - self._all_journals_bytes // 64:
            largest = max(self._sandboxes.values(), key=lambda sandbox: sandbox.journal_bytes)
            enough = largest.journal_bytes - max(1, largest.journal_bytes // 64)
            while largest.journal and largest.journal_bytes > enough:
                self._drop_oldest(largest)

    def _last_use(self, sandbox: _Sandbox) -> LastUse:
        return LastUse(self._elapsed() - sandbox.used, sandbox.wall)

    def _touch(self, sandbox: _Sandbox, wall: float) -> None:
        sandbox.used, sandbox.wall = self._elapsed(), max(sandbox.wall, wall)

    def _forget(self, sandbox: str) -> bool:
        gone = self._sandboxes.pop(sandbox, None)
        self._all_bytes -= gone.journal_bytes if gone else 0
        return gone is not None

    def _find(self, sandbox: str) -> _Sandbox:
        """The sandbox; a temporary empty one if it does not exist."""
        return self._sandboxes.get(sandbox) or _Sandbox()


def _spend(sandbox: _Sandbox, spend: Spend) -> QuotaState:
    (key, quota, now), windows = spend, sandbox.windows
    opened, count = windows.get(key, (now, 0))
    if not opened - LATE_SECONDS <= now < opened + quota.seconds:  # the window has ended, or the clock was set back
        opened, count = now, 0
    allowed = count < quota.limit
    if allowed:
        count += 1
        windows[key] = (opened, count)
    return QuotaState(allowed, quota.limit, max(0, quota.limit - count), opened + quota.seconds)


def _count(sandbox: _Sandbox, key: str) -> int:
    before = sandbox.counters.get(key, 0)
    sandbox.counters[key] = before + 1
    return before
