"""A call must not become slow unnoticed: the whole job beside a bare Flask view with the same bytes, in one process.

Both are timed in turns and the best round of each counts, so a busy machine slows both: a ratio, never seconds.
"""

from __future__ import annotations

import pytest

from bench import inprocess

# How many times as long as the bare view the whole job may take: twice of what was seen (23 November 2026).
SAME_AT_MOST = 2.5
DIFFERENT_AT_MOST = 5.0


@pytest.mark.slow
def test_the_same_url_costs_not_much_more_than_ready_bytes() -> None:
    assert inprocess.same() <= SAME_AT_MOST


@pytest.mark.slow
def test_a_different_request_costs_not_much_more_than_ready_bytes() -> None:
    assert inprocess.different() <= DIFFERENT_AT_MOST
