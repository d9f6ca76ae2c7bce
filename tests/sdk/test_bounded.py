"""A cache bounded in weight."""

from __future__ import annotations

from collections.abc import Hashable

from mockserver.data.lru import LruCache


def made(cache: LruCache[str], key: str, value: str) -> bool:
    """Whether the value had to be made."""
    calls: list[str] = []

    def make() -> str:
        calls.append(value)
        return value

    assert cache.get(key, make) == value
    return bool(calls)


def weight(key: Hashable, value: str) -> int:
    return len(value)


def test_what_was_made_is_remembered() -> None:
    cache: LruCache[str] = LruCache(10, weight)
    assert made(cache, "a", "xxx")
    assert not made(cache, "a", "xxx")
    assert len(cache) == 1


def test_the_least_recently_used_goes_first() -> None:
    cache: LruCache[str] = LruCache(6, weight)
    made(cache, "a", "xxx")
    made(cache, "b", "yyy")
    assert not made(cache, "a", "xxx")  # used again: now b is the oldest
    made(cache, "c", "zzz")
    assert len(cache) == 2
    assert not made(cache, "a", "xxx")
    assert made(cache, "b", "yyy")


def test_what_is_heavier_than_the_bound_is_given_but_not_kept() -> None:
    cache: LruCache[str] = LruCache(2, weight)
    assert made(cache, "a", "xxx")
    assert made(cache, "a", "xxx")
    assert len(cache) == 0
    assert made(cache, "b", "y")
    assert not made(cache, "b", "y")


def test_one_value_is_put_in_place_of_another_looked_at_and_dropped() -> None:
    cache: LruCache[str] = LruCache(6, weight)
    cache.put("a", "xxx")
    cache.put("a", "yyyyy")
    assert (cache.peek("a"), cache.peek("b"), len(cache)) == ("yyyyy", None, 1)
    cache.put("b", "z")
    assert (cache.peek("a"), cache.peek("b")) == ("yyyyy", "z")  # 5 + 1 fit: nothing is weighed twice
    cache.put("a", "too long by far")
    assert (cache.peek("a"), cache.peek("b")) == (None, "z")
    cache.drop("b")
    cache.drop("b")
    cache.put("c", "xxxxxx")
    assert (cache.peek("b"), cache.peek("c")) == (None, "xxxxxx")


def test_two_who_make_the_same_at_once_count_it_once() -> None:
    cache: LruCache[str] = LruCache(5, weight)

    def slow() -> str:
        cache.get("a", lambda: "xxx")  # somebody else was faster
        return "xxx"

    assert cache.get("a", slow) == "xxx"
    made(cache, "b", "yy")
    assert not made(cache, "a", "xxx")  # 3 + 2 fit: a was not weighed twice
