"""Checks the accounts and records of a fixture file against the vendor's schema."""

from __future__ import annotations

from collections.abc import Callable, Container, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from itertools import takewhile
from typing import Any

from marshmallow import ValidationError

from ..sdk.clock import EARLIEST, LATEST, check_range, parse_instant
from ..sdk.credentials import list_field
from ..sdk.fields import ListOf, Nested
from ..sdk.record_schema import RecordSchema
from ..sdk.similar import find_closest
from .fixture_errors import MAX_FAULTS, MAX_GUESSES, MAX_LISTED_FAULTS, DataPath, Fault, FaultList, describe_value


@dataclass(frozen=True, slots=True)
class FixtureSchema:
    """The schema of a vendor's fixtures: accounts, records, their id fields, and the account field of the secret."""

    vendor: str
    account: RecordSchema
    account_id: str
    key: str
    record: RecordSchema
    record_id: str

    def describe(self, where: DataPath, found: str) -> str:
        """A found value for a message, unless a secret belongs in its place."""
        return "something that is not shown" if {self.key, list_field(self.key)}.intersection(where) else found


Row = dict[str, Any]
UNREADABLE_ROW = object()  # in place of a line that could not be read, whose fault is listed already


Collect = Callable[[Iterator[Row]], Any]


@dataclass
class FixtureContent:
    """The content of a fixture file, checked and typed; ``records`` is what ``collect`` made of the rows."""

    vendor: str
    dataset: str
    anchor: datetime
    accounts: list[Row] = field(default_factory=list)
    records: Any = field(default_factory=list)


def check_fixture(
    raw: Any, schema: FixtureSchema, collect: Collect = list
) -> tuple[FixtureContent | None, FaultList[Fault]]:
    """The typed content of a parsed file and its faults as (path, found, wanted)."""
    faults = FaultList[Fault]()
    if not isinstance(raw, dict):
        faults.append(((), describe_value(raw), "a map with vendor, dataset, anchor, accounts and records"))
        return None, faults
    wanted_keys = ("vendor", "dataset", "anchor", "accounts", "records")
    for name in raw:
        if name not in wanted_keys:
            faults.append(((name,), f"the unknown key {name}", "one of " + ", ".join(wanted_keys)))
    for name in wanted_keys:
        if name not in raw:
            faults.append(((), f"no {name}", f"the key {name}"))
    if raw.get("vendor", schema.vendor) != schema.vendor:
        faults.append((("vendor",), describe_value(raw["vendor"]), schema.vendor))
    if not isinstance(raw.get("dataset", ""), str):
        faults.append((("dataset",), describe_value(raw["dataset"]), "the dataset's name"))
    anchor = None
    try:
        anchor = check_range(parse_instant(raw.get("anchor", "")))  # a clock starts there
    except (ValueError, TypeError):
        if "anchor" in raw:
            wanted = f"a time like 2026-07-15T09:00:00Z, from {EARLIEST.year} to {LATEST.year - 1}"
            faults.append((("anchor",), describe_value(raw["anchor"]), wanted))
    accounts, wrong = check_accounts(raw["accounts"], schema) if "accounts" in raw else ([], [])
    faults.extend(wrong)
    ids = (account.get(schema.account_id) for _, account in _index_maps(raw.get("accounts")))
    known = {id for id in ids if isinstance(id, str)}
    records = collect(_records(raw.get("records", []), schema, known, faults))
    if faults or anchor is None:
        return None, faults
    return FixtureContent(schema.vendor, raw["dataset"], anchor, accounts, records), faults


def _records(rows: Any, schema: FixtureSchema, owners: Container[Any], faults: list[Fault]) -> Iterator[Row]:
    """The valid rows, typed. Checks between rows use the raw rows, so that an invalid row hides no further fault."""
    seen: dict[Any, int] = {}
    for index, row in _iterate_rows(rows, "records", faults):
        good = _read_row(row, ("records", index), schema.record, faults)
        if isinstance(row, dict):
            if not row.get("_copy"):
                _check_unique(row, ("records", index), schema.record_id, seen, faults)
            faults.extend(_check_owner(("records", index, "_owner"), row, schema, owners))
        if good is not None:
            yield good


def check_accounts(raw: Any, schema: FixtureSchema) -> tuple[list[dict[str, Any]], list[Fault]]:
    """The typed accounts of a dataset, and their faults."""
    faults: list[Fault] = []
    rows = list(_iterate_rows(raw, "accounts", faults))
    read = (_read_row(row, ("accounts", index), schema.account, faults) for index, row in rows)
    looked_at = takewhile(lambda account: account is not None or len(faults) < MAX_FAULTS, read)
    accounts, standing = [account for account in looked_at if account is not None], _index_maps(raw)
    for key in (schema.account_id, schema.key):
        seen: dict[Any, int] = {}
        for index, account in standing:
            _check_unique(account, ("accounts", index), key, seen, faults)
            further = account.get(list_field(key))
            for position, value in enumerate(further if isinstance(further, list) else ()):
                if isinstance(value, str) and seen.setdefault(value, index) != index:
                    where = ("accounts", index, list_field(key), position)
                    faults.append(
                        (where, f"{describe_value(value)} again", f"another {key} than accounts[{seen[value]}]")
                    )
    if raw == []:
        faults.append((("accounts",), "no account", "at least one account"))
    if standing and standing[0][0] == 0 and standing[0][1].get(schema.key) is None:
        faults.append(
            (("accounts", 0), f"no {schema.key}", f"a {schema.key}: the first account is the example account")
        )
    return accounts, faults


def check_record(raw: Any, schema: FixtureSchema, owners: Container[Any]) -> tuple[dict[str, Any], list[Fault]]:
    """One typed record, which must belong to one of these owners; and its faults."""
    try:
        record = schema.record.read(raw)
    except ValidationError as error:
        return {}, list(_flatten((), error.messages, raw, schema.record))
    return record, _check_owner(("_owner",), record, schema, owners)


def _iterate_rows(rows: Any, name: str, faults: list[Fault]) -> Iterator[tuple[int, Any]]:
    """The readable rows with their indexes."""
    if not isinstance(rows, list | Iterator):
        faults.append(((name,), describe_value(rows), f"a list of {name}"))
        return
    yield from ((index, row) for index, row in enumerate(rows) if row is not UNREADABLE_ROW)


def _read_row(row: Any, where: DataPath, schema: RecordSchema, faults: list[Fault]) -> Row | None:
    try:
        return schema.read(row)
    except ValidationError as error:
        faults.extend(_flatten(where, error.messages, row, schema, guess=len(faults) < MAX_LISTED_FAULTS))
        return None


def _index_maps(rows: Any) -> list[tuple[int, dict[str, Any]]]:
    return [(index, row) for index, row in enumerate(rows) if isinstance(row, dict)] if isinstance(rows, list) else []


def _check_owner(
    where: DataPath, record: Mapping[str, Any], schema: FixtureSchema, owners: Container[Any]
) -> list[Fault]:
    if not isinstance(record.get("_owner"), str) or record["_owner"] in owners:
        return []
    return [(where, describe_value(record["_owner"]), f"the {schema.account_id} of one of the accounts")]


def _check_unique(row: Mapping[str, Any], where: DataPath, key: str, seen: dict[Any, int], faults: list[Fault]) -> None:
    value, (name, index) = row.get(key), where
    if isinstance(value, int | str) and seen.setdefault(value, int(index)) != index:
        faults.append(((*where, key), f"{describe_value(value)} again", f"another {key} than {name}[{seen[value]}]"))


def _flatten(
    where: DataPath, messages: Any, value: Any, schema: RecordSchema, *, guess: bool = True
) -> Iterator[Fault]:
    if isinstance(messages, dict):
        for index, (step, inner) in enumerate(messages.items()):
            if step == "_schema":
                yield from _flatten(where, inner, value, schema)
                continue
            below = value[step] if _has_step(value, step) else _MISSING
            yield from _flatten(
                (*where, step), inner, below, _schema_inside(schema, step), guess=guess and index < MAX_GUESSES
            )
        return
    wanted = str(messages[0])
    if value is _MISSING:
        yield where[:-1], f"no {where[-1]}", f"{where[-1]}: {wanted}"
    elif wanted == RecordSchema.error_messages["unknown"]:
        match = find_closest(str(where[-1]), schema.by_wire_name) if guess else None
        yield where, f"the unknown field {where[-1]}", f"{match}?" if match else schema.choices
    else:
        yield where, describe_value(value), wanted


_MISSING = object()


def _schema_inside(schema: RecordSchema, step: Any) -> RecordSchema:
    """The schema inside a field with a map or a list of maps; for any other field the same schema."""
    field = schema.by_wire_name.get(step)
    field = field.item if isinstance(field, ListOf) else field
    return field.inner if isinstance(field, Nested) else schema


def _has_step(value: Any, step: Any) -> bool:
    return (
        step in value
        if isinstance(value, dict)
        else isinstance(value, list) and isinstance(step, int) and step < len(value)
    )
