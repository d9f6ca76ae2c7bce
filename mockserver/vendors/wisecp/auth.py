"""``Apikey: [YOUR_API_KEY]`` (004:28): the key alone in a header of its own, without a scheme word."""

from __future__ import annotations

from ...sdk import Call, Credential, RecordSchema, errors, fields

CREDENTIAL = Credential("Apikey", key="api_key")


class Account(RecordSchema):
    """One API key of the installation, whose invoices every key sees; keys carry permissions per action (P[29])."""

    key_id = fields.Text()
    api_key = fields.Text()
    name = fields.Text()
    may_list_invoices = fields.Boolean(optional=True)


def permit(call: Call) -> None:
    """Raises Forbidden when the key lacks this action."""
    if not call.account.get("may_list_invoices", True):
        raise errors.Forbidden
