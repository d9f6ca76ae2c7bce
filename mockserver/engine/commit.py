"""Makes the changes that a scenario ties to this answer."""

from __future__ import annotations

from ..sandbox.sandbox import Sandbox
from ..sdk.call import Call
from ..sdk.http import Reply
from .counting import answers_key
from .runtime import Runtime


def commit(runtime: Runtime, sandbox: Sandbox, call: Call, reply: Reply) -> Reply:
    """The answer, with its rule, once what it changes is changed."""
    operation = call.operation
    assert operation is not None
    if sandbox.changes:
        from ..sandbox import scheduled_changes  # with all that edits records, which most servers never need

        earlier = call.earlier_answers
        if earlier is None:
            earlier = runtime.store.count(sandbox.name, answers_key(call))
        scheduled_changes.apply_due_changes(runtime.sandboxes, sandbox, call, reply, earlier + 1, runtime.wall_time())
    return reply._replace(rule=operation.rule)
