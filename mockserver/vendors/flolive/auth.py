"""Who is asking. The document is silent on authentication: a bearer token of one customer, the Requestor (003:11)."""

from __future__ import annotations

from ...sdk import Credential, RecordSchema, fields

CREDENTIAL = Credential("Authorization", scheme="Bearer")
UUID = r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}"


class Account(RecordSchema):
    """One customer. ``parent`` is the customer whose sub-customer it is; without ``token`` it only is asked about."""

    customer_id = fields.Text(pattern=UUID, wanted="a UUID in lower case")
    parent = fields.Text(pattern=UUID, wanted="the customer_id of the parent", optional=True, null=True)
    token = fields.Text(optional=True)
    name = fields.Text(optional=True)
