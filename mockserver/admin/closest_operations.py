"""Finds the documented operations whose paths are most like that of a call that none of them answered."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from difflib import SequenceMatcher
from typing import Any

from ..sdk.contract import Vendor
from ..sdk.errors import METHODS
from ..sdk.similar import MAX_PATH_CHARS, MIN_SLIP, did_you_mean


def find_closest_operations(entry: Mapping[str, Any], vendors: Iterable[Vendor], most: int = 3) -> list[dict[str, Any]]:
    """The closest operations first, with what differs in the call."""
    path, candidates = entry["request"]["path"][:MAX_PATH_CHARS], []
    for vendor in vendors:
        if entry["vendor"] not in (None, vendor.name):
            continue
        for operation in vendor.operations:
            paths = (operation.path, *operation.aliases)
            addresses = paths if entry["vendor"] else (*paths, *(f"/{vendor.name}{each}" for each in paths))
            nearest = max(addresses, key=lambda each: SequenceMatcher(None, path, each).ratio())
            candidates.append((SequenceMatcher(None, path, nearest).ratio(), vendor, operation, nearest))
    candidates.sort(key=lambda each: -each[0])
    near = []
    for likeness, vendor, operation, nearest in candidates[:most]:
        hint = did_you_mean(nearest).strip() if likeness >= MIN_SLIP else None
        differences = [{"field": "path", "expected": nearest, "found": path, "hint": hint}]
        method = entry["request"]["method"]
        if method not in METHODS:
            differences.insert(0, {"field": "method", "expected": "GET", "found": method, "hint": None})
        near.append({"vendor": vendor.name, "operation": operation.id, "differences": differences})
    return near
