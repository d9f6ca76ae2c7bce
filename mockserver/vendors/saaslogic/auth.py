"""Header Params (002:82-86): a bearer token, which belongs to one tenant of SaaSLogic."""

from __future__ import annotations

from ...data.dataset import Account as Found
from ...errors import Unauthenticated
from ...toolkit import fields, querystring
from ...toolkit.credentials import Credential
from ...vendor import Call

CREDENTIAL = Credential("Authorization", scheme="Bearer")


class Account(fields.RecordSchema):
    """One tenant and its token: it sees the invoices of its own customers."""

    tenant_id = fields.Text()
    token = fields.Text()
    name = fields.Text(optional=True)
    expires = fields.Moment("%Y-%m-%dT%H:%M:%SZ", "2026-12-01T10:00:00Z", optional=True)


def authenticate(call: Call) -> Found:
    """The tenant of the bearer token. Raises Unauthenticated, also for an empty header (002:10)."""
    token = CREDENTIAL.read(call.request.headers)
    if token is None:
        for location in CREDENTIAL.misplaced(call.request.headers, querystring.pairs(call.request.query)):
            call.warn(location, "misplaced-credential", "The token is read from `Authorization: Bearer <token>` alone.")
    account = call.accounts.by("token", token)
    if account is None:
        raise Unauthenticated
    return account
