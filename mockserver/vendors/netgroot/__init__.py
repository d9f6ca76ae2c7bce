"""NetGroot ISPCRM: "Get Invoices" of one subscriber. Document 000; public page docs.ispcrm.online/get_invoices."""

from __future__ import annotations

from ...sdk import Vendor, account_of_credential, recipe_in, shipped
from . import auth, errors, invoices

VENDOR = Vendor(
    name="netgroot",
    title="NetGroot ISPCRM",
    document="https://docs.ispcrm.online/get_invoices",
    hosts=("yourispcrmdomain",),  # 000:28
    credential=auth.CREDENTIAL,
    authenticate=account_of_credential,
    account_schema=auth.Account,
    account_id="subscriber_id",
    operations=(invoices.GET_CUSTOMERS_INVOICES,),
    resource=invoices.INVOICES,
    example=invoices.example,
    readings=invoices.READINGS,
    errors=errors.TABLE,
    render_error=errors.render_error,
    spec=shipped.spec("netgroot"),
    fixtures=shipped.fixtures("netgroot"),
    recipe=recipe_in(f"{__name__}.recipe"),
)
