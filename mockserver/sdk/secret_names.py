"""Names of headers, parameters, fields, elements and cookies that hold secrets."""

from __future__ import annotations

import re
from functools import lru_cache

from .querystring import MAX_CACHED_CHARS

# Where other APIs have their credential: secret in any case, and a hint for a refused caller.
USUAL_HEADERS = (
    "Authorization", "Apikey", "Api-Key", "X-Api-Key", "Auth-Key", "X-Auth-Key", "Token", "X-Auth-Token",
    "X-Access-Token",
)  # fmt: skip
USUAL_PARAMETERS = (
    "access_token", "api-key", "api_key", "api_token", "apikey", "auth-key", "auth_key", "auth_token", "authkey",
    "authorization", "bearer", "key", "token",
)  # fmt: skip
# Each of these words makes a name that of a secret ...
_WORDS = frozenset(
    {
        "token", "tokens", "secret", "secrets", "password", "passwords", "passwd", "pwd", "pw", "pass", "passphrase",
        "passphrases", "passcode", "passcodes", "auth", "oauth", "authorization", "authentication", "sig", "signature",
        "signatures", "hmac", "session", "sessions", "cookie", "cookies", "bearer", "jwt", "jwts", "saml", "assertion",
        "assertions", "credential", "credentials", "creds", "otp", "csrf", "xsrf",
    }
)  # fmt: skip
# ... and so do these endings of a name in one word.
_ENDS = re.compile(
    r"(?:api|access|secret|private|subscription|auth|signing|encryption)keys?$"
    r"|(?:token|secret|password|passwd|passphrase|authorization|signature|credential|cookie|assertion|jwt"
    r"|sessionid|sessid|samlresponse)s?$"
)
# Page tokens are not secret.
_HARMLESS = re.compile(r"(?:page|next|continuation|sync|cursor|prev|previous)tokens?$")
# A name that ends so holds a property of a secret, not the secret.
_ABOUT = frozenset({"type", "count", "length", "method", "expires", "expired", "url", "uri"})
_JOINED = str.maketrans("", "", ".[] ")
_WORD = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+")


def normalise(name: str) -> str:
    """A name without case, ``-`` and ``_``: ``Auth-Key``, ``auth_key`` and ``AuthKey`` are one."""
    # What a client sends must not fill the memory.
    return (_normalise if len(name) <= MAX_CACHED_CHARS else _normalise.__wrapped__)(name)


@lru_cache(1024)
def _normalise(name: str) -> str:
    return name.lower().replace("-", "").replace("_", "")


_USUAL = frozenset(map(normalise, (*USUAL_HEADERS, *USUAL_PARAMETERS)))


def is_secret_name(name: str) -> bool:
    """Whether a header, parameter or field of this name usually holds a secret: ``X-Forwarded-Access-Token``."""
    return (_is_secret if len(name) <= MAX_CACHED_CHARS else _is_secret.__wrapped__)(name)


@lru_cache(4096)
def _is_secret(name: str) -> bool:
    known = normalise(name).rstrip("[]0123456789")
    joined, words = known.translate(_JOINED), [word.lower() for word in _WORD.findall(name)]
    if joined in _USUAL:
        return True
    if _HARMLESS.search(known) or (words and words[-1] in _ABOUT):
        return False
    return bool(_ENDS.search(joined)) or any(word in _WORDS for word in words)
