"""Authentication, on which the document is silent: a bearer token of one customer, the Requestor (003:11)."""

from __future__ import annotations

from ...sdk import Credential, RecordSchema, fields

CREDENTIAL = Credential("Authorization", scheme="Bearer")
UUID = r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}"


class Account(RecordSchema):
    """One customer. ``parent`` is its parent customer; one without ``token`` makes no calls itself."""

    customer_id = fields.Text(pattern=UUID, wanted="a UUID in lower case")
    parent = fields.Text(pattern=UUID, wanted="the customer_id of the parent", optional=True, null=True)
    token = fields.Text(optional=True)
    name = fields.Text(optional=True)
