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

MAX_BODY_BYTES = 64 * 1024  # the part of a body that is redacted and stored
MAX_REMEMBERED_CHARS = 4096  # longer headers are not cached
MAX_REMEMBERED_QUERY_CHARS = 512  # longer paths and queries are not cached
MIN_OWN_CHARS = 16  # a shorter secret may also be the name of a sandbox


class Redactor:
    """Redacts known secrets, values in secret places, and credentials that look live.

    ``known`` holds the secrets of all sandboxes; the code that changes a sandbox updates it. ``secrets`` are those of
    the server. A value in a place for secrets (a declared credential, a secret name) is masked everywhere in the call.
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
        # Clients repeat their headers and requests.
        self._cached_read_headers = lru_cache(maxsize=256)(self._read_headers)
        self._cached_is_clean = lru_cache(maxsize=1024)(self._is_clean)
        self._version = known.version

    def is_secret(self, name: str) -> bool:
        """Whether this name, in a header, query or body, is that of a credential."""
        return self._cached_is_secret(name) if len(name) <= MAX_CACHED_CHARS else self._is_secret(name)

    def _is_secret(self, name: str) -> bool:
        return is_secret_name(name) or normalise(name) in self._names

    def redact(self, request: Request, vendor: Vendor | None = None) -> RedactedRequest:
        """Return the request without its secrets."""
        prefix, query = f"/{vendor.name}" if vendor else "", parse_pairs(request.query)
        headers = self._get_headers(request.headers)
        indexes = (headers.index, self._known)
        short = len(request.path) + len(request.query) <= MAX_REMEMBERED_QUERY_CHARS
        is_clean = self._cached_is_clean if short else self._is_clean
        if not request.body and is_clean(request.path, request.sandbox or "", request.query, headers.index):
            return RedactedRequest(indexes, request.method, prefix, request.path, request.query, headers.redacted)
        return self._redact(request, prefix, query, headers)

    def with_json(self, request: RedactedRequest, body: str) -> RedactedRequest:
        """Return a copy that also masks the secrets of this JSON body. The number of names has no limit."""
        secrets = [secret for _, secret in places.find_in_json(body, self.is_secret)]
        secrets += TextPart(body[:MAX_BODY_BYTES], self._find).secrets
        return request.with_secrets(SecretIndex(_iterate_variants(secrets))) if secrets else request

    def redact_text(self, text: str, request: RedactedRequest | None = None, *, cut: int = 0) -> str:
        """Mask known secrets, those of a request, and live credentials in a text of the server."""
        redacted = request(text, cut=cut) if request else mask(text, (self._known,), cut=cut)
        return live_credentials.mask_live(redacted, MASK)

    def contains_secret(self, name: str, secret: str | None) -> bool:
        """Whether a sandbox name, which is public, contains its caller's secret or a known one."""
        own = secret is not None and len(secret) >= MIN_OWN_CHARS and secret in name
        return own or bool(self._known.find(name))

    def mark_caller(self, vendor: str, headers: Mapping[str, str], sandbox: str) -> str | None:
        """Return a hash that calls of a sandbox share if their secret is the same.

        The hash is too short to recover the secret.
        """
        secret = self._credentials[vendor].read(headers)
        return None if secret is None else _hash_secret(secret, sandbox)

    # Search -----------------------------------------------------------------------------------------------------------

    def _is_clean(self, path: str, sandbox: str, raw_query: str, own: SecretIndex) -> bool:
        """Whether a path, a sandbox name and a query need no masking."""
        query = parse_pairs(raw_query)
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
        query_parts = self._read_query(query)
        secrets = list(chain(path.secrets, body.secrets, *(part.secrets for part in chain(*query_parts))))
        secrets += live_credentials.find_live("\n".join((request.path, request.sandbox or "", *chain(*query), text)))
        indexes = (headers.index, self._known)
        if secrets:
            indexes = (SecretIndex((*headers.secrets, *_iterate_variants(secrets))), self._known)
        redacted_headers = headers.redact(indexes) if secrets else dict(headers.redacted)
        whole = len(query) > MAX_NAMES or sum(len(part.secrets) for part in chain(*query_parts)) > MAX_SPANS
        redacted_pairs = [] if whole else [(name.mask(indexes), value.mask(indexes)) for name, value in query_parts]
        return RedactedRequest(
            indexes,
            request.method,
            prefix,
            path.mask(indexes),
            MASK if whole else encode_pairs(redacted_pairs),
            redacted_headers,
            body.mask(indexes, cut=MIN_CUT_CHARS if len(request.body) > MAX_BODY_BYTES else 0),
        )

    def _read_query(self, query: Pairs) -> list[tuple[TextPart, TextPart]]:
        """Read the names and values of a query, at most ``MAX_NAMES`` of them."""
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
        parts, secrets, remaining = list[tuple[str, str, TextPart]](), list[str](), MAX_SECRETS
        for name, value in headers:
            if self.is_secret(name):
                scheme, secret = self._split(value)
                parts.append((name, scheme, TextPart(secret, whole=True)))
                secrets += split_header_secret(name, scheme, secret)
            else:
                part = TextPart(value, self._find, whole=remaining < 0 and places.may_have_any(value))
                remaining -= len(part.secrets)
                parts.append((name, "", part))
                secrets += part.secrets + live_credentials.find_live(value)
        read = HeaderParts(parts, dict.fromkeys(_iterate_variants(secrets)), self._known)
        if count_chars(dict(headers)) <= MAX_REMEMBERED_CHARS:
            read.drop_spellings()
        return read

    def _split(self, value: str) -> tuple[str, str]:
        """Split a header value into its scheme with the space after it, or "", and the rest."""
        value = value.strip(" \t")
        scheme, *rest = value.split(None, 1) or [""]
        return (f"{scheme} ", rest[0]) if rest and scheme.lower() in self._schemes else ("", value)


@lru_cache(maxsize=256)
def _hash_secret(secret: str, sandbox: str) -> str:
    return blake2s(secret.encode("utf-8", "replace"), digest_size=3, key=sandbox.encode()[:32]).hexdigest()


_PLAIN = re.compile(r"[\w.-]*", re.ASCII)


def _iterate_variants(secrets: Iterable[str]) -> Iterator[str]:
    """Yield the secrets and their variants: without scheme, without sandbox name, decoded.

    Decoding covers forms, URLs, and UTF-8 in headers, whose bytes are read as Latin-1.
    """
    for secret in dict.fromkeys(secrets):
        if _PLAIN.fullmatch(secret):
            yield secret
            continue
        for variant in {secret, unquote_plus(secret), secret.strip()}:
            yield variant
            yield variant.rpartition(" ")[2]
            if "~" in variant:
                yield variant.rpartition("~")[0]
                yield variant.rpartition(" ")[2].rpartition("~")[0]
            if not variant.isascii():
                yield _decode_as_utf8(variant)


def _decode_as_utf8(text: str) -> str:
    try:
        return text.encode("latin-1").decode()
    except UnicodeError:
        return text
