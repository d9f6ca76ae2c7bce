"""The journal: the bounded record of vendor calls, with every credential redacted before it is kept."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from hashlib import blake2s
from itertools import chain
from typing import Any
from urllib.parse import quote

from .clock import at, format_instant
from .matching import MAPS, Difference, Matcher, Seen, differences, matches
from .store import Document, Store
from .toolkit.credentials import USUAL_HEADERS, USUAL_PARAMETERS, plain
from .toolkit.notices import closest
from .toolkit.querystring import Pairs, encode_pairs, pairs
from .vendor import Call, Reply, Request, Vendor

HIDDEN = "[redacted]"
BODY_LIMIT = 64 * 1024
ENTRY_BYTES = 3000  # what an entry takes without its texts
SAFE = "/:@-._~!$&'()*+,;=[]"  # what a path holds as it is
Secrets = tuple[str, ...]
_EVERYWHERE = re.compile(r"[\w.~-]*", re.ASCII)  # spelled the same in JSON and URLs


class Redaction:
    """What must not be kept, out of the declarations that authenticate: every vendor's credential header and the usual
    places, however they are spelled; and the very secrets of a call, wherever else in the call they turn up.
    """

    def __init__(self, vendors: Iterable[Vendor]) -> None:
        self._credentials = {vendor.name: vendor.credential for vendor in vendors}
        declared = [credential.header for credential in self._credentials.values()]
        usual = (*USUAL_HEADERS, "Cookie", "Proxy-Authorization")
        self._headers = frozenset(map(plain, (*declared, *usual)))
        self._parameters = frozenset(map(plain, (*declared, *USUAL_PARAMETERS)))
        schemes = (*(credential.scheme for credential in self._credentials.values()), "Basic", "Bearer", "Token")
        self._schemes = frozenset(scheme.lower() for scheme in schemes if scheme)

    def secrets(self, call: Call, sent: Request, query: Pairs) -> Secrets:
        """What a request has where credentials are, also without a sandbox's name behind it or a word before it, and
        the secrets of the vendor's accounts that it has anywhere; as JSON and URLs spell them, too. The longest first.
        """
        found = [self._split(value)[1] for name, value in sent.headers.items() if plain(name) in self._headers]
        found += [value for name, value in query if plain(name) in self._parameters]
        found += [secret.rpartition(" ")[2] for secret in found]
        found += [secret.rpartition("~")[0] for secret in found]
        body = sent.body[:BODY_LIMIT].decode("latin-1")
        everything = "\n".join((sent.path, *chain(*query), *sent.headers.values(), body))
        found += call.accounts.mentioned(call.vendor.credential.key, everything)
        # A few letters are no secret, and hiding them would hide everything else.
        secrets = {secret for secret in found if len(secret) >= 6}
        spelled = {other for secret in secrets if not _EVERYWHERE.fullmatch(secret) for other in _spellings(secret)}
        return tuple(sorted(secrets | spelled, key=len, reverse=True))

    def headers(self, headers: Mapping[str, str], secrets: Secrets) -> dict[str, str]:
        """The headers with the values of credentials hidden; a scheme word stays."""
        return {
            name: self._split(value)[0] + HIDDEN if plain(name) in self._headers else hidden(value, secrets)
            for name, value in headers.items()
        }

    def query(self, query: Pairs, secrets: Secrets) -> Pairs:
        """The decoded query with the values of credential-like parameters hidden."""
        return [
            (hidden(name, secrets), HIDDEN if plain(name) in self._parameters else hidden(value, secrets))
            for name, value in query
        ]

    def of(self, call: Call, sent: Request) -> Callable[[str], str]:
        """What hides the secrets of this call in any text."""
        secrets = self.secrets(call, sent, pairs(sent.query))
        return lambda text: hidden(text, secrets)

    def _split(self, value: str) -> tuple[str, str]:
        """A header's scheme word with the blank behind it, if it has one, and the rest."""
        scheme, blank, rest = value.strip(" \t").partition(" ")
        return (scheme + blank, rest.strip(" \t")) if scheme.lower() in self._schemes else ("", value.strip(" \t"))

    def caller(self, vendor: str, headers: Mapping[str, str], sandbox: str) -> str | None:
        """A mark that two calls of a sandbox share when they carry the same secret. Too short to find the secret by."""
        secret = self._secret(vendor, headers)
        if secret is None:
            return None
        return blake2s(secret.encode("utf-8", "replace"), digest_size=3, key=sandbox.encode()[:32]).hexdigest()

    def _secret(self, vendor: str, headers: Mapping[str, str]) -> str | None:
        return self._credentials[vendor].read(headers)


def hidden(text: str, secrets: Secrets) -> str:
    """A text without the secrets of the call."""
    for secret in secrets:
        text = text.replace(secret, HIDDEN)
    return text


def _spellings(secret: str) -> Iterator[str]:
    """How else a text may stand in bodies and addresses."""
    yield from (json.dumps(secret, ensure_ascii=only_ascii)[1:-1] for only_ascii in (True, False))
    yield from (quote(secret, safe=safe) for safe in ("", "/", SAFE))


def entry(
    redaction: Redaction, call: Call, sent: Request, reply: Reply, *, sandbox: str, wall: float, ms: float
) -> tuple[Document, int]:
    """What the journal keeps of a call, and about how many bytes that is."""
    vendor, sent_query = call.vendor.name, pairs(sent.query)
    secrets = redaction.secrets(call, sent, sent_query)
    query = redaction.query(sent_query, secrets)
    by_name: dict[str, Any] = {}
    for name, value in query:
        known = by_name.get(name)
        by_name[name] = value if known is None else [*([known] if isinstance(known, str) else known), value]
    path, raw = hidden(sent.path, secrets), encode_pairs(query)
    body = reply.body[:BODY_LIMIT].decode("utf-8", "replace")
    received = sent.body[:BODY_LIMIT].decode("utf-8", "replace")
    headers = redaction.headers(sent.headers, secrets)
    answered = {name: hidden(value, secrets) for name, value in reply.headers}
    kept = {
        "time": format_instant(at(wall)),
        "sandbox": sandbox,
        "vendor": vendor,
        "operation": call.endpoint.operation if call.endpoint else None,
        "request": {
            "method": sent.method,
            "url": f"/{vendor}{quote(path, safe=SAFE)}" + (f"?{raw}" if raw else ""),
            "path": path,
            "query": by_name,
            "headers": headers,
            "body": hidden(received, secrets),
        },
        "response": {
            "status": reply.status,
            "headers": answered,
            "body": hidden(body, secrets),
            "truncated": len(reply.body) > BODY_LIMIT,
        },
        "ms": round(ms, 3),
        "warnings": [
            {"location": hidden(n.location, secrets), "code": n.code, "message": hidden(n.message, secrets)}
            for n in call.notices
        ],
        "basis": {"basis": reply.basis, "rule": reply.rule} if reply.rule else None,
        "fault": call.fault,
        "reached": call.reached,
        "strict": call.strict,
        "evidence": evidence(redaction, call, reply, sandbox),
    }
    texts = (body, received, raw, raw, path, path, *headers.values(), *answered.values())
    return kept, ENTRY_BYTES + sum(map(len, texts)) + 300 * len(call.notices)


def evidence(redaction: Redaction, call: Call, reply: Reply, sandbox: str) -> Document:
    """What verdicts go by and a reply does not show: the sandbox's time when the call came, who called, for how long
    the reply was held back (ms), what was left of the quota, which part of the whole the reply is.
    """
    spent, page = call.spent, reply.page
    return {
        "now": format_instant(call.now),
        "caller": redaction.caller(call.vendor.name, call.request.headers, sandbox),
        "delay": round(reply.delay * 1000),
        "quota": {"limit": spent.limit, "remaining": spent.remaining} if spent else None,
        "page": {"start": page.start, "stop": page.stop, "total": page.total} if page else None,
    }


def seen(kept: Document) -> Seen:
    """An entry as matchers look at it."""
    request = kept["request"]
    query = {name: [value] if isinstance(value, str) else value for name, value in request["query"].items()}
    plain = {
        "vendor": kept["vendor"],
        "operation": kept["operation"],
        "method": request["method"],
        "path": request["path"],
        "status": kept["response"]["status"],
    }
    return Seen(plain, query, request["headers"])


def is_unmatched(kept: Document) -> bool:
    """Whether no endpoint of its vendor has the path of this call. Of a call that was not kept nobody knows."""
    return kept["operation"] is None and kept["evidence"] is not None


def hint(difference: Difference, kept: Document) -> str | None:
    """What to make of a difference between a matcher and an entry, if there is something to make of it."""
    place, _, name = difference.field.partition(".")
    wanted, found = _wanted(difference.expected), difference.found
    if found is None:
        near = closest(name, kept["request"][place]) if place in MAPS else None
        return f"The call has {near}, another name." if near else None
    if found == HIDDEN or str(found).endswith(f" {HIDDEN}"):
        return 'The journal hides credentials; {"absent": false} asks whether there is one.'
    if not isinstance(wanted, str):
        return None
    if wanted == f"/{kept['vendor']}{found}":
        return "Paths are told without the prefix of the vendor."
    if place == "path" and "?" in wanted:
        return "What stands behind ? is asked for by query."
    values = kept["request"]["query"].get(name) if place == "query" else None
    if isinstance(values, list):
        return f"It was sent {len(values)} times: {', '.join(values)}."
    for same, alike in _ALIKE.items():
        if alike(wanted) == alike(found):
            return f"They differ in {same} alone."
    return 'It is a part of what was sent: {"contains": …}.' if place in MAPS and wanted in found else None


_ALIKE: Mapping[str, Callable[[str], str]] = {
    "case": str.casefold,
    "blanks": lambda text: "".join(text.split()),
    "a slash at the end": lambda text: text.rstrip("/"),
    "zeros in front": lambda text: text.lstrip("0"),
}


def _wanted(condition: Any) -> Any:
    """The value that a condition wants; None when it wants none."""
    if isinstance(condition, Mapping):
        return condition.get("equalTo", condition.get("contains"))
    return condition


def unkept(vendor: Vendor, sandbox: str, wall: float, fact: str) -> tuple[Document, int]:
    """What is kept of a call of which nothing may be kept: that there was one, and why no more is known."""
    kept: dict[str, Any] = {
        "time": format_instant(at(wall)),
        "sandbox": sandbox,
        "vendor": vendor.name,
        "operation": None,
        "request": {"method": "", "url": "", "path": "", "query": {}, "headers": {}, "body": ""},
        "response": {"status": 400, "headers": {}, "body": "", "truncated": False},
        "ms": 0,
        "warnings": [],
        "basis": None,
        "fault": fact,
        "reached": "sandbox",
        "strict": False,
        "evidence": None,
    }
    return kept, 500


def looked_at(call: Call) -> Seen:
    """A call on its way as matchers look at it."""
    request = call.request
    query: dict[str, list[str]] = {}
    for name, value in pairs(request.query):
        query.setdefault(name, []).append(value)
    operation = call.endpoint.operation if call.endpoint else None
    plain = {"vendor": call.vendor.name, "operation": operation, "method": request.method, "path": request.path}
    return Seen(plain, query, request.headers, call.vendor.credential.read(request.headers))


Near = tuple[dict[str, Any], list[Difference]]


class Journal:
    """One sandbox's journal, for those who ask."""

    def __init__(self, store: Store, sandbox: str) -> None:
        self._store, self._sandbox = store, sandbox

    def entries(self) -> list[dict[str, Any]]:
        """All that is retained, newest first."""
        return [{"id": id, **kept} for id, kept in reversed(self._store.entries(self._sandbox))]

    def found(self, matcher: Matcher) -> list[dict[str, Any]]:
        """The entries that a matcher fits, newest first."""
        return [kept for kept in self.entries() if matches(matcher, seen(kept))]

    def nearest(self, matcher: Matcher, most: int = 3) -> list[Near]:
        """The entries that do not fit, those first that come nearest (first of all those of the vendor asked for), with
        what is different in each.
        """
        compared = [(kept, differences(matcher, seen(kept))) for kept in self.entries() if kept["evidence"] is not None]
        wrong = [(kept, different) for kept, different in compared if different]
        return sorted(wrong, key=lambda pair: ("vendor" in (d.field for d in pair[1]), len(pair[1])))[:most]

    def remove(self, ids: Iterable[int] | None = None) -> int:
        """Forget entries (None: all); returns how many."""
        return self._store.remove(self._sandbox, None if ids is None else frozenset(ids))
