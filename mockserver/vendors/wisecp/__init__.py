"""WISECP v3.1.7 to v4: GetInvoices of an installation. Document 004; public page dev.wisecp.com/en/kb/getinvoices."""

from __future__ import annotations

from ...sdk import shipped
from ...sdk.auth import holder
from ...sdk.contract import Recipe, Vendor
from . import auth, errors, invoices


def _recipe() -> Recipe:
    from .recipe import RECIPE

    return RECIPE


VENDOR = Vendor(
    name="wisecp",
    title="WISECP",
    document="https://dev.wisecp.com/en/kb/getinvoices",
    hosts=("example.com",),  # 004:27
    credential=auth.CREDENTIAL,
    authenticate=holder,
    permit=auth.permit,
    account=auth.Account,
    account_id="key_id",
    endpoints=(invoices.GET_INVOICES,),
    records=invoices.RECORDS,
    example=invoices.example,
    readings=(errors.FAILURE_STATUS, *invoices.READINGS),
    errors=errors.TABLE,
    refuse=errors.refuse,
    spec=shipped.spec("wisecp"),
    fixtures=shipped.fixtures("wisecp"),
    recipe=_recipe,
)
