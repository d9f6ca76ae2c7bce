"""The basis of a vendor's replies, read from its spec. A spec without it is refused."""

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
    """The bases of one operation: by parameter name, response status and error rule."""

    part: Part
    where: str  # GET /v1/invoices
    parameters: dict[str, Part] = field(default_factory=dict)
    responses: dict[str, Part] = field(default_factory=dict)
    errors: dict[str, Errors] = field(default_factory=dict)

    @cached_property
    def success(self) -> Part:
        """The weakest of the operation itself and its 2xx responses."""
        successes = [part for status, part in self.responses.items() if status.startswith("2")]
        return find_weakest((self.part, *(part._replace(kind="operation", name=self.part.name) for part in successes)))


@dataclass(eq=False)
class SpecBasis:
    """The bases of a vendor.

    ``operations`` is by operationId, ``errors`` by rule (the weakest of any operation), ``readings`` by reading and
    choice. ``gaps`` names everything without a basis.
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
    """Read the bases of a vendor. Raises BadVendor if its spec lacks any of them."""
    try:
        name = make_key("spec", vendor.spec, *_CODE)
        rows = (cache or DiskCache(None)).get_or_make(name, lambda: [list(row) for row in _read_spec(vendor)])
    except OSError as error:
        raise BadVendor(f"{vendor.name}: its spec cannot be read: {error}") from None
    spec_basis = _collect(rows)
    own = vendor.credential.header.lower()
    spec_basis.credentials.sort(
        key=lambda part: part.name.lower() != own
    )  # of equally weak credentials, it comes first
    missing = list(_iterate_missing(vendor, spec_basis))
    if missing:
        more = f", and {len(missing) - 5} more" if len(missing) > 5 else ""
        raise BadVendor(f"{vendor.name}: its spec {vendor.spec.name} lacks {', '.join(missing[:5])}{more}")
    return spec_basis


def list_missing(vendor: Vendor) -> list[str]:
    """List every basis that a vendor's spec lacks. Raises BadVendor if the spec cannot be read."""
    return list(_iterate_missing(vendor, _collect(_read_spec(vendor))))


def _read_spec(vendor: Vendor) -> Iterator[tuple[str, str, str, str, str]]:
    from .fidelity import read_gaps, read_rows  # imports YAML, which a start from the cache does not need

    try:
        rows, gaps = read_rows(vendor.spec), read_gaps(vendor.spec)
    except (OSError, ValueError) as error:
        raise BadVendor(f"{vendor.name}: its spec cannot be read: {error}") from None
    for row in rows:
        yield row.kind, row.name, row.where, row.basis, row.source
    for gap in gaps:
        yield "gap", f"{gap.thing} with {gap.wanted}", "", "", ""


def _collect(rows: Iterable[Iterable[Any]]) -> SpecBasis:
    spec_basis, operation = SpecBasis(), OperationBasis(Part("", "", "inferred", ""), "")
    for kind, name, where, basis, source in rows:
        if kind == "gap":
            spec_basis.gaps.append(name)
        if basis not in get_args(Basis):
            continue
        kind, _, aspect = kind.partition("-")
        part = Part(kind, name, basis, source)
        if kind == "credential":
            spec_basis.credentials.append(part)
        elif kind == "operation" and not aspect:
            operation = OperationBasis(part, where)
            spec_basis.operations.setdefault(name, operation)
        elif kind == "parameter":
            known = operation.parameters.get(name)
            operation.parameters[name] = find_weakest((known, part)) if known else part
        elif kind == "response" and not aspect:
            operation.responses[name] = part
        elif kind == "reading":
            spec_basis.readings.setdefault(name.partition("=")[0], {})[name.partition("=")[2]] = part
        elif kind == "error":
            _add_error(operation, part, where.removeprefix("response "), aspect)
    for each in spec_basis.operations.values():
        for rule, parts in each.errors.items():
            text, status, condition = map(find_weakest, zip(spec_basis.errors.get(rule, parts), parts, strict=True))
            spec_basis.errors[rule] = text, status, condition
    return spec_basis


def _add_error(operation: OperationBasis, part: Part, status: str, aspect: str) -> None:
    """Add the row of an error, or that of its condition, which follows it."""
    rule, response = part.name, operation.responses.get(status)
    if aspect and rule in operation.errors:
        text, known_status, _ = operation.errors[rule]
        operation.errors[rule] = text, known_status, part._replace(kind="condition")
    elif response and not aspect:
        condition = Part("condition", rule, "inferred", "none")
        operation.errors[rule] = part._replace(kind="text"), response._replace(kind="status"), condition


def _iterate_missing(vendor: Vendor, spec_basis: SpecBasis) -> Iterator[str]:
    """Yield every basis that a vendor's spec lacks."""
    yield from spec_basis.gaps
    if not spec_basis.credentials:
        yield f"a security scheme with {_BASIS_WANTED}"
    for operation in vendor.operations:
        yield from _iterate_missing_of_operation(operation, spec_basis.operations.get(operation.id))
    for spec in vendor.errors:
        if spec.rule not in spec_basis.errors:
            yield f"the error {spec.rule} or its response with {_BASIS_WANTED}"
    for reading in vendor.readings:
        for choice in reading.choices:
            if choice not in spec_basis.readings.get(reading.name, {}):
                yield f"the reading {reading.name}={choice} with {_BASIS_WANTED}"


def _iterate_missing_of_operation(operation: Operation, basis: OperationBasis | None) -> Iterator[str]:
    where = f"{operation.method} {operation.path}"
    if basis is None or basis.where != where:
        yield f"the operation {operation.id} ({where}) with {_BASIS_WANTED}"
        return
    if not any(status.startswith("2") for status in basis.responses):
        yield f"the success of {operation.id} with {_BASIS_WANTED}"
    for name in (*params.param_names(operation.query), *operation.path_names):
        if name not in basis.parameters:
            yield f"the parameter {name} of {operation.id} with {_BASIS_WANTED}"
