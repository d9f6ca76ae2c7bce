"""Warnings that travel beside a reply: what was unknown, ignored, repeated or out of place."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass

from .similar import did_you_mean, guess_parameter

MAX_HEADER_BYTES = 4096
UNDOCUMENTED_HEADER = "undocumented-header"  # this code fails no strict call: tracing tools add headers


@dataclass(frozen=True, slots=True)
class CallWarning:
    """One warning: where (``query.filter[state]``, ``header.Apikey``), a stable code, a sentence."""

    location: str
    code: str
    message: str


def warn_of_unknown_parameter(name: str, known: Mapping[str, Sequence[str]]) -> CallWarning:
    """The warning of an unknown parameter: a misspelled filter is ignored, and everything comes back."""
    hint = did_you_mean(guess_parameter(name, known)) if known else " The endpoint takes none."
    return CallWarning(
        f"query.{name}", "unknown-parameter", f"{name} is not a parameter of this endpoint and was ignored.{hint}"
    )


def format_header(warnings: Sequence[CallWarning]) -> str:
    """The warnings as an ASCII JSON array of at most MAX_HEADER_BYTES; a last element counts those left out."""
    parts: list[str] = []
    left = MAX_HEADER_BYTES - len(_more(len(warnings))) - len("[,]")
    for warning in warnings:
        text = json.dumps(asdict(warning), separators=(",", ":"))
        left -= len(text) + 1
        if left < 0:
            parts.append(_more(len(warnings) - len(parts)))
            break
        parts.append(text)
    return f"[{','.join(parts)}]"


def _more(count: int) -> str:
    return f'{{"location":"","code":"more","message":"{count} more"}}'
