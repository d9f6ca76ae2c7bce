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
    """What of a call decides on what its reply rests."""

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
    """The reply with all that it rests on, the most general first."""
    if not reply.rule:
        return reply
    endpoint, read = call.operation, call.stage in ("parameters", "answer")
    shaping = BasisInput(
        spec,
        endpoint.id if endpoint else "",
        reply.rule,
        reply.status,
        endpoint is not None and reply.rule == endpoint.rule,
        call.forced,
        call.stage not in ("sandbox", "faults"),
        call.unchecked and bool(call.account),
        (*call.request.path_params, *call.sent_params) if read else (),
        call.respelled_params,
        tuple([(name, call.choices[name]) for name in call.consulted]),
        call.unordered,
        tuple(dict.fromkeys([notice.code for notice in call.warnings])),
    )
    parts, basis, because = _find_basis(shaping)
    return reply._replace(basis=basis, parts=parts, because=because)


@lru_cache(maxsize=1024)
def _find_basis(shaping: BasisInput) -> tuple[tuple[Part, ...], Basis, str]:
    """All parts, the basis of the weakest, and which that is."""
    parts = _collect_parts(shaping)
    weak = find_weakest(parts)
    return parts, weak.basis, str(weak).encode("ascii", "replace").decode().replace('"', "'")


def _collect_parts(shaping: BasisInput) -> tuple[Part, ...]:
    spec, parts, condition = shaping.spec, list[Part](), None
    operation = spec.operations.get(shaping.operation)
    if operation and shaping.succeeded:
        parts.append(operation.success)
    else:
        errors = operation.errors if operation else spec.errors
        text, status, condition = errors.get(shaping.rule) or _make_unknown_parts(shaping.rule)
        parts += [text, *([status] if status.name in (str(shaping.status), "default") else [])]
        parts += [] if shaping.forced else [condition]
    if shaping.authenticated:
        parts.append(ANY_CREDENTIAL if shaping.unchecked else spec.authentication)
    if operation:
        parts += [
            _make_parameter_part(shaping, operation, name) for name in shaping.sent if name in operation.parameters
        ]
    parts += [spec.readings[name][choice] for name, choice in shaping.readings]
    if shaping.unordered:
        parts.append(ORDER)
    explaining = {
        "misplaced-credential": spec.authentication,
        "refused-value": condition,
        "unknown-path": condition,
    }
    for code in shaping.warnings:
        if code not in SANDBOX_CODES:
            reason = explaining.get(code)
            parts.append(Part("warning", code, *(reason[2:] if reason else ("inferred", "none"))))
    return tuple(parts)


def _make_parameter_part(shaping: BasisInput, operation: OperationBasis, name: str) -> Part:
    part = operation.parameters[name]
    return part._replace(basis="inferred", source="its spelling") if name in shaping.respelled else part


def _make_unknown_parts(rule: str) -> tuple[Part, Part, Part]:
    """Of an error that was asked for and that no vendor knows."""
    text = Part("text", rule, "inferred", "none")
    return text, text._replace(kind="status"), text._replace(kind="condition")
