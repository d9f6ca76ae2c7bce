"""Request parameters: marshmallow fields that read text, and one function that reads a whole query.

A field says what is wrong as a Complaint; whether a wrong value is refused or ignored is the vendor's choice, made
per complaint. Nothing here words an error.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import lru_cache
from typing import Any, Literal

from marshmallow import Schema, ValidationError, fields

from .call_warnings import CallWarning, warn_of_unknown_parameter
from .errors import InvalidParams, ParamError
from .params import AS_ABSENT, Param, ReadAs, attribute_of, fields_by_name, param_names
from .querystring import Pairs, group_values

Repeated = Literal["first", "last", "joined"]
MAX_WARNINGS = 20  # looking for the closest name costs time, and nobody reads more


Tolerates = Callable[[ParamError], bool | ReadAs]


def read_params(
    schema: Schema,
    sent: Pairs,
    warn: Callable[[CallWarning], None],
    *,
    repeated: Repeated = "last",
    tolerates: Tolerates = lambda complaint: False,
) -> dict[str, Any]:
    """The values of a query's parameters by attribute name; what is worth telling about the query is told on the way.

    ``repeated`` says which of several values counts; ``ignores`` says of a complaint whether its value is passed over,
    or what it is taken for. Raises InvalidParams with every complaint that is not ignored.
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
        taken = {complaint.name: tolerates(complaint) for complaint in invalid.errors}
        refused = tuple(complaint for complaint in invalid.errors if taken[complaint.name] is False)
        for complaint in refused:
            found = "is missing" if complaint.found is None else f"was {_shorten(complaint.found)}"
            message = f"{complaint.name} {found}, wanted {complaint.wanted}."
            warn(CallWarning(f"query.{complaint.name}", "refused-value", message))
        if refused:
            raise InvalidParams(refused) from None
        instead: dict[str, Any] = {}
        for complaint in invalid.errors:
            name, value, read_as = complaint.name, taken[complaint.name], "its default"
            data.pop(name, None)
            if isinstance(value, ReadAs):
                read_as = value.read_as
                if value is not AS_ABSENT:
                    instead[name] = value.value
            elif complaint.instead is not None:
                data[name] = read_as = complaint.instead
            if read_as:
                message = f"{name} was {_shorten(complaint.found)}, wanted {complaint.wanted}; read as {read_as}."
                warn(CallWarning(f"query.{name}", "ignored-value", message))
        values = _load(schema, data, frozenset(instead))
        return values | {attribute_of(schema, name): value for name, value in instead.items()}


def _strip_brackets(known: Mapping[str, fields.Field[Any]], sent: Pairs, warn: Callable[[CallWarning], None]) -> Pairs:
    """The same pairs, ``name[]`` as ``name`` where that is a parameter; it is told."""
    spelled = {name: name.removesuffix("[]") for name, _ in sent if name.endswith("[]")}
    arrays = {name: plain for name, plain in spelled.items() if plain in known and name not in known}
    for name, plain in arrays.items():
        message = f"{name} is not a parameter of this endpoint; it was read as {plain}."
        warn(CallWarning(f"query.{name}", "respelled-parameter", message))
    return [(arrays.get(name, name), value) for name, value in sent]


def _pick_values(
    known: Mapping[str, fields.Field[Any]], sent: Pairs, warn: Callable[[CallWarning], None], repeated: Repeated
) -> dict[str, str]:
    """The one value of each parameter that is known and not as if absent; the rest is told."""
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
    """The values of the parameters; those that are ``given`` elsewhere are not missed."""
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
    """Under which attribute the value of each parameter stands, and what reads it.

    Fields by themselves read faster than a schema loads them. What they read is not remembered: where values are many,
    to look them up is no faster.
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
    """What parameters are that are not sent."""
    loaded: dict[str, Any] = schema.load({}, partial=[attribute_of(schema, name) for name in present])
    return loaded


def _load_or_raise(schema: Schema, data: dict[str, str]) -> dict[str, Any]:
    """The same when something is wrong, to hear all that is. Raises InvalidParams."""
    try:
        loaded: dict[str, Any] = schema.load(data)
    except ValidationError as error:
        by_name = error.messages_dict
        raise InvalidParams(tuple(c for name in param_names(schema) for c in by_name.get(name, ()))) from None
    return loaded


def _shorten(text: str | None) -> str:
    return repr(text if text is None or len(text) <= 60 else text[:57] + "...")
