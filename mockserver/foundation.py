"""What a reply rests on: everything that shaped it, each with its own basis; the weakest is that of the reply."""

from __future__ import annotations

from collections.abc import Iterator

from .spec_basis import OperationBasis, SpecBasis, success
from .toolkit.basis import Part, weakest
from .vendor import Call, Reply

ORDER = Part("order", "", "inferred", "no sentence gives it")
ANY_CREDENTIAL = Part("authentication", "any credential", "inferred", "--accept-any-credential")
# Codes of warnings that say nothing of how the vendor would answer.
OF_THE_SANDBOX = frozenset(
    {
        "refused-header",
        "sandbox-disagreement",
        "store-away",
        "undocumented-header",
        "undocumented-status",
        "unknown-header",
    }
)


def founded(spec: SpecBasis, call: Call, reply: Reply) -> Reply:
    """The reply with all that it rests on, the most general first."""
    if not reply.rule:
        return reply
    operation = spec.operations.get(call.endpoint.operation) if call.endpoint else None
    parts = tuple(_parts(spec, operation, call, reply))
    return reply._replace(basis=weakest(parts).basis, parts=parts)


def _parts(spec: SpecBasis, operation: OperationBasis | None, call: Call, reply: Reply) -> Iterator[Part]:
    condition = None
    if operation and call.endpoint and reply.rule == call.endpoint.rule:
        yield success(operation)
    else:
        text, status, condition = spec.errors.get(reply.rule) or _unknown(reply.rule)
        yield from (text, status) if call.forced else (text, status, condition)
    authentication = spec.authentication
    if call.reached not in ("sandbox", "faults"):
        yield ANY_CREDENTIAL if call.any_credential else authentication
    if operation and call.reached in ("parameters", "answer"):
        sent = (*call.request.path_params, *call.sent)
        yield from (operation.parameters[name] for name in sent if name in operation.parameters)
    yield from (spec.readings[name][call.choices[name]] for name in call.consulted)
    if call.unordered:
        yield ORDER
    explaining = {"misplaced-credential": authentication, "refused-value": condition, "unknown-path": condition}
    for code in dict.fromkeys(notice.code for notice in call.notices if notice.code not in OF_THE_SANDBOX):
        reason = explaining.get(code)
        yield Part("warning", code, *(reason[2:] if reason else ("inferred", "none")))


def _unknown(rule: str) -> tuple[Part, Part, Part]:
    """Of an error that was asked for and that no vendor knows."""
    text = Part("text", rule, "inferred", "none")
    return text, text._replace(kind="status"), text._replace(kind="condition")
