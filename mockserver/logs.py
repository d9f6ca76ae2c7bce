"""The log of calls: one line a call, as text for people or JSON for machines. No credential is ever in it."""

from __future__ import annotations

import json
import logging
import sys
from collections.abc import Callable

from . import clock
from .journal import Done
from .toolkit.logtext import escaped

calls = logging.getLogger("mockserver.calls")


class _AsJson(logging.Formatter):
    """One JSON object a line; a call's own facts where there are some."""

    def format(self, record: logging.LogRecord) -> str:
        line = {"time": clock.format_instant(clock.at(record.created)), "level": record.levelname.lower()}
        facts = getattr(record, "facts", None)
        line |= facts if facts else {"message": record.getMessage()}
        if record.exc_info:
            line["trace"] = self.formatException(record.exc_info)
        return json.dumps(line)


class _AsText(logging.Formatter):
    def format(self, record: logging.LogRecord) -> str:
        text = f"{clock.format_instant(clock.at(record.created))} {record.getMessage()}"
        return f"{text}\n{self.formatException(record.exc_info)}" if record.exc_info else text


def configure(form: str) -> None:
    """Send the log to standard error in this form (``text`` or ``json``)."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(_AsJson() if form == "json" else _AsText())
    root = logging.getLogger("mockserver")
    root.handlers[:] = [handler]
    root.setLevel(logging.INFO)
    root.propagate = False


def observer() -> Callable[[Done], None]:
    """What tells the log of each call that is over."""

    def observe(done: Done) -> None:
        path = escaped(done.path)
        facts = {
            "vendor": done.vendor.name if done.vendor else None,
            "operation": done.endpoint.operation if done.endpoint else None,
            "sandbox": done.sandbox,
            "method": done.request.method[:20],
            "path": path,
            "status": done.reply.status,
            "ms": round(done.ms, 1),
            "rule": done.reply.rule,
            "warnings": len(done.notices),
        }
        who = done.vendor.name if done.vendor else "(nobody)"
        strict = ", strict: counted as a failure" if done.failed else ""
        warned = f" ({len(done.notices)} warned{strict})" if done.notices else ""
        text = f"{who} {facts['method']} {path} {done.reply.status} {done.ms:.1f}ms{warned}"
        calls.log(logging.WARNING if done.failed else logging.INFO, "%s", text, extra={"facts": facts})

    return observe
