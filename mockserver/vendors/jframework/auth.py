"""The Auth-Key of one user of a brand (001:25-26, 28), then the Brand-URL (001:23-24)."""

from __future__ import annotations

import re

from ...sdk import Account as AccountRow
from ...sdk import (
    Call,
    Credential,
    Reading,
    RecordSchema,
    account_of_credential,
    errors,
    fields,
    querystring,
    secrets_of,
)
from .errors import OtherBrand

BRAND_URL = "Brand-URL"
CREDENTIAL = Credential("Auth-Key", key="auth_key", identifying_headers=(BRAND_URL,))

BRAND = Reading(
    "brand",
    "refused",
    ("refused", "ignored"),
    source="P[7]",  # refused: public, the header is required there; ignored: inferred from P[8]
    about="A missing Brand-URL is 400 and an unknown one 404 once the key is good, or neither is looked at.",
)

# The names that the vendor's older client sends (P[15]).
OLD_NAMES = {"BrandUrl": BRAND_URL, "AuthKey": CREDENTIAL.header}


class Account(RecordSchema):
    """One user and its keys. A key is good only with a brand of its user."""

    user_id = fields.Text()
    auth_key = fields.Text()
    brand_url = fields.Text()
    more_auth_keys = fields.ListOf(fields.Text(), optional=True)
    more_brand_urls = fields.ListOf(fields.Text(), optional=True)
    name = fields.Text(optional=True)
    expires = fields.Timestamp("%Y-%m-%dT%H:%M:%SZ", "2026-12-01T10:00:00Z", optional=True)


def authenticate(call: Call) -> AccountRow:
    """The user of the key, whatever the brand (001:25, 001:28). Raises Unauthenticated."""
    warn_of_misplaced(call)
    return account_of_credential(call)


def permit(call: Call) -> None:
    """Checks the brand once the key is good.

    Raises OtherBrand with a key of another brand, InvalidParams without a brand, or NotFound for an unknown one.
    """
    brand = read_brand(call)
    if normalise_brand(brand) in brands_of(call.account):
        return
    if call.any_credential:
        call.unchecked = True
        return
    if any(normalise_brand(brand) in brands_of(other) for other in call.accounts):
        raise OtherBrand
    if call.readings["brand"] == "ignored":
        return
    if not brand:
        raise errors.InvalidParams((errors.ParamError(BRAND_URL, "required", None, "the URL of the brand"),))
    raise errors.NotFound


def brands_of(account: AccountRow) -> set[str]:
    return set(map(normalise_brand, secrets_of(account, "brand_url")))


def read_brand(call: Call) -> str:
    return call.request.headers.get(BRAND_URL.lower(), "").strip(" \t")


def normalise_brand(brand: str) -> str:
    """A brand without scheme, letter case and trailing slashes."""
    return re.sub(r"\A[a-z][a-z0-9+.-]*://", "", brand.casefold()).rstrip("/")


def warn_of_misplaced(call: Call) -> None:
    """Warns of old header names, and of a brand in the query; repeats no values."""
    for old, name in OLD_NAMES.items():
        if old.lower() in call.request.headers:
            call.warn(f"header.{old}", "deprecated-header", f"{old} is an older name of {name} and was not read.")
    for name, _ in querystring.parse_pairs(call.request.query):
        if not read_brand(call) and re.sub("[-_]", "", name).lower() in ("brandurl", "brand"):
            message = f"The brand is read from the header {BRAND_URL} alone."
            call.warn(f"query.{name}", "misplaced-credential", message)
