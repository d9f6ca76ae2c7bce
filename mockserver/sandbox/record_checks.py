"""Checks of a record that is added or changed: what the caller asked for, and what is wrong with it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from marshmallow import ValidationError

from ..data import fixture_check, fixture_errors
from ..sdk.errors import Problem
from ..sdk.fields import Boolean, Choice, Nested, RecordField, Timestamp
from ..sdk.record_schema import RecordSchema

MAX_LISTED_FAULTS = 100  # of one body


def agrees_with(schema: RecordSchema, row: Mapping[str, Any], given: Mapping[str, Any]) -> bool:
    """Whether a record has the given choices and booleans, also within its maps, and every given time."""
    for name, value in given.items():
        field, own = schema.by_wire_name.get(name), row.get(name)
        if isinstance(field, Nested) and isinstance(value, Mapping) and isinstance(own, Mapping):
            agrees = agrees_with(field.inner, own, value)
        elif isinstance(field, Choice | Boolean | Timestamp) and _accepts(field, value):
            agrees = own == value or (isinstance(field, Timestamp) and None not in (own, value))
        else:
            agrees = True
        if not agrees:
            return False
    return True


def _accepts(field: RecordField, value: Any) -> bool:
    """Whether a field may have this value; if not, no record is looked for that has it."""
    try:
        field.deserialize(value)
    except ValidationError:
        return False
    return True


def refuse_faults(faults: Iterable[fixture_errors.Fault], schema: fixture_check.FixtureSchema) -> None:
    """Raises Problem when there are faults, and lists them. Values in the place of a secret are not repeated."""
    faults = list(faults)
    listed = tuple(
        {
            "path": fixture_errors.format_path(where),
            "found": schema.describe(where, found),
            "wanted": wanted,
        }
        for where, found, wanted in faults[:MAX_LISTED_FAULTS]
    )
    if listed:
        one = listed[0]
        where = f"{one['path']}: " if one["path"] else ""
        more = f", and {len(faults) - 1} more" if faults[1:] else ""
        detail = f"{where}found {one['found']}, wanted {one['wanted']}{more}."
        detail = detail.replace("?.", "?")
        raise Problem("Bad data", detail, 422, code="bad-data", validation=listed)
