"""Fixture files: read, checked whole, told by file, line and path when they are wrong, and written.

A ``.yaml`` file is one map with ``vendor``, ``dataset``, ``anchor``, ``accounts`` and ``records``. A ``.jsonl`` file
(beyond 10,000 records) has the same map without ``records`` on its first line and one record on each further line.
Ids are there once; a record whose schema has ``_copy`` may repeat one on purpose, as a document's example does.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator
from itertools import chain
from pathlib import Path
from typing import Any

from ..sdk.jsontext import decode, is_encodable
from . import files
from .files import UnfitFile, read_lines
from .fixture_check import Collect, FixtureContent, FixtureSchema, check_fixture
from .fixture_errors import (
    DataPath,
    FaultList,
    FileError,
    InvalidFixture,
    describe_value,
    format_path,
    summarise_others,
)
from .fixture_writer import UNREADABLE_ROW

MAX_YAML_RECORDS = 10_000


def read(path: Path, shape: FixtureSchema, collect: Collect = list) -> FixtureContent:
    """The content of one fixture file. Raises BrokenFixture with all of its faults.

    ``collect`` is handed the typed records one by one, and what it makes of them is thrown away if there are faults:
    100,000 records never stand side by side as maps, which would take several times the memory of what is served.
    """
    broken = FaultList[FileError]()
    if path.suffix != ".jsonl":
        return _check(path, shape, *parse_yaml(path, read_text(path)), broken, collect)
    try:
        return _check(path, shape, _parse_lines(path, read_lines(path), broken), _line_of, broken, collect)
    except UnfitFile as error:
        raise InvalidFixture([FileError(path, 1, "", error.found, error.wanted)]) from None


def read_text(path: Path) -> str:
    """The text of a file that is read whole. Raises BrokenFixture."""
    try:
        return files.read_text(path)
    except UnfitFile as error:
        raise InvalidFixture([FileError(path, 1, "", error.found, error.wanted)]) from None


def _check(
    path: Path, shape: FixtureSchema, raw: Any, line_of: LineOf, broken: FaultList[FileError], collect: Collect
) -> FixtureContent:
    content, faults = check_fixture(raw, shape, collect)
    if content is not None and content.dataset != path.stem:
        faults.append((("dataset",), describe_value(content.dataset), f"{path.stem}, as the file is named"))
    if content is None or faults or broken:
        lines = line_of([where for where, _, _ in faults])
        told = [
            FileError(path, line, format_path(where), shape.describe(where, found), wanted)
            for line, (where, found, wanted) in zip(lines, faults, strict=True)
        ]
        untold = broken.unlisted + faults.unlisted
        told = sorted([*broken, *told], key=lambda fault: fault.line)
        raise InvalidFixture([*told, summarise_others(path, untold)] if untold else told)
    return content


LineOf = Callable[[list[DataPath]], list[int]]


def parse_yaml(path: Path, text: str) -> tuple[Any, LineOf]:
    """What a YAML file holds, and what finds the lines of paths in it. Raises BrokenFixture.

    YAML is imported here: a start whose datasets are all remembered needs none of it.
    """
    import yaml

    from . import yaml_text

    try:
        return yaml_text.load(text), lambda paths: yaml_text.find_lines(text, paths)
    except yaml.YAMLError as error:
        line, found, wanted = yaml_text.explain(error, text)
        raise InvalidFixture([FileError(path, line, "", found, wanted)]) from None
    except (ValueError, RecursionError) as error:
        raise InvalidFixture([FileError(path, 1, "", f"YAML that cannot be read ({error})", "YAML")]) from None


def _parse_lines(path: Path, lines: Iterator[str], broken: FaultList[FileError]) -> Any:
    """What a JSON Lines file holds: its records are read, and those that cannot be are told, as they are asked for."""

    def parsed() -> Iterator[Any]:
        for number, line in enumerate(chain([next(lines, "")], lines), 1):
            try:
                row = decode(line.removesuffix("\n").encode(), unique=True)
                if "\\u" in line and not is_encodable(row):
                    raise ValueError("half a character, like \\ud800")
                yield row
            except (ValueError, RecursionError) as error:
                broken.append(FileError(path, number, "", f"broken JSON ({error})", "one JSON object a line"))
                yield UNREADABLE_ROW

    rows = parsed()
    first = next(rows)
    if isinstance(first, dict):
        return {**first, "records": rows}
    deque(rows, 0)  # so that what is broken further on is told, too
    if first is UNREADABLE_ROW:
        raise InvalidFixture(broken)
    return first


def _line_of(paths: list[DataPath]) -> list[int]:
    """The lines of a JSON Lines file at which these paths stand."""
    return [int(where[1]) + 2 if len(where) > 1 and where[0] == "records" else 1 for where in paths]
