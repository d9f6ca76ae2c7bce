"""floLIVE: "Get Customer Invoice List". Document 003; the link is to the public page of its sibling, P[21]."""

from __future__ import annotations

from ...sdk import Vendor, account_of_credential, recipe_in, shipped
from . import auth, errors, invoices

VENDOR = Vendor(
    name="flolive",
    title="floLIVE",
    document="https://kb.flolive.net/Content/API/Customer/Get%20Customer%20Invoice%20Files.htm",
    hosts=(),  # the document names none
    credential=auth.CREDENTIAL,
    authenticate=account_of_credential,
    account_schema=auth.Account,
    account_id="customer_id",
    operations=(invoices.GET_CUSTOMER_INVOICE_LIST,),
    resource=invoices.INVOICES,
    example=invoices.example,
    readings=(*invoices.READINGS, *errors.READINGS),
    errors=errors.TABLE,
    render_error=errors.render_error,
    spec=shipped.spec("flolive"),
    fixtures=shipped.fixtures("flolive"),
    recipe=recipe_in(f"{__name__}.recipe"),
)
