"""Escapes text of a client for the log, so that it can neither end a line nor forge another."""

from __future__ import annotations

from textwrap import indent

MAX_CHARS = 200


def escape_text(text: str) -> str:
    """The text in at most MAX_CHARS printable ASCII characters."""
    if text.isascii() and text.isprintable() and "\\" not in text:
        return text[:MAX_CHARS]
    return text.encode("unicode_escape").decode("ascii")[:MAX_CHARS]


def indent_lines(trace: str) -> str:
    """The trace of a crash, indented so that no line passes for a line of the log."""
    return indent(escape_unprintable(trace).rstrip(), "    ", lambda line: True)


def escape_unprintable(text: str) -> str:
    """The text with control and direction characters escaped; line breaks stay."""
    if text.isascii() and text.replace("\n", "").isprintable():
        return text
    return "".join(sign if sign.isprintable() or sign == "\n" else ascii(sign)[1:-1] for sign in text)
