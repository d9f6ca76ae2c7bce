"""Warnings that travel beside a reply: what was unknown, ignored, repeated or out of place."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from heapq import nlargest

HEADER_LIMIT = 4096
UNDOCUMENTED_HEADER = "undocumented-header"  # a code that fails no strict call: tracing tools add headers to any
LONGEST = 64  # characters of a name that may be a slip: to compare longer ones takes long, and none are meant
LIKELY = 5  # names that are compared closely, those that have most letters in common with it
ALIKE = 0.5
MEANT = 0.75  # `paeg` means `page`, `status` does not mean `startDate`


@dataclass(frozen=True, slots=True)
class Notice:
    """One warning: where (``query.filter[state]``, ``header.Apikey``), a stable code, a sentence."""

    location: str
    code: str
    message: str


def closest(name: str, known: Iterable[str]) -> str | None:
    """The known name most like this one, whatever its case; None when none is like it. Long ones are like none."""
    if len(name) > LONGEST:
        return None
    from difflib import SequenceMatcher  # not before something is misspelled

    by_folded = {each.casefold(): each for each in known if len(each) <= LONGEST}
    comparing = SequenceMatcher(b=name.casefold())

    def likeness(text: str, measure: Callable[[], float]) -> tuple[float, str]:
        comparing.set_seq1(text)
        return measure(), text

    likely = nlargest(LIKELY, by_folded, lambda text: likeness(text, comparing.quick_ratio))
    best, text = max((likeness(text, comparing.ratio) for text in likely), default=(0.0, ""))
    return by_folded[text] if best >= ALIKE else None


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


def meant(name: str, known: Mapping[str, Sequence[str]]) -> str | None:
    """The parameter that a name which is none seems to mean; None when it is not sure.

    ``known``: each parameter with what else its document calls it. Letter case, ``-`` and ``_`` make no difference, and
    of ``filter[status]`` the word in brackets counts.
    """
    if len(name) > LONGEST:
        return None
    from difflib import get_close_matches

    words: dict[str, str] = {}
    for parameter, others in known.items():
        for spelled in (parameter, *others):
            words.setdefault(_word(spelled), parameter)
    found = get_close_matches(_word(name), words, n=1, cutoff=MEANT)
    return words[found[0]] if found else None


def _word(name: str) -> str:
    inner = re.search(r"\[([^\[\]]+)\]\Z", name.removesuffix("[]"))
    return re.sub(r"[-_. \[\]]", "", inner[1] if inner else name).casefold()


def unknown_parameter(name: str, known: Mapping[str, Sequence[str]]) -> Notice:
    """The costliest client bug: an unknown filter is ignored, and everything comes back."""
    match = meant(name, known)
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
