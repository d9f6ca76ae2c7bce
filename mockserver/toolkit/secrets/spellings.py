"""The same text as it was meant: without the encodings of URLs, of JSON and of XML, one and two deep."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import NamedTuple
from urllib.parse import unquote_to_bytes

from .index import Span

_PERCENT = re.compile(r"(?:%[0-9A-Fa-f]{2})+")
_ESCAPE = re.compile(
    r"\\u[dD][89abAB][0-9A-Fa-f]{2}\\u[dD][c-fC-F][0-9A-Fa-f]{2}"
    r"|\\u[0-9A-Fa-f]{4}|\\x[0-9A-Fa-f]{2}|\\."
    r"|&(?:amp|lt|gt|quot|apos|#[0-9]{1,7}|#[xX][0-9A-Fa-f]{1,6});",
    re.DOTALL,
)
_LETTERS = {"n": "\n", "r": "\r", "t": "\t", "b": "\b", "f": "\f"}
_ENTITIES = {"amp": "&", "lt": "<", "gt": ">", "quot": '"', "apos": "'"}


class Spelling(NamedTuple):
    """A text, and where each of its characters begins and ends in the text that it was decoded from (None: as here)."""

    text: str
    starts: list[int] | None = None
    stops: list[int] | None = None

    def original(self, span: Span) -> Span:
        """Where a part of the text stands in the text that it was decoded from."""
        start, stop = span
        if self.starts is None or self.stops is None or start == stop:
            return span
        return self.starts[start], self.stops[stop - 1]

    def part(self, span: Span) -> Spelling:
        """A part of the text."""
        start, stop = span
        if self.starts is None or self.stops is None:
            return Spelling(self.text[start:stop], list(range(start, stop)), list(range(start + 1, stop + 1)))
        return Spelling(self.text[start:stop], self.starts[start:stop], self.stops[start:stop])


def spellings(text: str) -> Iterator[Spelling]:
    """The text itself, and what it comes to where URLs, JSON or XML would spell it so, in any order of two of them."""
    whole = Spelling(text)
    yield whole
    if "%" in text or "\\" in text or "&" in text:
        for first in filter(None, (_percent(whole), escaped(whole))):
            yield first
            yield from filter(None, (_percent(first), escaped(first)))


def is_spelled_plainly(text: str) -> bool:
    """Whether a text can only mean itself."""
    return not ("%" in text or "\\" in text or "&" in text)


def _percent(before: Spelling) -> Spelling | None:
    return _decoded(before, _PERCENT, _bytes_of) if "%" in before.text else None


def escaped(before: Spelling) -> Spelling | None:
    """The text without the escapes of JSON and XML; None if it has none."""
    text = before.text
    return _decoded(before, _ESCAPE, _meant) if "\\" in text or ("&" in text and ";" in text) else None


def _bytes_of(encoded: str) -> str:
    return unquote_to_bytes(encoded).decode("utf-8", "replace")


def _meant(escape: str) -> str:
    if len(escape) == 2:
        return _LETTERS.get(escape[1], escape[1])
    if escape[0] == "&":
        name = escape[1:-1]
        if name[0] != "#":
            return _ENTITIES[name]
        code = int(name[2:], 16) if name[1] in "xX" else int(name[1:])
        return chr(code) if code <= 0x10FFFF else "\ufffd"
    if len(escape) == 12:
        return escape.encode("ascii").decode("unicode_escape").encode("utf-16", "surrogatepass").decode("utf-16")
    return chr(int(escape[2:], 16))


def _decoded(before: Spelling, pattern: re.Pattern[str], meaning: Callable[[str], str]) -> Spelling | None:
    """The spelling with everything decoded that the pattern matches; None if nothing is."""
    pieces, starts, stops, at = list[str](), list[int](), list[int](), 0
    text = before.text
    for match in pattern.finditer(text):
        start, stop = match.span()
        if start > at:
            _keep(before, (at, start), pieces, starts, stops)
        meant = meaning(match[0])
        pieces.append(meant)
        width = 3 if len(meant) * 3 == stop - start else 0  # a byte each, as most are
        for index in range(len(meant)):
            first, last = before.original((start + index * width, start + (index + 1) * width if width else stop))
            starts.append(first)
            stops.append(last)
        at = stop
    if not at:
        return None
    _keep(before, (at, len(text)), pieces, starts, stops)
    return Spelling("".join(pieces), starts, stops)


def _keep(before: Spelling, span: Span, pieces: list[str], starts: list[int], stops: list[int]) -> None:
    """Go on with a part that means itself."""
    start, stop = span
    pieces.append(before.text[start:stop])
    if before.starts is None or before.stops is None:
        starts.extend(range(start, stop))
        stops.extend(range(start + 1, stop + 1))
    else:
        starts.extend(before.starts[start:stop])
        stops.extend(before.stops[start:stop])
