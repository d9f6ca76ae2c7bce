"""Who is asking. The document is silent on authentication: a bearer token of one customer, the Requestor (003:11)."""

from __future__ import annotations

from ...data.dataset import Account as Found
from ...errors import Unauthenticated
from ...toolkit import fields, querystring
from ...toolkit.credentials import Credential
from ...vendor import Call

CREDENTIAL = Credential("Authorization", scheme="Bearer")
UUID = r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}"


class Account(fields.RecordSchema):
    """One customer. ``parent`` is the customer whose sub-customer it is; without ``token`` it only is asked about."""

    customer_id = fields.Text(pattern=UUID, wanted="a UUID in lower case")
    parent = fields.Text(pattern=UUID, wanted="the customer_id of the parent", optional=True, null=True)
    token = fields.Text(optional=True)
    name = fields.Text(optional=True)


def authenticate(call: Call) -> Found:
    """The customer of the bearer token. Raises Unauthenticated."""
    token = CREDENTIAL.read(call.request.headers)
    if token is None:
        for location in CREDENTIAL.misplaced(call.request.headers, querystring.pairs(call.request.query)):
            call.warn(location, "misplaced-credential", "The token is read from `Authorization: Bearer <token>` alone.")
    account = call.accounts.by("token", token)
    if account is None:
        raise Unauthenticated
    return account
