"""Warnings that travel beside a reply: what was unknown, ignored, repeated or out of place."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass

HEADER_LIMIT = 4096
LONGEST = 100  # characters of a name that may be a slip: to compare longer ones takes long, and none are meant


@dataclass(frozen=True, slots=True)
class Notice:
    """One warning: where (``query.filter[state]``, ``header.Apikey``), a stable code, a sentence."""

    location: str
    code: str
    message: str


def closest(name: str, known: Iterable[str]) -> str | None:
    """The known name most like this one, whatever its case; None when none is like it, or it is a long text."""
    if len(name) > LONGEST:
        return None
    from difflib import get_close_matches  # not before something is misspelled

    by_folded = {candidate.casefold(): candidate for candidate in known}
    found = get_close_matches(name.casefold(), by_folded, n=1, cutoff=0.5)
    return by_folded[found[0]] if found else None


def edits(one: str, other: str) -> int:
    """How many signs must be put in, taken out, replaced or swapped with the next one to make one text the other.

    Long texts are not compared: they are as far apart as they are long.
    """
    if max(len(one), len(other)) > LONGEST:
        return max(len(one), len(other))
    before, row = list[int](), list(range(len(other) + 1))
    for i, sign in enumerate(one):
        above, before, row = before, row, [i + 1]
        for j, another in enumerate(other):
            best = min(before[j] + (sign != another), before[j + 1] + 1, row[j] + 1)
            if i and j and sign == other[j - 1] and one[i - 1] == another:
                best = min(best, above[j - 1] + 1)
            row.append(best)
    return row[-1]


def unknown_parameter(name: str, known: Sequence[str]) -> Notice:
    """The costliest client bug: an unknown filter is ignored, and everything comes back."""
    match = closest(name, known)
    hint = f" Did you mean {match}?" if match else " The endpoint takes none." if not known else ""
    return Notice(
        f"query.{name}", "unknown-parameter", f"{name} is not a parameter of this endpoint and was ignored.{hint}"
    )


def as_header(notices: Sequence[Notice]) -> str:
    """The notices as an ASCII JSON array of at most 4 KB; what does not fit is counted in a last element."""
    kept: list[str] = []
    left = HEADER_LIMIT - len(_more(len(notices))) - len("[,]")
    for notice in notices:
        text = json.dumps(asdict(notice), separators=(",", ":"))
        left -= len(text) + 1
        if left < 0:
            kept.append(_more(len(notices) - len(kept)))
            break
        kept.append(text)
    return f"[{','.join(kept)}]"


def _more(count: int) -> str:
    return f'{{"location":"","code":"more","message":"{count} more"}}'
