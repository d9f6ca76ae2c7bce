"""Where a vendor's credential travels, declared once; authentication, redaction and CORS read it from here."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


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

    def write(self, secret: str) -> dict[str, str]:
        """The header that carries this secret."""
        return {self.header: f"{self.scheme} {secret}" if self.scheme else secret}

    @property
    def headers(self) -> tuple[str, ...]:
        """Every header a client must be allowed to send."""
        return (self.header, *self.also)
