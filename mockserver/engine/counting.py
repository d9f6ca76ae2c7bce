"""What is counted of a call: fault rules, quota and answers, in one trip to the store."""

from __future__ import annotations

import math
from collections.abc import Sequence
from copy import copy

from ..sandbox.sandbox import Sandbox
from ..sandbox.store.counting import Counter, Spend
from ..sdk import clock
from ..sdk.call import Call
from ..sdk.errors import Throttled
from . import gates
from .answer_cache import read_query
from .runtime import Runtime


def answers_key(call: Call) -> str:
    """Under which name the vendor's answers are counted."""
    return f"answers/{call.vendor.name}"


def count(
    runtime: Runtime, sandbox: Sandbox, call: Call, counters: Sequence[Counter], *, goes_on: bool = True
) -> Sequence[int]:
    """Count these, and what will be counted of the call if none of them ends it; how often each was counted before.

    ``goes_on``: whether the call comes to its gates.
    """
    spend, last = _predict(sandbox, call) if goes_on else (None, None)
    result = runtime.store.count_all(sandbox.name, counters, spend, last)
    call.quota, call.earlier_answers = result.quota, result.last
    return result.earlier


def _predict(sandbox: Sandbox, call: Call) -> tuple[Spend | None, str | None]:
    """What will be counted of a call: the quota that it spends, the name of its answer."""
    if not (sandbox.changes or call.vendor.name in sandbox.quotas):
        return None, None
    trial = copy(call)  # its warnings are raised again when the call itself comes to the gates
    trial.warnings = []
    spend = None
    try:
        gates.check_route(trial)
        gates.authenticate(sandbox, trial)
        spend = gates.find_spend(sandbox, trial)
        if not sandbox.changes:
            return spend, None
        operation = trial.operation
        assert operation is not None
        read_query(trial, operation)
        operation.handler(trial)
    except Exception:  # the call itself comes to it, if nothing ends it before
        return spend, None
    return spend, answers_key(call)


def spend_quota(runtime: Runtime, sandbox: Sandbox, call: Call) -> None:
    """The account has something left of its quota, if the sandbox has one."""
    spend = gates.find_spend(sandbox, call)
    if spend is None:
        return
    if call.quota is None and sandbox.changes:
        count(runtime, sandbox, call, ())
    state = call.quota or runtime.store.spend(sandbox.name, *spend)
    call.quota = state
    if not state.allowed:
        wait = max(1, math.ceil(state.resets_at - spend.now))
        raise Throttled(state.limit, 0, wait, clock.from_timestamp(state.resets_at))
