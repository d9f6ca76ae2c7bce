"""Text of a client in a line of the log: it can neither end the line nor forge another."""

from __future__ import annotations

from textwrap import indent

MAX_CHARS = 200


def escape_text(text: str) -> str:
    """At most 200 printable ASCII characters that stand for the text."""
    if text.isascii() and text.isprintable() and "\\" not in text:
        return text[:MAX_CHARS]
    return text.encode("unicode_escape").decode("ascii")[:MAX_CHARS]


def indent_lines(trace: str) -> str:
    """The trace of a crash, of which no line can pass for a line of the log."""
    return indent(escape_unprintable(trace).rstrip(), "    ", lambda line: True)


def escape_unprintable(text: str) -> str:
    """The text with every sign escaped that would move the cursor, ring, or turn the line around; lines stay lines."""
    if text.isascii() and text.replace("\n", "").isprintable():
        return text
    return "".join(sign if sign.isprintable() or sign == "\n" else ascii(sign)[1:-1] for sign in text)
