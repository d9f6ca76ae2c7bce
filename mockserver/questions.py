"""What a query asks of an endpoint, and what was answered: both are remembered for when it is asked again."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from .errors import Complaint, InvalidParams
from .toolkit import params, querystring
from .toolkit.bounded import Bounded
from .toolkit.notices import Notice
from .vendor import Call, Endpoint, Reply

REMEMBERED = 1024  # characters of a query that may come again
ANSWERS = 4 * 1024 * 1024  # bytes of answers that may be asked for again

Answer = tuple[Reply, tuple[Notice, ...]]


@dataclass(slots=True, eq=False)
class Question:
    """What a query asks of an endpoint under a choice of readings: the values, what is to be told about it, and what is
    wrong with it; and how often it was answered.
    """

    values: dict[str, object]
    notices: tuple[Notice, ...]
    refused: tuple[Complaint, ...] = ()
    times: int = 0


def read(call: Call, endpoint: Endpoint) -> Question:
    """The endpoint's parameters out of the raw query. Raises InvalidParams; warns of the rest."""
    query, readings = call.request.query, tuple(call.readings.items())
    question = (remembered if len(query) <= REMEMBERED else remembered.__wrapped__)(endpoint, query, readings)
    call.notices.extend(question.notices)
    if question.refused:
        raise InvalidParams(question.refused)
    call.params = dict(question.values)
    return question


@lru_cache(maxsize=1024)  # to read the same query again takes 1 µs, to read another one 15
def remembered(endpoint: Endpoint, query: str, readings: tuple[tuple[str, str], ...]) -> Question:
    """A query, read for the first time in a while."""
    chosen = dict(readings)
    notices: list[Notice] = []
    sent = endpoint.decode(querystring.pairs(query), endpoint.params, chosen)
    ignores = lambda complaint: endpoint.ignores(complaint, chosen)  # noqa: E731  # one name, one line
    try:
        values = params.read(endpoint.params, sent, notices.append, repeated=endpoint.repeated, ignores=ignores)
    except InvalidParams as invalid:
        return Question({}, tuple(notices), invalid.complaints)
    return Question(values, tuple(notices))


def _weight(key: Any, answer: Answer) -> int:
    """About how many bytes it costs to remember an answer: its body, and the names in the path that it is to."""
    *_, names = key
    return len(answer[0].body) + sum(len(text) for _, text in names) + 1000


class Answers:
    """What endpoints answered to questions that were asked again about the same data."""

    def __init__(self) -> None:
        self._kept: Bounded[Answer] = Bounded(ANSWERS, _weight)

    def to(self, question: Question, call: Call, endpoint: Endpoint) -> Reply:
        """The endpoint's answer: to find it takes 2 µs, to answer 15 and more. Only what is declared repeatable, and
        comes for the second time, is kept.
        """
        question.times += 1
        if not endpoint.repeatable or question.times < 2:
            return endpoint.answer(call)

        def answer() -> Answer:
            before = len(call.notices)
            reply = endpoint.answer(call)
            added = tuple(call.notices[before:])
            del call.notices[before:]
            return reply, added

        account, names = call.account[call.vendor.account_id], tuple(call.request.path_params.items())
        reply, notices = self._kept.get((question, call.dataset.mark, account, names), answer)
        call.notices.extend(notices)
        return reply
