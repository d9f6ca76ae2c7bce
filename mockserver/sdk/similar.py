"""Suggests what a misspelled name or path may have meant."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from heapq import nlargest

# The time to compare two texts grows with the square of their lengths.
MAX_NAME_CHARS = 64  # a longer name is not a slip
MAX_PATH_CHARS = 200  # only the beginning of a longer path is compared
MAX_VALUE_CHARS = 100  # only the beginning of a longer value is compared
MAX_CANDIDATES = 5  # compared closely: the names that share most letters

# The least similarity of two texts, from 0 to 1, for a suggestion ...
MIN_HINT = 0.5  # ... that may be wrong, as one of few candidates
MIN_CERTAIN = 0.75  # ... that would mislead if wrong: `paeg` means `page`, `status` does not mean `startDate`
MIN_SLIP = 0.8  # ... of a letter or two


def did_you_mean(match: str | None) -> str:
    """The hint at the end of a message; empty without a match."""
    return f" Did you mean {match}?" if match else ""


def find_closest_paths(path: str, known: Iterable[str], most: int = 1) -> list[str]:
    """The known paths most like this one, the nearest first; repeated slashes make no difference."""
    from difflib import get_close_matches  # not before a path is misspelled

    plain = re.sub("/{2,}", "/", path[:MAX_PATH_CHARS]).rstrip("/")
    return get_close_matches(plain, list(known), most, MIN_HINT)


def is_slip_of(text: str, names: Iterable[str]) -> bool:
    """Whether a text differs from one of these by a slip."""
    from difflib import get_close_matches  # not before something is misspelled

    short = [name[:MAX_VALUE_CHARS] for name in names]
    return bool(get_close_matches(text[:MAX_VALUE_CHARS], short, 1, MIN_SLIP))


def find_closest(name: str, known: Iterable[str]) -> str | None:
    """The known name most like this one in any case; None without a similar one, or for a long name."""
    if len(name) > MAX_NAME_CHARS:
        return None
    from difflib import SequenceMatcher  # not before something is misspelled

    by_folded = {each.casefold(): each for each in known if len(each) <= MAX_NAME_CHARS}
    comparing = SequenceMatcher(b=name.casefold())

    def likeness(text: str, measure: Callable[[], float]) -> tuple[float, str]:
        comparing.set_seq1(text)
        return measure(), text

    likely = nlargest(MAX_CANDIDATES, by_folded, lambda text: likeness(text, comparing.quick_ratio))
    best, text = max((likeness(text, comparing.ratio) for text in likely), default=(0.0, ""))
    return by_folded[text] if best >= MIN_HINT else None


def edit_distance(one: str, other: str) -> int:
    """The number of insertions, deletions, replacements and swaps of neighbours between two texts.

    Long texts are not compared: their distance is the length of the longer.
    """
    if max(len(one), len(other)) > MAX_NAME_CHARS:
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


def guess_parameter(name: str, known: Mapping[str, Sequence[str]]) -> str | None:
    """The parameter that an unknown name seems to mean; None when that is uncertain.

    ``known``: each parameter with its synonyms. Letter case, ``-`` and ``_`` make no difference, and of
    ``filter[status]`` the word in brackets counts.
    """
    if len(name) > MAX_NAME_CHARS:
        return None
    from difflib import get_close_matches  # not before something is misspelled

    words: dict[str, str] = {}
    for parameter, others in known.items():
        for spelled in (parameter, *others):
            words.setdefault(_word(spelled), parameter)
    found = get_close_matches(_word(name), words, n=1, cutoff=MIN_CERTAIN)
    return words[found[0]] if found else None


def _word(name: str) -> str:
    inner = re.search(r"\[([^\[\]]+)\]\Z", name.removesuffix("[]"))
    return re.sub(r"[-_. \[\]]", "", inner[1] if inner else name).casefold()
