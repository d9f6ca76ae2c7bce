"""The same text as it was meant: without the encodings of URLs, of JSON and of XML, one and two deep."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Callable, Iterator
from functools import lru_cache

from .index import Span

_CUT = r"(?=\Z| ?\.\.\.|['\"])"  # where a text may have been cut, and an escape with it
_PERCENT = re.compile(rf"(?:%[0-9A-Fa-f]{{2}})+(?:%[0-9A-Fa-f]?{_CUT})?|%[0-9A-Fa-f]?{_CUT}")
_ESCAPE = re.compile(
    r"(\\u[dD][89abAB][0-9A-Fa-f]{2}(?:\\(?:u[0-9A-Fa-f]{0,3})?)?" + _CUT + r"|\\(?=\Z| ?\.\.\.)"
    r"|(?:\\u[0-9A-Fa-f]{0,3}|\\x[0-9A-Fa-f]?)" + _CUT + r"|&(?:[alg]|am|amp|lt|gt|apo?s?|q|quo?t?"
    r"|#[0-9]{0,7}|#[xX][0-9A-Fa-f]{0,6})?" + _CUT + ")"
    r"|\\u[dD][89abAB][0-9A-Fa-f]{2}\\u[dD][c-fC-F][0-9A-Fa-f]{2}"
    r"|\\u[0-9A-Fa-f]{4}|\\x[0-9A-Fa-f]{2}|\\."
    r"|&(?:amp|lt|gt|quot|apos|#[0-9]{1,7}|#[xX][0-9A-Fa-f]{1,6});",
    re.DOTALL,
)
_AT_CUT = re.compile(_CUT)
_SHORT = 12  # characters of an escape whose meaning is remembered
_LETTERS = {"n": "\n", "r": "\r", "t": "\t", "b": "\b", "f": "\f"}
_ENTITIES = {"amp": "&", "lt": "<", "gt": ">", "quot": '"', "apos": "'"}

Meaning = Callable[[re.Match[str]], str]


class Spelling:
    """A text, and where its characters stand in the text that it was decoded from, or is a part of (None: as here)."""

    def __init__(
        self,
        text: str,
        before: Spelling | None = None,
        escapes: tuple[re.Pattern[str], Meaning] | None = None,
        shift: int = 0,
    ) -> None:
        self.text, self._before, self._escapes, self._shift = text, before, escapes, shift
        self._places: tuple[list[int], list[tuple[int, int, int]]] | None = None  # worked out when it is asked for
        self._asked: dict[Span, Span] = {}  # who finds a secret and who masks it ask for the same places

    def original(self, span: Span) -> Span:
        """Where a part of the text stands in the text that it was decoded from."""
        start, stop = span
        if self._before is None:
            return span
        if self._escapes is None:
            return self._before.original((start + self._shift, stop + self._shift))
        if span not in self._asked:
            first = self._earlier(start)
            last = self._earlier(stop - 1)[1] if stop > start else first[0]
            self._asked[span] = self._before.original((first[0], last))
        return self._asked[span]

    def part(self, span: Span) -> Spelling:
        """A part of the text."""
        start, stop = span
        return Spelling(self.text[start:stop], self, shift=start)

    def _earlier(self, at: int) -> Span:
        """Where a character stands in the text before this one."""
        starts, escapes = self._places = self._places or self._find_escapes()
        index = bisect_right(starts, at) - 1
        if index < 0:
            return at, at + 1
        (start, stop, length), beyond = escapes[index], at - starts[index]
        if beyond >= length:
            return stop + beyond - length, stop + beyond - length + 1
        if length * 3 == stop - start:  # a byte each, as most are
            return start + 3 * beyond, start + 3 * beyond + 3
        return start, stop

    def _find_escapes(self) -> tuple[list[int], list[tuple[int, int, int]]]:
        """Where each escape's meaning begins; where the escape begins and ends, and how long its meaning is."""
        starts, escapes, shorter = list[int](), list[tuple[int, int, int]](), 0
        if self._before is not None and self._escapes is not None:
            pattern, meaning = self._escapes
            for match in pattern.finditer(self._before.text):
                start, stop = match.span()
                length = len(meaning(match))
                starts.append(start - shorter)
                escapes.append((start, stop, length))
                shorter += stop - start - length
        return starts, escapes


class Wrapped(Spelling):
    """What a part of a text means as a whole: each place in it stands for all of that part."""

    def __init__(self, text: str, span: Span) -> None:
        super().__init__(text)
        self._span = span

    def original(self, span: Span) -> Span:
        return self._span


def spellings(text: str) -> list[Spelling]:
    """The text itself, and what it comes to where URLs, JSON or XML would spell it so, in any order of two of them."""
    return list(every_spelling(Spelling(text)))


def every_spelling(whole: Spelling) -> Iterator[Spelling]:
    """The same of a text that stands in another one, each as it is asked for."""
    yield whole
    if is_spelled_plainly(whole.text):
        return
    known = {whole.text}
    for first in filter(None, (_percent(whole), escaped(whole))):
        for spelling in (first, _percent(first), escaped(first)):
            if spelling is not None and spelling.text not in known:
                known.add(spelling.text)
                yield spelling


def is_spelled_plainly(text: str) -> bool:
    """Whether a text can only mean itself."""
    return not ("%" in text or "\\" in text or "&" in text)


def _percent(before: Spelling) -> Spelling | None:
    return _decoded(before, _PERCENT, _bytes_of) if "%" in before.text else None


def escaped(before: Spelling) -> Spelling | None:
    """The text without the escapes of JSON and XML; None if it has none."""
    return _decoded(before, _ESCAPE, _meant) if "\\" in before.text or "&" in before.text else None


def unescaped(text: str) -> str:
    """The same of a text whose places nobody asks for."""
    return _ESCAPE.sub(_meant, text) if "\\" in text or "&" in text else text


def _decoded(before: Spelling, pattern: re.Pattern[str], meaning: Meaning) -> Spelling | None:
    """The spelling with everything decoded that the pattern matches; None if nothing is."""
    text = pattern.sub(meaning, before.text)
    return None if text == before.text else Spelling(text, before, (pattern, meaning))


def _bytes_of(match: re.Match[str]) -> str:
    """What percent signs encode; nothing of what was cut."""
    encoded = match[0]
    meant = (_unquoted if len(encoded) <= _SHORT else _unquoted.__wrapped__)(encoded)
    return meant.rstrip("\ufffd") if meant[-1:] == "\ufffd" and _AT_CUT.match(match.string, match.end()) else meant


@lru_cache(4096)  # the same few come again and again
def _unquoted(encoded: str) -> str:
    return bytes.fromhex(encoded[: len(encoded) - len(encoded) % 3].replace("%", "")).decode("utf-8", "replace")


def _meant(match: re.Match[str]) -> str:
    return _meaning(match[0]) if match[1] is None else ""  # of one that was cut


@lru_cache(4096)
def _meaning(escape: str) -> str:
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
