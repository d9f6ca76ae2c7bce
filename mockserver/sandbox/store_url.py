"""The URL of a store, and the secrets in it."""

from __future__ import annotations

import re
from urllib.parse import unquote

from ..sdk.secret_names import is_secret_name


def without_password(text: str) -> str:
    """The URL without secrets, also if it is malformed.

    Hides everything up to the last ``@``, secrets in the query, and a port that is not a number.
    """
    before, at, after = text.rpartition("@")
    if at:
        text = f"{re.match(r'(?:[a-z]+:/*)?', before)[0]}…@{after}"  # type: ignore[index]  # it always matches
    text = re.sub(r"^([a-z]+:/*[^/:?\[]*):(?!\d{1,5}(?:[/?#]|\Z))[^/?]*", r"\1:…", text)
    return _PARAMETER.sub(lambda pair: f"{pair[1]}{pair[2]}=…" if _is_secret(pair[2]) else pair[0], text)


_PARAMETER = re.compile(r"([?&])([^=&]*)=[^&]*")


def _is_secret(name: str) -> bool:
    return is_secret_name(unquote(name)) or unquote(name).lower() == "username"


def secrets_of_url(text: str) -> list[str]:
    """The secrets in a URL: its password and secret parameters, as written and decoded."""
    userinfo = text.partition("://")[2].partition("/")[0].rpartition("@")[0]
    found = [userinfo.partition(":")[2]]
    found += [pair[0].partition("=")[2] for pair in _PARAMETER.finditer(text) if is_secret_name(unquote(pair[2]))]
    return [spelled for secret in found if secret for spelled in {secret, unquote(secret)}]
