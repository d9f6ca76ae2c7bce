"""Turns errors of a scenario into faults of its file, with path and line."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

from ..data.fixture_errors import DataPath, Fault, FileError, InvalidFixture, format_path
from ..data.fixtures import parse_yaml, read_text
from ..sdk.errors import InvalidSetting, Problem

FORMAT = "docs/scenarios.md"  # describes the format
_TURN = re.compile("[,;] wanted |; its choices are |; there (?:is|are) ")


def collect_faults(where: DataPath, do: Callable[[], Any]) -> list[Fault]:
    """The faults at this path, if ``do`` fails with an error of the input."""
    try:
        do()
    except Problem as problem:
        return list_faults(where, problem)
    except InvalidSetting as error:
        found, wanted = split_found_wanted(str(error))
        return [(where, found.removeprefix(f"{where[-1]} is ").removeprefix(f"{where[-1]}: "), wanted)]
    return []


def list_faults(where: DataPath, problem: Problem) -> list[Fault]:
    if problem.validation:
        return [((*where, fault["path"]), fault["found"], fault["wanted"]) for fault in problem.validation]
    found, wanted = split_found_wanted(problem.detail)
    if problem.status == 404:
        wanted = "the id of a record that is there then"
    return [(where, found, "one of " + ", ".join(problem.choices) if problem.choices else wanted)]


def split_found_wanted(sentence: str) -> tuple[str, str]:
    """Splits ``X is 1, wanted 2.`` into what was found and what was wanted."""
    parts = _TURN.split(sentence.removesuffix("."), maxsplit=1)
    return parts[0].removeprefix("found "), parts[1] if parts[1:] else "what the server can do"


def make_error(file: Path, wrong: Iterable[Fault]) -> InvalidFixture:
    """The error with all faults and their lines, in the order of the file."""
    wrong = list(wrong)
    _, line_of = parse_yaml(file, read_text(file))
    lines = line_of([where for where, _, _ in wrong])
    faults = [
        FileError(file, line, format_path(where), found, wanted, FORMAT)
        for line, (where, found, wanted) in zip(lines, wrong, strict=True)
    ]
    return InvalidFixture(sorted(faults, key=lambda fault: fault.line))
