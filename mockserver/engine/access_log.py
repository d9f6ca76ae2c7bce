"""The access log: one line per call, as text or JSON. It never holds a credential."""

from __future__ import annotations

import json
import logging
import sys
from collections.abc import Callable
from typing import TYPE_CHECKING

from ..sdk import clock
from ..sdk.logtext import escape_text
from .exchange import Exchange

if TYPE_CHECKING:
    from _typeshed import SupportsWrite


log = logging.getLogger("mockserver")


class _JsonFormatter(logging.Formatter):
    """Formats a record as one JSON object per line."""

    def format(self, record: logging.LogRecord) -> str:
        line = {"time": clock.format_instant(clock.from_timestamp(record.created)), "level": record.levelname.lower()}
        line["message"] = record.getMessage()
        if record.exc_info:
            line["trace"] = self.formatException(record.exc_info)
        return json.dumps(line)


class _TextFormatter(logging.Formatter):
    """Formats a record as its time and its message."""

    def format(self, record: logging.LogRecord) -> str:
        text = f"{clock.format_instant(clock.from_timestamp(record.created))} {record.getMessage()}"
        return f"{text}\n{self.formatException(record.exc_info)}" if record.exc_info else text


def configure_logging(log_format: str) -> None:
    """Send the log to standard error, as ``text`` or ``json``."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(_JsonFormatter() if log_format == "json" else _TextFormatter())
    log.handlers[:] = [handler]
    log.setLevel(logging.INFO)
    log.propagate = False


def log_replacement(ending: str, instance: str | None) -> None:
    """Log how a worker ended that is being replaced.

    ``instance`` is the new instance of a worker that had its sandboxes in memory; None when workers share a store.
    """
    if instance is None:
        log.error("%s and is being replaced; nothing is lost, all is in the store", ending)
    else:
        log.error("%s and is being replaced; its sandboxes are lost, instance is now %s", ending, instance)


def make_observer(log_format: str, stream: SupportsWrite[str] | None = None) -> Callable[[Exchange], None]:
    """An observer that writes a line per exchange to a stream (default: standard error).

    It writes without ``logging``, which would build a record per call.
    """
    format_line, write = _format_json if log_format == "json" else _format_text, (stream or sys.stderr).write

    def observe(exchange: Exchange) -> None:
        write(format_line(exchange))

    return observe


def _format_text(exchange: Exchange) -> str:
    """Time, vendor, method, path, status or network fault, duration, sandbox, and the id of ``X-Mock-Call``."""
    reply = exchange.reply
    vendor = exchange.vendor.name if exchange.vendor else "(nobody)"
    strict = ", strict: counted as a failure" if exchange.failed else ""
    warned = f" ({len(exchange.warnings)} warned{strict})" if exchange.warnings else ""
    intended = f" ({reply.status} intended)" if reply.network else ""
    time, path = clock.format_timestamp(exchange.wall), escape_text(exchange.path)
    line = f"{time} {vendor} {escape_text(exchange.request.method)[:20]} {path} {reply.network or reply.status}"
    place = f"{exchange.sandbox or '-'} #{'-' if exchange.id is None else exchange.id}"
    return f"{line} {exchange.ms:.1f}ms {place}{intended}{warned}\n"


def _format_json(exchange: Exchange) -> str:
    fields = {
        "time": clock.format_timestamp(exchange.wall),
        "level": "warning" if exchange.failed else "info",
        "vendor": exchange.vendor.name if exchange.vendor else None,
        "operation": exchange.operation.id if exchange.operation else None,
        "sandbox": exchange.sandbox,
        "call": exchange.id,
        "method": escape_text(exchange.request.method)[:20],
        "path": escape_text(exchange.path),
        "status": exchange.reply.received_status,
        **({"fault": exchange.reply.network, "intended": exchange.reply.status} if exchange.reply.network else {}),
        "ms": round(exchange.ms, 1),
        "rule": exchange.reply.rule,
        "warnings": len(exchange.warnings),
    }
    return json.dumps(fields) + "\n"
