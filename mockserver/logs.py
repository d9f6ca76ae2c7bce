"""The log of calls: one line a call, as text for people or JSON for machines. No credential is ever in it."""

from __future__ import annotations

import json
import logging
import sys
from collections.abc import Callable

from . import clock
from .serve import Done

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
        path = done.path.encode("unicode_escape").decode("ascii")[:200]
        facts = {
            "vendor": done.vendor.name,
            "operation": done.endpoint.operation if done.endpoint else None,
            "sandbox": done.sandbox,
            "method": done.request.method[:20],
            "path": path,
            "status": done.reply.status,
            "ms": round(done.ms, 1),
            "rule": done.reply.rule,
            "warnings": done.warnings,
        }
        failed = done.strict and done.warnings
        warned = (
            f" ({done.warnings} warned{', strict: counted as a failure' if failed else ''})" if done.warnings else ""
        )
        text = f"{done.vendor.name} {facts['method']} {path} {done.reply.status} {done.ms:.1f}ms{warned}"
        calls.log(logging.WARNING if failed else logging.INFO, "%s", text, extra={"facts": facts})

    return observe
