"""Decodes a text: percent-encoding and the escapes of JSON and XML, one or two levels deep."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Callable, Iterator
from functools import lru_cache

from .index import Span

_CUT = r"(?=\Z| ?\.\.\.|['\"])"  # where a cut may have split an escape
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
_SHORT = 12  # characters of an escape whose decoding is cached
_LETTERS = {"n": "\n", "r": "\r", "t": "\t", "b": "\b", "f": "\f"}
_ENTITIES = {"amp": "&", "lt": "<", "gt": ">", "quot": '"', "apos": "'"}

Meaning = Callable[[re.Match[str]], str]


class Spelling:
    """A decoded text, and the places of its characters in the text that it was decoded from or is a part of."""

    def __init__(
        self,
        text: str,
        before: Spelling | None = None,
        escapes: tuple[re.Pattern[str], Meaning] | None = None,
        shift: int = 0,
    ) -> None:
        self.text, self._before, self._escapes, self._shift = text, before, escapes, shift
        self._places: tuple[list[int], list[tuple[int, int, int]]] | None = None  # computed on first use
        self._originals: dict[Span, Span] = {}  # finding and masking a secret ask for the same places

    def original(self, span: Span) -> Span:
        """The place of a span in the original text."""
        start, stop = span
        if self._before is None:
            return span
        if self._escapes is None:
            return self._before.original((start + self._shift, stop + self._shift))
        if span not in self._originals:
            first = self._earlier(start)
            last = self._earlier(stop - 1)[1] if stop > start else first[0]
            self._originals[span] = self._before.original((first[0], last))
        return self._originals[span]

    def part(self, span: Span) -> Spelling:
        """A part of the text."""
        start, stop = span
        return Spelling(self.text[start:stop], self, shift=start)

    def _earlier(self, at: int) -> Span:
        """The place of a character in the text before this decoding."""
        starts, escapes = self._places = self._places or self._find_escapes()
        index = bisect_right(starts, at) - 1
        if index < 0:
            return at, at + 1
        (start, stop, length), beyond = escapes[index], at - starts[index]
        if beyond >= length:
            return stop + beyond - length, stop + beyond - length + 1
        if length * 3 == stop - start:  # one byte each, as usual
            return start + 3 * beyond, start + 3 * beyond + 3
        return start, stop

    def _find_escapes(self) -> tuple[list[int], list[tuple[int, int, int]]]:
        """The start of each decoded escape, and the escape's start, end and decoded length."""
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
    """The decoding of a part as a whole: each place in it maps to the entire part."""

    def __init__(self, text: str, span: Span) -> None:
        super().__init__(text)
        self._span = span

    def original(self, span: Span) -> Span:
        return self._span


def list_spellings(text: str) -> list[Spelling]:
    """The text and its decodings, by up to two of percent-encoding and escapes in any order."""
    return list(iterate_spellings(Spelling(text)))


def iterate_spellings(whole: Spelling) -> Iterator[Spelling]:
    """The spellings of a nested text, lazily."""
    yield whole
    if is_plain(whole.text):
        return
    known = {whole.text}
    for first in filter(None, (_percent(whole), decode_escapes(whole))):
        for spelling in (first, _percent(first), decode_escapes(first)):
            if spelling is not None and spelling.text not in known:
                known.add(spelling.text)
                yield spelling


def is_plain(text: str) -> bool:
    """Whether a text has nothing to decode."""
    return not ("%" in text or "\\" in text or "&" in text)


def _percent(before: Spelling) -> Spelling | None:
    return _decode(before, _PERCENT, _decode_percent) if "%" in before.text else None


def decode_escapes(before: Spelling) -> Spelling | None:
    """The text without the escapes of JSON and XML; None if it has none."""
    return _decode(before, _ESCAPE, _decode_match) if "\\" in before.text or "&" in before.text else None


def unescape(text: str) -> str:
    """The text without escapes, if its places do not matter."""
    return _ESCAPE.sub(_decode_match, text) if "\\" in text or "&" in text else text


def _decode(before: Spelling, pattern: re.Pattern[str], meaning: Meaning) -> Spelling | None:
    """Decodes every match of the pattern; None if there is none."""
    text = pattern.sub(meaning, before.text)
    return None if text == before.text else Spelling(text, before, (pattern, meaning))


def _decode_percent(match: re.Match[str]) -> str:
    """Decodes a percent-encoding, without a character that was cut."""
    encoded = match[0]
    meant = (_unquote if len(encoded) <= _SHORT else _unquote.__wrapped__)(encoded)
    return meant.rstrip("\ufffd") if meant[-1:] == "\ufffd" and _AT_CUT.match(match.string, match.end()) else meant


@lru_cache(4096)  # the same few recur
def _unquote(encoded: str) -> str:
    return bytes.fromhex(encoded[: len(encoded) - len(encoded) % 3].replace("%", "")).decode("utf-8", "replace")


def _decode_match(match: re.Match[str]) -> str:
    return _decode_escape(match[0]) if match[1] is None else ""  # an escape that was cut


@lru_cache(4096)
def _decode_escape(escape: str) -> str:
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
