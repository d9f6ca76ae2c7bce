"""A request without its secrets."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from copy import copy
from dataclasses import replace
from functools import cached_property
from types import MappingProxyType
from typing import Any

from ..sandbox.secrets import places
from ..sandbox.secrets.index import MIN_QUOTED_CHARS, SecretIndex, Span
from ..sandbox.secrets.limits import Found, TooManyNames
from ..sandbox.secrets.spellings import Spelling, list_spellings
from ..sandbox.store import Document
from ..sdk.call_warnings import CallWarning
from ..sdk.querystring import encode_pairs, group_values, parse_pairs, quote_text
from ..sdk.secret_names import normalise

MASK = "[redacted]"


MAX_SECRETS = 256  # a part of a request with more is masked whole


MAX_SPANS = 8 * MAX_SECRETS  # each secret may occur in several spellings


_SAFE = "/:@-._~!$&'()*+,;=[]"  # not percent-encoded in a path


Find = Callable[..., Iterable[Found]]  # takes a text and its spellings


class RedactedRequest:
    """A request without its secrets. A call with a text masks them there."""

    def __init__(
        self,
        indexes: tuple[SecretIndex, ...],
        method: str,
        prefix: str,
        path: str,
        query: str,
        headers: Mapping[str, str],
        body: str = "",
    ) -> None:
        self._indexes, self.path = indexes, path
        self._method, self._prefix, self._query, self._headers, self._body = method, prefix, query, headers, body
        self.size = len(body) + 2 * (len(path) + len(query) + count_chars(headers))  # estimated bytes

    @cached_property
    def request(self) -> Document:
        """The request as the journal stores it."""
        query = parse_pairs(self._query)
        by_name: dict[str, Any] = dict(query)
        if len(by_name) < len(query):
            by_name = {name: values if len(values) > 1 else values[0] for name, values in group_values(query).items()}
        raw = encode_pairs(query)
        return {
            "method": self._method,
            "url": f"{self._prefix}{quote_text(self.path, _SAFE)}" + (f"?{raw}" if raw else ""),
            "path": self.path,
            "query": by_name,
            "headers": self._headers,
            "body": self._body,
        }

    def with_secrets(self, index: SecretIndex) -> RedactedRequest:
        """Return a copy that also masks these secrets."""
        other = copy(self)
        other._indexes = (*self._indexes, index)
        return other

    def __call__(self, text: str, *, cut: int = 0) -> str:
        """Mask the request's secrets and known ones in a text. ``cut`` as for ``SecretIndex.find``."""
        return mask(text, self._indexes, cut=cut)

    def redact_warning(self, warning: CallWarning) -> CallWarning:
        """Mask secrets in a warning, which may quote what the client sent."""
        message = self(warning.message, cut=MIN_QUOTED_CHARS)
        return replace(warning, location=self(warning.location), message=message)


class TextPart:
    """A text of a request with its secrets and their spans. Too many mask it whole."""

    def __init__(
        self,
        text: str,
        find: Find | None = None,
        *,
        whole: bool = False,
        spell: Callable[[str], list[Spelling]] = list_spellings,
    ) -> None:
        self.text, self.secrets, self._spans, self._whole = text, list[str](), set[Span](), whole
        self._spelled: list[Spelling] | None = None
        if find is None or whole or not places.may_have_any(text):
            return
        self._spelled = spell(text)
        try:
            for span, secret in find(text, spelled=self._spelled):
                self._spans.add(span)
                self.secrets.append(secret)
                if len(self._spans) > MAX_SECRETS or len(self.secrets) > MAX_SPANS:
                    raise TooManyNames
        except TooManyNames:
            self._whole = True

    def mask(self, indexes: Iterable[SecretIndex], *, cut: int = 0) -> str:
        return MASK if self._whole else mask(self.text, indexes, self._spans, cut=cut, spelled=self._spelled)

    def drop_spellings(self) -> None:
        self._spelled = None


class HeaderParts:
    """The headers of a request with their secrets.

    ``parts`` holds the name, the scheme before a secret, and the value of each header. ``redacted`` is valid if the
    rest of the request has no further secrets.
    """

    def __init__(self, parts: Iterable[tuple[str, str, TextPart]], secrets: Iterable[str], known: SecretIndex) -> None:
        self.parts, self.secrets = tuple(parts), tuple(secrets)
        self.index, self._known = SecretIndex(self.secrets), known

    @cached_property
    def redacted(self) -> Mapping[str, str]:
        return MappingProxyType(self.redact((self.index, self._known)))

    def redact(self, indexes: tuple[SecretIndex, ...]) -> dict[str, str]:
        return {mask(name, indexes): scheme + part.mask(indexes) for name, scheme, part in self.parts}

    def drop_spellings(self) -> None:
        """Drop the spellings, which can be computed again, to free memory."""
        for _, _, part in self.parts:
            part.drop_spellings()


def split_header_secret(name: str, scheme: str, secret: str) -> Iterator[str]:
    """Yield the secrets in a secret header: decoded Basic credentials, each cookie, or each word."""
    yield secret
    if scheme.strip().lower() == "basic":
        decoded = places.decode_basic(secret)
        yield from (decoded, decoded.partition(":")[2])
    elif normalise(name).endswith("cookie"):
        yield from (cookie.partition("=")[2].strip() for cookie in secret.split(";", MAX_SECRETS)[:MAX_SECRETS])
    else:
        yield from re.split(r"[\s,;\"']+", secret, maxsplit=places.MAX_PARTS)


def mask(
    text: str,
    indexes: Iterable[SecretIndex],
    spans: Iterable[Span] = (),
    *,
    cut: int = 0,
    spelled: Iterable[Spelling] | None = None,
) -> str:
    """Mask in a text the secrets of these indexes, in every spelling, and these spans."""
    matches = list(spans)
    for spelling in list_spellings(text) if spelled is None else spelled:
        for index in indexes:
            matches += [spelling.original(span) for span in index.find(spelling.text, cut=cut)]
    if not matches:
        return text
    pieces, done = list[str](), 0
    for start, stop in sorted(matches):
        if start >= done:
            pieces += (text[done:start], MASK)
        done = max(done, stop)
    return "".join((*pieces, text[done:]))


def count_chars(headers: Mapping[str, str]) -> int:
    """Count the characters of header names and values."""
    return sum(map(len, headers)) + sum(map(len, headers.values()))
