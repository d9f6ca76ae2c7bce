"""Every kind of store there is, for the tests of what a store must do."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from typing import Any

import pytest

from mockserver.store import Store
from mockserver.store.memory import MemoryStore
from tests import redises

Make = Callable[..., Store]


@pytest.fixture(scope="session", params=["memory", *redises.NAMES])
def make(request: pytest.FixtureRequest) -> Iterator[Make]:
    """Makes a new and empty store, with the bounds of journals that it is given."""
    if request.param == "memory":
        yield MemoryStore
        return
    from mockserver.store.redis import RedisStore

    def empty(**bounds: Any) -> Store:
        stack.callback((store := RedisStore(redises.prefixed(url), **bounds)).close)
        return store

    with redises.reached(request.param) as url, ExitStack() as stack:
        yield empty
