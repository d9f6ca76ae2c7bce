"""The parameters of an operation, by the names that travel."""

from __future__ import annotations

from functools import lru_cache
from typing import Any, ClassVar

from marshmallow import EXCLUDE, Schema, fields

from .param_fields import Param
from .querystring import Pairs


class ParamSchema(Schema):
    """The parameters of one endpoint, in the order of its document. What it does not name is unknown, and ignored.

    A parameter is read by itself, whatever the others are: a schema has no hooks that look at all of them. ``arrays``:
    ``name[]=value`` is read as ``name=value``, as PHP has it.
    """

    arrays: ClassVar[bool] = False

    class Meta:
        unknown = EXCLUDE


def param_names(schema: Schema) -> list[str]:
    """The parameters' names as sent, in the order of the document."""
    return [field.data_key or name for name, field in schema.fields.items()]


def attribute_of(schema: Schema, name: str) -> str:
    """The name under which the values of a call hold the parameter that is sent under this one."""
    return next(attribute for attribute, field in schema.fields.items() if (field.data_key or attribute) == name)


def split_known(schema: Schema, sent: Pairs) -> tuple[list[str], list[str]]:
    """The parameters that were sent, and those of them whose value is spelled otherwise than it is printed; both in the
    order of the document.
    """
    values = dict(sent)
    ours = [(name, field) for name, field in fields_by_name(schema).items() if name in values]
    spelled = [name for name, field in ours if isinstance(field, Param) and not field.is_printed(values[name])]
    return [name for name, _ in ours], spelled


@lru_cache(maxsize=64)
def fields_by_name(schema: Schema) -> dict[str, fields.Field[Any]]:
    return {field.data_key or name: field for name, field in schema.fields.items()}
