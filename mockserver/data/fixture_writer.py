"""Writes a dataset as a fixture file."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any, TextIO

from ..sdk.clock import format_instant
from ..sdk.jsontext import encode


def write(
    out: TextIO,
    head: Mapping[str, Any],
    accounts: Iterable[Mapping[str, Any]],
    records: Iterable[Mapping[str, Any]],
    *,
    lines: bool,
    comment: str = "",
) -> None:
    """Writes a fixture file, record by record: JSON Lines if ``lines``, else YAML."""
    if lines:
        out.write(encode({**head, "accounts": list(accounts)}).decode() + "\n")
        for record in records:
            out.write(encode(record).decode() + "\n")
        return
    for line in comment.splitlines():
        out.write(f"# {line}\n")
    from . import yaml_text

    out.write(yaml_text.dump(dict(head)))
    for name, rows in (("accounts", accounts), ("records", records)):
        empty = True
        for row in rows:
            out.write(f"{name}:\n" if empty else "")
            out.write(yaml_text.dump([row]))
            empty = False
        if empty:
            out.write(f"{name}: []\n")


def build_head(vendor: str, dataset: str, anchor: datetime) -> dict[str, Any]:
    """The first keys of a fixture file."""
    return {"vendor": vendor, "dataset": dataset, "anchor": format_instant(anchor)}
