"""Reads fixture files and checks them whole; faults name file, line and path.

A ``.yaml`` file is one map with ``vendor``, ``dataset``, ``anchor``, ``accounts`` and ``records``. A ``.jsonl`` file
(beyond 10,000 records) has the same map without ``records`` on its first line and one record on each further line.
Ids are unique; a record whose schema has ``_copy`` may repeat one on purpose, as a document's example does.
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
from .fixture_check import UNREADABLE_ROW, Collect, FixtureContent, FixtureSchema, check_fixture
from .fixture_errors import (
    DataPath,
    FaultList,
    FileError,
    InvalidFixture,
    describe_value,
    format_path,
    summarise_others,
)

MAX_YAML_RECORDS = 10_000


def read(path: Path, schema: FixtureSchema, collect: Collect = list) -> FixtureContent:
    """The content of one fixture file. Raises InvalidFixture with all of its faults.

    ``collect`` gets the typed records one by one; its result is dropped if there are faults. So the records of a large
    file are never all maps at once, which would take several times the memory of what is served.
    """
    broken = FaultList[FileError]()
    if path.suffix != ".jsonl":
        return _check(path, schema, *parse_yaml(path, read_text(path)), broken, collect)
    try:
        return _check(path, schema, _parse_lines(path, read_lines(path), broken), _line_of, broken, collect)
    except UnfitFile as error:
        raise InvalidFixture([FileError(path, 1, "", error.found, error.wanted)]) from None


def read_text(path: Path) -> str:
    """The text of a file that is read whole. Raises InvalidFixture."""
    try:
        return files.read_text(path)
    except UnfitFile as error:
        raise InvalidFixture([FileError(path, 1, "", error.found, error.wanted)]) from None


def _check(
    path: Path, schema: FixtureSchema, raw: Any, line_of: LineOf, broken: FaultList[FileError], collect: Collect
) -> FixtureContent:
    content, faults = check_fixture(raw, schema, collect)
    if content is not None and content.dataset != path.stem:
        faults.append((("dataset",), describe_value(content.dataset), f"{path.stem}, as the file is named"))
    if content is None or faults or broken:
        lines = line_of([where for where, _, _ in faults])
        listed = [
            FileError(path, line, format_path(where), schema.describe(where, found), wanted)
            for line, (where, found, wanted) in zip(lines, faults, strict=True)
        ]
        unlisted = broken.unlisted + faults.unlisted
        listed = sorted([*broken, *listed], key=lambda fault: fault.line)
        raise InvalidFixture([*listed, summarise_others(path, unlisted)] if unlisted else listed)
    return content


LineOf = Callable[[list[DataPath]], list[int]]


def parse_yaml(path: Path, text: str) -> tuple[Any, LineOf]:
    """The value of a YAML file, and a function that finds the lines of paths in it. Raises InvalidFixture."""
    import yaml  # a start whose datasets are all cached needs none of it

    from . import yaml_text

    try:
        return yaml_text.load(text), lambda paths: yaml_text.find_lines(text, paths)
    except yaml.YAMLError as error:
        line, found, wanted = yaml_text.explain(error, text)
        raise InvalidFixture([FileError(path, line, "", found, wanted)]) from None
    except (ValueError, RecursionError) as error:
        raise InvalidFixture([FileError(path, 1, "", f"YAML that cannot be read ({error})", "YAML")]) from None


def _parse_lines(path: Path, lines: Iterator[str], broken: FaultList[FileError]) -> Any:
    """The value of a JSON Lines file; records are read, and their faults listed, as they are consumed."""

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
    deque(rows, 0)  # to list the faults of later lines, too
    if first is UNREADABLE_ROW:
        raise InvalidFixture(broken)
    return first


def _line_of(paths: list[DataPath]) -> list[int]:
    """The lines of these paths in a JSON Lines file."""
    return [int(where[1]) + 2 if len(where) > 1 and where[0] == "records" else 1 for where in paths]
