"""Places in a text where secrets stand: behind their names, in URLs, behind a scheme word, in JSON, XML and forms."""

from __future__ import annotations

import base64
import binascii
import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from urllib.parse import unquote_plus

from .index import MIN_SECRET_CHARS, Span
from .spellings import Spelling, escaped, spellings, unescaped

MAX_NAMES = 1000  # of a part of a request; what has more is not looked through
_MAX_DEPTH = 3  # of texts within texts: JSON, XML and forms

_NAME = re.compile(r"""(?<![\w.\[\]-])[.\[\]-]*([A-Za-z_][\w.\[\]-]{1,79})["']?[ \t\r\n]{0,4}([:=])[ \t\r\n]{0,4}""")
_SCHEME = r"(?:(?:basic|bearer|token|digest|apikey)[ \t]+)?"
_QUOTED = r""""((?:[^"\\]|\\.)*)|'((?:[^'\\]|\\.)*)"""
_BEHIND = {
    ":": re.compile(rf"{_SCHEME}(?:{_QUOTED}|([^\s\"'&;,<>{{}}\[\]\\]+))", re.IGNORECASE | re.DOTALL),
    "=": re.compile(rf"{_SCHEME}(?:{_QUOTED}|([^\s\"'&;,<>\\]+))", re.IGNORECASE | re.DOTALL),
    ";": re.compile(r"()()([^\s\"&;<>\\/?#]+)"),  # a parameter of a path
    "?": re.compile(r"()()([^\s\"&<>\\#]+)"),  # and one of a query
}
_USERINFO = re.compile(r"""//([^/?#\s"':<>\\@]*:[^/?#\s"]+|[^/?#\s"'<>\\]+)@""")
_BASIC = re.compile(r"(?<![A-Za-z])basic[ \t:]+([A-Za-z0-9+/_-]{6,}={0,2})", re.IGNORECASE)
_BEARER = re.compile(r"(?<![A-Za-z])bearer[ \t]+([A-Za-z0-9._~+/-]{16,}=*)", re.IGNORECASE)
_TOKEN = re.compile(r'"((?:[^"\\]|\\.)*)"?|([{}\[\]:,])|([^\s"{}\[\]:,]+)', re.DOTALL)
_TAG = re.compile(r"<!\[CDATA\[|<!--|<(/?)([A-Za-z_][\w:.-]{0,79})[^<>]*?(/?)>")
_NAMED_TAG = re.compile(r"""\s(?:name|key)\s*=\s*(?:"([^"]*)"|'([^']*)')""", re.IGNORECASE)
_VALUE_OF_TAG = re.compile(r"""\svalue\s*=\s*(?:"([^"]*)"|'([^']*)')""", re.IGNORECASE)
_ENDS = {"<![CDATA[": "]]>", "<!--": "-->"}
_FORM = re.compile(r"""[^\s=&<>{}"',;:()]+=""")
_BOUNDARY = re.compile(r"^(--[^\r\n]{1,200})\r?\n(?=[A-Za-z-]{1,80}[ \t]{0,4}:)", re.MULTILINE)
_HEAD_OF_PART = re.compile(r"\r\n\r\n|\n\n")
_PARAMETER = re.compile(r'(?<![\w*])([\w*]{1,20})[ \t]{0,4}=[ \t]{0,4}(?:"((?:[^"\\\r\n]|\\.)*)"|([^;\r\n]*))')
_MAX_HEAD_CHARS = 2000  # of a part of a multipart body
_START = re.compile(r"(?:[\ufeff\s]|\)\]\}',?|for\(;;\);|while\(1\);)*")  # what may stand before JSON or XML

NOTHING = ("", "0", "true", "false", "null", "None", "True", "False")  # values that give nothing away

_SIGNS = re.compile(r"[:=@%\\&<]")

_BETWEEN = re.compile(r"[,;'\"\s]+")
MAX_PARTS = 20  # of what stands behind a name, each of which may be the secret

IsSecret = Callable[[str], bool]
Found = tuple[Span, str]  # where a secret stands, and what it is as it was meant


class TooManyNames(Exception):
    """A text has more names than are looked at."""


def may_have_any(text: str) -> bool:
    """Whether a closer look is worth its time."""
    lower = text.lower()
    return _SIGNS.search(text) is not None or "basic" in lower or "bearer" in lower


def find(text: str, is_secret: IsSecret, spelled: Iterable[Spelling] | None = None) -> Iterator[Found]:
    """The secrets of any text, however it is spelled. Raises TooManyNames."""
    for spelling in spellings(text) if spelled is None else spelled:
        if not may_have_any(spelling.text):
            continue
        for span in (*_named(spelling.text, is_secret), *_wrapped(spelling.text)):
            secret, original = spelling.text[slice(*span)], spelling.original(span)
            yield original, secret
            if _BETWEEN.search(secret):
                yield from ((original, part) for part in _BETWEEN.split(secret, MAX_PARTS))
            if ":" in (inner := unwrapped(secret)):
                yield original, inner.partition(":")[2]
    yield from _in_data(Spelling(text), is_secret, 0)


def find_in_body(text: str, is_secret: IsSecret, spelled: Iterable[Spelling] | None = None) -> Iterator[Found]:
    """The secrets of a body, whose form shows: that of a form, of its parts, of JSON or of XML. Raises TooManyNames."""
    yield from find(text, is_secret, spelled)
    yield from _in_fields(text, is_secret, 0)


def _in_data(spelling: Spelling, is_secret: IsSecret, depth: int) -> Iterator[Found]:
    """The secrets of a text that is JSON or XML."""
    if (sign := _first_sign(spelling.text)) == "<":
        for span in _in_xml(spelling.text, is_secret):
            yield spelling.original(span), spelling.text[slice(*span)]
    elif sign in ("{", "["):
        yield from find_in_json(spelling, is_secret, depth)


def _in_fields(text: str, is_secret: IsSecret, depth: int) -> Iterator[Found]:
    """The secrets of a text that is a form, or a multipart body."""
    yield from _in_parts(text, is_secret, depth)
    yield from _in_form(text, is_secret, depth)


def _within(text: str, is_secret: IsSecret, depth: int) -> Iterator[Found]:
    """The secrets of what a field holds, if it is something that has fields itself."""
    if depth < _MAX_DEPTH and len(text) >= MIN_SECRET_CHARS:
        yield from _in_data(Spelling(text), is_secret, depth + 1)
        yield from _in_fields(text, is_secret, depth + 1)


def _first_sign(text: str) -> str:
    start = _START.match(text)
    return text[start.end() : start.end() + 1] if start else ""


def unwrapped(text: str) -> str:
    """What Basic authentication has wrapped: a name, a colon, a secret. The empty text when it is nothing such."""
    try:
        return base64.b64decode(text.translate(_URL_SAFE) + "=" * (-len(text) % 4)).decode("latin-1")
    except (binascii.Error, ValueError):
        return ""


_URL_SAFE = str.maketrans("-_", "+/")


_HOW = {";": ";", "?": "?", "&": "?"}  # what a value ends at, by what stands before its name


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
    if _first_sign(text) not in ("{", "["):
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
    if secret:
        if text not in NOTHING:
            yield spelling.original(span), unescaped(text)
    elif match[1] is not None and depth < _MAX_DEPTH and len(text) >= MIN_SECRET_CHARS:
        if _first_sign(text) in ("{", "[", "<"):
            part = spelling.part(span)
            yield from _in_data(escaped(part) or part, is_secret, depth + 1)
        elif "=" in text:
            whole = spelling.original(span)
            yield from ((whole, found) for _, found in _in_fields(unescaped(text), is_secret, depth + 1))


def _in_form(text: str, is_secret: IsSecret, depth: int) -> Iterator[Found]:
    if not _FORM.match(text):
        return
    at, parts = 0, text.split("&")
    if len(parts) > MAX_NAMES:
        raise TooManyNames
    for part in parts:
        name, _, value = part.partition("=")
        span, at = (at + len(name) + 1, at + len(part)), at + len(part) + 1
        if is_secret(unquote_plus(name).strip()):
            if value.strip() not in NOTHING:
                yield span, value
        elif value:
            meant = unquote_plus(value)
            yield from ((span, found) for _, found in _within(meant, is_secret, depth))
            if "+" in value and may_have_any(meant):
                yield from ((span, found) for _, found in _plainly(meant, is_secret))


def _plainly(text: str, is_secret: IsSecret) -> Iterator[Found]:
    for span in (*_named(text, is_secret), *_wrapped(text)):
        yield span, text[slice(*span)]


def _in_parts(text: str, is_secret: IsSecret, depth: int) -> Iterator[Found]:
    """The parts of a multipart body."""
    boundary = _BOUNDARY.search(text) if "--" in text else None
    if not boundary:
        return
    end = f"\n{boundary[1].rstrip()}"
    parts = text[boundary.end(1) :].split(end)
    if len(parts) > MAX_NAMES:
        raise TooManyNames
    at = boundary.end(1)
    for part in parts:
        blank = _HEAD_OF_PART.search(part)
        if blank:
            value = part[blank.end() :].rstrip("\r")
            start = at + blank.end()
            if _is_secret_part(part[: blank.start()], is_secret):
                yield (start, start + len(value)), value
            else:
                found = _within(value, is_secret, depth)
                yield from (((start + first, start + last), secret) for (first, last), secret in found)
        at += len(part) + len(end)


def _is_secret_part(head: str, is_secret: IsSecret) -> bool:
    if len(head) > _MAX_HEAD_CHARS:
        return True
    for name, quoted, bare in _PARAMETER.findall(head):
        if name.lower().startswith("name"):
            meant = unescaped(quoted or bare).strip(" \"'")
            if any(is_secret(unquote_plus(each)) for each in (meant, meant.rpartition("'")[2])):
                return True
    return False


def _in_xml(text: str, is_secret: IsSecret) -> Iterator[Span]:
    """The text of elements that are named like secrets, and of those within them."""
    secret, names, known, at, count = [False], [""], Counter[str](), 0, 0  # of each element that is open
    while (tag := _TAG.search(text, at)) is not None:
        if secret[-1] and text[at : tag.start()].strip():
            yield at, tag.start()
        at = tag.end()
        name = tag[2]
        if not name:
            end = _ENDS[tag[0]]
            stop = text.find(end, at)
            stop = len(text) if stop < 0 else stop
            if secret[-1] and stop > at:
                yield at, stop
            at = stop + len(end)
        elif tag[1]:
            while known[name]:  # an end of what is not open ends nothing
                last = names.pop()
                secret.pop()
                known[last] -= 1
                if last == name:
                    break
        else:
            called = _NAMED_TAG.search(tag[0])
            own = is_secret(name.rpartition(":")[2]) or bool(called and is_secret(called[1] or called[2] or ""))
            value = _VALUE_OF_TAG.search(tag[0]) if own or secret[-1] else None
            if value and value.lastindex and value[value.lastindex] not in NOTHING:
                yield tag.start() + value.start(value.lastindex), tag.start() + value.end(value.lastindex)
            if not tag[3]:
                names.append(name)
                secret.append(secret[-1] or own)
                known[name] += 1
                count += 1
                if count > MAX_NAMES:
                    raise TooManyNames
    if secret[-1] and text[at:].strip():
        yield at, len(text)
