"""The basis of a behaviour: documented by the vendor, public elsewhere, or inferred by us."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal, NamedTuple

Basis = Literal["documented", "public", "inferred"]
_STRENGTH: dict[Basis, int] = {"documented": 2, "public": 1, "inferred": 0}


class Part(NamedTuple):
    """One thing that shaped a reply, with its source: ``("parameter", "page", "documented", "004:14")``."""

    kind: str
    name: str
    basis: Basis
    source: str

    def __str__(self) -> str:
        label = f"{self.kind} {self.name}" if self.name else self.kind
        return f"{label} ({self.source})" if self.source not in ("", "none") else f"{label} (no source)"


def find_weakest(parts: Sequence[Part]) -> Part:
    """The part with the weakest basis, the first of several."""
    return min(parts, key=lambda part: _STRENGTH[part.basis])
