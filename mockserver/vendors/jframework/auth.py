"""Brand-URL (001:23-24) and Auth-Key (001:25-26, 28): first the brand, then the key, which one user of it has."""

from __future__ import annotations

import re

from ...data.dataset import Account as Found
from ...errors import Complaint, InvalidParams, NotFound, Unauthenticated
from ...toolkit import fields, querystring
from ...toolkit.credentials import Credential
from ...vendor import Call
from .errors import OtherBrand

BRAND_URL = "Brand-URL"
CREDENTIAL = Credential("Auth-Key", key="auth_key", also=(BRAND_URL,))

# The names that the vendor's older client sends (P[15]).
OLD_NAMES = {"BrandUrl": BRAND_URL, "AuthKey": CREDENTIAL.header}

# Where other APIs have their credentials; names of parameters in lower case, without - and _.
WRONG_HEADERS = ("Authorization", "Apikey", "X-Api-Key", "X-Auth-Key", "X-Auth-Token")
WRONG_PARAMETERS = {CREDENTIAL.header: ("authkey", "apikey", "accesstoken", "token"), BRAND_URL: ("brandurl", "brand")}


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
    key = CREDENTIAL.read(call.request.headers)
    tell_misplaced(call, {BRAND_URL: brand, CREDENTIAL.header: key})
    if not brand:
        raise InvalidParams((Complaint(BRAND_URL, "required", None, "the URL of the brand"),))
    if call.accounts.by("brand_url", brand) is None:
        raise NotFound
    account = call.accounts.by("auth_key", key)
    if account is None:
        raise Unauthenticated
    if account["brand_url"] != brand:
        raise OtherBrand
    return account


def tell_misplaced(call: Call, found: dict[str, str | None]) -> None:
    """Warn of old header names, and of what seems to be a missing key or brand elsewhere; values are not repeated."""
    headers = call.request.headers
    for old, name in OLD_NAMES.items():
        if old.lower() in headers:
            call.warn(f"header.{old}", "deprecated-header", f"{old} is an older name of {name} and was not read.")
    places = [] if found[CREDENTIAL.header] else [f"header.{name}" for name in WRONG_HEADERS if name.lower() in headers]
    for name, _ in querystring.pairs(call.request.query):
        plain = re.sub("[-_]", "", name).lower()
        if any(not found[header] and plain in names for header, names in WRONG_PARAMETERS.items()):
            places.append(f"query.{name}")
    if re.match(r"(bearer|basic|token)\s", found[CREDENTIAL.header] or "", re.IGNORECASE):
        places.append(f"header.{CREDENTIAL.header}")
    for place in dict.fromkeys(places):
        message = f"Wanted are the headers {BRAND_URL}: <brand> and {CREDENTIAL.header}: <key>, without a scheme word."
        call.warn(place, "misplaced-credential", message)
