"""Where a vendor's credential travels, declared once; authentication, redaction and CORS read it from here."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache

from .querystring import SHORT, Pairs

# Where other APIs have theirs: looked at only to tell a caller who is refused.
USUAL_HEADERS = (
    "Authorization", "Apikey", "Api-Key", "X-Api-Key", "Auth-Key", "X-Auth-Key", "Token", "X-Auth-Token",
    "X-Access-Token",
)  # fmt: skip
USUAL_PARAMETERS = (
    "access_token", "api-key", "api_key", "api_token", "apikey", "auth-key", "auth_key", "auth_token", "authkey",
    "authorization", "bearer", "key", "token",
)  # fmt: skip
# What proxies and other APIs call theirs; where a page begins is called a token, too, and is no secret.
_LIKELY = re.compile(
    r"(?:apikey|accesskey|secretkey|privatekey|subscriptionkey|authkey|(?<!page)(?<!next)(?<!continuation)(?<!sync)token"
    r"|secret|password|passwd|pwd|passphrase|authorization|credentials?|cookie|assertion|jwt|session|sessionid)\]?$"
)
SHORTEST = 6  # a few letters are no secret, and hiding them would hide everything else
LONGEST_STEP = 8


def plain(name: str) -> str:
    """A name as careless people know it: ``Auth-Key``, ``auth_key`` and ``AuthKey`` are one."""
    return (_plain if len(name) <= SHORT else _plain.__wrapped__)(name)  # what a client sends must not fill the memory


@lru_cache(1024)
def _plain(name: str) -> str:
    return name.lower().replace("-", "").replace("_", "")


_USUAL = frozenset(map(plain, (*USUAL_HEADERS, *USUAL_PARAMETERS)))


def looks_secret(name: str) -> bool:
    """Whether what has this name, in a header, query or body, is mostly a secret: ``X-Forwarded-Access-Token``."""
    return plain(name) in _USUAL or bool(_LIKELY.search(plain(name)))


@dataclass(frozen=True, slots=True)
class Credential:
    """A secret in a request header, alone (``Apikey: K``) or behind a scheme word (``Authorization: Bearer K``).

    ``also`` names further headers that identify the caller without being secret (a brand). ``key`` is the field of
    an account that holds the secret.
    """

    header: str
    scheme: str = ""
    key: str = "token"
    also: tuple[str, ...] = ()

    def read(self, headers: Mapping[str, str]) -> str | None:
        """The secret that the headers (names in lower case) carry; None when it is missing, empty or malformed.

        The scheme word matches in any case (RFC 9110, section 11.1).
        """
        value = headers.get(self.header.lower(), "").strip(" \t")
        if self.scheme:
            word, _, value = value.partition(" ")
            if word.casefold() != self.scheme.casefold():
                return None
            value = value.strip(" \t")
        return value or None

    def misplaced(self, headers: Mapping[str, str], sent: Pairs) -> list[str]:
        """Where a request that is refused seems to have its secret: ``header.Token``, ``query.apikey``.

        Its own header is among them when it holds something, but not behind the scheme word, or two words.
        """
        secret = self.read(headers)
        if secret is not None:
            return [f"header.{self.header}"] if len(secret.split()) > 1 else []
        names = dict.fromkeys((self.header, *USUAL_HEADERS))
        held = {name: headers.get(name.lower(), "").strip(" \t").casefold() for name in names}
        in_headers = [f"header.{name}" for name, value in held.items() if value not in ("", self.scheme.casefold())]
        return in_headers + [f"query.{name}" for name, value in sent if value and name.lower() in USUAL_PARAMETERS]

    def write(self, secret: str) -> dict[str, str]:
        """The header that carries this secret."""
        return {self.header: f"{self.scheme} {secret}" if self.scheme else secret}

    @property
    def headers(self) -> tuple[str, ...]:
        """Every header a client must be allowed to send."""
        return (self.header, *self.also)


_LOWER = {ord(letter): letter.lower() for letter in "ABCDEFGHIJKLMNOPQRSTUVWXYZ"}


def _lower(text: str) -> str:
    """A text with small letters, as long as it was: some others than these would become two."""
    return text.lower() if text.isascii() else text.translate(_LOWER)


class Mentions:
    """Finds which of many secrets stand in a text, in any case of letters, in a time that does not grow with their
    number.

    The text is looked at every few characters only: a piece of each secret is known for every place at which one of
    these looks can fall into it. Secrets of fewer than ``SHORTEST`` characters are none.
    """

    def __init__(self, secrets: Iterable[str]) -> None:
        self._secrets = frozenset(_lower(secret) for secret in secrets if len(secret) >= SHORTEST)
        self._shortest = min(map(len, self._secrets), default=SHORTEST)
        self._step = min(self._shortest // 2, LONGEST_STEP)
        self._width = self._shortest - self._step + 1
        self._pieces: dict[str, tuple[tuple[int, int], ...]] = {}  # where in secrets of which length a piece stands
        for secret in self._secrets:
            for offset in range(self._step):
                piece, place = secret[offset : offset + self._width], (offset, len(secret))
                known = self._pieces.get(piece, ())
                if place not in known:
                    self._pieces[piece] = (*known, place)

    def may_be_in(self, texts: Iterable[str]) -> bool:
        """Whether one of these texts is long enough for a secret: mostly none is, and to look takes 1.5 µs more."""
        return max(map(len, texts), default=0) >= self._shortest

    def find(self, text: str) -> list[str]:
        """The secrets that stand in the text, as they stand there, each as often as it does."""
        pieces, width, found, lower = self._pieces, self._width, [], _lower(text)
        looks = range(0, len(text) - width + 1, self._step)
        for at in [look for look in looks if lower[look : look + width] in pieces]:
            for offset, length in pieces[lower[at : at + width]]:
                start = at - offset
                if start >= 0 and lower[start : start + length] in self._secrets:
                    found.append(text[start : start + length])
        return found
