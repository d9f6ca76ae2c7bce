"""Splits a multipart body into its parts, and decodes them."""

from __future__ import annotations

import base64
import binascii
import quopri
import re
from collections.abc import Iterator
from typing import NamedTuple
from urllib.parse import unquote_plus

from .index import Span
from .limits import MAX_NAMES, IsSecret, TooManyNames
from .spellings import unescape

_BOUNDARY = re.compile(r"^(--[^\r\n]{1,200})\r?\n(?=[A-Za-z-]{1,80}[ \t]{0,4}:)", re.MULTILINE)
_HEAD_OF_PART = re.compile(r"\r\n\r\n|\n\n")
_PARAMETER = re.compile(r'(?<![\w*])([\w*]{1,20})[ \t]{0,4}=[ \t]{0,4}(?:"((?:[^"\\\r\n]|\\.)*)"|([^;\r\n]*))')
_ENCODING = re.compile(r"^content-transfer-encoding[ \t]*:[ \t]*\"?([\w-]*)", re.IGNORECASE | re.MULTILINE)
_PLAIN = ("7bit", "8bit", "binary")
_MAX_HEAD_CHARS = 2000


class Part(NamedTuple):
    """A part: its headers, and the place and the text of its content."""

    head: str
    span: Span
    text: str

    def is_secret(self, is_secret: IsSecret) -> bool:
        """Whether its name is that of a secret, or its headers are too long to search."""
        if len(self.head) > _MAX_HEAD_CHARS:
            return True
        for name, quoted, bare in _PARAMETER.findall(self.head):
            if name.lower().startswith("name"):
                meant = unescape(quoted or bare).strip(" \"'")
                if any(is_secret(unquote_plus(each)) for each in (meant, meant.rpartition("'")[2])):
                    return True
        return False

    @property
    def is_encoded(self) -> bool:
        encoding = _ENCODING.search(self.head[:_MAX_HEAD_CHARS])
        return encoding is not None and encoding[1].lower() not in _PLAIN

    def decode(self) -> str | None:
        """The decoded text; None if it cannot be decoded."""
        encoding = _ENCODING.search(self.head[:_MAX_HEAD_CHARS])
        coding, text = encoding[1].lower() if encoding else "", self.text
        if coding == "quoted-printable":
            return quopri.decodestring(text.encode()).decode("utf-8", "replace")
        if coding != "base64":
            return None
        text = "".join(text.split())
        try:  # the end may have been cut off
            return base64.b64decode(text[: len(text) - len(text) % 4], validate=True).decode("utf-8", "replace")
        except (binascii.Error, ValueError):
            return None


def split_parts(text: str) -> Iterator[Part]:
    """The parts of a multipart body; none for any other text. Raises TooManyNames."""
    boundary = _BOUNDARY.search(text) if "--" in text else None
    if not boundary:
        return
    end = f"\n{boundary[1].rstrip()}"
    pieces = text[boundary.end(1) :].split(end)
    if len(pieces) > MAX_NAMES:
        raise TooManyNames
    at = boundary.end(1)
    for piece in pieces:
        blank = _HEAD_OF_PART.search(piece)
        if blank:
            value = piece[blank.end() :].rstrip("\r")
            start = at + blank.end()
            yield Part(piece[: blank.start()], (start, start + len(value)), value)
        at += len(piece) + len(end)
