"""How well founded something is: documented by the vendor, public elsewhere, or inferred by us."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal, NamedTuple

Basis = Literal["documented", "public", "inferred"]
_STRENGTH: dict[Basis, int] = {"documented": 2, "public": 1, "inferred": 0}


class Part(NamedTuple):
    """One thing that shaped a reply, and where it is from: ``("parameter", "page", "documented", "004:14")``."""

    kind: str
    name: str
    basis: Basis
    source: str

    def __str__(self) -> str:
        found = f"{self.kind} {self.name}" if self.name else self.kind
        return f"{found} ({self.source})" if self.source not in ("", "none") else f"{found} (no source)"


def find_weakest(parts: Sequence[Part]) -> Part:
    """The part that is founded worst, the first of several."""
    return min(parts, key=lambda part: _STRENGTH[part.basis])
