"""What every store must do: documents and versions, compare-and-set, spends, counters, journals, and being forgotten.

Each test starts with a new and empty store, of each kind that there is (``make``).
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from types import MappingProxyType
from typing import Any, TypeVar

import pytest
from hypothesis import given
from hypothesis import strategies as some

from mockserver.sandbox.store import DEFAULT, SETTINGS, Document, Expiry, NewEntries, Store
from mockserver.sandbox.store.counting import Counter, CountResult, Spend
from mockserver.sandbox.store.memory import MemoryStore
from mockserver.sdk.quota import Quota, QuotaState
from tests.support.stores import Make, let_pass

T = TypeVar("T")
DOCUMENT = {"text": "ö", "none": None, "list": [1, 2.5], "map": {"yes": True}, "json": '{"amount":50.00}'}


def started(make: Make, *names: str, **bounds: int) -> Store:
    """A store in which these sandboxes are."""
    store = make(**bounds)
    for name in names or ("x",):
        assert store.write(name, SETTINGS, {}, expected=0, wall=1.0)
    return store


def walls(store: Store) -> dict[str, float]:
    """What the wall clock showed when each sandbox was last used."""
    return {name: use.wall for name, use in store.sandboxes().items()}


def idle(store: Store) -> dict[str, int]:
    """For how many whole seconds nobody has used each sandbox."""
    return {name: round(use.idle) for name, use in store.sandboxes().items()}


def at_once(threads: int, act: Callable[[int], T]) -> list[T]:
    """What each of many threads gets that all start at the same moment."""
    together = Barrier(threads)

    def run(index: int) -> T:
        together.wait()
        return act(index)

    with ThreadPoolExecutor(threads) as pool:
        return list(pool.map(run, range(threads)))


# The memory that all is in --------------------------------------------------------------------------------------------


def test_each_memory_has_a_name_that_stays(make: Make) -> None:
    store, other = make(), make()
    name = store.instance()
    assert re.fullmatch("[0-9a-f]{12}", name or "")
    assert store.write("x", SETTINGS, {}, expected=0, wall=1.0)
    assert store.delete("x")
    assert store.instance() == name != other.instance()


def test_a_copy_that_has_a_memory_of_its_own_has_another_name(make: Make) -> None:
    store = make()
    name = store.instance()
    assert store.fork() == (store.instance() != name) == isinstance(store, MemoryStore)


# Documents ------------------------------------------------------------------------------------------------------------


def test_of_a_sandbox_that_was_never_written_there_is_nothing(make: Make) -> None:
    store = make()
    assert store.read("x", SETTINGS) is None
    assert store.read("x", SETTINGS, wall=5.0, expiry=Expiry(1.0, 5.0)) is None
    assert store.sandboxes() == {}
    assert store.entries("x") == []
    assert (store.get_count("x", "a"), store.remove("x")) == (0, 0)
    assert not store.delete("x")


def test_what_is_written_is_read_under_its_version(make: Make) -> None:
    store = make()
    version = store.write("x", SETTINGS, DOCUMENT, expected=0, wall=1.0)
    assert version > 0
    assert store.read("x", SETTINGS) == (version, DOCUMENT)
    later = store.write("x", SETTINGS, {"a": 1}, expected=version, wall=2.0)
    assert later > version
    assert store.read("x", SETTINGS) == (later, {"a": 1})
    assert store.read("y", SETTINGS) is None
    assert json.loads(json.dumps(DOCUMENT)) == DOCUMENT
    maps = {"map": MappingProxyType({"a": 1})}
    assert store.write("x", "records/acme", MappingProxyType(maps), expected=0, wall=2.0)
    assert (store.read("x", "records/acme") or (0, {}))[1] == {"map": {"a": 1}}


def test_the_documents_of_a_sandbox_have_versions_of_their_own(make: Make) -> None:
    store = started(make)
    records = store.write("x", "records/acme", {"a": 1}, expected=0, wall=1.0)
    settings = store.write("x", SETTINGS, {"b": 2}, expected=(store.read("x", SETTINGS) or (0,))[0], wall=1.0)
    assert records
    assert settings
    assert store.read("x", "records/acme") == (records, {"a": 1})
    assert store.read("x", "records/bolt") is None


def test_who_writes_from_another_version_writes_nothing(make: Make) -> None:
    store = make()
    assert store.write("x", SETTINGS, {"by": "nobody"}, expected=7, wall=1.0) == 0
    assert store.sandboxes() == {}
    version = store.write("x", SETTINGS, {"by": "first"}, expected=0, wall=1.0)
    for stale in (0, version - 1, version + 1):
        assert store.write("x", SETTINGS, {"by": "second"}, expected=stale, wall=9.0) == 0
    assert store.read("x", SETTINGS) == (version, {"by": "first"})
    assert walls(store) == {"x": 1.0}


def test_versions_never_come_again(make: Make) -> None:
    store, seen = make(), []
    for _ in range(3):
        seen.append(store.write("x", SETTINGS, {}, expected=0, wall=1.0))
        seen.append(store.write("x", "records/acme", {}, expected=0, wall=1.0))
        seen.append(store.write("x", SETTINGS, {}, expected=seen[-2], wall=1.0))
        assert store.delete("x")
        assert store.write("x", SETTINGS, {"by": "somebody late"}, expected=seen[-1], wall=1.0) == 0
    assert 0 not in seen
    assert seen == sorted(set(seen))


def test_of_many_writers_at_once_one_wins(make: Make) -> None:
    store = make()
    wrote = at_once(8, lambda index: store.write("x", SETTINGS, {"by": index}, expected=0, wall=1.0))
    (winner,) = [index for index, version in enumerate(wrote) if version]
    assert store.read("x", SETTINGS) == (wrote[winner], {"by": winner})


def test_no_write_is_lost_when_each_starts_from_what_it_read(make: Make) -> None:
    store = started(make)

    def add(index: int) -> None:
        for _ in range(20):
            written = 0
            while not written:
                version, document = store.read("x", SETTINGS) or (0, {})
                changed = {**document, str(index): document.get(str(index), 0) + 1}
                written = store.write("x", SETTINGS, changed, expected=version, wall=1.0)

    at_once(8, add)
    _, document = store.read("x", SETTINGS) or (0, {})
    assert document == {str(index): 20 for index in range(8)}


def test_what_was_last_seen_of_settings_is_known_without_asking(make: Make) -> None:
    store = make()
    store.check()
    assert store.last_known("x") is None
    version = store.write("x", SETTINGS, DOCUMENT, expected=0, wall=1.0)
    for _ in range(2):
        assert store.read("x", SETTINGS) == (version, DOCUMENT)
        assert store.last_known("x") == DOCUMENT
    store.write("x", SETTINGS, {"a": 1}, expected=version, wall=1.0)
    store.write("x", "records/acme", {"b": 2}, expected=0, wall=1.0)
    assert store.read("x", "records/acme") is not None
    assert (store.read("x", SETTINGS) or (0, None))[1] == store.last_known("x") == {"a": 1}
    store.delete("x")
    assert store.read("x", SETTINGS) is None
    assert store.last_known("x") is None


# Being there ----------------------------------------------------------------------------------------------------------


def test_when_a_sandbox_was_last_used(make: Make) -> None:
    store = started(make, "x", "y")
    assert (walls(store), idle(store)) == ({"x": 1.0, "y": 1.0}, {"x": 0, "y": 0})
    let_pass(store, 60)
    store.read("x", SETTINGS, wall=5.0)
    assert (walls(store), idle(store)) == ({"x": 5.0, "y": 1.0}, {"x": 0, "y": 60})
    store.read("y", SETTINGS)  # looking is not using
    assert (walls(store), idle(store)) == ({"x": 5.0, "y": 1.0}, {"x": 0, "y": 60})
    let_pass(store, 3600)
    store.write("y", "records/acme", {}, expected=0, wall=6.0)
    assert (walls(store), idle(store)) == ({"x": 5.0, "y": 6.0}, {"x": 3600, "y": 0})


def test_one_that_was_idle_for_too_long_is_forgotten_when_it_is_used_again(make: Make) -> None:
    store, expiry = started(make, "x", "y"), Expiry(idle=10.0)
    store.append("x", {}, 1)
    for _ in range(2):  # each use counts
        let_pass(store, 9.0)
        assert store.read("x", SETTINGS, wall=1.0, expiry=expiry)
    let_pass(store, 10.5)
    assert store.read("x", SETTINGS, wall=1.0, expiry=expiry) is None
    assert set(store.sandboxes()) == {"y"}
    assert store.entries("x") == []
    assert store.read("y", SETTINGS, wall=1000.0)  # nobody said how long is too long


YEARS = 5 * 365 * 86_400.0


def test_however_wall_clocks_jump_and_differ_one_in_use_is_not_idle(make: Make) -> None:
    store, expiry = started(make), Expiry(idle=10.0)
    for wall in (YEARS, 2.0, -YEARS, 3 * YEARS, YEARS - 7 * 3600, YEARS + 7 * 3600):
        let_pass(store, 5.0)
        assert not store.delete("x", expiry)
        assert store.read("x", SETTINGS, wall=wall, expiry=expiry)
        assert idle(store) == {"x": 0}


def test_one_that_was_last_used_before_a_time_of_the_wall_clock_is_forgotten(make: Make) -> None:
    store = started(make, "x", "y")
    let_pass(store, YEARS)
    assert store.read("x", SETTINGS, wall=20.0, expiry=Expiry(since=1.0))
    assert store.read("x", SETTINGS, wall=30.0, expiry=Expiry(idle=YEARS, since=20.5)) is None
    assert not store.delete("y", Expiry(since=1.0))
    assert store.delete("y", Expiry(since=1.5))
    assert store.sandboxes() == {}


def test_a_slow_caller_does_not_make_its_last_use_earlier(make: Make) -> None:
    store = started(make)
    store.read("x", SETTINGS, wall=20.0)
    store.read("x", SETTINGS, wall=11.0, expiry=Expiry(since=6.0))
    store.write("x", "records/acme", {}, expected=0, wall=12.0)
    assert walls(store) == {"x": 20.0}


def test_deleting_forgets_everything_of_one_sandbox(make: Make) -> None:
    store, quota = started(make, "x", "y"), Quota(1, 60)
    for name in ("x", "y"):
        store.write(name, "records/acme", {"a": 1}, expected=0, wall=1.0)
        store.spend(name, "a", quota, 0.0)
        store.count(name, "a")
        store.append(name, {}, 1)
    assert store.delete("x")
    assert not store.delete("x")
    assert set(store.sandboxes()) == {"y"}
    store.write("x", SETTINGS, {}, expected=0, wall=1.0)
    assert store.read("x", "records/acme") is None
    assert store.spend("x", "a", quota, 0.0).allowed
    assert (store.get_count("x", "a"), store.entries("x")) == (0, [])
    assert not store.spend("y", "a", quota, 0.0).allowed
    assert (store.get_count("y", "a"), len(store.entries("y"))) == (1, 1)


def test_one_that_was_used_meanwhile_is_not_deleted(make: Make) -> None:
    store, expiry = started(make), Expiry(idle=10.0, since=0.5)
    let_pass(store, 11.0)
    store.read("x", SETTINGS, wall=5.0)
    assert not store.delete("x", expiry)
    let_pass(store, 11.0)
    assert store.delete("x", expiry)
    assert not store.delete("x", expiry)


def test_nothing_beside_settings_brings_a_sandbox_about(make: Make) -> None:
    """A call that ends after its sandbox was deleted leaves nothing behind."""
    store, quota = make(), Quota(1, 60)
    assert store.write("x", "records/acme", {}, expected=0, wall=1.0) == 0
    for _ in range(2):
        assert store.spend("x", "a", quota, 0.0) == QuotaState(True, 1, 0, 60.0)
        assert store.count("x", "a") == 0
    first = store.append("x", {}, 1)
    assert store.append("x", {}, 1) > first
    assert store.entries("x") == []
    assert store.sandboxes() == {}
    store.write("x", SETTINGS, {}, expected=0, wall=1.0)
    assert (store.read("x", "records/acme"), store.entries("x"), store.get_count("x", "a")) == (None, [], 0)


def test_no_sandbox_is_made_where_there_are_enough_but_the_default_one(make: Make) -> None:
    store = make()

    def made(name: str, part: str = SETTINGS, expected: int = 0) -> int:
        return store.write(name, part, {}, expected=expected, wall=1.0, most=2)

    assert made("x")
    assert made("y")
    assert not made("z")
    assert made(DEFAULT)
    assert not made("z")
    assert made("x", "records/acme")
    assert made("x", expected=(store.read("x", SETTINGS) or (0,))[0])  # it was there
    assert set(store.sandboxes()) == {"x", "y", DEFAULT}
    store.delete("x")
    assert made("z")
    assert store.write("unbounded", SETTINGS, {}, expected=0, wall=1.0)


def test_of_many_that_are_made_at_once_as_many_are_made_as_there_is_room_for(make: Make) -> None:
    store = make()
    made = at_once(16, lambda index: store.write(f"x{index}", SETTINGS, {}, expected=0, wall=1.0, most=5))
    assert sum(map(bool, made)) == len(store.sandboxes()) == 5


def test_a_sandbox_is_made_anew_in_one_step(make: Make) -> None:
    """Nobody takes its place meanwhile, and nothing of it is left."""
    store, quota = started(make, "x", "y", all_journals_bytes=100), Quota(1, 60)
    for name in ("x", "y"):
        store.write(name, "records/acme", {"a": 1}, expected=0, wall=1.0)
        store.spend(name, "a", quota, 0.0)
        store.count(name, "a")
    before = store.append("x", {}, 90)
    (version, _) = store.read("x", SETTINGS) or (0, {})
    assert not store.write("x", SETTINGS, {"b": 2}, expected=version + 1, wall=5.0, anew=True)
    assert len(store.entries("x")) == 1
    made = store.write("x", SETTINGS, {"b": 2}, expected=version, wall=5.0, most=1, anew=True)
    assert made > version
    assert store.read("x", SETTINGS) == (made, {"b": 2})
    assert store.read("x", "records/acme") is None
    assert (store.get_count("x", "a"), store.entries("x")) == (0, [])
    assert store.spend("x", "a", quota, 0.0).allowed
    assert walls(store) == {"x": 5.0, "y": 1.0}
    assert (store.get_count("y", "a"), store.spend("y", "a", quota, 0.0).allowed) == (1, False)
    assert appended(store, "y", "ab", 45)[0] > before
    assert (kept(store, "y"), store.dropped("y")) == (["a", "b"], 0)  # the room of its journal is free


def test_documents_are_put_in_place_together(make: Make) -> None:
    store = started(make, "x")
    old = store.write("x", "records/acme", {"a": 1}, expected=0, wall=1.0)
    store.write("x", "records/bolt", {"a": 2}, expected=0, wall=1.0)
    (version, _) = store.read("x", SETTINGS) or (0, {})
    beside: dict[str, Document] = {"records/acme": {"b": 3}, "records/zinc": DOCUMENT}
    assert not store.write("x", SETTINGS, {"b": 1}, expected=version + 1, wall=2.0, beside=beside)
    assert store.read("x", "records/acme") == (old, {"a": 1})
    assert store.read("x", "records/zinc") is None
    made = store.write("x", SETTINGS, {"b": 1}, expected=version, wall=2.0, beside=beside)
    assert made > old
    for part, document in {SETTINGS: {"b": 1}, **beside, "records/bolt": {"a": 2}}.items():
        found, kept = store.read("x", part) or (0, {})
        assert (kept, found == made) == (document, part != "records/bolt")
    again = store.write("x", SETTINGS, {"c": 1}, expected=made, wall=3.0, anew=True, beside={"records/acme": {"d": 4}})
    assert store.read("x", "records/acme") == (again, {"d": 4})
    assert store.read("x", "records/zinc") is store.read("x", "records/bolt") is None


# Spends ---------------------------------------------------------------------------------------------------------------


def test_a_window_opens_with_the_first_counted_call(make: Make) -> None:
    store, quota = started(make), Quota(2, 60)
    assert store.spend("x", "a", quota, 1000.0) == QuotaState(True, 2, 1, 1060.0)
    assert store.spend("x", "a", quota, 1059.0) == QuotaState(True, 2, 0, 1060.0)
    assert store.spend("x", "a", quota, 1059.9) == QuotaState(False, 2, 0, 1060.0)
    assert store.spend("x", "a", quota, 1060.0) == QuotaState(True, 2, 1, 1120.0)


def test_a_refused_call_is_not_counted(make: Make) -> None:
    store, quota = started(make), Quota(1, 60)
    store.spend("x", "a", quota, 0.0)
    for now in (1.0, 2.0, 59.9):
        assert not store.spend("x", "a", quota, now).allowed
    assert store.spend("x", "a", quota, 60.0) == QuotaState(True, 1, 0, 120.0)


def test_keys_and_sandboxes_do_not_share(make: Make) -> None:
    store, quota = started(make, "x", "y"), Quota(1, 60)
    assert store.spend("x", "a", quota, 0.0).allowed
    assert store.spend("x", "b", quota, 0.0).allowed
    assert store.spend("y", "a", quota, 0.0).allowed
    assert not store.spend("x", "a", quota, 0.0).allowed


def test_a_clock_that_is_set_back_opens_a_new_window(make: Make) -> None:
    store, quota = started(make), Quota(1, 60)
    store.spend("x", "a", quota, 1000.0)
    assert store.spend("x", "a", quota, 500.0) == QuotaState(True, 1, 0, 560.0)


def test_calls_that_are_counted_in_another_order_than_they_came_share_a_window(make: Make) -> None:
    """Their time was read before by different threads or processes, each going on at its own pace."""
    store, quota = started(make), Quota(2, 60)
    assert store.spend("x", "a", quota, 1000.0) == QuotaState(True, 2, 1, 1060.0)
    assert store.spend("x", "a", quota, 999.9) == QuotaState(True, 2, 0, 1060.0)
    assert store.spend("x", "a", quota, 995.0) == QuotaState(False, 2, 0, 1060.0)
    assert store.spend("x", "a", quota, 994.9) == QuotaState(True, 2, 1, 1054.9)


def test_a_smaller_quota_counts_what_was_spent(make: Make) -> None:
    store = started(make)
    for _ in range(3):
        store.spend("x", "a", Quota(5, 60), 0.0)
    spent = store.spend("x", "a", Quota(2, 60), 1.0)
    assert not spent.allowed
    assert spent.remaining == 0


def test_of_many_calls_at_once_exactly_the_limit_goes_through(make: Make) -> None:
    store, quota = started(make), Quota(50, 60)
    many = at_once(16, lambda _: [store.spend("x", "a", quota, 5.0) for _ in range(10)])
    went = [spent.remaining for found in many for spent in found if spent.allowed]
    assert sorted(went) == list(range(50))


@given(start=some.integers(0, 4 * 10**15), passed=some.integers(0, 59_999_999))
def test_waiting_the_whole_seconds_told_always_suffices(make: Make, start: int, passed: int) -> None:
    store, quota = started(make), Quota(1, 60)
    store.spend("x", "a", quota, start / 10**6)
    now = start + passed
    refused = store.spend("x", "a", quota, now / 10**6)
    assert not refused.allowed
    wait = max(1, math.ceil(refused.resets_at - now / 10**6))
    assert wait <= 61
    assert store.spend("x", "a", quota, (now + wait * 10**6) / 10**6).allowed


# Counters -------------------------------------------------------------------------------------------------------------


def test_counting_says_how_often_it_was_counted_before(make: Make) -> None:
    store = started(make, "x", "y")
    assert [store.count("x", "a") for _ in range(3)] == [0, 1, 2]
    assert [store.get_count("x", "a") for _ in range(2)] == [3, 3]
    assert (store.count("x", "b"), store.count("y", "a"), store.get_count("y", "b")) == (0, 0, 0)


def test_many_count_at_once_and_each_gets_another_number(make: Make) -> None:
    store = started(make)
    many = at_once(16, lambda _: [store.count("x", "a") for _ in range(10)])
    assert sorted(number for found in many for number in found) == list(range(160))
    assert store.get_count("x", "a") == 160


def test_a_tally_counts_up_to_the_first_that_takes_hold(make: Make) -> None:
    store = started(make)
    counts = [Counter("a", last=2), Counter("b", first=1, last=2), Counter("c", probability=0), Counter("d")]
    met = [store.count_all("x", [*counts, Counter("e")]).earlier for _ in range(5)]
    assert met == [(0,), (1,), (2, 0, 0, 0), (3, 1), (4, 2, 1, 1)]
    assert [store.get_count("x", key) for key in "abcde"] == [5, 3, 2, 2, 0]
    assert store.count_all("x") == CountResult()
    assert store.count_all("x", (Counter("", first=1), Counter("", ends=True)), None, "e") == CountResult((0, 0))
    assert (store.get_count("x", ""), store.get_count("x", "e")) == (0, 0)
    assert store.count_all("nobody", counts) == CountResult((0,))
    assert store.get_count("nobody", "a") == 0


def test_a_tally_spends_unless_the_call_is_ended_and_counts_the_last_unless_that_is_refused(make: Make) -> None:
    store = started(make)
    spend = Spend("a", Quota(2, 60), 1000.5)
    counts = [Counter("waits", last=1), Counter("ends", last=1, ends=True)]
    found = [store.count_all("x", counts, spend, "answers") for _ in range(4)]
    assert found == [
        CountResult((0,), QuotaState(True, 2, 1, 1060.5), 0),  # what takes hold first does not end it
        CountResult((1, 0)),
        CountResult((2, 1), QuotaState(True, 2, 0, 1060.5), 1),
        CountResult((3, 2), QuotaState(False, 2, 0, 1060.5)),
    ]
    assert store.get_count("x", "answers") == 2
    assert not store.spend("x", *spend).allowed
    assert store.count_all("x", (), None, "answers") == CountResult((), None, 2)
    assert store.count_all("x", (), Spend("b", Quota(1, 1), 0.0)) == CountResult((), QuotaState(True, 1, 0, 1.0))


@pytest.mark.parametrize("probability", [0.3, 1e-05, 0.999])
def test_whether_a_count_takes_hold_is_drawn_alike_everywhere(make: Make, probability: float) -> None:
    store = started(make)
    often = Counter("a", first=5, probability=probability, seed='7/Ünï "q" \\/')
    met = [store.count_all("x", (often, Counter("b"))).earlier for _ in range(200)]
    behind = iter(range(200))
    assert met == [(number,) if often.applies(number) else (number, next(behind)) for number in range(200)]


def test_what_was_spent_and_counted_can_be_forgotten_alone(make: Make) -> None:
    store, quota = started(make, "x", "y"), Quota(1, 60)
    for name in ("x", "y"):
        store.spend(name, "a", quota, 0.0)
        store.count(name, "a")
        store.append(name, {}, 1)
    store.reset_counters("x")
    store.reset_counters("nobody")
    assert store.spend("x", "a", quota, 0.0).allowed
    assert (store.get_count("x", "a"), len(store.entries("x"))) == (0, 1)
    assert store.read("x", SETTINGS)
    assert not store.spend("y", "a", quota, 0.0).allowed
    assert store.get_count("y", "a") == 1
    assert len(store.sandboxes()) == 2


# The journal ----------------------------------------------------------------------------------------------------------


def appended(store: Store, sandbox: str, entries: Iterable[Any], size: int = 10) -> list[int]:
    return [store.append(sandbox, {"entry": entry}, size) for entry in entries]


def kept(store: Store, sandbox: str = "x") -> list[Any]:
    return [document["entry"] for _, document in store.entries(sandbox)]


def test_entries_are_kept_in_their_order_under_ids_that_only_grow(make: Make) -> None:
    store = started(make, "x", "y")
    ids = appended(store, "x", "ab") + appended(store, "y", "c") + appended(store, "x", "d")
    assert ids == sorted(set(ids))
    assert store.entries("x") == list(zip([ids[0], ids[1], ids[3]], [{"entry": text} for text in "abd"], strict=True))
    assert kept(store, "y") == ["c"]
    store.remove("x")
    store.delete("y")
    store.write("y", SETTINGS, {}, expected=0, wall=1.0)
    assert appended(store, "x", "e")[0] > ids[-1]
    assert appended(store, "y", "f")[0] > ids[-1]


def test_what_is_newer_than_an_entry_is_told_without_the_rest(make: Make) -> None:
    store = started(make, "x", "y", journal_entries=3)
    a, b, c = appended(store, "x", "abc")
    assert store.newer("x", 0) == NewEntries(store.entries("x"), 3, 0)
    assert store.newer("x", a) == NewEntries([(b, {"entry": "b"}), (c, {"entry": "c"})], 3, 0)
    assert store.newer("x", b - 1) == store.newer("x", a)
    assert store.newer("x", c) == store.newer("x", c + 99) == NewEntries([], 3, 0)
    assert store.newer("y", 0) == store.newer("nobody", a) == NewEntries([], 0, 0)


def test_a_journal_has_and_let_go_what_came_but_for_what_was_taken_out(make: Make) -> None:
    """Who looks again and again knows by these two numbers whether what it has is all that there is."""
    store = started(make, "x", journal_entries=3)
    c = appended(store, "x", "abc")[-1]
    d, e = appended(store, "x", "de")
    assert store.newer("x", c) == NewEntries([(d, {"entry": "d"}), (e, {"entry": "e"})], 3, 2)
    store.remove("x", frozenset({d}))
    assert store.newer("x", e) == NewEntries([], 2, 2)
    store.remove("x")
    assert store.newer("x", e) == NewEntries([], 0, 0)
    (f,) = appended(store, "x", "f")
    assert store.newer("x", e) == NewEntries([(f, {"entry": "f"})], 1, 0)


def test_the_oldest_go_when_there_are_too_many(make: Make) -> None:
    store = started(make, "x", "y", journal_entries=3)
    appended(store, "y", "z")
    appended(store, "x", "abcde")
    assert kept(store) == ["c", "d", "e"]
    assert kept(store, "y") == ["z"]
    assert (store.dropped("x"), store.dropped("y"), store.dropped("nobody")) == (2, 0, 0)
    store.remove("x")
    assert store.dropped("x") == 0
    none = started(make, journal_entries=0)
    assert appended(none, "x", "a")
    assert (kept(none), none.dropped("x")) == ([], 1)


def test_the_oldest_go_when_they_are_too_large(make: Make) -> None:
    store = started(make, journal_bytes=100)
    appended(store, "x", "abc", 30)
    assert kept(store) == ["a", "b", "c"]
    appended(store, "x", "d", 40)
    assert kept(store) == ["b", "c", "d"]  # exactly 100
    appended(store, "x", "e", 1)
    assert kept(store) == ["c", "d", "e"]
    appended(store, "x", "f", 101)
    assert kept(store) == []
    appended(store, "x", "g", 100)
    assert kept(store) == ["g"]


def test_entries_of_no_size_take_no_room(make: Make) -> None:
    store = started(make, "x", "y", journal_entries=3, journal_bytes=0, all_journals_bytes=0)
    ids = appended(store, "x", "abcd", 0) + appended(store, "y", "e", 0)
    assert (kept(store), kept(store, "y")) == (["b", "c", "d"], ["e"])
    assert store.remove("x", frozenset(ids[1:2])) == 1
    assert store.delete("y")
    assert kept(store) == ["c", "d"]
    appended(store, "x", "f", 1)
    assert kept(store) == []


def test_entries_are_taken_out_one_by_one_or_all(make: Make) -> None:
    store = started(make, "x", "y", journal_bytes=100)
    ids = appended(store, "x", "abcd", 25)
    appended(store, "y", "z")
    assert store.remove("x", frozenset({ids[1], ids[3], 10**9})) == 2
    assert kept(store) == ["a", "c"]
    appended(store, "x", "ef", 25)  # what was taken out takes no room
    assert kept(store) == ["a", "c", "e", "f"]
    assert store.remove("x", frozenset()) == 0
    assert store.remove("x") == 4
    assert (kept(store), store.remove("x"), kept(store, "y")) == ([], 0, ["z"])


def test_no_entry_is_lost_when_many_append_at_once(make: Make) -> None:
    store = started(make)
    at_once(16, lambda index: appended(store, "x", [f"{index}/{number}" for number in range(10)]))
    found = store.entries("x")
    assert len({document["entry"] for _, document in found}) == len({id for id, _ in found}) == 160
    assert [id for id, _ in found] == sorted(id for id, _ in found)
    for index in range(16):
        own = [entry for entry in kept(store) if entry.startswith(f"{index}/")]
        assert own == [f"{index}/{number}" for number in range(10)]


def test_a_journal_stays_within_its_bounds_under_many_entries(make: Make) -> None:
    store = started(make, journal_entries=50, journal_bytes=20_000)
    many = 100_000 if isinstance(store, MemoryStore) else 5_000  # of which each is a trip to a server
    for number in range(many):
        store.append("x", {"entry": number}, number % 1000)
    found = kept(store)
    assert len(found) <= 50
    assert sum(number % 1000 for number in found) <= 20_000
    assert found == list(range(found[0], many))
    assert found[0] == 0 or sum(number % 1000 for number in [found[0] - 1, *found]) > 20_000 or len(found) == 50


def test_what_was_counted_and_spent_can_be_forgotten_alone(make: Make) -> None:
    store, quota = started(make, "x", "y"), Quota(1, 60)
    for name in ("x", "y"):
        assert store.count(name, "a") == 0
        assert store.spend(name, "q", quota, 0.0).allowed
    appended(store, "x", "e")
    store.reset_counters("x")
    assert (store.get_count("x", "a"), store.spend("x", "q", quota, 1.0).allowed) == (0, True)
    assert (store.get_count("y", "a"), store.spend("y", "q", quota, 1.0).allowed) == (1, False)
    assert kept(store) == ["e"]
    assert store.read("x", SETTINGS) is not None
    store.reset_counters("nobody")
    assert len(store.sandboxes()) == 2


def test_when_all_journals_are_too_large_together_the_largest_gives_way(make: Make) -> None:
    store = started(make, "x", "y", "z", all_journals_bytes=1000)
    few = appended(store, "x", "ab", 10)
    appended(store, "y", range(50), 20)
    appended(store, "z", range(20), 15)
    appended(store, "x", "c", 10)
    assert (kept(store, "x"), store.dropped("x")) == (["a", "b", "c"], 0)
    assert few[0] == store.entries("x")[0][0]
    held = {name: len(kept(store, name)) * size for name, size in (("x", 10), ("y", 20), ("z", 15))}
    assert 900 < sum(held.values()) <= 1000
    assert kept(store, "y") == list(range(store.dropped("y"), 50))
    assert kept(store, "z") == list(range(20))


@pytest.mark.parametrize("way", ["remove all", "remove some", "delete", "expire"])
def test_what_is_taken_out_of_a_journal_leaves_room_to_all(make: Make, way: str) -> None:
    store = started(make, "x", "y", all_journals_bytes=100)
    ids = appended(store, "x", "ab", 45)
    if way == "remove all":
        store.remove("x")
    elif way == "remove some":
        store.remove("x", frozenset(ids))
    elif way == "delete":
        store.delete("x")
    else:
        let_pass(store, 2.0)
        store.read("x", SETTINGS, wall=1.0, expiry=Expiry(idle=1.0))
    appended(store, "y", "cd", 45)
    assert (kept(store, "y"), store.dropped("y")) == (["c", "d"], 0)
