"""Fixture files: read, checked whole, told by file, line and path when they are wrong, and written.

A ``.yaml`` file is one map with ``vendor``, ``dataset``, ``anchor``, ``accounts`` and ``records``. A ``.jsonl`` file
(beyond 10,000 records) has the same map without ``records`` on its first line and one record on each further line.
Ids are there once; a record whose schema has ``_copy`` may repeat one on purpose, as a document's example does.
"""

from __future__ import annotations

import json
from collections import deque
from collections.abc import Callable, Container, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from itertools import chain, takewhile
from pathlib import Path
from typing import Any, TextIO, TypeVar

from marshmallow import ValidationError

from ..clock import EARLIEST, LATEST, format_instant, parse_instant, within
from ..toolkit import files
from ..toolkit.credentials import more
from ..toolkit.fields import Listed, Nested, RecordSchema
from ..toolkit.files import UnfitFile, read_lines
from ..toolkit.jsontext import decode, encode, is_text
from ..toolkit.likeness import closest
from ..toolkit.logtext import printable

YAML_LIMIT = 10_000
MOST_FAULTS = 100  # of accounts, behind which no further one is looked at
MOST_TOLD = 100  # things wrong with a file that are told one by one
GUESSED = 20  # unknown fields of a record for which the one that was meant is looked for: it takes long
T = TypeVar("T")

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

    def told(self, where: Path_, found: str) -> str:
        """What was found, unless it stands where a secret belongs."""
        return "something that is not shown" if {self.key, more(self.key)}.intersection(where) else found


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing wrong with a file; as text it is one line. ``see`` is where such files are described."""

    file: Path
    line: int
    path: str
    found: str
    wanted: str
    see: str = field(default="", compare=False)
    others: int = 0  # if it only says that there are so many more

    @property
    def number(self) -> int:
        """For how many it stands."""
        return self.others or 1

    def __str__(self) -> str:
        if self.others:
            return f"{self.file}: {self.found}"
        where = f"{self.file}:{self.line}: {self.path + ': ' if self.path else ''}"
        return printable(f"{where}found {self.found}, wanted {self.wanted}").replace("\n", "\\n")


def bounded(faults: Iterable[Fault]) -> list[Fault]:
    """The first hundred faults, and one that says how many more there are."""
    faults = list(faults)
    told = [fault for fault in faults if not fault.others][:MOST_TOLD]
    others = sum(fault.number for fault in faults) - len(told)
    return [*told, _others(faults[-1].file, others)] if others else told


def _others(file: Path, number: int) -> Fault:
    return Fault(file, 1, "", f"{number:,} more", "no fault", others=number)


class Complaints(list[T]):
    """What is wrong with a file, in the order in which it is found: of more than a hundred only the number is kept."""

    untold = 0

    def append(self, complaint: T) -> None:
        if len(self) < MOST_TOLD:
            super().append(complaint)
        else:
            self.untold += 1

    def extend(self, complaints: Iterable[T]) -> None:
        for complaint in complaints:
            self.append(complaint)


class BrokenFixture(Exception):
    """One or more files cannot be used; ``faults`` holds what was found, as far as it is told one by one."""

    def __init__(self, faults: Iterable[Fault]) -> None:
        self.faults = tuple(bounded(faults))
        super().__init__("\n".join(map(str, self.faults)))

    @property
    def number(self) -> int:
        """How many faults there are."""
        return sum(fault.number for fault in self.faults)


Row = dict[str, Any]
Collect = Callable[[Iterator[Row]], Any]


@dataclass
class Content:
    """What a fixture file holds, checked and typed; ``records`` is what was made of the rows as they came."""

    vendor: str
    dataset: str
    anchor: datetime
    accounts: list[Row] = field(default_factory=list)
    records: Any = field(default_factory=list)


def read(path: Path, shape: Shape, collect: Collect = list) -> Content:
    """The content of one fixture file. Raises BrokenFixture with all of its faults.

    ``collect`` is handed the typed records one by one, and what it makes of them is thrown away if there are faults:
    100,000 records never stand side by side as maps, which would take several times the memory of what is served.
    """
    broken = Complaints[Fault]()
    if path.suffix != ".jsonl":
        return _checked(path, shape, *parse_yaml(path, read_text(path)), broken, collect)
    try:
        return _checked(path, shape, _parse_lines(path, read_lines(path), broken), _line_of, broken, collect)
    except UnfitFile as error:
        raise BrokenFixture([Fault(path, 1, "", error.found, error.wanted)]) from None


def read_text(path: Path) -> str:
    """The text of a file that is read whole. Raises BrokenFixture."""
    try:
        return files.read_text(path)
    except UnfitFile as error:
        raise BrokenFixture([Fault(path, 1, "", error.found, error.wanted)]) from None


def _checked(
    path: Path, shape: Shape, raw: Any, line_of: LineOf, broken: Complaints[Fault], collect: Collect
) -> Content:
    content, faults = check(raw, shape, collect)
    if content is not None and content.dataset != path.stem:
        faults.append((("dataset",), shown(content.dataset), f"{path.stem}, as the file is named"))
    if content is None or faults or broken:
        lines = line_of([where for where, _, _ in faults])
        told = [
            Fault(path, line, written(where), shape.told(where, found), wanted)
            for line, (where, found, wanted) in zip(lines, faults, strict=True)
        ]
        untold = broken.untold + faults.untold
        told = sorted([*broken, *told], key=lambda fault: fault.line)
        raise BrokenFixture([*told, _others(path, untold)] if untold else told)
    return content


def check(raw: Any, shape: Shape, collect: Collect = list) -> tuple[Content | None, Complaints[Wrong]]:
    """The typed content of a parsed file and its faults as (path, found, wanted)."""
    faults = Complaints[Wrong]()
    if not isinstance(raw, dict):
        faults.append(((), shown(raw), "a map with vendor, dataset, anchor, accounts and records"))
        return None, faults
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
        anchor = within(parse_instant(raw.get("anchor", "")))  # a clock starts there, and recipes reckon from it
    except (ValueError, TypeError):
        if "anchor" in raw:
            wanted = f"a time like 2026-07-15T09:00:00Z, from {EARLIEST.year} to {LATEST.year - 1}"
            faults.append((("anchor",), shown(raw["anchor"]), wanted))
    accounts, wrong = check_accounts(raw["accounts"], shape) if "accounts" in raw else ([], [])
    faults.extend(wrong)
    ids = (account.get(shape.account_id) for _, account in _maps(raw.get("accounts")))
    known = {id for id in ids if isinstance(id, str)}
    records = collect(_records(raw.get("records", []), shape, known, faults))
    if faults or anchor is None:
        return None, faults
    return Content(shape.vendor, raw["dataset"], anchor, accounts, records), faults


def _records(rows: Any, shape: Shape, owners: Container[Any], faults: list[Wrong]) -> Iterator[Row]:
    """The good ones of these rows, typed. What holds between rows is checked on the rows as they stand, so that a
    faulty row hides no further fault.
    """
    seen: dict[Any, int] = {}
    for index, row in _listed(rows, "records", faults):
        good = _read_row(row, ("records", index), shape.record, faults)
        if isinstance(row, dict):
            if not row.get("_copy"):
                _unique(row, ("records", index), shape.record_id, seen, faults)
            faults.extend(_stray(("records", index, "_owner"), row, shape, owners))
        if good is not None:
            yield good


def check_accounts(raw: Any, shape: Shape) -> tuple[list[dict[str, Any]], list[Wrong]]:
    """The typed accounts of a dataset, and what is wrong with them."""
    faults: list[Wrong] = []
    rows = list(_listed(raw, "accounts", faults))
    read = (_read_row(row, ("accounts", index), shape.account, faults) for index, row in rows)
    looked_at = takewhile(lambda account: account is not None or len(faults) < MOST_FAULTS, read)
    accounts, standing = [account for account in looked_at if account is not None], _maps(raw)
    for key in (shape.account_id, shape.key):
        seen: dict[Any, int] = {}
        for index, account in standing:
            _unique(account, ("accounts", index), key, seen, faults)
            further = account.get(more(key))
            for position, value in enumerate(further if isinstance(further, list) else ()):
                if isinstance(value, str) and seen.setdefault(value, index) != index:
                    where = ("accounts", index, more(key), position)
                    faults.append((where, f"{shown(value)} again", f"another {key} than accounts[{seen[value]}]"))
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
    from . import yamltext

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
    """What a YAML file holds, and what finds the lines of paths in it. Raises BrokenFixture.

    YAML is imported here: a start whose datasets are all remembered needs none of it.
    """
    import yaml

    from . import yamltext

    try:
        return yamltext.load(text), lambda paths: yamltext.lines(text, paths)
    except yaml.YAMLError as error:
        line, found, wanted = yamltext.explain(error, text)
        raise BrokenFixture([Fault(path, line, "", found, wanted)]) from None
    except (ValueError, RecursionError) as error:
        raise BrokenFixture([Fault(path, 1, "", f"YAML that cannot be read ({error})", "YAML")]) from None


def _parse_lines(path: Path, lines: Iterator[str], broken: Complaints[Fault]) -> Any:
    """What a JSON Lines file holds: its records are read, and those that cannot be are told, as they are asked for."""

    def parsed() -> Iterator[Any]:
        for number, line in enumerate(chain([next(lines, "")], lines), 1):
            try:
                row = decode(line.removesuffix("\n").encode(), unique=True)
                if "\\u" in line and not is_text(row):
                    raise ValueError("half a character, like \\ud800")
                yield row
            except (ValueError, RecursionError) as error:
                broken.append(Fault(path, number, "", f"broken JSON ({error})", "one JSON object a line"))
                yield _BROKEN

    rows = parsed()
    first = next(rows)
    if isinstance(first, dict):
        return {**first, "records": rows}
    deque(rows, 0)  # so that what is broken further on is told, too
    if first is _BROKEN:
        raise BrokenFixture(broken)
    return first


def _line_of(paths: list[Path_]) -> list[int]:
    """The lines of a JSON Lines file at which these paths stand."""
    return [int(where[1]) + 2 if len(where) > 1 and where[0] == "records" else 1 for where in paths]


def _listed(rows: Any, name: str, faults: list[Wrong]) -> Iterator[tuple[int, Any]]:
    """The rows that could be read, and where each is."""
    if not isinstance(rows, list | Iterator):
        faults.append(((name,), shown(rows), f"a list of {name}"))
        return
    yield from ((index, row) for index, row in enumerate(rows) if row is not _BROKEN)


def _read_row(row: Any, where: Path_, schema: RecordSchema, faults: list[Wrong]) -> Row | None:
    try:
        return schema.read(row)
    except ValidationError as error:
        faults.extend(_flat(where, error.messages, row, schema, guess=len(faults) < MOST_TOLD))
        return None


def _maps(rows: Any) -> list[tuple[int, dict[str, Any]]]:
    return [(index, row) for index, row in enumerate(rows) if isinstance(row, dict)] if isinstance(rows, list) else []


def _stray(where: Path_, record: Mapping[str, Any], shape: Shape, owners: Container[Any]) -> list[Wrong]:
    if not isinstance(record.get("_owner"), str) or record["_owner"] in owners:
        return []
    return [(where, shown(record["_owner"]), f"the {shape.account_id} of one of the accounts")]


def _unique(row: Mapping[str, Any], where: Path_, key: str, seen: dict[Any, int], faults: list[Wrong]) -> None:
    value, (name, index) = row.get(key), where
    if isinstance(value, int | str) and seen.setdefault(value, int(index)) != index:
        faults.append(((*where, key), f"{shown(value)} again", f"another {key} than {name}[{seen[value]}]"))


def _flat(where: Path_, messages: Any, value: Any, schema: RecordSchema, *, guess: bool = True) -> Iterator[Wrong]:
    if isinstance(messages, dict):
        for index, (step, inner) in enumerate(messages.items()):
            if step == "_schema":
                yield from _flat(where, inner, value, schema)
                continue
            below = value[step] if _has(value, step) else _MISSING
            yield from _flat((*where, step), inner, below, _inside(schema, step), guess=guess and index < GUESSED)
        return
    wanted = str(messages[0])
    if value is _MISSING:
        yield where[:-1], f"no {where[-1]}", f"{where[-1]}: {wanted}"
    elif wanted == RecordSchema.error_messages["unknown"]:
        match = closest(str(where[-1]), schema.by_wire_name) if guess else None
        yield where, f"the unknown field {where[-1]}", f"{match}?" if match else schema.choices
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
