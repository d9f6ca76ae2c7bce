"""Conditions on columns."""

from __future__ import annotations

from typing import Any

import pytest

from mockserver.sdk.filters import Condition, Contains, Equals, Within

COLUMNS: dict[str, list[Any]] = {
    "name": ["Ölpumpe", None, "STRASSE", "anvil"],
    "size": [1, 2, None, 4],
    "place": ["x", "y", "z", "Anvil"],
}


@pytest.mark.parametrize(
    ("condition", "rows"),
    [
        (Equals("size", 2), [1]),
        (Equals("name", None), [1]),
        (Equals("name", "Anvil"), []),
        (Within("size", 1, 2), [0, 1]),
        (Within("size", 2, 1), []),
        (Within("size", 4, 9), [3]),
        (Contains(("name",), "ölp"), [0]),
        (Contains(("name",), "straße"), [2]),
        (Contains(("name", "place"), "ANVIL"), [3]),
        (Contains(("name", "place"), "y"), [1]),
        (Contains(("name",), ""), [0, 2, 3]),
        (Contains((), "a"), []),
    ],
)
def test_which_rows_are_kept(condition: Condition, rows: list[int]) -> None:
    assert condition.narrow(COLUMNS, range(4)) == rows
    assert condition.narrow(COLUMNS, [3, 2, 1, 0]) == rows[::-1]
    assert condition.narrow(COLUMNS, []) == []


def test_conditions_are_values() -> None:
    assert Equals("a", 1) == Equals("a", 1)
    assert len({Equals("a", 1), Equals("a", 1), Within("a", 1, 1), Contains(("a",), "1")}) == 3
