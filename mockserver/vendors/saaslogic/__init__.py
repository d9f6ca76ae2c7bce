"""SaaSLogic: "Get the invoices". Document 002; public page apidocs.saaslogic.io/get-the-invoices-15480131e0."""

from __future__ import annotations

from ...sdk import Vendor, account_of_credential, recipe_in, shipped
from . import auth, errors, invoices

VENDOR = Vendor(
    name="saaslogic",
    title="SaaSLogic",
    document="https://apidocs.saaslogic.io/get-the-invoices-15480131e0",
    hosts=("api-sandbox.saaslogic.io", "api.saaslogic.io"),  # 002:9; production P[27]
    credential=auth.CREDENTIAL,
    authenticate=account_of_credential,
    account_schema=auth.Account,
    account_id="tenant_id",
    operations=(invoices.GET_THE_INVOICES,),
    resource=invoices.INVOICES,
    example=invoices.example,
    readings=(*invoices.READINGS, errors.ERROR_BODY),
    errors=errors.TABLE,
    render_error=errors.render_error,
    spec=shipped.spec("saaslogic"),
    fixtures=shipped.fixtures("saaslogic"),
    recipe=recipe_in(f"{__name__}.recipe"),
)
