"""The store of a single process: dicts behind one lock."""

from __future__ import annotations

from threading import Lock

from ..toolkit.quota import Quota, Spent
from . import Document


class MemoryStore:
    """Everything in this process; gone with it."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._documents: dict[str, tuple[int, Document]] = {}
        self._windows: dict[tuple[str, str], tuple[float, int]] = {}

    def read(self, sandbox: str) -> tuple[int, Document] | None:
        return self._documents.get(sandbox)

    def write(self, sandbox: str, document: Document, *, expected: int) -> tuple[int, Document]:
        with self._lock:
            version, _ = self._documents.get(sandbox, (0, {}))
            if version == expected:
                self._documents[sandbox] = (version + 1, document)
            return self._documents[sandbox]

    def spend(self, sandbox: str, key: str, quota: Quota, now: float) -> Spent:
        with self._lock:
            opened, count = self._windows.get((sandbox, key), (now, 0))
            if not opened <= now < opened + quota.seconds:  # over, or the clock was set back
                opened, count = now, 0
            allowed = count < quota.limit
            if allowed:
                count += 1
                self._windows[sandbox, key] = (opened, count)
            return Spent(allowed, quota.limit, max(0, quota.limit - count), opened + quota.seconds)
