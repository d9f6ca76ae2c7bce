"""Finds secrets in JSON: under their names at any depth, and as values of name-value pairs."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

from .limits import MAX_NAMES, NOTHING, Found, IsSecret, TooManyNames
from .spellings import Spelling, decode_escapes, unescape

_TOKEN = re.compile(
    r""""((?:[^"\\]|\\.)*)"?|'((?:[^'\\]|\\.)*)'|([{}\[\]:,])|([^\s"{}\[\]:,]+)""", re.DOTALL
)  # the second form is Python's
_NAMES = frozenset(
    {"name", "key", "header", "field", "parameter", "param", "variable", "attribute", "label", "id", "type"}
)
_VALUES = frozenset({"value", "values", "val", "contents", "content"})

Within = Callable[[Spelling], Iterator[Found]]  # searches a nested text


class _Level:
    """An open object or list: whether it is under a secret's name, or may be a name-value pair."""

    def __init__(self, sign: str, above: _Level | None, texts: int, *, secret: bool, held: bool) -> None:
        self.secret, self.held = secret, held  # held: below a value whose name may follow
        self.first = texts  # the number of texts held before it
        self.is_list = sign == "["
        self.is_row = self.is_list and above is not None and above.is_list
        self.begun = False  # of a row: whether its first value was read
        self.is_pair_of_secret = False


class _Reader:
    """Reads the tokens of a text and tracks the open objects and lists."""

    def __init__(self, spelling: Spelling, is_secret: IsSecret, within: Within, most: int) -> None:
        self._spelling, self._is_secret, self._within, self._most = spelling, is_secret, within, most
        self._levels = [_Level("", None, 0, secret=False, held=False)]
        self._held: list[re.Match[str]] = []  # texts whose names may follow
        self._name: str | None = None
        self._count = 0

    def read(self) -> Iterator[Found]:
        last: re.Match[str] | None = None
        for match in _TOKEN.finditer(self._spelling.text):
            sign = match[3]
            if not sign:
                last = match
                continue
            if sign == ":":
                self._count += 1
                if self._count > self._most:
                    raise TooManyNames
                self._name, last = _text(last) if last else None, None
                continue
            if last is not None:
                yield from self._value(last)
                last = None
            self._levels[-1].begun = self._levels[-1].is_row
            if sign in ("{", "["):
                self._open(sign)
            elif sign != "," and len(self._levels) > 1:
                yield from self._close()
            self._name = None
        if last is not None:
            yield from self._value(last)
        while len(self._levels) > 1:  # the text was cut
            yield from self._close()

    def _open(self, sign: str) -> None:
        above = self._levels[-1]
        secret, held = self._is_under_secret(), self._is_held()
        self._levels.append(_Level(sign, above, len(self._held), secret=secret, held=held))

    def _close(self) -> Iterator[Found]:
        level = self._levels.pop()
        if level.is_pair_of_secret:
            for match in self._held[level.first :]:
                yield from self._secret(match)
        if level.is_pair_of_secret or not level.held:
            del self._held[level.first :]

    def _is_under_secret(self) -> bool:
        level, name = self._levels[-1], self._name
        named = name is not None and self._is_secret(name)
        return level.secret or named or (level.is_pair_of_secret and self._is_value())

    def _is_value(self) -> bool:
        return self._levels[-1].begun if self._name is None else self._name.lower() in _VALUES

    def _is_held(self) -> bool:
        return self._levels[-1].held or (self._name is not None and self._is_value())

    def _value(self, match: re.Match[str]) -> Iterator[Found]:
        level = self._levels[-1]
        named = not level.begun and level.is_row if self._name is None else self._name.lower() in _NAMES
        if named and self._is_secret(_text(match)):
            level.is_pair_of_secret = True
        if self._is_under_secret():
            yield from self._secret(match)
            return
        if self._is_held():
            self._held.append(match)
        if match[4] is None and _MAY_HOLD_MORE.search(match[match.lastindex or 0]):
            part = self._spelling.part(match.span(match.lastindex or 0))
            yield from self._within(decode_escapes(part) or part)

    def _secret(self, match: re.Match[str]) -> Iterator[Found]:
        span = match.span(match.lastindex or 0)
        if (text := self._spelling.text[slice(*span)]) not in NOTHING:
            yield self._spelling.original(span), unescape(text)


_MAY_HOLD_MORE = re.compile(r"[=<{\[\\&%]")


def _text(match: re.Match[str]) -> str:
    return unescape(match[match.lastindex or 0])


def find_in_json(spelling: Spelling, is_secret: IsSecret, within: Within, most: int = MAX_NAMES) -> Iterator[Found]:
    """Finds what is under the name of a secret in JSON, at any depth, also if the JSON was cut.

    Raises TooManyNames when there are more than ``most`` names.
    """
    return _Reader(spelling, is_secret, within, most).read()
