"""Explains why a call in the journal does not match."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from itertools import islice
from typing import Any

from ..sandbox.matching import MAPS, Difference
from ..sandbox.store import Document
from ..sdk.similar import find_closest, is_slip_of
from .redacted_request import MASK


def explain_difference(difference: Difference, entry: Document) -> str | None:
    """A hint at the cause of a difference between a matcher and an entry; None if none is known."""
    place, _, name = difference.field.partition(".")
    wanted, found = _expected_value(difference.expected), difference.found
    if found is None:
        near = find_closest(name, islice(entry["request"][place], MAX_COMPARED_NAMES)) if place in MAPS else None
        return f"The call has {near}, another name." if near else None
    if found == MASK or str(found).endswith(f" {MASK}"):
        return 'The journal hides credentials; {"absent": false} asks whether there is one.'
    if not isinstance(wanted, str):
        return None
    if wanted == f"/{entry['vendor']}{found}":
        return "Paths are told without the prefix of the vendor."
    if place == "path" and "?" in wanted:
        return "What stands behind ? is asked for by query."
    values = entry["request"]["query"].get(name) if place == "query" else None
    if isinstance(values, list):
        return f"It was sent {len(values)} times: {', '.join(values)}."
    for same, alike in _ALIKE.items():
        if alike(wanted) == alike(found):
            return f"They differ in {same} alone."
    if place in NAMES and is_slip_of(found, (wanted, wanted.removeprefix(f"/{entry['vendor']}"))):
        return f"The call has {found}. Did you mean that?"
    return 'It is a part of what was sent: {"contains": …}.' if place in MAPS and wanted in found else None


NAMES = ("vendor", "operation", "method", "path")


MAX_COMPARED_NAMES = 50  # of a call, searched for a misspelling


_ALIKE: Mapping[str, Callable[[str], str]] = {
    "case": str.casefold,
    "blanks": lambda text: "".join(text.split()),
    "a slash at the end": lambda text: text.rstrip("/"),
    "zeros in front": lambda text: text.lstrip("0"),
}


def _expected_value(condition: Any) -> Any:
    """The value that a condition expects; None without one."""
    if isinstance(condition, Mapping):
        return condition.get("equalTo", condition.get("contains"))
    return condition
