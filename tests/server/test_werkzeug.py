"""The threaded server's file polling; tests of started servers cover its replies."""

from __future__ import annotations

from threading import Event
from typing import Any

import pytest
from werkzeug.serving import BaseWSGIServer

from mockserver.engine.reload import POLL_SECONDS
from mockserver.server import listen, werkzeug
from tests.server.stub import StubFront


class Enough(Exception):
    """The test has seen enough."""


class Looked:
    """Files that have changed at some polls."""

    def __init__(self, *looks: bool, watching: bool = True) -> None:
        self._looks, self.watching, self.swapped = iter(looks), watching, list[int]()
        self._at = 0

    def find_changes(self) -> bool:
        self._at += 1
        return next(self._looks)

    def swap(self) -> None:
        self.swapped.append(self._at)


def test_files_are_read_anew_when_a_look_says_so() -> None:
    data, pauses = Looked(False, True, False, True), iter(range(5))

    def pause() -> None:
        if next(pauses) == 4:
            raise Enough

    with pytest.raises(Enough):
        werkzeug._poll_files(data, pause)  # type: ignore[arg-type]  # all that is asked of it
    assert data.swapped == [2, 4]


@pytest.mark.parametrize("data", [Looked(), Looked(watching=False), None])
def test_it_looks_if_it_is_to_watch(monkeypatch: pytest.MonkeyPatch, data: Any) -> None:
    seen, looking = list[object](), Event()

    def watch(*asked: Any) -> None:
        seen.extend([asked[0], *asked[1].args])
        looking.set()

    def interrupted(self: BaseWSGIServer) -> None:
        if data and data.watching:
            assert looking.wait(60)
        raise KeyboardInterrupt

    monkeypatch.setattr(werkzeug, "_poll_files", watch)
    monkeypatch.setattr(BaseWSGIServer, "serve_forever", interrupted)
    with listen.listen("127.0.0.1", 0) as listener:
        werkzeug.run(StubFront(), listener, lambda: None, data=data)
    assert seen == ([data, POLL_SECONDS] if data and data.watching else [])
