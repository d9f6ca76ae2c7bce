"""All that is counted of one call, as values: so that a store can count it in one step, wherever it is."""

from __future__ import annotations

from hashlib import sha1
from typing import NamedTuple

from ...sdk.quota import Quota, QuotaState


class Counter(NamedTuple):
    """Something to be counted, and at which counts it takes hold of the call: from ``first`` up to, not including,
    ``last`` (None: any), each with a ``probability``, which ``seed`` decides. ``ends``: the call gets no further then.

    Without a ``key`` nothing is counted, and it is as if it were the first time.
    """

    key: str
    first: int = 0
    last: int | None = None
    probability: float = 1.0
    seed: str = ""
    ends: bool = False

    def holds(self, met: int) -> bool:
        """Whether it takes hold of a call before which it was counted so often."""
        within = self.first <= met and (self.last is None or met < self.last)
        return within and draw_for(f"{self.seed}{met}") < self.probability


class Spend(NamedTuple):
    """A call to be counted against a quota at sandbox time ``now`` (epoch seconds)."""

    key: str
    quota: Quota
    now: float


class CountResult(NamedTuple):
    """What was counted: how often each was before, as far as it came; what became of the quota; and how often what
    comes last was counted before.
    """

    earlier: tuple[int, ...] = ()
    quota: QuotaState | None = None
    last: int | None = None


def draw_for(text: str) -> float:
    """A number from 0 up to, not including, 1 that looks random and is the same for the same text, in any language that
    has SHA-1.
    """
    return int(sha1(text.encode(), usedforsecurity=False).hexdigest()[:12], 16) / 2**48
