"""WISECP v3.1.7 to v4: GetInvoices of an installation. Document 004; public page dev.wisecp.com/en/kb/getinvoices."""

from __future__ import annotations

from ...sdk import Vendor, account_of_credential, recipe_in, shipped
from . import auth, errors, invoices

VENDOR = Vendor(
    name="wisecp",
    title="WISECP",
    document="https://dev.wisecp.com/en/kb/getinvoices",
    hosts=("example.com",),  # 004:27
    credential=auth.CREDENTIAL,
    authenticate=account_of_credential,
    permit=auth.permit,
    account_schema=auth.Account,
    account_id="key_id",
    operations=(invoices.GET_INVOICES,),
    resource=invoices.INVOICES,
    example=invoices.example,
    readings=(errors.FAILURE_STATUS, *invoices.READINGS),
    errors=errors.TABLE,
    render_error=errors.render_error,
    spec=shipped.spec("wisecp"),
    fixtures=shipped.fixtures("wisecp"),
    recipe=recipe_in(f"{__name__}.recipe"),
)
