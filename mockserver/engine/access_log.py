"""The log of calls: one line a call, as text for people or JSON for machines. No credential is ever in it."""

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


class _AsJson(logging.Formatter):
    """One JSON object a line."""

    def format(self, record: logging.LogRecord) -> str:
        line = {"time": clock.format_instant(clock.from_timestamp(record.created)), "level": record.levelname.lower()}
        line["message"] = record.getMessage()
        if record.exc_info:
            line["trace"] = self.formatException(record.exc_info)
        return json.dumps(line)


class _AsText(logging.Formatter):
    def format(self, record: logging.LogRecord) -> str:
        text = f"{clock.format_instant(clock.from_timestamp(record.created))} {record.getMessage()}"
        return f"{text}\n{self.formatException(record.exc_info)}" if record.exc_info else text


def configure_logging(form: str) -> None:
    """Send the log to standard error in this form (``text`` or ``json``)."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(_AsJson() if form == "json" else _AsText())
    log.handlers[:] = [handler]
    log.setLevel(logging.INFO)
    log.propagate = False


def replace_stream(ended: str, instance: str | None) -> None:
    """Tell how a worker ended that is being replaced: one with sandboxes of its own, in place of which there is now
    this instance, or (None) one of several that share a store.
    """
    if instance is None:
        log.error("%s and is being replaced; nothing is lost, all is in the store", ended)
    else:
        log.error("%s and is being replaced; its sandboxes are lost, instance is now %s", ended, instance)


def make_observer(form: str, stream: SupportsWrite[str] | None = None) -> Callable[[Exchange], None]:
    """What writes a line for each call that is over, to standard error or to another stream.

    It writes by itself: the standard library's log would make a record of each.
    """
    line, write = _as_json if form == "json" else _as_text, (stream or sys.stderr).write

    def observe(done: Exchange) -> None:
        write(line(done))

    return observe


def _as_text(done: Exchange) -> str:
    """When, who, what, the status or network fault that the client got, how long it took, in which sandbox, the id that
    ``X-Mock-Call`` says.
    """
    reply = done.reply
    who = done.vendor.name if done.vendor else "(nobody)"
    strict = ", strict: counted as a failure" if done.failed else ""
    warned = f" ({len(done.warnings)} warned{strict})" if done.warnings else ""
    intended = f" ({reply.status} intended)" if reply.network else ""
    time, method, path = (
        clock.format_timestamp(done.wall),
        escape_text(done.request.method)[:20],
        escape_text(done.path),
    )
    where = f"{done.sandbox or '-'} #{'-' if done.id is None else done.id}"
    return f"{time} {who} {method} {path} {reply.network or reply.status} {done.ms:.1f}ms {where}{intended}{warned}\n"


def _as_json(done: Exchange) -> str:
    facts = {
        "time": clock.format_timestamp(done.wall),
        "level": "warning" if done.failed else "info",
        "vendor": done.vendor.name if done.vendor else None,
        "operation": done.operation.id if done.operation else None,
        "sandbox": done.sandbox,
        "call": done.id,
        "method": escape_text(done.request.method)[:20],
        "path": escape_text(done.path),
        "status": done.reply.received_status,
        **({"fault": done.reply.network, "intended": done.reply.status} if done.reply.network else {}),
        "ms": round(done.ms, 1),
        "rule": done.reply.rule,
        "warnings": len(done.warnings),
    }
    return json.dumps(facts) + "\n"
