"""One story in five dialects: per customer and month every vendor's data amounts to the same."""

from __future__ import annotations

from importlib import import_module

import pytest

from mockserver import generation
from mockserver.data import story
from mockserver.vendors import found

RECIPES = {vendor.name: import_module(f"mockserver.vendors.{vendor.name}.recipe") for vendor in found()}


def test_every_vendor_has_a_recipe_that_tells_the_story() -> None:
    assert len(RECIPES) == 5
    for recipe in RECIPES.values():
        told = [recipe.story_index(index) for index in range(recipe.RECIPE.records)]
        entries = [entry for entry in told if entry is not None]
        assert entries == sorted(set(entries)), "each entry once, in order"
        assert len(entries) >= 9 * len(story.CUSTOMERS), "at least nine months of every customer"


@pytest.mark.parametrize("index", [0, 1, 11, 12, 100, 431, 432, 99_999])
def test_an_entry_adds_up(index: int) -> None:
    entry = story.entry(1, index, generation.ANCHOR)
    assert entry.total == entry.net + entry.tax
    assert entry.net <= entry.gross
    assert entry.starts.day == 1
    assert entry.ends < generation.ANCHOR.date()
    assert entry == story.entry(1, index, generation.ANCHOR)
    assert entry != story.entry(2, index, generation.ANCHOR)
