"""What a query asks of an endpoint, and what was answered: both are remembered for when it is asked again."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from ..data.lru import LruCache
from ..sdk import param_schema, params, querystring
from ..sdk.call import Call, TrackedReadings
from ..sdk.call_warnings import CallWarning
from ..sdk.contract import Operation
from ..sdk.errors import ApiError
from ..sdk.http import Reply

MAX_REMEMBERED_CHARS = 1024  # characters of a query that may come again
MAX_ANSWER_BYTES = 4 * 1024 * 1024  # bytes of answers that may be asked for again

Answer = tuple[Reply, tuple[CallWarning, ...], dict[str, None], bool]


@dataclass(slots=True, eq=False)
class ParsedQuery:
    """What a query asks of an endpoint under a choice of readings: the values, what is to be told about it, and what it
    comes to if nobody need be asked; the parameters that were sent and the readings that mattered; how often it was
    answered.
    """

    values: dict[str, object]
    warnings: tuple[CallWarning, ...]
    sent: tuple[str, ...]
    respelled: tuple[str, ...]
    consulted: dict[str, None]
    error: ApiError | None = None
    times: int = 0


def read_query(call: Call, endpoint: Operation) -> ParsedQuery:
    """The endpoint's parameters out of the raw query. Raises InvalidParams; warns of the rest."""
    query, readings = call.request.query, tuple(call.choices.items())
    question = (parse_query if len(query) <= MAX_REMEMBERED_CHARS else parse_query.__wrapped__)(
        endpoint, query, readings
    )
    call.warnings.extend(question.warnings)
    call.sent_params, call.respelled_params = question.sent, question.respelled
    call.consulted |= question.consulted
    if question.error is not None:
        raise question.error.with_traceback(None)
    call.params = dict(question.values)
    return question


@lru_cache(maxsize=1024)
def parse_query(endpoint: Operation, query: str, readings: tuple[tuple[str, str], ...]) -> ParsedQuery:
    """A query, read for the first time in a while."""
    consulted: dict[str, None] = {}
    chosen = TrackedReadings(dict(readings), consulted)
    notices: list[CallWarning] = []
    sent = endpoint.respell(querystring.parse_pairs(query), endpoint.query, chosen)
    names, spelled = param_schema.split_known(endpoint.query, sent)
    named = tuple(names)
    ignores = lambda complaint: endpoint.tolerates(complaint, chosen)  # noqa: E731  # one name, one line
    try:
        values = params.read_params(endpoint.query, sent, notices.append, repeated=endpoint.repeated, tolerates=ignores)
    except ApiError as fact:
        return ParsedQuery({}, tuple(notices), named, (), consulted, fact)
    told = {notice.location for notice in notices}  # of those it is known that the value was not read as it is
    respelled = tuple([name for name in spelled if f"query.{name}" not in told])
    return ParsedQuery(values, tuple(notices), named, respelled, consulted)


def _weight(key: Any, answer: Answer) -> int:
    """About how many bytes it costs to remember an answer: its body, and the names in the path that it is to."""
    *_, names = key
    return len(answer[0].body) + sum(len(text) for _, text in names) + 1000


class AnswerCache:
    """What endpoints answered to questions that were asked again about the same data."""

    def __init__(self) -> None:
        self._kept: LruCache[Answer] = LruCache(MAX_ANSWER_BYTES, _weight)

    def answer(self, question: ParsedQuery, call: Call, endpoint: Operation) -> Reply:
        """The endpoint's answer. Only what is declared repeatable, and comes for the second time, is kept."""
        question.times += 1
        if not endpoint.cacheable or question.times < 2:
            return endpoint.handler(call)

        def answer() -> Answer:
            before, consulted = len(call.warnings), call.consulted
            call.consulted = {}
            try:
                reply = endpoint.handler(call)
            finally:
                added, found = tuple(call.warnings[before:]), call.consulted
                call.consulted = {**consulted, **found}
            del call.warnings[before:]
            return reply, added, found, call.unordered

        account, names = call.account[call.vendor.account_id], tuple(call.request.path_params.items())
        reply, notices, consulted, call.unordered = self._kept.get(
            (question, call.dataset.version, account, names), answer
        )
        call.warnings.extend(notices)
        call.consulted |= consulted
        return reply
