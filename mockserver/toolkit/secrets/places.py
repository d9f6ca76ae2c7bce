"""Places in a text where secrets stand: behind their names, in URLs, behind a scheme word, in JSON, XML and forms."""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Callable, Iterator
from urllib.parse import unquote_plus

from .index import Span
from .spellings import Spelling, escaped, spellings

MAX_NAMES = 1000  # of a part of a request; what has more is not looked through
_MAX_DEPTH = 3  # JSON within texts of JSON

_NAME = re.compile(r"""(?<![\w.\[\]-])([A-Za-z_][\w.\[\]-]{1,79})["']?[ \t\r\n]{0,4}([:=])[ \t\r\n]{0,4}""")
_SCHEME = r"(?:(?:basic|bearer|token|digest|apikey)[ \t]+)?"
_QUOTED = r""""((?:[^"\\]|\\.)*)|'((?:[^'\\]|\\.)*)"""
_BEHIND = {
    ":": re.compile(rf"{_SCHEME}(?:{_QUOTED}|([^\s\"'&;,<>{{}}\[\]\\]+))", re.IGNORECASE | re.DOTALL),
    "=": re.compile(rf"{_SCHEME}(?:{_QUOTED}|([^\s\"'&;,<>\\]+))", re.IGNORECASE | re.DOTALL),
    ";": re.compile(r"()()([^\s\"'&;,<>\\/?#]+)"),  # a parameter of a path
}
_USERINFO = re.compile(r"""//([^/?#\s"'<>\\]+)@""")
_BASIC = re.compile(r"(?<![A-Za-z])basic[ \t:]+([A-Za-z0-9+/_-]{6,}={0,2})", re.IGNORECASE)
_BEARER = re.compile(r"(?<![A-Za-z])bearer[ \t]+([A-Za-z0-9._~+/-]{16,}=*)", re.IGNORECASE)
_TOKEN = re.compile(r'"((?:[^"\\]|\\.)*)"?|([{}\[\]:,])|([^\s"{}\[\]:,]+)', re.DOTALL)
_TAG = re.compile(r"<!\[CDATA\[|<(/?)([A-Za-z_][\w:.-]{0,79})[^<>]*?(/?)>")
_FORM = re.compile(r"[^\s=&]+=[^\s&]*(?:&[^\s&]*)*\s*")
_PART_NAME = re.compile(r'(?<![\w*])name="?([^"\r\n;]{1,200})', re.IGNORECASE)

_NOTHING = ("", "true", "false", "null", "None", "True", "False")  # values that give nothing away

_SIGNS = re.compile(r"[:=@%\\&]|basic[ \t]|bearer[ \t]", re.IGNORECASE)

IsSecret = Callable[[str], bool]
Found = tuple[Span, str]  # where a secret stands, and what it is as it was meant


class TooManyNames(Exception):
    """A text has more names than are looked at."""


def may_have_any(text: str) -> bool:
    """Whether a closer look is worth its time."""
    return _SIGNS.search(text) is not None


def find(text: str, is_secret: IsSecret) -> Iterator[Found]:
    """The secrets of any text, however it is spelled. Raises TooManyNames."""
    for spelling in spellings(text):
        for span in (*_named(spelling.text, is_secret), *_wrapped(spelling.text)):
            secret = spelling.text[slice(*span)]
            yield spelling.original(span), secret
            if ":" in (inner := unwrapped(secret)):
                yield spelling.original(span), inner.partition(":")[2]
    yield from find_in_json(Spelling(text), is_secret)


def find_in_body(text: str, is_secret: IsSecret) -> Iterator[Found]:
    """The secrets of a body, whose form shows: that of a form, of its parts, of JSON or of XML. Raises TooManyNames."""
    yield from find(text, is_secret)
    for spans in (_in_form, _in_parts, _in_xml):
        for span in spans(text, is_secret):
            yield span, text[slice(*span)]


def unwrapped(text: str) -> str:
    """What Basic authentication has wrapped: a name, a colon, a secret. The empty text when it is nothing such."""
    try:
        return base64.b64decode(text.translate(_URL_SAFE) + "=" * (-len(text) % 4)).decode("latin-1")
    except (binascii.Error, ValueError):
        return ""


_URL_SAFE = str.maketrans("-_", "+/")


def _named(text: str, is_secret: IsSecret) -> Iterator[Span]:
    done, count = 0, 0
    for match in _NAME.finditer(text):
        if match.start() < done:
            continue
        count += 1
        if count > MAX_NAMES:
            raise TooManyNames
        if is_secret(match[1]):
            how = ";" if text[match.start() - 1 : match.start()] == ";" and match[2] == "=" else match[2]
            value = _BEHIND[how].match(text, match.end())
            if value and value.lastindex and value[value.lastindex] not in _NOTHING:
                done = value.end()
                yield value.span(value.lastindex)


def _wrapped(text: str) -> Iterator[Span]:
    """What stands before the host of a URL, and behind a scheme word."""
    for match in _USERINFO.finditer(text):
        start, stop = match.span(1)
        colon = text.find(":", start, stop)
        yield (start, stop) if colon < 0 else (colon + 1, stop)
    for match in _BASIC.finditer(text):
        if ":" in unwrapped(match[1]):
            yield match.span(1)
    for match in _BEARER.finditer(text):
        yield match.span(1)


def find_in_json(spelling: Spelling, is_secret: IsSecret, depth: int = 0, most: int = MAX_NAMES) -> Iterator[Found]:
    """What stands in JSON under the name of a secret, at any depth; also where the JSON was cut. Raises TooManyNames
    when there are more than ``most``.
    """
    text = spelling.text
    if text.lstrip()[:1] not in ("{", "["):
        return
    secret, named, count = [False], False, 0  # of each level that is open, and of the next value
    last: re.Match[str] | None = None
    for match in (*_TOKEN.finditer(text), None):
        sign = match[2] if match else ","
        if match and not sign:
            last = match
            continue
        if sign == ":":
            count += 1
            if count > most:
                raise TooManyNames
            named, last = last is not None and is_secret(last[1] or last[0]), None
            continue
        if last is not None:
            yield from _value(spelling, last, is_secret, secret=secret[-1] or named, depth=depth)
            last = None
        if sign in ("{", "["):
            secret.append(secret[-1] or named)
        elif sign in ("}", "]") and len(secret) > 1:
            secret.pop()
        named = False


def _value(
    spelling: Spelling, match: re.Match[str], is_secret: IsSecret, *, secret: bool, depth: int
) -> Iterator[Found]:
    span = match.span(1) if match[1] is not None else match.span()
    text = spelling.text[slice(*span)]
    if secret and text not in _NOTHING:
        inner = escaped(Spelling(text))
        yield spelling.original(span), inner.text if inner else text
    elif depth < _MAX_DEPTH and text.lstrip()[:1] in ("{", "[") and match[1] is not None:
        inner = escaped(spelling.part(span)) or spelling.part(span)
        yield from find_in_json(inner, is_secret, depth + 1)


def _in_form(text: str, is_secret: IsSecret) -> Iterator[Span]:
    if not _FORM.fullmatch(text):
        return
    at, parts = 0, text.split("&")
    if len(parts) > MAX_NAMES:
        raise TooManyNames
    for part in parts:
        name = part.partition("=")[0]
        if is_secret(unquote_plus(name)):
            yield at + len(name) + 1, at + len(part)
        at += len(part) + 1


def _in_parts(text: str, is_secret: IsSecret) -> Iterator[Span]:
    """The parts of a multipart body."""
    if not text.startswith("--") or 'name="' not in text:
        return
    at = 0
    for count, part in enumerate(text.split("\n--")):
        if count > MAX_NAMES:
            raise TooManyNames
        blank = "\r\n\r\n" if "\r\n\r\n" in part else "\n\n"
        head, _, value = part.partition(blank)
        named = _PART_NAME.search(head[:2000])
        if named and is_secret(named[1]):
            start = at + len(head) + len(blank)
            yield start, start + len(value.rstrip("\r"))
        at += len(part) + len("\n--")


def _in_xml(text: str, is_secret: IsSecret) -> Iterator[Span]:
    """The text of elements that are named like secrets, and of those within them."""
    if not text.lstrip().startswith("<"):
        return
    secret, at, count = [False], 0, 0
    while (tag := _TAG.search(text, at)) is not None:
        if secret[-1] and text[at : tag.start()].strip():
            yield at, tag.start()
        at = tag.end()
        if not tag[2]:
            stop = text.find("]]>", at)
            stop = len(text) if stop < 0 else stop
            if secret[-1]:
                yield at, stop
            at = stop + len("]]>")
        elif tag[1]:
            if len(secret) > 1:
                secret.pop()
        elif not tag[3]:
            count += 1
            if count > MAX_NAMES:
                raise TooManyNames
            secret.append(secret[-1] or is_secret(tag[2].rpartition(":")[2]))
    if secret[-1] and text[at:].strip():
        yield at, len(text)
