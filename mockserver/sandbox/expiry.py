"""When a sandbox expires: after idleness, or at the daily reset."""

from __future__ import annotations

from ..sdk.clock import last_daily
from .settings import Settings
from .store import DEFAULT, Expiry


def make_expiry(settings: Settings, name: str, wall: float) -> Expiry:
    """When the sandbox of this name expires.

    Idleness is measured by the store's own time, so a jump of the wall clock or a replica's clock does not matter; the
    default sandbox may be idle for ever. The daily reset follows the wall clock: a sandbox that was last used before it
    is deleted by the next call, in one step of the store. So the reset needs no timer.
    """
    idle = None if name == DEFAULT else settings.sandbox_idle
    since = None if settings.reset_at is None else last_daily(settings.reset_at, wall)
    return Expiry(idle, since)
