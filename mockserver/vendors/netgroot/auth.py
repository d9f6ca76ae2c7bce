"""Authorization (000:12-16): a bearer token, which belongs to one subscriber."""

from __future__ import annotations

from ...sdk import Credential, RecordSchema, fields

CREDENTIAL = Credential("Authorization", scheme="Bearer")


class Account(RecordSchema):
    """One or more tokens, which read the invoices of ``subscriber_id``; an administrator's (``is_admin``) read none."""

    subscriber_id = fields.Text()
    token = fields.Text()
    more_tokens = fields.ListOf(fields.Text(), optional=True)
    name = fields.Text(optional=True)
    is_admin = fields.Boolean(optional=True)
    expires = fields.Timestamp("%Y-%m-%dT%H:%M:%SZ", "2026-12-01T10:00:00Z", optional=True)
