"""What a query asks of an endpoint, and what was answered: both are remembered for when it is asked again."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from ..data.lru import Bounded
from ..sdk import param_schema, params, querystring
from ..sdk.call import Call, Consulted
from ..sdk.call_warnings import Notice
from ..sdk.contract import Endpoint
from ..sdk.errors import Fact
from ..sdk.http import Reply

REMEMBERED = 1024  # characters of a query that may come again
ANSWERS = 4 * 1024 * 1024  # bytes of answers that may be asked for again

Answer = tuple[Reply, tuple[Notice, ...], dict[str, None], bool]


@dataclass(slots=True, eq=False)
class Question:
    """What a query asks of an endpoint under a choice of readings: the values, what is to be told about it, and what it
    comes to if nobody need be asked; the parameters that were sent and the readings that mattered; how often it was
    answered.
    """

    values: dict[str, object]
    notices: tuple[Notice, ...]
    sent: tuple[str, ...]
    respelled: tuple[str, ...]
    consulted: dict[str, None]
    stopped: Fact | None = None
    times: int = 0


def read(call: Call, endpoint: Endpoint) -> Question:
    """The endpoint's parameters out of the raw query. Raises InvalidParams; warns of the rest."""
    query, readings = call.request.query, tuple(call.choices.items())
    question = (remembered if len(query) <= REMEMBERED else remembered.__wrapped__)(endpoint, query, readings)
    call.notices.extend(question.notices)
    call.sent, call.respelled = question.sent, question.respelled
    call.consulted |= question.consulted
    if question.stopped is not None:
        raise question.stopped.with_traceback(None)
    call.params = dict(question.values)
    return question


@lru_cache(maxsize=1024)
def remembered(endpoint: Endpoint, query: str, readings: tuple[tuple[str, str], ...]) -> Question:
    """A query, read for the first time in a while."""
    consulted: dict[str, None] = {}
    chosen = Consulted(dict(readings), consulted)
    notices: list[Notice] = []
    sent = endpoint.decode(querystring.pairs(query), endpoint.params, chosen)
    names, spelled = param_schema.named(endpoint.params, sent)
    named = tuple(names)
    ignores = lambda complaint: endpoint.ignores(complaint, chosen)  # noqa: E731  # one name, one line
    try:
        values = params.read(endpoint.params, sent, notices.append, repeated=endpoint.repeated, ignores=ignores)
    except Fact as fact:
        return Question({}, tuple(notices), named, (), consulted, fact)
    told = {notice.location for notice in notices}  # of those it is known that the value was not read as it is
    respelled = tuple([name for name in spelled if f"query.{name}" not in told])
    return Question(values, tuple(notices), named, respelled, consulted)


def _weight(key: Any, answer: Answer) -> int:
    """About how many bytes it costs to remember an answer: its body, and the names in the path that it is to."""
    *_, names = key
    return len(answer[0].body) + sum(len(text) for _, text in names) + 1000


class Answers:
    """What endpoints answered to questions that were asked again about the same data."""

    def __init__(self) -> None:
        self._kept: Bounded[Answer] = Bounded(ANSWERS, _weight)

    def to(self, question: Question, call: Call, endpoint: Endpoint) -> Reply:
        """The endpoint's answer. Only what is declared repeatable, and comes for the second time, is kept."""
        question.times += 1
        if not endpoint.repeatable or question.times < 2:
            return endpoint.answer(call)

        def answer() -> Answer:
            before, consulted = len(call.notices), call.consulted
            call.consulted = {}
            try:
                reply = endpoint.answer(call)
            finally:
                added, found = tuple(call.notices[before:]), call.consulted
                call.consulted = {**consulted, **found}
            del call.notices[before:]
            return reply, added, found, call.unordered

        account, names = call.account[call.vendor.account_id], tuple(call.request.path_params.items())
        reply, notices, consulted, call.unordered = self._kept.get(
            (question, call.dataset.mark, account, names), answer
        )
        call.notices.extend(notices)
        call.consulted |= consulted
        return reply
