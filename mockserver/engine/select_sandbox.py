"""Enters the sandbox of a request: selected, found or created, and what holds in it for the call."""

from __future__ import annotations

from collections.abc import Iterable
from functools import partial

from ..sandbox.live_credentials import refuse_live, refuse_live_names
from ..sandbox.readings import check_readings, readings_for
from ..sandbox.sandbox import Sandbox
from ..sandbox.selection import Selection, names_a_sandbox, select
from ..sandbox.setting_values import parse_assignments, parse_switch
from ..sandbox.store import DEFAULT
from ..sdk.call import Call
from ..sdk.contract import Vendor
from ..sdk.errors import Problem, StoreUnavailable
from ..sdk.http import KNOWN_HEADERS, LOWER_READINGS, LOWER_STRICT, READINGS_HEADER, STRICT_HEADER, Request
from .exchange import Exchange
from .replies import warn_of_store
from .runtime import Runtime


def open_call(runtime: Runtime, exchange: Exchange) -> Call | None:
    """The call of an exchange, as it would be in no sandbox yet; None where nobody has the path."""
    route = exchange.route
    if route.vendor is None:
        return None
    return Call(
        route.vendor,
        route.operation,
        exchange.request,
        runtime.start[route.vendor.name],
        route.vendor.default_readings,
        exchange.now,
        methods=route.methods,
        warnings=exchange.raised,
    )


def select_sandbox(runtime: Runtime, exchange: Exchange) -> Sandbox:
    """The sandbox of an exchange, whose time, data, readings and strictness hold from here on.

    Raises Problem when the request names none that can be, StoreUnavailable when it was never seen here.
    """
    call, wall, live_is_refused = exchange.call, exchange.wall, runtime.settings.refuse_live
    vendors = (call.vendor,) if call else runtime.vendors
    exchange.strict = runtime.settings.strict
    seen: dict[str, Sandbox] = {}
    selection = _select(runtime, exchange, vendors, seen)
    sandbox = _get_or_create(runtime, exchange, selection, vendors, seen)
    exchange.sandbox = sandbox.name
    exchange.raised += selection.warnings
    if call:
        call.request, call.sandbox = selection.request, sandbox.name
        sandbox, call.dataset = runtime.sandboxes.with_data(sandbox, call.vendor, wall)
        call.any_credential = sandbox.any_credential
        call.choices = readings_for(call.vendor, sandbox.readings)
        call.now = sandbox.clock.now(wall)
    exchange.now, exchange.strict = sandbox.clock.now(wall) if call is None else call.now, sandbox.strict
    refuse_live(live_is_refused, vendors, selection.request, wall)
    exchange.strict = _is_strict(sandbox, selection.request)
    if call:
        call.strict = exchange.strict
        if requested := _requested_readings(runtime, call.request):
            call.choices = readings_for(call.vendor, sandbox.readings, requested)
        _warn_of_unknown_headers(call)
    return sandbox


def _select(runtime: Runtime, exchange: Exchange, vendors: tuple[Vendor, ...], seen: dict[str, Sandbox]) -> Selection:
    request, wall = exchange.request, exchange.wall
    call = exchange.call
    if not (names_a_sandbox(request, call.vendor) if call else any(names_a_sandbox(request, each) for each in vendors)):
        return Selection(DEFAULT, request)
    refuse_live_names(runtime.settings.refuse_live, vendors, request, wall)
    selections = [select(request, each, partial(_is_known, runtime, each, wall, seen)) for each in vendors]
    return next((each for each in selections if each.name != DEFAULT), selections[0])


def _get_or_create(
    runtime: Runtime, exchange: Exchange, selection: Selection, vendors: Iterable[Vendor], seen: dict[str, Sandbox]
) -> Sandbox:
    """The selected sandbox, as it was last seen here where the store is unavailable."""
    name = selection.name
    try:
        if name != DEFAULT:
            secrets = (vendor.credential.read(selection.request.headers) for vendor in vendors)
            refuse_secret_name(runtime, name, *secrets)
        return seen.get(name) or runtime.sandboxes.get_or_create(name, exchange.wall)
    except StoreUnavailable:
        if exchange.call is None:
            raise
        sandbox = runtime.sandboxes.last_known(name)
        warn_of_store(exchange.call)
        return sandbox


def refuse_secret_name(runtime: Runtime, name: str, *secrets: str | None) -> None:
    """Raises Problem when a sandbox's name would give a secret away: one of these, or of an account."""
    if name != DEFAULT and any(runtime.redactor.contains_secret(name, secret) for secret in (None, *secrets)):
        detail = "The sandbox is named by a credential, and names of sandboxes are no secret; choose another."
        raise Problem("Bad sandbox name", detail, code="bad-sandbox-name")


def _is_known(runtime: Runtime, vendor: Vendor, wall: float, seen: dict[str, Sandbox], secret: str, name: str) -> bool:
    """Whether a credential is good in the sandbox of this name, as it is or would be on first use.

    A sandbox that exists is kept in ``seen``, so that it is read once.
    """
    try:
        sandbox = runtime.sandboxes.get(name, wall)
    except StoreUnavailable:
        sandbox = runtime.sandboxes.last_known(name)
    else:
        if sandbox is not None:
            seen[name] = sandbox
    sandbox = sandbox or runtime.sandboxes.initial(name, wall)
    if sandbox.any_credential:
        return True
    return runtime.sandboxes.dataset(sandbox, vendor).accounts.find_by(vendor.credential.key, secret) is not None


def _requested_readings(runtime: Runtime, request: Request) -> dict[str, str]:
    """The readings that the request asks for. Raises Problem when they make no sense."""
    if LOWER_READINGS not in request.headers:
        return {}
    try:
        requested = parse_assignments(request.headers[LOWER_READINGS])
    except ValueError as error:
        detail = f"{READINGS_HEADER} cannot be read, wanted vendor.reading=choice: {error}."
        raise Problem("Bad readings", detail) from None
    check_readings(requested, runtime.vendors)
    return requested


def _is_strict(sandbox: Sandbox, request: Request) -> bool:
    """Whether a warning makes this call a failure: as the request says, else the sandbox. Raises Problem."""
    requested = request.headers.get(LOWER_STRICT)
    if requested is None:
        return sandbox.strict
    try:
        return parse_switch(requested.strip())
    except ValueError as error:
        detail = f"{STRICT_HEADER} is {requested!r}, wanted {error}."
        raise Problem("Bad strictness", detail, code="bad-strictness") from None


def _warn_of_unknown_headers(call: Call) -> None:
    """A slip in the name of a header of ours would go unseen."""
    for name in call.request.headers:
        if name.startswith("x-mock-") and name not in KNOWN_HEADERS:
            message = f"Unknown header {name} was ignored, wanted one of {', '.join(KNOWN_HEADERS)}."
            call.warn(f"header.{name}", "unknown-header", message)
