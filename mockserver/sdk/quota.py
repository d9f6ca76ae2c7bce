"""A quota as a value: so many calls per window."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import NamedTuple

SECONDS = {"second": 1, "minute": 60, "hour": 3600, "day": 86400}
LATE_SECONDS = 5.0  # concurrent calls may be counted in another order than their times have
_SHAPE = re.compile(r"([1-9]\d{0,8})/(second|minute|hour|day)\Z")


@dataclass(frozen=True, slots=True)
class Quota:
    """``limit`` calls in a fixed window of ``seconds``, which opens with the first counted call."""

    limit: int
    seconds: int

    @classmethod
    def parse(cls, text: str) -> Quota:
        """``60/minute`` and the like. Raises ValueError with a sentence."""
        match = _SHAPE.match(text)
        if not match:
            raise ValueError(f"{text!r} is not a quota; wanted <n>/second, <n>/minute, <n>/hour or <n>/day")
        return cls(int(match[1]), SECONDS[match[2]])

    @property
    def text(self) -> str:
        """The quota as ``parse`` reads it."""
        return f"{self.limit}/{next(word for word, seconds in SECONDS.items() if seconds == self.seconds)}"


class QuotaState(NamedTuple):
    """A quota after one call: whether the call is allowed, what remains, when the window ends (epoch seconds)."""

    allowed: bool
    limit: int
    remaining: int
    resets_at: float
