"""The basis of a vendor's replies, read from its spec. A spec that leaves it out is refused."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any, get_args

from ..data.disk_cache import DiskCache, make_key
from ..sdk import params
from ..sdk.basis import Basis, Part, find_weakest
from ..sdk.contract import Operation, Vendor
from ..vendors import BadVendor

_CODE = (Path(__file__), Path(__file__).with_name("fidelity.py"))
_BASIS_WANTED = "an x-basis of documented, public or inferred"


Errors = tuple[Part, Part, Part]  # the text of an error, its status, its condition


@dataclass
class OperationBasis:
    """What a spec says of one operation: by the names of parameters, by statuses, by the rules of errors."""

    part: Part
    where: str  # GET /v1/invoices
    parameters: dict[str, Part] = field(default_factory=dict)
    responses: dict[str, Part] = field(default_factory=dict)
    errors: dict[str, Errors] = field(default_factory=dict)

    @cached_property
    def success(self) -> Part:
        """What its success rests on: that it is there, and how it answers."""
        answered = [part for status, part in self.responses.items() if status.startswith("2")]
        return find_weakest((self.part, *(part._replace(kind="operation", name=self.part.name) for part in answered)))


@dataclass(eq=False)
class SpecBasis:
    """What a spec says of a vendor: by operationId; by rule, what is weakest in any operation; by reading and choice;
    and what does not say on what it is based.
    """

    operations: dict[str, OperationBasis] = field(default_factory=dict)
    errors: dict[str, Errors] = field(default_factory=dict)
    readings: dict[str, dict[str, Part]] = field(default_factory=dict)
    credentials: list[Part] = field(default_factory=list)
    gaps: list[str] = field(default_factory=list)

    @cached_property
    def authentication(self) -> Part:
        return find_weakest(self.credentials)._replace(kind="authentication")


def read_spec_basis(vendor: Vendor, cache: DiskCache | None = None) -> SpecBasis:
    """The bases of a vendor. Raises BadVendor naming everything of which its spec does not say where it comes from."""
    try:
        name = make_key("spec", vendor.spec, *_CODE)
        rows = (cache or DiskCache(None)).get_or_make(name, lambda: [list(row) for row in _read_spec(vendor)])
    except OSError as error:
        raise BadVendor(f"{vendor.name}: its spec cannot be read: {error}") from None
    found = _collect(rows)
    own = vendor.credential.header.lower()
    found.credentials.sort(key=lambda part: part.name.lower() != own)  # of several that are as good, it is the one
    silent = list(_iterate_missing(vendor, found))
    if silent:
        more = f", and {len(silent) - 5} more" if len(silent) > 5 else ""
        raise BadVendor(f"{vendor.name}: its spec {vendor.spec.name} lacks {', '.join(silent[:5])}{more}")
    return found


def list_missing(vendor: Vendor) -> list[str]:
    """Everything of a vendor of which its spec does not say where it comes from. Raises BadVendor if it has none."""
    return list(_iterate_missing(vendor, _collect(_read_spec(vendor))))


def _read_spec(vendor: Vendor) -> Iterator[tuple[str, str, str, str, str]]:
    from .fidelity import read_gaps, read_rows  # with YAML, which a start does without when all is remembered

    try:
        rows, gaps = read_rows(vendor.spec), read_gaps(vendor.spec)
    except (OSError, ValueError) as error:
        raise BadVendor(f"{vendor.name}: its spec cannot be read: {error}") from None
    for row in rows:
        yield row.kind, row.name, row.where, row.basis, row.source
    for gap in gaps:
        yield "gap", f"{gap.thing} with {gap.wanted}", "", "", ""


def _collect(rows: Iterable[Iterable[Any]]) -> SpecBasis:
    found, operation = SpecBasis(), OperationBasis(Part("", "", "inferred", ""), "")
    for kind, name, where, basis, source in rows:
        if kind == "gap":
            found.gaps.append(name)
        if basis not in get_args(Basis):
            continue
        kind, _, aspect = kind.partition("-")
        part = Part(kind, name, basis, source)
        if kind == "credential":
            found.credentials.append(part)
        elif kind == "operation" and not aspect:
            operation = OperationBasis(part, where)
            found.operations.setdefault(name, operation)
        elif kind == "parameter":
            known = operation.parameters.get(name)
            operation.parameters[name] = find_weakest((known, part)) if known else part
        elif kind == "response" and not aspect:
            operation.responses[name] = part
        elif kind == "reading":
            found.readings.setdefault(name.partition("=")[0], {})[name.partition("=")[2]] = part
        elif kind == "error":
            _add_error(operation, part, where.removeprefix("response "), aspect)
    for each in found.operations.values():
        for rule, parts in each.errors.items():
            text, status, condition = map(find_weakest, zip(found.errors.get(rule, parts), parts, strict=True))
            found.errors[rule] = text, status, condition
    return found


def _add_error(operation: OperationBasis, part: Part, status: str, aspect: str) -> None:
    """Put in an error's row, or the row of its condition, which follows it."""
    rule, answered = part.name, operation.responses.get(status)
    if aspect and rule in operation.errors:
        text, found, _ = operation.errors[rule]
        operation.errors[rule] = text, found, part._replace(kind="condition")
    elif answered and not aspect:
        condition = Part("condition", rule, "inferred", "none")
        operation.errors[rule] = part._replace(kind="text"), answered._replace(kind="status"), condition


def _iterate_missing(vendor: Vendor, found: SpecBasis) -> Iterator[str]:
    """Everything of a vendor that its spec says nothing of, or not on what it is based."""
    yield from found.gaps
    if not found.credentials:
        yield f"a security scheme with {_BASIS_WANTED}"
    for endpoint in vendor.operations:
        yield from _iterate_missing_of_operation(endpoint, found.operations.get(endpoint.id))
    for words in vendor.errors:
        if words.rule not in found.errors:
            yield f"the error {words.rule} or its response with {_BASIS_WANTED}"
    for reading in vendor.readings:
        for choice in reading.choices:
            if choice not in found.readings.get(reading.name, {}):
                yield f"the reading {reading.name}={choice} with {_BASIS_WANTED}"


def _iterate_missing_of_operation(endpoint: Operation, found: OperationBasis | None) -> Iterator[str]:
    where = f"{endpoint.method} {endpoint.path}"
    if found is None or found.where != where:
        yield f"the operation {endpoint.id} ({where}) with {_BASIS_WANTED}"
        return
    if not any(status.startswith("2") for status in found.responses):
        yield f"the success of {endpoint.id} with {_BASIS_WANTED}"
    for name in (*params.param_names(endpoint.query), *endpoint.path_names):
        if name not in found.parameters:
            yield f"the parameter {name} of {endpoint.id} with {_BASIS_WANTED}"
