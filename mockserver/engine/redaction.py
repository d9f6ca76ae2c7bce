"""Redacts secrets from requests and texts about them, wherever they occur and however they are encoded."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from functools import lru_cache, partial
from hashlib import blake2s
from itertools import chain
from urllib.parse import unquote_plus

from ..sandbox import live_credentials
from ..sandbox.secrets import places
from ..sandbox.secrets.index import MIN_CUT_CHARS, SecretIndex
from ..sandbox.secrets.limits import MAX_NAMES, NOTHING
from ..sdk.contract import Vendor
from ..sdk.http import Request
from ..sdk.querystring import MAX_CACHED_CHARS, Pairs, encode_pairs, parse_pairs
from ..sdk.secret_names import is_secret_name, normalise
from .redacted_request import (
    MASK,
    MAX_SECRETS,
    MAX_SPANS,
    HeaderParts,
    RedactedRequest,
    TextPart,
    count_chars,
    mask,
    split_header_secret,
)

MAX_BODY_BYTES = 64 * 1024  # of a body that are looked at, and kept
MAX_REMEMBERED_CHARS = 4096  # of headers that may come again; longer ones are looked at anew
MAX_REMEMBERED_QUERY_CHARS = 512  # the same of an address
MIN_OWN_CHARS = 16  # shorter ones may be what a test calls its sandbox, too


class Redactor:
    """Knows what must not be shown: the secrets of all accounts, of every sandbox, and those of the server itself; what
    travels where a vendor declares its credential or under the name of a secret; whatever looks live.

    ``known`` is the set of the secrets of sandboxes, kept up to date by whoever changes them. What is found in a
    request where secrets belong is masked wherever else in the call it turns up.
    """

    def __init__(self, vendors: Iterable[Vendor], known: SecretIndex, secrets: Iterable[str] = ()) -> None:
        vendors = tuple(vendors)
        self._credentials = {vendor.name: vendor.credential for vendor in vendors}
        declared = [credential.header for credential in self._credentials.values()]
        self._names = frozenset(map(normalise, (*declared, *(each.key for each in self._credentials.values()))))
        schemes = (*(credential.scheme for credential in self._credentials.values()), "Basic", "Bearer", "Token")
        self._cached_is_secret = lru_cache(maxsize=4096)(self._is_secret)
        self._find = partial(places.find, is_secret=self.is_secret)
        self._find_in_body = partial(places.find_in_body, is_secret=self.is_secret)
        self._find_in_value = partial(places.find_in_value, is_secret=self.is_secret)
        self._schemes = frozenset(scheme.lower() for scheme in schemes if scheme)
        self._known = known
        for secret in secrets:
            known.add(secret)
        # Clients send the same headers again and again.
        self._cached_read_headers = lru_cache(maxsize=256)(self._read_headers)
        self._cached_is_clean = lru_cache(maxsize=1024)(self._is_clean)  # and they ask the same again
        self._version = known.version

    def is_secret(self, name: str) -> bool:
        """Whether what has this name, in a header, query or body, is a credential."""
        return self._cached_is_secret(name) if len(name) <= MAX_CACHED_CHARS else self._is_secret(name)

    def _is_secret(self, name: str) -> bool:
        return is_secret_name(name) or normalise(name) in self._names

    def redact(self, request: Request, vendor: Vendor | None = None) -> RedactedRequest:
        """The request without its secrets."""
        prefix, query = f"/{vendor.name}" if vendor else "", parse_pairs(request.query)
        headers = self._get_headers(request.headers)
        indexes = (headers.index, self._known)
        short = len(request.path) + len(request.query) <= MAX_REMEMBERED_QUERY_CHARS
        is_clean = self._cached_is_clean if short else self._is_clean
        if not request.body and is_clean(request.path, request.sandbox or "", request.query, headers.index):
            return RedactedRequest(indexes, request.method, prefix, request.path, request.query, headers.redacted)
        return self._redact(request, prefix, query, headers)

    def with_json(self, request: RedactedRequest, body: str) -> RedactedRequest:
        """The same request, which masks also what this body, of as many names as it likes, has where secrets belong."""
        found = [secret for _, secret in places.find_in_json(body, self.is_secret)]
        found += TextPart(body[:MAX_BODY_BYTES], self._find).secrets
        return request.with_secrets(SecretIndex(_iterate_variants(found))) if found else request

    def redact_text(self, text: str, request: RedactedRequest | None = None, *, cut: int = 0) -> str:
        """A text of ours without known secrets, those of a request, and what looks live."""
        shown = request(text, cut=cut) if request else mask(text, (self._known,), cut=cut)
        return live_credentials.mask_live(shown, MASK)

    def contains_secret(self, name: str, secret: str | None) -> bool:
        """Whether the name of a sandbox, which everybody may see, holds the secret of its caller or of an account."""
        own = secret is not None and len(secret) >= MIN_OWN_CHARS and secret in name
        return own or bool(self._known.find(name))

    def mark_caller(self, vendor: str, headers: Mapping[str, str], sandbox: str) -> str | None:
        """A mark that two calls of a sandbox share when they carry the same secret. Too short to find the secret by."""
        secret = self._credentials[vendor].read(headers)
        return None if secret is None else _hash_secret(secret, sandbox)

    # Looking ----------------------------------------------------------------------------------------------------------

    def _is_clean(self, path: str, sandbox: str, raw: str, own: SecretIndex) -> bool:
        """Whether there is nothing to mask in a path and a query."""
        query = parse_pairs(raw)
        if len(query) > MAX_NAMES or any(value and self.is_secret(name) for name, value in query):
            return False
        texts = (path, sandbox, *chain(*query))
        text, longest = "\n".join(texts), max(map(len, texts))
        if places.may_have_any(text) or live_credentials.find_live(text):
            return False
        return not any(longest >= index.shortest and index.find(text) for index in (own, self._known))

    def _redact(self, request: Request, prefix: str, query: Pairs, headers: HeaderParts) -> RedactedRequest:
        text = request.body[:MAX_BODY_BYTES].decode("utf-8", "replace")
        path, body = (
            TextPart(request.path, self._find),
            TextPart(text, self._find_in_body, spell=places.spellings_of_body),
        )
        asked = self._read_query(query)
        found = list(chain(path.secrets, body.secrets, *(part.secrets for part in chain(*asked))))
        found += live_credentials.find_live("\n".join((request.path, request.sandbox or "", *chain(*query), text)))
        indexes = (headers.index, self._known)
        if found:
            indexes = (SecretIndex((*headers.secrets, *_iterate_variants(found))), self._known)
        shown = headers.redact(indexes) if found else dict(headers.redacted)
        whole = len(query) > MAX_NAMES or sum(len(part.secrets) for part in chain(*asked)) > MAX_SPANS
        shown_pairs = [] if whole else [(name.mask(indexes), value.mask(indexes)) for name, value in asked]
        return RedactedRequest(
            indexes,
            request.method,
            prefix,
            path.mask(indexes),
            MASK if whole else encode_pairs(shown_pairs),
            shown,
            body.mask(indexes, cut=MIN_CUT_CHARS if len(request.body) > MAX_BODY_BYTES else 0),
        )

    def _read_query(self, query: Pairs) -> list[tuple[TextPart, TextPart]]:
        """The names and values of a query, or of the beginning of one that is too long to be shown."""
        read = []
        for name, value in query[:MAX_NAMES]:
            secret = self.is_secret(name) and value not in NOTHING
            part = TextPart(value, None if secret else self._find_in_value, whole=secret)
            part.secrets += [value] if secret else []
            read.append((TextPart(name, self._find_in_body), part))
        return read

    def _get_headers(self, headers: Mapping[str, str]) -> HeaderParts:
        if self._version != self._known.version:
            self._version = self._known.version
            self._cached_read_headers.cache_clear()
            self._cached_is_clean.cache_clear()
        known = count_chars(headers) <= MAX_REMEMBERED_CHARS
        return (self._cached_read_headers if known else self._read_headers)(tuple(headers.items()))

    def _read_headers(self, headers: tuple[tuple[str, str], ...]) -> HeaderParts:
        parts, found, left = list[tuple[str, str, TextPart]](), list[str](), MAX_SECRETS
        for name, value in headers:
            if self.is_secret(name):
                scheme, secret = self._split(value)
                parts.append((name, scheme, TextPart(secret, whole=True)))
                found += split_header_secret(name, scheme, secret)
            else:
                part = TextPart(value, self._find, whole=left < 0 and places.may_have_any(value))
                left -= len(part.secrets)
                parts.append((name, "", part))
                found += part.secrets + live_credentials.find_live(value)
        read = HeaderParts(parts, dict.fromkeys(_iterate_variants(found)), self._known)
        if count_chars(dict(headers)) <= MAX_REMEMBERED_CHARS:
            read.drop_spellings()
        return read

    def _split(self, value: str) -> tuple[str, str]:
        """A header's scheme word with the blank behind it, if it has one, and the rest."""
        value = value.strip(" \t")
        scheme, *rest = value.split(None, 1) or [""]
        return (f"{scheme} ", rest[0]) if rest and scheme.lower() in self._schemes else ("", value)


@lru_cache(maxsize=256)
def _hash_secret(secret: str, sandbox: str) -> str:
    return blake2s(secret.encode("utf-8", "replace"), digest_size=3, key=sandbox.encode()[:32]).hexdigest()


_PLAIN = re.compile(r"[\w.-]*", re.ASCII)


def _iterate_variants(found: Iterable[str]) -> Iterator[str]:
    """Secrets, also without a scheme word before them, without a sandbox's name behind them, and as forms, URLs and
    headers (whose bytes are read as Latin-1) may have meant them.
    """
    for secret in dict.fromkeys(found):
        if _PLAIN.fullmatch(secret):
            yield secret
            continue
        for meant in {secret, unquote_plus(secret), secret.strip()}:
            yield meant
            yield meant.rpartition(" ")[2]
            if "~" in meant:
                yield meant.rpartition("~")[0]
                yield meant.rpartition(" ")[2].rpartition("~")[0]
            if not meant.isascii():
                yield _decode_as_utf8(meant)


def _decode_as_utf8(text: str) -> str:
    try:
        return text.encode("latin-1").decode()
    except UnicodeError:
        return text
