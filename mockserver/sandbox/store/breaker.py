"""A circuit breaker: after a failure, nobody tries again at once."""

from __future__ import annotations

from collections.abc import Callable
from threading import Lock


class Breaker:
    """After a failure nobody tries for ``pause`` seconds; then one caller every ``pause`` may try, until it works.

    So only one caller waits for a server that does not answer; all others fail at once.
    """

    def __init__(self, elapsed: Callable[[], float], pause: float = 1.0) -> None:
        self._elapsed, self._pause, self._lock = elapsed, pause, Lock()
        self._until: float | None = None  # None: closed, the last try worked

    @property
    def well(self) -> bool:
        """Whether the last recorded try worked."""
        return self._until is None

    def due(self) -> bool:
        """Whether the caller should try now; it must record the result."""
        with self._lock:
            if self._until is None or self._elapsed() < self._until:
                return False
            self._until = self._elapsed() + self._pause  # for the other callers
            return True

    def failed(self) -> bool:
        """Records a failure; returns whether the try before had worked."""
        with self._lock:
            was_well, self._until = self._until is None, self._elapsed() + self._pause
            return was_well

    def worked(self) -> bool:
        """Records a success; returns whether the try before had failed."""
        if self._until is None:
            return False
        with self._lock:
            had_failed, self._until = self._until is not None, None
            return had_failed
