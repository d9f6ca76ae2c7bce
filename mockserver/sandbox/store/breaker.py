"""Not asking again at once what has just failed to answer."""

from __future__ import annotations

from collections.abc import Callable
from threading import Lock


class Breaker:
    """After a failure nobody asks for ``pause`` seconds; then one may try, and every ``pause`` another, until it works.

    Whoever has to wait for a server that does not answer waits once: all others are told at once.
    """

    def __init__(self, elapsed: Callable[[], float], pause: float = 1.0) -> None:
        self._elapsed, self._pause, self._lock = elapsed, pause, Lock()
        self._until: float | None = None  # None: all is well

    @property
    def well(self) -> bool:
        """Whether the last that was told is that it worked."""
        return self._until is None

    def due(self) -> bool:
        """Whether the caller should try now if it works again; it must tell what comes of it."""
        with self._lock:
            if self._until is None or self._elapsed() < self._until:
                return False
            self._until = self._elapsed() + self._pause  # the others do not
            return True

    def failed(self) -> bool:
        """Tell that it failed; whether all was well before."""
        with self._lock:
            was_well, self._until = self._until is None, self._elapsed() + self._pause
            return was_well

    def worked(self) -> bool:
        """Tell that it worked; whether it had failed before."""
        if self._until is None:
            return False
        with self._lock:
            had_failed, self._until = self._until is not None, None
            return had_failed
