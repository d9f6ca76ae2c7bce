"""Finds secrets in XML, and in texts with XML elements."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Generator, Iterator

from .index import Span
from .limits import MAX_NAMES, NOTHING, Found, IsSecret, TooManyNames
from .spellings import Spelling, decode_escapes

_ATTRIBUTE = r"""\s++[\w:.-]++(?:\s*+=\s*+(?:"[^"]*+"|'[^']*+'|[^\s"'<>=]++))?"""
_TAG = re.compile(rf"<!\[CDATA\[|<!--|<(/?)([A-Za-z_][\w:.-]*+)(?:(?:{_ATTRIBUTE})*\s*+/?>|[^<>]*+>)")
_VALUED = re.compile(r"""(?<=\s)([\w:.-]++)\s*+=\s*+(?:"([^"]*+)"|'([^']*+)'|([^\s"'<>=]++))""")
_ENDS = {"<![CDATA[": "]]>", "<!--": "-->"}
_NAMING = ("name", "key")  # attributes that name an element

Within = Callable[[Spelling], Iterator[Found]]  # searches a nested text


def find_in_xml(spelling: Spelling, is_secret: IsSecret, within: Within) -> Iterator[Found]:
    """Finds texts and attributes of elements named like secrets, also in nested elements and texts.

    Raises TooManyNames.
    """
    for span, secret in _texts(spelling.text, is_secret):
        part = spelling.part(span)
        if secret:
            yield spelling.original(span), part.text
        else:
            yield from within(decode_escapes(part) or part)


def _texts(text: str, is_secret: IsSecret) -> Iterator[tuple[Span, bool]]:
    """The spans of texts and attributes of elements, and whether each is a secret."""
    secret, names, known, at, count = [False], [""], Counter[str](), 0, 0  # of the open elements
    while (tag := _TAG.search(text, at)) is not None:
        if text[at : tag.start()].strip():
            yield (at, tag.start()), secret[-1]
        at, name = tag.end(), tag[2]
        if not name:
            end = _ENDS[tag[0]]
            stop = text.find(end, at)
            stop = len(text) if stop < 0 else stop
            if stop > at and (secret[-1] or end == "]]>"):
                yield (at, stop), secret[-1]
            at = stop + len(end)
        elif tag[1]:
            while known[name]:  # ignores an end tag without a start
                last = names.pop()
                secret.pop()
                known[last] -= 1
                if last == name:
                    break
        else:
            count += 1
            if count > MAX_NAMES:
                raise TooManyNames
            own = is_secret(name.rpartition(":")[2])
            if "=" in tag[0]:
                own = yield from _values(tag, is_secret, secret=own or secret[-1])
            if not tag[0].endswith("/>"):
                names.append(name)
                secret.append(secret[-1] or own)
                known[name] += 1
    if secret[-1] and text[at:].strip():
        yield (at, len(text)), True


def _values(tag: re.Match[str], is_secret: IsSecret, *, secret: bool) -> Generator[tuple[Span, bool], None, bool]:
    """Yields the attributes of a tag; returns whether its element is a secret, by its tag or its name attribute."""
    valued, values = list(_VALUED.finditer(tag[0])), list[tuple[str, Span]]()
    for match in valued:
        group = match.lastindex or 0
        start, stop = match.span(group)
        values.append((match[1], (tag.start() + start, tag.start() + stop)))
        secret = secret or (match[1].lower() in _NAMING and is_secret(match[group]))
    for name, span in values:
        own = is_secret(name.rpartition(":")[2]) or (secret and name.lower() == "value")
        if name.lower() not in _NAMING and tag.string[slice(*span)] not in NOTHING:
            yield span, own
    return secret
