"""Authorization (000:12-16): a bearer token, which belongs to one subscriber."""

from __future__ import annotations

from ...data.dataset import Account as Found
from ...errors import Unauthenticated
from ...toolkit import fields, querystring
from ...toolkit.credentials import Credential
from ...vendor import Call

CREDENTIAL = Credential("Authorization", scheme="Bearer")


class Account(fields.RecordSchema):
    """One token. ``subscriber_id`` is whose invoices it reads; an administrator's (``is_admin``) reads nobody's."""

    subscriber_id = fields.Text()
    token = fields.Text()
    name = fields.Text(optional=True)
    is_admin = fields.Flag(optional=True)
    expires = fields.Moment("%Y-%m-%dT%H:%M:%SZ", "2026-12-01T10:00:00Z", optional=True)


def authenticate(call: Call) -> Found:
    """The account of the bearer token. Raises Unauthenticated (401, public on sibling pages)."""
    token = CREDENTIAL.read(call.request.headers)
    if token is None:
        for location in CREDENTIAL.misplaced(call.request.headers, querystring.pairs(call.request.query)):
            call.warn(location, "misplaced-credential", "The token is read from `Authorization: Bearer <token>` alone.")
    account = call.accounts.by("token", token)
    if account is None:
        raise Unauthenticated
    return account
