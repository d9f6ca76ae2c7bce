"""Authentication for vendors whose credential names the account."""

from __future__ import annotations

from . import querystring
from .call import Call
from .dataset import Account
from .errors import Unauthenticated


def account_of_credential(call: Call) -> Account:
    """The account of the call's credential; warns of a credential in a wrong place.

    Raises Unauthenticated. A vendor without further rules has this as its ``authenticate``.
    """
    credential, headers = call.vendor.credential, call.request.headers
    secret = credential.read(headers)
    account = call.accounts.find_by(credential.key, secret) if secret else None
    if account is None:
        ((name, value),) = credential.write(f"<{credential.key}>").items()
        for location in credential.find_misplaced(headers, querystring.parse_pairs(call.request.query)):
            call.warn(location, "misplaced-credential", f"The credential is read from `{name}: {value}` alone.")
        raise Unauthenticated
    return account
