"""The life of a call: all of it, in the order in which it happens."""

from __future__ import annotations

from ..sandbox.sandbox import Sandbox
from ..sdk import clock
from ..sdk.call import Call
from ..sdk.errors import ApiError, Problem, StoreUnavailable
from ..sdk.http import Reply, Request
from . import cors
from .commit import commit
from .counting import spend_quota
from .exchange import Exchange
from .gates import authenticate, check_route, read_params
from .outcomes import apply_preference, force_error, match_fault, requested_outcome, spoil
from .record import record
from .replies import crash_reply, problem_reply, render_error, unavailable_reply
from .runtime import Runtime
from .select_sandbox import open_call, select_sandbox


def handle(runtime: Runtime, request: Request) -> Reply:
    """The reply to a request. Every front calls this, with nothing decided before."""
    started, wall = clock.monotonic_time(), runtime.wall_time()
    route = runtime.router.match(request)  # method, path and host: vendor, operation, sandbox of the URL
    exchange = Exchange(
        route.strip(request), route, route.vendor, route.operation, wall, started, clock.from_timestamp(wall)
    )
    try:
        exchange.call = open_call(runtime, exchange)
        sandbox = select_sandbox(runtime, exchange)
        if route.problem:
            raise route.problem
        reply = respond(runtime, sandbox, exchange)
    except Problem as problem:  # the sandbox was misused, or the path is nobody's
        reply = problem_reply(runtime, exchange, problem)
    except StoreUnavailable as error:
        reply = unavailable_reply(runtime, exchange, error)
    except Exception:
        reply = crash_reply(runtime, exchange)
    return record(runtime, exchange, reply)  # before the first byte


def respond(runtime: Runtime, sandbox: Sandbox, exchange: Exchange) -> Reply:
    """The reply that the vendor would give, or the outcome that the request or a fault rule asks for."""
    call = exchange.call
    assert call is not None
    wanted, call.request = requested_outcome(call.request)
    if runtime.settings.cors:
        if cors.is_preflight(call.request):
            return cors.answer_preflight(call, runtime.settings.cors_headers)
        call.warnings += cors.find_undocumented(call.vendor, call.request)
    call.stage = "faults"
    outcome = match_fault(runtime, sandbox, call, wanted)
    exchange.fault, call.forced = outcome.rule or None, outcome.code is not None
    try:
        reply = force_error(runtime, call, outcome) if call.forced else answer(runtime, sandbox, call)
    except ApiError as error:
        reply = render_error(call, error)  # the vendor's words
    if wanted.code is not None:
        reply = apply_preference(reply, wanted)
    return spoil(reply, outcome)  # delay and network fault: carried out by server/


def answer(runtime: Runtime, sandbox: Sandbox, call: Call) -> Reply:
    """The vendor's answer, once all gates are passed. Raises the ApiError of the gate that stops the call."""
    check_route(call)
    call.stage = "authentication"
    authenticate(sandbox, call)
    call.stage = "quota"
    spend_quota(runtime, sandbox, call)
    call.stage = "parameters"
    read_params(call)
    call.stage = "answer"
    return commit(runtime, sandbox, call, runtime.answers.answer(call))
