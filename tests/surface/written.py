"""surface.yaml: reading it, and writing it anew."""

from __future__ import annotations

import re
import textwrap
from pathlib import Path
from typing import Any

import yaml

FILE = Path(__file__).with_name("surface.yaml")
HEAD = """\
# The public surface. A rename here is one for users, and has a line in the changelog. `python -m tests.surface --write`
# writes it, all but the exit statuses. Outside vendors are found by the entry-point group `mockserver.vendors`.
"""
BY_HAND, WIDE = "exit statuses", 118


def read() -> dict[str, Any]:
    found: dict[str, Any] = yaml.safe_load(FILE.read_text(encoding="utf-8"))
    return found


class Dumper(yaml.SafeDumper):
    """Names side by side; what is longer than a name has a line of its own."""

    def represent_list(self, data: Any) -> yaml.SequenceNode:
        return self.represent_sequence("tag:yaml.org,2002:seq", data, flow_style=not any(" " in item for item in data))


Dumper.add_representer(list, Dumper.represent_list)


def as_text(surface: dict[str, Any]) -> str:
    return HEAD + "".join("\n" + part(name, value) for name, value in surface.items())


def part(name: str, value: Any) -> str:
    text = yaml.dump({name: value}, None, Dumper, sort_keys=False, width=10**6, default_flow_style=False)
    return "".join(f"{line}\n" for long in text.splitlines() for line in wrapped(long))


def wrapped(line: str) -> list[str]:
    """A line of many names as several."""
    names = re.search(r": \[", line)
    if len(line) <= WIDE or not names:
        return [line]
    return textwrap.wrap(
        line,
        WIDE,
        subsequent_indent=" " * (len(line) - len(line.lstrip()) + 2),
        break_long_words=False,
        break_on_hyphens=False,
    )


def write(surface: dict[str, Any]) -> None:
    FILE.write_text(as_text({**surface, BY_HAND: read()[BY_HAND]}), encoding="utf-8")
