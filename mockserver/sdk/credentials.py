"""Where a vendor's credential travels: authentication, redaction and CORS read it from here."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from .querystring import Pairs
from .secret_names import USUAL_HEADERS, USUAL_PARAMETERS


def list_field(field: str) -> str:
    """The field of an account that lists further values of this one: ``more_tokens``."""
    return f"more_{field}s"


def secrets_of(account: Mapping[str, Any], field: str) -> tuple[Any, ...]:
    """Every value of a field of an account, its own first."""
    own = (account[field],) if account.get(field) else ()
    return (*own, *account.get(list_field(field), ()))


@dataclass(frozen=True, slots=True)
class Credential:
    """A secret in a request header, alone (``Apikey: K``) or behind a scheme word (``Authorization: Bearer K``).

    ``identifying_headers`` also identify the caller, but are not secret (a brand). ``key`` is the field of an account
    that holds the secret.
    """

    header: str
    scheme: str = ""
    key: str = "token"
    identifying_headers: tuple[str, ...] = ()

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

    def find_misplaced(self, headers: Mapping[str, str], sent: Pairs) -> list[str]:
        """Where a refused request seems to have its secret: ``header.Token``, ``query.apikey``.

        The credential's own header counts when its scheme word is missing, or two words follow it.
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
        return (self.header, *self.identifying_headers)
