"""``Apikey: [YOUR_API_KEY]`` (004:28): the key alone in a header of its own, without a scheme word."""

from __future__ import annotations

from ...data.dataset import Account as Found
from ...errors import Forbidden, Unauthenticated
from ...toolkit import fields, querystring
from ...toolkit.credentials import Credential
from ...vendor import Call

CREDENTIAL = Credential("Apikey", key="api_key")


class Account(fields.RecordSchema):
    """One API key of the installation, whose invoices every key sees; keys carry permissions per action (P[29])."""

    key_id = fields.Text()
    api_key = fields.Text()
    name = fields.Text()
    may_list_invoices = fields.Flag(optional=True)


def authenticate(call: Call) -> Found:
    """The account of the key. Raises Unauthenticated, or Forbidden when the key lacks this action."""
    key = CREDENTIAL.read(call.request.headers)
    account = call.accounts.by("api_key", key)
    if account is None:
        point_out(call, key)
        raise Unauthenticated
    if not account.get("may_list_invoices", True):
        raise Forbidden
    return account


def point_out(call: Call, key: str | None) -> None:
    """Warn of a key that seems to be there, in a place or a form in which it is not read."""
    wanted = "The key is read from `Apikey: <key>` alone, without a scheme word."
    if key is None:
        for location in CREDENTIAL.misplaced(call.request.headers, querystring.pairs(call.request.query)):
            call.warn(location, "misplaced-credential", wanted)
    elif " " in key:
        call.warn("header.Apikey", "misplaced-credential", wanted)
