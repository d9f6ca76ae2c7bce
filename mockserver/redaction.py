"""What may be told of a request: all of it but its secrets, wherever in it they are and however they are spelled."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from functools import cached_property, lru_cache
from hashlib import blake2s
from itertools import chain
from types import MappingProxyType
from typing import Any
from urllib.parse import quote, unquote, unquote_plus

from . import live
from .data.dataset import Accounts, Dataset
from .store import Document
from .toolkit.credentials import SHORTEST, Mentions, looks_secret, plain
from .toolkit.notices import Notice
from .toolkit.querystring import Pairs, collected, encode_pairs, pairs, quoted
from .vendor import Request, Vendor

HIDDEN = "[redacted]"
BODY_LIMIT = 64 * 1024  # bytes of a body that are looked at, and kept
REMEMBERED = 4096  # characters of a request that may come again; a longer one is looked at anew
LEAST_OWN = 16  # shorter ones may be what a test calls its sandbox, too
SAFE = "/:@-._~!$&'()*+,;=[]"  # what a path holds as it is
Secrets = tuple[str, ...]
_EVERYWHERE = re.compile(r"[\w.~-]*", re.ASCII)  # spelled the same in JSON and URLs
_NAMED = re.compile(r"""(?<![\w-])([\w-]{3,40})["']?[ \t]*[:=][ \t]*["']?((?:[^"'&\s\\]|\\.)+)""")  # in a body
_HEX = re.compile("%[0-9A-F]{2}")


class Told:
    """A request as it may be told, without its secrets; and what hides them in any other text."""

    def __init__(
        self,
        secrets: Secrets,
        method: str,
        prefix: str,
        path: str,
        query: str,
        headers: Mapping[str, str],
        body: str = "",
    ) -> None:
        self.secrets, self.path = secrets, path
        self._method, self._prefix, self._query, self._headers, self._body = method, prefix, query, headers, body
        self.size = len(body) + 2 * (len(path) + len(query) + lengths(headers))  # about, in bytes

    @cached_property
    def request(self) -> Document:
        """The same as the journal has it."""
        query = pairs(self._query)
        by_name: dict[str, Any] = dict(query)
        if len(by_name) < len(query):
            by_name = {name: values if len(values) > 1 else values[0] for name, values in collected(query).items()}
        raw = encode_pairs(query)
        return {
            "method": self._method,
            "url": f"{self._prefix}{quoted(self.path, SAFE)}" + (f"?{raw}" if raw else ""),
            "path": self.path,
            "query": by_name,
            "headers": self._headers,
            "body": self._body,
        }

    def __call__(self, text: str) -> str:
        return hidden(text, self.secrets)

    def notice(self, notice: Notice) -> Notice:
        """The notice without secrets: what a client sent may be in it."""
        return replace(notice, location=self(notice.location), message=self(notice.message))


class Redaction:
    """What must not be kept, out of the declarations that authenticate: every vendor's credential header, the usual
    places and what is named like a secret, however they are spelled; and the very secrets of a call, wherever else in
    the call they turn up, and whatever looks live.

    ``start`` is each vendor's data at the start: the secrets of its accounts are known in every call, and with them
    those that one ``before`` knew, whose data is served no more.
    """

    def __init__(
        self, vendors: Iterable[Vendor], start: Mapping[str, Dataset], before: Redaction | None = None
    ) -> None:
        vendors = tuple(vendors)
        self._credentials = {vendor.name: vendor.credential for vendor in vendors}
        declared = [credential.header for credential in self._credentials.values()]
        keys = {vendor.name: vendor.credential.key for vendor in vendors}
        self._names = frozenset(map(plain, (*declared, *keys.values())))
        schemes = (*(credential.scheme for credential in self._credentials.values()), "Basic", "Bearer", "Token")
        self._schemes = frozenset(scheme.lower() for scheme in schemes if scheme)
        self._started = {name: data.accounts for name, data in start.items()}
        # Clients send the same headers and names again and again: to look at the headers anew takes 12 µs.
        self._known_headers = lru_cache(maxsize=256)(self._headers_alone)
        self._known_name = lru_cache(maxsize=1024)(self.is_secret)
        own = {
            str(account[keys[name]])
            for name, accounts in self._started.items()
            for account in accounts
            if account.get(keys[name])
        }
        self.secrets: frozenset[str] = frozenset(own | before.secrets if before else own)
        self._known = Mentions(self.secrets)

    def of(self, sent: Request, vendor: Vendor | None = None, accounts: Accounts | None = None) -> Told:
        """The request as it may be told; ``accounts`` are those that its sandbox has of the vendor."""
        prefix = f"/{vendor.name}" if vendor else ""
        if not sent.body and (vendor is None or accounts is None or accounts is self._started.get(vendor.name)):
            query, (secrets, shown) = pairs(sent.query), self._told_headers(sent.headers)
            if not self._tells(query, (sent.path, sent.sandbox or "", *chain(*query)), secrets):
                return Told(secrets, sent.method, prefix, sent.path, sent.query, shown)
        return self._shown(sent, prefix, vendor, accounts)

    def _told_headers(self, headers: Mapping[str, str]) -> tuple[Secrets, Mapping[str, str]]:
        """The secrets of a request that has them in these headers and nowhere else; and the headers as they may be
        told.
        """
        known = lengths(headers) <= REMEMBERED
        return (self._known_headers if known else self._headers_alone)(tuple(headers.items()))

    def _shown(
        self, sent: Request, prefix: str = "", vendor: Vendor | None = None, accounts: Accounts | None = None
    ) -> Told:
        query, body = pairs(sent.query), sent.body[:BODY_LIMIT].decode("utf-8", "replace")
        secrets = self._secrets(sent, query, body, vendor, accounts)
        headers = {
            hidden(name, secrets): self._split(value)[0] + HIDDEN if self.is_secret(name) else hidden(value, secrets)
            for name, value in sent.headers.items()
        }
        shown = [
            (hidden(name, secrets), HIDDEN if self.is_secret(name) else hidden(value, secrets)) for name, value in query
        ]
        body = cut(body, secrets, whole=len(sent.body) <= BODY_LIMIT)
        return Told(secrets, sent.method, prefix, hidden(sent.path, secrets), encode_pairs(shown), headers, body)

    def _headers_alone(self, headers: tuple[tuple[str, str], ...]) -> tuple[Secrets, Mapping[str, str]]:
        told = self._shown(Request("", "", headers=dict(headers)))
        return told.secrets, MappingProxyType(told.request["headers"])  # many entries share it

    def _tells(self, query: Pairs, texts: Sequence[str], secrets: Secrets) -> bool:
        """Whether there is anything to hide in a query, and in the texts that it and a path come to."""
        text = _whole(texts)
        is_secret = self._known_name if len(text) <= REMEMBERED else self.is_secret
        return (
            any(map(is_secret, [name for name, _ in query]))
            or any(map(text.__contains__, secrets))
            or (self._known.may_be_in(texts) and bool(self._known.find(text)))
            or bool(live.found(text))
        )

    def _secrets(
        self, sent: Request, query: Pairs, body: str, vendor: Vendor | None, accounts: Accounts | None
    ) -> Secrets:
        """What a request has where credentials are, also without a sandbox's name behind it or a word before it, out of
        what Basic wraps them in, and each of several cookies; the secrets of accounts and what looks live that it has
        anywhere. As JSON and URLs spell them, too. The longest first.
        """
        held = [(name, self._split(value)) for name, value in sent.headers.items() if self.is_secret(name)]
        found = [value for _, (_, value) in held]
        for name, (scheme, value) in held:
            if scheme.strip().lower() == "basic":
                found += [live.unwrapped(value), live.unwrapped(value).partition(":")[2]]
            elif plain(name).endswith("cookie"):
                found += [cookie.partition("=")[2].strip() for cookie in value.split(";")]
        found += [value for name, value in query if self.is_secret(name)]
        found += self.in_body(body)
        found += [secret.rpartition(" ")[2] for secret in found]
        found += [secret.rpartition("~")[0] for secret in found if "~" in secret]
        everything = _whole((sent.path, sent.sandbox or "", *chain(*query, *sent.headers.items()), body))
        found += self._known.find(everything) + live.found(everything)
        if vendor is not None and accounts is not None and accounts is not self._started.get(vendor.name):
            found += accounts.mentioned(vendor.credential.key, everything)
        found += [_as_utf8(secret) for secret in found if not secret.isascii()]
        return spelled(found)

    def _split(self, value: str) -> tuple[str, str]:
        """A header's scheme word with the blank behind it, if it has one, and the rest."""
        scheme, blank, rest = value.strip(" \t").partition(" ")
        return (scheme + blank, rest.strip(" \t")) if scheme.lower() in self._schemes else ("", value.strip(" \t"))

    def is_secret(self, name: str) -> bool:
        """Whether what has this name, in a header, query or body, is a credential."""
        return plain(name) in self._names or looks_secret(name)

    def trace(self, text: str, told: Told, accounts: Accounts | None = None, key: str = "") -> str:
        """A text that is nobody's request, like the trace of a crash, without the secrets of the call that it is about
        and of all accounts, those of its sandbox, too.
        """
        found = [*self._known.find(text), *live.found(text), *(accounts.mentioned(key, text) if accounts else ())]
        return hidden(told(text), spelled(found))

    def in_body(self, body: str) -> list[str]:
        """What a body has under names of secrets: at any depth of JSON, and in forms and whatever else names values."""
        found = []
        for name, value in _NAMED.findall(body[:BODY_LIMIT]):
            if self.is_secret(name):
                found += [value, unquote_plus(value)]
        try:
            read = json.loads(body) if body.lstrip()[:1] in ("{", "[") else None
        except (ValueError, RecursionError):
            return found
        waiting: list[tuple[bool, Any]] = [(False, read)]
        while waiting:
            secret, value = waiting.pop()
            if isinstance(value, dict):
                waiting += [(secret or self.is_secret(name), item) for name, item in value.items()]
            elif isinstance(value, list):
                waiting += [(secret, item) for item in value]
            elif secret and isinstance(value, str | int | float) and not isinstance(value, bool):
                found.append(str(value))
        return found

    def gives_away(self, name: str, secret: str | None) -> bool:
        """Whether the name of a sandbox, which everybody may see, holds the secret of its caller or of an account."""
        own = secret is not None and len(secret) >= LEAST_OWN and secret in name
        return own or bool(self._known.find(name))

    def caller(self, vendor: str, headers: Mapping[str, str], sandbox: str) -> str | None:
        """A mark that two calls of a sandbox share when they carry the same secret. Too short to find the secret by."""
        secret = self._secret(vendor, headers)
        return None if secret is None else _mark(secret, sandbox)

    def _secret(self, vendor: str, headers: Mapping[str, str]) -> str | None:
        return self._credentials[vendor].read(headers)


@lru_cache(maxsize=256)
def _mark(secret: str, sandbox: str) -> str:
    return blake2s(secret.encode("utf-8", "replace"), digest_size=3, key=sandbox.encode()[:32]).hexdigest()


def lengths(headers: Mapping[str, str]) -> int:
    """How many characters headers have, names and values."""
    return sum(map(len, headers)) + sum(map(len, headers.values()))


def hidden(text: str, secrets: Secrets) -> str:
    """A text without the secrets of the call; one that holds them in a spelling of URLs is told without that."""
    for secret in secrets:
        if secret in text:  # mostly it is not, and to look takes a quarter of the time
            text = text.replace(secret, HIDDEN)
    if "%" in text and secrets:
        decoded = unquote(text)
        if any(map(decoded.__contains__, secrets)):
            return hidden(decoded, secrets)
    return text


def _whole(parts: Iterable[str]) -> str:
    """All texts of a request, and once more what they come to where URLs would spell them so."""
    text = "\n".join(parts)
    return f"{text}\n{unquote(text)}" if "%" in text else text


def cut(text: str, secrets: Secrets, *, whole: bool) -> str:
    """The same for the beginning of a text that may go on: nothing is left of a secret that the end goes through."""
    text = hidden(text, secrets)
    return text if whole or not secrets else text[: 1 - len(secrets[0])]


def _as_utf8(text: str) -> str:
    """A header's bytes are read as Latin-1, and may have been meant as UTF-8, as which paths and bodies are read."""
    try:
        return text.encode("latin-1").decode()
    except UnicodeError:
        return text


def spelled(found: Iterable[str]) -> Secrets:
    """Those long enough for secrets, also as texts about them spell them; the longest first."""
    secrets = {secret for secret in found if len(secret) >= SHORTEST}
    secrets |= {other for secret in secrets for other in (secret.lower(), secret.upper())}
    others = {other for secret in secrets if not _EVERYWHERE.fullmatch(secret) for other in _spellings(secret)}
    return tuple(sorted(secrets | others, key=len, reverse=True))


def _spellings(secret: str) -> Iterator[str]:
    """How else a text may stand in bodies, addresses and sentences."""
    yield repr(secret)[1:-1]
    yield from (json.dumps(secret, ensure_ascii=only_ascii)[1:-1] for only_ascii in (True, False))
    for safe in ("", "/", SAFE):
        spelled = quote(secret, safe=safe)
        yield from (spelled, _HEX.sub(lambda byte: byte[0].lower(), spelled))
