"""Parsed queries and answers, remembered for when the same is asked again.

Invariant: an answer of a cacheable operation depends on nothing but what is in its key.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from ..data.lru import LruCache
from ..sdk import param_reader, params, querystring
from ..sdk.call import Call, TrackedReadings
from ..sdk.call_warnings import CallWarning
from ..sdk.contract import Operation
from ..sdk.errors import ApiError
from ..sdk.http import Reply

MAX_REMEMBERED_CHARS = 1024  # of a query that may come again
MAX_ANSWER_BYTES = 4 * 1024 * 1024
MAX_ASKED = 4096  # keys that are known to have come once
ANSWER_OVERHEAD_BYTES = 1000  # of an answer beside its body and its key

Answer = tuple[Reply, tuple[CallWarning, ...], dict[str, None], bool]


@dataclass(frozen=True, slots=True)
class ParsedQuery:
    """What a query asks of an operation under a choice of readings.

    ``sent`` are the parameters that were sent, ``consulted`` the readings that mattered, ``error`` what refuses it.
    """

    values: dict[str, object]
    warnings: tuple[CallWarning, ...]
    sent: tuple[str, ...]
    respelled: tuple[str, ...]
    consulted: dict[str, None]
    error: ApiError | None = None


def read_query(call: Call, operation: Operation) -> None:
    """Put the parameters of the raw query on the call. Raises InvalidParams; warns of the rest."""
    query, readings = call.request.query, _readings_key(call)
    parse = parse_query if len(query) <= MAX_REMEMBERED_CHARS else parse_query.__wrapped__
    parsed = parse(operation, query, readings)
    call.warnings.extend(parsed.warnings)
    call.sent_params, call.respelled_params = parsed.sent, parsed.respelled
    call.consulted |= parsed.consulted
    if parsed.error is not None:
        raise parsed.error.with_traceback(None)
    call.params = dict(parsed.values)


@lru_cache(maxsize=1024)
def parse_query(operation: Operation, query: str, readings: tuple[tuple[str, str], ...]) -> ParsedQuery:
    """What a query asks of an operation."""
    consulted: dict[str, None] = {}
    choices = TrackedReadings(dict(readings), consulted)
    warnings: list[CallWarning] = []
    sent = operation.respell(querystring.parse_pairs(query), operation.query, choices)
    names, spelled = params.split_known(operation.query, sent)
    tolerates = lambda error: operation.tolerates(error, choices)  # noqa: E731  # one name, one line
    try:
        values = param_reader.read_params(
            operation.query, sent, warnings.append, repeated=operation.repeated, tolerates=tolerates
        )
    except ApiError as error:
        return ParsedQuery({}, tuple(warnings), tuple(names), (), consulted, error)
    warned = {warning.location for warning in warnings}  # their values were not read as they are
    respelled = tuple([name for name in spelled if f"query.{name}" not in warned])
    return ParsedQuery(values, tuple(warnings), tuple(names), respelled, consulted)


def _readings_key(call: Call) -> tuple[tuple[str, str], ...]:
    """The choice of each reading, as a key."""
    return (
        call.vendor.default_readings_key
        if call.choices is call.vendor.default_readings
        else tuple(call.choices.items())
    )


def _weigh(key: Any, answer: Answer) -> int:
    """About how many bytes a remembered answer takes."""
    _, query, *_, path_params = key
    return len(answer[0].body) + len(query) + sum(len(text) for _, text in path_params) + ANSWER_OVERHEAD_BYTES


class AnswerCache:
    """What cacheable operations answered, by everything that an answer depends on."""

    def __init__(self) -> None:
        self._answers: LruCache[Answer] = LruCache(MAX_ANSWER_BYTES, _weigh)
        self._asked: set[int] = set()  # what was asked once, by the hash of its key: only what comes again is kept

    def answer(self, call: Call) -> Reply:
        """The operation's answer to this call, with the warnings that go with it."""
        operation, request = call.operation, call.request
        assert operation is not None
        if not operation.cacheable or len(request.query) > MAX_REMEMBERED_CHARS:
            return operation.handler(call)
        account, readings = call.account[call.vendor.account_id], _readings_key(call)
        key = (operation, request.query, readings, call.dataset.version, account, tuple(request.path_params.items()))
        mark = hash(key)
        if mark not in self._asked:
            if len(self._asked) >= MAX_ASKED:
                self._asked.clear()
            self._asked.add(mark)
            return operation.handler(call)
        reply, warnings, consulted, call.unordered = self._answers.get(key, lambda: _ask(operation, call))
        call.warnings.extend(warnings)
        call.consulted |= consulted
        return reply


def _ask(operation: Operation, call: Call) -> Answer:
    """The handler's answer, and what it added to the call."""
    before, earlier = len(call.warnings), call.consulted
    call.consulted = {}
    try:
        reply = operation.handler(call)
    finally:
        warnings, consulted = tuple(call.warnings[before:]), call.consulted
        call.consulted = {**earlier, **consulted}
    del call.warnings[before:]
    return reply, warnings, consulted, call.unordered
