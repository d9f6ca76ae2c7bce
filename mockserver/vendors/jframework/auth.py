"""Brand-URL (001:23-24) and Auth-Key (001:25-26, 28): first the brand, then the key, which one user of it has."""

from __future__ import annotations

import re

from ...data.dataset import Account as Found
from ...errors import Complaint, InvalidParams, NotFound, Unauthenticated
from ...toolkit import fields, querystring
from ...toolkit.credentials import Credential
from ...vendor import Call, holder
from .errors import OtherBrand

BRAND_URL = "Brand-URL"
CREDENTIAL = Credential("Auth-Key", key="auth_key", also=(BRAND_URL,))

# The names that the vendor's older client sends (P[15]).
OLD_NAMES = {"BrandUrl": BRAND_URL, "AuthKey": CREDENTIAL.header}


class Account(fields.RecordSchema):
    """One user and its key. The key is good with its own brand only."""

    user_id = fields.Text()
    auth_key = fields.Text()
    brand_url = fields.Text()
    name = fields.Text(optional=True)
    expires = fields.Moment("%Y-%m-%dT%H:%M:%SZ", "2026-12-01T10:00:00Z", optional=True)


def authenticate(call: Call) -> Found:
    """The user of the key. Raises InvalidParams without a brand, NotFound for an unknown one, or Unauthenticated."""
    brand = call.request.headers.get(BRAND_URL.lower(), "").strip(" \t")
    tell_misplaced(call, brand)
    if not brand:
        raise InvalidParams((Complaint(BRAND_URL, "required", None, "the URL of the brand"),))
    if call.accounts.by("brand_url", brand) is None:
        raise Unauthenticated if call.any_credential else NotFound  # a stranger's key comes with a stranger's brand
    account = holder(call)
    if account["brand_url"] != brand:
        raise OtherBrand
    return account


def tell_misplaced(call: Call, brand: str) -> None:
    """Warn of old header names, and of what seems to be a missing brand in the query; values are not repeated."""
    for old, name in OLD_NAMES.items():
        if old.lower() in call.request.headers:
            call.warn(f"header.{old}", "deprecated-header", f"{old} is an older name of {name} and was not read.")
    for name, _ in querystring.pairs(call.request.query):
        if not brand and re.sub("[-_]", "", name).lower() in ("brandurl", "brand"):
            message = f"The brand is read from the header {BRAND_URL} alone."
            call.warn(f"query.{name}", "misplaced-credential", message)
