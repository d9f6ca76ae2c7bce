"""The embedded gunicorn; how it carries calls out is tested with the servers that it starts."""

from __future__ import annotations

import gc
from collections.abc import Iterator

import pytest

from mockserver.wire import gunicorn, listening


@pytest.fixture
def collector() -> Iterator[None]:
    before = gc.get_threshold()
    yield
    gc.unfreeze()
    gc.set_threshold(*before)


def test_what_is_loaded_before_the_server_starts_is_not_looked_at_again(
    collector: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    found: list[int] = []
    monkeypatch.setattr(gunicorn._Embedded, "run", lambda self: found.append(gc.get_freeze_count()))
    gc.unfreeze()
    listener = listening.listen("127.0.0.1", 0)
    gunicorn.run(lambda environ, start_response: [], listener, lambda: None)
    assert found[0] > 10_000
    assert gc.get_threshold()[0] > 700
