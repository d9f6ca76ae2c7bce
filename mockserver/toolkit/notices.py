"""Warnings that travel beside a reply: what was unknown, ignored, repeated or out of place."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass

HEADER_LIMIT = 4096
ALIKE = 0.75  # `paeg` means `page`, `status` does not mean `startDate`
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
    found = get_close_matches(_word(name), words, n=1, cutoff=ALIKE)
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
