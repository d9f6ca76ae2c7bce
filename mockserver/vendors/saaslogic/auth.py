"""Header Params (002:82-86): a bearer token, which belongs to one tenant of SaaSLogic."""

from __future__ import annotations

from ...sdk import Credential, RecordSchema, fields

CREDENTIAL = Credential("Authorization", scheme="Bearer")


class Account(RecordSchema):
    """One tenant and its token, which reads the invoices of the tenant's customers."""

    tenant_id = fields.Text()
    token = fields.Text()
    name = fields.Text(optional=True)
    expires = fields.Timestamp("%Y-%m-%dT%H:%M:%SZ", "2026-12-01T10:00:00Z", optional=True)
