"""Sends the exchanges of a file in order, and says where replies differ."""

from __future__ import annotations

import re
from collections.abc import Iterator
from difflib import unified_diff

from tests.transcripts.files import Exchange, Transcript
from tests.transcripts.replies import Run
from tests.transcripts.wire import on_the_wire, send

WIDE = 160


def replay(transcript: Transcript, port: int) -> list[str]:
    """The replies that a server gives, as text; one that is as expected is the text that was expected."""
    run, replies = Run(port), []
    for exchange in transcript.exchanges:
        came = send(port, on_the_wire(exchange.request, port, run.calls))
        replies.append(run.rewritten(exchange, came))
    return replies


def differences(transcript: Transcript, replies: list[str]) -> Iterator[str]:
    """For each reply that is not as expected, where it stands and a diff."""
    for exchange, reply in zip(transcript.exchanges, replies, strict=True):
        if reply != exchange.reply:
            yield f"{transcript.path.name}:{exchange.line}: {exchange.title}\n{diff(exchange, reply)}"


def diff(exchange: Exchange, reply: str) -> str:
    lines = unified_diff(broken(exchange.reply), broken(reply), "expected", "came", lineterm="", n=2)
    return "\n".join(lines)


def broken(text: str) -> list[str]:
    """Lines; a wide line of JSON is broken at its keys, so that a diff shows which one differs."""
    lines: list[str] = []
    for line in text.split("\n"):
        lines += re.sub(r',(?=["{\[])', ",\n  ", line).split("\n") if len(line) > WIDE else [line]
    return lines
