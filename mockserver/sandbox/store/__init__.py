"""The store: the only access to mutable state that a user can observe."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from os import urandom
from types import MappingProxyType
from typing import Any, NamedTuple, Protocol

from ...sdk.quota import Quota, QuotaState
from .counting import Counter, CountResult, Spend

Document = Mapping[str, Any]
Versioned = tuple[int, Document]

NOTHING: Mapping[str, Document] = MappingProxyType({})

SETTINGS = "settings"
DEFAULT = "default"  # the sandbox of requests that name none


def new_name() -> str:
    """A random name for a new instance of a store."""
    return urandom(6).hex()


class LastUse(NamedTuple):
    """The last use of a sandbox.

    ``idle``: seconds since then, by the store's own time. ``wall``: the wall time of the process that used it.
    """

    idle: float
    wall: float


class Expiry(NamedTuple):
    """When a sandbox expires: after more than ``idle`` seconds, or if last used before wall time ``since``.

    None disables a condition.
    """

    idle: float | None = None
    since: float | None = None

    def is_over(self, use: LastUse) -> bool:
        """Whether a sandbox with this last use has expired."""
        too_idle = self.idle is not None and use.idle > self.idle
        return too_idle or (self.since is not None and use.wall < self.since)


NEVER = Expiry()


class NewEntries(NamedTuple):
    """The new entries of a journal with their ids, oldest first.

    ``total``: the entries in the journal. ``dropped``: the entries that its bounds dropped since it was last empty.
    Their sum grows by one with each entry, and changes otherwise only when entries are removed.
    """

    entries: list[tuple[int, Document]]
    total: int
    dropped: int


class Store(Protocol):
    """Keeps sandboxes. Values are JSON-able, documents are versioned, spends and counts are atomic.

    A sandbox consists of named documents (``settings``, ``records/<vendor>``), quota windows, counters and a journal.
    It exists from its first ``settings`` until it is deleted; what is written, spent, counted or appended while it does
    not exist is lost. Each method takes one round trip to a server like Redis, and raises StoreUnavailable when that
    server cannot be used.
    """

    def check(self) -> None:
        """Raises StoreUnavailable when the store cannot be used."""

    def close(self) -> None:
        """Closes connections, if there are any; the next use opens new ones."""

    def instance(self) -> str | None:
        """The random name of the store's data; another name says that the earlier data is lost.

        While the store is unavailable, the last name that this process saw; None when it never saw one.
        """

    def fork(self) -> bool:
        """Prepares for a forked process with a copy of this; returns whether the copy has data of its own.

        If so, ``instance`` has a new name from now on.
        """

    def read(self, sandbox: str, part: str, *, wall: float | None = None, expiry: Expiry = NEVER) -> Versioned | None:
        """A document and its version; None when there is none.

        With ``wall`` (the caller's wall time) this counts as a use of the sandbox; a sandbox whose ``expiry`` is over
        is deleted instead. The latest wall time stays, also when a slower caller comes later.
        """

    def last_known(self, sandbox: str) -> Document | None:
        """The settings of a sandbox as this process last saw them, for use while the store is unavailable.

        None when it never saw them, or the sandbox did not exist any more.
        """

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
        """Writes a document if it is still at version ``expected`` (0: if there is none), as one use of the sandbox.

        ``most``: the number of sandboxes beside the default one; a further one is not created. ``anew``: deletes
        everything else of the sandbox in the same step. ``beside``: documents that are written in the same step,
        whatever their version.

        Returns the new version of all written documents, or 0 when nothing was written. Versions only grow and are
        never reused, not even after the sandbox was deleted.
        """

    def sandboxes(self) -> Mapping[str, LastUse]:
        """The names of all sandboxes, and the last use of each."""

    def delete(self, sandbox: str, expiry: Expiry | None = None) -> bool:
        """Deletes a sandbox, with ``expiry`` only if that is over; returns whether it was deleted."""

    def spend(self, sandbox: str, key: str, quota: Quota, now: float) -> QuotaState:
        """Counts one call against a quota at sandbox time ``now`` (epoch seconds); a refused call does not count.

        A call that arrives a little late, after calls of a later time, counts in their window.
        """

    def count(self, sandbox: str, key: str) -> int:
        """Counts once more; returns the count before, 0 at first."""

    def count_all(
        self, sandbox: str, counts: Sequence[Counter] = (), spend: Spend | None = None, last: str | None = None
    ) -> CountResult:
        """Counts these in turn up to the first that applies to the call, spends, and counts ``last``: in one step.

        A counter that ends the call prevents the spend; a refused spend prevents ``last``.
        """

    def get_count(self, sandbox: str, key: str) -> int:
        """The count so far; counts nothing."""

    def reset_counters(self, sandbox: str) -> None:
        """Resets quota windows and counters; documents and the journal stay."""

    def append(self, sandbox: str, entry: Document, size: int) -> int:
        """Adds an entry of about ``size`` bytes to the journal; returns its id. Ids only grow.

        Drops the oldest entries when the journal is over its bounds.
        """

    def entries(self, sandbox: str) -> list[tuple[int, Document]]:
        """The journal's entries with their ids, oldest first."""

    def newer(self, sandbox: str, after: int) -> NewEntries:
        """The entries with ids above ``after``; earlier ones are not read."""

    def dropped(self, sandbox: str) -> int:
        """The number of entries that the journal's bounds dropped since it was last empty."""

    def remove(self, sandbox: str, ids: frozenset[int] | None = None) -> int:
        """Removes entries from the journal (None: all); returns their number."""
