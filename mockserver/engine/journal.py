"""The journal: the bounded record of vendor calls, without credentials."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import datetime
from itertools import islice
from operator import itemgetter
from typing import Any, NamedTuple

from ..sandbox.matching import Difference, Matcher, MatchInput, count_missing, make_comparison, make_test
from ..sandbox.secrets.index import MIN_CUT_CHARS
from ..sandbox.store import Document, Store
from ..sdk.call import Call
from ..sdk.call_warnings import CallWarning
from ..sdk.clock import format_instant, format_timestamp
from ..sdk.http import Reply
from ..sdk.querystring import group_values, parse_pairs
from ..sdk.quota import QuotaState
from .exchange import Exchange
from .redacted_request import RedactedRequest
from .redaction import MAX_BODY_BYTES

ENTRY_BYTES = 3000  # of an entry without its texts
WITHHELD_ENTRY_BYTES = 500
HEADER_BYTES = 60  # of a reply's header, except the one with warnings


class EntryParts(NamedTuple):
    """What an entry is built from: plain values of an exchange, none of which holds a secret unmasked."""

    wall: float
    sandbox: str | None
    vendor: str | None
    operation: str | None
    redacted: RedactedRequest
    reply: Reply
    ms: float
    warnings: tuple[CallWarning, ...]
    fault: str | None
    stage: str
    strict: bool
    now: datetime
    caller: str | None
    quota: QuotaState | None


class JournalEntry(Mapping[str, Any]):
    """A journal entry, built when it is first read, which is seldom.

    Until then it holds the reply, with its body cut to what the journal keeps, and the index that redacts it.
    """

    __slots__ = ("_document", "_parts")

    def __init__(self, parts: EntryParts) -> None:
        self._parts: EntryParts | None = parts
        self._document: Document | None = None

    def __getitem__(self, name: str) -> Any:
        return self.document[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self.document)

    def __len__(self) -> int:
        return len(self.document)

    @property
    def document(self) -> Document:
        """The entry as a plain document."""
        parts = self._parts  # None once it is built; threads that race build the same document
        if parts is not None:
            self._document, self._parts = _build_entry(parts), None
        assert self._document is not None
        return self._document


def make_entry(exchange: Exchange, redacted: RedactedRequest) -> tuple[JournalEntry, int]:
    """The journal entry of an exchange, and about how many bytes it takes."""
    reply, warnings = exchange.reply, exchange.warnings
    body = min(len(reply.body), MAX_BODY_BYTES) + HEADER_BYTES * len(reply.headers)
    warned = 2 * sum([100 + len(each.location) + len(each.message) for each in warnings])  # and their header
    if len(reply.body) > MAX_BODY_BYTES:  # one byte more says that there was more
        reply = reply._replace(body=reply.body[: MAX_BODY_BYTES + 1])
    parts = EntryParts(
        exchange.wall,
        exchange.sandbox,
        exchange.vendor.name if exchange.vendor else None,
        exchange.operation.id if exchange.operation else None,
        redacted,
        reply,
        exchange.ms,
        warnings,
        exchange.fault,
        exchange.stage,
        exchange.strict,
        exchange.now,
        exchange.caller,
        exchange.quota,
    )
    return JournalEntry(parts), ENTRY_BYTES + redacted.size + body + warned


def make_withheld_entry(exchange: Exchange) -> tuple[Document, int]:
    """The entry of a call that may not be shown: that there was one, and why; and its size in bytes."""
    vendor = exchange.vendor.name if exchange.vendor else None
    reply = Reply(exchange.reply.status, b"", network=exchange.reply.network)
    nothing = RedactedRequest((), "", "", "", "", {})
    parts = EntryParts(
        exchange.wall,
        exchange.sandbox,
        vendor,
        None,
        nothing,
        reply,
        0,
        (),
        exchange.fault,
        "sandbox",
        False,
        exchange.now,
        None,
        None,
    )
    return {**_build_entry(parts), "evidence": None}, WITHHELD_ENTRY_BYTES


def _build_entry(parts: EntryParts) -> dict[str, Any]:
    """The entry as a document."""
    reply, redacted = parts.reply, parts.redacted
    truncated = len(reply.body) > MAX_BODY_BYTES
    body = redacted(reply.body[:MAX_BODY_BYTES].decode("utf-8", "replace"), cut=MIN_CUT_CHARS if truncated else 0)
    return {
        "time": format_timestamp(parts.wall),
        "sandbox": parts.sandbox,
        "vendor": parts.vendor,
        "operation": parts.operation,
        "request": redacted.request,
        "response": {
            "status": reply.status,
            "headers": {name: redacted(value) for name, value in reply.headers},
            "body": body,
            "truncated": truncated,
        },
        "received": describe_received(reply),
        "ms": round(parts.ms, 3),
        "warnings": [{"location": w.location, "code": w.code, "message": w.message} for w in parts.warnings],
        "basis": _describe_basis(reply),
        "fault": parts.fault,
        "reached": parts.stage,
        "strict": parts.strict,
        "evidence": _describe_evidence(parts),
    }


def describe_received(reply: Reply) -> Document:
    """What reaches the client: the status (None without one), and the network fault that spoils the reply.

    ``response`` in the entry is the reply as intended.
    """
    return {"status": reply.received_status, "fault": reply.network}


def _describe_basis(reply: Reply) -> Document | None:
    """The basis of the reply, with everything that it rests on."""
    if not reply.rule:
        return None
    parts = [part._asdict() for part in reply.parts]
    return {"basis": reply.basis, "rule": reply.rule, "because": reply.because, "parts": parts}


def _describe_evidence(parts: EntryParts) -> Document:
    """What verdicts need beside the reply: sandbox time, caller, delay (ms), quota, and page."""
    page, quota = parts.reply.page, parts.quota
    return {
        "now": format_instant(parts.now),
        "caller": parts.caller,
        "delay": round(parts.reply.delay * 1000),
        "quota": {"limit": quota.limit, "remaining": quota.remaining} if quota else None,
        "page": {"start": page.start, "stop": page.stop, "total": page.total} if page else None,
    }


def match_input_of_entry(entry: Document) -> MatchInput:
    """An entry as matchers compare it."""
    request = entry["request"]
    query = {name: [value] if isinstance(value, str) else value for name, value in request["query"].items()}
    plain = {
        "vendor": entry["vendor"],
        "operation": entry["operation"],
        "method": request["method"],
        "path": request["path"],
        "status": entry["received"]["status"],
    }
    return MatchInput(plain, query, request["headers"])


def is_unmatched(entry: Document) -> bool:
    """Whether no operation has the path of this call. Unknown, hence False, for a withheld entry."""
    return entry["operation"] is None and entry["evidence"] is not None


def match_input_of_call(call: Call) -> MatchInput:
    """A call on its way as matchers compare it."""
    request = call.request
    query = group_values(parse_pairs(request.query))
    operation = call.operation.id if call.operation else None
    plain = {"vendor": call.vendor.name, "operation": operation, "method": request.method, "path": request.path}
    return MatchInput(plain, query, request.headers, call.vendor.credential.read(request.headers))


def _with_id(id: int, entry: Document) -> dict[str, Any]:
    """The entry with its id, copied from its plain document: copying a mapping takes longer."""
    return {"id": id, **(entry.document if isinstance(entry, JournalEntry) else entry)}


Near = tuple[dict[str, Any], list[Difference]]


class Journal:
    """Reads one sandbox's journal."""

    def __init__(self, store: Store, sandbox: str) -> None:
        self._store, self._sandbox = store, sandbox

    def entries(self) -> list[dict[str, Any]]:
        """All retained entries, newest first."""
        return self.get_newer(0)[0]

    def get_newer(
        self, after: int, fits: Callable[[Document], bool] = lambda entry: True, limit: int | None = None
    ) -> tuple[list[dict[str, Any]], int, int]:
        """Entries after this id that fit, newest first, at most ``limit``.

        Also returns how many entries are retained, and how many were dropped since the journal was last empty.
        """
        entries, total, dropped = self._store.newer(self._sandbox, after)
        fitting = (_with_id(id, entry) for id, entry in reversed(entries) if fits(entry))
        return list(islice(fitting, limit)), total, dropped

    def get(self, id: int) -> dict[str, Any] | None:
        """The entry of this id, if it is retained."""
        entries = self._store.newer(self._sandbox, id - 1).entries
        return _with_id(*entries[0]) if entries and entries[0][0] == id else None

    def find(self, matcher: Matcher) -> tuple[list[dict[str, Any]], int]:
        """The entries that match, newest first, and how many are retained."""
        fits = make_test(matcher)
        matching, total, _ = self.get_newer(0, lambda entry: fits(match_input_of_entry(entry)))
        return matching, total

    def nearest(self, matcher: Matcher, most: int = 3) -> tuple[list[Near], int]:
        """The entries that almost match, nearest first, with their differences, and how many are retained.

        Entries of the matcher's vendor come before those of others.
        """
        (entries, total, _), compare = self._store.newer(self._sandbox, 0), make_comparison(matcher)
        lack, near = count_missing(matcher), list[tuple[tuple[bool, int], int, Document, list[Difference]]]()
        for id, entry in reversed(entries):
            call, of_another = match_input_of_entry(entry), entry["vendor"] != matcher.get("vendor", entry["vendor"])
            if not entry["evidence"] or (len(near) == most and (of_another, lack(call)) >= near[-1][0]):
                continue
            different = list(compare(call))
            if different:
                near = sorted([*near, ((of_another, len(different)), id, entry, different)], key=itemgetter(0))[:most]
        return [(_with_id(id, entry), different) for _, id, entry, different in near], total

    def remove(self, ids: Iterable[int] | None = None) -> int:
        """Remove entries (None: all); returns how many."""
        return self._store.remove(self._sandbox, None if ids is None else frozenset(ids))
