"""The basis of a reply: the weakest of everything that shaped it."""

from __future__ import annotations

from functools import lru_cache
from typing import NamedTuple

from ..sdk.basis import Basis, Part, find_weakest
from ..sdk.call import Call
from ..sdk.http import Reply
from .spec_basis import OperationBasis, SpecBasis

ORDER = Part("order", "", "inferred", "no sentence gives it")
ANY_CREDENTIAL = Part("authentication", "any credential", "inferred", "--accept-any-credential")
# Codes of warnings about the sandbox, not the vendor.
SANDBOX_CODES = frozenset(
    {
        "refused-header",
        "sandbox-disagreement",
        "store-away",
        "undocumented-header",
        "undocumented-status",
        "unknown-header",
    }
)


class BasisInput(NamedTuple):
    """The properties of a call that decide the basis of its reply."""

    spec: SpecBasis
    operation: str
    rule: str
    status: int
    succeeded: bool
    forced: bool
    authenticated: bool
    unchecked: bool
    sent: tuple[str, ...]
    respelled: tuple[str, ...]
    readings: tuple[tuple[str, str], ...]
    unordered: bool
    warnings: tuple[str, ...]


def add_basis(spec: SpecBasis, call: Call, reply: Reply) -> Reply:
    """Return the reply with its basis and the parts behind it, the most general first."""
    if not reply.rule:
        return reply
    operation, is_read = call.operation, call.stage in ("parameters", "answer")
    basis_input = BasisInput(
        spec,
        operation.id if operation else "",
        reply.rule,
        reply.status,
        operation is not None and reply.rule == operation.rule,
        call.forced,
        call.stage not in ("sandbox", "faults"),
        call.unchecked and bool(call.account),
        (*call.request.path_params, *call.sent_params) if is_read else (),
        call.respelled_params,
        tuple([(name, call.choices[name]) for name in call.consulted]),
        call.unordered,
        tuple(dict.fromkeys([warning.code for warning in call.warnings])),
    )
    parts, basis, because = _find_basis(basis_input)
    return reply._replace(basis=basis, parts=parts, because=because)


@lru_cache(maxsize=1024)
def _find_basis(basis_input: BasisInput) -> tuple[tuple[Part, ...], Basis, str]:
    """Return all parts, the basis of the weakest, and the text that names it."""
    parts = _collect_parts(basis_input)
    weakest = find_weakest(parts)
    return parts, weakest.basis, str(weakest).encode("ascii", "replace").decode().replace('"', "'")


def _collect_parts(basis_input: BasisInput) -> tuple[Part, ...]:
    spec, parts, condition = basis_input.spec, list[Part](), None
    operation = spec.operations.get(basis_input.operation)
    if operation and basis_input.succeeded:
        parts.append(operation.success)
    else:
        errors = operation.errors if operation else spec.errors
        text, status, condition = errors.get(basis_input.rule) or _make_unknown_parts(basis_input.rule)
        parts += [text, *([status] if status.name in (str(basis_input.status), "default") else [])]
        parts += [] if basis_input.forced else [condition]
    if basis_input.authenticated:
        parts.append(ANY_CREDENTIAL if basis_input.unchecked else spec.authentication)
    if operation:
        parts += [
            _make_parameter_part(basis_input, operation, name)
            for name in basis_input.sent
            if name in operation.parameters
        ]
    parts += [spec.readings[name][choice] for name, choice in basis_input.readings]
    if basis_input.unordered:
        parts.append(ORDER)
    explained_by = {
        "misplaced-credential": spec.authentication,
        "refused-value": condition,
        "unknown-path": condition,
    }
    for code in basis_input.warnings:
        if code not in SANDBOX_CODES:
            reason = explained_by.get(code)
            parts.append(Part("warning", code, *(reason[2:] if reason else ("inferred", "none"))))
    return tuple(parts)


def _make_parameter_part(basis_input: BasisInput, operation: OperationBasis, name: str) -> Part:
    part = operation.parameters[name]
    return part._replace(basis="inferred", source="its spelling") if name in basis_input.respelled else part


def _make_unknown_parts(rule: str) -> tuple[Part, Part, Part]:
    """Make the parts of a requested error that the vendor's spec lacks."""
    text = Part("text", rule, "inferred", "none")
    return text, text._replace(kind="status"), text._replace(kind="condition")
