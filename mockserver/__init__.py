"""An offline sandbox of five billing vendors' "list invoices" APIs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from .sdk.version import __version__

if TYPE_CHECKING:
    from .app import create_app

__all__ = ["__version__", "create_app"]


def __getattr__(name: str) -> Any:
    """``create_app`` is imported when it is asked for: commands that need no server start without Flask."""
    if name == "create_app":
        from .app import create_app  # commands that need no server start without Flask

        return create_app
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
