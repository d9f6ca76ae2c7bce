"""Finds secrets by their places: after names and scheme words, in URLs, JSON, XML, forms and parts."""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Iterable, Iterator
from functools import partial
from urllib.parse import unquote_plus

from . import markup, structure
from .index import MIN_SECRET_CHARS, Span
from .limits import MAX_NAMES, NOTHING, Found, IsSecret, TooManyNames
from .parts import split_parts
from .spellings import Spelling, Wrapped, iterate_spellings, list_spellings

_MAX_DEPTH = 3  # of nested texts: JSON, XML and forms

_NAME = re.compile(r"""(?<![\w.\[\]-])[.\[\]-]*([A-Za-z_][\w.\[\]-]++)["']?[ \t\r\n]{0,4}([:=])[ \t\r\n]{0,4}""")
_SCHEME = r"(?:(?:basic|bearer|token|digest|apikey)[ \t]+)?"
_QUOTED = r""""((?:[^"\\]|\\.)*)|'((?:[^'\\]|\\.)*)"""
_BEHIND = {
    ":": re.compile(rf"{_SCHEME}(?:{_QUOTED}|([^\s\"'&;,<>{{}}\[\]\\]+))", re.IGNORECASE | re.DOTALL),
    "=": re.compile(rf"{_SCHEME}(?:{_QUOTED}|([^\s\"'&;,<>\\]+))", re.IGNORECASE | re.DOTALL),
    ";": re.compile(r"()()([^\s\"&;<>\\/?#]+)"),  # a parameter of a path
    "?": re.compile(r"()()([^\s\"&<>\\#]+)"),  # and one of a query
}
_QUOTE = r"""(?![,:;}\])>&])"""  # after a quote that ends no text of JSON, XML or a sentence
_USER = rf"""[^/?#\s"':<>\\@]*(?:["']{_QUOTE}[^/?#\s"':<>\\@]*)*"""
_PASSWORD = rf"""(?:[^/?#\s"]|"{_QUOTE})[^/?#\s"]*(?:"{_QUOTE}[^/?#\s"]*)*"""
_USERINFO = re.compile(rf"""//({_USER}:{_PASSWORD}|[^/?#\s"'<>\\]+)@""")
_BASIC = re.compile(r"(?<![A-Za-z])basic[ \t:]+([A-Za-z0-9+/_-]{6,}={0,2})", re.IGNORECASE)
_BEARER = re.compile(r"(?<![A-Za-z])bearer[ \t]+([A-Za-z0-9._~+/-]{16,}=*)", re.IGNORECASE)
_FORM = re.compile(r"""[^\s=&<>{}"',;:()]+=""")
_LINE = re.compile(r"\r?\n(?=[^\s=&]+=)")  # the start of the next field, in a form with a field a line
_START = re.compile(r"(?:[\ufeff\s]|\)\]\}',?|for\(;;\);|while\(1\);)*")  # may precede JSON or XML

_SIGNS = re.compile(r"[:=@%\\&<]")

_BETWEEN = re.compile(r"[,;'\"\s]+")
MAX_PARTS = 20  # of the text after a name, each of which may be the secret


def may_have_any(text: str) -> bool:
    """A quick check that rules out texts without secrets."""
    lower = text.lower()
    return _SIGNS.search(text) is not None or "basic" in lower or "bearer" in lower


def find(text: str, is_secret: IsSecret, spelled: Iterable[Spelling] | None = None) -> Iterator[Found]:
    """Finds the secrets of any text, however encoded. Raises TooManyNames."""
    data, known = False, set[str]()
    for spelling in list_spellings(text) if spelled is None else spelled:
        if not may_have_any(spelling.text):
            continue
        for span in _plainly(spelling.text, is_secret):
            secret, original = spelling.text[slice(*span)], spelling.original(span)
            yield original, secret
            if secret in known:  # its parts were found before
                continue
            known.add(secret)
            if _BETWEEN.search(secret):
                yield from ((original, part) for part in _BETWEEN.split(secret, MAX_PARTS))
            if ":" in (inner := decode_basic(secret)):
                yield original, inner.partition(":")[2]
        if not data and (data := _is_data(spelling.text)):
            yield from _in_data(spelling, is_secret, 0)


def find_in_value(text: str, is_secret: IsSecret, spelled: Iterable[Spelling] | None = None) -> Iterator[Found]:
    """Finds the secrets in the value of a form field or query parameter. Raises TooManyNames."""
    yield from find(text, is_secret, spelled)
    yield from _in_fields(Spelling(text), is_secret, 0)
    yield from _behind_names(Spelling(text), is_secret)


def find_in_body(text: str, is_secret: IsSecret, spelled: Iterable[Spelling] | None = None) -> Iterator[Found]:
    """Finds the secrets of a body: a form, multipart, JSON, XML or any text. Raises TooManyNames."""
    yield from find(text, is_secret, spelled)
    yield from _in_fields(Spelling(text), is_secret, 0)


def spellings_of_body(text: str) -> list[Spelling]:
    """The spellings of a body, and its decoded parts."""
    decoded = list[Spelling]()
    if "--" in text:
        try:
            decoded = [Wrapped(part.decode() or "", part.span) for part in split_parts(text) if part.is_encoded]
        except TooManyNames:  # such a body is masked whole
            decoded = []
    return [*list_spellings(text), *decoded]


def _in_data(spelling: Spelling, is_secret: IsSecret, depth: int) -> Iterator[Found]:
    """Finds the secrets of JSON, or of a text with XML elements."""
    within = partial(_within, is_secret=is_secret, depth=depth)
    if _first_sign(spelling.text) in ("{", "["):
        yield from structure.find_in_json(spelling, is_secret, within)
    else:
        yield from markup.find_in_xml(spelling, is_secret, within)


def _in_fields(spelling: Spelling, is_secret: IsSecret, depth: int) -> Iterator[Found]:
    """Finds the secrets of a form or a multipart body."""
    yield from _in_parts(spelling, is_secret, depth)
    yield from _in_form(spelling, is_secret, depth)


def _within(spelling: Spelling, is_secret: IsSecret, depth: int) -> Iterator[Found]:
    """Finds the secrets of a nested text that has fields itself."""
    if depth < _MAX_DEPTH and len(spelling.text) >= MIN_SECRET_CHARS:
        for meant in iterate_spellings(spelling):
            if _is_data(meant.text):
                yield from _in_data(meant, is_secret, depth + 1)
                break
        yield from _in_fields(spelling, is_secret, depth + 1)


def find_in_json(text: str, is_secret: IsSecret) -> Iterator[Found]:
    """Finds the secrets of JSON with any number of names."""
    if _first_sign(text) in ("{", "["):
        within = partial(_within, is_secret=is_secret, depth=0)
        yield from structure.find_in_json(Spelling(text), is_secret, within, most=len(text))


def _is_data(text: str) -> bool:
    """Whether a text is JSON, or has XML elements."""
    return "</" in text or _first_sign(text) in ("{", "[", "<")


def _first_sign(text: str) -> str:
    start = _START.match(text)
    return text[start.end() : start.end() + 1] if start else ""


def decode_basic(text: str) -> str:
    """Decodes a Basic credential, ``name:secret``; empty if it is none."""
    try:
        return base64.b64decode(text.translate(_URL_SAFE) + "=" * (-len(text) % 4)).decode("latin-1")
    except (binascii.Error, ValueError):
        return ""


_URL_SAFE = str.maketrans("-_", "+/")


_HOW = {";": ";", "?": "?", "&": "?"}  # the pattern of a value, by the character before its name


def _named(text: str, is_secret: IsSecret) -> Iterator[Span]:
    done, count = 0, 0
    for match in _NAME.finditer(text):
        if match.start() < done:
            continue
        count += 1
        if count > MAX_NAMES:
            raise TooManyNames
        if is_secret(match[1]):
            how = match[2] if match[2] == ":" else _HOW.get(text[match.start() - 1 : match.start()], "=")
            value = _BEHIND[how].match(text, match.end())
            if value and value.lastindex and value[value.lastindex] not in NOTHING:
                done = value.end()
                yield value.span(value.lastindex)


def _wrapped(text: str) -> Iterator[Span]:
    """The spans of user info in URLs, and of credentials after a scheme word."""
    for match in _USERINFO.finditer(text):
        start, stop = match.span(1)
        colon = text.find(":", start, stop)
        yield (start, stop) if colon < 0 else (colon + 1, stop)
    for match in _BASIC.finditer(text):
        if ":" in decode_basic(match[1]):
            yield match.span(1)
    for match in _BEARER.finditer(text):
        yield match.span(1)


def _in_form(spelling: Spelling, is_secret: IsSecret, depth: int) -> Iterator[Found]:
    text = spelling.text
    if not _FORM.match(text):
        return
    at, fields = 0, text.split("&")
    if len(fields) > MAX_NAMES:
        raise TooManyNames
    for field in fields:
        name, _, value = field.partition("=")
        span, at = (at + len(name) + 1, at + len(field)), at + len(field) + 1
        if is_secret(unquote_plus(name).strip()):
            if value.strip() not in NOTHING:
                yield spelling.original(span), value
        elif value:
            meant = unquote_plus(value)
            part = spelling.part(span) if meant == value else Wrapped(meant, spelling.original(span))
            yield from _within(part, is_secret, depth)
            yield from _behind_names(part, is_secret)
            if "+" in value and may_have_any(meant):
                yield from ((part.original(found), meant[slice(*found)]) for found in _plainly(meant, is_secret))


def _plainly(text: str, is_secret: IsSecret) -> Iterator[Span]:
    yield from _named(text, is_secret)
    yield from _wrapped(text)


def _behind_names(spelling: Spelling, is_secret: IsSecret) -> Iterator[Found]:
    """Finds what follows names of secrets in a field's value, up to its end or to a line with another name.

    Blanks and line ends may be part of the secret.
    """
    text, done = spelling.text, 0
    if "=" not in text:
        return
    for match in _NAME.finditer(text):
        if match.start() >= done and match[2] == "=" and is_secret(match[1]):
            line = _LINE.search(text, match.end())
            done = line.start() if line else len(text)
            if (secret := text[match.end() : done]).strip() not in NOTHING:
                yield spelling.original((match.end(), done)), secret


def _in_parts(spelling: Spelling, is_secret: IsSecret, depth: int) -> Iterator[Found]:
    """Finds the secrets in the parts of a multipart body; a part that cannot be decoded is secret as a whole."""
    for part in split_parts(spelling.text):
        whole = spelling.original(part.span)
        decoded = part.decode() if part.is_encoded else part.text
        if decoded is None or part.is_secret(is_secret):
            yield whole, part.text
            yield whole, decoded or ""
        else:
            inner = Wrapped(decoded, whole) if part.is_encoded else spelling.part(part.span)
            yield from _within(inner, is_secret, depth)
            yield from _behind_names(inner, is_secret)
            if part.is_encoded:
                yield from ((whole, decoded[slice(*found)]) for found in _plainly(decoded, is_secret))
