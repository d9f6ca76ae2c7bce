"""The store: the one door to all mutable state that a user can observe."""

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
DEFAULT = "default"  # the sandbox that nobody has to ask for


def new_name() -> str:
    """A name for a memory that has just begun."""
    return urandom(6).hex()


class LastUse(NamedTuple):
    """The last use of a sandbox: how many seconds ago by the store's own time, which no wall clock moves; and what the
    wall clock showed to the one who used it.
    """

    idle: float
    wall: float


class Expiry(NamedTuple):
    """When a sandbox is forgotten: ``idle`` for more than so many seconds, or last used before the wall clock showed
    ``since``. None: not for that.
    """

    idle: float | None = None
    since: float | None = None

    def is_over(self, use: LastUse) -> bool:
        """Whether a sandbox with this last use is to be forgotten."""
        too_idle = self.idle is not None and use.idle > self.idle
        return too_idle or (self.since is not None and use.wall < self.since)


NEVER = Expiry()


class NewEntries(NamedTuple):
    """What came to a journal since somebody looked: the entries with their ids, oldest first; and how many it has in
    all, and let go because it was over its bounds since it was last empty.

    These two together grow by one with each entry, and otherwise only change when somebody takes entries out.
    """

    entries: list[tuple[int, Document]]
    total: int
    dropped: int


class Store(Protocol):
    """Where sandboxes live. Values are JSON-able, changes are versioned, spends and counts are atomic.

    A sandbox is a few named documents (``settings``, ``records/<vendor>``), its quota windows, its counters and its
    journal. It is there from its first ``settings`` until it is deleted; what is written beside them, spent, counted or
    appended while it is not there is lost. Shaped so that each method is one round trip to a server like Redis; each
    raises StoreAway when there is such a server and it cannot be used.
    """

    def check(self) -> None:
        """Raises StoreAway when the store cannot be used now."""

    def close(self) -> None:
        """Let go of connections, if there are any; there are new ones as soon as they are needed."""

    def instance(self) -> str | None:
        """What the memory is called in which all of this is (hex digits, made at random): another name says that what
        was there is lost. While the store is away, the name that this process last saw; None when it never saw one.
        """

    def fork(self) -> bool:
        """Tell that a process is about to start with a copy of this; whether the copy is a memory of its own. Then it
        has a name of its own, too, which ``instance`` gives from here on.
        """

    def read(self, sandbox: str, part: str, *, wall: float | None = None, expiry: Expiry = NEVER) -> Versioned | None:
        """A document and its version; None when there is none.

        With ``wall`` (what the caller's wall clock shows) the sandbox counts as used now, unless its ``expiry`` is
        over: it is forgotten instead. Of all such times the latest stays: a slow caller takes none of it back.
        """

    def last_known(self, sandbox: str) -> Document | None:
        """The settings of a sandbox as this process last saw them, for as long as the store is away; None when it never
        did, or they were gone.
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
        """Put a document in place if it is still at version ``expected`` (0: if there is none), and count the sandbox
        as used now, when the wall clock shows ``wall``. With ``most``, no sandbox but the default one is made where
        there are so many beside that already; with ``anew``, all else of the sandbox is forgotten in the same step, and
        documents ``beside`` this one, whatever their version, are put in place in it, too.

        Returns the new version, which they all have, or 0 when nothing was written. Versions only grow and never come
        again, not even after the sandbox was deleted.
        """

    def sandboxes(self) -> Mapping[str, LastUse]:
        """The names of all sandboxes, and the last use of each."""

    def delete(self, sandbox: str, expiry: Expiry | None = None) -> bool:
        """Forget all of a sandbox, with ``expiry`` only if that is over; whether anything was forgotten."""

    def spend(self, sandbox: str, key: str, quota: Quota, now: float) -> QuotaState:
        """Count one call against a quota at sandbox time ``now`` (epoch seconds); a refused call does not count.

        One that comes a little late, after calls of a later time were counted, belongs to their window.
        """

    def count(self, sandbox: str, key: str) -> int:
        """How often this was counted before: 0 at first. Counts this time, too."""

    def count_all(
        self, sandbox: str, counts: Sequence[Counter] = (), spend: Spend | None = None, last: str | None = None
    ) -> CountResult:
        """All in one step: count these in turn, up to the first that takes hold of the call; unless that ends it,
        spend; and unless that is refused, count ``last``, too.
        """

    def get_count(self, sandbox: str, key: str) -> int:
        """How often this was counted so far; counts nothing."""

    def reset_counters(self, sandbox: str) -> None:
        """Forget all that was spent and counted; what is in documents and the journal stays."""

    def append(self, sandbox: str, entry: Document, size: int) -> int:
        """Add an entry of about ``size`` bytes to the journal; returns its id, which only ever grows.

        The oldest entries go when the journal is over its bounds.
        """

    def entries(self, sandbox: str) -> list[tuple[int, Document]]:
        """The journal's entries with their ids, oldest first."""

    def newer(self, sandbox: str, after: int) -> NewEntries:
        """The same, of the entries whose ids are above ``after`` alone: what was seen before costs nothing."""

    def dropped(self, sandbox: str) -> int:
        """How many entries the journal let go because it was over its bounds, since it was last empty."""

    def remove(self, sandbox: str, ids: frozenset[int] | None = None) -> int:
        """Take entries out of the journal (None: all); returns how many there were."""
