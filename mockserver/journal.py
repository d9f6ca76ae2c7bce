"""The journal: the bounded record of vendor calls, with every credential redacted before it is kept."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from functools import cached_property, lru_cache
from hashlib import blake2s
from itertools import chain, islice
from types import MappingProxyType
from typing import Any
from urllib.parse import quote, unquote, unquote_plus

from . import live
from .clock import format_instant, stamp
from .data.dataset import Accounts, Dataset
from .matching import MAPS, Difference, Matcher, Seen, differences, matches
from .store import Document, Store
from .toolkit.credentials import SHORTEST, Mentions, looks_secret, plain
from .toolkit.notices import Notice, closest
from .toolkit.querystring import Pairs, collected, encode_pairs, pairs, quoted
from .toolkit.quota import Spent
from .vendor import Call, Endpoint, Reply, Request, Vendor

HIDDEN = "[redacted]"
STORE_AWAY = "store-away"
NOT_THE_CLIENTS = ("undocumented-status", STORE_AWAY)  # codes of warnings of what no client did
BODY_LIMIT = 64 * 1024
REMEMBERED = 4096  # characters of a request that may come again; a longer one is looked at anew
ENTRY_BYTES = 3000  # what an entry takes without its texts
LEAST_OWN = 16  # shorter ones may be what a test calls its sandbox, too
SAFE = "/:@-._~!$&'()*+,;=[]"  # what a path holds as it is
Secrets = tuple[str, ...]
_EVERYWHERE = re.compile(r"[\w.~-]*", re.ASCII)  # spelled the same in JSON and URLs
_NAMED = re.compile(r"""(?<![\w-])([\w-]{3,40})["']?[ \t]*[:=][ \t]*["']?((?:[^"'&\s\\]|\\.)+)""")  # in a body
_HEX = re.compile("%[0-9A-F]{2}")


@dataclass(slots=True)
class Done:
    """A call that is over, for the journal and whoever else keeps account of calls: what came and what goes back.

    ``vendor`` is None where nobody has the path, ``sandbox`` where none could be chosen or made. ``now`` is the
    sandbox's time and ``wall`` the server's (seconds since 1970) when it came, ``ms`` how long it took; ``caller`` is a
    mark of its credential. ``id`` is the one under which the journal has it, None if it has not. ``path`` and
    ``notices`` are as they may be told; all else may hold secrets.
    """

    vendor: Vendor | None
    endpoint: Endpoint | None
    sandbox: str | None
    request: Request
    path: str
    reply: Reply
    notices: tuple[Notice, ...]
    now: datetime
    wall: float
    ms: float
    strict: bool = False
    fault: str | None = None
    reached: str = "sandbox"
    spent: Spent | None = None
    caller: str | None = None
    id: int | None = None

    @property
    def failed(self) -> bool:
        """Whether a strict call was warned of something that its client did (not of a reply that it asked for)."""
        return self.strict and any(notice.code not in NOT_THE_CLIENTS for notice in self.notices)


class Told:
    """A request as it may be told, without its secrets; and what hides them in any other text."""

    def __init__(
        self,
        secrets: Secrets,
        method: str,
        prefix: str,
        path: str,
        query: Pairs,
        headers: Mapping[str, str],
        body: str = "",
    ) -> None:
        self.secrets, self.path = secrets, path
        self._method, self._prefix, self._query, self._headers, self._body = method, prefix, query, headers, body
        texts = sum([len(name) + len(value) for name, value in query]) + lengths(headers)
        self.size = len(body) + 2 * (len(path) + texts)  # about, in bytes

    @cached_property
    def request(self) -> Document:
        """The same as the journal has it."""
        by_name: dict[str, Any] = dict(self._query)
        if len(by_name) < len(self._query):
            several = collected(self._query)
            by_name = {name: values if len(values) > 1 else values[0] for name, values in several.items()}
        raw = encode_pairs(self._query)
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
            if not self._tells(query, _whole((sent.path, sent.sandbox or "", *chain(*query))), secrets):
                return Told(secrets, sent.method, prefix, sent.path, query, shown)
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
        return Told(secrets, sent.method, prefix, hidden(sent.path, secrets), shown, headers, body)

    def _headers_alone(self, headers: tuple[tuple[str, str], ...]) -> tuple[Secrets, Mapping[str, str]]:
        told = self._shown(Request("", "", headers=dict(headers)))
        return told.secrets, MappingProxyType(told.request["headers"])  # many entries share it

    def _tells(self, query: Pairs, text: str, secrets: Secrets) -> bool:
        """Whether there is anything to hide in a path and query."""
        is_secret = self._known_name if len(text) <= REMEMBERED else self.is_secret
        return (
            any(map(is_secret, [name for name, _ in query]))
            or any(map(text.__contains__, secrets))
            or bool(self._known.find(text))
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


class Entry(Mapping[str, Any]):
    """What the journal keeps of a call. It is put together when somebody reads it, which is seldom: 15 µs less a call.

    Until then it holds the reply as it was, cut to what is kept of its body, and what is hidden in it.
    """

    __slots__ = ("_made", "_parts")

    def __init__(self, done: Done, told: Told) -> None:
        vendor = done.vendor.name if done.vendor else None
        operation = done.endpoint.operation if done.endpoint else None
        reply, warned = done.reply, done.notices
        if len(reply.body) > BODY_LIMIT:  # one byte more says that there was more
            reply = reply._replace(body=reply.body[: BODY_LIMIT + 1])
        how = done.fault, done.reached, done.strict, done.caller
        who = done.sandbox, vendor, operation
        self._parts: Any = (done.wall, done.ms, done.now, who, told, reply, warned, how, done.spent)
        self._made: Document | None = None

    def __getitem__(self, name: str) -> Any:
        return self._whole[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._whole)

    def __len__(self) -> int:
        return len(self._whole)

    @property
    def _whole(self) -> Document:
        parts = self._parts  # None once it is made; whoever comes at the same time makes the same
        if parts is not None:
            self._made, self._parts = _entry(*parts), None
        assert self._made is not None
        return self._made


def entry(done: Done, told: Told) -> tuple[Entry, int]:
    """What the journal keeps of a call, and about how many bytes that is."""
    reply = done.reply
    answer = min(len(reply.body), BODY_LIMIT) + sum([len(name) + len(value) for name, value in reply.headers])
    warned = sum([100 + len(notice.location) + len(notice.message) for notice in done.notices])
    return Entry(done, told), ENTRY_BYTES + told.size + answer + warned


def _entry(
    wall: float,
    ms: float,
    now: datetime,
    who: tuple[str | None, str | None, str | None],
    told: Told,
    reply: Reply,
    notices: tuple[Notice, ...],
    how: tuple[str | None, str, bool, str | None],
    spent: Spent | None,
) -> Document:
    (sandbox, vendor, operation), (fault, reached, strict, caller) = who, how
    truncated = len(reply.body) > BODY_LIMIT
    body = cut(reply.body[:BODY_LIMIT].decode("utf-8", "replace"), told.secrets, whole=not truncated)
    return {
        "time": stamp(wall),
        "sandbox": sandbox,
        "vendor": vendor,
        "operation": operation,
        "request": told.request,
        "response": {
            "status": reply.status,
            "headers": {name: told(value) for name, value in reply.headers},
            "body": body,
            "truncated": truncated,
        },
        "ms": round(ms, 3),
        "warnings": [{"location": n.location, "code": n.code, "message": n.message} for n in notices],
        "basis": {"basis": reply.basis, "rule": reply.rule} if reply.rule else None,
        "fault": fault,
        "reached": reached,
        "strict": strict,
        "evidence": _evidence(now, caller, reply, spent),
    }


def _evidence(now: datetime, caller: str | None, reply: Reply, spent: Spent | None) -> Document:
    """What verdicts go by and a reply does not show: the sandbox's time when the call came, who called, for how long
    the reply was held back (ms), what was left of the quota, which part of the whole the reply is.
    """
    page = reply.page
    return {
        "now": format_instant(now),
        "caller": caller,
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
    """Whether no endpoint of its vendor, or of any, has the path of this call. Of one not kept nobody knows."""
    return kept["operation"] is None and kept["evidence"] is not None


def hint(difference: Difference, kept: Document) -> str | None:
    """What to make of a difference between a matcher and an entry, if there is something to make of it."""
    place, _, name = difference.field.partition(".")
    wanted, found = _wanted(difference.expected), difference.found
    if found is None:
        near = closest(name, islice(kept["request"][place], COMPARED)) if place in MAPS else None
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
    if place in NAMES and _are_alike(found, (wanted, wanted.removeprefix(f"/{kept['vendor']}"))):
        return f"The call has {found}. Did you mean that?"
    return 'It is a part of what was sent: {"contains": …}.' if place in MAPS and wanted in found else None


NAMES = ("vendor", "operation", "method", "path")
COMPARED = 200  # names of a call, or characters of one, that a slip is looked for in
ALIKE = 0.8  # a letter or two: less alike are the names of different things
_ALIKE: Mapping[str, Callable[[str], str]] = {
    "case": str.casefold,
    "blanks": lambda text: "".join(text.split()),
    "a slash at the end": lambda text: text.rstrip("/"),
    "zeros in front": lambda text: text.lstrip("0"),
}


def _are_alike(found: str, names: tuple[str, ...]) -> bool:
    from difflib import get_close_matches

    short = [name[:COMPARED] for name in names]  # the time grows with the square of what is compared
    return bool(get_close_matches(found[:COMPARED], short, 1, ALIKE))


def _wanted(condition: Any) -> Any:
    """The value that a condition wants; None when it wants none."""
    if isinstance(condition, Mapping):
        return condition.get("equalTo", condition.get("contains"))
    return condition


def unkept(done: Done) -> tuple[Document, int]:
    """What is kept of a call of which nothing may be kept: that there was one, and why no more is known."""
    kept: dict[str, Any] = {
        "time": stamp(done.wall),
        "sandbox": done.sandbox,
        "vendor": done.vendor.name if done.vendor else None,
        "operation": None,
        "request": {"method": "", "url": "", "path": "", "query": {}, "headers": {}, "body": ""},
        "response": {"status": done.reply.status, "headers": {}, "body": "", "truncated": False},
        "ms": 0,
        "warnings": [],
        "basis": None,
        "fault": done.fault,
        "reached": "sandbox",
        "strict": False,
        "evidence": None,
    }
    return kept, 500


def looked_at(call: Call) -> Seen:
    """A call on its way as matchers look at it."""
    request = call.request
    query = collected(pairs(request.query))
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
        return self.newer(0)[0]

    def newer(self, after: int) -> tuple[list[dict[str, Any]], int, int]:
        """What came after the entry of this id, newest first; how many entries are retained in all; and how many were
        let go since the journal was last empty.
        """
        entries, total, dropped = self._store.newer(self._sandbox, after)
        return [{"id": id, **kept} for id, kept in reversed(entries)], total, dropped

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
