"""Reads a whole query by the parameters of an operation. Words no error: that is the vendor's.

A parameter says what is wrong as a ParamError. The vendor decides for each error whether it is refused or tolerated.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache
from typing import Any, Literal

from marshmallow import Schema, ValidationError, fields

from .call_warnings import CallWarning, warn_of_unknown_parameter
from .errors import InvalidParams, ParamError
from .params import AS_ABSENT, Param, ReadAs, attribute_of, fields_by_name, param_names
from .querystring import Pairs, group_values

Repeated = Literal["first", "last", "joined"]
MAX_WARNINGS = 20  # to find the closest name takes time


Tolerates = Callable[[ParamError], bool | ReadAs]


def read_params(
    schema: Schema,
    sent: Pairs,
    warn: Callable[[CallWarning], None],
    *,
    repeated: Repeated = "last",
    tolerates: Tolerates = lambda error: False,
) -> dict[str, Any]:
    """The values of a query's parameters by attribute name; warns of whatever was not read as it was sent.

    ``repeated`` says which of several values counts. ``tolerates`` says of an error whether its value is ignored, or
    what it is read as. Raises InvalidParams with every error that is not tolerated.
    """
    data = dict(sent)
    known = fields_by_name(schema)
    if len(data) < len(sent) or not data.keys() <= known.keys() or "" in data.values():
        if getattr(schema, "arrays", False):
            sent = _strip_brackets(known, sent, warn)
        data = _pick_values(known, sent, warn, repeated)
    try:
        return _load(schema, data)
    except InvalidParams as invalid:
        choices = {error.name: tolerates(error) for error in invalid.errors}
        refused = tuple(error for error in invalid.errors if choices[error.name] is False)
        for error in refused:
            found = "is missing" if error.found is None else f"was {_shorten(error.found)}"
            message = f"{error.name} {found}, wanted {error.wanted}."
            warn(CallWarning(f"query.{error.name}", "refused-value", message))
        if refused:
            raise InvalidParams(refused) from None
        return _load_tolerantly(schema, data, warn, [(error, choices[error.name]) for error in invalid.errors])


def _load_tolerantly(
    schema: Schema,
    data: dict[str, str],
    warn: Callable[[CallWarning], None],
    errors: Sequence[tuple[ParamError, bool | ReadAs]],
) -> dict[str, Any]:
    """The values without those in error, or with what each of them is read as."""
    instead: dict[str, Any] = {}
    for error, choice in errors:
        name, read_as = error.name, "its default"
        data.pop(name, None)
        if isinstance(choice, ReadAs):
            read_as = choice.read_as
            if choice is not AS_ABSENT:
                instead[name] = choice.value
        elif error.instead is not None:
            data[name] = read_as = error.instead
        if read_as:
            message = f"{name} was {_shorten(error.found)}, wanted {error.wanted}; read as {read_as}."
            warn(CallWarning(f"query.{name}", "ignored-value", message))
    values = _load(schema, data, frozenset(instead))
    return values | {attribute_of(schema, name): value for name, value in instead.items()}


def _strip_brackets(known: Mapping[str, fields.Field[Any]], sent: Pairs, warn: Callable[[CallWarning], None]) -> Pairs:
    """The same pairs, ``name[]`` as ``name`` where that is a parameter; warns of each."""
    stems = {name: name.removesuffix("[]") for name, _ in sent if name.endswith("[]")}
    arrays = {name: plain for name, plain in stems.items() if plain in known and name not in known}
    for name, plain in arrays.items():
        message = f"{name} is not a parameter of this endpoint; it was read as {plain}."
        warn(CallWarning(f"query.{name}", "respelled-parameter", message))
    return [(arrays.get(name, name), value) for name, value in sent]


def _pick_values(
    known: Mapping[str, fields.Field[Any]], sent: Pairs, warn: Callable[[CallWarning], None], repeated: Repeated
) -> dict[str, str]:
    """The one value of each known parameter that counts as sent; warns of all else."""
    values = group_values(sent)
    unknown = [name for name in values if name not in known]
    for name in unknown[:MAX_WARNINGS]:
        warn(warn_of_unknown_parameter(name, {each: getattr(field, "synonyms", ()) for each, field in known.items()}))
    if len(unknown) > MAX_WARNINGS:
        more = f"{len(unknown) - MAX_WARNINGS} more names are no parameters of this endpoint."
        warn(CallWarning("query", "unknown-parameter", more))
    data: dict[str, str] = {}
    for name in known:
        if name not in values:
            continue
        value = _pick_value(values[name], repeated)
        if len(values[name]) > 1:
            message = f"{name} was sent {len(values[name])} times; {_RULE[repeated]}"
            warn(CallWarning(f"query.{name}", "repeated-parameter", message))
        field = known[name]
        if value == "" and isinstance(field, Param) and field.empty == "absent":
            warn(CallWarning(f"query.{name}", "ignored-value", f"{name} is empty and was read as absent."))
        else:
            data[name] = value
    return data


_RULE = {"first": "the first counts.", "last": "the last counts.", "joined": "the values were joined by commas."}


def _pick_value(values: list[str], repeated: Repeated) -> str:
    if repeated == "joined":
        return ",".join(values)
    return values[0] if repeated == "first" else values[-1]


def _load(schema: Schema, data: dict[str, str], given: frozenset[str] = frozenset()) -> dict[str, Any]:
    """The values of the parameters; those ``given`` elsewhere are not required."""
    readers = _readers(schema)
    try:
        loaded = dict(_default_values(schema, frozenset(data) | given))
        for name, text in data.items():
            attribute, read_text = readers[name]
            loaded[attribute] = read_text(text)
    except ValidationError:
        return _load_or_raise(schema, data)
    return loaded


@lru_cache(maxsize=64)
def _readers(schema: Schema) -> dict[str, tuple[str, Callable[[str], Any]]]:
    """The attribute of each parameter and the function that reads it.

    Fields by themselves read faster than a schema loads them.
    """
    return {
        name: (
            field.attribute or str(field.name),
            field.convert if isinstance(field, Param) and not field.validators else field.deserialize,
        )
        for name, field in fields_by_name(schema).items()
    }


@lru_cache(maxsize=512)
def _default_values(schema: Schema, present: frozenset[str]) -> dict[str, Any]:
    """The values of parameters that were not sent."""
    loaded: dict[str, Any] = schema.load({}, partial=[attribute_of(schema, name) for name in present])
    return loaded


def _load_or_raise(schema: Schema, data: dict[str, str]) -> dict[str, Any]:
    """Loads the whole schema to collect every error. Raises InvalidParams."""
    try:
        loaded: dict[str, Any] = schema.load(data)
    except ValidationError as error:
        by_name = error.messages_dict
        raise InvalidParams(tuple(error for name in param_names(schema) for error in by_name.get(name, ()))) from None
    return loaded


def _shorten(text: str | None) -> str:
    return repr(text if text is None or len(text) <= 60 else text[:57] + "...")
