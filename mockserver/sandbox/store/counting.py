"""What a store counts for one call, as values, so that it can count everything in one step."""

from __future__ import annotations

from hashlib import sha1
from typing import NamedTuple

from ...sdk.quota import Quota, QuotaState


class Counter(NamedTuple):
    """A counter, and the counts at which it applies to the call.

    It applies from ``first`` up to, not including, ``last`` (None: no end), with a ``probability`` that is drawn from
    ``seed``. ``ends``: the call ends when it applies. Without a ``key`` nothing is counted; the count is always 0.
    """

    key: str
    first: int = 0
    last: int | None = None
    probability: float = 1.0
    seed: str = ""
    ends: bool = False

    def applies(self, count: int) -> bool:
        """Whether it applies to a call with this count before it."""
        within = self.first <= count and (self.last is None or count < self.last)
        return within and draw_for(f"{self.seed}{count}") < self.probability


class Spend(NamedTuple):
    """One call to count against a quota at sandbox time ``now`` (epoch seconds)."""

    key: str
    quota: Quota
    now: float


class CountResult(NamedTuple):
    """The count of each counter before this call, up to the one that applied; the quota; the count of ``last``."""

    earlier: tuple[int, ...] = ()
    quota: QuotaState | None = None
    last: int | None = None


def draw_for(text: str) -> float:
    """A pseudo-random number in [0, 1) for a text; the scripts of Redis compute the same one with SHA-1."""
    return int(sha1(text.encode(), usedforsecurity=False).hexdigest()[:12], 16) / 2**48
