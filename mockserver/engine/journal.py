"""The journal: the bounded record of vendor calls, of which no credential is kept."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import datetime
from itertools import islice
from operator import itemgetter
from typing import Any

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

ENTRY_BYTES = 3000  # what an entry takes without its texts
HEADER_BYTES = 60  # what a header of a reply takes, its name and value; but for the one with warnings


class JournalEntry(Mapping[str, Any]):
    """What the journal keeps of a call. It is put together when somebody reads it, which is seldom.

    Until then it holds the reply as it was, cut to what is kept of its body, and what is hidden in it.
    """

    __slots__ = ("_document", "_parts")

    def __init__(self, done: Exchange, told: RedactedRequest) -> None:
        vendor = done.vendor.name if done.vendor else None
        operation = done.operation.id if done.operation else None
        reply, warned = done.reply, done.warnings
        if len(reply.body) > MAX_BODY_BYTES:  # one byte more says that there was more
            reply = reply._replace(body=reply.body[: MAX_BODY_BYTES + 1])
        how = done.fault, done.stage, done.strict, done.caller
        who = done.sandbox, vendor, operation
        self._parts: Any = (done.wall, done.ms, done.now, who, told, reply, warned, how, done.quota)
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
        parts = self._parts  # None once it is made; whoever comes at the same time makes the same
        if parts is not None:
            self._document, self._parts = _build_entry(*parts), None
        assert self._document is not None
        return self._document


def make_entry(done: Exchange, told: RedactedRequest) -> tuple[JournalEntry, int]:
    """What the journal keeps of a call, and about how many bytes that is."""
    reply = done.reply
    answer = min(len(reply.body), MAX_BODY_BYTES) + HEADER_BYTES * len(reply.headers)
    warned = 2 * sum([100 + len(notice.location) + len(notice.message) for notice in done.warnings])  # and their header
    return JournalEntry(done, told), ENTRY_BYTES + told.size + answer + warned


def _build_entry(
    wall: float,
    ms: float,
    now: datetime,
    who: tuple[str | None, str | None, str | None],
    told: RedactedRequest,
    reply: Reply,
    notices: tuple[CallWarning, ...],
    how: tuple[str | None, str, bool, str | None],
    spent: QuotaState | None,
) -> Document:
    (sandbox, vendor, operation), (fault, reached, strict, caller) = who, how
    truncated = len(reply.body) > MAX_BODY_BYTES
    body = told(reply.body[:MAX_BODY_BYTES].decode("utf-8", "replace"), cut=MIN_CUT_CHARS if truncated else 0)
    return {
        "time": format_timestamp(wall),
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
        "received": describe_received(reply),
        "ms": round(ms, 3),
        "warnings": [{"location": n.location, "code": n.code, "message": n.message} for n in notices],
        "basis": _basis(reply),
        "fault": fault,
        "reached": reached,
        "strict": strict,
        "evidence": _evidence(now, caller, reply, spent),
    }


def describe_received(reply: Reply) -> Document:
    """What of the reply reaches the client: its status, None where there is none, and the network fault that spoils it.
    The ``response`` beside it is the reply as it was intended.
    """
    return {"status": reply.received_status, "fault": reply.network}


def _basis(reply: Reply) -> Document | None:
    """How well founded the reply is, and everything that it rests on."""
    if not reply.rule:
        return None
    parts = [part._asdict() for part in reply.parts]
    return {"basis": reply.basis, "rule": reply.rule, "because": reply.because, "parts": parts}


def _evidence(now: datetime, caller: str | None, reply: Reply, spent: QuotaState | None) -> Document:
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


def match_input_of_entry(entry: Document) -> MatchInput:
    """An entry as matchers look at it."""
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
    """Whether no endpoint of its vendor, or of any, has the path of this call. Of one not kept nobody knows."""
    return entry["operation"] is None and entry["evidence"] is not None


def make_withheld_entry(done: Exchange) -> tuple[Document, int]:
    """What is kept of a call of which nothing may be kept: that there was one, and why no more is known."""
    kept: dict[str, Any] = {
        "time": format_timestamp(done.wall),
        "sandbox": done.sandbox,
        "vendor": done.vendor.name if done.vendor else None,
        "operation": None,
        "request": {"method": "", "url": "", "path": "", "query": {}, "headers": {}, "body": ""},
        "response": {"status": done.reply.status, "headers": {}, "body": "", "truncated": False},
        "received": describe_received(done.reply),
        "ms": 0,
        "warnings": [],
        "basis": None,
        "fault": done.fault,
        "reached": "sandbox",
        "strict": False,
        "evidence": None,
    }
    return kept, 500


def match_input_of_call(call: Call) -> MatchInput:
    """A call on its way as matchers look at it."""
    request = call.request
    query = group_values(parse_pairs(request.query))
    operation = call.operation.id if call.operation else None
    plain = {"vendor": call.vendor.name, "operation": operation, "method": request.method, "path": request.path}
    return MatchInput(plain, query, request.headers, call.vendor.credential.read(request.headers))


def _with_id(id: int, kept: Document) -> dict[str, Any]:
    """An entry as it is told, copied from a plain document: a mapping takes longer."""
    return {"id": id, **(kept.document if isinstance(kept, JournalEntry) else kept)}


Near = tuple[dict[str, Any], list[Difference]]


class Journal:
    """One sandbox's journal, for those who ask."""

    def __init__(self, store: Store, sandbox: str) -> None:
        self._store, self._sandbox = store, sandbox

    def entries(self) -> list[dict[str, Any]]:
        """All that is retained, newest first."""
        return self.get_newer(0)[0]

    def get_newer(
        self, after: int, fits: Callable[[Document], bool] = lambda kept: True, limit: int | None = None
    ) -> tuple[list[dict[str, Any]], int, int]:
        """What came after the entry of this id and fits, newest first, at most so many; how many entries are retained
        in all; and how many were let go since the journal was last empty.
        """
        entries, total, dropped = self._store.newer(self._sandbox, after)
        found = (_with_id(id, kept) for id, kept in reversed(entries) if fits(kept))
        return list(islice(found, limit)), total, dropped

    def get(self, id: int) -> dict[str, Any] | None:
        """The entry of this id, if it is retained."""
        entries = self._store.newer(self._sandbox, id - 1).entries
        return _with_id(*entries[0]) if entries and entries[0][0] == id else None

    def find(self, matcher: Matcher) -> tuple[list[dict[str, Any]], int]:
        """The entries that a matcher fits, newest first; and how many are retained in all."""
        fits = make_test(matcher)
        found, total, _ = self.get_newer(0, lambda kept: fits(match_input_of_entry(kept)))
        return found, total

    def nearest(self, matcher: Matcher, most: int = 3) -> tuple[list[Near], int]:
        """The entries that do not fit, those first that come nearest (first of all those of the vendor asked for), with
        what is different in each; and how many are retained in all.
        """
        (entries, total, _), compare = self._store.newer(self._sandbox, 0), make_comparison(matcher)
        lack, near = count_missing(matcher), list[tuple[tuple[bool, int], int, Document, list[Difference]]]()
        for id, kept in reversed(entries):
            call, of_another = match_input_of_entry(kept), kept["vendor"] != matcher.get("vendor", kept["vendor"])
            if not kept["evidence"] or (len(near) == most and (of_another, lack(call)) >= near[-1][0]):
                continue
            different = list(compare(call))
            if different:
                near = sorted([*near, ((of_another, len(different)), id, kept, different)], key=itemgetter(0))[:most]
        return [(_with_id(id, kept), different) for _, id, kept, different in near], total

    def remove(self, ids: Iterable[int] | None = None) -> int:
        """Forget entries (None: all); returns how many."""
        return self._store.remove(self._sandbox, None if ids is None else frozenset(ids))
