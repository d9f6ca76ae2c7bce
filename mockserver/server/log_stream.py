"""The stream of the access log: lines of one turn of the event loop go out together."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from _typeshed import SupportsWrite


class BatchedStream:
    """A stream that writes in one go what comes in one turn of the event loop, at its end; outside of a loop at once.

    No more than ``WHOLE`` bytes go together: so much reaches a pipe
    undivided, whatever other processes write to it. What a thread writes meanwhile comes before it. What cannot be
    written, to a disk that is full or a reader who is gone, is lost: the calls are answered all the same.
    """

    WHOLE = 4096

    def __init__(self, stream: SupportsWrite[str]) -> None:
        self._stream, self._texts, self._length = stream, list[str](), 0

    def write(self, text: str) -> None:
        try:
            loop = asyncio.get_running_loop()
        except RuntimeError:
            self._put(text)
            return
        if self._length + len(text) > self.WHOLE:
            self.flush()
        if not self._texts:
            loop.call_soon(self.flush)
        self._texts.append(text)
        self._length += len(text)

    def flush(self) -> None:
        """Write what there is so far."""
        texts, self._texts, self._length = self._texts, [], 0
        if texts:
            self._put("".join(texts))

    def _put(self, text: str) -> None:
        with suppress(OSError):
            self._stream.write(text)
