"""Fixture files: read, checked whole, told by file, line and path when they are wrong, and written.

A ``.yaml`` file is one map with ``vendor``, ``dataset``, ``anchor``, ``accounts`` and ``records``. A ``.jsonl`` file
(beyond 10,000 records) has the same map without ``records`` on its first line and one record on each further line.
Ids are there once; a record whose schema has ``_copy`` may repeat one on purpose, as a document's example does.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Container, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from pathlib import Path
from typing import Any, TextIO

import yaml
from marshmallow import ValidationError

from ..clock import format_instant, parse_instant
from ..toolkit.fields import Listed, Nested, RecordSchema
from ..toolkit.jsontext import decode, encode
from ..toolkit.notices import closest
from . import yamltext

YAML_LIMIT = 10_000

Path_ = tuple[str | int, ...]
Wrong = tuple[Path_, str, str]  # where, what was found there, what was wanted


@dataclass(frozen=True, slots=True)
class Shape:
    """What a vendor's fixtures must look like: schemas, the id field of each, and the account field with the secret."""

    vendor: str
    account: RecordSchema
    account_id: str
    key: str
    record: RecordSchema
    record_id: str


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing wrong with a file; as text it is one line. ``see`` is where such files are described."""

    file: Path
    line: int
    path: str
    found: str
    wanted: str
    see: str = field(default="", compare=False)

    def __str__(self) -> str:
        where = f"{self.file}:{self.line}: "
        return f"{where}{self.path + ': ' if self.path else ''}found {self.found}, wanted {self.wanted}"


class BrokenFixture(Exception):
    """One or more files cannot be used; ``faults`` holds everything found."""

    def __init__(self, faults: Iterable[Fault]) -> None:
        self.faults = tuple(faults)
        super().__init__("\n".join(map(str, self.faults)))


@dataclass
class Content:
    """What a fixture file holds, checked and typed."""

    vendor: str
    dataset: str
    anchor: datetime
    accounts: list[dict[str, Any]] = field(default_factory=list)
    records: list[dict[str, Any]] = field(default_factory=list)


def read(path: Path, shape: Shape) -> Content:
    """The content of one fixture file. Raises BrokenFixture with all of its faults."""
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise BrokenFixture([Fault(path, 1, "", f"a file that cannot be read ({error})", "UTF-8 text")]) from None
    raw, line_of, broken = _parse_lines(path, text) if path.suffix == ".jsonl" else (*parse_yaml(path, text), [])
    content, faults = check(raw, shape)
    if content is not None and content.dataset != path.stem:
        faults = [(("dataset",), shown(content.dataset), f"{path.stem}, as the file is named")]
    if content is None or faults or broken:
        lines = line_of([where for where, _, _ in faults])
        told = [
            Fault(path, line, written(where), found, wanted)
            for line, (where, found, wanted) in zip(lines, faults, strict=True)
        ]
        raise BrokenFixture(sorted([*broken, *told], key=lambda fault: fault.line))
    return content


def check(raw: Any, shape: Shape) -> tuple[Content | None, list[Wrong]]:
    """The typed content of a parsed file and its faults as (path, found, wanted)."""
    if not isinstance(raw, dict):
        return None, [((), shown(raw), "a map with vendor, dataset, anchor, accounts and records")]
    faults: list[Wrong] = []
    wanted_keys = ("vendor", "dataset", "anchor", "accounts", "records")
    for name in raw:
        if name not in wanted_keys:
            faults.append(((name,), f"the unknown key {name}", "one of " + ", ".join(wanted_keys)))
    for name in wanted_keys:
        if name not in raw:
            faults.append(((), f"no {name}", f"the key {name}"))
    if raw.get("vendor", shape.vendor) != shape.vendor:
        faults.append((("vendor",), shown(raw["vendor"]), shape.vendor))
    if not isinstance(raw.get("dataset", ""), str):
        faults.append((("dataset",), shown(raw["dataset"]), "the dataset's name"))
    anchor = None
    try:
        anchor = parse_instant(raw.get("anchor", ""))
    except (ValueError, TypeError):
        if "anchor" in raw:
            faults.append((("anchor",), shown(raw["anchor"]), "a time like 2026-07-15T09:00:00Z"))
    accounts, wrong = check_accounts(raw["accounts"], shape) if "accounts" in raw else ([], [])
    faults += wrong
    records = _rows(raw.get("records", []), "records", shape.record, faults)
    # What holds between rows is checked on the rows as they stand, so that a faulty row hides no further fault.
    standing = _maps(raw.get("records"))
    originals = [(index, record) for index, record in standing if not record.get("_copy")]
    _unique(originals, "records", (shape.record_id,), faults)
    known = [account.get(shape.account_id) for _, account in _maps(raw.get("accounts"))]
    for index, record in standing:
        faults += _stray(("records", index, "_owner"), record, shape, known)
    if faults or anchor is None:
        return None, faults
    return Content(shape.vendor, raw["dataset"], anchor, accounts, records), faults


def check_accounts(raw: Any, shape: Shape) -> tuple[list[dict[str, Any]], list[Wrong]]:
    """The typed accounts of a dataset, and what is wrong with them."""
    faults: list[Wrong] = []
    accounts, standing = _rows(raw, "accounts", shape.account, faults), _maps(raw)
    _unique(standing, "accounts", (shape.account_id, shape.key), faults)
    if raw == []:
        faults.append((("accounts",), "no account", "at least one account"))
    if standing and standing[0][0] == 0 and standing[0][1].get(shape.key) is None:
        faults.append((("accounts", 0), f"no {shape.key}", f"a {shape.key}: the first account is the example account"))
    return accounts, faults


def check_record(raw: Any, shape: Shape, owners: Container[Any]) -> tuple[dict[str, Any], list[Wrong]]:
    """One typed record, and what is wrong with it beside others; it may belong to these owners."""
    try:
        record = shape.record.read(raw)
    except ValidationError as error:
        return {}, list(_flat((), error.messages, raw, shape.record))
    return record, _stray(("_owner",), record, shape, owners)


def write(
    out: TextIO,
    head: Mapping[str, Any],
    accounts: Iterable[Mapping[str, Any]],
    records: Iterable[Mapping[str, Any]],
    *,
    lines: bool,
    comment: str = "",
) -> None:
    """Write a fixture file, record by record: JSON Lines if ``lines``, else YAML."""
    if lines:
        out.write(encode({**head, "accounts": list(accounts)}).decode() + "\n")
        for record in records:
            out.write(encode(record).decode() + "\n")
        return
    for line in comment.splitlines():
        out.write(f"# {line}\n")
    out.write(yamltext.dump(dict(head)))
    for name, rows in (("accounts", accounts), ("records", records)):
        empty = True
        for row in rows:
            out.write(f"{name}:\n" if empty else "")
            out.write(yamltext.dump([row]))
            empty = False
        if empty:
            out.write(f"{name}: []\n")


def head(vendor: str, dataset: str, anchor: datetime) -> dict[str, Any]:
    """The first keys of a fixture file."""
    return {"vendor": vendor, "dataset": dataset, "anchor": format_instant(anchor)}


_BROKEN = object()  # stands where a line could not be read: it has been told already
LineOf = Callable[[list[Path_]], list[int]]


def parse_yaml(path: Path, text: str) -> tuple[Any, LineOf]:
    """What a YAML file holds, and what finds the lines of paths in it. Raises BrokenFixture."""
    try:
        return yamltext.load(text), lambda paths: yamltext.lines(text, paths)
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None) or getattr(error, "context_mark", None)
        problem = getattr(error, "problem", None) or str(error)
        raise BrokenFixture(
            [Fault(path, mark.line + 1 if mark else 1, "", f"broken YAML ({problem})", "YAML")]
        ) from None
    except (ValueError, RecursionError) as error:
        raise BrokenFixture([Fault(path, 1, "", f"YAML that cannot be read ({error})", "YAML")]) from None


def _parse_lines(path: Path, text: str) -> tuple[Any, LineOf, list[Fault]]:
    rows: list[Any] = []
    faults = []
    for number, line in enumerate(text.removesuffix("\n").split("\n"), 1):  # splitlines() would also cut at U+2028
        try:
            rows.append(decode(line.encode()))
        except (ValueError, RecursionError) as error:
            rows.append(_BROKEN)
            faults.append(Fault(path, number, "", f"broken JSON ({error})", "one JSON object a line"))
    if rows[0] is _BROKEN:
        raise BrokenFixture(faults)
    first = rows[0]
    raw = {**first, "records": rows[1:]} if isinstance(first, dict) else first

    def line_of(paths: list[Path_]) -> list[int]:
        return [int(where[1]) + 2 if len(where) > 1 and where[0] == "records" else 1 for where in paths]

    return raw, line_of, faults


def _rows(rows: Any, name: str, schema: RecordSchema, faults: list[Wrong]) -> list[dict[str, Any]]:
    if not isinstance(rows, list):
        faults.append(((name,), shown(rows), f"a list of {name}"))
        return []
    good = []
    for index, row in enumerate(rows):
        if row is _BROKEN:
            continue
        try:
            good.append(schema.read(row))
        except ValidationError as error:
            faults.extend(_flat((name, index), error.messages, row, schema))
    return good


def _maps(rows: Any) -> list[tuple[int, dict[str, Any]]]:
    return [(index, row) for index, row in enumerate(rows) if isinstance(row, dict)] if isinstance(rows, list) else []


def _stray(where: Path_, record: Mapping[str, Any], shape: Shape, owners: Container[Any]) -> list[Wrong]:
    if not isinstance(record.get("_owner"), str) or record["_owner"] in owners:
        return []
    return [(where, shown(record["_owner"]), f"the {shape.account_id} of one of the accounts")]


def _unique(rows: list[tuple[int, dict[str, Any]]], name: str, fields: tuple[str, ...], faults: list[Wrong]) -> None:
    for key in fields:
        seen: dict[Any, int] = {}
        for index, row in rows:
            value = row.get(key)
            if isinstance(value, int | str) and seen.setdefault(value, index) != index:
                wanted = f"another {key} than {name}[{seen[value]}]"
                faults.append(((name, index, key), f"{shown(value)} again", wanted))


def _flat(where: Path_, messages: Any, value: Any, schema: RecordSchema) -> Iterator[Wrong]:
    if isinstance(messages, dict):
        for step, inner in messages.items():
            if step == "_schema":
                yield from _flat(where, inner, value, schema)
                continue
            below = value[step] if _has(value, step) else _MISSING
            yield from _flat((*where, step), inner, below, _inside(schema, step))
        return
    wanted = str(messages[0])
    if value is _MISSING:
        yield where[:-1], f"no {where[-1]}", f"{where[-1]}: {wanted}"
    elif wanted == RecordSchema.error_messages["unknown"]:
        match = closest(str(where[-1]), schema.by_wire_name)
        wanted = f"{match}?" if match else "one of " + ", ".join(schema.by_wire_name)
        yield where, f"the unknown field {where[-1]}", wanted
    else:
        yield where, shown(value), wanted


_MISSING = object()


def _inside(schema: RecordSchema, step: Any) -> RecordSchema:
    """The schema of what a field holds, if that is a map or a list of maps; of any other field the same schema."""
    field = schema.by_wire_name.get(step)
    field = field.item if isinstance(field, Listed) else field
    return field.inner if isinstance(field, Nested) else schema


def _has(value: Any, step: Any) -> bool:
    return (
        step in value
        if isinstance(value, dict)
        else isinstance(value, list) and isinstance(step, int) and step < len(value)
    )


def shown(value: Any) -> str:
    if value is None:
        return "nothing"
    try:
        text = str(value) if isinstance(value, Decimal) else json.dumps(value, ensure_ascii=False, default=str)
    except (TypeError, ValueError, RecursionError):  # keys that JSON has not, a list that holds itself
        text = str(value)
    return text if len(text) <= 60 else text[:57] + "..."


def written(where: Path_) -> str:
    """A path as people write it: ``accounts[2].name``."""
    return "".join(f"[{step}]" if isinstance(step, int) else f".{step}" for step in where).removeprefix(".")
