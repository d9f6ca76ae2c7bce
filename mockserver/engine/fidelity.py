"""Reads the fidelity rows of a vendor from ``x-basis`` in its spec: documented, public or inferred.

Rows are cached until the file changes. A key such as ``x-name-basis`` gives one aspect a basis of its own, which is a
row of its own (``parameter-name``).
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass, replace
from functools import lru_cache
from pathlib import Path
from typing import Any, NamedTuple, get_args

import yaml

from ..data import yaml_text
from ..sdk.basis import Basis
from ..sdk.contract import Vendor

METHODS = ("get", "put", "post", "delete", "options", "head", "patch", "trace")
_ASPECT = re.compile(r"x-(?:(\w+)-)?basis")


class InvalidSpec(Exception):
    """A spec that cannot be read. The message says which and why."""


Place = tuple[str | int, ...]


class Gap(NamedTuple):
    """A thing without a basis: its place, its description, and the fields it lacks."""

    where: Place
    thing: str
    wanted: str


@dataclass(frozen=True, slots=True)
class Row:
    """One thing and its basis.

    Inferred things have a ``confidence``. ``readings`` names the readings that change the thing.
    """

    kind: str
    name: str
    where: str
    basis: str
    source: str
    about: str
    confidence: str | None = None
    readings: tuple[str, ...] = ()

    def document(self) -> dict[str, Any]:
        """Return the row as JSON."""
        return {**asdict(self), "readings": list(self.readings)}


def read_rows(spec: Path) -> tuple[Row, ...]:
    """Read all rows of a spec, in its order. Raises OSError or ValueError."""
    return _read(spec)[0]


def read_gaps(spec: Path) -> tuple[Gap, ...]:
    """Read every gap of a spec. Raises OSError or ValueError."""
    return _read(spec)[1]


def list_fidelity(vendor: Vendor) -> tuple[Row, ...]:
    """List all rows of a vendor, in the order of its spec. Raises InvalidSpec."""
    try:
        return read_rows(vendor.spec)
    except (OSError, ValueError) as error:
        raise InvalidSpec(f"The spec of {vendor.name} cannot be read: {error}") from None


def count_bases(rows: Iterable[Row]) -> dict[str, int]:
    """Count the rows of each basis."""
    counts = Counter(row.basis for row in rows)
    return {basis: counts[basis] for basis in get_args(Basis)}


def _read(spec: Path) -> tuple[tuple[Row, ...], tuple[Gap, ...]]:
    try:
        return _parse(spec, spec.stat().st_mtime_ns)
    except yaml.YAMLError as error:
        raise ValueError(str(error)) from None


@lru_cache(maxsize=64)
def _parse(spec: Path, changed: int) -> tuple[tuple[Row, ...], tuple[Gap, ...]]:
    content = yaml_text.load(spec.read_text(encoding="utf-8"))
    return tuple(iterate_rows(content)), tuple(iterate_gaps(content))


def iterate_rows(spec: Any) -> Iterator[Row]:
    """Yield the rows of a parsed spec: servers, credentials, readings, then each operation with its parts."""
    for server in map(_map, _list(_at(spec, "servers"))):
        yield from _make_rows("server", str(server.get("url")), "address", server)
    for scheme in _map(_at(spec, "components", "securitySchemes")).values():
        scheme = _resolve(spec, scheme)
        name = scheme.get("name", "Authorization")
        yield from _make_rows("credential", str(name), str(scheme.get("in", "header")), scheme)
    for reading, choices in _map(_at(spec, "x-reading-choices")).items():
        for choice, basis in _map(choices).items():
            yield Row(
                "reading", f"{reading}={choice}", "reading", *_read_basis(_map(basis)), _map(basis).get("confidence")
            )
    for _, where, operation, parameters in _iterate_operations(spec):
        yield from _make_operation_rows(spec, where, operation, [parameter for _, parameter in parameters])


def _iterate_operations(
    spec: Any,
) -> Iterator[tuple[Place, str, Mapping[str, Any], list[tuple[Place, Mapping[str, Any]]]]]:
    """Yield each operation: place, method and path, content, and parameters with those of its path."""
    for path, item in _map(_at(spec, "paths")).items():
        item = _resolve(spec, item)
        for method in METHODS:
            if method not in item:
                continue
            at: Place = ("paths", path, method)
            operation = _map(item[method])
            holders: tuple[tuple[Place, Mapping[str, Any]], ...] = ((("paths", path), item), (at, operation))
            by_key: dict[tuple[str, str], tuple[Place, Mapping[str, Any]]] = {}
            for place, holder in holders:
                for index, parameter in enumerate(_list(holder.get("parameters"))):
                    parameter = _resolve(spec, parameter)
                    key = (str(parameter.get("name")), str(parameter.get("in")))
                    by_key[key] = (*place, "parameters", index), parameter
            yield at, f"{method.upper()} {path}", operation, list(by_key.values())


def iterate_gaps(spec: Any) -> Iterator[Gap]:
    """Yield everything in a parsed spec that must have a basis and lacks it."""
    for name, scheme in _map(_at(spec, "components", "securitySchemes")).items():
        place: Place = ("components", "securitySchemes", name)
        yield from _check_basis(place, f"the security scheme {name}", _resolve(spec, scheme))
    for reading, choices in _map(_at(spec, "x-reading-choices")).items():
        for choice, basis in _map(choices).items():
            if not _has_basis(basis):
                yield Gap(("x-reading-choices", reading, choice), f"the reading {reading}={choice}", _BASIS_FIELDS)
    for at, where, operation, parameters in _iterate_operations(spec):
        name = operation.get("operationId", where)
        for key, kind in (("parameters", list), ("responses", Mapping)):
            if key in operation and not isinstance(operation[key], kind):
                yield Gap((*at, key), f"the {key} of {name}", _BASIS_FIELDS_ABOUT)
        yield from _check_basis(at, f"the operation {name} ({where})", operation)
        for place, parameter in parameters:
            yield from _check_basis(place, f"the parameter {parameter.get('name')} of {name}", parameter, about=True)
        for status, response in _map(operation.get("responses")).items():
            response, place = _resolve(spec, response), (*at, "responses", status)
            yield from _check_basis(place, f"the response {status} of {name}", response, about=True)
            for index, rule in enumerate(_list(response.get("x-rules"))):
                yield from _check_rule((*place, "x-rules", index), f"{_map(rule).get('rule')} of {name}", _map(rule))


_BASIS_FIELDS = "basis (documented, public or inferred) and source"
_BASIS_FIELDS_ABOUT = "x-basis with basis, source and about"


def _check_basis(at: Place, thing: str, content: Mapping[str, Any], *, about: bool = False) -> Iterator[Gap]:
    basis = content.get("x-basis")
    if not _has_basis(basis) or (about and not _map(basis).get("about")):
        yield Gap(at, thing, _BASIS_FIELDS_ABOUT if about else "x-basis with basis and source")


def _check_rule(at: Place, name: str, rule: Mapping[str, Any]) -> Iterator[Gap]:
    if not _has_basis(rule):
        yield Gap(at, f"the error {name}", _BASIS_FIELDS)
    if "condition" in rule and not _has_basis(rule["condition"]):
        yield Gap((*at, "condition"), f"the condition of {name}", _BASIS_FIELDS)


def _has_basis(basis: Any) -> bool:
    source = _map(basis).get("source")
    return _map(basis).get("basis") in get_args(Basis) and isinstance(source, str) and bool(source.strip())


def _make_operation_rows(
    spec: Any, where: str, operation: Mapping[str, Any], parameters: Iterable[Mapping[str, Any]]
) -> Iterator[Row]:
    yield from _make_rows("operation", str(operation.get("operationId", where)), where, operation)
    for parameter in parameters:
        yield from _make_rows("parameter", str(parameter.get("name")), str(parameter.get("in")), parameter)
    for header in _list(operation.get("x-headers")):
        yield from _make_rows("header", str(_map(header).get("name")), "request", header)
    yield from _make_rows("body", "body", "request", _map(operation.get("x-body")))
    fields: dict[tuple[str, int, str], tuple[Row, list[str]]] = {}
    for status, response in _map(operation.get("responses")).items():
        response, place = _resolve(spec, response), f"response {status}"
        yield from _make_rows("response", str(status), "response", response)
        for name, header in _map(response.get("headers")).items():
            yield from _make_rows("header", name, place, _resolve(spec, header))
        for rule in _list(response.get("x-rules")):
            if not str(status).startswith("2"):
                yield from _make_rule_rows(rule, place, response)
        for media in _map(response.get("content")).values():
            for kind, name, schema in _iterate_fields(spec, _map(media).get("schema"), "", ()):
                for row in _make_rows(kind, name, "", schema):
                    _, statuses = fields.setdefault((name, id(schema), row.kind), (row, []))
                    if str(status) not in statuses:  # two branches of one schema repeat a status
                        statuses.append(str(status))
    for row, statuses in fields.values():
        yield replace(row, where="response " + ", ".join(statuses))


def _make_rows(kind: str, name: str, where: str, thing: Any) -> Iterator[Row]:
    """Yield the row of a thing, and one for each aspect with a basis of its own."""
    readings = tuple(map(str, _list(_map(thing).get("x-readings"))))
    for key, basis in _map(thing).items():
        match = _ASPECT.fullmatch(str(key))
        if match and isinstance(basis, Mapping):
            aspect = f"-{match[1]}" if match[1] else ""
            yield Row(kind + aspect, name, where, *_read_basis(basis), basis.get("confidence"), readings)


def _make_rule_rows(rule: Any, where: str, response: Mapping[str, Any]) -> Iterator[Row]:
    rule = _map(rule)
    readings = _list(rule.get("x-readings")) or _list(response.get("x-readings"))
    about = f"{rule['code']}: {rule.get('text')}" if rule.get("code") else str(rule.get("text", ""))
    basis, source, _ = _read_basis(rule)
    reading_names = tuple(map(str, readings))
    yield Row("error", str(rule.get("rule")), where, basis, source, about, rule.get("confidence"), reading_names)
    if condition := _map(rule.get("condition")):
        confidence = condition.get("confidence")
        yield Row("error-condition", str(rule.get("rule")), where, *_read_basis(condition), confidence, reading_names)


def _read_basis(basis: Mapping[str, Any]) -> tuple[str, str, str]:
    return str(basis.get("basis")), str(basis.get("source")), str(basis.get("about", ""))


def _iterate_fields(
    spec: Any, schema: Any, path: str, above: tuple[int, ...], parent: Any = None
) -> Iterator[tuple[str, str, Mapping[str, Any]]]:
    """Yield every field of a schema, in all its branches, by path (``data.items[].id``), and its objects.

    ``parent`` is the schema that the caller has already yielded; it is skipped.
    """
    schema = _resolve(spec, schema)
    if id(schema) in above:  # a recursive schema
        return
    above = (*above, id(schema))
    if schema is not parent:
        yield "object", path or "body", schema
    for branch in (*_list(schema.get("allOf")), *_list(schema.get("anyOf")), *_list(schema.get("oneOf"))):
        yield from _iterate_fields(spec, branch, path, above)
    if "items" in schema:
        yield from _iterate_fields(spec, schema["items"], f"{path}[]", above)
    for name, inner in _map(schema.get("properties")).items():
        inside = f"{path}.{name}" if path else name
        field = inner if "x-basis" in _map(inner) else _resolve(spec, inner)
        yield "field", inside, field
        yield from _iterate_fields(spec, inner, inside, above, field)


def _resolve(spec: Any, thing: Any) -> Mapping[str, Any]:
    """Resolve a ``$ref`` within the file; return anything else as it is."""
    target, hops = _map(thing), 0
    while isinstance(target.get("$ref"), str) and hops < 20:
        steps = target["$ref"].removeprefix("#/").split("/")
        target, hops = _map(_at(spec, *(step.replace("~1", "/").replace("~0", "~") for step in steps))), hops + 1
    return target


def _at(thing: Any, *steps: str) -> Any:
    for step in steps:
        thing = _map(thing).get(step)
    return thing


def _map(thing: Any) -> Mapping[str, Any]:
    return thing if isinstance(thing, Mapping) else {}


def _list(thing: Any) -> list[Any]:
    return thing if isinstance(thing, list) else []
