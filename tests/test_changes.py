"""Changes of a scenario as values: what can be asked for, and how a wrong one is told."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from mockserver.changes import BadChange, Change, change_of
from mockserver.vendor import Vendor

GOOD: list[dict[str, Any]] = [
    {"add": 3},
    {"paged": True, "add": 10_000},
    {"vendor": "acme", "add": {"state": "paid"}},
    {"vendor": "acme", "id": 1, "set": {"state": "paid"}},
    {"vendor": "acme", "id": 1, "set": {"state": "paid"}, "after": 4},
    {"vendor": "acme", "remove": [1, "two"]},
    {"remove": "all"},
    {"after": 1, "remove": "all"},
    {"after": 1, "remove": "first"},
    {"after": 1, "remove": "last-page"},
    {"after": 2, "restore": "all"},
]


@pytest.mark.parametrize("body", GOOD, ids=str)
def test_a_change_says_what_it_was_made_of(vendor: Vendor, body: dict[str, Any]) -> None:
    change = change_of(body, [vendor])
    assert change.document() == body
    assert Change(**change.document()) == change


@pytest.mark.parametrize(
    ("body", "where"),
    [
        ([], ""),
        ({}, ""),
        ({"add": 1, "remove": "all"}, ""),
        ({"add": 1, "when": 1}, "when"),
        ({"vendor": "nobody", "add": 1}, "vendor"),
        ({"vendor": ["acme"], "add": 1}, "vendor"),
        ({"after": -1, "add": 1}, "after"),
        ({"after": True, "add": 1}, "after"),
        ({"after": "1", "add": 1}, "after"),
        ({"paged": 1, "add": 1}, "paged"),
        ({"add": 0}, "add"),
        ({"add": 10_001}, "add"),
        ({"add": True}, "add"),
        ({"add": {"state": "paid"}}, "add"),
        ({"vendor": "acme", "set": {"state": "paid"}}, "set"),
        ({"id": 1, "set": {"state": "paid"}}, "set"),
        ({"vendor": "acme", "id": 1, "set": "paid"}, "set"),
        ({"vendor": "acme", "id": 1, "remove": [1]}, "id"),
        ({"remove": [1]}, "remove"),
        ({"vendor": "acme", "remove": []}, "remove"),
        ({"remove": "first"}, "remove"),
        ({"remove": "last-page"}, "remove"),
        ({"after": 1, "remove": "second"}, "remove"),
        ({"remove": None}, "remove"),
        ({"restore": "first"}, "restore"),
    ],
    ids=str,
)
def test_a_wrong_change_is_told(vendor: Vendor, body: Any, where: str) -> None:
    with pytest.raises(BadChange, match=r"found .+, wanted .+") as told:
        change_of(body, [vendor])
    assert told.value.where == where


def test_whom_a_change_meets(vendor: Vendor) -> None:
    without_pages = replace(vendor, endpoints=vendor.endpoints[1:])
    without_recipe = replace(vendor, recipe=None)
    assert Change(remove="all").meets(without_pages)
    assert Change(remove="all").meets(without_recipe)
    assert Change(paged=True, remove="all").meets(vendor)
    assert not Change(paged=True, remove="all").meets(without_pages)
    assert not Change(add=3).meets(without_recipe)
    assert not Change(vendor="bolt", add=3).meets(vendor)
    assert Change(vendor="acme", add=3).meets(without_recipe)  # who asks for it is told that there is none
