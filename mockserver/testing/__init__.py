"""Helpers for tests against the sandbox: pytest plugin, client, server. The room cli imports them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .client import Client, Refused
    from .sandbox_client import Sandbox
    from .server import Server

__all__ = ["Client", "Refused", "Sandbox", "Server"]


def __getattr__(name: str) -> Any:
    """Import a name when it is used: pytest imports this package, with the plugin, at every start."""
    if name == "Server":
        from .server import Server  # the client does without the server

        return Server
    if name in __all__:
        from . import client

        return getattr(client, name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
