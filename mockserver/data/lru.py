"""A cache bounded in weight; the least recently used entries go first."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Hashable
from threading import Lock
from typing import Generic, TypeVar

T = TypeVar("T")


class LruCache(Generic[T]):
    """Remembers values by key, up to a total weight (for instance bytes)."""

    def __init__(self, limit: int, weigh: Callable[[Hashable, T], int]) -> None:
        self._limit, self._weigh, self._weight = limit, weigh, 0
        self._entries: OrderedDict[Hashable, T] = OrderedDict()
        self._lock = Lock()

    def get(self, key: Hashable, make: Callable[[], T]) -> T:
        """The value under the key, made now if absent. A value heavier than the bound is not remembered."""
        with self._lock:
            if key in self._entries:
                self._entries.move_to_end(key)
                return self._entries[key]
        value = make()
        self.put(key, value)
        return value

    def put(self, key: Hashable, value: T) -> None:
        """Remembers a value under the key, in place of an earlier one."""
        weight = self._weigh(key, value)
        with self._lock:
            self._remove(key)
            if weight <= self._limit:
                self._entries[key] = value
                self._weight += weight
            while self._weight > self._limit:
                self._weight -= self._weigh(*self._entries.popitem(last=False))

    def peek(self, key: Hashable) -> T | None:
        """The value under the key, or None."""
        with self._lock:
            return self._entries.get(key)

    def drop(self, key: Hashable) -> None:
        """Forgets the value under the key."""
        with self._lock:
            self._remove(key)

    def _remove(self, key: Hashable) -> None:
        if key in self._entries:
            self._weight -= self._weigh(key, self._entries.pop(key))

    def __len__(self) -> int:
        return len(self._entries)
