"""Schemas: the fields of one kind of record or account, or of a map inside one."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property
from typing import Any, cast

from marshmallow import RAISE, Schema, ValidationError

from .fields import Nested, RecordField


class RecordSchema(Schema):
    """The fields of one kind of record or account, in the order of the wire."""

    class Meta:
        unknown = RAISE

    error_messages = {"type": "a map of fields", "unknown": "no such field"}

    def shift(self, values: Mapping[str, Any], days: int) -> dict[str, Any]:
        """The values with all times some whole days later."""
        return {name: self._shift_value(name, value, days) for name, value in values.items()}

    def _shift_value(self, name: str, value: Any, days: int) -> Any:
        field = self.by_wire_name.get(name)
        return value if value is None or field is None else field.shift(value, days)

    def merge(self, values: Mapping[str, Any], changes: Mapping[str, Any]) -> dict[str, Any]:
        """The values with changes applied, unchecked: maps with a schema are merged, all else is replaced.

        null removes an optional field that may not be null.
        """
        out = dict(values)
        for name, value in changes.items():
            field = self.by_wire_name.get(name)
            if value is None and field and not field.required and not field.allow_none:
                out.pop(name, None)
            elif isinstance(field, Nested) and isinstance(value, Mapping) and isinstance(out.get(name), Mapping):
                out[name] = field.inner.merge(out[name], value)
            else:
                out[name] = value
        return out

    @cached_property
    def by_wire_name(self) -> dict[str, RecordField]:
        return {field.data_key or name: cast(RecordField, field) for name, field in self.fields.items()}

    @cached_property
    def choices(self) -> str:
        """The field names, as the hint for an unknown one."""
        return "one of " + ", ".join(self.by_wire_name)

    @cached_property
    def _required_names(self) -> set[str]:
        return {name for name, field in self.by_wire_name.items() if field.required}

    def read(self, values: Any) -> dict[str, Any]:
        """The values, checked and typed, keys in the declared order. Raises marshmallow's ValidationError.

        Fields read by themselves, which is faster; only a value in error is loaded by the whole schema.
        """
        known = self.by_wire_name
        try:
            if isinstance(values, dict) and self._required_names <= values.keys() <= known.keys():
                present = [(name, field) for name, field in known.items() if name in values]
                return {name: field.deserialize(values[name], name, values) for name, field in present}
        except ValidationError:
            pass  # the whole schema reports it below, with all other errors
        if isinstance(values, dict) and not values.keys() <= known.keys():
            self._refuse_unknown(values)
        loaded: dict[str, Any] = self.load(values)
        return {field.data_key or name: loaded[name] for name, field in self.fields.items() if name in loaded}

    def _refuse_unknown(self, values: Mapping[str, Any]) -> None:
        """Raises ValidationError with the errors of the known fields, then the unknown fields.

        marshmallow itself takes time that grows with the square of their number.
        """
        known = self.by_wire_name
        faults: dict[str, Any] = {}
        try:
            self.load({name: value for name, value in values.items() if name in known})
        except ValidationError as error:
            faults.update(cast("dict[str, Any]", error.messages))
        faults.update((name, [self.error_messages["unknown"]]) for name in values if name not in known)
        raise ValidationError(faults)
