"""The store: the one door to all mutable state that a user can observe."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Protocol

from ..toolkit.quota import Quota, Spent

Document = Mapping[str, Any]


class Store(Protocol):
    """Where sandboxes live. Values are JSON-able, changes are versioned, spends are atomic.

    Shaped so that each method is one round trip to a server like Redis.
    """

    def read(self, sandbox: str) -> tuple[int, Document] | None:
        """The version and settings of a sandbox; None when there is no such sandbox."""

    def write(self, sandbox: str, document: Document, *, expected: int) -> tuple[int, Document]:
        """Put settings in place if the sandbox is still at version ``expected`` (0: if there is none).

        Returns what is there afterwards: the caller's, one version later, or what somebody else wrote meanwhile.
        """

    def spend(self, sandbox: str, key: str, quota: Quota, now: float) -> Spent:
        """Count one call against a quota at sandbox time ``now`` (epoch seconds); a refused call does not count."""
