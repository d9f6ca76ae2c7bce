"""The stream of the access log in an event loop."""

from __future__ import annotations

import asyncio
import errno

from mockserver.server import log_stream


class Line(list[str]):
    """Records each write that reaches the stream behind a BatchedStream."""

    def write(self, text: str) -> None:
        self.append(text)


def test_lines_of_one_turn_of_the_loop_are_written_together() -> None:
    written = Line()
    stream = log_stream.BatchedStream(written)
    stream.write("before\n")

    async def turn() -> None:
        stream.write("one\n")
        stream.write("two\n")
        assert written == ["before\n"]
        await asyncio.sleep(0)
        stream.write("three\n")
        await asyncio.sleep(0)

    asyncio.run(turn())
    stream.write("after\n")
    assert written == ["before\n", "one\ntwo\n", "three\n", "after\n"]


def test_no_more_lines_are_written_together_than_a_pipe_takes_undivided() -> None:
    written = Line()
    stream, line = log_stream.BatchedStream(written), "x" * 999 + "\n"

    async def turn() -> None:
        for _ in range(6):
            stream.write(line)
        await asyncio.sleep(0)

    asyncio.run(turn())
    assert written == [line * 4, line * 2]


def test_lines_that_cannot_be_written_are_lost_and_stop_nobody() -> None:
    class Full:
        def write(self, text: str) -> None:
            tried.append(text)
            raise OSError(errno.ENOSPC, "No space left on device")

    tried: list[str] = []
    stream, line = log_stream.BatchedStream(Full()), "x" * 4000 + "\n"

    async def turn() -> None:
        asyncio.get_running_loop().set_exception_handler(lambda loop, context: tried.append("broken"))
        stream.write(line)
        stream.write(line)
        await asyncio.sleep(0)

    stream.write("before\n")
    asyncio.run(turn())
    assert tried == ["before\n", line, line]


def test_lines_are_written_before_a_process_ends_amid_a_turn() -> None:
    written = Line()
    stream = log_stream.BatchedStream(written)

    async def turn() -> None:
        stream.write("one\n")
        stream.flush()
        assert written == ["one\n"]

    asyncio.run(turn())
    assert written == ["one\n"]
