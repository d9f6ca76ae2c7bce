"""Warnings that travel beside a reply: what was unknown, ignored, repeated or out of place."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass

from .similar import did_you_mean, guess_parameter

MAX_HEADER_BYTES = 4096
UNDOCUMENTED_HEADER = "undocumented-header"  # a code that fails no strict call: tracing tools add headers to any


@dataclass(frozen=True, slots=True)
class CallWarning:
    """One warning: where (``query.filter[state]``, ``header.Apikey``), a stable code, a sentence."""

    location: str
    code: str
    message: str


def warn_of_unknown_parameter(name: str, known: Mapping[str, Sequence[str]]) -> CallWarning:
    """The costliest client bug: an unknown filter is ignored, and everything comes back."""
    hint = did_you_mean(guess_parameter(name, known)) if known else " The endpoint takes none."
    return CallWarning(
        f"query.{name}", "unknown-parameter", f"{name} is not a parameter of this endpoint and was ignored.{hint}"
    )


def format_header(warnings: Sequence[CallWarning]) -> str:
    """The notices as an ASCII JSON array within HEADER_LIMIT; what does not fit is counted in a last element."""
    kept: list[str] = []
    left = MAX_HEADER_BYTES - len(_more(len(warnings))) - len("[,]")
    for notice in warnings:
        text = json.dumps(asdict(notice), separators=(",", ":"))
        left -= len(text) + 1
        if left < 0:
            kept.append(_more(len(warnings) - len(kept)))
            break
        kept.append(text)
    return f"[{','.join(kept)}]"


def _more(count: int) -> str:
    return f'{{"location":"","code":"more","message":"{count} more"}}'
