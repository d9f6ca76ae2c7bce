"""The Lua scripts of the Redis store, read once from ``scripts/*.lua``, and the pieces that each consists of.

A script runs on the server, alone and whole, and takes one round trip.
"""

from __future__ import annotations

from pathlib import Path

FOLDER = Path(__file__).parent / "scripts"


def _compose(*pieces: str) -> str:
    """Joins the piece that begins every script with these."""
    return "\n".join((SHARED, *map(_read, pieces)))


def _read(piece: str) -> str:
    return (FOLDER / f"{piece}.lua").read_text(encoding="utf-8")


SHARED = _read("shared")

CHECK = _compose("check")
INSTANCE = _compose("instance")
READ = _compose("read")
WRITE = _compose("write")
SANDBOXES = _compose("sandboxes")
DELETE = _compose("delete")
SPEND = _compose("spending", "spend")
COUNT = _compose("counting", "count")
COUNT_ALL = _compose("spending", "counting", "count_all")
GET_COUNT = _compose("get_count")
RESET_COUNTERS = _compose("reset_counters")
APPEND = _compose("append")
NEWER = _compose("newer")
DROPPED = _compose("dropped")
REMOVE = _compose("remove")
