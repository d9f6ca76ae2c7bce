"""What every store must do: versions, compare-and-set, atomic spends, windows by sandbox time."""

from __future__ import annotations

import json
import math
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest
from hypothesis import given
from hypothesis import strategies as some

from mockserver.store import Store
from mockserver.store.memory import MemoryStore
from mockserver.toolkit.quota import Quota, Spent

STORES: list[Callable[[], Store]] = [MemoryStore]
every_store = pytest.mark.parametrize("make", STORES)
DOCUMENT = {"text": "ö", "none": None, "list": [1, 2.5], "map": {"yes": True}}


@every_store
def test_a_sandbox_that_was_never_written(make: Callable[[], Store]) -> None:
    assert make().read("x") is None


@every_store
def test_what_is_written_is_read_under_the_next_version(make: Callable[[], Store]) -> None:
    store = make()
    assert store.write("x", DOCUMENT, expected=0) == (1, DOCUMENT)
    assert store.read("x") == (1, DOCUMENT)
    assert store.write("x", {"a": 1}, expected=1) == (2, {"a": 1})
    assert store.read("x") == (2, {"a": 1})
    assert store.read("y") is None
    assert json.loads(json.dumps(DOCUMENT)) == DOCUMENT


@every_store
def test_who_wrote_from_an_old_version_gets_what_is_there(make: Callable[[], Store]) -> None:
    store = make()
    store.write("x", {"by": "first"}, expected=0)
    for stale in (0, 2):
        assert store.write("x", {"by": "second"}, expected=stale) == (1, {"by": "first"})
    assert store.read("x") == (1, {"by": "first"})


@every_store
def test_of_many_writers_at_once_one_wins(make: Callable[[], Store]) -> None:
    store, together = make(), Barrier(8)

    def write(index: int) -> tuple[int, object]:
        together.wait()
        return store.write("x", {"by": index}, expected=0)

    with ThreadPoolExecutor(8) as pool:
        found = list(pool.map(write, range(8)))
    assert all(one == found[0] for one in found)
    assert found[0][0] == 1


@every_store
def test_a_window_opens_with_the_first_counted_call(make: Callable[[], Store]) -> None:
    store, quota = make(), Quota(2, 60)
    assert store.spend("x", "a", quota, 1000.0) == Spent(True, 2, 1, 1060.0)
    assert store.spend("x", "a", quota, 1059.0) == Spent(True, 2, 0, 1060.0)
    assert store.spend("x", "a", quota, 1059.9) == Spent(False, 2, 0, 1060.0)
    assert store.spend("x", "a", quota, 1060.0) == Spent(True, 2, 1, 1120.0)


@every_store
def test_a_refused_call_is_not_counted(make: Callable[[], Store]) -> None:
    store, quota = make(), Quota(1, 60)
    store.spend("x", "a", quota, 0.0)
    for now in (1.0, 2.0, 59.9):
        assert not store.spend("x", "a", quota, now).allowed
    assert store.spend("x", "a", quota, 60.0) == Spent(True, 1, 0, 120.0)


@every_store
def test_keys_and_sandboxes_do_not_share(make: Callable[[], Store]) -> None:
    store, quota = make(), Quota(1, 60)
    assert store.spend("x", "a", quota, 0.0).allowed
    assert store.spend("x", "b", quota, 0.0).allowed
    assert store.spend("y", "a", quota, 0.0).allowed
    assert not store.spend("x", "a", quota, 0.0).allowed


@every_store
def test_a_clock_that_is_set_back_opens_a_new_window(make: Callable[[], Store]) -> None:
    store, quota = make(), Quota(1, 60)
    store.spend("x", "a", quota, 1000.0)
    assert store.spend("x", "a", quota, 500.0) == Spent(True, 1, 0, 560.0)


@every_store
def test_a_smaller_quota_counts_what_was_spent(make: Callable[[], Store]) -> None:
    store = make()
    for _ in range(3):
        store.spend("x", "a", Quota(5, 60), 0.0)
    spent = store.spend("x", "a", Quota(2, 60), 1.0)
    assert not spent.allowed
    assert spent.remaining == 0


@every_store
def test_of_many_calls_at_once_exactly_the_limit_goes_through(make: Callable[[], Store]) -> None:
    store, together, quota = make(), Barrier(16), Quota(50, 60)

    def spend(_: int) -> list[Spent]:
        together.wait()
        return [store.spend("x", "a", quota, 5.0) for _ in range(10)]

    with ThreadPoolExecutor(16) as pool:
        found = [spent for many in pool.map(spend, range(16)) for spent in many]
    went = [spent.remaining for spent in found if spent.allowed]
    assert sorted(went) == list(range(50))


@every_store
@given(start=some.integers(0, 4 * 10**15), passed=some.integers(0, 59_999_999))
def test_waiting_the_whole_seconds_told_always_suffices(make: Callable[[], Store], start: int, passed: int) -> None:
    store, quota = make(), Quota(1, 60)
    store.spend("x", "a", quota, start / 10**6)
    now = start + passed
    refused = store.spend("x", "a", quota, now / 10**6)
    assert not refused.allowed
    wait = max(1, math.ceil(refused.resets_at - now / 10**6))
    assert wait <= 61
    assert store.spend("x", "a", quota, (now + wait * 10**6) / 10**6).allowed
