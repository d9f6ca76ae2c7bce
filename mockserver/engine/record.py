"""Finishes an exchange: basis, headers, journal, observers."""

from __future__ import annotations

from ..sandbox.live_credentials import LIVE_CREDENTIAL
from ..sandbox.store import DEFAULT
from ..sdk import clock
from ..sdk.call_warnings import format_header
from ..sdk.errors import StoreUnavailable
from ..sdk.http import BASIS_HEADER, CALL_ID_HEADER, SANDBOX_HEADER, VERSION_HEADER, WARNINGS_HEADER, Reply
from ..sdk.version import __version__
from . import cors, journal
from .exchange import Exchange
from .redacted_request import MASK, RedactedRequest
from .replies import crash_reply
from .reply_basis import add_basis
from .runtime import Runtime


def record(runtime: Runtime, exchange: Exchange, reply: Reply) -> Reply:
    """The reply as it goes out. It is in the journal, and the observers have seen it, before its first byte."""
    try:
        vendor, call = exchange.vendor, exchange.call
        redacted = runtime.redactor.redact(exchange.request, vendor)
        exchange.path = redacted.path if exchange.fault != LIVE_CREDENTIAL else MASK
        exchange.warnings = tuple(map(redacted.redact_warning, exchange.raised))
        if vendor and call:
            reply = add_basis(runtime.bases[vendor.name], call, reply)
            exchange.caller = runtime.redactor.mark_caller(
                vendor.name, call.request.headers, exchange.sandbox or DEFAULT
            )
        exchange.reply = add_headers(runtime, exchange, reply)
        exchange.ms = (clock.monotonic_time() - exchange.started) * 1000
        append_entry(runtime, exchange, redacted)
        for observe in runtime.observers:
            observe(exchange)
    except Exception:  # whatever it is, a client gets the vendor's 500
        return crash_reply(runtime, exchange)
    return exchange.reply


def add_headers(runtime: Runtime, exchange: Exchange, reply: Reply) -> Reply:
    """The reply with what travels beside its body: quota, CORS and the sandbox's own headers."""
    headers, call, settings = [*reply.headers], exchange.call, runtime.settings
    if call and call.quota:
        headers += call.vendor.quota_headers(call, call.quota)
    if settings.mock_headers:
        if exchange.sandbox is not None:
            headers.append((SANDBOX_HEADER, exchange.sandbox))
        if reply.rule:
            headers.append((BASIS_HEADER, f'{reply.basis}; rule={reply.rule}; because="{reply.because}"'))
        if exchange.warnings:
            headers.append((WARNINGS_HEADER, format_header(exchange.warnings)))
        headers.append((VERSION_HEADER, __version__))
    if settings.cors:
        headers += cors.make_headers(exchange.request, tuple(headers))
    return reply._replace(headers=tuple(headers))


def append_entry(runtime: Runtime, exchange: Exchange, redacted: RedactedRequest) -> None:
    """Write the journal entry, and put its id on the reply.

    A preflight is no call, unless it is refused: the call itself never comes then.
    """
    if exchange.sandbox is None or (
        exchange.vendor and cors.is_allowed_preflight(exchange.request, exchange.reply, exchange.warnings)
    ):
        return
    withheld = exchange.fault == LIVE_CREDENTIAL
    entry, size = journal.make_withheld_entry(exchange) if withheld else journal.make_entry(exchange, redacted)
    try:
        exchange.id = runtime.store.append(exchange.sandbox, entry, size)
    except StoreUnavailable:
        return  # the store itself logs that entries are missing
    if runtime.settings.mock_headers:
        reply = exchange.reply
        exchange.reply = reply._replace(headers=(*reply.headers, (CALL_ID_HEADER, str(exchange.id))))
